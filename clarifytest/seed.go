package clarifytest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
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
	People, Companies, Deals, Meetings int
}

// Total is the number of all of them.
func (s Seeded) Total() int { return s.People + s.Companies + s.Deals + s.Meetings }

// Seed fills the first workspace with n records, from 0 to [MaxSeed]: people who
// work for companies, deals with companies and their people, and meetings of
// people, created over the two years before now. More than half are people. The
// records follow from [WithSeed], from what was seeded before and from the clock.
//
// It is quick, because it bypasses the API: nothing is validated, limited or in
// the transcript, and the records have no activity but their creation. What they
// hold is all the same what the API would take and answer.
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
		return w.state.seed(n, s.seeds.number())
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
	key   uint64
	first int // the number of its first record of an object, counted over all sowings
	count Seeded
	has   map[string]map[string]bool // which fields objects have

	users     []string
	stages    []string
	companies []*record
	people    []*record
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
	_ = s.write(systemUser, func(c *change) *failure {
		g = &sowing{key: key, count: shares(n), has: map[string]map[string]bool{}}
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
	one := min(1, n/4)
	s := Seeded{Companies: max(n*15/100, one), Deals: max(n*20/100, one), Meetings: max(n*10/100, one)}
	s.People = n - s.Companies - s.Deals - s.Meetings
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
	first := standardSchemas()
	g.stages = first.find("deal").fields["stage"].options.names
	for _, object := range []string{"person", "company", "deal", "meeting"} {
		g.has[object] = map[string]bool{}
		spec := s.schemas.find(object)
		for name, field := range first.find(object).fields {
			now := spec.fields[name]
			if now == nil || now.kind != field.kind || (now.relation == nil) != (field.relation == nil) ||
				now.relation != nil && *now.relation != *field.relation {
				continue
			}
			g.has[object][name] = true
			if name == "stage" && now.options != nil && !now.options.open {
				g.stages = now.options.names
				g.has[object][name] = len(g.stages) > 0
			}
		}
	}
}

func (c *change) sow(g *sowing) {
	g.companies = c.plant(g, "company", g.count.Companies)
	g.hire()
	g.people = c.plant(g, "person", g.count.People)
	deals := c.plant(g, "deal", g.count.Deals)
	meetings := c.plant(g, "meeting", g.count.Meetings)
	// Ids come first, because links are made of them; then all is as it stays.
	for i, r := range deals {
		g.linkAll(r, "deal", "people", g.peopleOf("deal", g.dealCompany(i), 2, i))
	}
	for i, r := range meetings {
		company := g.meetingCompany(i)
		g.linkAll(r, "meeting", "people", g.attendees(i))
		if company >= 0 {
			g.linkAll(r, "meeting", "companies", g.companies[company:company+1])
		}
	}
	for object, records := range map[string][]*record{"company": g.companies, "person": g.people, "deal": deals, "meeting": meetings} {
		c.harvest(object, records)
	}
}

// plant makes n records of an object that are not in its table yet.
func (c *change) plant(g *sowing, object string, n int) []*record {
	block := make([]record, n)
	records := make([]*record, n)
	for i := range block {
		at := c.now.Add(-seedSpan).Add(time.Duration(float64(seedSpan) * (float64(i) + g.fraction(object, saltCreated, i)) / float64(n))).Truncate(time.Millisecond)
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

// linkAll links records that are not in a table yet, at both ends.
func (g *sowing) linkAll(r *record, object, field string, others []*record) {
	if !g.has[object][field] || len(others) == 0 {
		return
	}
	inverse := standardSchemas().find(object).fields[field].relation.field
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
	spec := c.state.schemas.find(object)
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

// seedFields make the values of fields. What they return is not nil but untyped
// if there is no value.
var seedFields map[string]map[string]func(g *sowing, i int) any

func init() {
	seedFields = map[string]map[string]func(g *sowing, i int) any{
		"person": {
			"name": func(g *sowing, i int) any {
				first, last := g.personName(i)
				return map[string]any{"first_name": first, "last_name": last, "full_name": first + " " + last}
			},
			"email_addresses": func(g *sowing, i int) any { return itemsOf(g.email(i)) },
			"job_title":       func(g *sowing, i int) any { return pickOf(g, "person", saltTitle, i, seedJobTitles) },
			"phone_numbers": func(g *sowing, i int) any {
				if g.pick("person", saltPhone, i, 3) > 0 {
					return nil
				}
				return itemsOf(fmt.Sprintf("+1 %d 555 01%02d", 201+g.pick("person", saltPhone+1, i, 700), g.pick("person", saltPhone+2, i, 100)))
			},
			"labels": func(g *sowing, i int) any { return g.labels("person", i, seedPersonLabels) },
			"company_id": func(g *sowing, i int) any {
				if c := g.employer[i]; c >= 0 {
					return g.companies[c].id
				}
				return nil
			},
		},
		"company": {
			"name":    func(g *sowing, i int) any { return g.companyName(i) },
			"domains": func(g *sowing, i int) any { return itemsOf(g.domain(i)) },
			"labels":  func(g *sowing, i int) any { return g.labels("company", i, seedCompanyLabels) },
		},
		"deal": {
			"name": func(g *sowing, i int) any {
				product := pickOf(g, "deal", saltProduct, i, seedProducts)
				if c := g.dealCompany(i); c >= 0 {
					return fmt.Sprintf("%s: %s %d", g.companyName(c), product, g.first+i+1)
				}
				return fmt.Sprintf("%s %d", product, g.first+i+1)
			},
			"amount": func(g *sowing, i int) any {
				amount := 500 << g.pick("deal", saltAmount, i, 10)
				amount += 50 * g.pick("deal", saltAmount+1, i, amount/50)
				return json.Number(strconv.Itoa(amount))
			},
			"stage":    func(g *sowing, i int) any { return pickOf(g, "deal", saltStage, i, g.stages) },
			"owner_id": func(g *sowing, i int) any { return pickOf(g, "deal", saltAssignee, i, g.users) },
			"labels":   func(g *sowing, i int) any { return g.labels("deal", i, seedDealLabels) },
			"company_id": func(g *sowing, i int) any {
				if c := g.dealCompany(i); c >= 0 {
					return g.companies[c].id
				}
				return nil
			},
		},
		"meeting": {
			"participants": func(g *sowing, i int) any {
				items := []any{}
				for _, r := range g.attendees(i) {
					first, last := g.personName(r.made.number)
					items = append(items, map[string]any{"email": g.email(r.made.number), "name": first + " " + last, "phone_number": nil, "status": "yes", "organizer": len(items) == 0})
				}
				return map[string]any{"items": items}
			},
		},
	}
}

func itemsOf(texts ...string) any {
	items := make([]any, len(texts))
	for i, text := range texts {
		items[i] = text
	}
	return map[string]any{"items": items}
}

// What numbers are picked for. Each has room for 16 of them.
const (
	saltCreated = iota << 4
	saltUpdated
	saltCreator
	saltUpdater
	saltName
	saltTitle
	saltPhone
	saltLabel
	saltCompany
	saltPeople
	saltAmount
	saltStage
	saltAssignee
	saltProduct
)

// random returns 64 bits for a purpose of a record: those of splitmix64 at a
// place of its own.
func (g *sowing) random(object string, salt, i int) uint64 {
	x := g.key + uint64(object[0])<<56 + uint64(salt)<<40 + uint64(i)
	x *= 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// pick returns a number below n.
func (g *sowing) pick(object string, salt, i, n int) int {
	return int(g.random(object, salt, i) % uint64(n))
}

// fraction returns a number from 0 to 1, without 1.
func (g *sowing) fraction(object string, salt, i int) float64 {
	return float64(g.random(object, salt, i)>>11) / (1 << 53)
}

func pickOf(g *sowing, object string, salt, i int, values []string) string {
	return values[g.pick(object, salt, i, len(values))]
}

// labels gives every fifth record one.
func (g *sowing) labels(object string, i int, values []string) any {
	n := g.pick(object, saltLabel, i, 5*len(values))
	if n >= len(values) {
		return nil
	}
	return itemsOf(values[n])
}

func (g *sowing) personName(i int) (first, last string) {
	return pickOf(g, "person", saltName, i, seedFirstNames), pickOf(g, "person", saltName+1, i, seedLastNames)
}

// email is that of the only person of this number, wherever people work.
func (g *sowing) email(i int) string {
	first, last := g.personName(i)
	host := "mail.example"
	if c := g.employer[i]; c >= 0 {
		host = g.domain(int(c))
	}
	return strings.ToLower(first) + "." + strings.ToLower(last) + strconv.Itoa(g.first+i+1) + "@" + host
}

// companyName is no other company's: each number has its own three words, and
// once they are used up a number after them.
func (g *sowing) companyName(i int) string {
	first, second, trade, round := g.companyWords(i)
	name := first + second + " " + trade
	if round > 0 {
		name += " " + strconv.Itoa(round+1)
	}
	return name
}

func (g *sowing) domain(i int) string {
	first, second, trade, round := g.companyWords(i)
	name := strings.ToLower(first + second + "-" + trade)
	if round > 0 {
		name += strconv.Itoa(round + 1)
	}
	return name + ".example"
}

func (g *sowing) companyWords(i int) (first, second, trade string, round int) {
	words := len(seedCompanyFirst) * len(seedCompanySecond) * len(seedCompanyTrade)
	i += g.first
	round = i / words
	// The factor has no divisor in common with words, so all come up in turn.
	n := i * 7919 % words
	first = seedCompanyFirst[n%len(seedCompanyFirst)]
	n /= len(seedCompanyFirst)
	second = seedCompanySecond[n%len(seedCompanySecond)]
	return first, second, seedCompanyTrade[n/len(seedCompanySecond)], round
}

// hire decides who works where. One in eight works for no company.
func (g *sowing) hire() {
	companies := g.count.Companies
	g.employer = make([]int32, g.count.People)
	g.staffFrom = make([]int32, companies+1)
	for i := range g.employer {
		g.employer[i] = -1
		if companies > 0 && g.pick("person", saltCompany, i, 8) > 0 {
			c := g.pick("person", saltCompany+1, i, companies)
			g.employer[i] = int32(c)
			g.staffFrom[c+1]++
		}
	}
	for c := range companies {
		g.staffFrom[c+1] += g.staffFrom[c]
	}
	g.staff = make([]int32, g.staffFrom[companies])
	next := slices.Clone(g.staffFrom)
	for i, c := range g.employer {
		if c >= 0 {
			g.staff[next[c]] = int32(i)
			next[c]++
		}
	}
}

func (g *sowing) dealCompany(i int) int {
	if g.count.Companies == 0 {
		return -1
	}
	return g.pick("deal", saltCompany, i, g.count.Companies)
}

func (g *sowing) meetingCompany(i int) int {
	if g.count.Companies == 0 {
		return -1
	}
	return g.pick("meeting", saltCompany, i, g.count.Companies)
}

// peopleOf picks at most n people of a company, for a record of an object.
func (g *sowing) peopleOf(object string, company, n, i int) []*record {
	if company < 0 {
		return nil
	}
	staff := g.staff[g.staffFrom[company]:g.staffFrom[company+1]]
	if len(staff) == 0 {
		return nil
	}
	start := g.pick(object, saltPeople, i, len(staff))
	var people []*record
	for k := range min(len(staff), 1+g.pick(object, saltPeople+1, i, n)) {
		people = append(people, g.people[staff[(start+k)%len(staff)]])
	}
	return people
}

// attendees are the people of a meeting: some of a company, and sometimes one
// from elsewhere.
func (g *sowing) attendees(i int) []*record {
	people := g.peopleOf("meeting", g.meetingCompany(i), 4, i)
	if len(g.people) > 0 && (len(people) == 0 || g.pick("meeting", saltPeople+2, i, 4) == 0) {
		guest := g.people[g.pick("meeting", saltPeople+3, i, len(g.people))]
		if !slices.Contains(people, guest) {
			people = append(people, guest)
		}
	}
	return people
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
