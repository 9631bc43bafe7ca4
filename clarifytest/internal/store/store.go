package store

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// The reasons of problems with requests that concern records.
var (
	ErrNotFound  = errors.New("not found")
	ErrNotUnique = errors.New("not unique")
	ErrBusy      = errors.New("busy")
	ErrQuery     = errors.New("invalid query")
)

// A Store holds the records of a workspace, its schemas and what happened to them. All
// access goes through Read and Write. Records never change once they are in a table: a
// transaction puts another one in their place. So what Read and Write return may be
// used after they have returned.
type Store struct {
	config Config

	// schemaLock is held for reading while a request is handled, and for writing while
	// schemas that the request may use are replaced. It is taken before mu.
	schemaLock sync.RWMutex

	mu      sync.RWMutex
	epoch   *epoch
	version uint64 // another one after each write
	Contents

	selections selections
	late       *late // nil if all writes show at once
}

// A Config says what a store is made of.
type Config struct {
	Clock func() time.Time
	NewID func() string
	Rules Rules
	Hooks Hooks

	// MaxEvents is how many of the latest events the store remembers at least, beside
	// that records were created and deleted.
	MaxEvents uint64
}

// Rules are what differs between the stores of sandboxes.
type Rules struct {
	Schemas              schema.Rules
	SharedEmailAddresses bool // several records may have the same email address
	CollectionEquality   bool // filters take Is and Is not for collections
}

// Hooks are called by transactions, so that what a workspace holds beside records
// follows them. Each may be nil.
type Hooks struct {
	// SchemasSet is called when the schemas were replaced, and the records of objects
	// that are gone are still there. before is nil for the first schemas.
	SchemasSet func(tx *Tx, before, after *schema.Set)

	// Removing is called before a record is deleted. The deletion keeps what it returns.
	Removing func(tx *Tx, r *Record) any

	// Merging is called before a record is merged into another one.
	Merging func(tx *Tx, source, into *Record)
}

// Contents is what a store holds, and its copy is a snapshot of all of it. So every
// field is a copy-on-write map, a number or points to what never changes, and whatever
// else a store comes to hold becomes a field here.
type Contents struct {
	Schemas    *schema.Set
	work       *schemaWork  // nil unless the schemas are being changed
	tables     Map[*table]  // by object
	mergedInto Map[string]  // the id of each merged record to that of the one it went into
	mergedFrom Map[*merged] // the other way round
	histories  Map[history] // by the id of a record, or schemaSubject
	events     uint64       // how many events there were
	forgotten  uint64       // how many of them are forgotten
}

// New returns a store that has no schemas until a transaction sets them.
func New(c Config) *Store { return &Store{config: c, epoch: new(epoch)} }

// Lock waits for requests and transactions to end, and keeps others from beginning
// until Unlock is called.
func (s *Store) Lock() {
	s.schemaLock.Lock()
	s.mu.Lock()
}

// Unlock undoes Lock.
func (s *Store) Unlock() {
	s.mu.Unlock()
	s.schemaLock.Unlock()
}

// Snapshot returns what the store holds. Whoever calls it has locked the store.
func (s *Store) Snapshot() Contents {
	s.epoch = new(epoch)
	return s.Contents
}

// Restore gives the store what another one, or itself, held before. Whoever calls it
// has locked the store.
func (s *Store) Restore(c Contents) {
	s.Contents = c
	s.Schemas = s.Schemas.Under(s.config.Rules.Schemas)
	if s.work != nil {
		work := *s.work
		work.next = work.next.Under(s.config.Rules.Schemas)
		s.work = &work
	}
	s.epoch = new(epoch)
	s.version++
	if s.late != nil {
		s.ShowLate(s.late.after)
	}
}

// WithoutWait returns the contents without how many requests a change of the schemas
// still waits for.
func (c Contents) WithoutWait() Contents {
	if c.work != nil {
		work := *c.work
		work.left = 0
		c.work = &work
	}
	return c
}

// now returns the time by the store's clock.
func (s *Store) now() time.Time { return s.config.Clock() }

// NewID returns another id.
func (s *Store) NewID() string { return s.config.NewID() }

// retention is how long a deleted record is listed.
const retention = 30 * 24 * time.Hour

// Read calls f while nothing changes.
func (s *Store) Read(f func() error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return f()
}

