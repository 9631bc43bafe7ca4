package store

import (
	"maps"
	"slices"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// Lag is how long a change of the schemas is under way: until so many more
// requests to the workspace have been answered, or until the clock has moved by
// so much, whichever comes first.
type Lag struct {
	Requests int
	Time     time.Duration
}

// schemaWork is a change of the schemas that is under way. It is immutable.
type schemaWork struct {
	user  string
	next  *schema.Set
	edits []schema.Edit
	left  int       // requests that are answered before it is done
	until time.Time // when it is done in any case
}

// HoldingSchemas calls f as the response to one request, while the schemas stay what
// they are. A change of them that is under way ends before or after.
func HoldingSchemas[T any](s *Store, f func() (T, error)) (T, error) {
	s.advanceSchemas(1)
	defer s.advanceSchemas(0)
	s.schemaLock.RLock()
	defer s.schemaLock.RUnlock()
	return f()
}

// advanceSchemas makes the change of the schemas that is under way if it is due,
// and else counts requests.
func (s *Store) advanceSchemas(requests int) {
	s.mu.RLock()
	idle := s.work == nil
	s.mu.RUnlock()
	if idle {
		return
	}
	s.schemaLock.Lock()
	defer s.schemaLock.Unlock()
	s.mu.RLock()
	work := s.work
	s.mu.RUnlock()
	if work == nil {
		return
	}
	_ = s.Write(work.user, func(c *Tx) error {
		if work.left <= 0 || !c.Now.Before(work.until) {
			c.setWork(nil)
			// Records that came meanwhile may be such that the change cannot be made.
			if c.checkUnique(work.next.Objects) == nil {
				c.finishSchemas(work)
			}
			return nil
		}
		counted := *work
		counted.left -= requests
		c.setWork(&counted)
		return nil
	})
}

// BeginSchemas has a change of the schemas made when it has lasted as long as it
// is to. There is one at a time: see CheckIdle.
func (c *Tx) BeginSchemas(d *schema.Draft, lag Lag) {
	c.setWork(&schemaWork{
		user:  c.User,
		next:  d.Set(),
		edits: d.Edits,
		left:  lag.Requests,
		until: c.Now.Add(lag.Time),
	})
}

// CheckIdle is the response while a change of the schemas is under way.
func (s *Store) CheckIdle() error {
	if s.work != nil {
		return values.NewProblem(ErrBusy, "", "The schemas are being changed by another request. Try again in a moment.")
	}
	return nil
}

func (c *Tx) setWork(work *schemaWork) {
	s, old := c.store, c.store.work
	s.work = work
	c.undo = append(c.undo, func() { s.work = old })
}

func (c *Tx) finishSchemas(work *schemaWork) {
	old := c.store.Schemas
	c.SetSchemas(work.next)
	for _, spec := range work.next.Objects {
		c.convert(spec, slices.DeleteFunc(slices.Clone(work.edits), func(e schema.Edit) bool { return e.Object != spec.Name }))
		if before := old.Find(spec.Name); before != nil && !slices.Equal(before.Unique, spec.Unique) {
			c.reindex(spec)
		}
	}
}

// convert changes the records of an object as the edits say.
func (c *Tx) convert(spec *schema.Object, edits []schema.Edit) {
	if len(edits) == 0 {
		return
	}
	for _, r := range slices.Clone(c.store.table(spec).all()) {
		if changed := converted(r, edits); changed != nil {
			c.replace(r, changed)
		}
	}
}

// converted returns what edits make of a record, or nil if that is the same.
func converted(r *Record, edits []schema.Edit) *Record {
	edited := r
	for _, e := range edits {
		value, has := edited.lookup(e.Field)
		_, linked := edited.Links[e.Field]
		switch {
		case e.Convert == nil && (has || linked):
			attributes, links := maps.Clone(edited.Attributes()), maps.Clone(edited.Links)
			delete(attributes, e.Field)
			delete(links, e.Field)
			edited = edited.with(attributes)
			edited.Links = links
		case e.Convert != nil && value != nil:
			if another, differs := e.Convert(value); differs {
				edited = edited.with(values.With(edited.Attributes(), e.Field, another))
			}
		}
	}
	if edited == r {
		return nil
	}
	return edited
}

// reindex makes the indexes of unique fields anew.
func (c *Tx) reindex(spec *schema.Object) {
	t := c.table(spec)
	old := t.unique
	t.index(spec)
	c.undo = append(c.undo, func() { t.unique = old })
}

// ChangeSchemas begins the change that f makes, which takes a while.
func (c *Tx) ChangeSchemas(lag Lag, f func(*schema.Draft) error) error {
	if err := c.store.CheckIdle(); err != nil {
		return err
	}
	d := c.store.Schemas.Draft()
	if err := f(d); err != nil {
		return err
	}
	if err := c.checkUnique(d.Objects); err != nil {
		return err
	}
	c.BeginSchemas(d, lag)
	return nil
}

// checkUnique checks that no two records share a value of a field that the
// objects make unique.
func (c *Tx) checkUnique(objects []*schema.Object) error {
	for _, o := range objects {
		before := c.store.Schemas.Find(o.Name)
		for _, field := range o.Unique {
			if before == nil || slices.Contains(before.Unique, field) {
				continue
			}
			u := uniqueIndex{field: field, fold: o.Folds(field)}
			seen := map[string]*Record{}
			for _, r := range c.store.table(before).all() {
				for _, key := range u.keys(r.Attribute(field)) {
					if seen[key] != nil && seen[key] != r {
						return values.NewProblem(ErrNotUnique, "", "%s cannot be unique: more than one %s has the value %q.", field, o.Name, key)
					}
					seen[key] = r
				}
			}
		}
	}
	return nil
}

// HoldSchemas keeps the schemas what they are until release is called.
func (s *Store) HoldSchemas() (release func()) {
	s.schemaLock.RLock()
	return s.schemaLock.RUnlock
}
