package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

// checkedBoat is the object whose schema the tests change.
const checkedBoat = `{"name":"Boat","plural":"Boats","properties":{
	"rig":{"type":["string","null"],"title":"Rig","enum":["Sloop","Ketch"],"xClarifyEnumMetadata":{"Sloop":{"id":"s","rank":1,"color":"red"},"Ketch":{"id":"k","rank":2,"color":"blue"}},"xClarifyPresentation":{"rank":1}},
	"uses":{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string","enum":["Race","Cruise"],"xClarifyEnumMetadata":{"Race":{"id":"r","rank":1,"color":"red"},"Cruise":{"id":"c","rank":2,"color":"red"}}}}},"xClarifyPresentation":{"rank":2}},
	"plate":{"type":["string","null"],"xClarifyUnique":true,"xClarifyPresentation":{"rank":3}},
	"length":{"type":["number","null"],"xClarifyPresentation":{"rank":4}},
	"mail":{"type":["string","null"],"format":"email","xClarifyPresentation":{"rank":5}},
	"ready":{"type":["boolean","null"],"xClarifyPresentation":{"rank":6}}}}`

// workspace is a sandbox, and a file that was pulled from it.
type workspace struct {
	t      *testing.T
	srv    *clarifytest.Server
	file   string
	pulled *clarifytest.Snapshot
}

func newWorkspace(t *testing.T) *workspace {
	t.Helper()
	w := &workspace{t: t, file: filepath.Join(t.TempDir(), "schema.json"),
		srv: clarifytest.NewServer(clarifytest.WithTB(t), clarifytest.WithSchemaLag(0, 0))}
	w.send("POST", "/schemas/objects", checkedBoat)
	w.send("POST", "/schemas/c_boat/relationships", `{"data":{"type":"relationship","attributes":{
		"c_boat":{"owner_id":{"type":["string","null"],"title":"Owner","xClarifyRelationship":{"kind":"many-to-one","entity":"person","field":"boats"}}},
		"person":{"boats":{"oneOf":[{"type":"array","items":{"type":"string"}}],"title":"Boats","xClarifyRelationship":{"kind":"one-to-many","entity":"c_boat","field":"owner_id"}}}}}}`)
	if code, out, stderr := w.run("pull", "-o", w.file); code != exitDone {
		t.Fatalf("pull ends with %d: %s%s", code, out, stderr)
	}
	w.pulled = w.srv.Snapshot()
	return w
}

// run runs the program, and returns its exit code and what it wrote.
func (w *workspace) run(args ...string) (code int, stdout, stderr string) {
	var out, failed bytes.Buffer
	variables := map[string]string{"CLARIFY_BASE_URL": w.srv.BaseURL, "CLARIFY_WORKSPACE": w.srv.Workspace, "CLARIFY_API_KEY": w.srv.APIKey}
	code = run(context.Background(), &environment{func(name string) string { return variables[name] }, &out, &failed}, args)
	return code, out.String(), failed.String()
}

// send sends a request that succeeds, and returns what came back.
func (w *workspace) send(method, path, body string) []byte {
	w.t.Helper()
	request, err := http.NewRequest(method, w.srv.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Authorization", "api-key "+w.srv.APIKey)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		w.t.Fatalf("%s %s: %d, %v: %s", method, path, response.StatusCode, err, got)
	}
	return got
}

// put replaces the schema of the boat by what change makes of it.
func put(change func(schema, properties map[string]any)) func(w *workspace) {
	return func(w *workspace) {
		w.t.Helper()
		var file struct {
			Schemas []struct {
				ID         string
				Attributes map[string]any
			}
		}
		b, err := os.ReadFile(w.file)
		if err == nil {
			err = json.Unmarshal(b, &file)
		}
		if err != nil {
			w.t.Fatal(err)
		}
		for _, d := range file.Schemas {
			if strings.HasSuffix(d.ID, "/entities/c_boat") {
				change(d.Attributes, d.Attributes["properties"].(map[string]any))
				body, err := json.Marshal(d.Attributes)
				if err != nil {
					w.t.Fatal(err)
				}
				w.send("PUT", "/schemas/objects/c_boat", string(body))
				return
			}
		}
		w.t.Fatalf("there is no boat in %s", b)
	}
}

