package clarifytest

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

func (r *record) linkage() linkage { return linkage{r.object, r.id} }

// relate says which records a relationship leads to.
func (r *resource) relate(name string, to relationship) {
	if r.Relationships == nil {
		r.Relationships = map[string]relationship{}
	}
	r.Relationships[name] = to
}

// resource renders a record, with the relationships that it holds itself.
func (s *state) resource(r *record) resource {
	spec, attributes := s.spec(r), r.attributes()
	rendered := resource{
		Type:       r.object,
		ID:         r.id,
		Attributes: make(map[string]any, len(attributes)+len(systemFields)),
	}
	for field, value := range attributes {
		target := spec.reference(field)
		if target == nil {
			rendered.Attributes[field] = value
			continue
		}
		rendered.Attributes[field] = nil
		if other := s.referTo(target, r, field); other != nil {
			rendered.Attributes[field] = other.id
			rendered.relate(relationName(field), relationship{Data: other.linkage()})
		}
	}
	for _, field := range systemFields {
		rendered.Attributes[field] = s.valueIn(nil, r, field)
	}
	for field := range r.links {
		if by := spec.relationOf(field); by != nil {
			rendered.relate(by.name, toMany(s.linked(by, r)))
		}
	}
	return rendered
}

func toMany(records []*record) relationship {
	data := make([]linkage, len(records))
	for i, r := range records {
		data[i] = r.linkage()
	}
	return relationship{Data: data, Meta: &relationshipMeta{len(data)}}
}
