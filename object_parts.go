package clarify

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// System holds what the system sets in every record. It cannot be written: set System
// to its zero value before you write attributes that were read.
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

func (s *System) visit(v visitor) {
	v.system(&s.Extra)
	v.field("_id", (*stringField)(&s.ID))
	v.field("_created_at", (*timeField)(&s.CreatedAt))
	v.field("_updated_at", (*timeField)(&s.UpdatedAt))
	v.field("_deleted_at", (*timeField)(&s.DeletedAt))
	v.field("_created_by", (*stringField)(&s.CreatedBy))
	v.field("_updated_by", (*stringField)(&s.UpdatedBy))
}

// Name is the name of a person. Empty parts are left out of the JSON.
type Name struct {
	FirstName string // "first_name"
	LastName  string // "last_name"
	FullName  string // "full_name", only in responses

	// Extra holds other members, as in [Person].
	Extra Fields
}

// String returns the full name, or what there is of it.
func (n Name) String() string {
	if n.FullName != "" {
		return n.FullName
	}
	return strings.TrimSpace(n.FirstName + " " + n.LastName)
}

// MarshalJSON encodes the name.
func (n Name) MarshalJSON() ([]byte, error) { return encodeObject(&n) }

// UnmarshalJSON decodes a name. null is a name without any part.
func (n *Name) UnmarshalJSON(b []byte) error { return decodeObject(b, n) }

func (n *Name) visit(v visitor) {
	v.extra(&n.Extra)
	v.field("first_name", (*stringField)(&n.FirstName))
	v.field("last_name", (*stringField)(&n.LastName))
	v.field("full_name", (*stringField)(&n.FullName))
}

// Collection is a field with several strings, such as email addresses. In JSON it is
// {"items": […]}. An empty collection clears the field. A nil one is null, or left out
// of a struct by omitzero.
type Collection []string

// MarshalJSON encodes the items as {"items": […]}, or nil as null.
func (c Collection) MarshalJSON() ([]byte, error) {
	if c == nil {
		return []byte("null"), nil
	}
	return encodeJSON(map[string][]string{"items": c})
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
		return fmt.Errorf("invalid collection: must be an object with a list of strings: %w", err)
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

// Participant takes part in a meeting. Participants are not linked to records of
// people: use the relationship people for that.
//
// Members with their zero value are left out of the JSON. Any member can be null, which
// is kept in Extra, as in [Person].
type Participant struct {
	Email       string // "email"
	Name        string // "name"
	PhoneNumber string // "phone_number"
	Status      string // "status", whether they accepted: a word such as yes
	Organizer   bool   // "organizer"

	// Extra holds other members, null and false.
	Extra Fields
}

// MarshalJSON encodes the participant.
func (p Participant) MarshalJSON() ([]byte, error) { return encodeObject(&p) }

// UnmarshalJSON decodes a participant. null is one without any member.
func (p *Participant) UnmarshalJSON(b []byte) error { return decodeObject(b, p) }

func (p *Participant) visit(v visitor) {
	v.extra(&p.Extra)
	v.field("email", (*stringField)(&p.Email))
	v.field("name", (*stringField)(&p.Name))
	v.field("phone_number", (*stringField)(&p.PhoneNumber))
	v.field("status", (*stringField)(&p.Status))
	v.field("organizer", (*boolField)(&p.Organizer))
}
