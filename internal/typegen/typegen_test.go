package typegen_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/schemafile"
	"github.com/clarify-go/clarify/internal/typegen"
)

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// declared returns what a package declares: its names, and the fields of its structs
// with their types. Two of the same name are an error.
func declared(t testing.TB, files []typegen.File) map[string]string {
	t.Helper()
	all := map[string]string{}
	declare := func(name, what string) {
		if _, twice := all[name]; twice {
			t.Errorf("%s is declared twice", name)
		}
		all[name] = what
	}
	for _, f := range files {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, f.Name, f.Content, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		text := func(n ast.Node) string {
			return string(f.Content[fset.Position(n.Pos()).Offset:fset.Position(n.End()).Offset])
		}
		members := func(of string, in ast.Expr) {
			structure, ok := in.(*ast.StructType)
			if !ok {
				return
			}
			for _, member := range structure.Fields.List {
				for _, name := range member.Names {
					declare(of+"."+name.Name, text(member.Type))
				}
			}
		}
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				name := d.Name.Name
				if d.Recv != nil {
					name = strings.TrimPrefix(text(d.Recv.List[0].Type), "*") + "." + name
				}
				declare(name, text(d.Type))
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.TypeSpec:
						declare(s.Name.Name, "type")
						members(s.Name.Name, s.Type)
					case *ast.ValueSpec:
						value := text(s.Values[0])
						if literal, ok := s.Values[0].(*ast.CompositeLit); ok {
							value = "var"
							members(s.Names[0].Name, literal.Type)
						}
						declare(s.Names[0].Name, value)
					}
				}
			}
		}
	}
	return all
}

// The same schema makes the same package, in whatever order its documents are listed.
func TestThePackageDependsOnTheSchemaAlone(t *testing.T) {
	for name, schema := range corpus(t) {
		documents := schema.Documents()
		want := generate(t, schema, "crm")
		slices.Reverse(documents)
		if got := generate(t, clarify.NewSchema(documents), "crm"); !slices.EqualFunc(got, want, func(a, b typegen.File) bool { return a.Name == b.Name && bytes.Equal(a.Content, b.Content) }) {
			t.Errorf("%s: the package is another one", name)
		}
	}
}

// A field that comes does not rename others, whatever it is called, and what is gone
// frees no name for others.
func TestNamesStayWhenFieldsCome(t *testing.T) {
	added := map[string]any{}
	for name := range strings.FieldsSeq("name Name NAME na-me extra id ID company company__id stage Stage stage- a_b type 2nd 🚀 status") {
		added[name] = map[string]any{"type": "string", "title": "Another"}
	}
	schemas := corpus(t)
	delete(schemas, "names") // It has the collisions that are meant to have hashes.
	for _, name := range sorted(schemas) {
		schema := schemas[name]
		before := declared(t, generate(t, schema, "crm"))
		documents := slices.Clone(schema.Documents())
		for i, d := range documents {
			properties, ok := d.Attributes["properties"].(map[string]any)
			if !ok {
				continue
			}
			more := maps.Clone(added)
			maps.Copy(more, properties)
			documents[i].Attributes = maps.Clone(d.Attributes)
			documents[i].Attributes["properties"] = more
		}
		after := declared(t, generate(t, clarify.NewSchema(documents), "crm"))
		if len(after) <= len(before) {
			t.Errorf("%s: %d names became %d", name, len(before), len(after))
		}
		for _, identifier := range sorted(before) {
			got, ok := after[identifier]
			// The link company_id leads to Company only if no field has that name.
			if strings.Contains(identifier, "Fields.Company") || strings.HasPrefix(identifier, "filtersOf") {
				continue
			}
			if !ok || got != before[identifier] {
				t.Errorf("%s: %s was %s, and is %q", name, identifier, before[identifier], got)
			}
		}
	}
}

// A title is in comments and nowhere else.
func TestATitleRenamesNothing(t *testing.T) {
	schema := observed(t)
	var documents []gen.Schema
	for _, d := range schema.Documents() {
		b, err := json.Marshal(&d)
		if err != nil {
			t.Fatal(err)
		}
		var renamed gen.Schema
		b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte(`"title":"`), []byte(`"title":"New `)), []byte(`"plural":"`), []byte(`"plural":"New `))
		if err := json.Unmarshal(b, &renamed); err != nil {
			t.Fatal(err)
		}
		documents = append(documents, renamed)
	}
	before, after := generate(t, schema, "crm"), generate(t, clarify.NewSchema(documents), "crm")
	if got, want := declared(t, after), declared(t, before); !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if bytes.Equal(before[1].Content, after[1].Content) {
		t.Error("the titles are not in the comments")
	}
}

