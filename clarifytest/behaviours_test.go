package clarifytest_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	liveAPI       = "../docs/live-api.md"
	sandboxLimits = "../docs/sandbox-limits.md"
)

// isSource reports whether a source exists.
func isSource(t *testing.T, source string) bool {
	t.Helper()
	return source == fromContract || source == reported || source == assumed || slices.Contains(observations(t), source)
}

// builtInObjects have a line each in docs/live-api.md.
var builtInObjects = []string{"person", "company", "deal", "task", "meeting"}

// observations are the numbers of docs/live-api.md, and the objects that have a
// line there.
func observations(t *testing.T) []string {
	t.Helper()
	var numbers []string
	for _, row := range liveRows(t) {
		if number.MatchString(row[0]) || slices.Contains(builtInObjects, row[0]) {
			numbers = append(numbers, row[0])
		}
	}
	return numbers
}

// liveRows are the rows of the tables of docs/live-api.md.
func liveRows(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile(liveAPI)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.ReplaceAll(line, `\|`, ""), "| \n"), " | ")
		if strings.HasPrefix(line, "| ") && len(cells) > 2 {
			rows = append(rows, cells)
		}
	}
	return rows
}

// behaviour is one that the documentation describes.
type behaviour struct {
	topic  string
	text   string
	source string
}

var (
	observedIn  = regexp.MustCompile(`(?:live-api\.md, |observed: )((?:[A-Z]\d+(?:, | and )?)+)`)
	number      = regexp.MustCompile(`[A-Z]\d+`)
	sentenceEnd = regexp.MustCompile(`\. `)
)

// behaviours reads the items of a section of the package's documentation.
func behaviours(t *testing.T, section string) []behaviour {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(file.Doc.Text(), "\n# "+section)
	if !found {
		t.Fatalf("doc.go has no section %s", section)
	}
	text, _, _ = strings.Cut(text, "\n# ")
	var all []behaviour
	topic := ""
	for _, paragraph := range strings.Split(text, "\n\n") {
		if !strings.HasPrefix(paragraph, "  - ") {
			topic = strings.TrimSuffix(strings.TrimSpace(paragraph), ":")
			continue
		}
		for _, item := range strings.Split("\n"+paragraph, "\n  - ")[1:] {
			b := behaviour{topic: topic, text: strings.Join(strings.Fields(item), " ")}
			b.source = sourcesIn(b.text)
			all = append(all, b)
		}
	}
	return all
}

// limits reads the items of docs/sandbox-limits.md. Their topics are its headings.
func limits(t *testing.T) []behaviour {
	t.Helper()
	text, err := os.ReadFile(sandboxLimits)
	if err != nil {
		t.Fatal(err)
	}
	var all []behaviour
	for _, section := range strings.Split(string(text), "\n## ")[1:] {
		topic, list, _ := strings.Cut(section, "\n")
		for _, item := range strings.Split(list, "\n- ")[1:] {
			b := behaviour{topic: topic, text: strings.Join(strings.Fields(item), " ")}
			b.source = sourcesIn(b.text)
			all = append(all, b)
		}
	}
	return all
}

// sourcesIn returns the sources that a paragraph names, the assumed last. A sentence
// that names none is assumed.
func sourcesIn(text string) string {
	var sources []string
	for _, sentence := range sentenceEnd.Split(text, -1) {
		known := len(sources)
		for _, match := range observedIn.FindAllStringSubmatch(sentence, -1) {
			sources = append(sources, number.FindAllString(match[1], -1)...)
		}
		for _, source := range []string{fromContract, reported} {
			if strings.Contains(sentence, "("+source+")") {
				sources = append(sources, source)
			}
		}
		if len(sources) == known {
			sources = append(sources, assumed)
		}
	}
	slices.SortFunc(sources, bySource)
	return strings.Join(slices.Compact(sources), ", ")
}

// quirkItem is an item on a quirk in the package's documentation.
var quirkItem = regexp.MustCompile(`^\[(WithQuirk\w+)\](?:, (\S+))?: (.*)\. (On|Off)(?: with \[WithTLS\])?\.$`)

