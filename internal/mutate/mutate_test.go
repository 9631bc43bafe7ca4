package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func ladder(n int) settings {
	return settings{pkg: "./testdata/ladder", tests: []string{"./testdata/ladder"}, files: []string{"*.go"}, n: n, seed: 1, workers: 2}
}

func TestSurvivorsAreWhatNoTestNotices(t *testing.T) {
	source := filepath.Join("testdata", "ladder", "ladder.go")
	before, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	total, err := run(t.Context(), ladder(0), &out)
	if err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Error("the working tree was changed")
	}

	survivors := map[string]bool{}
	for line := range strings.Lines(out.String()) {
		if added, ok := strings.CutPrefix(line, "\t+ "); ok {
			survivors[strings.TrimSpace(added)] = true
		}
	}
	for line, want := range map[string]bool{
		`if points > 50 && points < 90 {`:    true, // no test has 50 points
		`if points >= 50 && points <= 90 {`:  true, // equivalent
		`return n - 1`:                       true, // no test calls it
		`if points > 90 {`:                   false,
		`if points >= 50 || points < 90 {`:   false,
		`if !(points >= 90) {`:               false,
		`if points >= 90+1 {`:                false,
		`if points >= 50 && points < 90+1 {`: true, // equivalent
		`if points >= 50+1 && points < 90 {`: true, // no test has 50 points
		`if points >= 50 && points >= 90 {`:  false,
		`if points < 90 && points < 90 {`:    false,
		`if points <= 50 && points < 90 {`:   false,
	} {
		if survivors[strings.TrimSpace(line)] != want {
			t.Errorf("%s survived: %t, want %t", line, !want, want)
		}
	}
	if !strings.Contains(out.String(), "return n + 1") || total.unreached == 0 {
		t.Error("nothing says that no test reaches Untested")
	}
	if total.killed == 0 || total.killed <= total.survived {
		t.Errorf("%d changes were noticed and %d survived", total.killed, total.survived)
	}
	if t.Failed() {
		t.Log(out.String())
	}
}

func TestTheSeedChoosesTheChanges(t *testing.T) {
	listed := func(seed uint64) string {
		t.Helper()
		s := ladder(8)
		s.seed, s.dry = seed, true
		var out bytes.Buffer
		if _, err := run(t.Context(), s, &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	first := listed(1)
	if again := listed(1); again != first {
		t.Errorf("the same seed chooses\n%s\nand then\n%s", first, again)
	}
	if listed(2) == first {
		t.Error("another seed chooses the same")
	}
}

func TestEachListedChangeIsOne(t *testing.T) {
	src, err := load(t.Context(), "", "./testdata/ladder")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, m := range src.mutants(src.files[0]) {
		if m.text() == m.file.text {
			t.Errorf("%s changes nothing", m)
		}
		if found[m.text()] {
			t.Errorf("%s is there twice:\n%s", m, m.diff())
		}
		found[m.text()] = true
	}
}

func TestBadSettingsAreErrors(t *testing.T) {
	for want, change := range map[string]func(*settings){
		"-n must be 0 or more":  func(s *settings) { s.n = -1 },
		"-workers 1 or more":    func(s *settings) { s.workers = 0 },
		"nothing to change":     func(s *settings) { s.files = []string{"nowhere.go"} },
		"more than one package": func(s *settings) { s.pkg = "unicode/..." },
	} {
		s := ladder(1)
		change(&s)
		if _, err := run(t.Context(), s, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

func TestTestsThatFailWithoutAChangeAreAnError(t *testing.T) {
	s := ladder(1)
	s.tests = []string{"./testdata/nowhere"}
	if _, err := run(t.Context(), s, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "fail without a change") {
		t.Errorf("error %v", err)
	}
}

func TestEachFormIsChanged(t *testing.T) {
	src, err := load(t.Context(), "", "./testdata/forms")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, m := range src.mutants(src.files[0]) {
		for line := range strings.Lines(m.diff()) {
			if added, ok := strings.CutPrefix(line, "\t+ "); ok && src.compiles(m) {
				found[strings.TrimSpace(added)] = true
			}
		}
		if m.what == "drop a defer" && src.compiles(m) {
			found["drop a defer"] = true
		}
	}
	for _, want := range []string{
		`const limit = 3+1`,
		`const limit = 0`,
		`for !(a < b) {`,
		`for a <= b {`,
		`for a >= b {`,
		`a--`,
		`return ok || a == b && true`,
		`return !ok && a == b && true`,
		`return !ok || a != b && true`,
		`return !ok || a == b || true`,
		`return !ok || a == b && false`,
		`return !ok || true`,
		`return !ok || a == b`,
		`return !ok`,
		`return false`,
		`list[0] += limit`,
		`list[0+1] -= limit`,
		`if r == ('x'+1) {`,
		`if !(r == 'x') {`,
		`return pair{}, nil`,
		`return pair{len(list[1+1:len(list)]), list[len(list)-1] * 2}, nil`,
		`return pair{len(list[1:len(list)-1]), list[len(list)-1] * 2}, nil`,
		`return pair{len(list[1:len(list)]), list[len(list)+1] * 2}, nil`,
		`return pair{len(list[1:len(list)]), list[len(list)-1] / 2}, nil`,
		`if s == "mutated" {`,
		`s = ""`,
		`return nil`,
		`return func() string { return "" }`,
		`drop a defer`,
		`done <- false`,
		`case done == nil:`,
	} {
		if !found[want] {
			t.Errorf("no change has %s", want)
		}
	}
	for text := range found {
		if strings.Contains(text, `errors.New("")`) {
			t.Errorf("the words of an error are changed: %s", text)
		}
	}
}