// field is put for one field.
func field(name string, change func(field map[string]any)) func(w *workspace) {
	return put(func(_, properties map[string]any) { change(properties[name].(map[string]any)) })
}

func sending(method, path, body string) func(w *workspace) {
	return func(w *workspace) { w.send(method, path, body) }
}

func options(edit, mode string) func(w *workspace) {
	return sending("PATCH", "/schemas", `{"data":[{"type":"schema-properties","id":"c_boat","attributes":`+edit+`,"meta":`+mode+`}]}`)
}

// schemaChanges are kinds of changes of a schema, and what check says of each.
var schemaChanges = []struct {
	name   string
	change func(w *workspace)
	want   []string
}{
	{"an object is added", sending("POST", "/schemas/objects", `{"name":"Mast","plural":"Masts","properties":{}}`),
		[]string{"compatible  c_mast: the object is new"}},
	{"an object is deleted", sending("DELETE", "/schemas/objects/c_boat", ""),
		[]string{"breaking    c_boat: the object is gone", "breaking    person.boats: the field is gone"}},
	{"a field is added", sending("POST", "/schemas/c_boat/properties", `{"data":{"type":"schema-properties","attributes":{"sail":{"type":["string","null"],"format":"date"}}}}`),
		[]string{"compatible  c_boat.sail: the field is new, of the type date"}},
	{"a field is removed", put(func(_, properties map[string]any) { delete(properties, "mail") }),
		[]string{"breaking    c_boat.mail: the field is gone"}},
	{"the type of a field changes", field("length", func(f map[string]any) { f["type"] = []string{"string", "null"} }),
		[]string{"breaking    c_boat.length: the type changed from number to text"}},
	{"a field takes only whole numbers", field("length", func(f map[string]any) { f["type"] = []string{"integer", "null"} }),
		[]string{`breaking    c_boat.length: the type changed from "number" to "integer"`}},
	{"a field becomes required", put(func(schema, _ map[string]any) { schema["required"] = []string{"plate"} }),
		[]string{"breaking    c_boat.plate: the field became required"}},
	{"a field that is required is added", put(func(schema, properties map[string]any) {
		schema["required"], properties["sail"] = []string{"sail"}, map[string]any{"type": []string{"string", "null"}}
	}),
		[]string{"breaking    c_boat.sail: the field is new and required, of the type text"}},
	{"a field becomes unique", field("mail", func(f map[string]any) { f["xClarifyUnique"] = true }),
		[]string{"breaking    c_boat.mail: the field became unique"}},
	{"a field is no longer unique", field("plate", func(f map[string]any) { delete(f, "xClarifyUnique") }),
		[]string{"breaking    c_boat.plate: the field is no longer unique, so that records cannot be matched on it"}},
	{"a field becomes read-only", field("mail", func(f map[string]any) { f["readOnly"] = true }),
		[]string{"breaking    c_boat.mail: the field can no longer be written"}},
	{"a field is never null", field("ready", func(f map[string]any) { f["type"] = "boolean" }),
		[]string{"breaking    c_boat.ready: the value may no longer be null"}},
	{"the format of a field changes", field("mail", func(f map[string]any) { f["format"] = "hostname" }),
		[]string{`breaking    c_boat.mail: the format changed from "email" to "hostname"`}},
	{"an option is added", options(`{"rig":{"enum":["Yawl"],"xClarifyEnumMetadata":{"Yawl":{"id":"y","rank":3,"color":"red"}}}}`, `{"rig":{"enum":"append"}}`),
		[]string{`compatible  c_boat.rig: the option "Yawl" is new`}},
	{"an option is added to a multi select", options(`{"uses":{"properties":{"items":{"items":{"enum":["Fish"],"xClarifyEnumMetadata":{"Fish":{"id":"f","rank":3,"color":"red"}}}}}}}`, `{"uses":{"enum":"append"}}`),
		[]string{`compatible  c_boat.uses: the option "Fish" is new`}},
	{"an option is removed", options(`{"rig":{"enum":["Ketch"]}}`, `{"rig":{"enum":"remove"}}`),
		[]string{`breaking    c_boat.rig: the option "Ketch" is gone`}},
	{"an option is renamed", field("rig", func(f map[string]any) {
		f["enum"] = []string{"Sloop", "Schooner"}
		metadata := f["xClarifyEnumMetadata"].(map[string]any)
		metadata["Schooner"] = metadata["Ketch"]
		delete(metadata, "Ketch")
	}),
		[]string{`breaking    c_boat.rig: the option "Ketch" is called "Schooner"`}},
	{"the options have another order", field("rig", func(f map[string]any) {
		metadata := f["xClarifyEnumMetadata"].(map[string]any)
		metadata["Sloop"].(map[string]any)["rank"], metadata["Ketch"].(map[string]any)["rank"] = 2, 1
	}),
		[]string{`note        c_boat.rig: the options have another order: "Ketch", "Sloop"`}},
	{"an option has another color", options(`{"rig":{"xClarifyEnumMetadata":{"Ketch":{"id":"k","rank":2,"color":"green"}}}}`, `{"rig":{}}`),
		[]string{`note        c_boat.rig: the color of the option "Ketch" changed from "blue" to "green"`}},
	{"a relationship is added", sending("POST", "/schemas/c_boat/relationships", `{"data":{"type":"relationship","attributes":{
		"c_boat":{"crew":{"oneOf":[{"type":"array","items":{"type":"string"}}],"title":"Crew","xClarifyRelationship":{"kind":"many-to-many","entity":"person","field":"sails_on"}}},
		"person":{"sails_on":{"oneOf":[{"type":"array","items":{"type":"string"}}],"title":"Sails on","xClarifyRelationship":{"kind":"many-to-many","entity":"c_boat","field":"crew"}}}}}}`),
		[]string{"compatible  c_boat.crew: the field is new, of the type to-many relationship with person", "compatible  person.sails_on: the field is new, of the type to-many relationship with c_boat"}},
	{"a relationship is removed", sending("DELETE", "/schemas/c_boat/relationships/owner_id", ""),
		[]string{"breaking    c_boat.owner_id: the field is gone", "breaking    person.boats: the field is gone"}},
	{"a relationship is replaced by another", func(w *workspace) {
		w.send("DELETE", "/schemas/c_boat/relationships/owner_id", "")
		w.send("POST", "/schemas/c_boat/relationships", `{"data":{"type":"relationship","attributes":{
			"c_boat":{"owner_id":{"type":["string","null"],"title":"Owner","xClarifyRelationship":{"kind":"many-to-one","entity":"company","field":"boats"}}},
			"company":{"boats":{"oneOf":[{"type":"array","items":{"type":"string"}}],"title":"Boats","xClarifyRelationship":{"kind":"one-to-many","entity":"c_boat","field":"owner_id"}}}}}}`)
	},
		[]string{"breaking    c_boat.owner_id: the relationship changed from many-to-one with person.boats to many-to-one with company.boats",
			"breaking    person.boats: the field is gone", "compatible  company.boats: the field is new, of the type to-many relationship with c_boat"}},
	{"the title of a field changes", field("rig", func(f map[string]any) { f["title"] = "Rigging" }),
		[]string{`note        c_boat.rig: the title changed from "Rig" to "Rigging"`}},
	{"the description of a field changes", field("rig", func(f map[string]any) { f["description"] = "Its sails" }),
		[]string{`note        c_boat.rig: the description changed from none to "Its sails"`}},
	{"the title of an object changes", put(func(schema, _ map[string]any) { schema["title"] = "Ship" }),
		[]string{`note        c_boat: the title changed from "Boat" to "Ship"`}},
	{"the fields have another order", sending("PATCH", "/schemas/c_boat/fields-order", `{"data":{"type":"schema-property-order","attributes":{"order":["ready"]}}}`),
		[]string{`note        c_boat: the fields have another order: "ready", "rig", "uses", "plate", "length", "mail", "owner_id", "_created_at", "_created_by", "_id", "_updated_at", "_updated_by"`}},
	{"a field is hidden", sending("PATCH", "/schemas/c_boat/fields-visibility", `{"data":{"type":"schema-property-visibility","attributes":{"hiddenInDetails":{"plate":true}}}}`),
		[]string{"note        c_boat.plate: the app hides the field in details"}},
	{"a bound of a number is set", field("length", func(f map[string]any) { f["maximum"] = 50 }),
		[]string{`note        c_boat.length: the maximum changed from none to "50"`}},
}

