package clarifytest

import (
	"slices"
	"strings"
)

// readInclude reads include, names of an object's relationship properties
// separated by commas.
func (c *call) readInclude(spec *objectSpec) ([]*relation, error) {
	if len(c.query["include"]) > 1 {
		return nil, badRequest("The parameter include is sent more than once.")
	}
	var inclusions []*relation
	for name := range strings.SplitSeq(c.query.Get("include"), ",") {
		if name == "" {
			continue
		}
		r := spec.relationCalled(name, c.server.config.quirks.includeRelationshipNames)
		if r == nil {
			return nil, badRequest("include: %s has no relationship property %q.", spec.name, name)
		}
		inclusions = append(inclusions, r)
	}
	return inclusions, nil
}

// relationCalled returns the relationship of a property, or nil. If older is true
// it may be called by the other names that relation takes.
func (o *objectSpec) relationCalled(name string, older bool) *relation {
	if by := o.relationOf(name); by != nil || !older {
		return by
	}
	if by := o.relation(name); by != nil {
		return o.relationOf(by.field)
	}
	return nil
}

// include renders records of one object, and the records related to them that
// are asked for, each once. render is for the former.
func (s *state) include(records []*record, inclusions []*relation, render func(*record) resource) (data, included []resource) {
	data, included = []resource{}, []resource{}
	for _, r := range records {
		data = append(data, render(r))
	}
	seen := map[*record]bool{}
	for _, r := range records {
		seen[r] = true
	}
	for _, inclusion := range inclusions {
		for i, r := range records {
			s.relate(&data[i], inclusion, r)
			for _, other := range s.related(inclusion, r) {
				if !seen[other] {
					seen[other] = true
					included = append(included, s.item(other))
				}
			}
		}
	}
	return data, included
}

// related returns the records that a relationship of r leads to.
func (s *state) related(by *relation, r *record) []*record {
	switch by.kind {
	case oneToMany:
		return s.referring(by.target, by.inverse, r)
	case manyToMany:
		return s.linked(by, r)
	}
	if other := s.referTo(by.target, r, by.field); other != nil {
		return []*record{other}
	}
	return nil
}

// linked returns the records that r is linked to by a many-to-many relationship.
func (s *state) linked(by *relation, r *record) []*record {
	var records []*record
	for _, id := range r.links[by.field] {
		if other := s.follow(by.target, id); other != nil {
			records = append(records, other)
		}
	}
	return distinct(records)
}

// distinct leaves each record where it stands first.
func distinct(records []*record) []*record {
	seen := make(map[*record]bool, len(records))
	return slices.DeleteFunc(records, func(r *record) bool {
		before := seen[r]
		seen[r] = true
		return before
	})
}
