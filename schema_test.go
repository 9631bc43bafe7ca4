package clarify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

// observed serves the schemas of testdata/schemas: two pages, of the form that was
// seen (live-api.md, L2, S1 to S4).
func observed(t *testing.T) *fake {
	t.Helper()
	return newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
		name := map[string]string{"": "page1", "Mg": "page2"}[r.URL.Query().Get("cursor")]
		b, err := os.ReadFile("testdata/schemas/" + name + ".json")
		if err != nil || r.URL.Path != "/v1/workspaces/acme/schemas" {
			answer(w, 404, `{"errors":[]}`)
			return
		}
		answer(w, 200, string(b))
	})
}

func observedSchema(t *testing.T) *clarify.Schema {
	t.Helper()
	schema, err := observed(t).client(t).Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// sketch says in one line what a field is.
func sketch(f *clarify.FieldSchema) string {
	words := []string{f.Kind.String()}
	add := func(is bool, word string) {
		if is {
			words = append(words, word)
		}
	}
	add(f.Format != "", f.Format)
	add(f.Definition != "", "$"+f.Definition)
	for _, o := range f.Options {
		words = append(words, fmt.Sprintf("%s/%s/%s", o.Value, o.ID, o.Color))
	}
	if r := f.Relationship; r != nil {
		words = append(words, fmt.Sprintf("%s %s.%s", r.Kind, r.Object, r.Field))
	}
	add(f.Unique, "unique")
	add(f.Required, "required")
	add(f.Nullable, "null")
	add(f.ReadOnly, "read-only")
	add(f.Primary, "primary")
	add(f.Hidden, "hidden")
	add(f.AI, "AI")
	if f.Items != nil {
		words = append(words, "["+sketch(f.Items)+"]")
	}
	if f.Members != nil {
		var members []string
		for _, m := range f.Members {
			members = append(members, m.Name+": "+sketch(m))
		}
		words = append(words, "{"+strings.Join(members, ", ")+"}")
	}
	return strings.Join(words, " ")
}

func TestSchemaSaysWhatFieldsAre(t *testing.T) {
	schema := observedSchema(t)
	system := []string{"_created_at: date-time read-only", "_created_by: id null read-only", "_id: id read-only"}
	for object, want := range map[string][]string{
		"person": append([]string{
			"name: name $personName null primary {first_name: text null, full_name: text null read-only, last_name: text null}",
			"email_addresses: collection $collectionOfEmails unique null [text email]",
			"phone_numbers: collection $collectionOfStrings null [text]",
			"job_title: text null",
			"avatar_url: text uri null",
			"company_id: to-one relationship many-to-one company.people null",
			"description: text null",
			"labels: collection $collectionOfStrings null [text]",
			"deals: to-many relationship $collectionOfIds many-to-many deal.people null",
			"tasks: to-many relationship $collectionOfIds one-to-many task.person_id null",
			"lead_source: select Referral/lead_ref/green Web/lead_web/blue Event/lead_evt/amber null",
			"summary: text null AI",
			"summary_meta: object null hidden",
		}, system...),
		"company": {
			"domains: collection unique null [text hostname]",
			"employee_count: number null",
			"labels: collection $collectionOfStrings null [text]",
		},
		"deal": {
			"stage: select Lead/stage_lead/sky Won/stage_won/green Lost/stage_lost/red null",
			"close_date: date date null",
			"owner_id: to-one relationship many-to-one user.deals null",
			"labels: multi select cold/l_cold/blue hot/l_hot/red null [select cold/l_cold/blue hot/l_hot/red]",
			"profile_colors: object null hidden {primary: text null, secondary: text null, tertiary: text null}",
			"_created_at: date-time date-time read-only",
			"_merged_ids: array null read-only [text]",
		},
		"meeting": {
			"end: date-time date-time null",
			"all_day: checkbox",
			"participants: collection null [object $participant {email: text email null, name: text null, organizer: checkbox null, phone_number: text null, status: text null}]",
			"notes: rich text null read-only {text: array}",
		},
		"task": {
			"title: text required primary",
			"description: rich text null {text: array [object]}",
			"status: select To Do/st_todo/neutral In Progress/st_prog/sky Done/st_done/green Canceled/st_canc/red null",
			"priority: select Urgent/pr_urg/red High/pr_high/amber Medium/pr_med/sky Low/pr_low/neutral null",
		},
		"user": {
			"email: text email",
			"last_seen: unknown",
		},
		"c_project": {
			"name: text unique null primary",
			"end: date date null",
			"2nd: checkbox null",
			"🚀: number null",
			"type: select a// b// null",
			"c_partner_deal_id: to-one relationship many-to-one deal.c_projects null",
			"strange: unknown $notListed",
		},
	} {
		o, ok := schema.Object(object)
		if !ok {
			t.Errorf("there is no %s", object)
			continue
		}
		var got []string
		for _, f := range o.Fields {
			got = append(got, f.Name+": "+strings.ReplaceAll(sketch(f), "date-time date-time read-only", "date-time read-only"))
		}
		at := 0
		for _, line := range want {
			line = strings.ReplaceAll(line, "date-time date-time read-only", "date-time read-only")
			i := slices.Index(got[at:], line)
			if i < 0 {
				t.Errorf("%s has no %q behind the one before it:\n%s", object, line, strings.Join(got, "\n"))
				continue
			}
			at += i + 1
		}
	}
}

func TestSchemaSaysWhatObjectsThereAre(t *testing.T) {
	schema := observedSchema(t)
	var got []string
	for _, o := range schema.Objects() {
		got = append(got, fmt.Sprintf("%s %s|%s|%s %v", o.Name, strings.TrimPrefix(o.ID, "https://getclarify.ai/schemas/"), o.Singular, o.Plural, o.Custom))
	}
	want := []string{
		"c_project entities/c_project|Project|Projects true", "company entities/company|Company|Companies false", "deal entities/deal|Deal|Deals false",
		"meeting entities/meeting|Meeting|Meetings false", "meeting_recording entities/meeting_recording|Recording|Recordings false",
		"person entities/person|Person|People false", "task entities/task|Task|Tasks false", "user entities/user|User|Users false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	got = nil
	for _, d := range schema.Definitions() {
		got = append(got, d.Name+": "+d.Kind.String())
	}
	want = []string{
		"collectionOfEmails: collection", "collectionOfIds: array", "collectionOfStrings: collection", "participant: object", "person: object", "personName: name",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if o, ok := schema.Object("Person"); ok || o != nil {
		t.Errorf("got %+v", o)
	}
	person, _ := schema.Object("person")
	name, _ := person.Field("name")
	if m, ok := name.Member("first_name"); !ok || m.Title != "First name" || name.Title != "Name" {
		t.Errorf("got %+v", m)
	}
	if f, ok := person.Field("titel"); ok || f != nil {
		t.Errorf("got %+v", f)
	}
	source, _ := person.Field("lead_source")
	if o, ok := source.Option("Web"); !ok || o.ID != "lead_web" {
		t.Errorf("got %+v", o)
	}
	if o, ok := source.Option("web"); ok {
		t.Errorf("got %+v", o)
	}
}

// Nothing that was sent is lost, and a saved document says the same.
func TestSchemaKeepsTheDocuments(t *testing.T) {
	var sent []any
	var pages []gen.Schema
	for _, name := range []string{"page1", "page2"} {
		b, err := os.ReadFile("testdata/schemas/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var page struct{ Data []any }
		var saved gen.SchemaPage
		if err := json.Unmarshal(b, &page); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &saved); err != nil {
			t.Fatal(err)
		}
		sent, pages = append(sent, page.Data...), append(pages, saved.Data...)
	}
	schema := observedSchema(t)
	equalJSON(t, schema.Documents(), sent)
	if saved := clarify.NewSchema(pages); !reflect.DeepEqual(saved.Objects(), schema.Objects()) || !reflect.DeepEqual(saved.Definitions(), schema.Definitions()) {
		t.Error("saved documents say something else")
	}
	// Whoever keeps the documents can change them.
	schema = clarify.NewSchema(pages)
	delete(pages[2].Attributes["properties"].(map[string]any), "name")
	person, _ := schema.Object("person")
	if _, ok := person.Field("name"); !ok {
		t.Error("the schema has changed")
	}
	equalJSON(t, person.Raw, sent[2].(map[string]any)["attributes"])
	for _, f := range person.Fields {
		equalJSON(t, f.Raw, sent[2].(map[string]any)["attributes"].(map[string]any)["properties"].(map[string]any)[f.Name])
	}
}

func equalJSON(t *testing.T, got, want any) {
	t.Helper()
	sameJSON(t, string(mustJSON(t, got)), string(mustJSON(t, want)))
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSchemaIsSafeForConcurrentUse(t *testing.T) {
	schema := observedSchema(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, o := range schema.Objects() {
				for _, f := range o.Fields {
					_, _ = o.Field(f.Name)
					_ = f.Kind.Operators()
				}
			}
			_, _ = schema.Object("person")
			_, _ = schema.Definitions(), schema.Documents()
		})
	}
	wg.Wait()
}

func TestSchemaOfAListingThatFailsIsAnError(t *testing.T) {
	f := newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("cursor") != "" {
			answer(w, 403, `{"errors":[{"status":"403","title":"Forbidden"}]}`)
			return
		}
		answer(w, 200, `{"data":[{"type":"schema","id":"person","attributes":{"$id":"person"}}],"links":{"next":"/v1/workspaces/acme/schemas?cursor=Mg"}}`)
	})
	if schema, err := f.client(t).Schema(t.Context()); schema != nil || err == nil || !strings.Contains(err.Error(), "getSchemas") {
		t.Errorf("got %v, %v", schema, err)
	}
}

