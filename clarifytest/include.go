package clarifytest

import (
	"slices"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
)

// readInclude reads include, names of an object's relationship properties
// separated by commas.
func (c *call) readInclude(spec *schema.Object) ([]*schema.Relation, error) {
	if len(c.query["include"]) > 1 {
		return nil, badRequest("The parameter include is sent more than once.")
	}
	var inclusions []*schema.Relation
	for name := range strings.SplitSeq(c.query.Get("include"), ",") {
		if name == "" {
			continue
		}
		r := spec.RelationCalled(name, c.server.config.quirks.includeRelationshipNames)
		if r == nil {
			return nil, badRequest("include: %s has no relationship property %q.", spec.Name, name)
		}
		inclusions = append(inclusions, r)
	}
	return inclusions, nil
}

// include renders records of one object, and the records related to them that
// are asked for, each once. render is for the former.
func (s *state) include(records []*record, inclusions []*schema.Relation, render func(*record) resource) (data, included []resource) {
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
func (s *state) related(by *schema.Relation, r *record) []*record {
	switch by.Kind {
	case schema.OneToMany:
		return s.referring(by.Target, by.Inverse, r)
	case schema.ManyToMany:
		return s.linked(by, r)
	}
	if other := s.referTo(by.Target, r, by.Field); other != nil {
		return []*record{other}
	}
	return nil
}

// linked returns the records that r is linked to by a many-to-many relationship.
func (s *state) linked(by *schema.Relation, r *record) []*record {
	var records []*record
	for _, id := range r.links[by.Field] {
		if other := s.follow(by.Target, id); other != nil {
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
