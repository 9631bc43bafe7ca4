package doctor

import "github.com/clarify-go/clarify"

// builtIn are the fields of the built-in objects that were seen: live-api.md, "The
// built-in objects".
var builtIn = map[string]map[string]clarify.FieldKind{
	"person": {
		"name": clarify.KindName, "email_addresses": clarify.KindCollection, "phone_numbers": clarify.KindCollection, "job_title": clarify.KindText,
		"avatar_url": clarify.KindText, "company_id": clarify.KindToOne, "description": clarify.KindText, "labels": clarify.KindCollection,
	},
	"company": {
		"name": clarify.KindText, "domains": clarify.KindCollection, "industry": clarify.KindText, "employee_count": clarify.KindNumber,
		"description": clarify.KindText, "labels": clarify.KindCollection,
	},
	"deal": {
		"name": clarify.KindText, "description": clarify.KindText, "stage": clarify.KindSelect, "amount": clarify.KindNumber, "close_date": clarify.KindDate,
		"owner_id": clarify.KindText, "company_id": clarify.KindToOne, "summary": clarify.KindText, "labels": clarify.KindCollection,
	},
	"task": {
		"title": clarify.KindText, "description": clarify.KindRichText, "status": clarify.KindSelect, "priority": clarify.KindSelect, "due_date": clarify.KindDate,
		"assignee_id": clarify.KindText, "person_id": clarify.KindToOne, "company_id": clarify.KindToOne, "deal_id": clarify.KindToOne, "meeting_id": clarify.KindToOne,
	},
	"meeting": {
		"title": clarify.KindText, "start": clarify.KindDateTime, "end": clarify.KindDateTime, "all_day": clarify.KindCheckbox, "visibility": clarify.KindText,
		"event_id": clarify.KindText, "ical_uid": clarify.KindText, "participants": clarify.KindCollection,
	},
}

// otherNames are names of fields, members and objects that every workspace may
// have, besides those of builtIn.
var otherNames = []string{
	"next_task_id", "logo_url", "profile_colors", "primary", "secondary", "tertiary", "_merged_ids",
	"_id", "_created_at", "_updated_at", "_deleted_at", "_created_by", "_updated_by",
	"first_name", "last_name", "full_name", "items", "text", "email", "phone_number", "status", "organizer",
	"people", "companies", "deals", "tasks", "meetings", "notes",
	"meeting_recording", "user", "list", "message",
}

// gone are fields of older pages that no longer exist.
var gone = map[string][]string{
	"person": {"title", "company_name"},
	"deal":   {"assignee_id"},
}

// builtInNames are the names that a report shows.
func builtInNames() []string {
	names := append([]string{}, otherNames...)
	for object, fields := range builtIn {
		names = append(names, object)
		for field := range fields {
			names = append(names, field)
		}
	}
	return names
}

// keywords are those of schemas that were seen (live-api.md, S4), and those of JSON
// Schema.
var keywords = []string{
	"$schema", "$id", "$ref", "$defs", "$comment", "type", "title", "description", "enum", "const", "default", "examples", "format",
	"properties", "required", "additionalProperties", "patternProperties", "items", "prefixItems", "oneOf", "anyOf", "allOf", "not",
	"minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
	"minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "readOnly", "writeOnly", "deprecated", "unique",
	"xClarifyNamespace", "xClarifyLabel", "xClarifyEnumMetadata", "xClarifyUnique", "xClarifyPrimary", "xClarifyPresentation",
	"xClarifyRelationship", "xClarifyAIField",
}
