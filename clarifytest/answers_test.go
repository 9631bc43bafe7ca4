package clarifytest_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

// The tests of this package note every answer that a server gives, and once all
// of them have run, docs/sandbox.md must say which that were.

const answersFile = "../docs/sandbox.md"

var updateAnswers = flag.Bool("update", false, "write "+answersFile+" anew; all tests must run")

// answers are the statuses that each operation answered with.
var answers = struct {
	mu   sync.Mutex
	seen map[string]map[int]bool
}{seen: map[string]map[int]bool{}}

// noteAnswer has no interest in what a fault made of an answer.
func noteAnswer(r clarifytest.Request) {
	if r.Operation == "" || r.Fault != "" || r.Status == 0 {
		return
	}
	answers.mu.Lock()
	defer answers.mu.Unlock()
	if answers.seen[r.Operation] == nil {
		answers.seen[r.Operation] = map[int]bool{}
	}
	answers.seen[r.Operation][r.Status] = true
}

// documentedErrors are the errors that the vendor's document has for operations.
var documentedErrors = map[string][]int{
	"createComment":      {403, 422},
	"updateComment":      {403, 404, 422},
	"getList":            {401, 403, 404},
	"createCustomObject": {400, 422},
	"deleteCustomObject": {422},
}

// alwaysRefused are the errors that every operation has: for a credential that
// is wrong, for one of another workspace, and for what is not there.
var alwaysRefused = []int{401, 403, 404}

func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && allTestsRan() {
		if err := checkAnswers(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

func allTestsRan() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return !testing.Short()
}

func checkAnswers() error {
	var missing []string
	for _, op := range gen.Operations() {
		seen := answers.seen[op.ID]
		for _, status := range slices.Concat([]int{op.Status}, alwaysRefused, documentedErrors[op.ID]) {
			if !seen[status] {
				missing = append(missing, fmt.Sprintf("%s with %d", op.ID, status))
			}
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("no test is answered %s", strings.Join(missing, ", "))
	}
	want := answersDocument()
	if *updateAnswers {
		return os.WriteFile(answersFile, []byte(want), 0o644)
	}
	got, err := os.ReadFile(answersFile)
	if err != nil {
		return err
	}
	if string(got) != want {
		return fmt.Errorf("%s is not what the tests saw: run go test ./clarifytest -update", answersFile)
	}
	return nil
}

func answersDocument() string {
	var doc strings.Builder
	fmt.Fprint(&doc, `<!-- Made by the tests of clarifytest: go test ./clarifytest -update. Do not edit. -->

# What the sandbox answers

The tests of `+"`clarifytest`"+` had these answers from each operation, and every one of them was checked
against the contract. 401 is for a credential that is wrong or sent under the other scheme, 403 for one of
another workspace or without the right, 404 for what is not there, the workspace included.

| operation | done | refused |
|---|---|---|
`)
	for _, op := range gen.Operations() {
		var done, refused []string
		for _, status := range slices.Sorted(maps.Keys(answers.seen[op.ID])) {
			if status < 400 {
				done = append(done, fmt.Sprint(status))
			} else {
				refused = append(refused, fmt.Sprint(status))
			}
		}
		fmt.Fprintf(&doc, "| %s | %s | %s |\n", op.ID, strings.Join(done, ", "), strings.Join(refused, ", "))
	}
	return doc.String()
}
