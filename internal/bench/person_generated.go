package bench

import (
	"encoding/json"

	"github.com/clarify-go/clarify"
)

// GeneratedPerson has the 15 fields as clarify-gen generates them.
type GeneratedPerson struct {
	clarify.System

	Name           clarify.Name
	EmailAddresses clarify.Collection
	PhoneNumbers   clarify.Collection
	JobTitle       string
	CompanyID      CompanyID
	Website        string
	Tier           Tier
	Score          json.Number
	Visits         json.Number
	Active         clarify.Checkbox
	Notes          string
	Tags           []string
	Manager        PersonID

	Extra clarify.Fields
}

// The types of links and options.
type (
	CompanyID string
	PersonID  string
	Tier      string
)

// MarshalJSON encodes the attributes.
func (p GeneratedPerson) MarshalJSON() ([]byte, error) { return clarify.MarshalAttributes(&p) }

// UnmarshalJSON decodes the attributes.
func (p *GeneratedPerson) UnmarshalJSON(b []byte) error { return clarify.UnmarshalAttributes(b, p) }

// AttributeAt returns a field for decoding and encoding.
func (p *GeneratedPerson) AttributeAt(i int) clarify.Attribute {
	switch i {
	case 0:
		return clarify.NameAttribute("name", &p.Name)
	case 1:
		return clarify.ItemsAttribute("email_addresses", &p.EmailAddresses)
	case 2:
		return clarify.ItemsAttribute("phone_numbers", &p.PhoneNumbers)
	case 3:
		return clarify.TextAttribute("job_title", &p.JobTitle)
	case 4:
		return clarify.TextAttribute("company_id", (*string)(&p.CompanyID))
	case 5:
		return clarify.TextAttribute("c_website", &p.Website)
	case 6:
		return clarify.TextAttribute("c_tier", (*string)(&p.Tier))
	case 7:
		return clarify.NumberAttribute("c_score", &p.Score)
	case 8:
		return clarify.NumberAttribute("c_visits", &p.Visits)
	case 9:
		return clarify.CheckboxAttribute("c_active", &p.Active)
	case 10:
		return clarify.TextAttribute("c_notes", &p.Notes)
	case 11:
		return clarify.ListAttribute("c_tags", &p.Tags)
	case 12:
		return clarify.TextAttribute("c_manager", (*string)(&p.Manager))
	}
	return clarify.ExtraAttributes(&p.Extra)
}
