package live_test

import (
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/internal/live"
)

// program builds a program of this module and returns a function that runs it
// against the server.
func program(t *testing.T, s *live.Server, path string) func(args ...string) (output string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only on Linux a variable says which certificates a program trusts")
	}
	dir := t.TempDir()
	binary := filepath.Join(dir, "program")
	build := exec.Command("go", "build", "-o", binary, "../../"+path)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	certificate := filepath.Join(dir, "certificate.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(certificate, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return func(args ...string) string {
		t.Helper()
		run := exec.CommandContext(t.Context(), binary, args...)
		run.Dir = dir
		run.Env = append(os.Environ(), "SSL_CERT_FILE="+certificate, "SSL_CERT_DIR="+dir,
			"CLARIFY_API_KEY="+live.Key, "CLARIFY_WORKSPACE="+live.Workspace, "CLARIFY_BASE_URL="+s.BaseURL())
		out, err := run.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v: %s", path, args, err, out)
		}
		return string(out)
	}
}

func TestQuickstartReadsEveryPage(t *testing.T) {
	s := live.NewServer(live.Options{})
	defer s.Close()
	out := program(t, s, "examples/quickstart")()
	for _, want := range []string{"Ada Lovelace", "Alan Turing"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in the output: %s", want, out)
		}
	}
}

func TestExportWritesEveryRecord(t *testing.T) {
	s := live.NewServer(live.Options{})
	defer s.Close()
	out := program(t, s, "examples/export-ndjson")("-object", "person", "-quiet")
	if n := strings.Count(out, `"type":"person"`); n != 5 {
		t.Errorf("got %d people, want 5: %s", n, out)
	}
}

func TestImportTakesFieldsThatAreReferences(t *testing.T) {
	s := live.NewServer(live.Options{})
	defer s.Close()
	run := program(t, s, "examples/import-csv")
	file := filepath.Join(t.TempDir(), "people.csv")
	text := "first_name,last_name,email_addresses,job_title,lead_source\n" +
		"Ada,Byron,ada.l@home.example,Countess,Web\n" +
		"Edsger,Dijkstra,edsger@else.example; ewd@else.example,Professor,Fair\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out := run("-object", "person", "-quiet", file)
	people := s.Records("person")
	if len(people) != 6 {
		t.Fatalf("there are %d people, want 6: %s", len(people), out)
	}
	if got := people[0]["job_title"]; got != "Countess" {
		t.Errorf("the person who was there has the job title %v, want Countess", got)
	}
	emails, _ := people[5]["email_addresses"].(map[string]any)
	if items, _ := emails["items"].([]any); len(items) != 2 {
		t.Errorf("the new person has the emails %v, want two", emails)
	}
}

func TestMeetingSyncIsRepeatable(t *testing.T) {
	s := live.NewServer(live.Options{})
	defer s.Close()
	run := program(t, s, "examples/meeting-sync")
	sample, err := filepath.Abs("../../examples/meeting-sync/sample/meetings.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	run("-create-people", sample)
	meetings, people := len(s.Records("meeting")), len(s.Records("person"))
	if meetings < 3 || people < 6 {
		t.Fatalf("there are %d meetings and %d people, want more than before", meetings, people)
	}
	comments := len(s.Comments())
	out := run("-create-people", sample)
	for _, count := range []struct {
		name      string
		got, want int
	}{
		{"meetings", len(s.Records("meeting")), meetings}, {"people", len(s.Records("person")), people}, {"comments", len(s.Comments()), comments},
	} {
		if count.got != count.want {
			t.Errorf("after a second run there are %d %s, want %d: %s", count.got, count.name, count.want, out)
		}
	}
}
