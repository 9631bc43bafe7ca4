package clarify_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

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
		"alternatives of a format":    {`{"oneOf":[{"type":"string","format":"date"},{"type":["string","null"],"format":"date"}]}`, "date date null"},
		"alternatives of two formats": {`{"oneOf":[{"type":"string","format":"date"},{"type":"string","format":"date-time"}]}`, "unknown"},
		"alternatives that are objects": {`{"oneOf":[{"type":"object","properties":{"a":{"type":"string"}}},{"type":"object","properties":{"a":{},"b":{"type":"boolean"}}}]}`,
			"object {a: text, b: checkbox}"},
		"no alternative but null":     {`{"oneOf":[{"type":"null"}]}`, "unknown null"},
		"types that are no names":     {`{"type":["string",7,null]}`, "text"},
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
		"a pointer beyond a list":     {`{"$ref":"` + base + `core/parts#/$defs/list/1"}`, "unknown $1"},
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
			if !ok {
				t.Fatalf("got %+v", o)
			}
			if len(o.Fields) != 2 {
				t.Fatalf("len(o.Fields) is %v, want %v", len(o.Fields), 2)
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