// document is a schema of an object with these properties.
func document(properties string) gen.Schema {
	return documentOf("https://getclarify.ai/schemas/entities/thing", `{"type":"object","properties":`+properties+`}`)
}

func documentOf(id, attributes string) gen.Schema {
	d := gen.Schema{Type: "schema", ID: id}
	decoder := json.NewDecoder(bytes.NewReader([]byte(attributes)))
	decoder.UseNumber()
	if err := decoder.Decode((*map[string]any)(&d.Attributes)); err != nil {
		panic(err)
	}
	return d
}

// Where two forms were seen, or are likely, both say the same.
func TestSchemaFormsOfFields(t *testing.T) {
	const base = "https://getclarify.ai/schemas/"
	definitions := []gen.Schema{
		documentOf(base+"core/words", `{"type":["object","null"],"title":"words","properties":{"items":{"type":"array","items":{"type":"string"}}}}`),
		documentOf(base+"core/indirect", `{"oneOf":[{"$ref":"words"},{"type":"null"}]}`),
		documentOf(base+"core/color", `{"type":"string","enum":["red","blue"],"readOnly":true}`),
		documentOf(base+"core/nothing", `{"type":"null"}`),
		documentOf(base+"core/loop", `{"$ref":"#"}`),
		documentOf(base+"core/ping", `{"allOf":[{"$ref":"`+base+`core/pong"},{"type":"string"}]}`),
		documentOf(base+"core/pong", `{"$ref":"`+base+`core/ping"}`),
		documentOf(base+"core/parts", `{"$defs":{"a/b":{"type":"boolean"},"list":[{"type":"number"}]}}`),
	}
	for name, test := range map[string]struct{ field, want string }{
		"a name and null":             {`{"type":["string","null"]}`, "text null"},
		"null and a name":             {`{"type":["null","string"]}`, "text null"},
		"a name":                      {`{"type":"string"}`, "text"},
		"nullable":                    {`{"type":"string","nullable":true}`, "text null"},
		"one of a name":               {`{"oneOf":[{"type":"string"}]}`, "text"},
		"any of, null last":           {`{"anyOf":[{"type":"integer"},{"type":"null"}]}`, "number null"},
		"null by enum":                {`{"oneOf":[{"enum":[null]},{"type":"boolean"}]}`, "checkbox null"},
		"null by const":               {`{"oneOf":[{"const":null},{"type":"boolean"}]}`, "checkbox null"},
		"null by reference":           {`{"oneOf":[{"$ref":"` + base + `core/nothing"},{"type":"boolean"}]}`, "checkbox null"},
		"null alone":                  {`{"type":"null"}`, "unknown null"},
		"nothing":                     {`{}`, "unknown"},
		"true":                        {`true`, "unknown"},
		"number and integer":          {`{"type":["integer","number","null"]}`, "number null"},
		"two types":                   {`{"type":["string","number"]}`, "unknown"},
		"alternatives":                {`{"oneOf":[{"type":"string"},{"type":"number"},{"type":"null"}]}`, "unknown null"},
		"alternatives of a type":      {`{"anyOf":[{"type":"string","maxLength":1},{"type":["string","null"]}]}`, "text null"},
		"alternatives below a type":   {`{"type":"string","anyOf":[{"maxLength":1},{"format":"uri"}]}`, "text"},
		"all of":                      {`{"allOf":[{"type":["string","null"]},{"format":"email"},{"readOnly":true}]}`, "text email null read-only"},
		"a reference":                 {`{"$ref":"` + base + `core/color"}`, "select $color red// blue// read-only"},
		"a relative reference":        {`{"$ref":"../core/color"}`, "select $color red// blue// read-only"},
		"the end of a reference":      {`{"$ref":"core/color"}`, "select $color red// blue// read-only"},
		"another scheme and host":     {`{"$ref":"http://api.clarify.ai/schemas/core/color#"}`, "select $color red// blue// read-only"},
		"a reference and more":        {`{"$ref":"` + base + `core/color","type":["string","null"],"title":"Color"}`, "select $color red// blue// null read-only"},
		"a reference that is wrapped": {`{"allOf":[{"oneOf":[{"$ref":"` + base + `core/indirect"}]}],"unique":true}`, "collection $indirect unique null [text]"},
		"options of a definition":     {`{"$ref":"` + base + `core/words","properties":{"items":{"items":{"enum":["a"]}}}}`, "multi select $words a// null [select a//]"},
		"a pointer":                   {`{"$ref":"` + base + `core/parts#/$defs/a~1b"}`, "checkbox $a/b"},
		"a pointer into a list":       {`{"$ref":"` + base + `core/parts#/%24defs/list/0"}`, "number $0"},
		"a local pointer":             {`{"$ref":"#/properties/other"}`, "number $other"},
		"a pointer to nothing":        {`{"$ref":"#/properties/none"}`, "unknown $none"},
		"a pointer that is none":      {`{"$ref":"#properties","type":"string"}`, "text $properties"},
		"a bad escape":                {`{"$ref":"#/%zz"}`, "unknown $%zz"},
		"a reference to nothing":      {`{"oneOf":[{"type":"null"},{"$ref":"` + base + `core/none"}]}`, "unknown $none null"},
		"a reference to itself":       {`{"$ref":"#/properties/field"}`, "unknown $field"},
		"a loop":                      {`{"$ref":"` + base + `core/loop"}`, "unknown $loop"},
		"a loop with something in it": {`{"$ref":"` + base + `core/ping"}`, "text $ping"},
		"a reference that is no text": {`{"$ref":7,"type":"string"}`, "text"},
		"the object itself":           {`{"$ref":"#"}`, "object"},
		"members of its own kind": {`{"type":"object","properties":{"a":{"$ref":"#/properties/field"},"b":{"type":"boolean"}}}`,
			"object {a: object $field {a: object $field, b: checkbox}, b: checkbox}"},

		"time as an object":        {`{"type":"object","format":"date-time"}`, "date-time date-time"},
		"time without a type":      {`{"format":"date-time"}`, "date-time date-time"},
		"text without a type":      {`{"format":"hostname"}`, "text hostname"},
		"a format that is no text": {`{"type":"string","format":7}`, "text"},

		"options by enum":            {`{"type":["string","null"],"enum":["b","a",null]}`, "select b// a// null"},
		"options without a type":     {`{"enum":["b","a"]}`, "select b// a//"},
		"options by metadata":        {`{"type":"string","xClarifyEnumMetadata":{"b":{"rank":1},"a":{"rank":2,"id":"i"},"c":7}}`, "select b// a/i/ c//"},
		"an open select":             {`{"type":"string","xClarifyEnumMetadata":{}}`, "select"},
		"ranks of all kinds":         {`{"type":"string","enum":["a","b","c","d"],"xClarifyEnumMetadata":{"d":{"rank":0.5},"c":{"rank":"1"},"b":{"rank":"x"},"a":{"rank":[]}}}`, "select d// c// a// b//"},
		"an option that enum lacks":  {`{"type":"string","enum":["a"],"xClarifyEnumMetadata":{"gone":{"rank":1}}}`, "select a//"},
		"an option twice":            {`{"type":"string","enum":["a","b","a"]}`, "select a// b//"},
		"options that are numbers":   {`{"enum":[1,2.50]}`, "number 1// 2.50//"},
		"numbers of a type":          {`{"type":["number","null"],"enum":[1,null]}`, "number 1// null"},
		"options that are not":       {`{"type":"string","enum":[{},[],true]}`, "text"},
		"enum that is no list":       {`{"type":"string","enum":{"a":1}}`, "text"},
		"metadata that is a list":    {`{"type":"string","enum":["a"],"xClarifyEnumMetadata":["a"]}`, "select a//"},
		"several by metadata":        {`{"type":"object","properties":{"items":{"type":"array","items":{"type":"string"}}},"xClarifyEnumMetadata":{"a":{}}}`, "multi select a// [text]"},
		"an array of options":        {`{"type":["array","null"],"items":{"type":"string","enum":["M"]}}`, "array M// null [select M//]"},
		"an array of anything":       {`{"type":"array"}`, "array"},
		"items without a type":       {`{"items":{"type":"string"}}`, "array [text]"},
		"a list of items":            {`{"type":"array","items":[{"type":"string"}]}`, "array"},
		"a collection of anything":   {`{"type":"object","properties":{"items":{"type":"array"}}}`, "collection"},
		"an object without a type":   {`{"properties":{"first_name":{},"last_name":{}}}`, "name {first_name: unknown, last_name: unknown}"},
		"members that are required":  {`{"type":"object","properties":{"a":{"type":"string"}},"required":["a",7]}`, "object {a: text required}"},
		"properties that are a list": {`{"type":"object","properties":[1]}`, "object"},

		"unique in words":       {`{"type":"string","xClarifyUnique":"yes"}`, "text"},
		"required by itself":    {`{"type":"string","required":true}`, "text required"},
		"no AI":                 {`{"type":"string","xClarifyAIField":false,"xClarifyPrimary":null}`, "text"},
		"a presentation of one": {`{"type":"string","xClarifyPresentation":1}`, "text"},

		"one record":             {`{"type":"string","xClarifyRelationship":{"kind":"one-to-one","entity":"entities/person"}}`, "to-one relationship one-to-one person."},
		"one without a kind":     {`{"type":["string","null"],"xClarifyRelationship":{"entity":"person"}}`, "to-one relationship  person. null"},
		"many without a kind":    {`{"oneOf":[{"type":"array"}],"xClarifyRelationship":{"kind":7,"entity":"person","field":"f"}}`, "to-many relationship  person.f"},
		"a kind that is none":    {`{"type":"string","xClarifyRelationship":{"kind":"some"}}`, "unknown some ."},
		"a relationship of text": {`{"type":"string","xClarifyRelationship":"person"}`, "text"},
	} {
		t.Run(name, func(t *testing.T) {
			schema := clarify.NewSchema(append(slices.Clone(definitions), document(`{"field":`+test.field+`,"other":{"type":"number"}}`)))
			o, ok := schema.Object("thing")
			if !ok || len(o.Fields) != 2 {
				t.Fatalf("got %+v", o)
			}
			f, _ := o.Field("field")
			if got := sketch(f); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			equalJSON(t, f.Raw, json.RawMessage(test.field))
			if other, _ := o.Field("other"); other.Kind != clarify.KindNumber {
				t.Errorf("the other field is %v", other.Kind)
			}
		})
	}
}

