package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/internal/schemafile"
)

// program is one run of the program.
type program struct {
	code           int
	stdout, stderr string
}

func start(t *testing.T, variables map[string]string, args ...string) program {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), &environment{func(name string) string { return variables[name] }, &stdout, &stderr}, args)
	return program{code, stdout.String(), stderr.String()}
}

// check checks the exit code, and what the outputs contain; nothing means that they are
// empty.
func (p program) check(t *testing.T, code int, stdout, stderr string) {
	t.Helper()
	if p.code != code {
		t.Errorf("it exited with %d, want %d", p.code, code)
	}
	for _, output := range []struct{ got, want string }{{p.stdout, stdout}, {p.stderr, stderr}} {
		if !strings.Contains(output.got, output.want) || output.want == "" && output.got != "" {
			t.Errorf("it wrote %q, want %q", output.got, output.want)
		}
	}
}

func TestTheHelpNamesEveryCommand(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"-h"}, {"-help"}, {"--help"}} {
		for _, c := range commands {
			start(t, nil, args...).check(t, exitDone, "", c.name+" ")
		}
	}
	start(t, nil).check(t, exitCouldNot, "", "Usage: clarify-gen COMMAND")
	start(t, nil, "pul").check(t, exitCouldNot, "", `unknown command "pul": run clarify-gen help`)
	for _, c := range commands {
		start(t, nil, c.name, "-help").check(t, exitDone, "", "Usage: clarify-gen "+c.name+" ")
		start(t, nil, c.name, "-unknown").check(t, exitCouldNot, "", "flag provided but not defined: -unknown")
	}
}

