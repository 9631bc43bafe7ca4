package clarify

import (
	"encoding/json"
	"time"

	"github.com/clarify-go/clarify/gen"
)

// Fields are fields of a record by name, for an update of exactly these. A nil
// value sends null, which clears a field.
type Fields map[string]any

// Person holds the attributes of a person. The schemas of a workspace say which fields
// a person has. Like the other built-in types, this one has the fields that the live
// API was seen to send, which docs/live-api.md lists.
//
// A field with its zero value is left out of the JSON, so an update sends what is set.
// Extra holds, by name, everything that the fields cannot express: custom fields, null,
// and values of another form, such as phone numbers that are objects. What was decoded
// encodes to the same JSON. A field that is set takes precedence over Extra.
//
// To send what a field cannot express, put it into Extra, or update with [Fields].
// Both of these clear a field or uncheck a checkbox:
//
//	clarify.Meeting{Extra: clarify.Fields{"all_day": false}}
//	clarify.Fields{"all_day": false, "title": nil}
//
// For custom fields as Go fields, define a struct with json tags. It can use [Name],
// [Collection], [Participant] and [Date]. Do not embed a Person: the embedding type
// would be encoded like a Person, without its own fields.
type Person struct {
	System

	Name           Name       // "name"
	EmailAddresses Collection // "email_addresses", unique
	PhoneNumbers   Collection // "phone_numbers"
	JobTitle       string     // "job_title"
	AvatarURL      string     // "avatar_url"
	CompanyID      string     // "company_id"
	Description    string     // "description"
	Labels         Collection // "labels"

	// Extra holds the other attributes. Numbers are json.Number.
	Extra Fields
}

// Company holds the attributes of a company, as [Person] does of a person.
type Company struct {
	System

	Name          string      // "name"
	Domains       Collection  // "domains", unique
	Industry      string      // "industry"
	EmployeeCount json.Number // "employee_count"
	Description   string      // "description"
	Labels        Collection  // "labels"

	// Extra holds the other attributes. Numbers are json.Number.
	Extra Fields
}

// Deal holds the attributes of a deal, as [Person] does of a person.
type Deal struct {
	System

	Name        string      // "name", unique
	Description string      // "description", a plain string
	Stage       string      // "stage", a select: its case matters
	Amount      json.Number // "amount", up to twelve digits before the point and four after it
	CloseDate   Date        // "close_date"
	OwnerID     string      // "owner_id", the id of a user
	CompanyID   string      // "company_id"
	Summary     string      // "summary"
	Labels      Collection  // "labels"

	// Extra holds the other attributes. Numbers are json.Number.
	Extra Fields
}

// Meeting holds the attributes of a meeting, as [Person] does of a person.
//
// A meeting that a calendar synced cannot be changed. One that was created through
// the API can be, if its EventID begins with adhoc-.
type Meeting struct {
	System

	Title        string        // "title"
	Start        time.Time     // "start", sent in UTC and to the millisecond
	End          time.Time     // "end", likewise
	AllDay       bool          // "all_day"
	Visibility   string        // "visibility", such as default
	EventID      string        // "event_id", the calendar's
	ICalUID      string        // "ical_uid"
	Participants []Participant // "participants"; an empty list clears them

	// Extra holds the other attributes. Numbers are json.Number.
	Extra Fields
}

// Task holds the attributes of a task, as [Person] does of a person.
type Task struct {
	System

	Title       string              // "title", which a new task must have
	Description []gen.RichTextBlock // "description", rich text; see [Text] and [PlainText]
	Status      string              // "status", a select: To Do, In Progress, Done or Canceled
	Priority    string              // "priority", a select: Urgent, High, Medium or Low
	DueDate     Date                // "due_date"
	AssigneeID  string              // "assignee_id", the id of a user
	PersonID    string              // "person_id"
	CompanyID   string              // "company_id"
	DealID      string              // "deal_id"
	MeetingID   string              // "meeting_id"

	// Extra holds the other attributes. Numbers are json.Number.
	Extra Fields
}

// MarshalJSON encodes the attributes.
func (p Person) MarshalJSON() ([]byte, error) { return MarshalAttributes(&p) }

// UnmarshalJSON decodes the attributes.
func (p *Person) UnmarshalJSON(b []byte) error { return UnmarshalAttributes(b, p) }