// An object is an object under each of the ids that were seen.
func TestSchemaTellsObjectsFromDefinitions(t *testing.T) {
	const object = `"type":"object","properties":{"a":{"type":"string"}}`
	for name, test := range map[string]struct {
		documents []gen.Schema
		want      string
	}{
		"an entity":                    {[]gen.Schema{documentOf("https://getclarify.ai/schemas/entities/person", `{`+object+`}`)}, "person"},
		"by its $id":                   {[]gen.Schema{documentOf("1", `{"$id":"https://getclarify.ai/schemas/entities/person",`+object+`}`)}, "person"},
		"by the id of the item":        {[]gen.Schema{documentOf("entities/person", `{`+object+`}`)}, "person"},
		"a namespace":                  {[]gen.Schema{documentOf("https://getclarify.ai/schemas/core/person", `{"xClarifyNamespace":"objects",`+object+`}`)}, "person"},
		"another namespace":            {[]gen.Schema{documentOf("https://getclarify.ai/schemas/other/person", `{"xClarifyNamespace":"core",`+object+`}`)}, "(person)"},
		"the older form":               {[]gen.Schema{documentOf("person", `{"$id":"https://api.clarify.ai/schemas/person",`+object+`}`)}, "person"},
		"a name alone":                 {[]gen.Schema{documentOf("person", `{`+object+`}`)}, "person"},
		"a definition":                 {[]gen.Schema{documentOf("https://getclarify.ai/schemas/core/personName", `{`+object+`}`)}, "(personName)"},
		"an id with an end":            {[]gen.Schema{documentOf("https://getclarify.ai/schemas/entities/c_a%20b/?v=1#", `{`+object+`}`)}, "c_a b"},
		"an entity without attributes": {[]gen.Schema{{ID: "https://getclarify.ai/schemas/entities/person"}}, "person {}"},
		"core first": {[]gen.Schema{
			documentOf("https://getclarify.ai/schemas/core/person", `{"xClarifyNamespace":"objects","type":"object"}`),
			documentOf("https://getclarify.ai/schemas/entities/person", `{`+object+`}`),
		}, "person"},
		"core second": {[]gen.Schema{
			documentOf("https://getclarify.ai/schemas/entities/person", `{`+object+`}`),
			documentOf("https://getclarify.ai/schemas/core/person", `{"xClarifyNamespace":"objects","type":"object"}`),
		}, "person"},
		"three times": {[]gen.Schema{
			{ID: "https://getclarify.ai/schemas/entities/person", AdditionalProperties: map[string]any{"attributes": "?"}},
			documentOf("https://getclarify.ai/schemas/entities/person", `{`+object+`}`),
			documentOf("https://getclarify.ai/schemas/entities/person", `{"type":"object"}`),
		}, "person"},
		"an entity that is based on core": {[]gen.Schema{
			documentOf("https://getclarify.ai/schemas/entities/person", `{"allOf":[{"$ref":"../core/person"},{"required":["a"]}]}`),
			documentOf("https://getclarify.ai/schemas/core/person", `{`+object+`}`),
		}, "person, (person)"},
	} {
		t.Run(name, func(t *testing.T) {
			schema := clarify.NewSchema(test.documents)
			var got []string
			for _, o := range schema.Objects() {
				name := o.Name
				if len(o.Fields) == 0 {
					name += " {}"
				} else if sketch(o.Fields[0]) != "text" && sketch(o.Fields[0]) != "text required" {
					t.Errorf("got %s", sketch(o.Fields[0]))
				}
				got = append(got, name)
			}
			for _, d := range schema.Definitions() {
				got = append(got, "("+d.Name+")")
			}
			if strings.Join(got, ", ") != test.want {
				t.Errorf("got %q", got)
			}
			if len(schema.Documents()) != len(test.documents) {
				t.Errorf("there are %d documents", len(schema.Documents()))
			}
		})
	}
}

