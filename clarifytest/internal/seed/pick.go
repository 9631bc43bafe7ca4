package seed

import (
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/store"
)

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
	saltDay
	saltEvent
	saltText
)

// random returns 64 bits for a purpose of a record: those of splitmix64 at a
// place of its own.
func (g *seeding) random(object string, salt, i int) uint64 {
	x := g.key + uint64(object[0])<<56 + uint64(salt)<<40 + uint64(i)
	x *= 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// pick returns a number below n.
func (g *seeding) pick(object string, salt, i, n int) int {
	return int(g.random(object, salt, i) % uint64(n))
}

// fraction returns a number from 0 to 1, without 1.
func (g *seeding) fraction(object string, salt, i int) float64 {
	return float64(g.random(object, salt, i)>>11) / (1 << 53)
}

func pickOf(g *seeding, object string, salt, i int, values []string) string {
	return values[g.pick(object, salt, i, len(values))]
}

// hire decides who works where. One in eight works for no company.
func (g *seeding) hire() {
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

func (g *seeding) dealCompany(i int) int {
	if g.count.Companies == 0 {
		return -1
	}
	return g.pick("deal", saltCompany, i, g.count.Companies)
}

func (g *seeding) meetingCompany(i int) int {
	if g.count.Companies == 0 {
		return -1
	}
	return g.pick("meeting", saltCompany, i, g.count.Companies)
}

// peopleOf picks at most n people of a company, for a record of an object.
func (g *seeding) peopleOf(object string, company, n, i int) []*store.Record {
	if company < 0 {
		return nil
	}
	staff := g.staff[g.staffFrom[company]:g.staffFrom[company+1]]
	if len(staff) == 0 {
		return nil
	}
	start := g.pick(object, saltPeople, i, len(staff))
	var people []*store.Record
	for k := range min(len(staff), 1+g.pick(object, saltPeople+1, i, n)) {
		people = append(people, g.people[staff[(start+k)%len(staff)]])
	}
	return people
}

// attendees are the people of a meeting: some of a company, and sometimes one
// from elsewhere.
func (g *seeding) attendees(i int) []*store.Record {
	people := g.peopleOf("meeting", g.meetingCompany(i), 4, i)
	if len(g.people) > 0 && (len(people) == 0 || g.pick("meeting", saltPeople+2, i, 4) == 0) {
		guest := g.people[g.pick("meeting", saltPeople+3, i, len(g.people))]
		if !slices.Contains(people, guest) {
			people = append(people, guest)
		}
	}
	return people
}
