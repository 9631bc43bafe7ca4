package typegen_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/golist"
	"github.com/clarify-go/clarify/internal/rerun"
	"github.com/clarify-go/clarify/internal/schemafile"
	"github.com/clarify-go/clarify/internal/typegen"
)

// corpus returns the schemas that the tests generate code from: those in files, large
// ones, and random ones, TYPEGEN_CORPUS of them.
func corpus(t *testing.T) map[string]*clarify.Schema {
	t.Helper()
	all := map[string]*clarify.Schema{"observed": observed(t)}
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		documents, err := schemafile.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".json")] = clarify.NewSchema(documents)
	}
	random := 2
	if n := os.Getenv("TYPEGEN_CORPUS"); n != "" {
		if random, err = strconv.Atoi(n); err != nil {
			t.Fatal(err)
		}
	}
	for i := range random {
		all[fmt.Sprintf("random%d", i)] = randomSchema(rand.New(rand.NewPCG(uint64(i), 7)), 2+i%6, 8)
	}
	return all
}

func observed(t testing.TB) *clarify.Schema {
	t.Helper()
	var documents []gen.Schema
	for _, name := range []string{"page1", "page2"} {
		b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "schemas", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var page gen.SchemaPage
		if err := json.Unmarshal(b, &page); err != nil {
			t.Fatal(err)
		}
		documents = append(documents, page.Data...)
	}
	return clarify.NewSchema(documents)
}

// full reports whether the large schemas are compiled in their full size.
func full() bool { return os.Getenv("TYPEGEN_CORPUS") != "" }

// large are schemas that are larger than any workspace's, or a fraction of that.
func large(fraction int) map[string]*clarify.Schema {
	manyFields, manyOptions := map[string]any{}, map[string]any{}
	for i := range 2000 / fraction {
		manyFields[fmt.Sprintf("field_%d", i)] = randomField(rand.New(rand.NewPCG(uint64(i), 1)), []string{"c_many"})
	}
	var options []any
	for i := range 3000 / fraction {
		options = append(options, fmt.Sprintf("Option %d", i), fmt.Sprintf("option-%d", i))
	}
	manyOptions["select"] = map[string]any{"type": "string", "enum": options}
	var objects []gen.Schema
	for i := range 200 / fraction {
		fields := map[string]any{}
		for j := range 5 {
			fields[fmt.Sprintf("f%d", j)] = randomField(rand.New(rand.NewPCG(uint64(i), uint64(j))), []string{"c_o1"})
			fields[fmt.Sprintf("link%d_id", j)] = map[string]any{"type": "string", "xClarifyRelationship": map[string]any{"kind": "many-to-one", "entity": fmt.Sprintf("c_o%d", (i*7+j)%(200/fraction))}}
		}
		objects = append(objects, objectOf(fmt.Sprintf("c_o%d", i), fields))
	}
	return map[string]*clarify.Schema{
		"fields":  clarify.NewSchema([]gen.Schema{objectOf("c_many", manyFields)}),
		"options": clarify.NewSchema([]gen.Schema{objectOf("c_options", manyOptions)}),
		"objects": clarify.NewSchema(objects),
	}
}

func objectOf(name string, fields map[string]any) gen.Schema {
	id := "https://getclarify.ai/schemas/entities/" + name
	return gen.Schema{Type: "schema", ID: id, Attributes: map[string]any{"$id": id, "title": name, "type": "object", "properties": fields}}
}

// Pieces of names, some of which differ only in what Go names cannot have.
var pieces = []string{"a", "b", "A", "B", "_", "_", "-", " ", "1", "2", "id", "ID", "url", "type", "extra", "deal", "c_", "é", "名", "🚀", ".", "%", "'", "Fields", "Object", "s"}

func randomName(r *rand.Rand) string {
	name := ""
	for range 1 + r.IntN(4) {
		name += pieces[r.IntN(len(pieces))]
	}
	return name
}

func randomSchema(r *rand.Rand, objects, fields int) *clarify.Schema {
	names := []string{"person", "deal", "gone"}
	for range objects {
		names = append(names, strings.NewReplacer(".", "", "%", "").Replace(randomName(r)))
	}
	var documents []gen.Schema
	for _, name := range names[1:] {
		if name == "gone" || name == "" {
			continue
		}
		properties := map[string]any{"_id": map[string]any{"type": "string"}}
		for range fields {
			properties[randomName(r)] = randomField(r, names)
		}
		documents = append(documents, objectOf(name, properties))
	}
	return clarify.NewSchema(documents)
}

