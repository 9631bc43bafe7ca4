package clarifytest

import (
	"fmt"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
)

const (
	// MaxSeed is how many records [Server.Seed] makes at most at once.
	MaxSeed = 10_000_000

	// seedSpan is the time over which seeded records were created.
	seedSpan = 2 * 365 * 24 * time.Hour
)

// Seeded says how many records of each object there are after a seeding that
// were not there before.
type Seeded struct {
	People, Companies, Deals, Meetings, Tasks int
}

// Total is the number of all of them.
func (s Seeded) Total() int { return s.People + s.Companies + s.Deals + s.Meetings + s.Tasks }

// Seed fills the first workspace with n records, from 0 to [MaxSeed]: people who
// work for companies, deals with companies and their people, meetings of people,
// and tasks that have to do with these, created over the two years before now.
// More than half are people. Three meetings in four are from a calendar, so that
// the API does not update them: see [WithQuirkReadOnlyMeetings]. The records follow
// from [WithSeed], from what was seeded before and from the clock.
//
// It is quick, because it bypasses the API: nothing is validated, limited or in
// the transcript, and the records have no activity but their creation. What they
// hold is all the same what the API would take and response.
//
// A wrong n fails tb; if tb is nil, Seed panics.
func (s *Server) Seed(tb TB, n int) Seeded {
	if tb != nil {
		tb.Helper()
	}
	return s.SeedWorkspace(tb, s.Workspace, n)
}

// SeedWorkspace is [Server.Seed] for any workspace of the server, by name.
func (s *Server) SeedWorkspace(tb TB, workspace string, n int) Seeded {
	w := s.findWorkspace(workspace)
	var wrong string
	switch {
	case w == nil:
		wrong = fmt.Sprintf("clarifytest: SeedWorkspace: there is no workspace %q", workspace)
	case n < 0 || n > MaxSeed:
		wrong = fmt.Sprintf("clarifytest: Seed: %d records: from 0 to %d are possible", n, MaxSeed)
	default:
		w.state.gate.RLock()
		defer w.state.gate.RUnlock()
		return w.state.seed(n, s.seeds.Number())
	}
	if tb == nil {
		panic(wrong)
	}
	tb.Helper()
	tb.Errorf("%s", wrong)
	return Seeded{}
}

// sowing is one call of Seed. It is immutable once it is done: records take
// their attributes from it when they are asked, which is why a million of them
// take little memory.
type sowing struct {
	key     uint64
	first   int // the number of its first record of an object, counted over all sowings
	now     time.Time
	count   Seeded
	has     map[string]map[string]bool     // which fields objects have
	options map[string]map[string][]string // of their selects

	users     []string
	companies []*record
	people    []*record
	deals     []*record
	meetings  []*record
	staff     []int32 // numbers of people, those of a company together
	staffFrom []int32 // by company, where its people begin in staff
	employer  []int32 // by person, the number of the company, -1 if none
}

// made is where a seeded record comes from.
type made struct {
	by     *sowing
	number int // among the records of the object of this sowing
}

// seed adds records. All that it changes are copies of tables, so that nothing is
// left of it should it panic.
func (s *state) seed(n int, key uint64) Seeded {
	var g *sowing
	_ = s.write(systemUser, func(c *change) error {
		g = &sowing{key: key, now: c.now, count: shares(n)}
		first, _ := s.sown.find("first")
		g.first = first
		s.sown.put(c, "first", first+n)
		g.look(s)
		c.sow(g)
		return nil
	})
	return g.count
}

// shares divides n records among the objects.
func shares(n int) Seeded {
	part := func(percent int) int { return max(n*percent/100, min(1, n/5)) }
	s := Seeded{Companies: part(15), Deals: part(15), Meetings: part(10), Tasks: part(7)}
	s.People = n - s.Total()
	return s
}

// look finds out what the workspace has: schemas may have been changed, so that
// a field is no more what it was at first.
func (g *sowing) look(s *state) {
	for _, user := range s.users.all() {
		g.users = append(g.users, user.ID)
	}
	if len(g.users) == 0 {
		g.users = []string{systemUser}
	}
	g.has, g.options = map[string]map[string]bool{}, map[string]map[string][]string{}
	for _, first := range schema.Standard().Objects {
		has, options := map[string]bool{}, map[string][]string{}
		g.has[first.Name], g.options[first.Name] = has, options
		spec := s.schemas.Find(first.Name)
		for name, field := range first.Fields {
			now := spec.Fields[name]
			if now == nil || now.Kind != field.Kind || (now.Relationship == nil) != (field.Relationship == nil) ||
				now.Relationship != nil && *now.Relationship != *field.Relationship {
				continue
			}
			has[name] = true
			if field.Options != nil {
				options[name] = field.Options.Names
				if !now.Options.Open {
					options[name] = now.Options.Names
				}
				has[name] = len(options[name]) > 0
			}
		}
	}
}

