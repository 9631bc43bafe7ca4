package clarify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/jsonscan"
)

// People returns the records of the object person.
func People(c *Client) *Records[Person] { return NewRecords[Person](c, "person") }

// Companies returns the records of the object company.
func Companies(c *Client) *Records[Company] { return NewRecords[Company](c, "company") }

// Deals returns the records of the object deal.
func Deals(c *Client) *Records[Deal] { return NewRecords[Deal](c, "deal") }

// Meetings returns the records of the object meeting.
func Meetings(c *Client) *Records[Meeting] { return NewRecords[Meeting](c, "meeting") }

// Tasks returns the records of the object task.
func Tasks(c *Client) *Records[Task] { return NewRecords[Task](c, "task") }

// Person holds the attributes of a person. Which fields a workspace has is said
// by its schemas; this type and its siblings have those that the API documents.
//
// A field with its zero value is left out in JSON, so that an update sends what
// is set. Everything that the fields cannot express is in Extra, by name: fields
// of the workspace's own, null, and values of another form than the API
// documents. What was decoded encodes to the same again. Where a field is set,
// what Extra holds under its name does not count.
//
// To have fields of the workspace's own as Go fields, write a struct with json
// tags, for which [Name], [Collection] and [Date] are of use. Embedding a Person
// does not do: the embedding type would be encoded as a Person is.
type Person struct {
	System

	Name           Name       // "name"
	EmailAddresses Collection // "email_addresses", unique
	PhoneNumbers   Collection // "phone_numbers"
	JobTitle       string     // "job_title"
	AvatarURL      string     // "avatar_url"
	CompanyID      string     // "company_id"
	Labels         Collection // "labels"

	// Extra holds the other attributes. Numbers are json.Number.
	Extra Fields
}

// Company holds the attributes of a company, as [Person] does of a person.
type Company struct {
	System

	Name    string     // "name"
	Domains Collection // "domains", unique
	Labels  Collection // "labels"

	// Extra holds the other attributes. Numbers are json.Number.
	Extra Fields
}

// Deal holds the attributes of a deal, as [Person] does of a person.
type Deal struct {
	System

	Name       string      // "name", unique
	Stage      string      // "stage", a select: its case matters
	Amount     json.Number // "amount", up to twelve digits before the point and four after it
	CompanyID  string      // "company_id"
	AssigneeID string      // "assignee_id"
	Labels     Collection  // "labels"

	// Extra holds the other attributes. Numbers are json.Number.
	Extra Fields
}

// Meeting holds the attributes of a meeting, as [Person] does of a person.
type Meeting struct {
	System

	Participants Collection // "participants"

	// Extra holds the other attributes. Numbers are json.Number.
	Extra Fields
}

// Task holds the attributes of a task, as [Person] does of a person.
type Task struct {
	System

	Description []gen.RichTextBlock // "description", rich text
	AssigneeID  string              // "assignee_id"

	// Extra holds the other attributes. Numbers are json.Number.
	Extra Fields
}

// System holds what the system sets in every record. None of it can be written:
// attributes that were read are written with System set to its zero value.
type System struct {
	ID        string    // "_id", the same as the record's
	CreatedAt time.Time // "_created_at"
	UpdatedAt time.Time // "_updated_at"
	DeletedAt time.Time // "_deleted_at", only from [Records.Deleted]
	CreatedBy string    // "_created_by": the id of a user, or "system", "agent" or "rep"
	UpdatedBy string    // "_updated_by", likewise

	// Extra holds the other attributes whose names begin with _, and what the
	// fields cannot express.
	Extra Fields
}

// Name is the name of a person. In JSON, a part that is empty is left out.
type Name struct {
	FirstName string // "first_name"
	LastName  string // "last_name"
	FullName  string // "full_name", only in answers

	// Extra holds other members, as in [Person].
	Extra Fields
}

// Collection is a field with several texts, such as email addresses. In JSON it
// is {"items": […]}. An empty one clears the field; a nil one is null, and is
// left out of a struct by omitzero.
type Collection []string

// MarshalJSON encodes the items in the form that the API takes.
func (c Collection) MarshalJSON() ([]byte, error) {
	if c == nil {
		return []byte("null"), nil
	}
	return encode(map[string][]string{"items": c})
}

// UnmarshalJSON decodes {"items": […]} or null. Other members are ignored.
func (c *Collection) UnmarshalJSON(b []byte) error {
	*c = nil
	if taken, _ := jsonscan.Scan(b, c.read); taken {
		return nil
	}
	var collection struct {
		Items []string `json:"items"`
	}
	if err := json.Unmarshal(b, &collection); err != nil {
		return fmt.Errorf("a collection is not an object with a list of texts: %w", err)
	}
	*c = collection.Items
	return nil
}

