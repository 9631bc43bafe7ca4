package schema

import (
	"strings"
	"sync"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// standardObjects are those that every workspace has, in the order in which
// they are listed, with the fields of docs/live-api.md, D1 and "The built-in
// objects". The stages of a deal, the labels of meetings and tasks and the
// relationships that are not named there are assumed.
var standardObjects = []struct {
	name, plural, title, titles string
	required                    []any
	properties                  []property
}{
	{"person", "people", "Person", "People", nil, []property{
		{"name", primary(nameOfPerson("Name"))},
		{"email_addresses", unique(collectionField("Email addresses", formatEmail))},
		{"phone_numbers", collectionField("Phone numbers", "")},
		{"job_title", textField("Job title")},
		{"avatar_url", textField("Picture")},
		{"description", textField("Description")},
		{"labels", collectionField("Labels", "")},
		{"company_id", linkField("Company", ManyToOne, "company", "people")},
		{"deals", linkField("Deals", ManyToMany, "deal", "people")},
		{"meetings", linkField("Meetings", ManyToMany, "meeting", "people")},
		{"tasks", linkField("Tasks", OneToMany, "task", "person_id")},
	}},
	{"company", "companies", "Company", "Companies", nil, []property{
		{"name", primary(textField("Name"))},
		{"domains", unique(collectionField("Domains", formatHostname))},
		{"industry", textField("Industry")},
		{"employee_count", numberField("Employees")},
		{"description", textField("Description")},
		{"labels", collectionField("Labels", "")},
		{"people", linkField("People", OneToMany, "person", "company_id")},
		{"deals", linkField("Deals", OneToMany, "deal", "company_id")},
		{"meetings", linkField("Meetings", ManyToMany, "meeting", "companies")},
		{"tasks", linkField("Tasks", OneToMany, "task", "company_id")},
	}},
	{"deal", "deals", "Deal", "Deals", nil, []property{
		{"name", primary(unique(textField("Name")))},
		{"description", textField("Description")},
		{"stage", selectField("Stage", "Lead", "neutral", "Qualified", "sky", "Proposal", "amber", "Won", "green", "Lost", "red")},
		{"amount", numberField("Amount")},
		{"close_date", withFormat(textField("Close date"), formatDate)},
		{"owner_id", textField("Owner")},
		{"summary", textField("Summary")},
		{"labels", collectionField("Labels", "")},
		{"next_task_id", textField("Next task")},
		{"logo_url", textField("Logo")},
		{"profile_colors", colorsField("Colors")},
		{MergedIDs, JSON{"type": nullable("array"), "items": JSON{"type": "string"}, "title": "Merged", keyReadOnly: true}},
		{"company_id", linkField("Company", ManyToOne, "company", "deals")},
		{"people", linkField("People", ManyToMany, "person", "deals")},
		{"meetings", linkField("Meetings", ManyToMany, "meeting", "deals")},
		{"tasks", linkField("Tasks", OneToMany, "task", "deal_id")},
	}},
	{"meeting", "meetings", "Meeting", "Meetings", nil, []property{
		{"title", primary(textField("Title"))},
		{"start", withFormat(textField("Start"), formatDateTime)},
		{"end", withFormat(textField("End"), formatDateTime)},
		{"all_day", JSON{"type": nullable("boolean"), "title": "All day"}},
		{"visibility", textField("Visibility")},
		{"event_id", textField("Event")},
		{"ical_uid", textField("iCalendar UID")},
		{"participants", participantsField("Participants")},
		{"notes", values.With(richTextField("Notes"), keyReadOnly, true)},
		{"labels", collectionField("Labels", "")},
		{"people", linkField("People", ManyToMany, "person", "meetings")},
		{"companies", linkField("Companies", ManyToMany, "company", "meetings")},
		{"deals", linkField("Deals", ManyToMany, "deal", "meetings")},
		{"tasks", linkField("Tasks", OneToMany, "task", "meeting_id")},
	}},
	{"task", "tasks", "Task", "Tasks", []any{"title"}, []property{
		{"title", primary(JSON{"type": "string", "title": "Title"})},
		{"description", richTextField("Description")},
		{"status", selectField("Status", "To Do", "neutral", "In Progress", "amber", "Done", "green", "Canceled", "red")},
		{"priority", selectField("Priority", "Urgent", "red", "High", "orange", "Medium", "amber", "Low", "neutral")},
		{"due_date", withFormat(textField("Due date"), formatDate)},
		{"assignee_id", textField("Assignee")},
		{"labels", collectionField("Labels", "")},
		{"person_id", linkField("Person", ManyToOne, "person", "tasks")},
		{"company_id", linkField("Company", ManyToOne, "company", "tasks")},
		{"deal_id", linkField("Deal", ManyToOne, "deal", "tasks")},
		{"meeting_id", linkField("Meeting", ManyToOne, "meeting", "tasks")},
	}},
}

// systemProperties are the fields that every record has and that nobody can
// set, in the order in which records have them.
var systemProperties = []property{
	{"_id", JSON{"type": "string", "title": "ID", keyReadOnly: true}},
	{"_created_at", JSON{"type": "string", "format": formatDateTime, "title": "Created at", keyReadOnly: true}},
	{"_updated_at", JSON{"type": "string", "format": formatDateTime, "title": "Updated at", keyReadOnly: true}},
	{"_created_by", JSON{"type": "string", "title": "Created by", keyReadOnly: true}},
	{"_updated_by", JSON{"type": "string", "title": "Updated by", keyReadOnly: true}},
}

// MergedIDs is the system field of deals that has the ids of those that were
// merged into one.
const MergedIDs = "_merged_ids"

// SystemFields are the names of those.
var SystemFields = []string{"_id", "_created_at", "_updated_at", "_created_by", "_updated_by"}

// holdsID are the fields whose strings are ids, which a schema does not say
// unless they refer to records: those of users, and the record's own.
var holdsID = map[string]bool{
	"_id": true, "_created_by": true, "_updated_by": true, "assignee_id": true, "owner_id": true, "next_task_id": true,
}

// AdHocPrefix is what the event_id of a meeting begins with that no calendar has:
// docs/live-api.md, "The built-in objects".
const AdHocPrefix = "adhoc-"

// property is a field in a schema.
type property struct {
	name   string
	schema JSON
}

// JSON is a JSON Schema as it is decoded from JSON. It is never changed.
type JSON = map[string]any

// Standard are what a workspace has at first.
var Standard = sync.OnceValue(func() *Set {
	var objects []*Object
	for _, o := range standardObjects {
		members := JSON{"title": o.title, keyLabel: labels(o.title, o.titles)}
		if o.required != nil {
			members[keyRequired] = o.required
		}
		document := objectDocument(o.name, members)
		fields := systemFieldsOf()
		rank := 0
		for _, p := range o.properties {
			if strings.HasPrefix(p.name, "_") {
				fields[p.name] = newField(p.name, p.schema)
				continue
			}
			rank++
			fields[p.name] = newField(p.name, ranked(p.schema, rank))
		}
		objects = append(objects, newObject(o.name, o.plural, document, fields))
	}
	return NewSet(Rules{}, objects)
})

func systemFieldsOf() map[string]*Field {
	fields := map[string]*Field{}
	for _, p := range systemProperties {
		fields[p.name] = newField(p.name, p.schema)
	}
	return fields
}
