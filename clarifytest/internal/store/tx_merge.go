package store

import (
	"maps"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// mergeAt is where the sources of a merge stand in the body.
const mergeAt values.Pointer = "/data/attributes/sources"

// Merge gives the target the values that it lacks and the sources have, and deletes the
// sources.
func (tx *Tx) Merge(spec *schema.Object, target string, sources []string) error {
	into, err := tx.store.Get(spec, target)
	if err != nil {
		return err
	}
	lacking, merged := map[string]any{}, map[string]bool{target: true}
	for _, id := range sources {
		merged[id] = true
	}
	for _, id := range sources {
		source, err := tx.store.Get(spec, id)
		if err != nil {
			return err
		}
		for field := range source.Attributes() {
			value := tx.store.Value(source, field)
			if values.IsEmpty(tx.store.Value(into, field)) && values.IsEmpty(lacking[field]) && !values.IsEmpty(value) && takesOver(spec, field, value, merged) {
				lacking[field] = value
			}
		}
		if err := tx.mergeLinks(spec, into, source); err != nil {
			return err
		}
		into = tx.again(into)
		if hook := tx.store.config.Hooks.Merging; hook != nil {
			hook(tx, source, into)
		}
		tx.Remove(tx.again(source))
		tx.redirect(source, into)
	}
	for field, id := range into.Attributes() {
		if merged[idOf(id)] && id != target && spec.Reference(field) == spec {
			lacking[field] = nil
		}
	}
	_, err = tx.Update(into, lacking, nil, mergeAt)
	return err
}

// takesOver reports whether the target of a merge may take over a value that it
// lacks. A record does not come to refer to itself by it, which is what a
// reference to one of those that are merged would be.
func takesOver(o *schema.Object, field string, value any, merged map[string]bool) bool {
	target := o.Reference(field)
	switch declared := o.Fields[field]; {
	case target == nil:
		return true
	case target == o && merged[idOf(value)]:
		return false
	default:
		return declared == nil || declared.Relationship.Mergeable
	}
}

// idOf returns a reference as a string, which is empty if it is none.
func idOf(value any) string {
	id, _ := value.(string)
	return id
}

// mergeLinks gives into the links of source. Those from others to source need no
// change if they are to lead to into: they follow the merge.
func (tx *Tx) mergeLinks(spec *schema.Object, into, source *Record) error {
	for _, field := range slices.Sorted(maps.Keys(spec.Fields)) {
		by := spec.RelationOf(field)
		if by == nil || !by.Many {
			continue
		}
		mergeable := spec.Fields[field].Relationship.Mergeable
		if by.Kind == schema.OneToMany && mergeable && by.Target != spec {
			continue
		}
		var taken, lost []*Record
		for _, other := range tx.store.Related(by, tx.again(source)) {
			if mergeable && other.ID != into.ID && other.ID != source.ID {
				taken = append(taken, other)
			} else {
				lost = append(lost, other)
			}
		}
		if err := tx.unlinkOthers(by, source, lost); err != nil {
			return err
		}
		if by.Kind == schema.ManyToMany {
			if _, err := tx.Link(by, tx.again(into), taken, mergeAt); err != nil {
				return err
			}
		}
	}
	return nil
}

// unlinkOthers ends a relationship at the other end only.
func (tx *Tx) unlinkOthers(by *schema.Relation, r *Record, others []*Record) error {
	for _, other := range others {
		other = tx.again(other)
		if by.Kind == schema.ManyToMany {
			tx.setInverse(by, other, tx.without(other.Links[by.Inverse], r))
		} else if _, err := tx.Update(other, map[string]any{by.Inverse: nil}, nil, mergeAt); err != nil {
			return err
		}
	}
	return nil
}