// What a name is when another one wants it too.
func TestCollisions(t *testing.T) {
	documents, err := schemafile.Read(filepath.Join("testdata", "names.json"))
	if err != nil {
		t.Fatal(err)
	}
	got := declared(t, generate(t, clarify.NewSchema(documents), "crm"))
	for _, want := range []string{
		"Deal", "CustomDeal", "Vehicle.Wheels", "CoreVehicle.Windows", "DealStage.Extra", "Deals.Extra", "CoreDealStage.AWon", "DealStageObject", "DealsRecords",
		"Deal.Stage", "Deal.StageWon", "Deal.ID_", "Deal.Fields", "DealID", "DealID_", "DealFields", "DealID_A", "DealFields.DealID", "DealFields.Deal", "DealFields.Deal_x", "DealFields.OtherID_x",
		"Odd.AB", "Odd.AB_x", "Odd.Extra_", "Odd.Extra_x", "Odd.Field2nd_", "Odd.Field名前_", "Odd.Имя", "Odd.AttributeAt_",
		"OddType2nd", "OddTypeEmpty", "OddTypeType_x", "OddTypeAB_x", "GoneID", "UserID",
	} {
		found := slices.ContainsFunc(sorted(got), func(name string) bool {
			prefix, hashed := strings.CutSuffix(want, "_x")
			return name == want || hashed && strings.HasPrefix(name, prefix+"_x")
		})
		if !found {
			t.Errorf("there is no %s in %s", want, strings.Join(sorted(got), " "))
		}
	}
	for _, not := range []string{"OddTypeAB", "OddTypeType", "Deal.CompanyID", "Deal.COdds", "Odd.Odd"} {
		if what, ok := got[not]; ok {
			t.Errorf("%s is %s", not, what)
		}
	}
}

// Three levels of links multiply, and a package stays small all the same.
func TestLargeSchemasMakeSmallPackages(t *testing.T) {
	for name, schema := range large(1) {
		size := 0
		files := generate(t, schema, "crm")
		for _, f := range files {
			size += len(f.Content)
		}
		if size > 8<<20 {
			t.Errorf("%s: got %d bytes", name, size)
		}
		declared(t, files)
	}
	var documents []gen.Schema
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		documents = append(documents, objectOf(name, map[string]any{"name": map[string]any{"type": "string"}, "next_id": map[string]any{"type": "string", "xClarifyRelationship": map[string]any{"kind": "many-to-one", "entity": string(rune(name[0] + 1))}}}))
	}
	content := ""
	for _, f := range generate(t, clarify.NewSchema(documents), "crm") {
		content += string(f.Content)
	}
	for path, want := range map[string]bool{"a.next_id.name": true, "a.next_id.next_id.name": true, "a.next_id.next_id.next_id.name": true, "a.next_id.next_id.next_id.next_id.name": false} {
		if got := strings.Contains(content, `"`+path+`"`); got != want {
			t.Errorf("%s: got %t, want %t", path, got, want)
		}
	}
}

func TestPackageNames(t *testing.T) {
	for dir, want := range map[string]string{
		"crm": "crm", "a/b/my-crm": "mycrm", "CRM": "crm", "2nd": "nd", "type": "crm", "-": "crm", "_": "crm", "../typegen": "typegen", ".": "typegen", "a b": "ab", "größe": "größe",
	} {
		if got := typegen.PackageName(filepath.FromSlash(dir)); got != want {
			t.Errorf("%s: got %s, want %s", dir, got, want)
		}
	}
	for _, name := range []string{"", "_", "func", "a-b", "2nd"} {
		if _, err := typegen.Generate(observed(t), name); err == nil || !strings.Contains(err.Error(), "invalid package name") {
			t.Errorf("%q: got %v", name, err)
		}
	}
	if _, err := typegen.Generate(clarify.NewSchema(nil), "crm"); err == nil || !strings.Contains(err.Error(), "the schema has no objects") {
		t.Errorf("got %v", err)
	}
}

// Whatever is in a schema file, what is generated from it is formatted, and declares each
// name once.
func FuzzGenerate(f *testing.F) {
	for _, name := range []string{"names", "kinds"} {
		b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, uint64(0))
	}
	f.Add([]byte(`{"format":"clarify-schema","version":1,"schemas":[{"id":"x","attributes":{"title":"a","properties":{"a":{"title":"b","enum":["c"]}}}}]}`), uint64(1))
	f.Fuzz(func(t *testing.T, file []byte, seed uint64) {
		documents, err := schemafile.Decode(file)
		if err != nil {
			return
		}
		r := rand.New(rand.NewPCG(seed, 3))
		schemas := []*clarify.Schema{clarify.NewSchema(documents), randomSchema(r, r.IntN(6), r.IntN(9))}
		for _, schema := range schemas {
			if len(schema.Objects()) > 0 {
				declared(t, generate(t, schema, "crm"))
			}
		}
	})
}