func (c *Collection) read(s *jsonscan.Scanner) {
	if s.Null() {
		return
	}
	var seen uint
	for more := s.Object(); more; more = s.NextMember() {
		switch {
		case s.Which(collectionMembers, &seen) < 0:
			s.Skip()
		case !s.Null():
			*c = Collection{}
			for more := s.Array(); more; more = s.NextElement() {
				*c = append(*c, s.Text())
			}
		}
	}
}

var collectionMembers = []string{"items"}

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
	x.text("stage", &d.Stage)
	x.number("amount", &d.Amount)
	x.text("company_id", &d.CompanyID)
	x.text("assignee_id", &d.AssigneeID)
	x.collection("labels", &d.Labels)
}

// MarshalJSON encodes the attributes.
func (m Meeting) MarshalJSON() ([]byte, error) { return encodeFields(m.Extra, m.exchange) }

// UnmarshalJSON decodes the attributes.
func (m *Meeting) UnmarshalJSON(b []byte) error { return decodeFields(b, m, &m.Extra, m.exchange) }

func (m *Meeting) read(s *jsonscan.Scanner) { readFields(s, &m.Extra, m.exchange) }

func (m *Meeting) exchange(x *exchange) {
	m.System.exchange(x)
	x.collection("participants", &m.Participants)
}

// MarshalJSON encodes the attributes.
func (t Task) MarshalJSON() ([]byte, error) { return encodeFields(t.Extra, t.exchange) }

// UnmarshalJSON decodes the attributes.
func (t *Task) UnmarshalJSON(b []byte) error { return decodeFields(b, t, &t.Extra, t.exchange) }

func (t *Task) read(s *jsonscan.Scanner) { readFields(s, &t.Extra, t.exchange) }

func (t *Task) exchange(x *exchange) {
	t.System.exchange(x)
	x.richText("description", &t.Description)
	x.text("assignee_id", &t.AssigneeID)
}

func (s *System) exchange(x *exchange) {
	switch {
	case x.writing && len(s.Extra) > 0:
		x.gaveUp = true
	case !x.decoding && !x.writing:
		maps.Copy(x.members, s.Extra)
	}
	x.text("_id", &s.ID)
	x.moment("_created_at", &s.CreatedAt)
	x.moment("_updated_at", &s.UpdatedAt)
	x.moment("_deleted_at", &s.DeletedAt)
	x.text("_created_by", &s.CreatedBy)
	x.text("_updated_by", &s.UpdatedBy)
	if !x.decoding || x.scanner != nil {
		return
	}
	for name, value := range x.members {
		if !strings.HasPrefix(name, "_") {
			continue
		}
		if s.Extra == nil {
			s.Extra = Fields{}
		}
		s.Extra[name] = value
		delete(x.members, name)
	}
}

// String returns the full name, or what there is of it.
func (n Name) String() string {
	if n.FullName != "" {
		return n.FullName
	}
	return strings.TrimSpace(n.FirstName + " " + n.LastName)
}

// MarshalJSON encodes the name.
func (n Name) MarshalJSON() ([]byte, error) { return encodeFields(n.Extra, n.exchange) }

// UnmarshalJSON decodes a name. null is a name without any part.
func (n *Name) UnmarshalJSON(b []byte) error { return decodeFields(b, n, &n.Extra, n.exchange) }

func (n *Name) read(s *jsonscan.Scanner) { readFields(s, &n.Extra, n.exchange) }

func (n *Name) exchange(x *exchange) {
	x.text("first_name", &n.FirstName)
	x.text("last_name", &n.LastName)
	x.text("full_name", &n.FullName)
}

func (n *Name) isZero() bool {
	return n.FirstName == "" && n.LastName == "" && n.FullName == "" && len(n.Extra) == 0
}

// exchange moves values between the members of an object and fields: from
// members to fields in decoding, the other way in encoding. What fields cannot
// express stays among the members.
//
// In reading, which is decoding without members to begin with, the fields are
// gone through for each member that a scanner comes to. What the field of the
// name does not take as it stands there becomes a member to be decoded.
//
// In writing, which is encoding without members, each field that has a value is
// written at once. It ends at what has to be combined with members.
type exchange struct {
	members  map[string]any
	decoding bool

	writing bool // whether it is encoding without members
	gaveUp  bool // because that does not do
	out     []byte

	scanner *jsonscan.Scanner // nil unless it is reading
	member  []byte            // the name of the member
	field   string            // the same as a text, once a field of this name was found
	nth     int               // how many fields the member was compared with
	seen    uint64            // the fields that had their member
	taken   bool              // whether the value was read
}