func TestCheckNamesEachKindOfChangeAndNothingElse(t *testing.T) {
	w := newWorkspace(t)
	if code, out, stderr := w.run("check", "-schema", w.file); code != exitDone || out != "" {
		t.Fatalf("without a change check ends with %d: %s%s", code, out, stderr)
	}
	for _, test := range schemaChanges {
		t.Run(test.name, func(t *testing.T) {
			w := *w
			w.t = t
			w.srv.Restore(w.pulled)
			test.change(&w)
			code, out, stderr := w.run("check", "-schema", w.file)
			if want := strings.Join(test.want, "\n") + "\n"; code != exitDiffers || out != want {
				t.Errorf("check ends with %d: %s\n%s\nwant\n%s", code, stderr, out, want)
			}
			// And diff says the same of two files.
			other := filepath.Join(t.TempDir(), "now.json")
			if code, out, stderr := w.run("pull", "-o", other); code != exitDone {
				t.Fatalf("pull ends with %d: %s%s", code, out, stderr)
			}
			if code, again, stderr := w.run("diff", w.file, other); code != exitDiffers || again != out {
				t.Errorf("diff ends with %d: %s\n%s\nwant\n%s", code, stderr, again, out)
			}
			if code, back, _ := w.run("diff", other, w.file); code != exitDiffers || strings.Count(back, "\n") == 0 {
				t.Errorf("the other way diff ends with %d: %s", code, back)
			}
		})
	}
}

