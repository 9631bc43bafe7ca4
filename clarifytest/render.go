package clarifytest

import (
	"maps"
	"slices"
)

// resource is a record as it is answered.
type resource struct {
	Type          string                  `json:"type"`
	ID            string                  `json:"id"`
	Attributes    map[string]any          `json:"attributes"`
	Relationships map[string]relationship `json:"relationships,omitempty"`
}

type relationship struct {
	Data any               `json:"data"` // a linkage, or several
	Meta *relationshipMeta `json:"meta,omitempty"`
}

type relationshipMeta struct {
	Count int `json:"count"`
}

type linkage struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

func (r *record) linkage() linkage { return linkage{r.spec.name, r.id} }

// resource renders a record, with the relationships that it holds itself.
func (s *state) resource(r *record) resource {
	attributes := make(map[string]any, len(r.attributes())+5)
	relationships := map[string]relationship{}
	for field, value := range r.attributes() {
		target := referenced(field)
		if target == nil {
			attributes[field] = value
			continue
		}
		attributes[field] = nil
		if other := s.refer(r, field); other != nil {
			attributes[field] = other.id
			relationships[target.name] = relationship{Data: other.linkage()}
		}
	}
	for _, field := range systemFields {
		attributes[field] = s.value(r, field)
	}
	for _, name := range slices.Sorted(maps.Keys(r.links)) {
		relationships[objects[name].plural] = toMany(s.linked(r, objects[name]))
	}
	return resource{Type: r.spec.name, ID: r.id, Attributes: attributes, Relationships: relationships}
}

func toMany(records []*record) relationship {
	data := make([]linkage, len(records))
	for i, r := range records {
		data[i] = r.linkage()
	}
	return relationship{Data: data, Meta: &relationshipMeta{len(data)}}
}

// linked returns the records of an object that r is linked to.
func (s *state) linked(r *record, to *objectSpec) []*record {
	var records []*record
	for _, id := range r.links[to.name] {
		if other := s.follow(to, id); other != nil {
			records = append(records, other)
		}
	}
	return distinct(records)
}
