package seed

import (
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
)

// span is the time over which seeded records were created.
const span = 2 * 365 * 24 * time.Hour

// seeding is one call of Seed. It is immutable once it is done: records take
// their attributes from it when they are asked, which is why a million of them
// take little memory.
type seeding struct {
	key     uint64
	first   int // the number of its first record of an object, counted over all seedings
	now     time.Time
	count   Counts
	has     map[string]map[string]bool     // which fields objects have
	options map[string]map[string][]string // of their selects

	users     []string
	companies []*store.Record
	people    []*store.Record
	deals     []*store.Record
	meetings  []*store.Record
	staff     []int32 // numbers of people, those of a company together
	staffFrom []int32 // by company, where its people begin in staff
	employer  []int32 // by person, the number of the company, -1 if none

	generic *generic                   // nil unless the workspace has a schema of its own
	records map[string][]*store.Record // by object
	counts  map[string]int             // of other objects
}

// Records adds records to the store of a transaction. first is how many were added
// before, and users are the ids of those who create and own records. All that it
// changes are copies of tables, so that nothing is left of it should it panic.
func Records(tx *store.Tx, key uint64, first, n int, users []string) Counts {
	g := &seeding{key: key, first: first, now: tx.Now, count: shares(n), users: users}
	g.look(tx.Schemas())
	if tx.Schemas().FromDocuments() {
		g.lookGeneric(tx.Schemas())
		g.divide(tx.Schemas(), n)
	}
	g.run(tx)
	return g.count
}

// Counts says how many records of each object there are.
type Counts struct {
	People, Companies, Deals, Meetings, Tasks int

	Others int // of all other objects
}

func (s Counts) total() int {
	return s.People + s.Companies + s.Deals + s.Meetings + s.Tasks + s.Others
}

// shares divides n records among the objects.
func shares(n int) Counts {
	part := func(percent int) int { return max(n*percent/100, min(1, n/5)) }
	s := Counts{Companies: part(15), Deals: part(15), Meetings: part(10), Tasks: part(7)}
	s.People = n - s.total()
	return s
}

// look finds out which fields the workspace has: its schemas may have been changed.
func (g *seeding) look(now *schema.Set) {
	g.has, g.options = map[string]map[string]bool{}, map[string]map[string][]string{}
	for _, first := range schema.Standard().Objects {
		has, options := map[string]bool{}, map[string][]string{}
		g.has[first.Name], g.options[first.Name] = has, options
		spec := now.Find(first.Name)
		if spec == nil {
			continue
		}
		for name, field := range first.Fields {
			is := spec.Fields[name]
			if is == nil || is.Kind != field.Kind || (is.Relationship == nil) != (field.Relationship == nil) ||
				is.Relationship != nil && *is.Relationship != *field.Relationship {
				continue
			}
			has[name] = true
			if field.Options != nil {
				options[name] = field.Options.Names
				if !is.Options.Open {
					options[name] = is.Options.Names
				}
				has[name] = len(options[name]) > 0
			}
		}
	}
}

func (g *seeding) run(c *store.Tx) {
	g.companies = g.newRecords(c, "company", g.count.Companies)
	g.hire()
	g.people = g.newRecords(c, "person", g.count.People)
	g.deals = g.newRecords(c, "deal", g.count.Deals)
	g.meetings = g.newRecords(c, "meeting", g.count.Meetings)
	tasks := g.newRecords(c, "task", g.count.Tasks)
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
	g.records = map[string][]*store.Record{"company": g.companies, "person": g.people, "deal": g.deals, "meeting": g.meetings, "task": tasks}
	if g.generic != nil {
		for _, spec := range c.Schemas().Objects {
			if n := g.counts[spec.Name]; n > 0 {
				g.records[spec.Name] = g.newRecords(c, spec.Name, n)
			}
		}
		g.linkGeneric(c.Schemas(), g.linked())
	}
	for _, spec := range c.Schemas().Objects {
		if records := g.records[spec.Name]; records != nil {
			c.Load(spec.Name, records)
		}
	}
}

// newRecords makes n records of an object that are not in its table yet.
func (g *seeding) newRecords(c *store.Tx, object string, n int) []*store.Record {
	block := make([]store.Record, n)
	records := make([]*store.Record, n)
	for i := range block {
		at := g.created(object, i, n)
		block[i] = store.Record{
			Object:    object,
			ID:        c.NewID(),
			Source:    g,
			Number:    i,
			CreatedAt: at,
			UpdatedAt: at.Add(time.Duration(float64(c.Now.Sub(at)) * g.fraction(object, saltUpdated, i))).Truncate(time.Millisecond),
			CreatedBy: g.users[g.pick(object, saltCreator, i, len(g.users))],
			UpdatedBy: g.users[g.pick(object, saltUpdater, i, len(g.users))],
		}
		records[i] = &block[i]
	}
	return records
}

// created is when a record was created, which is one of n of its object.
func (g *seeding) created(object string, i, n int) time.Time {
	passed := float64(span) * (float64(i) + g.fraction(object, saltCreated, i)) / float64(n)
	return g.now.Add(-span).Add(time.Duration(passed)).Truncate(time.Millisecond)
}

// linkAll links records that are not in a table yet, at both ends.
func (g *seeding) linkAll(r *store.Record, object, field string, others []*store.Record) {
	if !g.has[object][field] || len(others) == 0 {
		return
	}
	inverse := schema.Standard().Find(object).Fields[field].Relationship.Field
	for _, other := range others {
		link(r, field, other, inverse)
	}
}

// usualLinks are the relationships that records are linked by, at the ends from which
// they are.
var usualLinks = [][2]string{{"deal", "people"}, {"meeting", "people"}, {"meeting", "companies"}}

// linked returns the ends of relationships by which records are linked as usual.
func (g *seeding) linked() map[[2]string]bool {
	done := map[[2]string]bool{}
	for _, end := range usualLinks {
		if g.has[end[0]][end[1]] {
			by := schema.Standard().Find(end[0]).Fields[end[1]].Relationship
			done[end], done[[2]string{by.Object, by.Field}] = true, true
		}
	}
	return done
}

// divide divides n records among the objects of a workspace with a schema of its own.
func (g *seeding) divide(set *schema.Set, n int) {
	g.counts = divide(n, set.Objects)
	g.count = Counts{}
	for object, count := range map[string]*int{"person": &g.count.People, "company": &g.count.Companies, "deal": &g.count.Deals, "meeting": &g.count.Meetings, "task": &g.count.Tasks} {
		*count = g.counts[object]
		delete(g.counts, object)
	}
	for _, count := range g.counts {
		g.count.Others += count
	}
}

// Attributes of a seeded record are made when they are asked for. Numbers that
// are picked for them depend on nothing but the seeding and the record's number.
func (g *seeding) Attributes(object string, number int) map[string]any {
	attributes := map[string]any{}
	if g.generic != nil {
		for field := range g.generic.fields[object] {
			if value := g.value(object, field, number); value != nil {
				attributes[field] = value
			}
		}
		return attributes
	}
	for field, make := range fieldsOf[object] {
		if g.has[object][field] {
			if value := make(g, number); value != nil {
				attributes[field] = value
			}
		}
	}
	return attributes
}

func (g *seeding) Attribute(object, field string, number int) any {
	if g.generic != nil {
		return g.value(object, field, number)
	}
	make := fieldsOf[object][field]
	if make == nil || !g.has[object][field] {
		return nil
	}
	return make(g, number)
}