// What cannot be read leaves the rest as it is.
func TestSchemaOfOddDocuments(t *testing.T) {
	deep := func(property string, inner any) any {
		for range 100_000 {
			inner = map[string]any{property: inner, "type": "object"}
		}
		return inner
	}
	round := map[string]any{}
	round["allOf"] = []any{round}
	good := document(`{"field":{"type":"string"}}`)
	for name, attributes := range map[string]any{
		"nothing":                   nil,
		"text":                      "person",
		"a list":                    []any{map[string]any{"properties": 1}},
		"properties that are text":  map[string]any{"properties": "name"},
		"properties that are lists": map[string]any{"properties": map[string]any{"a": []any{}, "b": nil, "c": 1, "": map[string]any{}}},
		"deep in all of":            map[string]any{"properties": map[string]any{"a": map[string]any{"allOf": []any{deep("not", nil)}}}},
		"deep items":                map[string]any{"properties": map[string]any{"a": deep("items", nil)}},
		"deep properties":           map[string]any{"properties": map[string]any{"a": deep("properties", map[string]any{})}},
		"a loop in Go":              map[string]any{"properties": map[string]any{"a": round}},
		"no JSON":                   map[string]any{"properties": map[string]any{"a": func() {}}},
	} {
		t.Run(name, func(t *testing.T) {
			odd := gen.Schema{ID: "https://getclarify.ai/schemas/entities/odd", AdditionalProperties: map[string]any{"attributes": attributes}}
			if members, ok := attributes.(map[string]any); ok {
				odd = gen.Schema{ID: odd.ID, Attributes: members}
			}
			schema := clarify.NewSchema([]gen.Schema{odd, good, {}})
			if o, ok := schema.Object("odd"); !ok || o.ID != odd.ID {
				t.Errorf("got %+v", schema.Objects())
			}
			o, _ := schema.Object("thing")
			if f, ok := o.Field("field"); !ok || f.Kind != clarify.KindText {
				t.Errorf("got %+v", o)
			}
		})
	}
}

