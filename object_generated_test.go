package clarify_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

// The types in this file are as clarify-gen generates them, with an attribute of each
// kind.

type vehicle struct {
	clarify.System

	Name       string
	Stage      vehicleStage
	Price      json.Number
	Doors      vehicleDoors
	Sold       clarify.Checkbox
	Built      clarify.Date
	Serviced   time.Time
	OwnerID    personID
	Tags       []vehicleTag
	Colors     []string
	Labels     clarify.Collection
	Sizes      []vehicleTag
	Driver     clarify.Name
	Notes      []gen.RichTextBlock
	Passengers []clarify.Participant
	Location   map[string]any
	Other      any

	Extra clarify.Fields
}

type (
	vehicleStage string
	vehicleTag   string
	vehicleDoors json.Number
	personID     string
)

func (v vehicle) MarshalJSON() ([]byte, error) { return clarify.MarshalAttributes(&v) }

func (v *vehicle) UnmarshalJSON(b []byte) error { return clarify.UnmarshalAttributes(b, v) }

func (v *vehicle) AttributeAt(i int) clarify.Attribute {
	switch i {
	case 0:
		return clarify.TextAttribute("c_name", &v.Name)
	case 1:
		return clarify.TextAttribute("c_stage", (*string)(&v.Stage))
	case 2:
		return clarify.NumberAttribute("c_price", &v.Price)
	case 3:
		return clarify.NumberAttribute("c_doors", (*json.Number)(&v.Doors))
	case 4:
		return clarify.CheckboxAttribute("c_sold", &v.Sold)
	case 5:
		return clarify.DateAttribute("c_built", &v.Built)
	case 6:
		return clarify.TimeAttribute("c_serviced", &v.Serviced)
	case 7:
		return clarify.TextAttribute("c_owner_id", (*string)(&v.OwnerID))
	case 8:
		return clarify.ItemsAttribute("c_tags", &v.Tags)
	case 9:
		return clarify.ItemsAttribute("c_colors", &v.Colors)
	case 10:
		return clarify.ItemsAttribute("c_labels", &v.Labels)
	case 11:
		return clarify.ListAttribute("c_sizes", &v.Sizes)
	case 12:
		return clarify.NameAttribute("c_driver", &v.Driver)
	case 13:
		return clarify.RichTextAttribute("c_notes", &v.Notes)
	case 14:
		return clarify.ParticipantsAttribute("c_passengers", &v.Passengers)
	case 15:
		return clarify.ObjectAttribute("c_location", &v.Location)
	case 16:
		return clarify.AnyAttribute("c_other 😀", &v.Other)
	}
	return clarify.ExtraAttributes(&v.Extra)
}

func vehicleNames() (names []string) {
	for _, name := range []string{"name", "stage", "price", "doors", "sold", "built", "serviced", "owner_id", "tags", "colors", "labels", "sizes", "driver", "notes", "passengers", "location", "other 😀"} {
		names = append(names, "c_"+name)
	}
	return names
}

// manyFields has more attributes than a word has bits.
type manyFields struct {
	clarify.System
	fields [200]string
	Extra  clarify.Fields
}

func (m manyFields) MarshalJSON() ([]byte, error) { return clarify.MarshalAttributes(&m) }

func (m *manyFields) UnmarshalJSON(b []byte) error { return clarify.UnmarshalAttributes(b, m) }

func (m *manyFields) AttributeAt(i int) clarify.Attribute {
	if 0 <= i && i < len(m.fields) {
		return clarify.TextAttribute(fmt.Sprintf("c_%03d", i), &m.fields[i])
	}
	return clarify.ExtraAttributes(&m.Extra)
}
