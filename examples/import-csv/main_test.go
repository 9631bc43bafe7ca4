package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/examples/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m, main) }

// start runs the program in this process.
func start(ctx context.Context, env map[string]string, args ...string) (stdout string, err error) {
	var out, bar strings.Builder
	err = run(ctx, args, func(name string) string { return env[name] }, &out, &bar)
	return out.String(), err
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// reported are the rows of the error report, without its header.
func reported(t *testing.T, path string) [][]string {
	t.Helper()
	file, err := os.Open(path + ".errors.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all, err := csv.NewReader(file).ReadAll()
	if err != nil || len(all) == 0 {
		t.Fatalf("the report has %v, %v", all, err)
	}
	return all[1:]
}

func people(t *testing.T, s *clarifytest.Server) []clarify.Person {
	t.Helper()
	client, err := clarify.New(s.Workspace, authn.APIKey(s.APIKey), clarify.WithBaseURL(s.BaseURL), clarify.WithHTTPClient(s.HTTPClient()))
	if err != nil {
		t.Fatal(err)
	}
	var all []clarify.Person
	for p, err := range clarify.People(client).All(t.Context(), clarify.OrderBy("email_addresses", clarify.Ascending)) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p.Attributes)
	}
	return all
}

func TestWithoutAnAccountAndAFileItShowsWhatItDoes(t *testing.T) {
	out, err := start(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"sandbox", "1000 of 1000 rows: 990 in, 10 refused", "52,refused,\"email_addresses/items/0: \"\"person50 at example.com\"\" is not an email address.\",Alan,"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output has no %q:\n%s", want, out)
		}
	}
	if out, err := start(t.Context(), nil, write(t, "job_title\nEngineer\n"), "-quiet"); err == nil || !strings.Contains(err.Error(), "wrong arguments") {
		t.Errorf("flags behind the file: %q, %v", out, err)
	}
	path := write(t, "email_addresses\na@example.com\n")
	if out, err := start(t.Context(), nil, "-quiet", path); err != nil || !strings.Contains(out, "1 of 1 rows: 1 in") {
		t.Errorf("with a file: %q, %v", out, err)
	}
	if _, err := os.Stat(path + ".checkpoint"); err == nil {
		t.Error("a checkpoint is kept of a sandbox that is gone")
	}
}

// addFields gives people some fields more.
func addFields(t *testing.T, s *clarifytest.Server, fields string) {
	t.Helper()
	client, err := clarify.New(s.Workspace, authn.APIKey(s.APIKey), clarify.WithBaseURL(s.BaseURL))
	if err == nil {
		_, err = client.CreateSchemaPropertiesWithBodyWithResponse(t.Context(), "person", nil, "application/json",
			strings.NewReader(`{"data":{"type":"schema-properties","attributes":`+fields+`}}`))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestRowsBecomeRecords(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t), clarifytest.WithSchemaLag(0, 0))
	addFields(t, server, `{
		"score":{"type":["number","null"]},"ready":{"type":"boolean"},"rank":{"type":["integer","null"]},
		"tags":{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string"}}}}}`)
	path := write(t, "\ufefffirst_name,name.last_name,E-Mail, job_title ,score,ready:boolean,tags,,labels\r\n"+
		"Ada,Lovelace,ada@example.com; ada@home.example,Engineer,1.50,yes,a;b,ignored,x\n"+
		"Alan,,alan@example.com,,,,,,\n"+
		"too,few\n"+
		",,,,,,,nothing but what is left out,\n"+
		"Bad,,bad@example.com,,many,,,,\n"+
		"Bad,,bad@example.com,,,maybe,,,\n"+
		"Bad,\"quo\"te\",bad@example.com,,,,,,\n"+
		"Nobody,,nobody,,,,,,\r\n"+
		"B\xe4d,,bad@example.com,,,,,,\n"+
		"\"Grace\nBrewster\",Hopper,grace@example.com,,,no,,,\n")
	out, err := start(t.Context(), clitest.Account(server), "-quiet", "-map", "E-Mail=email_addresses", path)
	if !errors.Is(err, errRows) || !strings.Contains(out, "10 of 10 rows: 3 in, 7 refused") {
		t.Fatalf("got %q, %v", out, err)
	}
	all := people(t, server)
	if len(all) != 3 {
		t.Fatalf("got %+v", all)
	}
	ada := all[0]
	if got := ada.Name.String(); got != "Ada Lovelace" {
		t.Errorf("name %q, want Ada Lovelace", got)
	}
	if want := (clarify.Collection{"ada@example.com", "ada@home.example"}); !slices.Equal(ada.EmailAddresses, want) {
		t.Errorf("email addresses %q, want %q", ada.EmailAddresses, want)
	}
	if ada.JobTitle != "Engineer" {
		t.Errorf("job title %q, want Engineer", ada.JobTitle)
	}
	if got, want := fmt.Sprintf("%v %v %v", ada.Extra["score"], ada.Extra["ready"], ada.Extra["tags"]), "1.50 true map[items:[a b]]"; got != want {
		t.Errorf("fields of the workspace: %s, want %s", got, want)
	}
	if ada.Labels[0] != "x" {
		t.Errorf("labels %q, want x first", ada.Labels)
	}
	if all[1].Extra != nil || all[1].JobTitle != "" {
		t.Errorf("cells without a value were sent: %+v", all[1])
	}
	if all[2].Name.FirstName != "Grace\nBrewster" {
		t.Errorf("got %+v", all[2])
	}
	report := reported(t, path)
	for i, want := range [][]string{
		{"4", "wrong number of fields"}, {"5", "no value"}, {"6", `"many"`}, {"7", `"maybe"`}, {"8", "\""}, {"9", "not an email address"}, {"10", "UTF-8"},
	} {
		if report[i][0] != want[0] || report[i][1] != "refused" || !strings.Contains(report[i][2], want[1]) {
			t.Errorf("line %d of the report is %q, want row %s, refused, and %q", i+1, report[i], want[0], want[1])
		}
	}
	if _, err := os.Stat(path + ".checkpoint"); err == nil {
		t.Error("the checkpoint is left")
	}
}

