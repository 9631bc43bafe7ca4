package api

import (
	"strings"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/seed"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// State is what a workspace holds: a store of records, and what it holds beside them.
// All access goes through read and write. Values never change once they are held: a
// change puts others in their place. So what read and write return may be used after
// they have returned.
type State struct {
	*store.Store
	quirks Quirks
	holdings
}

// holdings is what a workspace holds beside records, and its copy is a snapshot of all
// of it: see [Server.Snapshot]. So every field is a copy-on-write map, and whatever else
// a workspace comes to hold becomes a field here.
type holdings struct {
	users      store.Map[Member]
	seeded     store.Map[int] // how many records were seeded
	layouts    store.Map[layout]
	settings   store.Map[any] // those that were set, by key
	comments   store.Map[comment]
	lists      store.Map[list]
	access     store.Map[grant]
	delegates  store.Map[delegation]
	workflows  store.Map[workflow]
	recipients store.Map[recipient]

	files       store.Map[file]            // by key
	attachments store.Map[[]attachment]    // by ownerKey
	recorded    store.Map[recordedMeeting] // by the id of the meeting
}

// Contents is everything that a workspace holds.
type Contents struct {
	records store.Contents
	holdings
}

// WithoutWait returns the contents without how many requests a change of the schemas
// still waits for.
func (c Contents) WithoutWait() Contents {
	c.records = c.records.WithoutWait()
	return c
}

// NewState returns what a workspace holds at first. maxEvents is how many of the latest
// events it remembers at least, and schemas are what its schemas are at first, those of every
// workspace if nil.
func NewState(clock func() time.Time, newID func() string, q Quirks, maxEvents uint64, schemas *schema.Set) *State {
	if schemas == nil {
		schemas = schema.Standard()
	}
	s := &State{quirks: q}
	s.Store = store.New(store.Config{
		Clock:     clock,
		NewID:     newID,
		Rules:     q.storeRules(),
		MaxEvents: maxEvents,
		Hooks: store.Hooks{
			SchemasSet: func(tx *store.Tx, before, after *schema.Set) { s.in(tx).followSchemas(before, after) },
			Removing:   func(tx *store.Tx, r *store.Record) any { return s.in(tx).deleted(r) },
			Merging:    func(tx *store.Tx, source, into *store.Record) { s.in(tx).mergeFiles(source, into) },
		},
	})
	_ = s.write("", func(c *change) error {
		c.SetSchemas(schemas.Under(q.schemaRules()))
		return nil
	})
	return s
}

// A change is a transaction of a workspace.
type change struct {
	*store.Tx
	state *State
}

// in returns the change that a transaction of the store is.
func (s *State) in(tx *store.Tx) *change { return &change{tx, s} }

// write calls f while nobody else reads or writes. What f has done is undone if it
// returns an error or panics.
func (s *State) write(user string, f func(*change) error) error {
	return s.Store.Write(user, func(tx *store.Tx) error { return f(s.in(tx)) })
}

// Snapshot returns what the workspace holds. Whoever calls it has locked the store.
func (s *State) Snapshot() Contents { return Contents{s.Store.Snapshot(), s.holdings} }

// Restore gives the workspace what it, or another one, held before. Whoever calls it has
// locked the store.
func (s *State) Restore(c Contents) {
	s.Store.Restore(c.records)
	s.holdings = c.holdings
}

// followSchemas has what the workspace holds beside records follow its schemas.
func (c *change) followSchemas(before, after *schema.Set) {
	c.keepLists(before, after)
	if before == nil {
		return
	}
	for _, spec := range before.Objects {
		if after.Find(spec.Name) != nil {
			continue
		}
		for _, r := range c.state.All(spec) {
			c.dropFiles(r)
		}
		c.state.layouts.Remove(c.Tx, spec.Name+pageSuffix)
	}
}

// deleted drops what belongs to a record that is being deleted, and returns the record
// as it is listed among the deleted ones.
func (c *change) deleted(r *store.Record) resource {
	rendered := c.state.item(r)
	rendered.Attributes["_deleted_at"] = values.FormatTime(c.Now)
	c.dropFiles(r)
	return rendered
}

// synced reports whether a record is a meeting that a calendar has.
func synced(r *store.Record) bool {
	if r.Object != "meeting" {
		return false
	}
	event, _ := r.Attribute("event_id").(string)
	return event != "" && !strings.HasPrefix(event, schema.AdHocPrefix)
}

// Seed adds n records to the workspace.
func (s *State) Seed(n int, key uint64) seed.Counts {
	var counts seed.Counts
	_ = s.write(SystemUser, func(c *change) error {
		first, _ := s.seeded.Find("first")
		s.seeded.Put(c.Tx, "first", first+n)
		var users []string
		for _, user := range s.users.All() {
			users = append(users, user.ID)
		}
		if len(users) == 0 {
			users = []string{SystemUser}
		}
		counts = seed.Records(c.Tx, key, first, n, users)
		return nil
	})
	return counts
}
