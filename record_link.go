package clarify

import (
	"encoding/json"
	"reflect"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/jsonscan"
)

// LinkedID returns the id of the record that a to-one relationship leads to. It looks
// in Relationships like [Relationships.One], and then among the attributes, because the
// API often leaves relationships empty in lists (docs/live-api.md, D1):
//
//	companyID, ok := deal.LinkedID("company_id")
//
// property is the name in the schema, such as company_id or c_partner_deal_id, or the
// name of the relationship, company. It reports false if there is no link, or if a
// struct of yours for the attributes has no field for it.
func (r *Record[T]) LinkedID(property string) (id string, ok bool) {
	if ref, ok := r.Relationships.One(property); ok && ref.ID != "" {
		return ref.ID, true
	}
	attributes := stringsOf(&r.Attributes)
	for _, name := range []string{property, otherName(property)} {
		if id := attributes(name); id != "" {
			return id, true
		}
	}
	return "", false
}

// stringsOf returns a function that returns an attribute by its name, "" if it is
// missing or not a string.
func stringsOf(attributes any) func(name string) string {
	switch a := attributes.(type) {
	case TypedAttributes:
		if isTyped(reflect.TypeOf(a).Elem()) {
			return stringInObject(a)
		}
	case *Fields:
		return stringIn(*a)
	case *map[string]any:
		return stringIn(*a)
	case *gen.Attributes:
		return stringIn(*a)
	case *json.RawMessage:
		return stringInJSON(*a)
	}
	// The JSON has what a type makes of its fields.
	b, err := encode(attributes)
	if err != nil {
		return stringIn(nil)
	}
	return stringInJSON(b)
}

func stringIn(members map[string]any) func(name string) string {
	return func(name string) string {
		s, _ := members[name].(string)
		return s
	}
}

func stringInJSON(b []byte) func(name string) string {
	return func(name string) (value string) {
		taken, _ := jsonscan.Scan(b, func(s *jsonscan.Scanner) {
			for more := s.Object(); more; more = s.NextMember() {
				if string(s.Name()) == name && s.Peek() == '"' {
					value = s.Text()
				} else {
					s.Skip()
				}
			}
		})
		if !taken {
			return ""
		}
		return value
	}
}