func TestPullFromASandboxOfAFileGivesTheSameFile(t *testing.T) {
	w := newWorkspace(t)
	want, err := os.ReadFile(w.file)
	if err != nil {
		t.Fatal(err)
	}
	again := &workspace{t: t, srv: clarifytest.NewServer(clarifytest.WithTB(t), clarifytest.WithSchemaFile(w.file))}
	again.srv.Seed(t, 30)
	if code, got, stderr := again.run("pull"); code != exitDone || got != string(want) {
		t.Errorf("pull ends with %d: %s\n%s\nwant\n%s", code, stderr, got, want)
	}
	if code, out, stderr := again.run("check", "-schema", w.file); code != exitDone || out != "" {
		t.Errorf("check ends with %d: %s%s", code, out, stderr)
	}
}

func TestCheckComparesThePackage(t *testing.T) {
	w := newWorkspace(t)
	dir := filepath.Join(t.TempDir(), "crm")
	code, out, _ := w.run("check", "-schema", w.file, "-o", dir)
	if code != exitDiffers || !strings.Contains(out, "breaking    the file boat.gen.go is missing: run clarify-gen generate\n") {
		t.Errorf("without a package check ends with %d: %s", code, out)
	}
	if code, _, stderr := w.run("generate", "-schema", w.file, "-o", dir); code != exitDone {
		t.Fatalf("generate ends with %d: %s", code, stderr)
	}
	if code, out, stderr := w.run("check", "-schema", w.file, "-o", dir); code != exitDone || out != "" {
		t.Errorf("with the package check ends with %d: %s%s", code, out, stderr)
	}
	file := filepath.Join(dir, "boat.gen.go")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(content, "\n// by hand\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	w.send("DELETE", "/schemas/c_boat/relationships/owner_id", "")
	code, out, _ = w.run("check", "-schema", w.file, "-o", dir)
	want := "breaking    c_boat.owner_id: the field is gone\nbreaking    person.boats: the field is gone\nbreaking    the file boat.gen.go is not what clarify-gen generate makes of the schema: run it again\n"
	if code != exitDiffers || out != want {
		t.Errorf("check ends with %d: %s\nwant\n%s", code, out, want)
	}
	code, out, _ = w.run("check", "-schema", w.file, "-o", dir, "-offline", "-format", "github")
	if want := "::error file=" + escapeProperty(w.file) + ",title=breaking::the file boat.gen.go is not what clarify-gen generate makes of the schema: run it again\n"; code != exitDiffers || out != want {
		t.Errorf("offline check ends with %d: %s\nwant\n%s", code, out, want)
	}
}

func TestDiffWritesWhatChanged(t *testing.T) {
	write := func(title string, options ...string) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "schema.json")
		attributes, err := json.Marshal(map[string]any{"$id": "https://getclarify.ai/schemas/entities/deal", "title": title,
			"properties": map[string]any{"stage": map[string]any{"type": []string{"string", "null"}, "enum": options}}})
		if err == nil {
			err = os.WriteFile(path, []byte(`{"format":"clarify-schema","version":1,"schemas":[{"id":"https://getclarify.ai/schemas/entities/deal","attributes":`+string(attributes)+`}]}`), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	before, after := write("Deal", "Open", "Lost,\n100%"), write("Sale", "Open", "Won")
	text := `breaking    deal.stage: the option "Lost,\n100%" is gone
compatible  deal.stage: the option "Won" is new
note        deal: the title changed from "Deal" to "Sale"
`
	for _, test := range []struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		{[]string{before, after}, exitDiffers, text, ""},
		{[]string{before, before}, exitDone, "", ""},
		{[]string{"-format", "json", before, before}, exitDone, "[]\n", ""},
		{[]string{"-format", "github", before, after}, exitDiffers, "::error file=" + after + `,title=breaking::deal.stage: the option "Lost,\n100%25" is gone`, ""},
		{[]string{"-format", "xml", before, after}, exitCouldNot, "", `invalid format "xml": must be text, json or github`},
		{[]string{before}, exitCouldNot, "", "diff takes two files"},
		{[]string{before, after + ".gone"}, exitCouldNot, "", "schema.json.gone"},
	} {
		code, out, stderr := runAlone(append([]string{"diff"}, test.args...)...)
		if code != test.code || !strings.HasPrefix(out, test.stdout) || !strings.Contains(stderr, test.stderr) {
			t.Errorf("diff %q ends with %d: %s%s\nwant %d: %s%s", test.args, code, out, stderr, test.code, test.stdout, test.stderr)
		}
	}
	var changes []map[string]any
	_, out, _ := runAlone("diff", "-format", "json", before, after)
	if err := json.Unmarshal([]byte(out), &changes); err != nil {
		t.Fatal(err)
	}
	if len(changes) != 3 || changes[1]["severity"] != "compatible" || changes[1]["object"] != "deal" || changes[1]["field"] != "stage" || changes[1]["what"] != "option" || changes[1]["after"] != "Won" {
		t.Errorf("the changes are %s", out)
	}
}

func TestCheckRejectsWhatMakesNoSense(t *testing.T) {
	for _, test := range []struct {
		args   []string
		stderr string
	}{
		{[]string{"-schema", boats, "-offline"}, "-offline compares only the package"},
		{[]string{"-schema", boats, "-offline", "-sandbox", "-o", "crm"}, "exclude each other"},
		{[]string{"-schema", boats}, "CLARIFY_WORKSPACE is not set"},
		{[]string{"-schema", boats + ".gone"}, "workspace.json.gone"},
		{[]string{"-schema", boats, "-format", "yaml"}, `invalid format "yaml"`},
		{[]string{"x"}, `unexpected argument "x"`},
	} {
		if code, out, stderr := runAlone(append([]string{"check"}, test.args...)...); code != exitCouldNot || out != "" || !strings.Contains(stderr, test.stderr) {
			t.Errorf("check %q ends with %d: %s%s, want %q", test.args, code, out, stderr, test.stderr)
		}
	}
	if code, out, stderr := runAlone("check", "-schema", boats, "-sandbox"); code != exitDiffers || !strings.Contains(out, "breaking    c_boat: the object is gone\n") {
		t.Errorf("check with a sandbox ends with %d: %s%s", code, out, stderr)
	}
}
