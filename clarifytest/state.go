package clarifytest

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// retention is how long a deleted record is listed.
const retention = 30 * 24 * time.Hour

// state is what a workspace holds. All access goes through read and write.
// Records never change once they are in a table: a change puts another one in
// their place. So what read and write return may be used after they have
// returned.
type state struct {
	clock  func() time.Time
	newID  func() string
	quirks quirks

	// gate is held for reading while a request is answered, and by whoever
	// replaces the schemas that the request has to do with. It is taken before mu.
	gate sync.RWMutex

	mu      sync.RWMutex
	epoch   *epoch
	version uint64 // another one after each write
	holdings

	selections selections
}

// holdings is everything that a workspace holds, and its copy is a snapshot of
// all of it: see [Server.Snapshot]. So every field is a shelf, a number or points
// to what never changes, and whatever else a workspace comes to hold becomes a field
// here.
type holdings struct {
	schemas   *schema.Set
	work      *schemaWork      // nil unless the schemas are being changed
	tables    shelf[*table]    // by object
	heirs     shelf[string]    // the id of each merged record to that of the one it went into
	ancestors shelf[*ancestor] // the other way round
	users     shelf[user]
	sown      shelf[int] // how many records were seeded

	layouts    shelf[layout]
	settings   shelf[any] // those that were set, by key
	comments   shelf[comment]
	lists      shelf[list]
	access     shelf[grant]
	delegates  shelf[delegation]
	workflows  shelf[workflow]
	recipients shelf[recipient]
	histories  shelf[history] // by the id of a record, or schemaSubject
	events     uint64         // how many events there were
	forgotten  uint64         // how many of them are forgotten

	files       shelf[file]            // by key
	attachments shelf[[]attachment]    // by ownerKey
	recorded    shelf[recordedMeeting] // by the id of the meeting
}

func newState(clock func() time.Time, newID func() string, q quirks) *state {
	s := &state{clock: clock, newID: newID, quirks: q, epoch: new(epoch)}
	_ = s.write("", func(c *change) error {
		c.setSchemas(schema.Standard().Under(q.schemaRules()))
		return nil
	})
	return s
}

// adoptSchemas has the schemas of a snapshot follow the quirks of this server.
func (s *state) adoptSchemas() {
	s.schemas = s.schemas.Under(s.quirks.schemaRules())
	if s.work != nil {
		work := *s.work
		work.next = work.next.Under(s.quirks.schemaRules())
		s.work = &work
	}
}

// record is one record, whole and immutable.
type record struct {
	object    string
	id        string
	given     map[string]any // see attributes
	made      made           // what makes them if they were not given
	links     map[string][]string
	createdAt time.Time
	updatedAt time.Time
	createdBy string
	updatedBy string
}

// attributes are the fields of the record, without the system's. The map must
// not be changed.
func (r *record) attributes() map[string]any {
	if r.given == nil && r.made.by != nil {
		return r.made.attributes(r.object)
	}
	return r.given
}

// attribute is the value of one of the attributes.
func (r *record) attribute(field string) any {
	value, _ := r.lookup(field)
	return value
}

// lookup is attribute that also tells whether there is one.
func (r *record) lookup(field string) (value any, has bool) {
	if r.given == nil && r.made.by != nil {
		value = r.made.attribute(r.object, field)
		return value, value != nil
	}
	value, has = r.given[field]
	return value, has
}

// adhocPrefix is what the event_id of a meeting begins with that no calendar has:
// docs/live-api.md, "The built-in objects".
const adhocPrefix = "adhoc-"

// synced tells whether a record is a meeting that a calendar has.
func (r *record) synced() bool {
	if r.object != "meeting" {
		return false
	}
	event, _ := r.attribute("event_id").(string)
	return event != "" && !strings.HasPrefix(event, adhocPrefix)
}

// with returns a record that is r but for its attributes.
func (r *record) with(attributes map[string]any) *record {
	changed := *r
	changed.given, changed.made = attributes, made{}
	return &changed
}

// read calls f while nothing changes.
func (s *state) read(f func() error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return f()
}

// write calls f while nobody else reads or writes. What f has done is undone if
// it returns a failure or panics.
func (s *state) write(user string, f func(*change) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &change{state: s, user: user, now: s.clock().UTC().Truncate(time.Millisecond)}
	done := false
	defer func() {
		if !done {
			c.rollback()
		}
	}()
	if failed := f(c); failed != nil {
		return failed
	}
	c.remember()
	done = true
	s.version++
	c.commit()
	return nil
}

// currentSchemas returns the schemas as they are now. It takes the state's lock.
func (s *state) currentSchemas() *schema.Set {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.schemas
}

// spec returns the object that a record is of.
func (s *state) spec(r *record) *schema.Object { return s.schemas.Find(r.object) }

// table returns the records of an object, for reading.
func (s *state) table(spec *schema.Object) *table {
	t, _ := s.tables.find(spec.Name)
	return t
}

// find returns a record, or nil.
func (s *state) find(spec *schema.Object, id string) *record {
	return s.table(spec).find(id)
}

// get is find with the response that the API gives if there is none.
func (s *state) get(spec *schema.Object, id string) (*record, error) {
	if r := s.find(spec, id); r != nil {
		return r, nil
	}
	return nil, notFound("There is no %s with this id.", spec.Name)
}

// follow returns the record that a reference leads to: the one of that id, or
// the one it was merged into, or nil if it was deleted.
func (s *state) follow(spec *schema.Object, id string) *record {
	for {
		if r := s.find(spec, id); r != nil {
			return r
		}
		heir, ok := s.heirs.find(id)
		if !ok {
			return nil
		}
		id = heir
	}
}

// referTo returns the record that a field of r refers to, or nil. target is the
// object that the field refers to, nil if it refers to none.
func (s *state) referTo(target *schema.Object, r *record, field string) *record {
	id, ok := r.attribute(field).(string)
	if target == nil || !ok {
		return nil
	}
	return s.follow(target, id)
}

// value returns a field of a record as it reads, system fields included.
func (s *state) value(r *record, field string) any {
	return s.valueIn(s.spec(r).Reference(field), r, field)
}

// valueIn is value for a field that is known to refer to an object, or to none
// if that is nil.
func (s *state) valueIn(target *schema.Object, r *record, field string) any {
	switch field {
	case "_id":
		return r.id
	case "_created_at":
		return values.FormatTime(r.createdAt)
	case "_updated_at":
		return values.FormatTime(r.updatedAt)
	case "_created_by":
		return r.createdBy
	case "_updated_by":
		return r.updatedBy
	}
	if field == schema.MergedIDs && s.spec(r).Fields[schema.MergedIDs] != nil {
		return s.mergedInto(r)
	}
	if target == nil {
		return r.attribute(field)
	}
	if other := s.referTo(target, r, field); other != nil {
		return other.id
	}
	return nil
}

// mergedInto returns the ids of the records that were merged into r, the first
// one first, or nil.
func (s *state) mergedInto(r *record) any {
	ids := s.lineage(r.id)[1:]
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