// AttributeAt returns a field for decoding and encoding. See [TypedAttributes].
func (p *Person) AttributeAt(i int) Attribute {
	switch i {
	case 0:
		return NameAttribute("name", &p.Name)
	case 1:
		return ItemsAttribute("email_addresses", &p.EmailAddresses)
	case 2:
		return ItemsAttribute("phone_numbers", &p.PhoneNumbers)
	case 3:
		return TextAttribute("job_title", &p.JobTitle)
	case 4:
		return TextAttribute("avatar_url", &p.AvatarURL)
	case 5:
		return TextAttribute("company_id", &p.CompanyID)
	case 6:
		return TextAttribute("description", &p.Description)
	case 7:
		return ItemsAttribute("labels", &p.Labels)
	}
	return ExtraAttributes(&p.Extra)
}

// MarshalJSON encodes the attributes.
func (c Company) MarshalJSON() ([]byte, error) { return MarshalAttributes(&c) }

// UnmarshalJSON decodes the attributes.
func (c *Company) UnmarshalJSON(b []byte) error { return UnmarshalAttributes(b, c) }

// AttributeAt returns a field for decoding and encoding. See [TypedAttributes].
func (c *Company) AttributeAt(i int) Attribute {
	switch i {
	case 0:
		return TextAttribute("name", &c.Name)
	case 1:
		return ItemsAttribute("domains", &c.Domains)
	case 2:
		return TextAttribute("industry", &c.Industry)
	case 3:
		return NumberAttribute("employee_count", &c.EmployeeCount)
	case 4:
		return TextAttribute("description", &c.Description)
	case 5:
		return ItemsAttribute("labels", &c.Labels)
	}
	return ExtraAttributes(&c.Extra)
}

// MarshalJSON encodes the attributes.
func (d Deal) MarshalJSON() ([]byte, error) { return MarshalAttributes(&d) }

// UnmarshalJSON decodes the attributes.
func (d *Deal) UnmarshalJSON(b []byte) error { return UnmarshalAttributes(b, d) }

// AttributeAt returns a field for decoding and encoding. See [TypedAttributes].
func (d *Deal) AttributeAt(i int) Attribute {
	switch i {
	case 0:
		return TextAttribute("name", &d.Name)
	case 1:
		return TextAttribute("description", &d.Description)
	case 2:
		return TextAttribute("stage", &d.Stage)
	case 3:
		return NumberAttribute("amount", &d.Amount)
	case 4:
		return DateAttribute("close_date", &d.CloseDate)
	case 5:
		return TextAttribute("owner_id", &d.OwnerID)
	case 6:
		return TextAttribute("company_id", &d.CompanyID)
	case 7:
		return TextAttribute("summary", &d.Summary)
	case 8:
		return ItemsAttribute("labels", &d.Labels)
	}
	return ExtraAttributes(&d.Extra)
}

// MarshalJSON encodes the attributes.
func (m Meeting) MarshalJSON() ([]byte, error) { return MarshalAttributes(&m) }

// UnmarshalJSON decodes the attributes.
func (m *Meeting) UnmarshalJSON(b []byte) error { return UnmarshalAttributes(b, m) }

// AttributeAt returns a field for decoding and encoding. See [TypedAttributes].
func (m *Meeting) AttributeAt(i int) Attribute {
	switch i {
	case 0:
		return TextAttribute("title", &m.Title)
	case 1:
		return TimeAttribute("start", &m.Start)
	case 2:
		return TimeAttribute("end", &m.End)
	case 3:
		return boolAttribute("all_day", &m.AllDay)
	case 4:
		return TextAttribute("visibility", &m.Visibility)
	case 5:
		return TextAttribute("event_id", &m.EventID)
	case 6:
		return TextAttribute("ical_uid", &m.ICalUID)
	case 7:
		return ParticipantsAttribute("participants", &m.Participants)
	}
	return ExtraAttributes(&m.Extra)
}

// MarshalJSON encodes the attributes.
func (t Task) MarshalJSON() ([]byte, error) { return MarshalAttributes(&t) }

// UnmarshalJSON decodes the attributes.
func (t *Task) UnmarshalJSON(b []byte) error { return UnmarshalAttributes(b, t) }

// AttributeAt returns a field for decoding and encoding. See [TypedAttributes].
func (t *Task) AttributeAt(i int) Attribute {
	switch i {
	case 0:
		return TextAttribute("title", &t.Title)
	case 1:
		return RichTextAttribute("description", &t.Description)
	case 2:
		return TextAttribute("status", &t.Status)
	case 3:
		return TextAttribute("priority", &t.Priority)
	case 4:
		return DateAttribute("due_date", &t.DueDate)
	case 5:
		return TextAttribute("assignee_id", &t.AssigneeID)
	case 6:
		return TextAttribute("person_id", &t.PersonID)
	case 7:
		return TextAttribute("company_id", &t.CompanyID)
	case 8:
		return TextAttribute("deal_id", &t.DealID)
	case 9:
		return TextAttribute("meeting_id", &t.MeetingID)
	}
	return ExtraAttributes(&t.Extra)
}