func randomField(r *rand.Rand, objects []string) any {
	value := func() any { return map[string]any{"type": []any{"string", "number", "boolean", "integer"}[r.IntN(4)]} }
	choice := func() any {
		var options []any
		for range r.IntN(5) {
			options = append(options, randomName(r))
		}
		return map[string]any{"type": "string", "enum": options}
	}
	items := func(of any) any {
		return map[string]any{"type": "object", "properties": map[string]any{"items": map[string]any{"type": "array", "items": of}}}
	}
	annotate := func(field any) any {
		members := field.(map[string]any)
		for _, annotation := range []string{"xClarifyUnique", "readOnly", "required"} {
			if r.IntN(8) == 0 {
				members[annotation] = true
			}
		}
		return members
	}
	switch r.IntN(12) {
	case 0:
		return annotate(map[string]any{"type": "string", "format": []any{"date", "date-time", "email", "hostname"}[r.IntN(4)]})
	case 1, 2:
		return annotate(choice().(map[string]any))
	case 3:
		return annotate(items(choice()).(map[string]any))
	case 4:
		return annotate(items(value()).(map[string]any))
	case 5:
		return annotate(map[string]any{"type": "array", "items": choice()})
	case 6:
		return annotate(map[string]any{"type": "object", "properties": map[string]any{"first_name": value(), "last_name": value()}})
	case 7:
		return annotate(map[string]any{"type": "object", "properties": map[string]any{"text": map[string]any{"type": "array"}}})
	case 8, 9:
		kinds := []string{"many-to-one", "one-to-one", "one-to-many", "many-to-many", "odd"}
		return annotate(map[string]any{"type": "string", "xClarifyRelationship": map[string]any{"kind": kinds[r.IntN(5)], "entity": objects[r.IntN(len(objects))]}})
	case 10:
		return map[string]any{"oneOf": []any{map[string]any{"type": "null"}, map[string]any{"$ref": "https://getclarify.ai/schemas/core/gone"}}}
	}
	return annotate(value().(map[string]any))
}

// randomAttributes returns attributes of a record: mostly values of the right form, and
// some null, wrong or unknown.
func randomAttributes(r *rand.Rand, o *clarify.ObjectSchema) map[string]any {
	attributes := map[string]any{"unknown field": randomValue(r, clarify.KindUnknown), "_unknown": json.Number("1.50")}
	for _, f := range o.Fields {
		switch r.IntN(8) {
		case 0: // absent
		case 1:
			attributes[f.Name] = nil
		case 2:
			attributes[f.Name] = randomValue(r, clarify.FieldKind(r.IntN(16)))
		default:
			attributes[f.Name] = randomValue(r, f.Kind)
		}
	}
	return attributes
}

func randomValue(r *rand.Rand, kind clarify.FieldKind) any {
	text := []any{"", "Won", "a\"b\\c\n", "é <&> \u2028 🚀", "2026-02-03"}[r.IntN(5)]
	number := json.Number([]string{"0", "-1.5000", "12345678901234567890.1234", "1e3", "3"}[r.IntN(5)])
	switch kind {
	case clarify.KindNumber:
		return number
	case clarify.KindCheckbox:
		return r.IntN(2) == 0
	case clarify.KindDate:
		return []any{"2026-02-03", "2026-13-01", ""}[r.IntN(3)]
	case clarify.KindDateTime:
		return []any{"2026-02-03T04:05:06.789Z", "2026-02-03T04:05:06Z", "2026-02-03T04:05:06.789+02:00", "0001-01-01T00:00:00.000Z", "soon"}[r.IntN(5)]
	case clarify.KindMultiSelect, clarify.KindCollection, clarify.KindToMany:
		return []any{
			map[string]any{"items": []any{}}, map[string]any{"items": []any{text, "b"}}, map[string]any{"items": []any{text, nil}}, map[string]any{"items": nil},
			map[string]any{"items": []any{"a"}, "more": number}, map[string]any{"items": []any{map[string]any{"email": text, "organizer": false, "x": nil}}},
		}[r.IntN(6)]
	case clarify.KindArray:
		return []any{[]any{}, []any{text, "a"}, []any{number, nil}}[r.IntN(3)]
	case clarify.KindName:
		return []any{map[string]any{"first_name": text, "last_name": nil}, map[string]any{}, map[string]any{"full_name": "Ada", "suffix": number}}[r.IntN(3)]
	case clarify.KindRichText:
		return []any{map[string]any{"text": []any{map[string]any{"type": text, "n": number}}}, map[string]any{"text": []any{}}, map[string]any{"text": nil, "x": text}}[r.IntN(3)]
	case clarify.KindObject:
		return []any{map[string]any{}, map[string]any{"a": []any{number, nil, text}}}[r.IntN(2)]
	case clarify.KindUnknown:
		return []any{text, number, false, map[string]any{"a": nil}, []any{}}[r.IntN(5)]
	}
	return text
}

// driver is a program that reads records, one a line, and writes what their types make
// of them.
const driver = `package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

type one struct {
	Object     string
	Attributes json.RawMessage
}

func roundTrip[T any](b []byte) ([]byte, error) {
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

func main() {
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for decoder := json.NewDecoder(in); decoder.More(); {
		var record one
		if err := decoder.Decode(&record); err != nil {
			panic(err)
		}
		b, err := types[record.Object](record.Attributes)
		if err != nil {
			b, _ = json.Marshal(err.Error())
		}
		fmt.Fprintf(out, "%s\n", b)
	}
}

var types = map[string]func([]byte) ([]byte, error){
`

