package clarifytest_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/gen"
)

var updateTable = flag.Bool("update", false, "rewrite docs/sandbox.md")

const sandboxTable = "../docs/sandbox.md"

// checkSandboxTable compares docs/sandbox.md with what the tests saw.
func checkSandboxTable(t *testing.T, seen map[string][]sighting) {
	t.Helper()
	want := append(renderSandboxTable(seen), renderBehaviours(t)...)
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
	fmt.Fprintf(&b, `<!-- Generated from the tests of clarifytest: go test ./clarifytest -run TestEveryOperation -update. Do not edit. -->

# What the sandbox does, and how it is known

The source of each behavior is one of these:

- **contract**: openapi.yaml or another document of the vendor's. A request that openapi.yaml does not allow is one of
  these. If the vendor does not name the status, it is 400 for the query and 422 for the body.
- **a number**, such as R2: it was observed, see [live-api.md](live-api.md).
- **reported**: a client relies on it, and no more is known.
- **assumed**: there is no source. The sandbox has to do something, and this is what it does.

## Requests that are rejected

Each line here is a request that the tests of clarifytest send, %d in all, and the status of its response. All
responses are checked against openapi.yaml. A rejected request must not change the workspace.

Every one of the %d operations succeeds, is limited by the rate limit, returns nothing of another workspace, and is
rejected for these reasons:

`, count, len(seen))
	for _, s := range sorted(common) {
		if s.why != "" {
			fmt.Fprintf(&b, "- %d: %s (%s)\n", s.status, s.why, s.source)
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
			fmt.Fprintf(&b, "\n### %s\n\n| operation | success |", tag)
			for _, status := range columns {
				fmt.Fprintf(&b, " %d |", status)
			}
			fmt.Fprintf(&b, "\n|---|---|%s\n", strings.Repeat("---|", len(columns)))
		}
		fmt.Fprintf(&b, "| %s | %s |", op.ID, successes(seen[op.ID]))
		for _, status := range columns {
			fmt.Fprintf(&b, " %s |", reasons(own(op.ID), status))
		}
		b.WriteString("\n")
	}
	return b.Bytes()
}

// reasons returns those for a status, by source.
func reasons(seen []sighting, status int) string {
	var sources []string
	why := map[string][]string{}
	for _, s := range seen {
		if s.status == status {
			why[s.source] = append(why[s.source], s.why)
			sources = append(sources, s.source)
		}
	}
	slices.SortFunc(sources, bySource)
	var lines []string
	for _, source := range slices.Compact(sources) {
		lines = append(lines, source+": "+strings.Join(why[source], "; "))
	}
	return strings.Join(lines, "<br>")
}

// bySource puts known behaviors before assumed ones.
func bySource(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) }

func rank(source string) int {
	switch source {
	case fromContract:
		return 0
	case assumed:
		return 3
	case reported:
		return 2
	}
	return 1
}

// successes returns the statuses of success that were seen, the default first.
func successes(seen []sighting) string {
	var statuses []string
	for _, s := range seen {
		if s.why == "" {
			statuses = append(statuses, fmt.Sprintf("%d (%s)", s.status, s.source))
		}
	}
	return strings.Join(statuses, ", or with an option ")
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