// Definitions that refer to each other in every way do not take forever.
func TestSchemaOfDefinitionsThatGrow(t *testing.T) {
	var documents []gen.Schema
	for i := range 60 {
		next := fmt.Sprintf("https://getclarify.ai/schemas/core/d%d", i+1)
		documents = append(documents, documentOf(fmt.Sprintf("https://getclarify.ai/schemas/core/d%d", i),
			fmt.Sprintf(`{"allOf":[{"$ref":%q},{"$ref":%[1]q}],"properties":{"a":{"$ref":%[1]q},"b":{"$ref":%[1]q},"c":{"$ref":%[1]q}}}`, next)))
	}
	schema := clarify.NewSchema(append(documents, document(`{"field":{"$ref":"../core/d0"},"other":{"type":"string"}}`)))
	o, _ := schema.Object("thing")
	if f, ok := o.Field("field"); !ok || f.Kind != clarify.KindObject {
		t.Errorf("got %+v", f)
	}
	if f, ok := o.Field("other"); !ok || f.Kind != clarify.KindText {
		t.Errorf("got %+v", f)
	}
}

// The sandbox says the same of each object as the records that it takes.
func TestSchemaOfTheSandbox(t *testing.T) {
	client, _ := sandbox(t)
	schema, err := client.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for object, fields := range map[string]map[string]clarify.FieldKind{
		"person":  {"name": clarify.KindName, "email_addresses": clarify.KindCollection, "job_title": clarify.KindText, "company_id": clarify.KindToOne, "deals": clarify.KindToMany, "_id": clarify.KindID, "_created_at": clarify.KindDateTime},
		"company": {"name": clarify.KindText, "domains": clarify.KindCollection, "people": clarify.KindToMany},
		"deal":    {"name": clarify.KindText, "stage": clarify.KindSelect, "amount": clarify.KindNumber, "company_id": clarify.KindToOne},
		"meeting": {"participants": clarify.KindCollection, "people": clarify.KindToMany},
		"task":    {"description": clarify.KindRichText},
	} {
		o, ok := schema.Object(object)
		if !ok {
			t.Errorf("there is no %s", object)
			continue
		}
		for name, want := range fields {
			if f, ok := o.Field(name); !ok || f.Kind != want {
				t.Errorf("%s.%s is %+v", object, name, f)
			}
		}
	}
	person, _ := schema.Object("person")
	if f, _ := person.Field("email_addresses"); !f.Unique || f.Items == nil || f.Items.Format != "email" {
		t.Errorf("got %+v", f)
	}
	if f, _ := person.Field("company_id"); *f.Relationship != (clarify.FieldRelationship{Kind: gen.RelationshipKindManyToOne, Object: "company", Field: "people"}) {
		t.Errorf("got %+v", f.Relationship)
	}
	if person.Singular != "Person" || person.Plural != "People" || person.Custom {
		t.Errorf("got %+v", person)
	}
}

