package clarifytest

import (
	"net/url"
	"slices"
	"strings"
)

// inclusion is a relationship whose records are to come along.
type inclusion struct {
	target *objectSpec
	many   bool
}

// readInclude reads include, names of relationships separated by commas.
func readInclude(query url.Values) ([]inclusion, *failure) {
	if len(query["include"]) > 1 {
		return nil, badRequest("The parameter include is sent more than once.")
	}
	var inclusions []inclusion
	for name := range strings.SplitSeq(query.Get("include"), ",") {
		switch {
		case name == "":
		case objects[name] != nil:
			inclusions = append(inclusions, inclusion{target: objects[name]})
		case plurals[name] != nil:
			inclusions = append(inclusions, inclusion{target: plurals[name], many: true})
		default:
			return nil, badRequest("include: there is no relationship %q.", name)
		}
	}
	return inclusions, nil
}

// include renders records, and the records related to them that are asked for,
// each once.
func (s *state) include(records []*record, inclusions []inclusion) (data, included []resource) {
	data, included = []resource{}, []resource{}
	for _, r := range records {
		data = append(data, s.resource(r))
	}
	seen := map[*record]bool{}
	for _, r := range records {
		seen[r] = true
	}
	for _, inclusion := range inclusions {
		referring := s.referring(records, inclusion)
		for i, r := range records {
			related := s.related(r, inclusion, referring)
			if inclusion.many {
				data[i].Relationships[inclusion.target.plural] = toMany(related)
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

// related returns the records of a relationship of r.
func (s *state) related(r *record, i inclusion, referring map[*record][]*record) []*record {
	var related []*record
	if other := s.refer(r, referenceTo(i.target)); other != nil {
		related = append(related, other)
	}
	if !i.many {
		return related
	}
	return distinct(slices.Concat(related, s.linked(r, i.target), referring[r]))
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

// referring finds the records of a to-many relationship that refer to one of
// records. It looks at all there are, once for a whole page, because nothing
// else needs an index from a record to those that refer to it.
func (s *state) referring(records []*record, i inclusion) map[*record][]*record {
	if !i.many || len(records) == 0 {
		return nil
	}
	referring := map[*record][]*record{}
	for _, other := range s.table(i.target).all() {
		if r := s.refer(other, referenceTo(records[0].spec)); r != nil {
			referring[r] = append(referring[r], other)
		}
	}
	return referring
}
