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

func (s *System) system() *System { return s }

// attributesOfSystem is how many fields System has.
const attributesOfSystem = 6

func (s *System) attributeAt(i int) Attribute {
	switch i {
	case 0:
		return TextAttribute("_id", &s.ID)
	case 1:
		return TimeAttribute("_created_at", &s.CreatedAt)
	case 2:
		return TimeAttribute("_updated_at", &s.UpdatedAt)
	case 3:
		return TimeAttribute("_deleted_at", &s.DeletedAt)
	case 4:
		return TextAttribute("_created_by", &s.CreatedBy)
	}
	return TextAttribute("_updated_by", &s.UpdatedBy)
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
func (n Name) MarshalJSON() ([]byte, error) { return MarshalAttributes(&n) }

// UnmarshalJSON decodes a name. null is a name without any part.
func (n *Name) UnmarshalJSON(b []byte) error { return UnmarshalAttributes(b, n) }

// AttributeAt returns a field for decoding and encoding. See [TypedAttributes].
func (n *Name) AttributeAt(i int) Attribute {
	switch i {
	case 0:
		return TextAttribute("first_name", &n.FirstName)
	case 1:
		return TextAttribute("last_name", &n.LastName)
	case 2:
		return TextAttribute("full_name", &n.FullName)
	}
	return ExtraAttributes(&n.Extra)
}

func (*Name) system() *System { return nil }

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
	names := collectionMembers.Cursor(s)
	for more := s.Object(); more; more = s.NextMember() {
		switch {
		case names.Next() < 0:
			s.Skip()
		case !s.Null():
			items, ok := s.Strings()
			if !ok {
				s.GiveUp()
			}
			*c = items
		}
	}
}

var collectionMembers = jsonscan.NewNames(jsonscan.FoldedGivesUp, "items")

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
func (p Participant) MarshalJSON() ([]byte, error) { return MarshalAttributes(&p) }

// UnmarshalJSON decodes a participant. null is one without any member.
func (p *Participant) UnmarshalJSON(b []byte) error { return UnmarshalAttributes(b, p) }

// AttributeAt returns a field for decoding and encoding. See [TypedAttributes].
func (p *Participant) AttributeAt(i int) Attribute {
	switch i {
	case 0:
		return TextAttribute("email", &p.Email)
	case 1:
		return TextAttribute("name", &p.Name)
	case 2:
		return TextAttribute("phone_number", &p.PhoneNumber)
	case 3:
		return TextAttribute("status", &p.Status)
	case 4:
		return boolAttribute("organizer", &p.Organizer)
	}
	return ExtraAttributes(&p.Extra)
}

func (*Participant) system() *System { return nil }
