package doctor_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

// quirkTest is a quirk of the sandbox that is not as it is unless somebody says so.
type quirkTest struct {
	ref    string
	quirk  string // as the report names it
	option clarifytest.Option
	tls    bool
	writes bool // whether it takes writes to be seen
}

var quirkTests = []quirkTest{
	{"L1", "WithQuirkHTTPLinks(false)", clarifytest.WithQuirkHTTPLinks(false), true, false},
	{"L3", "WithQuirkNoLinks(true)", clarifytest.WithQuirkNoLinks(true), false, false},
	{"L4", "WithQuirkNoTotalPages(true)", clarifytest.WithQuirkNoTotalPages(true), false, false},
	{"R1", "WithQuirkUserAgentRequired(false)", clarifytest.WithQuirkUserAgentRequired(false), false, false},
	{"R2", "WithQuirkIncludeRelationshipNames(true)", clarifytest.WithQuirkIncludeRelationshipNames(true), false, false},
	{"R4", "WithQuirkObjectsWithoutRecords(false)", clarifytest.WithQuirkObjectsWithoutRecords(false), false, false},
	{"R5", "WithQuirkNoContent(false)", clarifytest.WithQuirkNoContent(false), false, true},
	{"R7", "WithQuirkCustomObjectPatch(false)", clarifytest.WithQuirkCustomObjectPatch(false), false, true},
	{"D1", "WithQuirkListRelationships(true)", clarifytest.WithQuirkListRelationships(true), false, false},
	{"D1", "WithQuirkRelationshipNames(true)", clarifytest.WithQuirkRelationshipNames(true), false, false},
	{"D6", "WithQuirkWholeSeconds(true)", clarifytest.WithQuirkWholeSeconds(true), false, false},
	{"D6", "WithQuirkObjectTimes(false)", clarifytest.WithQuirkObjectTimes(false), false, false},
	{"D6", "WithQuirkEmptyUserTimes(true)", clarifytest.WithQuirkEmptyUserTimes(true), false, false},
	{"O2", "WithQuirkListQueryMigrated(true)", clarifytest.WithQuirkListQueryMigrated(true), false, true},
	{"O2", "WithQuirkListQueryStays(true)", clarifytest.WithQuirkListQueryStays(true), false, true},
	{"", "WithQuirkCollectionEquality(false)", clarifytest.WithQuirkCollectionEquality(false), false, false},
	{"", "WithQuirkFrameworkErrors(true)", clarifytest.WithQuirkFrameworkErrors(true), false, false},
}

// Of each quirk the doctor tells, and of nothing else.
func TestEachQuirkIsNamed(t *testing.T) {
	for i, test := range quirkTests {
		if i%stride != 0 {
			continue
		}
		runSynctest(t, test.quirk, func(t *testing.T) {
			options := []clarifytest.Option{test.option}
			if test.tls {
				options = append(options, clarifytest.WithTLS())
			}
			w := newWorkspace(t, options...)
			o := w.options()
			o.Write = test.writes
			found := look(t, o)
			w.acceptViolations()
			named := false
			for _, f := range found.Findings(false) {
				if f.Quirk != test.quirk {
					t.Errorf("found quirk %q, want %q: %+v", f.Quirk, test.quirk, f)
				}
				if f.Ref != test.ref {
					t.Errorf("found ref %q, want %q: %+v", f.Ref, test.ref, f)
				}
				named = named || f.Quirk == test.quirk
			}
			if !named {
				t.Error("it is not found")
			}
			var b strings.Builder
			if err := found.Text(&b, false); err != nil {
				t.Error(err)
			}
			if want := "  clarifytest." + test.quirk + "\n"; !strings.Contains(b.String(), want) {
				t.Errorf("the report has no %q: %s", want, b.String())
			}
		})
	}
}

// What the doctor cannot see is in docs/doctor.md, with the reason.
func TestEveryQuirkIsTestedOrDocumentedAsUnseen(t *testing.T) {
	document, err := os.ReadFile("../../docs/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	_, unseen, _ := strings.Cut(string(document), "## What it cannot see")
	source, err := os.ReadFile("../../clarifytest/quirk.go")
	if err != nil {
		t.Fatal(err)
	}
	options := regexp.MustCompile(`(?m)^func (WithQuirk\w+)\(`).FindAllStringSubmatch(string(source), -1)
	if len(options) < 20 {
		t.Errorf("there are only %d options", len(options))
	}
	for _, option := range options {
		tested := slices.ContainsFunc(quirkTests, func(test quirkTest) bool { return strings.HasPrefix(test.quirk, option[1]+"(") })
		if documented := strings.Contains(unseen, "`"+option[1]+"`"); tested == documented {
			t.Errorf("%s: tested: %v, documented as unseen: %v", option[1], tested, documented)
		}
	}
}
