package clarifytest

import (
	"net/url"
	"slices"
	"strings"
)

// readInclude reads include, names of relationships of an object separated by
// commas.
func readInclude(spec *objectSpec, query url.Values) ([]*relation, *failure) {
	if len(query["include"]) > 1 {
		return nil, badRequest("The parameter include is sent more than once.")
	}
	var inclusions []*relation
	for name := range strings.SplitSeq(query.Get("include"), ",") {
		if name == "" {
			continue
		}
		r := spec.relation(name)
		if r == nil {
			return nil, badRequest("include: there is no relationship %q.", name)
		}
		inclusions = append(inclusions, r)
	}
	return inclusions, nil
}

// include renders records of one object, and the records related to them that
// are asked for, each once.
func (s *state) include(records []*record, inclusions []*relation) (data, included []resource) {
	data, included = []resource{}, []resource{}
	for _, r := range records {
		data = append(data, s.resource(r))
	}
	seen := map[*record]bool{}
	for _, r := range records {
		seen[r] = true
	}
	for _, inclusion := range inclusions {
		for i, r := range records {
			related := s.related(inclusion, r)
			if inclusion.many {
				data[i].relate(inclusion.name, toMany(related))
			}
			for _, other := range related {
				if !seen[other] {
					seen[other] = true
					included = append(included, s.resource(other))
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
