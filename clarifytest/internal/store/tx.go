package store

import (
	"maps"
	"slices"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// A Tx is a transaction. Its methods take effect immediately and record how to undo
// them.
type Tx struct {
	store    *Store
	User     string
	Now      time.Time
	undo     []func()
	onCommit []func() // run when the transaction can no longer fail
	written  []*Record
	recorder recorder
}

// NewID returns another id.
func (tx *Tx) NewID() string { return tx.store.NewID() }

// Schemas returns the schemas as the transaction has them.
func (tx *Tx) Schemas() *schema.Set { return tx.store.Schemas }

func (tx *Tx) rollback() {
	for _, undo := range slices.Backward(tx.undo) {
		undo()
	}
}

func (tx *Tx) commit() {
	for _, r := range tx.written {
		spec := tx.store.ObjectOf(r)
		tx.table(spec).learn(spec, r)
	}
	// These functions may add others.
	for i := 0; i < len(tx.onCommit); i++ {
		tx.onCommit[i]()
	}
}

// table returns the records of an object, for changing them. It copies the
// table if a snapshot has it.
func (tx *Tx) table(spec *schema.Object) *table {
	t := tx.store.table(spec)
	if t.epoch != tx.store.epoch {
		t = t.clone(tx.store.epoch)
		tx.store.tables.Put(tx, spec.Name, t)
	}
	return t
}

// SetSchemas replaces the schemas. Objects that are new have no records, those
// that are gone have none left. The caller does whatever else records need.
func (tx *Tx) SetSchemas(next *schema.Set) {
	s, old := tx.store, tx.store.Schemas
	if tx.recorder.schemas == nil {
		tx.recorder.schemas = old
	}
	s.Schemas = next
	tx.undo = append(tx.undo, func() { s.Schemas = old })
	for _, spec := range next.Objects {
		if s.table(spec) == nil {
			s.tables.Put(tx, spec.Name, newTable(spec, s.epoch))
		}
	}
	if hook := s.config.Hooks.SchemasSet; hook != nil {
		hook(tx, old, next)
	}
	if old == nil {
		return
	}
	for _, spec := range old.Objects {
		if next.Find(spec.Name) == nil {
			s.tables.Remove(tx, spec.Name)
		}
	}
}

// Insert creates a record. The attributes have been checked by themselves; at is
// where they stand in the body.
func (tx *Tx) Insert(spec *schema.Object, attributes map[string]any, at values.Pointer) (*Record, error) {
	if err := spec.CheckRequired(attributes, at); err != nil {
		return nil, err
	}
	r := &Record{
		Object:    spec.Name,
		ID:        tx.store.NewID(),
		given:     attributes,
		CreatedAt: tx.Now,
		UpdatedAt: tx.Now,
		CreatedBy: tx.User,
		UpdatedBy: tx.User,
	}
	if err := tx.checkPlace(r, attributes, at); err != nil {
		return nil, err
	}
	t := tx.table(spec)
	tx.recorder.adding(spec.Name, t)
	latest, unsorted := t.latest, t.unsorted
	t.add(r)
	tx.undo = append(tx.undo, func() {
		t.take(r)
		t.order = t.order[:len(t.order)-1]
		t.latest, t.unsorted = latest, unsorted
	})
	tx.written = append(tx.written, r)
	return r, nil
}

// Update changes some attributes of a record; the others stay.
func (tx *Tx) Update(old *Record, changes map[string]any, how schema.Strategies, at values.Pointer) (*Record, error) {
	attributes := maps.Clone(old.Attributes())
	spec := tx.store.ObjectOf(old)
	var found values.Problems
	for _, field := range slices.Sorted(maps.Keys(changes)) {
		value := changes[field]
		if s, ok := how[field]; ok {
			combined, err := s.Combine(spec, field, old.Attribute(field), value, at.Member(field))
			if err == nil {
				// Combined values are new values: a name needs its full name again.
				combined, err = spec.CheckAttribute(field, combined, at.Member(field))
			}
			found.Add(err)
			value = combined
		}
		attributes[field] = value
	}
	if err := found.Err(); err != nil {
		return nil, err
	}
	r := old.with(attributes)
	if err := tx.checkPlace(r, changes, at); err != nil {
		return nil, err
	}
	return tx.replace(old, r), nil
}

// replace puts a changed record where the one of the same id is.
func (tx *Tx) replace(old, r *Record) *Record {
	r.UpdatedAt, r.UpdatedBy = tx.Now, tx.User
	return tx.swap(old, r)
}

func (tx *Tx) swap(old, r *Record) *Record {
	t := tx.table(tx.store.ObjectOf(old))
	place := t.take(old)
	t.put(r, place)
	tx.recorder.touching(old, place)
	tx.undo = append(tx.undo, func() { t.put(old, t.take(r)) })
	tx.written = append(tx.written, r)
	return r
}

// Remove deletes a record.
func (tx *Tx) Remove(r *Record) {
	t := tx.table(tx.store.ObjectOf(r))
	kept := Deletion{At: tx.Now, By: tx.User, Record: r}
	if hook := tx.store.config.Hooks.Removing; hook != nil {
		kept.Kept = hook(tx, r)
	}
	place := t.take(r)
	tx.recorder.touching(r, place)
	tx.onCommit = append(tx.onCommit, t.compact, func() { tx.forgetDeleted(t) })
	t.deleted = append(t.deleted, kept)
	tx.undo = append(tx.undo, func() {
		t.deleted = t.deleted[:len(t.deleted)-1]
		t.put(r, place)
	})
}

// redirect makes references to source lead to into.
func (tx *Tx) redirect(source, into *Record) {
	tx.store.mergedInto.Put(tx, source.ID, into.ID)
	before, _ := tx.store.mergedFrom.Find(into.ID)
	tx.store.mergedFrom.Put(tx, into.ID, &merged{source.ID, before})
	tx.recorder.merging(source, into)
}

// forgetDeleted drops the deletions that are no longer listed.
func (tx *Tx) forgetDeleted(t *table) {
	for _, d := range t.forget(tx.Now) {
		tx.store.histories.Remove(tx, d.Record.ID)
	}
}

// checkPlace checks a record against the others: that those it refers to exist, as far as
// the references are among the changes, and that no other one has its unique values.
func (tx *Tx) checkPlace(r *Record, changes map[string]any, at values.Pointer) error {
	spec := tx.store.ObjectOf(r)
	var found values.Problems
	for _, field := range slices.Sorted(maps.Keys(changes)) {
		id, ok := changes[field].(string)
		if !ok {
			continue
		}
		if target := spec.Reference(field); target != nil && tx.store.Find(target, id) == nil {
			found.Add(values.Invalid(at.Member(field), "There is no %s with this id.", target.Name))
		}
	}
	for _, u := range tx.store.table(spec).unique {
		if tx.store.config.Rules.SharedEmailAddresses && u.field == "email_addresses" {
			continue
		}
		for _, key := range u.keys(r.Attribute(u.field)) {
			if id, taken := u.ids[key]; taken && id != r.ID {
				found.Add(values.NewProblem(ErrNotUnique, at.Member(u.field),
					"Another %s has the value %q: %s is unique.", r.Object, key, u.field))
			}
		}
	}
	return found.Err()
}
