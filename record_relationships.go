package clarify

import (
	"encoding/json"
	"strings"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// Ref names a record of any object.
type Ref struct {
	Type string `json:"type"` // the object, such as company
	ID   string `json:"id"`
}

// Relationships are the relationships of a record. The live API names them by their
// property in the schema, such as company_id or people (docs/live-api.md, D1); older
// descriptions name them by the relationship, company. [Relationships.One] and
// [Relationships.Many] accept either name.
type Relationships map[string]Relationship

// One returns the record that a to-one relationship leads to, by its property or its
// name: company_id or company. It reports false if the relationship is empty, to-many,
// or missing. A missing one can still be an attribute: see [Record.LinkedID].
func (r Relationships) One(name string) (Ref, bool) {
	refs, many := r.find(name).read()
	if many || len(refs) == 0 {
		return Ref{}, false
	}
	return refs[0], true
}

// Many returns the records that a relationship leads to, by its property or its name,
// nil if there are none. The response may have only some of them. [Relationship.Count]
// returns how many there are, and [Records.Related] lists them all.
func (r Relationships) Many(name string) []Ref {
	refs, _ := r.find(name).read()
	return refs
}

// find returns the relationship with the name, or else with its other name.
func (r Relationships) find(name string) Relationship {
	if found, ok := r[name]; ok {
		return found
	}
	return r[otherName(name)]
}

// read reads relationships as [Relationship.UnmarshalJSON] does each of them.
func (r *Relationships) read(s *jsonscan.Scanner) {
	if s.Null() {
		return
	}
	all := Relationships{}
	names := noNames.Cursor(s)
	for more := s.Object(); more; more = s.NextMember() {
		names.Next()
		name := names.Name()
		if _, twice := all[name]; twice {
			s.GiveUp()
		}
		all[name] = Relationship{s.RawText()}
	}
	*r = all
}

var noNames = jsonscan.NewNames(jsonscan.Exact)

// Relationship is one relationship of a record. It keeps the JSON of the response, and
// encodes to the same.
type Relationship struct {
	raw string
}

// Count returns how many records are linked, from the meta.count that the API sends
// with a to-many relationship such as people. It is more than [Relationships.Many]
// returns if the response has only some of the records. It reports false if the
// response has no count.
func (r Relationship) Count() (n int, ok bool) {
	var document struct {
		Meta struct {
			Count *int `json:"count"`
		} `json:"meta"`
	}
	if json.Unmarshal([]byte(r.raw), &document) != nil || document.Meta.Count == nil {
		return 0, false
	}
	return *document.Meta.Count, true
}

// String returns the relationship as JSON.
func (r Relationship) String() string {
	if r.raw == "" {
		return `{"data":null}`
	}
	return r.raw
}

// MarshalJSON returns the JSON of the response.
func (r Relationship) MarshalJSON() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalJSON keeps the JSON, whatever it is.
func (r *Relationship) UnmarshalJSON(b []byte) error {
	r.raw = string(b)
	return nil
}

// read returns the linked records. Items without an id are skipped.
func (r Relationship) read() (refs []Ref, many bool) {
	var document struct {
		Data optional[json.RawMessage] `json:"data"`
	}
	if json.Unmarshal([]byte(r.raw), &document) != nil {
		return nil, false
	}
	data := document.Data.value
	if len(data) == 0 || data[0] != '[' {
		var ref optional[Ref]
		_ = json.Unmarshal(data, &ref)
		if ref.value.ID == "" {
			return nil, false
		}
		return []Ref{ref.value}, false
	}
	var all []optional[Ref]
	_ = json.Unmarshal(data, &all)
	for _, ref := range all {
		if ref.value.ID != "" {
			refs = append(refs, ref.value)
		}
	}
	return refs, true
}

// otherName returns the other name of a link: company_id is the property of the
// relationship company.
func otherName(name string) string {
	if relationship, ok := strings.CutSuffix(name, "_id"); ok {
		return relationship
	}
	return name + "_id"
}
