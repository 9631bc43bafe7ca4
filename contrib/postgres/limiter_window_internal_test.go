package clarifypostgres

import (
	"math/rand/v2"
	"testing"
)

// simulation has processes that send requests to a server that counts them, by a clock
// of its own.
type simulation struct {
	t       *testing.T
	rand    *rand.Rand
	now     int64
	state   []byte
	limit   int
	length  int64
	latency int64

	counted  []int64 // by the server
	rejected int
	all      []*simulated
}

// simulated is a process.
type simulated struct {
	id       string
	goes     int // requests concurrently, at most
	class    int
	dead     bool
	credits  int
	flights  []flight
	used     int
	report   *reported
	sent     int
	accepted int
	rejected int
	asked    int64
	retry    int64
	taken    int
}

type flight struct {
	sent, ends int64
	remaining  int
	reset      int64
	counted    bool
}

type reported struct {
	remaining      int
	reset          int64
	sent, received int64
}

// serve counts a request of somebody.
func (s *simulation) serve() (remaining int, reset int64) {
	for len(s.counted) > 0 && s.now-s.counted[0] >= s.length {
		s.counted = s.counted[1:]
	}
	if len(s.counted) < s.limit {
		s.counted = append(s.counted, s.now)
	} else {
		s.rejected++
	}
	return s.limit - len(s.counted), s.length - (s.now - s.counted[0])
}

func (s *simulation) exchange(p *simulated) {
	// As in the database: from the stored state, and back.
	w, err := decodeWindow(s.state, s.length)
	if err != nil {
		s.t.Fatal(err)
	}
	a := ask{member: p.id, used: p.used, inFlight: len(p.flights), unsent: p.credits}
	a.want[p.class] = p.goes - len(p.flights) + p.taken
	a.rate[p.class] = float64(p.goes) / float64(s.latency) * 1000
	if r := p.report; r != nil {
		a.report = &report{limit: s.limit, remaining: r.remaining, reset: r.reset, sent: s.now - r.sent, received: s.now - r.received}
	}
	g := w.exchange(s.now, a)
	if s.state, err = w.encode(); err != nil {
		s.t.Fatal(err)
	}
	p.used, p.report, p.taken, p.asked = 0, nil, 0, s.now
	p.credits = g.credits[interactive] + g.credits[bulk]
	p.retry = 0
	if g.delay > 0 {
		p.retry = s.now + g.delay
	}
}

// step lets a process do what is due.
func (s *simulation) step(p *simulated) {
	var left []flight
	for _, f := range p.flights {
		if !f.counted && s.now >= (f.sent+f.ends)/2 {
			before := s.rejected
			f.remaining, f.reset = s.serve()
			f.counted = true
			if s.rejected == before {
				p.accepted++
			} else {
				p.rejected++
			}
		}
		if s.now < f.ends || !f.counted {
			left = append(left, f)
			continue
		}
		p.used++
		if p.report == nil || f.remaining <= p.report.remaining {
			p.report = &reported{f.remaining, f.reset, f.sent, s.now}
		}
	}
	p.flights = left
	wants := len(p.flights) < p.goes
	due := s.now-p.asked >= every.Milliseconds() && (p.used > 0 || p.credits > 0 || p.report != nil) ||
		wants && p.credits == 0 && s.now >= p.retry && s.now > p.asked
	if due {
		s.exchange(p)
	}
	for len(p.flights) < p.goes && p.credits > 0 && s.now-p.asked < lease {
		p.credits--
		p.taken++
		p.sent++
		p.flights = append(p.flights, flight{sent: s.now, ends: s.now + 1 + s.rand.Int64N(2*s.latency)})
	}
}

func (s *simulation) run(until int64, each func()) {
	for ; s.now < until; s.now++ {
		each()
		for _, at := range s.rand.Perm(len(s.all)) {
			if p := s.all[at]; !p.dead {
				s.step(p)
			}
		}
	}
}

func newSimulation(t *testing.T, seed uint64, processes, goes int) *simulation {
	s := &simulation{
		t: t, rand: rand.New(rand.NewPCG(seed, 1)), now: 1_700_000_000_000,
		limit: 3000, length: 60_000, latency: 40,
	}
	for i := range processes {
		s.all = append(s.all, &simulated{id: string(rune('a' + i)), goes: goes})
	}
	return s
}