func TestFieldKindsAndTheirOperators(t *testing.T) {
	text := "Is, Is not, Contains, Does not contain, Starts with, Ends with, Is empty, Is not empty"
	numbers := "Is, Is not, Greater than, Greater than or equal, Less than, Less than or equal, Is empty, Is not empty"
	dates := "Is, Is not, Is before, Is on or before, Is after, Is on or after, Is empty, Is not empty"
	ids := "Is, Is not, Is empty, Is not empty"
	contains := "Contains, Does not contain"
	kinds := map[clarify.FieldKind]string{
		clarify.KindUnknown: "unknown: ", clarify.KindText: "text: " + text, clarify.KindNumber: "number: " + numbers,
		clarify.KindCheckbox: "checkbox: Is, Is not, Is set, Is not set", clarify.KindDate: "date: " + dates, clarify.KindDateTime: "date-time: " + dates,
		clarify.KindSelect:      "select: Is, Is not, One of, Not one of, Is empty, Is not empty",
		clarify.KindMultiSelect: "multi select: " + contains + ", Is empty, Is not empty", clarify.KindCollection: "collection: " + contains + ", Is empty, Is not empty",
		clarify.KindArray: "array: ", clarify.KindName: "name: ", clarify.KindRichText: "rich text: ", clarify.KindObject: "object: " + contains,
		clarify.KindID: "id: " + ids, clarify.KindToOne: "to-one relationship: " + ids, clarify.KindToMany: "to-many relationship: ",
		-1: "FieldKind(-1): ", 99: "FieldKind(99): ",
	}
	for kind, want := range kinds {
		var operators []string
		for _, op := range kind.Operators() {
			operators = append(operators, string(op))
		}
		if got := kind.String() + ": " + strings.Join(operators, ", "); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	// Nobody shares the list.
	clarify.KindObject.Operators()[0] = clarify.Is
	if got := clarify.KindObject.Operators()[0]; got != clarify.Contains {
		t.Errorf("got %v", got)
	}
}

func FuzzNewSchema(f *testing.F) {
	for _, name := range []string{"page1", "page2"} {
		b, err := os.ReadFile("testdata/schemas/" + name + ".json")
		if err != nil {
			f.Fatal(err)
		}
		var page struct{ Data json.RawMessage }
		if err := json.Unmarshal(b, &page); err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(page.Data))
	}
	f.Add([]byte(`[{"id":"a/entities/b","attributes":{"$id":7,"properties":{"":{"$ref":"#/properties/"},"x":{"oneOf":[null,{"$ref":"#"}]}}}}]`))
	f.Add([]byte(`[{"id":"core/b","attributes":{"allOf":[{"$ref":"b"},{"$ref":"%2"}],"enum":[1,[],{}],"xClarifyRelationship":{"entity":"/"}}}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var items []map[string]any
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		if d.Decode(&items) != nil {
			t.Skip()
		}
		var documents []gen.Schema
		for _, item := range items {
			id, _ := item["id"].(string)
			document := gen.Schema{ID: id, AdditionalProperties: map[string]any{"attributes": item["attributes"]}}
			if attributes, ok := item["attributes"].(map[string]any); ok {
				document = gen.Schema{ID: id, Attributes: attributes}
			}
			documents = append(documents, document)
		}
		schema := clarify.NewSchema(documents)
		if len(schema.Documents()) != len(documents) {
			t.Errorf("%d of %d documents are there", len(schema.Documents()), len(documents))
		}
		raws := map[string]bool{}
		for _, document := range documents {
			attributes := any(map[string]any(document.Attributes))
			if document.Attributes == nil {
				attributes = document.AdditionalProperties["attributes"]
			}
			raws[compact(t, mustJSON(t, attributes))] = true
		}
		for _, o := range schema.Objects() {
			if found, ok := schema.Object(o.Name); !ok || found != o {
				t.Errorf("the object %q is not found", o.Name)
			}
			if raw := o.Raw; raw != nil && !raws[compact(t, raw)] {
				t.Errorf("%s was not sent", o.Raw)
			}
			for i, f := range o.Fields {
				if i > 0 && o.Fields[i-1].Name == f.Name {
					t.Errorf("the field %q is there twice", f.Name)
				}
				checkField(t, f)
			}
		}
		for _, d := range schema.Definitions() {
			checkField(t, d)
		}
	})
}

// checkField checks what holds for every field.
func checkField(t *testing.T, f *clarify.FieldSchema) {
	t.Helper()
	if !json.Valid(f.Raw) && f.Raw != nil {
		t.Errorf("the field %q has %q", f.Name, f.Raw)
	}
	if strings.HasPrefix(f.Kind.String(), "FieldKind") || (f.Kind == clarify.KindToOne || f.Kind == clarify.KindToMany) && f.Relationship == nil {
		t.Errorf("the field %q is of the kind %v", f.Name, f.Kind)
	}
	for _, o := range f.Options {
		if _, ok := f.Option(o.Value); !ok {
			t.Errorf("the field %q has no option %q", f.Name, o.Value)
		}
	}
	if f.Items != nil {
		checkField(t, f.Items)
	}
	for _, m := range f.Members {
		checkField(t, m)
	}
}

// compact returns JSON with its members in order and without space.
func compact(t *testing.T, raw []byte) string {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return string(mustJSON(t, v))
}
