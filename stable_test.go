package clarify_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/internal/rerun"
)

var firstDay = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// timestamps is a server of records with times of creation, by id. It supports what
// Stable needs of the API, and puts records that have no specified order in a random
// one.
type timestamps struct {
	mu      sync.Mutex
	created map[string]time.Time
	random  *rand.Rand
	meddle  func(m *timestamps) // before each request, with the lock
	next    int
	asked   int
	deepest int           // the greatest offset
	zone    time.Duration // how far its days are from those of UTC
}

func (m *timestamps) add(at time.Time) string {
	m.next++
	// Ids do not ascend.
	id := fmt.Sprintf("%08x-%04d", m.random.Uint32(), m.next)
	m.created[id] = at
	return id
}

func (m *timestamps) ids() []string { return slices.Sorted(maps.Keys(m.created)) }

func (m *timestamps) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.meddle != nil {
		m.meddle(m)
	}
	m.asked++
	query := r.URL.Query()
	bound := func(operator, otherwise string) time.Time {
		value := cmp.Or(query.Get("filter[_created_at]["+operator+"]"), otherwise)
		at, err := time.Parse(time.DateOnly, value)
		at = at.Add(m.zone)
		if err != nil {
			at, _ = time.Parse(time.RFC3339, value)
		}
		return at
	}
	from, before := bound("Is on or after", "1970-01-01"), bound("Is before", "9999-01-01")
	var found []string
	for id, at := range m.created {
		if !at.Before(from) && at.Before(before) {
			found = append(found, id)
		}
	}
	slices.Sort(found)
	m.random.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	switch query.Get("sortOrder[column]") + query.Get("sortOrder[dir]") {
	case "_idASC":
		slices.Sort(found)
	case "_created_atASC":
		slices.SortStableFunc(found, func(a, b string) int { return m.created[a].Compare(m.created[b]) })
	}
	offset, limit := number(r, "page[offset]", 0), number(r, "page[limit]", 500)
	m.deepest = max(m.deepest, offset)
	total, next := len(found), "null"
	if offset+limit < total {
		next = fmt.Sprintf(`"http://%s%s?page[offset]=%d"`, r.Host, r.URL.EscapedPath(), offset+limit)
	}
	found = found[min(offset, total):min(offset+limit, total)]
	data := make([]string, len(found))
	for i, id := range found {
		data[i] = fmt.Sprintf(`{"type":"person","id":%q,"attributes":{"_created_at":%q}}`, id, m.created[id].Format("2006-01-02T15:04:05.000Z"))
	}
	respond(w, 200, fmt.Sprintf(`{"data":[%s],"links":{"next":%s,"prev":null},"meta":{"total_records":%d}}`, strings.Join(data, ","), next, total))
}

// stampedPerson has only what is of interest here.
type stampedPerson struct {
	CreatedAt time.Time `json:"_created_at"`
}

func TestStableReadsEveryRecordThatStaysExactlyOnce(t *testing.T) {
	runs := 100 / rerun.Stride(4)
	m := &timestamps{}
	f := newFake(t, func(_ *fake, w http.ResponseWriter, r *http.Request) { m.ServeHTTP(w, r) })
	people := clarify.NewRecords[stampedPerson](f.client(t), "person")
	for seed := range uint64(runs) {
		random := rand.New(rand.NewPCG(seed, 1))
		m.mu.Lock()
		m.created, m.random, m.meddle, m.asked = map[string]time.Time{}, random, nil, 0
		at := firstDay
		for range random.IntN(60) {
			// Some are alone in their millisecond, and some are many.
			for range 1 + random.IntN(4)*random.IntN(2)*random.IntN(1+random.IntN(12)) {
				m.add(at)
			}
			at = at.Add(time.Duration(1+random.IntN(3)) * time.Millisecond)
		}
		stays := maps.Clone(m.created)
		busy := random.IntN(4)
		m.meddle = func(m *timestamps) {
			for range random.IntN(1 + busy*3) {
				switch all := m.ids(); {
				case random.IntN(2) == 0 && len(all) > 0:
					id := all[random.IntN(len(all))]
					delete(m.created, id)
					delete(stays, id)
				case random.IntN(4) == 0:
					// A record that is added late may have an earlier time.
					m.add(firstDay.Add(time.Duration(random.IntN(200)) * time.Millisecond))
				case random.IntN(3) == 0:
					at = at.Add(time.Millisecond)
					m.add(at)
				default:
					m.add(at)
				}
			}
			if m.asked > 100 {
				m.meddle = nil
			}
		}
		// What the run before gave up may still get responses, with these dice.
		options := []clarify.QueryOption{clarify.Stable(), clarify.PageSize(1 + random.IntN(12)), clarify.Concurrency(1 + random.IntN(2)*random.IntN(6))}
		m.mu.Unlock()

		seen := map[string]bool{}
		last := time.Time{}
		for record, err := range people.All(t.Context(), options...) {
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if seen[record.ID] {
				t.Errorf("seed %d: %s came twice", seed, record.ID)
			}
			seen[record.ID] = true
			if record.Attributes.CreatedAt.Before(last) {
				t.Errorf("seed %d: %s is out of order", seed, record.ID)
			}
			last = record.Attributes.CreatedAt
		}
		m.mu.Lock()
		for id := range stays {
			if !seen[id] {
				t.Errorf("seed %d: %s did not come", seed, id)
			}
		}
		m.mu.Unlock()
		if t.Failed() {
			t.FailNow()
		}
	}
	noGoroutineFetches(t)
}

