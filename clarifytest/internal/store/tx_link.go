package store

import (
	"maps"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// Link adds records to those that a relationship of r leads to, and returns what
// r is then. at is where they stand in the body.
//
// A many-to-many relationship is no part of the records themselves: they keep
// their _updated_at. The others are a field of the records at one end, which are
// updated.
func (tx *Tx) Link(by *schema.Relation, r *Record, others []*Record, at values.Pointer) (*Record, error) {
	for _, other := range others {
		other = tx.again(other)
		switch by.Kind {
		case schema.ManyToMany:
			tx.setInverse(by, other, appended(other.Links[by.Inverse], r.ID))
		case schema.OneToMany:
			if _, err := tx.Update(other, map[string]any{by.Inverse: r.ID}, nil, at); err != nil {
				return nil, err
			}
			r = tx.again(r)
		case schema.ManyToOne:
			var err error
			if r, err = tx.Update(r, map[string]any{by.Field: other.ID}, nil, at); err != nil {
				return nil, err
			}
		}
	}
	if by.Kind == schema.ManyToMany {
		r = tx.again(r)
		linked := r.Links[by.Field]
		r = tx.setLinks(r, by.Field, append(slices.Clip(linked), without(idsOf(others), linked)...))
	}
	return r, nil
}

// Unlink removes records from those that a relationship of r leads to, and
// returns what r is then.
func (tx *Tx) Unlink(by *schema.Relation, r *Record, others []*Record) (*Record, error) {
	for _, other := range others {
		other = tx.again(other)
		switch by.Kind {
		case schema.ManyToMany:
			tx.setInverse(by, other, tx.without(other.Links[by.Inverse], r))
		case schema.OneToMany:
			if _, err := tx.Update(other, map[string]any{by.Inverse: nil}, nil, ""); err != nil {
				return nil, err
			}
			r = tx.again(r)
		case schema.ManyToOne:
			var err error
			if r, err = tx.Update(r, map[string]any{by.Field: nil}, nil, ""); err != nil {
				return nil, err
			}
		}
	}
	if by.Kind == schema.ManyToMany {
		r = tx.again(r)
		r = tx.setLinks(r, by.Field, tx.without(r.Links[by.Field], others...))
	}
	return r, nil
}

// again returns a record as it is after others were changed: it may have been
// linked to itself.
func (tx *Tx) again(r *Record) *Record { return tx.store.Find(tx.store.ObjectOf(r), r.ID) }

// appended returns ids with one more, if it is not among them.
func appended(ids []string, id string) []string {
	if slices.Contains(ids, id) {
		return ids
	}
	return append(slices.Clone(ids), id)
}

// without returns the ids that lead to none of the records.
func (tx *Tx) without(ids []string, records ...*Record) []string {
	if len(records) == 0 {
		return ids
	}
	leaving := make(map[string]bool, len(records))
	for _, r := range records {
		leaving[r.ID] = true
	}
	spec := tx.store.ObjectOf(records[0])
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		r := tx.store.Follow(spec, id)
		return r != nil && leaving[r.ID]
	})
}

func idsOf(records []*Record) []string {
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.ID
	}
	return ids
}

// setInverse replaces what the other end of a many-to-many relationship has, if it has
// an end there.
func (tx *Tx) setInverse(by *schema.Relation, other *Record, ids []string) {
	if by.Inverse != "" {
		tx.setLinks(other, by.Inverse, ids)
	}
}

// setLinks replaces what a record has at its end of a many-to-many relationship.
func (tx *Tx) setLinks(r *Record, field string, ids []string) *Record {
	if slices.Equal(ids, r.Links[field]) {
		return r
	}
	linked := *r
	linked.Links = maps.Clone(r.Links)
	if linked.Links == nil {
		linked.Links = map[string][]string{}
	}
	linked.Links[field] = ids
	if len(ids) == 0 {
		delete(linked.Links, field)
	}
	return tx.swap(r, &linked)
}