func (c *change) sow(g *sowing) {
	g.companies = c.plant(g, "company", g.count.Companies)
	g.hire()
	g.people = c.plant(g, "person", g.count.People)
	g.deals = c.plant(g, "deal", g.count.Deals)
	g.meetings = c.plant(g, "meeting", g.count.Meetings)
	tasks := c.plant(g, "task", g.count.Tasks)
	// Ids come first, because links are made of them; then all is as it stays.
	for i, r := range g.deals {
		g.linkAll(r, "deal", "people", g.peopleOf("deal", g.dealCompany(i), 2, i))
	}
	for i, r := range g.meetings {
		company := g.meetingCompany(i)
		g.linkAll(r, "meeting", "people", g.attendees(i))
		if company >= 0 {
			g.linkAll(r, "meeting", "companies", g.companies[company:company+1])
		}
	}
	for object, records := range map[string][]*record{"company": g.companies, "person": g.people, "deal": g.deals, "meeting": g.meetings, "task": tasks} {
		c.harvest(object, records)
	}
}

// plant makes n records of an object that are not in its table yet.
func (c *change) plant(g *sowing, object string, n int) []*record {
	block := make([]record, n)
	records := make([]*record, n)
	for i := range block {
		at := g.created(object, i, n)
		block[i] = record{
			object:    object,
			id:        c.state.newID(),
			made:      made{g, i},
			createdAt: at,
			updatedAt: at.Add(time.Duration(float64(c.now.Sub(at)) * g.fraction(object, saltUpdated, i))).Truncate(time.Millisecond),
			createdBy: g.users[g.pick(object, saltCreator, i, len(g.users))],
			updatedBy: g.users[g.pick(object, saltUpdater, i, len(g.users))],
		}
		records[i] = &block[i]
	}
	return records
}

// created is when a record was created, which is one of n of its object.
func (g *sowing) created(object string, i, n int) time.Time {
	passed := float64(seedSpan) * (float64(i) + g.fraction(object, saltCreated, i)) / float64(n)
	return g.now.Add(-seedSpan).Add(time.Duration(passed)).Truncate(time.Millisecond)
}

// linkAll links records that are not in a table yet, at both ends.
func (g *sowing) linkAll(r *record, object, field string, others []*record) {
	if !g.has[object][field] || len(others) == 0 {
		return
	}
	inverse := schema.Standard().Find(object).Fields[field].Relationship.Field
	for _, other := range others {
		for _, end := range []struct {
			from, to *record
			field    string
		}{{r, other, field}, {other, r, inverse}} {
			if end.from.links == nil {
				end.from.links = map[string][]string{}
			}
			end.from.links[end.field] = append(end.from.links[end.field], end.to.id)
		}
	}
}

// harvest puts records into a copy of their table. One whose unique value is
// taken goes without.
func (c *change) harvest(object string, records []*record) {
	spec := c.state.schemas.Find(object)
	t := c.state.table(spec).clone(c.state.epoch)
	c.state.tables.put(c, object, t)
	if len(t.places) == 0 {
		t.order = make([]*record, 0, len(records))
		t.places = make(map[string]int, len(records))
		for i := range t.unique {
			t.unique[i].ids = make(map[string]string, len(records))
		}
	}
	for _, r := range records {
		t.addFree(r)
	}
	t.sort()
}

// attributes of a seeded record are made when they are asked for. Numbers that
// are picked for them depend on nothing but the sowing and the record's number.
func (m made) attributes(object string) map[string]any {
	attributes := map[string]any{}
	for field, make := range seedFields[object] {
		if m.by.has[object][field] {
			if value := make(m.by, m.number); value != nil {
				attributes[field] = value
			}
		}
	}
	return attributes
}

func (m made) attribute(object, field string) any {
	make := seedFields[object][field]
	if make == nil || !m.by.has[object][field] {
		return nil
	}
	return make(m.by, m.number)
}

// sort puts the records into the order of all, so that reading needs no sorting.
func (t *table) sort() {
	if !t.unsorted {
		return
	}
	t.order = t.all()
	for place, r := range t.order {
		t.places[r.id] = place
	}
	t.unsorted = false
	t.latest = t.order[len(t.order)-1].createdAt
}