func TestStableGoesByConditionsAndNotByPositions(t *testing.T) {
	m := &timestamps{created: map[string]time.Time{}, random: rand.New(rand.NewPCG(1, 1))}
	f := newFake(t, func(_ *fake, w http.ResponseWriter, r *http.Request) { m.ServeHTTP(w, r) })
	for i := range 2_000 {
		m.add(firstDay.Add(time.Duration(i/3) * time.Millisecond))
	}
	people := clarify.NewRecords[stampedPerson](f.client(t), "person")
	for n, limits := range map[int]struct{ requests, offset int }{1: {115, 0}, 8: {2000/12 + 17, 2 * 8 * 20}} {
		m.mu.Lock()
		m.asked, m.deepest = 0, 0
		m.mu.Unlock()
		got, err := collect(t, people.All(t.Context(), clarify.Stable(), clarify.PageSize(20), clarify.Concurrency(n)))
		if err != nil {
			t.Errorf("concurrency %d: %v", n, err)
		}
		if len(got) != 2_000 {
			t.Errorf("concurrency %d: got %d, %v", n, len(got), err)
		}
		m.mu.Lock()
		if m.asked > limits.requests+3 {
			t.Errorf("concurrency %d: %d requests, the deepest at %d", n, m.asked, m.deepest)
		}
		if m.deepest > limits.offset {
			t.Errorf("concurrency %d: %d requests, the deepest at %d", n, m.asked, m.deepest)
		}
		m.mu.Unlock()
	}
}

func TestStableReadsPagesConcurrently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &timestamps{created: map[string]time.Time{}, random: rand.New(rand.NewPCG(1, 1))}
		for i := range 2_000 {
			m.add(firstDay.Add(time.Duration(i) * time.Millisecond))
		}
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(25 * time.Millisecond)
			m.ServeHTTP(w, r)
		})
		began := time.Now()
		people := clarify.NewRecords[stampedPerson](server.connect(t), "person")
		got, err := collect(t, people.All(t.Context(), clarify.Stable(), clarify.PageSize(40), clarify.Concurrency(16)))
		if err != nil {
			t.Error(err)
		}
		if len(got) != 2_000 {
			t.Errorf("got %d, %v", len(got), err)
		}
		// 50 pages that overlap by eight records.
		if took, most := time.Since(began), 7*25*time.Millisecond; took > most {
			t.Errorf("it took %v, want %v at most", took, most)
		}
	})
}

