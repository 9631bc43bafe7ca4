package clarifytest

import (
	"encoding/json"
	"maps"
	"strconv"
	"sync"
)

// standardObjects are those that every workspace has, in the order in which
// they are listed. Their fields are the ones that the vendor's examples show,
// and between each two of them there is one relationship.
var standardObjects = []struct {
	name, plural, title, titles string
	properties                  []property
}{
	{"person", "people", "Person", "People", []property{
		{"name", nameOfPerson("Name")},
		{"email_addresses", unique(collectionField("Email addresses", formatEmail))},
		{"phone_numbers", collectionField("Phone numbers", "")},
		{"job_title", textField("Job title")},
		{"avatar_url", textField("Picture")},
		{"labels", collectionField("Labels", "")},
		{"company_id", linkField("Company", manyToOne, "company", "people")},
		{"deals", linkField("Deals", manyToMany, "deal", "people")},
		{"meetings", linkField("Meetings", manyToMany, "meeting", "people")},
		{"tasks", linkField("Tasks", manyToMany, "task", "people")},
	}},
	{"company", "companies", "Company", "Companies", []property{
		{"name", textField("Name")},
		{"domains", unique(collectionField("Domains", formatHostname))},
		{"labels", collectionField("Labels", "")},
		{"people", linkField("People", oneToMany, "person", "company_id")},
		{"deals", linkField("Deals", oneToMany, "deal", "company_id")},
		{"meetings", linkField("Meetings", manyToMany, "meeting", "companies")},
		{"tasks", linkField("Tasks", manyToMany, "task", "companies")},
	}},
	{"deal", "deals", "Deal", "Deals", []property{
		{"name", unique(textField("Name"))},
		{"amount", jsonSchema{"type": nullable("number"), "title": "Amount"}},
		{"stage", jsonSchema{"type": nullable("string"), "title": "Stage", keyEnumMetadata: map[string]any{}}},
		{"assignee_id", textField("Assignee")},
		{"labels", collectionField("Labels", "")},
		{"company_id", linkField("Company", manyToOne, "company", "deals")},
		{"people", linkField("People", manyToMany, "person", "deals")},
		{"meetings", linkField("Meetings", manyToMany, "meeting", "deals")},
		{"tasks", linkField("Tasks", manyToMany, "task", "deals")},
	}},
	{"meeting", "meetings", "Meeting", "Meetings", []property{
		{"participants", collectionField("Participants", "")},
		{"labels", collectionField("Labels", "")},
		{"people", linkField("People", manyToMany, "person", "meetings")},
		{"companies", linkField("Companies", manyToMany, "company", "meetings")},
		{"deals", linkField("Deals", manyToMany, "deal", "meetings")},
		{"tasks", linkField("Tasks", manyToMany, "task", "meetings")},
	}},
	{"task", "tasks", "Task", "Tasks", []property{
		{"description", richTextField("Description")},
		{"assignee_id", textField("Assignee")},
		{"labels", collectionField("Labels", "")},
		{"people", linkField("People", manyToMany, "person", "tasks")},
		{"companies", linkField("Companies", manyToMany, "company", "tasks")},
		{"deals", linkField("Deals", manyToMany, "deal", "tasks")},
		{"meetings", linkField("Meetings", manyToMany, "meeting", "tasks")},
	}},
}

// systemProperties are the fields that every record has and that nobody can
// set, in the order in which records have them.
var systemProperties = []property{
	{"_id", jsonSchema{"type": "string", "title": "ID", "readOnly": true}},
	{"_created_at", jsonSchema{"type": "string", "format": formatDateTime, "title": "Created at", "readOnly": true}},
	{"_updated_at", jsonSchema{"type": "string", "format": formatDateTime, "title": "Updated at", "readOnly": true}},
	{"_created_by", jsonSchema{"type": "string", "title": "Created by", "readOnly": true}},
	{"_updated_by", jsonSchema{"type": "string", "title": "Updated by", "readOnly": true}},
}

// systemFields are the names of those.
var systemFields = []string{"_id", "_created_at", "_updated_at", "_created_by", "_updated_by"}

// holdsID are the fields whose texts are ids, which a schema does not say
// unless they refer to records: those of users, and the record's own.
var holdsID = map[string]bool{"_id": true, "_created_by": true, "_updated_by": true, "assignee_id": true}

// property is a field in a schema.
type property struct {
	name   string
	schema jsonSchema
}

// jsonSchema is a JSON Schema as it is decoded from JSON. It is never changed.
type jsonSchema = map[string]any

// standardSchemas are what a workspace has at first.
var standardSchemas = sync.OnceValue(func() *schemas {
	var objects []*objectSpec
	for _, o := range standardObjects {
		document := objectDocument(o.name, jsonSchema{"title": o.title, keyPlural: o.titles})
		fields := systemFieldSpecs()
		for i, p := range o.properties {
			fields[p.name] = newField(p.name, ranked(p.schema, i+1))
		}
		objects = append(objects, newObject(o.name, o.plural, document, fields))
	}
	return newSchemas(objects)
})

func systemFieldSpecs() map[string]*fieldSpec {
	fields := map[string]*fieldSpec{}
	for _, p := range systemProperties {
		fields[p.name] = newField(p.name, p.schema)
	}
	return fields
}

// objectDocument is the JSON Schema of an object, without its properties.
func objectDocument(name string, members jsonSchema) jsonSchema {
	document := maps.Clone(members)
	document["$id"] = "https://api.clarify.ai/schemas/" + name
	document["type"] = "object"
	return document
}

// ranked gives a field its place among the others.
func ranked(schema jsonSchema, rank int) jsonSchema {
	presentation, _ := schema[keyPresentation].(map[string]any)
	return with(schema, keyPresentation, with(presentation, "rank", wholeNumber(rank)))
}

// wholeNumber is a number as it is decoded from JSON.
func wholeNumber(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// with returns a copy of an object with another value for a member.
func with(object map[string]any, member string, value any) map[string]any {
	changed := maps.Clone(object)
	if changed == nil {
		changed = map[string]any{}
	}
	changed[member] = value
	return changed
}

func nullable(kind string) []any { return []any{kind, "null"} }

func textField(title string) jsonSchema {
	return jsonSchema{"type": nullable("string"), "title": title}
}

func collectionField(title, format string) jsonSchema {
	items := jsonSchema{"type": "array"}
	if format != "" {
		items["items"] = jsonSchema{"type": "string", "format": format}
	}
	return jsonSchema{"type": nullable("object"), "title": title, "properties": jsonSchema{"items": items}}
}

func nameOfPerson(title string) jsonSchema {
	return jsonSchema{"type": nullable("object"), "title": title, "properties": jsonSchema{
		"first_name": jsonSchema{"type": nullable("string")},
		"last_name":  jsonSchema{"type": nullable("string")},
		"full_name":  jsonSchema{"type": "string", "readOnly": true},
	}}
}

func richTextField(title string) jsonSchema {
	return jsonSchema{"type": nullable("object"), "title": title, "properties": jsonSchema{
		"text": jsonSchema{"type": "array", "items": jsonSchema{"type": "object"}},
	}}
}

func linkField(title, kind, object, field string) jsonSchema {
	schema := jsonSchema{"title": title, keyRelationship: jsonSchema{"kind": kind, "entity": object, "field": field}}
	if kind == manyToOne {
		schema["type"] = nullable("string")
	} else {
		schema["oneOf"] = []any{jsonSchema{"type": "array", "items": jsonSchema{"type": "string"}}}
	}
	return schema
}

func unique(schema jsonSchema) jsonSchema { return with(schema, keyUnique, true) }
