package api

import (
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
)

// readInclude reads include, names of an object's relationship properties
// separated by commas.
func (c *Call) readInclude(spec *schema.Object) ([]*schema.Relation, error) {
	if len(c.Query["include"]) > 1 {
		return nil, BadRequest("The parameter include is sent more than once.")
	}
	var inclusions []*schema.Relation
	for name := range strings.SplitSeq(c.Query.Get("include"), ",") {
		if name == "" {
			continue
		}
		r := spec.RelationCalled(name, c.Quirks.IncludeRelationshipNames)
		if r == nil {
			return nil, BadRequest("include: %s has no relationship property %q.", spec.Name, name)
		}
		inclusions = append(inclusions, r)
	}
	return inclusions, nil
}

// include renders records of one object, and the records related to them that
// are asked for, each once. render is for the former.
func (s *State) include(records []*store.Record, inclusions []*schema.Relation, render func(*store.Record) resource) (data, included []resource) {
	data, included = []resource{}, []resource{}
	for _, r := range records {
		data = append(data, render(r))
	}
	seen := map[*store.Record]bool{}
	for _, r := range records {
		seen[r] = true
	}
	for _, inclusion := range inclusions {
		for i, r := range records {
			s.relate(&data[i], inclusion, r)
			for _, other := range s.Related(inclusion, r) {
				if !seen[other] {
					seen[other] = true
					included = append(included, s.item(other))
				}
			}
		}
	}
	return data, included
}
