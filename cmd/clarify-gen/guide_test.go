package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/internal/rerun"
)

// The five commands of the guide, and its program, do what it says: in an empty folder,
// with the library from this checkout and without a network.
func TestTheGuideWorks(t *testing.T) {
	if rerun.Stride(2) > 1 {
		t.Skip("it compiles the library for another module, and one run is enough")
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	guide := read(t, filepath.Join(root, "docs", "typed.md"))
	block := func(language string) string {
		found := regexp.MustCompile("(?ms)^```" + language + "\n(.*?)^```").FindStringSubmatch(guide)
		if found == nil {
			t.Fatalf("the guide has no block of %s", language)
		}
		return found[1]
	}
	commands := strings.Split(strings.TrimSpace(block("sh")), "\n")
	if len(commands) != 5 {
		t.Fatalf("got %q, want five commands", commands)
	}
	prints := regexp.MustCompile("It prints `(.*?)`").FindStringSubmatch(guide)
	if prints == nil {
		t.Fatal("the guide does not say what the program prints")
	}

	dir := t.TempDir()
	inFolder := func(command string) string {
		t.Helper()
		words := strings.Fields(command)
		cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
		cmd.Dir = dir
		// With other flags, the go command would compile everything anew.
		cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS="+os.Getenv("GOFLAGS")+" -mod=mod", "GOPROXY=off", "GONOSUMDB=*")
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil {
			t.Fatalf("%s: %v\n%s%s", command, err, stdout.String(), stderr.String())
		}
		return stdout.String()
	}
	for i, command := range commands {
		if i == len(commands)-1 {
			write(t, filepath.Join(dir, "main.go"), block("go"))
		}
		out := inFolder(command)
		switch i {
		case 0:
			// What other modules of this repository say, so that the go command compiles the
			// library once for all.
			inFolder("go mod edit -require=github.com/clarify-go/clarify@v0.0.0 -replace=github.com/clarify-go/clarify=" + root)
			write(t, filepath.Join(dir, "go.sum"), read(t, filepath.Join(root, "go.sum")))
		case len(commands) - 1:
			if out != prints[1]+"\n" {
				t.Errorf("the program printed %q, want %q", out, prints[1])
			}
		}
	}
	// The package that is checked in is the same.
	generated, err := filepath.Glob(filepath.Join(dir, "crm", "*"))
	if err != nil || len(generated) == 0 {
		t.Fatal(generated, err)
	}
	for _, file := range generated {
		if got, want := read(t, file), read(t, filepath.Join(root, "examples", "typed", "crm", filepath.Base(file))); got != want {
			t.Errorf("%s is not what examples/typed/crm has: run go generate ./examples/typed", filepath.Base(file))
		}
	}
}