// records finds the function that returns the records of an object. The compiler makes
// [clarify.Records] anew for each type, which takes most of the time, so only one of the
// packages below has them, and examples/typed.
var records = regexp.MustCompile(`(?m)^//.*\n(//.*\n)*func \w+\(c \*clarify\.Client\)(.*\n)*?}\n`)

// What is generated is as gofmt has it, compiles and vets, and its types encode records
// to what they were decoded from.
func TestGeneratedCode(t *testing.T) {
	if rerun.Stride(2) > 1 {
		t.Skip("it compiles a program, and one run is enough")
	}
	schemas := corpus(t)
	fraction := 20
	if full() {
		fraction = 1
	}
	maps.Copy(schemas, large(fraction))
	// The packages are part of this module, because the go command has compiled what they
	// import. It leaves testdata out of all patterns that do not name it.
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("testdata", "generated-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	within := "internal/typegen/" + filepath.ToSlash(dir)
	add := func(path string, content []byte) {
		path = filepath.Join(dir, filepath.FromSlash(path))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, content, 0o600)); err != nil {
			t.Fatal(err)
		}
	}

	main, imports := strings.Builder{}, strings.Builder{}
	main.WriteString(driver)
	var sent []map[string]any
	var lines bytes.Buffer
	r := rand.New(rand.NewPCG(1, 2))
	for _, name := range sorted(schemas) {
		for _, f := range generate(t, schemas[name], name) {
			if name != "options" {
				f.Content = records.ReplaceAll(f.Content, nil)
			}
			add(name+"/"+f.Name, f.Content)
		}
		fmt.Fprintf(&imports, "import %s \"github.com/clarify-go/clarify/%s/%[1]s\"\n", name, within)
		for i, o := range schemas[name].Objects() {
			fmt.Fprintf(&main, "\t%q: roundTrip[%s.%s],\n", name+" "+o.Name, name, typegen.TypeName(schemas[name], o.Name))
			for range max(1, 6-i) {
				attributes := randomAttributes(r, o)
				sent = append(sent, attributes)
				line, err := json.Marshal(map[string]any{"Object": name + " " + o.Name, "Attributes": attributes})
				if err != nil {
					t.Fatal(err)
				}
				lines.Write(append(line, '\n'))
			}
		}
	}
	main.WriteString("}\n")
	add("main.go", []byte(strings.Replace(main.String(), "import (", imports.String()+"import (", 1)))
	// Without optimizations the large ones compile in a fraction of the time.
	flags := []string{"-gcflags=./" + within + "/...=-N -l"}
	goCommand(t, root, nil, append(append([]string{"vet"}, flags...), "./"+within+"/...")...)
	out := goCommand(t, root, &lines, append(append([]string{"run"}, flags...), "./"+within)...)
	results := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(results) != len(sent) {
		t.Fatalf("got %d records, want %d", len(results), len(sent))
	}
	for i, want := range sent {
		var got any
		decoder := json.NewDecoder(strings.NewReader(results[i]))
		decoder.UseNumber()
		if err := decoder.Decode(&got); err != nil {
			t.Fatalf("%v: %s", err, results[i])
		}
		if !reflect.DeepEqual(got, any(want)) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
	}
}

// All packages, and the large ones in full size, are checked as the compiler does before
// it makes code.
func TestGeneratedCodeHasNoTypeErrors(t *testing.T) {
	if testing.Short() {
		t.Skip("it needs the library compiled")
	}
	listed, err := golist.List(t.Context(), filepath.Join("..", ".."), ".")
	if err != nil {
		t.Fatal(err)
	}
	schemas := corpus(t)
	maps.Copy(schemas, large(1))
	for name, schema := range schemas {
		fset := token.NewFileSet()
		var files []*ast.File
		for _, f := range generate(t, schema, name) {
			file, err := parser.ParseFile(fset, f.Name, f.Content, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
		config := types.Config{Importer: listed.Importer(fset, listed["github.com/clarify-go/clarify"])}
		if _, err := config.Check(name, fset, files, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// generate returns the files of a package, and checks what can be checked without the
// go command.
func generate(t testing.TB, schema *clarify.Schema, name string) []typegen.File {
	t.Helper()
	files, err := typegen.Generate(schema, name)
	if err != nil {
		t.Fatal(err)
	}
	folded := map[string]bool{}
	for _, f := range files {
		if key := strings.ToLower(f.Name); folded[key] {
			t.Errorf("%s: two files are called %s", name, f.Name)
		} else {
			folded[key] = true
		}
		if formatted, err := format.Source(f.Content); err != nil || !bytes.Equal(formatted, f.Content) {
			t.Errorf("%s: gofmt would change %s (%v)", name, f.Name, err)
		}
		if !bytes.HasPrefix(f.Content, []byte(typegen.Header+"\n\n")) {
			t.Errorf("%s: %s does not say that it is generated", name, f.Name)
		}
	}
	return files
}

func goCommand(t *testing.T, dir string, stdin *bytes.Buffer, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	if stdin != nil {
		cmd.Stdin = stdin
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("go %s: %v\n%.4000s", args[0], err, stderr.String())
	}
	return stdout.String()
}
