package clarify

import (
	"encoding/json"
	"time"

	"github.com/clarify-go/clarify/gen"
)

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
func (p Person) MarshalJSON() ([]byte, error) { return encodeObject(&p) }

// UnmarshalJSON decodes the attributes.
func (p *Person) UnmarshalJSON(b []byte) error { return decodeObject(b, p) }

func (p *Person) visit(v visitor) {
	v.extra(&p.Extra)
	p.System.visit(v)
	v.field("name", (*nameField)(&p.Name))
	v.field("email_addresses", (*collectionField)(&p.EmailAddresses))
	v.field("phone_numbers", (*collectionField)(&p.PhoneNumbers))
	v.field("job_title", (*stringField)(&p.JobTitle))
	v.field("avatar_url", (*stringField)(&p.AvatarURL))
	v.field("company_id", (*stringField)(&p.CompanyID))
	v.field("description", (*stringField)(&p.Description))
	v.field("labels", (*collectionField)(&p.Labels))
}

// MarshalJSON encodes the attributes.
func (c Company) MarshalJSON() ([]byte, error) { return encodeObject(&c) }

// UnmarshalJSON decodes the attributes.
func (c *Company) UnmarshalJSON(b []byte) error { return decodeObject(b, c) }

func (c *Company) visit(v visitor) {
	v.extra(&c.Extra)
	c.System.visit(v)
	v.field("name", (*stringField)(&c.Name))
	v.field("domains", (*collectionField)(&c.Domains))
	v.field("industry", (*stringField)(&c.Industry))
	v.field("employee_count", (*numberField)(&c.EmployeeCount))
	v.field("description", (*stringField)(&c.Description))
	v.field("labels", (*collectionField)(&c.Labels))
}

// MarshalJSON encodes the attributes.
func (d Deal) MarshalJSON() ([]byte, error) { return encodeObject(&d) }

// UnmarshalJSON decodes the attributes.
func (d *Deal) UnmarshalJSON(b []byte) error { return decodeObject(b, d) }

func (d *Deal) visit(v visitor) {
	v.extra(&d.Extra)
	d.System.visit(v)
	v.field("name", (*stringField)(&d.Name))
	v.field("description", (*stringField)(&d.Description))
	v.field("stage", (*stringField)(&d.Stage))
	v.field("amount", (*numberField)(&d.Amount))
	v.field("close_date", (*dateField)(&d.CloseDate))
	v.field("owner_id", (*stringField)(&d.OwnerID))
	v.field("company_id", (*stringField)(&d.CompanyID))
	v.field("summary", (*stringField)(&d.Summary))
	v.field("labels", (*collectionField)(&d.Labels))
}

// MarshalJSON encodes the attributes.
func (m Meeting) MarshalJSON() ([]byte, error) { return encodeObject(&m) }

// UnmarshalJSON decodes the attributes.
func (m *Meeting) UnmarshalJSON(b []byte) error { return decodeObject(b, m) }

func (m *Meeting) visit(v visitor) {
	v.extra(&m.Extra)
	m.System.visit(v)
	v.field("title", (*stringField)(&m.Title))
	v.field("start", (*timeField)(&m.Start))
	v.field("end", (*timeField)(&m.End))
	v.field("all_day", (*boolField)(&m.AllDay))
	v.field("visibility", (*stringField)(&m.Visibility))
	v.field("event_id", (*stringField)(&m.EventID))
	v.field("ical_uid", (*stringField)(&m.ICalUID))
	v.field("participants", (*participantsField)(&m.Participants))
}

// MarshalJSON encodes the attributes.
func (t Task) MarshalJSON() ([]byte, error) { return encodeObject(&t) }

// UnmarshalJSON decodes the attributes.
func (t *Task) UnmarshalJSON(b []byte) error { return decodeObject(b, t) }

func (t *Task) visit(v visitor) {
	v.extra(&t.Extra)
	t.System.visit(v)
	v.field("title", (*stringField)(&t.Title))
	v.field("description", (*richTextField)(&t.Description))
	v.field("status", (*stringField)(&t.Status))
	v.field("priority", (*stringField)(&t.Priority))
	v.field("due_date", (*dateField)(&t.DueDate))
	v.field("assignee_id", (*stringField)(&t.AssigneeID))
	v.field("person_id", (*stringField)(&t.PersonID))
	v.field("company_id", (*stringField)(&t.CompanyID))
	v.field("deal_id", (*stringField)(&t.DealID))
	v.field("meeting_id", (*stringField)(&t.MeetingID))
}
