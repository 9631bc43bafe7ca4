package store

import (
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
)

// Related returns the records that a relationship of r leads to.
func (s *Store) Related(by *schema.Relation, r *Record) []*Record {
	switch by.Kind {
	case schema.OneToMany:
		return s.referring(by.Target, by.Inverse, r)
	case schema.ManyToMany:
		return s.linked(by, r)
	}
	if other := s.Referred(by.Target, r, by.Field); other != nil {
		return []*Record{other}
	}
	return nil
}

// linked returns the records that r is linked to by a many-to-many relationship.
func (s *Store) linked(by *schema.Relation, r *Record) []*Record {
	var records []*Record
	for _, id := range r.Links[by.Field] {
		if other := s.Follow(by.Target, id); other != nil {
			records = append(records, other)
		}
	}
	return Distinct(records)
}

// Distinct leaves each record where it stands first.
func Distinct(records []*Record) []*Record {
	seen := make(map[*Record]bool, len(records))
	return slices.DeleteFunc(records, func(r *Record) bool {
		before := seen[r]
		seen[r] = true
		return before
	})
}
