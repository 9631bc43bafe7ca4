package store

import (
	"maps"
	"slices"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// A Lag is how long a change of the schemas takes: until the workspace has responded to
// so many more requests, or until the clock has moved by so much, whichever comes first.
type Lag struct {
	Requests int
	Time     time.Duration
}

// schemaWork is a change of the schemas in progress. It is immutable.
type schemaWork struct {
	user  string
	next  *schema.Set
	edits []schema.Edit
	left  int       // responses until it is done
	until time.Time // when it is done in any case
}

// HoldingSchemas calls f, which handles one request, while the schemas stay what
// they are. A change of them in progress ends before or after.
func HoldingSchemas[T any](s *Store, f func() (T, error)) (T, error) {
	s.advanceSchemas(1)
	defer s.advanceSchemas(0)
	s.schemaLock.RLock()
	defer s.schemaLock.RUnlock()
	return f()
}

// advanceSchemas completes the change of the schemas in progress if it is due, and counts
// requests otherwise.
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
	_ = s.Write(work.user, func(tx *Tx) error {
		if work.left <= 0 || !tx.Now.Before(work.until) {
			tx.setWork(nil)
			// Records added in the meantime may make the change impossible.
			if tx.checkUnique(work.next.Objects) == nil {
				tx.finishSchemas(work)
			}
			return nil
		}
		counted := *work
		counted.left -= requests
		tx.setWork(&counted)
		return nil
	})
}

// BeginSchemas begins a change of the schemas, which is complete after the lag. There is one at a time: see CheckIdle.
func (tx *Tx) BeginSchemas(d *schema.Draft, lag Lag) {
	tx.setWork(&schemaWork{
		user:  tx.User,
		next:  d.Set(),
		edits: d.Edits,
		left:  lag.Requests,
		until: tx.Now.Add(lag.Time),
	})
}

// CheckIdle returns an error while a change of the schemas is in progress.
func (s *Store) CheckIdle() error {
	if s.work != nil {
		return values.NewProblem(ErrBusy, "", "The schemas are being changed by another request. Try again in a moment.")
	}
	return nil
}

func (tx *Tx) setWork(work *schemaWork) {
	s, old := tx.store, tx.store.work
	s.work = work
	tx.undo = append(tx.undo, func() { s.work = old })
}

func (tx *Tx) finishSchemas(work *schemaWork) {
	old := tx.store.Schemas
	tx.SetSchemas(work.next)
	for _, spec := range work.next.Objects {
		tx.convert(spec, slices.DeleteFunc(slices.Clone(work.edits), func(e schema.Edit) bool { return e.Object != spec.Name }))
		if before := old.Find(spec.Name); before != nil && !slices.Equal(before.Unique, spec.Unique) {
			tx.reindex(spec)
		}
	}
}

// convert changes the records of an object as the edits say.
func (tx *Tx) convert(spec *schema.Object, edits []schema.Edit) {
	if len(edits) == 0 {
		return
	}
	for _, r := range slices.Clone(tx.store.table(spec).all()) {
		if changed := converted(r, edits); changed != nil {
			tx.replace(r, changed)
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

// reindex rebuilds the indexes of unique fields.
func (tx *Tx) reindex(spec *schema.Object) {
	t := tx.table(spec)
	old := t.unique
	t.index(spec)
	tx.undo = append(tx.undo, func() { t.unique = old })
}

// ChangeSchemas begins the change that f makes, which takes a while.
func (tx *Tx) ChangeSchemas(lag Lag, f func(*schema.Draft) error) error {
	if err := tx.store.CheckIdle(); err != nil {
		return err
	}
	d := tx.store.Schemas.Draft()
	if err := f(d); err != nil {
		return err
	}
	if err := tx.checkUnique(d.Objects); err != nil {
		return err
	}
	tx.BeginSchemas(d, lag)
	return nil
}

// checkUnique checks that no two records share a value of a field that the
// objects make unique.
func (tx *Tx) checkUnique(objects []*schema.Object) error {
	for _, o := range objects {
		before := tx.store.Schemas.Find(o.Name)
		for _, field := range o.Unique {
			if before == nil || slices.Contains(before.Unique, field) {
				continue
			}
			u := uniqueIndex{field: field, fold: o.Folds(field)}
			seen := map[string]*Record{}
			for _, r := range tx.store.table(before).all() {
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
