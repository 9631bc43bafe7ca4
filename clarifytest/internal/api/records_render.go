package api

import (
	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
)

// resource is a record as it is sent.
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

func linkageOf(r *store.Record) linkage { return linkage{r.Object, r.ID} }

// relate says which records a relationship leads to.
func (r *resource) relate(name string, to relationship) {
	if r.Relationships == nil {
		r.Relationships = map[string]relationship{}
	}
	r.Relationships[name] = to
}

// resource renders a record that comes alone, with the relationships that it
// holds itself.
func (s *State) resource(r *store.Record) resource {
	rendered, spec := s.bareResource(r), s.ObjectOf(r)
	for field := range r.Attributes() {
		if rendered.Attributes[field] != nil && spec.Reference(field) != nil {
			s.relate(&rendered, spec.RelationOf(field), r)
		}
	}
	for field := range r.Links {
		if by := spec.RelationOf(field); by != nil {
			s.relate(&rendered, by, r)
		}
	}
	return rendered
}

// item renders a record that is one of a page's, which the API leaves the
// relationships out of.
func (s *State) item(r *store.Record) resource {
	if s.quirks.ListRelationships {
		return s.resource(r)
	}
	return s.bareResource(r)
}

// bareResource renders a record without relationships.
func (s *State) bareResource(r *store.Record) resource {
	spec, attributes := s.ObjectOf(r), r.Attributes()
	rendered := resource{
		Type:       r.Object,
		ID:         r.ID,
		Attributes: make(map[string]any, len(attributes)+len(schema.SystemFields)),
	}
	for field, value := range attributes {
		target := spec.Reference(field)
		if target == nil {
			rendered.Attributes[field] = value
			continue
		}
		rendered.Attributes[field] = nil
		if other := s.Referred(target, r, field); other != nil {
			rendered.Attributes[field] = other.ID
		}
	}
	if spec.Fields[schema.MergedIDs] != nil {
		rendered.Attributes[schema.MergedIDs] = s.MergedIDs(r)
	}
	for _, field := range schema.SystemFields {
		rendered.Attributes[field] = s.ValueIn(nil, r, field)
	}
	return rendered
}

// relate adds a relationship of r to how r is rendered. One that may lead to one
// record and does not is left out.
func (s *State) relate(rendered *resource, by *schema.Relation, r *store.Record) {
	name, related := by.Field, s.Related(by, r)
	if s.quirks.RelationshipNames {
		name = by.Name
	}
	switch {
	case by.Many:
		rendered.relate(name, toMany(related))
	case len(related) > 0:
		rendered.relate(name, relationship{Data: linkageOf(related[0])})
	}
}

func toMany(records []*store.Record) relationship {
	data := make([]linkage, len(records))
	for i, r := range records {
		data[i] = linkageOf(r)
	}
	return relationship{Data: data, Meta: &relationshipMeta{len(data)}}
}