func (s *simulation) accepted() (sum int, each []int) {
	for _, p := range s.all {
		sum += p.accepted
		each = append(each, p.accepted)
	}
	return sum, each
}

func TestWindowIsSharedFairlyAndNotExceeded(t *testing.T) {
	for seed := range uint64(2) {
		s := newSimulation(t, seed, 10, 4)
		for i, p := range s.all {
			p.goes = 1 + i%4*3 // some are slow
		}
		s.run(s.now+2*s.length, func() {})
		sum, each := s.accepted()
		if s.rejected > 0 {
			t.Errorf("%d requests were rejected", s.rejected)
		}
		if sum < 2*s.limit*95/100 {
			t.Errorf("%d requests were accepted, of %d", sum, 2*s.limit)
		}
		if j := fairness(each); j < 0.95 {
			t.Errorf("Jain's index is %.3f: %v", j, each)
		}
	}
}

func fairness(all []int) float64 {
	sum, squares := 0.0, 0.0
	for _, n := range all {
		sum += float64(n)
		squares += float64(n) * float64(n)
	}
	return sum * sum / squares / float64(len(all))
}

// What a dead process had reserved is free after a window, and not before: it may have
// been sent.
func TestWindowGetsBackWhatTheDeadReserved(t *testing.T) {
	s := newSimulation(t, 1, 10, 5)
	deadline := s.now + 700
	s.run(s.now+2*s.length, func() {
		if s.now == deadline {
			for _, p := range s.all[:5] {
				p.dead = true
			}
		}
	})
	if s.rejected > 0 {
		t.Errorf("%d requests were rejected", s.rejected)
	}
	if sum, _ := s.accepted(); sum < 2*s.limit*90/100 {
		t.Errorf("%d requests were accepted, of %d", sum, 2*s.limit)
	}
}

// Others use the limit, too, without asking.
func TestWindowLearnsOfOthers(t *testing.T) {
	s := newSimulation(t, 1, 5, 5)
	others := 0
	s.run(s.now+3*s.length, func() {
		if s.now%40 == 0 { // 1,500 in a window
			s.serve()
			others++
		}
	})
	sum, _ := s.accepted()
	rejected := 0
	for _, p := range s.all {
		rejected += p.rejected
	}
	others -= s.rejected - rejected
	t.Logf("%d requests were accepted and %d rejected; of others %d were accepted", sum, rejected, others)
	if rejected > 3*s.limit/100 {
		t.Errorf("%d requests were rejected", rejected)
	}
	if sum+others < 3*s.limit*85/100 {
		t.Errorf("%d requests were accepted, and %d of others", sum, others)
	}
}

func TestWindowOfAnotherFormatIsAnError(t *testing.T) {
	for _, state := range []string{`{"f":2}`, `{`, `[]`} {
		if _, err := decodeWindow([]byte(state), 60_000); err == nil {
			t.Errorf("%s is decoded", state)
		}
	}
}

// A clock that was set back, as by a failover to another machine, stops nothing for long.
func TestWindowSurvivesAClockThatGoesBack(t *testing.T) {
	w := &window{Format: windowFormat, length: 60_000}
	now := int64(1_700_000_000_000)
	w.exchange(now, ask{member: "a", used: 2990, inFlight: 10, report: &report{limit: 3000, remaining: 0, reset: 60_000}})
	g := w.exchange(now-3_600_000, ask{member: "b", want: [2]int{1, 0}})
	if g.credits[interactive] == 0 && g.delay > 60_000 {
		t.Errorf("it waits %d ms", g.delay)
	}
}

func FuzzDecodeWindow(f *testing.F) {
	f.Add([]byte(`{"f":1,"l":3000,"o":5,"r":1,"e":2,"u":[[1,2]],"m":[{"i":"a","s":5,"n":1,"w":[1,2]}]}`), int64(5))
	f.Fuzz(func(t *testing.T, state []byte, now int64) {
		w, err := decodeWindow(state, 60_000)
		if err != nil {
			return
		}
		g := w.exchange(now, ask{member: "a", want: [2]int{3, 3}})
		if g.credits[interactive] < 0 || g.credits[bulk] < 0 {
			t.Errorf("it got %v", g.credits)
		}
	})
}
