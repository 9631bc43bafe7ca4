package clarifytest

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// change is a write that is under way. Its methods take effect at once and
// remember how to undo it.
type change struct {
	state   *state
	user    string
	now     time.Time
	undo    []func()
	settle  []func() // what is to be done once nothing can be undone any more
	written []*record
	witness witness
}

func (c *change) rollback() {
	for _, undo := range slices.Backward(c.undo) {
		undo()
	}
}

func (c *change) commit() {
	for _, r := range c.written {
		spec := c.state.spec(r)
		c.table(spec).learn(spec, r)
	}
	// What settles may add to what is to be settled.
	for i := 0; i < len(c.settle); i++ {
		c.settle[i]()
	}
}

// table returns the records of an object, for changing them. It copies the
// table if a snapshot has it.
func (c *change) table(spec *schema.Object) *table {
	t := c.state.table(spec)
	if t.epoch != c.state.epoch {
		t = t.clone(c.state.epoch)
		c.state.tables.put(c, spec.Name, t)
	}
	return t
}

// setSchemas replaces the schemas. Objects that are new have no records, those
// that are no more have none left; what else is to become of records is the
// caller's business.
func (c *change) setSchemas(next *schema.Set) {
	s, old := c.state, c.state.schemas
	if c.witness.schemas == nil {
		c.witness.schemas = old
	}
	s.schemas = next
	c.undo = append(c.undo, func() { s.schemas = old })
	for _, spec := range next.Objects {
		if s.table(spec) == nil {
			s.tables.put(c, spec.Name, newTable(spec, s.epoch))
		}
	}
	c.keepLists(old, next)
	if old == nil {
		return
	}
	for _, spec := range old.Objects {
		if next.Find(spec.Name) == nil {
			for _, r := range s.table(spec).all() {
				c.dropFiles(r)
			}
			s.tables.remove(c, spec.Name)
			s.layouts.remove(c, spec.Name+pageSuffix)
		}
	}
}

// insert creates a record. The attributes have been checked by themselves; at is
// where they stand in the body.
func (c *change) insert(spec *schema.Object, attributes map[string]any, at values.Pointer) (*record, error) {
	if f := spec.CheckRequired(attributes, at); f != nil {
		return nil, f
	}
	r := &record{
		object:    spec.Name,
		id:        c.state.newID(),
		given:     attributes,
		createdAt: c.now,
		updatedAt: c.now,
		createdBy: c.user,
		updatedBy: c.user,
	}
	if f := c.checkPlace(r, attributes, at); f != nil {
		return nil, f
	}
	t := c.table(spec)
	c.witness.adding(spec.Name, t)
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

// update changes some attributes of a record; the others stay.
func (c *change) update(old *record, changes map[string]any, how schema.Strategies, at values.Pointer) (*record, error) {
	attributes := maps.Clone(old.attributes())
	spec := c.state.spec(old)
	var found values.Problems
	for _, field := range slices.Sorted(maps.Keys(changes)) {
		value := changes[field]
		if s, ok := how[field]; ok {
			combined, f := s.Combine(spec, field, old.attribute(field), value, at.Member(field))
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
func (c *change) replace(old, r *record) *record {
	r.updatedAt, r.updatedBy = c.now, c.user
	return c.swap(old, r)
}

func (c *change) swap(old, r *record) *record {
	t := c.table(c.state.spec(old))
	place := t.take(old)
	t.put(r, place)
	c.witness.touching(old, place)
	c.undo = append(c.undo, func() { t.put(old, t.take(r)) })
	c.written = append(c.written, r)
	return r
}

// remove deletes a record.
func (c *change) remove(r *record) {
	t := c.table(c.state.spec(r))
	kept := deletion{at: c.now, by: c.user, record: r, resource: c.state.item(r)}
	kept.resource.Attributes["_deleted_at"] = values.FormatTime(c.now)
	c.dropFiles(r)
	place := t.take(r)
	c.witness.touching(r, place)
	c.settle = append(c.settle, t.compact, func() { c.forgetDeleted(t) })
	t.deleted = append(t.deleted, kept)
	c.undo = append(c.undo, func() {
		t.deleted = t.deleted[:len(t.deleted)-1]
		t.put(r, place)
	})
}

// bequeath makes references to source references to heir.
func (c *change) bequeath(source, heir *record) {
	c.state.heirs.put(c, source.id, heir.id)
	before, _ := c.state.ancestors.find(heir.id)
	c.state.ancestors.put(c, heir.id, &ancestor{source.id, before})
	c.witness.merging(source, heir)
}

// forgetDeleted drops the deletions that are listed no more.
func (c *change) forgetDeleted(t *table) {
	for _, d := range t.forget(c.now) {
		c.state.histories.remove(c, d.resource.ID)
	}
}

// checkPlace checks what takes the other records to check: that what the record
// refers to exists, as far as it is among the changes, and that no other has
// its unique values.
func (c *change) checkPlace(r *record, changes map[string]any, at values.Pointer) error {
	spec := c.state.spec(r)
	var found values.Problems
	for _, field := range slices.Sorted(maps.Keys(changes)) {
		id, ok := changes[field].(string)
		if !ok {
			continue
		}
		if target := spec.Reference(field); target != nil && c.state.find(target, id) == nil {
			found.Add(values.Invalid(at.Member(field), "There is no %s with this id.", target.Name))
		}
	}
	for _, u := range c.state.table(spec).unique {
		if c.state.quirks.sharedEmailAddresses && u.field == "email_addresses" {
			continue
		}
		for _, key := range u.keys(r.attribute(u.field)) {
			if id, taken := u.ids[key]; taken && id != r.id {
				found.Add(failAt(http.StatusBadRequest, at.Member(u.field),
					"Another %s has the value %q: %s is unique.", r.object, key, u.field))
			}
		}
	}
	return found.Err()
}