func TestWhatCannotBeImported(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	for name, test := range map[string]struct {
		content string
		args    []string
		want    []string
	}{
		"an empty file":              {"", nil, []string{"empty"}},
		"a column twice":             {"first_name,name.first_name\na,b\n", nil, []string{"both for the field name.first_name"}},
		"a name that is not there":   {"a\nb\n", []string{"-map", "x=y"}, []string{`"x"`, "it has a"}},
		"an object that is not":      {"a\nb\n", []string{"-object", "nothing"}, []string{`no object "nothing"`, "person"}},
		"a match that is none":       {"job_title\nb\n", []string{"-match", "job_title"}, []string{"match_on"}},
		"a match that has no column": {"job_title\nb\n", nil, []string{"email_addresses", `-match ""`}},
		"a match that it finds":      {"name\nb\n", []string{"-object", "company"}, []string{"domains"}},
		"no header":                  {"\"", nil, []string{"quote"}},
		"not in UTF-8":               {"Gr\xf6\xdfe\n1\n", nil, []string{"UTF-8"}},
		"wrong names": {"fist_name,Email,email_addresses\na,b,c\n", nil,
			[]string{`"fist_name" is for no field`, `"Email" is for no field`, "name.first_name, name.last_name", `-map "COLUMN=`}},
		"another separator":              {"first_name;email_addresses\na;b\n", nil, []string{"-separator"}},
		"a whole that has members":       {"name,email_addresses\na,b\n", nil, []string{"name.first_name or name.last_name"}},
		"a member that is not":           {"name.nick,email_addresses\na,b\n", nil, []string{"member nick"}},
		"a member that is Clarify's":     {"name.full_name,email_addresses\na,b\n", nil, []string{"name.full_name", "nobody but Clarify"}},
		"a field of the system's":        {"_created_at,email_addresses\na,b\n", nil, []string{"_created_at", "nobody but Clarify"}},
		"a relationship to many":         {"deals,email_addresses\na,b\n", nil, []string{"deals", "several records"}},
		"more at once than there can be": {"email_addresses\na@example.com\n", []string{"-concurrency", "1001"}, []string{"1 to 1000"}},
	} {
		path := write(t, test.content)
		_, err := start(t.Context(), clitest.Account(server), append(append([]string{"-quiet"}, test.args...), path)...)
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %q in it", name, err, want)
			} else if strings.Contains(err.Error(), "Start it again") {
				t.Errorf("%s: error %v says to start again", name, err)
			}
		}
		if _, err := os.Stat(path + ".checkpoint"); err == nil {
			t.Errorf("%s: there is a checkpoint of nothing", name)
		}
	}
	path := write(t, "email_addresses\na@example.com\n")
	for _, name := range []string{"-errors", "-checkpoint"} {
		if _, err := start(t.Context(), clitest.Account(server), "-quiet", name, path, path); err == nil || !strings.Contains(err.Error(), "the file to import") {
			t.Errorf("%s is the file itself: %v", name, err)
		}
	}
	both := path + ".both"
	if _, err := start(t.Context(), clitest.Account(server), "-quiet", "-errors", both, "-checkpoint", both, path); err == nil || !strings.Contains(err.Error(), "cannot be both") {
		t.Errorf("one file for both: %v", err)
	}
	if runtime.GOOS == "linux" {
		_, err := start(t.Context(), clitest.Account(server), "-quiet", "-errors", os.DevNull, path)
		if err == nil || !strings.Contains(err.Error(), os.DevNull) {
			t.Errorf("a report that cannot be cut off: %v", err)
		}
	}
	for _, args := range [][]string{{"-map", "x"}, {"-batch", "many"}, {"-batch", "0"}, {"-concurrency", "0"}, {"-separator", "ab"}, {"-separator", "\""}, {"a", "b"}, {}} {
		if _, err := start(t.Context(), clitest.Account(server), args...); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v", args, err)
		}
	}
	if _, err := start(t.Context(), clitest.Account(server), filepath.Join(t.TempDir(), "nothing.csv")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	server.TakeViolations()
}

func TestColumnsBetweenWhichAnotherCharacterStands(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	for separator, content := range map[string]string{
		";":  "first_name;email_addresses\nAda;\"ada@example.com;ada@home.example\"\n",
		`\t`: "first_name\temail_addresses\nAda\tada@example.com;ada@home.example\n",
	} {
		if out, err := start(t.Context(), clitest.Account(server), "-quiet", "-separator", separator, write(t, content)); err != nil || !strings.Contains(out, "1 in, 0 refused") {
			t.Errorf("%s: %q, %v", separator, out, err)
		}
	}
	all := people(t, server)
	if len(all) != 1 {
		t.Fatalf("%d people, want 1: %+v", len(all), all)
	}
	if len(all[0].EmailAddresses) != 2 {
		t.Errorf("email addresses %q, want 2", all[0].EmailAddresses)
	}
	if all[0].Name.FirstName != "Ada" {
		t.Errorf("first name %q, want Ada", all[0].Name.FirstName)
	}
}
