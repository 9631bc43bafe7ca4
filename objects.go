package clarify

import (
	"encoding/json"
	"time"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/jsonscan"
)

// Person holds the attributes of a person. Which fields a workspace has is said
// by its schemas; this type and its siblings have those that were seen of the
// live API, which docs/live-api.md lists.
//
// A field with its zero value is left out in JSON, so that an update sends what
// is set. Everything that the fields cannot express is in Extra, by name: fields
// of the workspace's own, null, and values of another form, such as phone numbers
// that are objects. What was decoded encodes to the same again. Where a field is
// set, what Extra holds under its name does not count.
//
// To send what a field cannot express, put it into Extra, or update with [Fields].
// Both clear a field and uncheck a checkbox:
//
//	clarify.Meeting{Extra: clarify.Fields{"all_day": false}}
//	clarify.Fields{"all_day": false, "title": nil}
//
// To have fields of the workspace's own as Go fields, write a struct with json
// tags, for which [Name], [Collection], [Participant] and [Date] are of use.
// Embedding a Person does not do: the embedding type would be encoded as a Person
// is.
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
// A meeting that a calendar synced cannot be changed. One that was made through
// the API can, if its EventID begins with adhoc-.
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
func (p Person) MarshalJSON() ([]byte, error) { return encodeFields(p.Extra, p.exchange) }

// UnmarshalJSON decodes the attributes.
func (p *Person) UnmarshalJSON(b []byte) error { return decodeFields(b, p, &p.Extra, p.exchange) }

func (p *Person) read(s *jsonscan.Scanner) { readFields(s, &p.Extra, p.exchange) }

func (p *Person) exchange(x *exchange) {
	p.System.exchange(x)
	x.name("name", &p.Name)
	x.collection("email_addresses", &p.EmailAddresses)
	x.collection("phone_numbers", &p.PhoneNumbers)
	x.text("job_title", &p.JobTitle)
	x.text("avatar_url", &p.AvatarURL)
	x.text("company_id", &p.CompanyID)
	x.text("description", &p.Description)
	x.collection("labels", &p.Labels)
}

// MarshalJSON encodes the attributes.
func (c Company) MarshalJSON() ([]byte, error) { return encodeFields(c.Extra, c.exchange) }

// UnmarshalJSON decodes the attributes.
func (c *Company) UnmarshalJSON(b []byte) error { return decodeFields(b, c, &c.Extra, c.exchange) }

func (c *Company) read(s *jsonscan.Scanner) { readFields(s, &c.Extra, c.exchange) }

func (c *Company) exchange(x *exchange) {
	c.System.exchange(x)
	x.text("name", &c.Name)
	x.collection("domains", &c.Domains)
	x.text("industry", &c.Industry)
	x.number("employee_count", &c.EmployeeCount)
	x.text("description", &c.Description)
	x.collection("labels", &c.Labels)
}

// MarshalJSON encodes the attributes.
func (d Deal) MarshalJSON() ([]byte, error) { return encodeFields(d.Extra, d.exchange) }

// UnmarshalJSON decodes the attributes.
func (d *Deal) UnmarshalJSON(b []byte) error { return decodeFields(b, d, &d.Extra, d.exchange) }

func (d *Deal) read(s *jsonscan.Scanner) { readFields(s, &d.Extra, d.exchange) }

func (d *Deal) exchange(x *exchange) {
	d.System.exchange(x)
	x.text("name", &d.Name)
	x.text("description", &d.Description)
	x.text("stage", &d.Stage)
	x.number("amount", &d.Amount)
	x.date("close_date", &d.CloseDate)
	x.text("owner_id", &d.OwnerID)
	x.text("company_id", &d.CompanyID)
	x.text("summary", &d.Summary)
	x.collection("labels", &d.Labels)
}

// MarshalJSON encodes the attributes.
func (m Meeting) MarshalJSON() ([]byte, error) { return encodeFields(m.Extra, m.exchange) }

// UnmarshalJSON decodes the attributes.
func (m *Meeting) UnmarshalJSON(b []byte) error { return decodeFields(b, m, &m.Extra, m.exchange) }

func (m *Meeting) read(s *jsonscan.Scanner) { readFields(s, &m.Extra, m.exchange) }

func (m *Meeting) exchange(x *exchange) {
	m.System.exchange(x)
	x.text("title", &m.Title)
	x.timestamp("start", &m.Start)
	x.timestamp("end", &m.End)
	x.boolean("all_day", &m.AllDay)
	x.text("visibility", &m.Visibility)
	x.text("event_id", &m.EventID)
	x.text("ical_uid", &m.ICalUID)
	x.participants("participants", &m.Participants)
}

// MarshalJSON encodes the attributes.
func (t Task) MarshalJSON() ([]byte, error) { return encodeFields(t.Extra, t.exchange) }

// UnmarshalJSON decodes the attributes.
func (t *Task) UnmarshalJSON(b []byte) error { return decodeFields(b, t, &t.Extra, t.exchange) }

func (t *Task) read(s *jsonscan.Scanner) { readFields(s, &t.Extra, t.exchange) }

func (t *Task) exchange(x *exchange) {
	t.System.exchange(x)
	x.text("title", &t.Title)
	x.richText("description", &t.Description)
	x.text("status", &t.Status)
	x.text("priority", &t.Priority)
	x.date("due_date", &t.DueDate)
	x.text("assignee_id", &t.AssigneeID)
	x.text("person_id", &t.PersonID)
	x.text("company_id", &t.CompanyID)
	x.text("deal_id", &t.DealID)
	x.text("meeting_id", &t.MeetingID)
}
