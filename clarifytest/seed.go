package clarifytest

import (
	"fmt"
)

// MaxSeed is how many records [Server.Seed] makes at most at once.
const MaxSeed = 10_000_000

// Seeded says how many records of each object there are after a seeding that
// were not there before.
type Seeded struct {
	People, Companies, Deals, Meetings, Tasks int

	Others int // of all other objects, which a workspace has by [WithSchema]
}

// Total is the number of all of them.
func (s Seeded) Total() int {
	return s.People + s.Companies + s.Deals + s.Meetings + s.Tasks + s.Others
}

// Seed fills the first workspace with n records, from 0 to [MaxSeed]: people who
// work for companies, deals with companies and their people, meetings of people,
// and tasks that have to do with these, created over the two years before now.
// More than half are people. Three meetings in four are from a calendar, so that
// the API does not update them: see [WithQuirkReadOnlyMeetings]. The records follow
// from [WithSeed], from what was seeded before and from the clock.
//
// With [WithSchema] all objects have records, with values that follow from the schemas of
// their fields and that the API would take: options, formats, bounds, unique values, and
// ids of other records. Some fields are left empty, but none that needs a value.
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
		defer w.state.HoldSchemas()()
		return Seeded(w.state.Seed(n, s.seeds.Number()))
	}
	if tb == nil {
		panic(wrong)
	}
	tb.Helper()
	tb.Errorf("%s", wrong)
	return Seeded{}
}
