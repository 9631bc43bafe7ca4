package clarifytest

import (
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
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
		r := spec.RelationCalled(name, c.quirks.includeRelationshipNames)
		if r == nil {
			return nil, badRequest("include: %s has no relationship property %q.", spec.Name, name)
		}
		inclusions = append(inclusions, r)
	}
	return inclusions, nil
}

// include renders records of one object, and the records related to them that
// are asked for, each once. render is for the former.
func (s *state) include(records []*store.Record, inclusions []*schema.Relation, render func(*store.Record) resource) (data, included []resource) {
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