// The option of a quirk, the package's documentation and docs/live-api.md document
// its source and default alike.
func TestQuirksHaveASource(t *testing.T) {
	documented := map[string][]string{}
	for _, b := range behaviours(t, "Quirks") {
		match := quirkItem.FindStringSubmatch(b.text)
		if match == nil {
			t.Errorf("the item on a quirk is incomplete: %s", b.text)
			continue
		}
		documented[match[1]] = match
	}
	rows := map[string][]string{}
	for _, row := range liveRows(t) {
		if strings.HasPrefix(row[1], "`WithQuirk") {
			rows[strings.Trim(row[1], "`")] = row
		}
	}
	options := quirkFunctions(t)
	for name, doc := range options {
		item, row := documented[name], rows[name]
		if item == nil || row == nil {
			t.Errorf("%s is not documented in doc.go (%v) and in %s (%v)", name, item, liveAPI, row)
			continue
		}
		number := cmp.Or(item[2], "-")
		if number == "-" {
			if source := sourcesIn(item[3]); source == assumed {
				t.Errorf("%s has no source", name)
			}
		} else if !strings.Contains(doc, "(docs/live-api.md, "+number+")") || !isSource(t, number) {
			t.Errorf("%s does not say that it is %s", name, number)
		}
		if row[0] != number {
			t.Errorf("%s is %s in doc.go and %s in %s", name, number, row[0], liveAPI)
		}
		state := strings.ToLower(item[4])
		if !strings.HasPrefix(row[2], state) {
			t.Errorf("%s is %s in doc.go and %s in %s", name, state, row[2], liveAPI)
		}
		if says := strings.Contains(doc, "It is on") || strings.Contains(doc, "is on with"); says != (state == "on") {
			t.Errorf("%s does not say that it is %s", name, state)
		}
	}
	if len(documented) != len(options) || len(rows) != len(options) {
		t.Errorf("there are %d options, %d in doc.go and %d in %s", len(options), len(documented), len(rows), liveAPI)
	}
}

// A behavior that is said to be observed is in docs/live-api.md.
func TestBehaviorsNameSourcesThatExist(t *testing.T) {
	all := limits(t)
	for _, b := range all {
		for source := range strings.SplitSeq(b.source, ", ") {
			if !isSource(t, source) {
				t.Errorf("there is no source %s: %s", source, b.text)
			}
		}
	}
	if len(all) < 50 {
		t.Errorf("got %d behaviors, want at least 50", len(all))
	}
}

// quirkFunctions returns the options for quirks with their documentation, on one
// line.
func quirkFunctions(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "WithQuirk") {
				found[f.Name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
			}
		}
	}
	return found
}

// renderBehaviours returns the tables of all behaviors but rejections.
func renderBehaviours(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("\n## Quirks\n\nHow the API was observed to differ from its contract, or to behave at times. Each has an option.\n\n| option | source | default | what it does |\n|---|---|---|---|\n")
	for _, q := range behaviours(t, "Quirks") {
		match := quirkItem.FindStringSubmatch(q.text)
		if match == nil {
			t.Fatalf("the item on a quirk is incomplete: %s", q.text)
		}
		source := cmp.Or(match[2], sourcesIn(match[3]))
		_, state, _ := strings.Cut(q.text, match[3]+". ")
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", match[1], source, inMarkdown(strings.TrimSuffix(state, ".")), inMarkdown(match[3]))
	}
	b.WriteString("\n## Behaviors\n\nThis is from [sandbox-limits.md](sandbox-limits.md). Brackets name the source of a sentence; the others are\nassumed.\n")
	topic := ""
	for _, item := range limits(t) {
		if item.topic != topic {
			topic = item.topic
			fmt.Fprintf(&b, "\n### %s\n\n| behavior | source |\n|---|---|\n", topic)
		}
		fmt.Fprintf(&b, "| %s | %s |\n", strings.ReplaceAll(item.text, "|", `\|`), item.source)
	}
	return b.String()
}

// inMarkdown turns a paragraph of a Go comment into the cell of a table.
func inMarkdown(text string) string {
	text = regexp.MustCompile(`\[([A-Z]\w*(?:\.\w+)?)\]`).ReplaceAllString(text, "`$1`")
	return strings.NewReplacer("|", `\|`, "*", `\*`, "_", `\_`).Replace(text)
}