func TestStableWithConditionsAndLimit(t *testing.T) {
	m := &timestamps{created: map[string]time.Time{}, random: rand.New(rand.NewPCG(1, 1))}
	f := newFake(t, func(_ *fake, w http.ResponseWriter, r *http.Request) { m.ServeHTTP(w, r) })
	for i := range 60 {
		for range 1 + i%7 {
			m.add(firstDay.Add(time.Duration(i) * time.Millisecond))
		}
	}
	people := clarify.NewRecords[stampedPerson](f.client(t), "person")
	at := func(ms int) time.Time { return firstDay.Add(time.Duration(ms) * time.Millisecond) }
	between := func(from, to int) int {
		n := 0
		for _, created := range m.created {
			if !created.Before(at(from)) && created.Before(at(to)) {
				n++
			}
		}
		return n
	}
	for _, size := range []int{1, 3, 5, 100}[rerun.Stride(3)-1:] { // the first two take the most requests
		for name, test := range map[string]struct {
			options []clarify.QueryOption
			want    int
		}{
			"from a time":    {[]clarify.QueryOption{clarify.Where("_created_at", clarify.IsOnOrAfter, at(40))}, between(40, 60)},
			"to a time":      {[]clarify.QueryOption{clarify.Where("_created_at", clarify.IsBefore, at(40))}, between(0, 40)},
			"between":        {[]clarify.QueryOption{clarify.Where("_created_at", clarify.IsBefore, at(40)), clarify.Where("_created_at", clarify.IsOnOrAfter, at(20))}, between(20, 40)},
			"from a day":     {[]clarify.QueryOption{clarify.Where("_created_at", clarify.IsOnOrAfter, clarify.DateOf(firstDay.AddDate(0, 0, 1)))}, 0},
			"to a day":       {[]clarify.QueryOption{clarify.Where("_created_at", clarify.IsBefore, clarify.DateOf(firstDay.AddDate(0, 0, 1)))}, len(m.created)},
			"no more than 1": {[]clarify.QueryOption{clarify.Limit(1)}, 1},
			"no more":        {[]clarify.QueryOption{clarify.Limit(57)}, 57},
			"none":           {[]clarify.QueryOption{clarify.Limit(0)}, 0},
			"no more of all": {[]clarify.QueryOption{clarify.Limit(100_000)}, len(m.created)},
		} {
			for _, n := range []int{1, 4} {
				got, err := collect(t, people.All(t.Context(), append(test.options, clarify.Stable(), clarify.PageSize(size), clarify.Concurrency(n))...))
				distinct := map[string]bool{}
				for _, record := range got {
					distinct[record.ID] = true
				}
				if err != nil {
					t.Error(err)
				}
				wantEqual(t, fmt.Sprintf("%s, %d a page, concurrency %d: len(got)", name, size, n), len(got), test.want)
				wantEqual(t, fmt.Sprintf("%s, %d a page, concurrency %d: len(distinct)", name, size, n), len(distinct), test.want)
			}
		}
	}
}

func TestStableWhileOthersWrite(t *testing.T) {
	clock := struct {
		sync.Mutex
		now time.Time
	}{now: firstDay}
	client, _ := sandbox(t, clarifytest.WithClock(func() time.Time {
		clock.Lock()
		defer clock.Unlock()
		return clock.now
	}), clarifytest.WithRateLimit(1_000_000))
	people := clarify.People(client)
	ctx := t.Context()
	stays := map[string]bool{}
	var others []string
	for i := range 300 {
		// Many of them within a millisecond.
		if i%20 == 0 {
			clock.Lock()
			clock.now = clock.now.Add(time.Millisecond)
			clock.Unlock()
		}
		person, err := people.Create(ctx, clarify.Person{JobTitle: fmt.Sprint(i)})
		if err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 {
			others = append(others, person.ID)
		} else {
			stays[person.ID] = true
		}
	}
	stop := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			clock.Lock()
			clock.now = clock.now.Add(time.Duration(i%2) * time.Millisecond)
			clock.Unlock()
			if _, err := people.Create(ctx, clarify.Person{JobTitle: "new"}); err != nil {
				t.Error(err)
			}
			if i < len(others) {
				if err := people.Delete(ctx, others[i]); err != nil {
					t.Error(err)
				}
			}
		}
	})
	for _, n := range []int{1, 4} {
		for _, size := range []int{7, 50} {
			seen := map[string]int{}
			for record, err := range people.All(ctx, clarify.Stable(), clarify.PageSize(size), clarify.Concurrency(n), clarify.Limit(2000)) {
				if err != nil {
					t.Fatal(err)
				}
				if seen[record.ID]++; seen[record.ID] > 1 {
					t.Errorf("%s came twice", record.ID)
				}
			}
			for id := range stays {
				if seen[id] != 1 {
					t.Errorf("concurrency %d, %d a page: %s came %d times", n, size, id, seen[id])
				}
			}
		}
	}
	close(stop)
	group.Wait()
}
