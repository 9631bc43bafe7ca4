package backup_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/mirror/backup"
)

// small writes a backup of a workspace with a few records.
func small(t *testing.T, server *clarifytest.Server) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "backup")
	must[*backup.Manifest](t)(backup.Write(t.Context(), connect(t, server, nil), dir, backup.WithFiles()))
	return dir
}

func TestABackupThatIsNotWholeIsNotRestored(t *testing.T) {
	server := newServer(t)
	server.Seed(t, 10)
	target := connect(t, newServer(t), nil)
	for name, test := range map[string]struct {
		damage func(dir string) error
		want   string
	}{
		"no manifest": {func(dir string) error { return os.Remove(filepath.Join(dir, "manifest.json")) }, "must be that of a backup that ended"},
		"no file":     {func(dir string) error { return os.Remove(filepath.Join(dir, "records", "person.ndjson")) }, "records/person.ndjson"},
		"a shorter file": {func(dir string) error { return os.Truncate(filepath.Join(dir, "records", "person.ndjson"), 10) },
			"the file has 10 bytes"},
		"another byte": {func(dir string) error {
			path := filepath.Join(dir, "records", "person.ndjson")
			b, err := os.ReadFile(path)
			if err == nil {
				b[5] ^= 1
				err = os.WriteFile(path, b, 0o600)
			}
			return err
		}, "the digest is another one"},
		"another version": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "manifest.json"), []byte(`{"format":"clarify-backup","version":2}`), 0o600)
		}, `version 2: must be "clarify-backup", version 1`},
		"a path that leads out": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "manifest.json"), []byte(`{"format":"clarify-backup","version":1,"files":{"../x":{}}}`), 0o600)
		}, `invalid path "../x"`},
	} {
		dir := small(t, server)
		if err := test.damage(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := backup.Restore(t.Context(), target, dir); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestABackupNeedsAnEmptyDirectory(t *testing.T) {
	server := newServer(t)
	dir := small(t, server)
	client := connect(t, server, nil)
	if _, err := backup.Write(t.Context(), client, dir); err == nil || !strings.Contains(err.Error(), "has a backup already") {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "manifest.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Write(t.Context(), client, dir); err == nil || !strings.Contains(err.Error(), "if a backup did not end there, delete it") {
		t.Errorf("got %v", err)
	}
	for _, opt := range []backup.Option{nil, backup.WithConcurrency(0), backup.WithPatience(0), backup.WithJournal("")} {
		if _, err := backup.Write(t.Context(), client, filepath.Join(t.TempDir(), "x"), opt); err == nil {
			t.Error("a wrong option is taken")
		}
	}
}

func TestARestoreNeedsAnEmptyWorkspaceUnlessItIsTold(t *testing.T) {
	server := newServer(t, clarifytest.WithSeed(1))
	server.Seed(t, 10)
	dir := small(t, server)
	to := newServer(t, clarifytest.WithSeed(2))
	target := connect(t, to, nil)
	company := must[*clarify.Record[clarify.Company]](t)(clarify.Companies(target).Create(t.Context(), clarify.Company{Name: "Here already"}))
	journal := filepath.Join(t.TempDir(), "journal")
	if _, err := backup.Restore(t.Context(), target, dir, backup.WithJournal(journal)); err == nil || !strings.Contains(err.Error(), "not empty, it has records of company: must be a new one") {
		t.Fatalf("got %v", err)
	}
	report := must[*backup.Report](t)(backup.Restore(t.Context(), target, dir, backup.WithJournal(journal), backup.IntoNonEmpty()))
	if report.Restored["records/person"] == 0 {
		t.Errorf("%v", report.Restored)
	}
	if _, err := clarify.Companies(target).Get(t.Context(), company.ID); err != nil {
		t.Error(err)
	}
	// The journal of another backup is not taken.
	if _, err := backup.Restore(t.Context(), target, small(t, server), backup.WithJournal(journal)); err == nil || !strings.Contains(err.Error(), "it is that of another backup") {
		t.Errorf("got %v", err)
	}
}

func TestAReportSaysWhatIsNotRestoredAndWhy(t *testing.T) {
	server := newServer(t, clarifytest.WithSeed(1))
	client := connect(t, server, nil)
	server.AddUser(server.Workspace, clarifytest.User{ID: "gone|1", FirstName: "Gone", LastName: "X", Email: "gone@acme.example"})
	deals := clarify.NewRecords[clarify.Fields](client, "deal")
	must[*clarify.Record[clarify.Fields]](t)(deals.Create(t.Context(), clarify.Fields{"name": "One", "owner_id": "gone|1", "amount": json.Number("1.5")}))
	company := must[*clarify.Record[clarify.Company]](t)(clarify.Companies(client).Create(t.Context(), clarify.Company{Name: "Acme", Industry: "Ships"}))
	must[*clarify.Record[clarify.Fields]](t)(deals.Create(t.Context(), clarify.Fields{"name": "Two", "company_id": company.ID}))
	dir := small(t, server)

	to := newServer(t, clarifytest.WithSeed(2))
	// The API rejects a company with an industry, a field that it blames.
	refuse := clarifytest.Respond(422, nil, `{"errors":[{"status":"422","title":"Invalid","detail":"Ships are out.","source":{"pointer":"/data/0/attributes/industry"}}]}`)
	to.Inject(refuse, clarifytest.Operation("createBulkRecords"), clarifytest.Times(1), clarifytest.Matching(func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/company/") }))
	target := connect(t, to, nil)
	report := must[*backup.Report](t)(backup.Restore(t.Context(), target, dir))
	var got []string
	for _, p := range report.Problems {
		got = append(got, strings.Join([]string{p.What, p.Object, p.Field, p.Reason}, "|"))
	}
	for _, want := range []string{
		"users|||no user of the workspace has the email address: users cannot be created",
		"fields|deal|owner_id|the workspace has no user with the email address gone@acme.example",
		"fields|company|industry|the API rejects it: Ships are out.",
		"fields|deal|_*|the system sets them",
		"activities|deal||the API has no operation that adds activities",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("the report lacks %q:\n%s", want, strings.Join(got, "\n"))
		}
	}
	if report.Restored["records/deal"] != 2 || report.Restored["records/company"] != 1 {
		t.Errorf("%v", report.Restored)
	}
	// What is restored already reports the same again.
	again := must[*backup.Report](t)(backup.Restore(t.Context(), target, dir))
	if !again.Resumed || len(again.Problems) != len(report.Problems) {
		t.Errorf("%+v\n%+v", again, report)
	}
}

func TestAnUnknownOutcomeCreatesNothingTwice(t *testing.T) {
	server := newServer(t, clarifytest.WithSeed(1))
	rich(t, server, 45)
	dir := small(t, server)
	to := newServer(t, clarifytest.WithSeed(2))
	// Each of these is lost once, after its work was done.
	for _, operation := range []string{"createBulkRecords", "updateRecords", "updateRecordRelationship", "createComment", "addRecordAttachment", "writeWorkspaceSetting"} {
		to.Inject(clarifytest.ResetAfterWork(), clarifytest.Operation(operation), clarifytest.Times(1))
	}
	journal := filepath.Join(t.TempDir(), "journal")
	if _, err := backup.Restore(t.Context(), connect(t, to, nil), dir, backup.WithJournal(journal), backup.EnableWorkflows(), backup.WithoutPauses()); err != nil {
		t.Fatal(err)
	}
	copied := small(t, to)
	for _, kind := range []string{"records", "comments", "attachments"} {
		form := func(string, map[string]any) any { return "x" }
		a, b := must[*backup.Manifest](t)(backup.Open(dir)), must[*backup.Manifest](t)(backup.Open(copied))
		if d := diff(linesOf(t, dir, a, kind, form), linesOf(t, copied, b, kind, form)); len(d) > 0 {
			t.Errorf("%s: %q", kind, d)
		}
	}
}

func TestSchemasThatChangeInTheBackgroundAreAwaited(t *testing.T) {
	server := newServer(t, clarifytest.WithSeed(1), clarifytest.WithSchemaLag(0, 0))
	client := connect(t, server, nil)
	post(t, client, "POST", "schemas/objects", `{"name":"Boat","plural":"Boats","properties":{"a":{"type":["string","null"],"title":"A"}}}`)
	post(t, client, "POST", "schemas/person/properties", `{"data":{"type":"schema-properties","attributes":{"b":{"type":["string","null"],"title":"B"}}}}`)
	dir := small(t, server)
	to := newServer(t, clarifytest.WithSchemaLag(3, time.Hour))
	must[*backup.Report](t)(backup.Restore(t.Context(), connect(t, to, nil), dir, backup.WithoutPauses()))
	schema := must[*clarify.Schema](t)(connect(t, to, nil).Schema(t.Context()))
	person, _ := schema.Object("person")
	_, ok := person.Field("b")
	if _, boat := schema.Object("c_boat"); !ok || !boat {
		t.Error("the schema is not restored")
	}
}