// readFields reads an object into fields.
func readFields(s *jsonscan.Scanner, extra *Fields, fields func(*exchange)) {
	if s.Null() {
		return
	}
	x := &exchange{decoding: true, scanner: s}
	for more := s.Object(); more; more = s.NextMember() {
		x.member, x.field, x.nth, x.taken = s.Name(), "", 0, false
		fields(x)
		if x.taken {
			continue
		}
		if x.members == nil {
			x.members = map[string]any{}
		}
		name := x.field
		if name == "" {
			name = s.Keep(x.member)
		}
		x.members[name] = s.Any()
	}
	if x.scanner = nil; len(x.members) > 0 {
		fields(x)
	}
	if len(x.members) > 0 {
		*extra = x.members
	}
}

// meets reports whether the member that is read is that of the field, and begins
// as its value should.
func (x *exchange) meets(name string, first byte) bool {
	x.nth++
	if string(x.member) != name {
		return false
	}
	if x.seen&(1<<x.nth) != 0 {
		// The last one counts, and it may be one that the field cannot express.
		x.scanner.GiveUp()
	}
	x.seen |= 1 << x.nth
	x.field = name
	return x.scanner.Peek() == first
}

// decodeFields replaces v, which has extra and fields, by what b holds.
func decodeFields[T any](b []byte, v *T, extra *Fields, fields func(*exchange)) error {
	var zero T
	*v = zero
	if taken, _ := jsonscan.Scan(b, func(s *jsonscan.Scanner) { readFields(s, extra, fields) }); taken {
		return nil
	}
	*v = zero
	x := &exchange{decoding: true}
	if bytes.Equal(b, []byte("null")) {
		return nil
	}
	if err := unmarshal(b, &x.members); err != nil {
		return err
	}
	fields(x)
	if len(x.members) > 0 {
		*extra = x.members
	}
	return nil
}

func encodeFields(extra Fields, fields func(*exchange)) ([]byte, error) {
	if len(extra) == 0 {
		x := &exchange{writing: true, out: append(make([]byte, 0, 256), '{')}
		if fields(x); !x.gaveUp {
			return append(x.out, '}'), nil
		}
	}
	x := &exchange{members: make(map[string]any, len(extra)+8)}
	maps.Copy(x.members, extra)
	fields(x)
	return encode(x.members)
}

// write begins a member.
func (x *exchange) write(name string) {
	if x.out[len(x.out)-1] != '{' {
		x.out = append(x.out, ',')
	}
	x.out = append(x.out, '"')
	x.out = append(x.out, name...)
	x.out = append(x.out, '"', ':')
}

func (x *exchange) writeText(text string) {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			x.out = append(x.out, jsonText(text)...)
			return
		}
	}
	x.out = append(x.out, '"')
	x.out = append(x.out, text...)
	x.out = append(x.out, '"')
}

func (x *exchange) text(name string, field *string) {
	if x.writing {
		if *field != "" {
			x.write(name)
			x.writeText(*field)
		}
		return
	}
	if s := x.scanner; s != nil {
		if x.meets(name, '"') {
			start := s.Mark()
			if *field = s.Text(); *field == "" {
				s.Return(start)
				return
			}
			x.taken = true
		}
		return
	}
	if !x.decoding {
		if *field != "" {
			x.members[name] = *field
		}
		return
	}
	if text, ok := x.members[name].(string); ok && text != "" {
		*field = text
		delete(x.members, name)
	}
}

func (x *exchange) number(name string, field *json.Number) {
	if x.writing {
		switch number := string(*field); {
		case number == "":
		case json.Valid([]byte(number)) && strings.ContainsAny(number[:1], "-0123456789") && strings.ContainsAny(number[len(number)-1:], "0123456789"):
			x.write(name)
			x.out = append(x.out, number...)
		default:
			x.gaveUp = true
		}
		return
	}
	if s := x.scanner; s != nil {
		if first := s.Peek(); x.meets(name, first) && (first == '-' || '0' <= first && first <= '9') {
			*field = json.Number(s.Number())
			x.taken = true
		}
		return
	}
	if !x.decoding {
		if *field != "" {
			x.members[name] = *field
		}
		return
	}
	if number, ok := x.members[name].(json.Number); ok {
		*field = number
		delete(x.members, name)
	}
}

