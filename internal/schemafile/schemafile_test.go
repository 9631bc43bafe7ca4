package schemafile_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/schemafile"
)

func observed(t testing.TB) []gen.Schema {
	t.Helper()
	var all []gen.Schema
	for _, name := range []string{"page1", "page2"} {
		b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "schemas", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var page gen.SchemaPage
		if err := json.Unmarshal(b, &page); err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Data...)
	}
	return all
}

func encode(t testing.TB, documents []gen.Schema) string {
	t.Helper()
	b, err := schemafile.Encode(documents)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAFileHasWhatWasWritten(t *testing.T) {
	documents := observed(t)
	path := filepath.Join(t.TempDir(), "schema.json")
	if err := schemafile.Write(path, documents); err != nil {
		t.Fatal(err)
	}
	read, err := schemafile.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(read) != len(documents) {
		t.Fatalf("got %d documents, want %d", len(read), len(documents))
	}
	for _, d := range documents {
		if !slices.ContainsFunc(read, func(r gen.Schema) bool {
			return r.ID == d.ID && r.Type == "schema" && reflect.DeepEqual(r.Attributes, d.Attributes)
		}) {
			t.Errorf("%s is not what was written", d.ID)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
	// It is replaced only if it differs.
	old, _ := os.Stat(path)
	if err := schemafile.Write(path, read); err != nil {
		t.Fatal(err)
	}
	if now, err := os.Stat(path); err != nil || !os.SameFile(old, now) {
		t.Errorf("the file was replaced: %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("got %v, %v", entries, err)
	}
}

func TestAFileDependsOnTheSchemaAlone(t *testing.T) {
	documents := observed(t)
	want := encode(t, documents)
	if !strings.HasPrefix(want, "{\n  \"format\": \"clarify-schema\",\n  \"version\": 1,\n") || !strings.HasSuffix(want, "}\n") {
		t.Errorf("got %.80s", want)
	}
	const thing = "https://getclarify.ai/schemas/entities/thing"
	decode := func(document string) []gen.Schema {
		var d gen.Schema
		if err := json.Unmarshal([]byte(document), &d); err != nil {
			t.Fatal(err)
		}
		return []gen.Schema{d}
	}
	for name, test := range map[string]struct{ a, b []gen.Schema }{
		"the order of the listing": {documents, reversed(documents)},
		"what the system sets": {
			decode(`{"id":"` + thing + `","type":"schema","attributes":{"title":"a","_updated_at":"2026-01-01T00:00:00.000Z","_version":7},"links":{"self":"x"},"meta":{"records":3},"relationships":{}}`),
			decode(`{"id":"` + thing + `","type":"schema","attributes":{"title":"a"}}`),
		},
		"the order of what is required": {
			decode(`{"id":"` + thing + `","type":"schema","attributes":{"required":["b","a"],"properties":{"x":{"required":["d","c"]}}}}`),
			decode(`{"id":"` + thing + `","type":"schema","attributes":{"required":["a","b"],"properties":{"x":{"required":["c","d"]}}}}`),
		},
	} {
		if a, b := encode(t, test.a), encode(t, test.b); a != b {
			t.Errorf("%s makes a difference:\n%s\n%s", name, a, b)
		}
	}
	for name, test := range map[string][2]string{
		"the order of options":      {`{"enum":["b","a"]}`, `{"enum":["a","b"]}`},
		"a field called required":   {`{"properties":{"required":{"enum":["b","a"]}}}`, `{"properties":{"required":{"enum":["a","b"]}}}`},
		"a value called required":   {`{"default":{"required":["b","a"]}}`, `{"default":{"required":["a","b"]}}`},
		"a field of the system":     {`{"properties":{"_id":{}}}`, `{"properties":{}}`},
		"the digits of a number":    {`{"maximum":1.0}`, `{"maximum":1}`},
		"what HTML would escape":    {`{"title":"<&>"}`, `{"title":""}`},
		"a list where an object is": {`[]`, `{}`},
	} {
		a, b := decode(`{"id":"`+thing+`","type":"schema","attributes":`+test[0]+`}`), decode(`{"id":"`+thing+`","type":"schema","attributes":`+test[1]+`}`)
		if encode(t, a) == encode(t, b) {
			t.Errorf("%s makes no difference:\n%s", name, encode(t, a))
		}
		again, err := schemafile.Decode([]byte(encode(t, a)))
		if err != nil || encode(t, again) != encode(t, a) {
			t.Errorf("%s: got %v, %v", name, again, err)
		}
	}
	if !strings.Contains(encode(t, decode(`{"id":"x","type":"schema","attributes":{"title":"<&>"}}`)), `"<&>"`) {
		t.Error("the file has escapes that only HTML needs")
	}
}

func TestAFileThatIsNotOneIsAnError(t *testing.T) {
	dir := t.TempDir()
	for name, test := range map[string]struct{ content, want string }{
		"nothing":           {"", "it is empty"},
		"no JSON":           {"package crm\n", "must be a file that clarify-gen pull wrote: invalid character"},
		"a broken one":      {`{"format":"clarify-schema","version":1,"schemas":[`, "unexpected end"},
		"a list":            {"[]", "cannot unmarshal array"},
		"a response":        {`{"data":[],"links":{"next":null}}`, `it has no member "format" that is "clarify-schema"`},
		"another format":    {`{"format":7}`, `it has no member "format"`},
		"a later version":   {`{"format":"clarify-schema","version":2}`, "its version is 2, want 1"},
		"no version":        {`{"format":"clarify-schema"}`, "its version is <nil>, want 1"},
		"no schemas":        {`{"format":"clarify-schema","version":1,"schemas":[]}`, "it has no schemas"},
		"a schema of text":  {`{"format":"clarify-schema","version":1,"schemas":["x"]}`, "cannot unmarshal string"},
		"a schema by no id": {`{"format":"clarify-schema","version":1,"schemas":[{"attributes":{}}]}`, "schemas[0] lacks an id or attributes"},
		"only an id":        {`{"format":"clarify-schema","version":1,"schemas":[{"id":"a","attributes":{}},{"id":"x"}]}`, "schemas[1] lacks an id or attributes"},
	} {
		path := filepath.Join(dir, "schema.json")
		if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := schemafile.Read(path)
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), `clarify: invalid schema file "`) {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
	}
	if _, err := schemafile.Read(filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "clarify: cannot read the schema file: ") {
		t.Errorf("got %v", err)
	}
	if err := schemafile.Write(filepath.Join(dir, "none", "schema.json"), observed(t)); err == nil || !strings.Contains(err.Error(), "clarify: cannot write the schema file: ") {
		t.Errorf("got %v", err)
	}
	if _, err := schemafile.Encode([]gen.Schema{{}}); err == nil || !strings.Contains(err.Error(), "documents[0] has no id") {
		t.Errorf("got %v", err)
	}
	if _, err := schemafile.Encode([]gen.Schema{{ID: "x", Attributes: map[string]any{"a": func() {}}}}); err == nil || !strings.Contains(err.Error(), `cannot encode the schema "x"`) {
		t.Errorf("got %v", err)
	}
}

// Whatever can be read is written again as it was.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(encode(f, observed(f))))
	f.Add([]byte(`{"format":"clarify-schema","version":1,"schemas":[{"id":"x","attributes":null},{"id":"x","attributes":{"required":["b","a",1],"_x":1,"n":1e400}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		documents, err := schemafile.Decode(b)
		if err != nil {
			return
		}
		once := encode(t, documents)
		again, err := schemafile.Decode([]byte(once))
		if err != nil {
			t.Fatalf("%v: %s", err, once)
		}
		if twice := encode(t, again); twice != once {
			t.Errorf("got  %s\nwant %s", twice, once)
		}
	})
}

func reversed(documents []gen.Schema) []gen.Schema {
	documents = slices.Clone(documents)
	slices.Reverse(documents)
	return documents
}
