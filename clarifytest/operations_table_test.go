package clarifytest_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/gen"
)

var updateTable = flag.Bool("update", false, "write docs/sandbox.md anew")

const sandboxTable = "../docs/sandbox.md"

// checkSandboxTable compares docs/sandbox.md with what the tests saw.
func checkSandboxTable(t *testing.T, seen map[string][]sighting) {
	t.Helper()
	want := renderSandboxTable(seen)
	if *updateTable {
		if err := os.WriteFile(sandboxTable, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(sandboxTable)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Error("docs/sandbox.md is not what the tests saw: go test ./clarifytest -run TestEveryOperation -update")
	}
}

func renderSandboxTable(seen map[string][]sighting) []byte {
	common := slices.Clone(seen[gen.Operations()[0].ID])
	for _, sightings := range seen {
		common = slices.DeleteFunc(common, func(s sighting) bool { return !slices.Contains(sightings, s) })
	}
	own := func(ids ...string) []sighting {
		var all []sighting
		for _, id := range ids {
			all = append(all, slices.DeleteFunc(slices.Clone(seen[id]), func(s sighting) bool { return s.why == "" || slices.Contains(common, s) })...)
		}
		return all
	}
	count := 0
	for _, sightings := range seen {
		count += len(sightings)
	}

	var b bytes.Buffer
	fmt.Fprintf(&b, `<!-- Made from the tests of clarifytest: go test ./clarifytest -run TestEveryOperation -update. Do not edit. -->

# What the sandbox is tested for

Each line here is a request that the tests of clarifytest send, %d in all, and the status of its answer. All
answers are checked against openapi.yaml, and what is refused must not change what the workspace holds.

Every one of the %d operations succeeds, is held to the rate limit, answers nothing of one workspace in
another, and is refused for these reasons:

`, count, len(seen))
	for _, s := range sorted(common) {
		if s.why != "" {
			fmt.Fprintf(&b, "- %d: %s\n", s.status, s.why)
		}
	}
	tag := ""
	var columns []int
	for _, op := range byTag(gen.Operations()) {
		if op.Tag != tag {
			tag = op.Tag
			columns = nil
			for _, s := range sorted(own(idsOf(tag)...)) {
				if !slices.Contains(columns, s.status) {
					columns = append(columns, s.status)
				}
			}
			fmt.Fprintf(&b, "\n## %s\n\n| operation | success |", tag)
			for _, status := range columns {
				fmt.Fprintf(&b, " %d |", status)
			}
			fmt.Fprintf(&b, "\n|---|---|%s\n", strings.Repeat("---|", len(columns)))
		}
		fmt.Fprintf(&b, "| %s | %s |", op.ID, successes(seen[op.ID]))
		for _, status := range columns {
			var why []string
			for _, s := range own(op.ID) {
				if s.status == status {
					why = append(why, s.why)
				}
			}
			fmt.Fprintf(&b, " %s |", strings.Join(why, "; "))
		}
		b.WriteString("\n")
	}
	return b.Bytes()
}

// successes are the statuses of success that were seen, the customary one first.
func successes(seen []sighting) string {
	var statuses []string
	for _, s := range seen {
		if s.why == "" {
			statuses = append(statuses, fmt.Sprint(s.status))
		}
	}
	return strings.Join(statuses, ", or by an option ")
}

func sorted(all []sighting) []sighting {
	return slices.SortedStableFunc(slices.Values(all), func(a, b sighting) int { return a.status - b.status })
}

func idsOf(tag string) []string {
	var ids []string
	for _, op := range gen.Operations() {
		if op.Tag == tag {
			ids = append(ids, op.ID)
		}
	}
	return ids
}

// byTag puts the operations of a tag together, in the order of the contract.
func byTag(all []gen.Operation) []gen.Operation {
	first := map[string]int{}
	for i, op := range all {
		if _, ok := first[op.Tag]; !ok {
			first[op.Tag] = i
		}
	}
	return slices.SortedStableFunc(slices.Values(all), func(a, b gen.Operation) int { return first[a.Tag] - first[b.Tag] })
}
