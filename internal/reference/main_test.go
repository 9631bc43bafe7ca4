package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

var (
	redocDir     = filepath.Join("node_modules", "redoc")
	contractFile = filepath.Join("..", "..", "openapi.yaml")
	pageFile     = filepath.Join("..", "..", "docs", "reference.html")
)

// Needs no Redoc, so that whoever changes the contract learns of it everywhere.
func TestPageHasTheContract(t *testing.T) {
	html, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile(contractFile)
	if err != nil {
		t.Fatal(err)
	}
	contract, err := toJSON(document)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(html, contract) {
		t.Error("docs/reference.html was made from another openapi.yaml: run make reference")
	}
}

func TestPageIsUpToDate(t *testing.T) {
	if _, err := os.Stat(redocDir); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%v: run internal/reference/install", err)
		}
		t.Skipf("%v: internal/reference/install installs Redoc", err)
	}
	want, err := render(redocDir, contractFile)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/reference.html is not what the program renders: run make reference")
	}
}

func TestToJSON(t *testing.T) {
	tests := map[string]struct{ yaml, want string }{
		"members keep their order":      {"b: 1\na: 2", `{"b":1,"a":2}`},
		"a numeric key is a string":     {"200: {}", `{"200":{}}`},
		"a date is a string":            {"v: 2026-08-17", `{"v":"2026-08-17"}`},
		"null, booleans and numbers":    {"[null, true, 1.5, '1.5']", `[null,true,1.5,"1.5"]`},
		"an alias is what it refers to": {"a: &x {v: 1}\nb: *x", `{"a":{"v":1},"b":{"v":1}}`},
		"markup cannot end the script":  {"v: '</script>'", `{"v":"\u003c/script\u003e"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := toJSON([]byte(test.yaml))
			if err != nil {
				t.Fatal(err)
			}
			var compact bytes.Buffer
			if err := json.Compact(&compact, got); err != nil {
				t.Fatal(err)
			}
			if compact.String() != test.want {
				t.Errorf("got %s, want %s", compact.String(), test.want)
			}
		})
	}
	for name, document := range map[string]string{
		"an empty file":  "",
		"a merge key":    "a: &x {v: 1}\nb: {<<: *x}",
		"malformed YAML": "a: [",
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := toJSON([]byte(document)); err == nil {
				t.Errorf("got %s, want an error", got)
			}
		})
	}
}

// A version of Redoc that fetches something else has to be looked at.
func TestScriptIsRejected(t *testing.T) {
	for name, script := range map[string]string{
		"without the logo":         `console.log("no image")`,
		"with the logo twice":      logo + logo,
		"with the end of a script": logo + "</script>",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "bundles"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "bundles", "redoc.standalone.js"), []byte(script), 0o644); err != nil {
				t.Fatal(err)
			}
			if got, err := bundle(dir); err == nil {
				t.Errorf("got %q, want an error", got)
			}
		})
	}
}