func TestPullSavesTheSchemaOfTheWorkspaceInTheEnvironment(t *testing.T) {
	srv := clarifytest.NewServer(clarifytest.WithTB(t))
	withKey := map[string]string{"CLARIFY_WORKSPACE": srv.Workspace, "CLARIFY_API_KEY": srv.APIKey, "CLARIFY_BASE_URL": srv.BaseURL}
	withToken := map[string]string{"CLARIFY_WORKSPACE": srv.Workspace, "CLARIFY_ACCESS_TOKEN": srv.AccessToken, "CLARIFY_BASE_URL": srv.BaseURL}

	path := filepath.Join(t.TempDir(), "schema.json")
	start(t, withKey, "pull", "-o", path).check(t, exitDone, "", "")
	documents, err := schemafile.Read(path)
	if err != nil || len(documents) == 0 {
		t.Fatal(documents, err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(content), srv.Workspace) {
		t.Errorf("the file has the name of the workspace: %s", content)
	}
	for name, p := range map[string]program{
		"a token":        start(t, withToken, "pull"),
		"the hyphen":     start(t, withKey, "pull", "-o", "-"),
		"a sandbox":      start(t, nil, "pull", "-sandbox"),
		"without a flag": start(t, withKey, "pull"),
	} {
		if p.code != exitDone || p.stdout != string(content) || p.stderr != "" {
			t.Errorf("%s: got %+v", name, p)
		}
	}
}

func TestPullSaysWhatIsMissing(t *testing.T) {
	srv := clarifytest.NewServer(clarifytest.WithTB(t))
	environment := func(workspace, key, token string) map[string]string {
		return map[string]string{"CLARIFY_WORKSPACE": workspace, "CLARIFY_API_KEY": key, "CLARIFY_ACCESS_TOKEN": token, "CLARIFY_BASE_URL": srv.BaseURL}
	}
	for want, variables := range map[string]map[string]string{
		"CLARIFY_WORKSPACE is not set: set it to the name of your workspace, or use -sandbox": environment("", srv.APIKey, ""),
		"neither CLARIFY_API_KEY nor CLARIFY_ACCESS_TOKEN is set: set one, or use -sandbox":   environment(srv.Workspace, "", ""),
		"CLARIFY_API_KEY and CLARIFY_ACCESS_TOKEN exclude each other: set one":                environment(srv.Workspace, srv.APIKey, srv.AccessToken),
		"clarify-gen: getSchemas: GET /v1/workspaces/acme/schemas: 401 Unauthorized":          environment(srv.Workspace, "wrong", ""),
		`invalid workspace "..": `: environment("..", srv.APIKey, ""),
	} {
		start(t, variables, "pull").check(t, exitCouldNot, "", want)
	}
	start(t, environment(srv.Workspace, srv.APIKey, ""), "pull", "-o", filepath.Join(t.TempDir(), "none", "schema.json")).check(t, exitCouldNot, "", "cannot write the schema file: ")
	start(t, nil, "pull", "schema.json").check(t, exitCouldNot, "", `unexpected argument "schema.json": pull takes only flags`)
}

func TestGenerateMakesTheDirectoryHaveThePackage(t *testing.T) {
	dir := t.TempDir()
	schema, crm := filepath.Join(dir, "schema.json"), filepath.Join(dir, "my-crm")
	start(t, nil, "pull", "-sandbox", "-o", schema).check(t, exitDone, "", "")
	start(t, nil, "generate", "-schema", schema, "-o", crm).check(t, exitDone, "", "")
	deal := filepath.Join(crm, "deal.gen.go")
	first := read(t, deal)
	if !strings.Contains(first, "\npackage mycrm\n") {
		t.Errorf("got %.200s", first)
	}

	// Code of others stays, a generated file of an object that is gone does not, and one
	// that is out of date is written again.
	write(t, filepath.Join(crm, "own.go"), "package mycrm\n")
	write(t, filepath.Join(crm, "own.gen.go"), "// Code generated by hand. DO NOT EDIT.\n\npackage mycrm\n")
	write(t, filepath.Join(crm, "gone.gen.go"), first)
	write(t, deal, first+"\n")
	start(t, nil, "generate", "-schema", schema, "-o", crm).check(t, exitDone, "", "")
	if read(t, deal) != first {
		t.Error("a file that is out of date stayed")
	}
	if _, err := os.Stat(filepath.Join(crm, "gone.gen.go")); !os.IsNotExist(err) {
		t.Errorf("the file of an object that is gone: %v", err)
	}
	for _, own := range []string{"own.go", "own.gen.go"} {
		read(t, filepath.Join(crm, own))
	}
	// What is up to date is not written again.
	before, err := os.Stat(deal)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(deal, 0o444); err != nil {
		t.Fatal(err)
	}
	start(t, nil, "generate", "-schema", schema, "-o", crm).check(t, exitDone, "", "")
	if after, err := os.Stat(deal); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("the file was written again: %v", err)
	}

	start(t, nil, "generate", "-schema", schema, "-o", filepath.Join(dir, "other"), "-package", "sales").check(t, exitDone, "", "")
	if got := read(t, filepath.Join(dir, "other", "objects.gen.go")); !strings.Contains(got, "\n// Package sales has ") || !strings.Contains(got, "\npackage sales\n") {
		t.Errorf("got %s", got)
	}
}

func TestGenerateSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	schema := filepath.Join(dir, "schema.json")
	start(t, nil, "pull", "-sandbox", "-o", schema).check(t, exitDone, "", "")
	own := filepath.Join(dir, "own")
	if err := os.Mkdir(own, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(own, "deal.gen.go"), "package own\n")
	write(t, filepath.Join(dir, "text"), "text")
	for want, args := range map[string][]string{
		"-o is missing":                      {"-schema", schema},
		"cannot read the schema file":        {"-schema", filepath.Join(dir, "none"), "-o", own},
		`invalid schema file "`:              {"-schema", filepath.Join(own, "deal.gen.go"), "-o", own},
		`invalid package name "type"`:        {"-schema", schema, "-o", own, "-package", "type"},
		`invalid package name "a-b"`:         {"-schema", schema, "-o", own, "-package", "a-b"},
		"clarify-gen did not write the file": {"-schema", schema, "-o", own},
		"cannot read the package: ":          {"-schema", schema, "-o", filepath.Join(dir, "text")},
		"generate takes only flags":          {"-schema", schema, "-o", own, "deal"},
	} {
		start(t, nil, append([]string{"generate"}, args...)...).check(t, exitCouldNot, "", want)
	}
	if got := read(t, filepath.Join(own, "deal.gen.go")); got != "package own\n" {
		t.Errorf("a file that is not generated is overwritten: %s", got)
	}
	if entries, err := os.ReadDir(own); err != nil || len(entries) != 1 {
		t.Errorf("an error left files behind: %v, %v", entries, err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