func (x *exchange) moment(name string, field *time.Time) {
	if x.writing {
		if !field.IsZero() {
			x.write(name)
			x.writeText(field.UTC().Format(moment))
		}
		return
	}
	if s := x.scanner; s != nil {
		if x.meets(name, '"') {
			start := s.Mark()
			text := s.Bytes()
			var t time.Time
			var again [len(moment)]byte
			if t.UnmarshalText(text) != nil || t.IsZero() || !bytes.Equal(t.UTC().AppendFormat(again[:0], moment), text) {
				s.Return(start)
				return
			}
			*field, x.taken = t, true
		}
		return
	}
	text, _ := x.members[name].(string)
	t, err := time.Parse(time.RFC3339, text)
	switch {
	case x.decoding && err == nil:
		*field = t
		if t.UTC().Format(moment) == text && !t.IsZero() {
			delete(x.members, name)
		}
	case !x.decoding && !field.IsZero() && (err != nil || !t.Equal(*field)):
		x.members[name] = field.UTC().Format(moment)
	}
}

func (x *exchange) collection(name string, field *Collection) {
	if x.writing {
		if *field == nil {
			return
		}
		x.write(name)
		x.out = append(x.out, `{"items":[`...)
		for i, item := range *field {
			if i > 0 {
				x.out = append(x.out, ',')
			}
			x.writeText(item)
		}
		x.out = append(x.out, "]}"...)
		return
	}
	if s := x.scanner; s != nil {
		if x.meets(name, '{') {
			start := s.Mark()
			items, ok := readItems(s)
			if !ok {
				s.Return(start)
				return
			}
			*field, x.taken = items, true
		}
		return
	}
	object, _ := x.members[name].(map[string]any)
	items, ok := textsOf(object["items"])
	switch {
	case x.decoding && ok:
		*field = items
		if len(object) == 1 {
			delete(x.members, name)
		}
	case !x.decoding && *field != nil && !(ok && slices.Equal(items, *field)):
		object = maps.Clone(object)
		if object == nil {
			object = map[string]any{}
		}
		object["items"] = []string(*field)
		x.members[name] = object
	}
}

// readItems reads a collection that has nothing but texts.
func readItems(s *jsonscan.Scanner) (items []string, ok bool) {
	if !s.Object() || string(s.Name()) != "items" || s.Peek() != '[' {
		return nil, false
	}
	items = []string{}
	for more := s.Array(); more; more = s.NextElement() {
		if s.Peek() != '"' {
			return nil, false
		}
		items = append(items, s.Text())
	}
	return items, !s.NextMember()
}

func textsOf(value any) ([]string, bool) {
	list, ok := value.([]any)
	texts := make([]string, len(list))
	for i := range list {
		if texts[i], ok = list[i].(string); !ok {
			return nil, false
		}
	}
	return texts, ok
}

func (x *exchange) name(name string, field *Name) {
	if x.writing {
		switch {
		case len(field.Extra) > 0:
			x.gaveUp = true
		case !field.isZero():
			x.write(name)
			x.out = append(x.out, '{')
			field.exchange(x)
			x.out = append(x.out, '}')
		}
		return
	}
	if s := x.scanner; s != nil {
		if x.meets(name, '{') {
			start := s.Mark()
			if field.read(s); field.isZero() {
				s.Return(start)
				return
			}
			x.taken = true
		}
		return
	}
	if !x.decoding {
		if !field.isZero() {
			x.members[name] = *field
		}
		return
	}
	if object, ok := x.members[name].(map[string]any); ok && len(object) > 0 {
		inner := &exchange{members: object, decoding: true}
		field.exchange(inner)
		if len(object) > 0 {
			field.Extra = object
		}
		delete(x.members, name)
	}
}

func (x *exchange) richText(name string, field *[]gen.RichTextBlock) {
	if x.writing {
		x.gaveUp = x.gaveUp || *field != nil
		return
	}
	if x.scanner != nil {
		x.meets(name, '{')
		return
	}
	object, _ := x.members[name].(map[string]any)
	if !x.decoding {
		if *field == nil {
			return
		}
		object = maps.Clone(object)
		if object == nil {
			object = map[string]any{}
		}
		object["text"] = *field
		x.members[name] = object
		return
	}
	list, ok := object["text"].([]any)
	if !ok {
		return
	}
	blocks := make([]gen.RichTextBlock, len(list))
	for i := range list {
		block, ok := list[i].(map[string]any)
		if !ok {
			return
		}
		blocks[i] = block
	}
	*field = blocks
	if delete(object, "text"); len(object) == 0 {
		delete(x.members, name)
	}
}
