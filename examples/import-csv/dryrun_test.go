package main

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/examples/internal/clitest"
)

// readsOnly fails if something was written.
func readsOnly(t *testing.T, server *clarifytest.Server, since int) {
	t.Helper()
	for _, r := range server.Requests()[since:] {
		if r.Method != http.MethodGet {
			t.Errorf("it sent %s %s", r.Method, r.Operation)
		}
	}
}

// What a dry run says is what an import then does.
func TestDryRunSaysWhatTheImportDoes(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	if _, err := start(t.Context(), clitest.Account(server), "-quiet", write(t, "email_addresses\nADA@example.com\n")); err != nil {
		t.Fatal(err)
	}
	path := write(t, "first_name,E-Mail,job_title,company_id,,internal\n"+
		"Ada,ada@example.com,Engineer,,x,y\n"+
		"Alan,alan@example.com,,,,\n"+
		"Alan,alan@home.example;Alan@example.com,,,,\n"+
		"Nobody,nobody at example.com,,,,\n"+
		"too,few\n"+
		"\"two\nlines\",,,,,\n"+
		"Bad,good@example.com;bad,,,,\n")
	args := []string{"-quiet", "-map", "E-Mail=email_addresses", "-map", "internal=", path}
	before := len(server.Requests())
	out, err := start(t.Context(), clitest.Account(server), append([]string{"-dry-run"}, args...)...)
	if !errors.Is(err, errRows) {
		t.Errorf("error %v, want %v", err, errRows)
	}
	readsOnly(t, server, before)
	const want = `column "" is ignored
column "internal" is ignored
line 5, column "E-Mail": "nobody at example.com" is not an email address.
line 6: record on line 6: wrong number of fields
line 7: there is no value for email_addresses, by which records that exist are found
line 9, column "E-Mail": "bad" is not an email address.
7 rows: 1 would be created and 2 updated, 4 would be rejected. Nothing was written.
`
	if out != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
	for _, left := range []string{path + ".errors.csv", path + ".checkpoint"} {
		if _, err := os.Stat(left); err == nil {
			t.Errorf("there is %s", left)
		}
	}
	out, err = start(t.Context(), clitest.Account(server), args...)
	if !errors.Is(err, errRows) || !strings.Contains(out, "7 of 7 rows: 3 in, 4 refused") {
		t.Errorf("the import: %q, %v", out, err)
	}
	if n := len(people(t, server)); n != 2 {
		t.Errorf("there are %d people", n)
	}
}

func TestDryRunOfRowsThatAreFine(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	for _, test := range []struct {
		args    []string
		content string
		want    string
	}{
		{nil, "email_addresses\na@example.com\nb@example.com\n", "2 rows: 2 would be created and 0 updated, 0 would be rejected. Nothing was written.\n"},
		{[]string{"-object", "task"}, "title,due_date\nCall,2026-02-03\n", "1 rows: 1 would be created, 0 would be rejected. Nothing was written.\n"},
		{[]string{"-match", ""}, "name.first_name\n", "0 rows: 0 would be created, 0 would be rejected. Nothing was written.\n"},
	} {
		out, err := start(t.Context(), clitest.Account(server), append(append([]string{"-dry-run"}, test.args...), write(t, test.content))...)
		if err != nil || out != test.want {
			t.Errorf("got %q, %v", out, err)
		}
	}
	// What is wrong with the columns is said first.
	if out, err := start(t.Context(), clitest.Account(server), "-dry-run", write(t, "email\nx\n")); err == nil || errors.Is(err, errRows) || out != "" {
		t.Errorf("got %q, %v", out, err)
	}
	readsOnly(t, server, 0)
}

func TestDryRunChecksTheFieldsOfANewRecord(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	out, err := start(t.Context(), clitest.Account(server), "-dry-run", "-object", "task",
		write(t, "title,status,priority\n,Done,\nCall,done,Urgent\n"))
	const want = `line 2, column "title": A new task must have a value for "title".
line 3, column "status": "done" is no option, but "Done" is: case and spaces matter.
2 rows: 0 would be created, 2 would be rejected. Nothing was written.
`
	if !errors.Is(err, errRows) || out != want {
		t.Errorf("got\n%s%v", out, err)
	}
	readsOnly(t, server, 0)
}
