package store

import (
	"maps"
	"slices"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// change is a write that is under way. Its methods take effect at once and
// remember how to undo it.
type Tx struct {
	store    *Store
	User     string
	Now      time.Time
	undo     []func()
	onCommit []func() // what is to be done once nothing can be undone any more
	written  []*Record
	recorder recorder
}

// NewID returns another id.
func (c *Tx) NewID() string { return c.store.NewID() }

// Schemas returns the schemas as the transaction has them.
func (c *Tx) Schemas() *schema.Set { return c.store.Schemas }

func (c *Tx) rollback() {
	for _, undo := range slices.Backward(c.undo) {
		undo()
	}
}

func (c *Tx) commit() {
	for _, r := range c.written {
		spec := c.store.ObjectOf(r)
		c.table(spec).learn(spec, r)
	}
	// What settles may add to what is to be settled.
	for i := 0; i < len(c.onCommit); i++ {
		c.onCommit[i]()
	}
}

// table returns the records of an object, for changing them. It copies the
// table if a snapshot has it.
func (c *Tx) table(spec *schema.Object) *table {
	t := c.store.table(spec)
	if t.epoch != c.store.epoch {
		t = t.clone(c.store.epoch)
		c.store.tables.Put(c, spec.Name, t)
	}
	return t
}

// SetSchemas replaces the schemas. Objects that are new have no records, those
// that are no more have none left; what else is to become of records is the
// caller's business.
func (c *Tx) SetSchemas(next *schema.Set) {
	s, old := c.store, c.store.Schemas
	if c.recorder.schemas == nil {
		c.recorder.schemas = old
	}
	s.Schemas = next
	c.undo = append(c.undo, func() { s.Schemas = old })
	for _, spec := range next.Objects {
		if s.table(spec) == nil {
			s.tables.Put(c, spec.Name, newTable(spec, s.epoch))
		}
	}
	if hook := s.config.Hooks.SchemasSet; hook != nil {
		hook(c, old, next)
	}
	if old == nil {
		return
	}
	for _, spec := range old.Objects {
		if next.Find(spec.Name) == nil {
			s.tables.Remove(c, spec.Name)
		}
	}
}

// Insert creates a record. The attributes have been checked by themselves; at is
// where they stand in the body.
func (c *Tx) Insert(spec *schema.Object, attributes map[string]any, at values.Pointer) (*Record, error) {
	if f := spec.CheckRequired(attributes, at); f != nil {
		return nil, f
	}
	r := &Record{
		Object:    spec.Name,
		ID:        c.store.NewID(),
		given:     attributes,
		CreatedAt: c.Now,
		UpdatedAt: c.Now,
		CreatedBy: c.User,
		UpdatedBy: c.User,
	}
	if f := c.checkPlace(r, attributes, at); f != nil {
		return nil, f
	}
	t := c.table(spec)
	c.recorder.adding(spec.Name, t)
	latest, unsorted := t.latest, t.unsorted
	t.add(r)
	c.undo = append(c.undo, func() {
		t.take(r)
		t.order = t.order[:len(t.order)-1]
		t.latest, t.unsorted = latest, unsorted
	})
	c.written = append(c.written, r)
	return r, nil
}

// Update changes some attributes of a record; the others stay.
func (c *Tx) Update(old *Record, changes map[string]any, how schema.Strategies, at values.Pointer) (*Record, error) {
	attributes := maps.Clone(old.Attributes())
	spec := c.store.ObjectOf(old)
	var found values.Problems
	for _, field := range slices.Sorted(maps.Keys(changes)) {
		value := changes[field]
		if s, ok := how[field]; ok {
			combined, f := s.Combine(spec, field, old.Attribute(field), value, at.Member(field))
			if f == nil {
				// Combined values are new values: a name needs its full name again.
				combined, f = spec.CheckAttribute(field, combined, at.Member(field))
			}
			found.Add(f)
			value = combined
		}
		attributes[field] = value
	}
	if f := found.Err(); f != nil {
		return nil, f
	}
	r := old.with(attributes)
	if f := c.checkPlace(r, changes, at); f != nil {
		return nil, f
	}
	return c.replace(old, r), nil
}

// replace puts a changed record where the one of the same id is.
func (c *Tx) replace(old, r *Record) *Record {
	r.UpdatedAt, r.UpdatedBy = c.Now, c.User
	return c.swap(old, r)
}

func (c *Tx) swap(old, r *Record) *Record {
	t := c.table(c.store.ObjectOf(old))
	place := t.take(old)
	t.put(r, place)
	c.recorder.touching(old, place)
	c.undo = append(c.undo, func() { t.put(old, t.take(r)) })
	c.written = append(c.written, r)
	return r
}

// Remove deletes a record.
func (c *Tx) Remove(r *Record) {
	t := c.table(c.store.ObjectOf(r))
	kept := Deletion{At: c.Now, By: c.User, Record: r}
	if hook := c.store.config.Hooks.Removing; hook != nil {
		kept.Kept = hook(c, r)
	}
	place := t.take(r)
	c.recorder.touching(r, place)
	c.onCommit = append(c.onCommit, t.compact, func() { c.forgetDeleted(t) })
	t.deleted = append(t.deleted, kept)
	c.undo = append(c.undo, func() {
		t.deleted = t.deleted[:len(t.deleted)-1]
		t.put(r, place)
	})
}

// redirect makes references to source references to heir.
func (c *Tx) redirect(source, heir *Record) {
	c.store.mergedInto.Put(c, source.ID, heir.ID)
	before, _ := c.store.mergedFrom.Find(heir.ID)
	c.store.mergedFrom.Put(c, heir.ID, &merged{source.ID, before})
	c.recorder.merging(source, heir)
}

// forgetDeleted drops the deletions that are listed no more.
func (c *Tx) forgetDeleted(t *table) {
	for _, d := range t.forget(c.Now) {
		c.store.histories.Remove(c, d.Record.ID)
	}
}

// checkPlace checks what takes the other records to check: that what the record
// refers to exists, as far as it is among the changes, and that no other has
// its unique values.
func (c *Tx) checkPlace(r *Record, changes map[string]any, at values.Pointer) error {
	spec := c.store.ObjectOf(r)
	var found values.Problems
	for _, field := range slices.Sorted(maps.Keys(changes)) {
		id, ok := changes[field].(string)
		if !ok {
			continue
		}
		if target := spec.Reference(field); target != nil && c.store.Find(target, id) == nil {
			found.Add(values.Invalid(at.Member(field), "There is no %s with this id.", target.Name))
		}
	}
	for _, u := range c.store.table(spec).unique {
		if c.store.config.Rules.SharedEmailAddresses && u.field == "email_addresses" {
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