// Write calls f while nobody else reads or writes. What f has done is undone if
// it returns an error or panics.
func (s *Store) Write(user string, f func(*Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := &Tx{store: s, User: user, Now: s.config.Clock().UTC().Truncate(time.Millisecond)}
	done := false
	defer func() {
		if !done {
			tx.rollback()
		}
	}()
	if err := f(tx); err != nil {
		return err
	}
	tx.remember()
	s.late.delay(tx)
	done = true
	s.version++
	tx.commit()
	return nil
}

// CurrentSchemas returns the schemas as they are now. It takes the store's lock.
func (s *Store) CurrentSchemas() *schema.Set {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.Schemas
}

// ObjectOf returns the object that a record is of.
func (s *Store) ObjectOf(r *Record) *schema.Object { return s.Schemas.Find(r.Object) }

// table returns the records of an object, for reading.
func (s *Store) table(spec *schema.Object) *table {
	t, _ := s.tables.Find(spec.Name)
	return t
}

// Find returns the record of an id, or nil. spec is nil for an object that the workspace
// does not have.
func (s *Store) Find(spec *schema.Object, id string) *Record {
	if spec == nil {
		return nil
	}
	return s.table(spec).find(id)
}

// Get is Find with an error if there is no record.
func (s *Store) Get(spec *schema.Object, id string) (*Record, error) {
	if r := s.Find(spec, id); r != nil {
		return r, nil
	}
	return nil, values.NewProblem(ErrNotFound, "", "There is no %s with this id.", spec.Name)
}

// Follow returns the record that a reference leads to: the one of that id, or
// the one it was merged into, or nil if it was deleted.
func (s *Store) Follow(spec *schema.Object, id string) *Record {
	for {
		if r := s.Find(spec, id); r != nil {
			return r
		}
		into, ok := s.mergedInto.Find(id)
		if !ok {
			return nil
		}
		id = into
	}
}

// Referred returns the record that a field of r refers to, or nil. target is the
// object that the field refers to, nil if it refers to none.
func (s *Store) Referred(target *schema.Object, r *Record, field string) *Record {
	id, ok := r.Attribute(field).(string)
	if target == nil || !ok {
		return nil
	}
	return s.Follow(target, id)
}

// Value returns a field of a record as the API shows it. It knows system fields, too.
func (s *Store) Value(r *Record, field string) any {
	return s.ValueIn(s.ObjectOf(r).Reference(field), r, field)
}

// ValueIn is Value for a field that is known to refer to an object, or to none
// if that is nil.
func (s *Store) ValueIn(target *schema.Object, r *Record, field string) any {
	switch field {
	case "_id":
		return r.ID
	case "_created_at":
		return values.FormatTime(r.CreatedAt)
	case "_updated_at":
		return values.FormatTime(r.UpdatedAt)
	case "_created_by":
		return r.CreatedBy
	case "_updated_by":
		return r.UpdatedBy
	}
	if field == schema.MergedIDs && s.ObjectOf(r).Fields[schema.MergedIDs] != nil {
		return s.MergedIDs(r)
	}
	if target == nil {
		return r.Attribute(field)
	}
	if other := s.Referred(target, r, field); other != nil {
		return other.ID
	}
	return nil
}

// MergedIDs returns the ids of the records that were merged into r, the first
// one first, or nil.
func (s *Store) MergedIDs(r *Record) any {
	ids := s.idsOf(r.ID)[1:]
	if len(ids) == 0 {
		return nil
	}
	slices.Reverse(ids)
	merged := make([]any, len(ids))
	for i, id := range ids {
		merged[i] = id
	}
	return merged
}

// All returns the records of an object in the order of _created_at and _id. It needs the
// store's lock, and so does the use of the slice, which must not be changed.
func (s *Store) All(spec *schema.Object) []*Record { return s.table(spec).all() }

// Deletions returns the deletions of records of an object that are not older than the
// retention, the oldest first.
func (s *Store) Deletions(spec *schema.Object) []Deletion {
	now := s.now()
	var listed []Deletion
	for _, d := range s.table(spec).deleted {
		if now.Sub(d.At) <= retention && s.late.showsDeletion(d.Record.ID, now) {
			listed = append(listed, d)
		}
	}
	return listed
}

// FollowAll returns the records that ids lead to, each once, in the order of
// _created_at and _id.
func (s *Store) FollowAll(spec *schema.Object, ids []string) []*Record {
	var records []*Record
	for _, id := range ids {
		if r := s.Follow(spec, id); r != nil {
			records = append(records, r)
		}
	}
	records = Distinct(records)
	inOrder(records)
	return records
}

// Match returns the record that has a value of a unique field, or nil. at is where the
// value stands in the body.
func (s *Store) Match(spec *schema.Object, field string, value any, at values.Pointer) (*Record, error) {
	var match *Record
	index := s.table(spec).uniqueIndex(field)
	for _, key := range index.keys(value) {
		id, ok := index.ids[key]
		if !ok {
			continue
		}
		if match != nil && match.ID != id {
			return nil, values.NewProblem(ErrNotUnique, at, "The values of %s belong to more than one %s.", field, spec.Name)
		}
		match = s.Find(spec, id)
	}
	return match, nil
}
