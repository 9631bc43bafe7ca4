package clarify_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/clarify-go/clarify"
)

// offsets are those of the pages that were asked for, in ascending order.
func (f *fake) offsets() []int {
	var all []int
	for _, r := range f.requests() {
		all = append(all, number(httptest.NewRequest("GET", r.URI, nil), "page[offset]", 0))
	}
	slices.Sort(all)
	return all
}

func TestConcurrencyReadsTheSamePagesOnce(t *testing.T) {
	for _, total := range []int{0, 1, 2, 5, 17, 40} {
		for _, options := range [][]clarify.QueryOption{
			{clarify.PageSize(2)},
			{clarify.PageSize(3), clarify.Limit(10)},
			{clarify.PageSize(2), clarify.Limit(7), clarify.Offset(3)},
			{clarify.PageSize(1)},
			{},
		} {
			f := pagedFake(t, total)
			people := clarify.People(f.client(t))
			want, err := collect(t, people.All(t.Context(), options...))
			if err != nil {
				t.Fatal(err)
			}
			one := f.offsets()
			for _, n := range []int{1, 2, 5, 100} {
				f := pagedFake(t, total)
				people := clarify.People(f.client(t))
				got, err := collect(t, people.All(t.Context(), append(options, clarify.Concurrency(n))...))
				if err != nil {
					t.Error(err)
				}
				if !slices.Equal(ids(got), ids(want)) {
					t.Errorf("%d of concurrency %d: got %v, %v", n, total, ids(got), err)
				}
				if asked := f.offsets(); !slices.Equal(asked, one) {
					t.Errorf("%d of concurrency %d: asked for %v, want %v", n, total, asked, one)
				}
			}
		}
	}
}

// slowPages serves pages, each after its own latency. most returns how many requests
// were in flight at the same time.
func slowPages(t *testing.T, total int, latency func(offset int) time.Duration) (s *memServer, most func() int) {
	var mu sync.Mutex
	now, highest := 0, 0
	s = serve(t, func(w http.ResponseWriter, r *http.Request) {
		offset, limit := number(r, "page[offset]", 0), number(r, "page[limit]", 500)
		mu.Lock()
		now++
		highest = max(highest, now)
		mu.Unlock()
		defer func() { mu.Lock(); now--; mu.Unlock() }()
		select {
		case <-time.After(latency(offset)):
		case <-r.Context().Done():
			return
		}
		next := ""
		if offset+limit < total {
			next = fmt.Sprintf("%s?page[offset]=%d&page[limit]=%d", r.URL.EscapedPath(), offset+limit, limit)
		}
		respond(w, 200, page(next, total, count(offset, min(offset+limit, total))...))
	})
	return s, func() int {
		mu.Lock()
		defer mu.Unlock()
		return highest
	}
}

func TestConcurrencyKeepsItsNumberOfRequestsInFlight(t *testing.T) {
	const pages, latency = 200, 25 * time.Millisecond
	for n, most := range map[int]time.Duration{
		1:  pages * latency,
		2:  (1 + pages/2) * latency,
		16: (1 + pages/16 + 1) * latency,
		50: (1 + pages/50 + 1) * latency,
	} {
		synctest.Test(t, func(t *testing.T) {
			server, inFlight := slowPages(t, pages, func(int) time.Duration { return latency })
			people := clarify.People(server.connect(t))
			began := time.Now()
			got, err := collect(t, people.All(t.Context(), clarify.PageSize(1), clarify.Concurrency(n)))
			if err != nil {
				t.Errorf("concurrency %d: %v", n, err)
			}
			if !slices.Equal(ids(got), count(0, pages)) {
				t.Errorf("concurrency %d: got %v, %v", n, ids(got), err)
			}
			if took := time.Since(began); took > most {
				t.Errorf("concurrency %d: it took %v, want %v at most", n, took, most)
			}
			if inFlight() != n {
				t.Errorf("concurrency %d: %d requests were in flight", n, inFlight())
			}
		})
	}
}

func TestPagesComeInOrderWhicheverResponseIsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := slowPages(t, 60, func(offset int) time.Duration {
			return time.Duration(offset*7919%50) * time.Millisecond
		})
		got, err := collect(t, clarify.People(server.connect(t)).All(t.Context(), clarify.PageSize(1), clarify.Concurrency(8)))
		if err != nil {
			t.Error(err)
		}
		if !slices.Equal(ids(got), count(0, 60)) {
			t.Errorf("got %v, %v", ids(got), err)
		}
	})
}

func TestConcurrencyHoldsABoundedNumberOfPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := slowPages(t, 1000, func(int) time.Duration { return time.Millisecond })
		const n = 4
		used := 0
		for _, err := range clarify.People(server.connect(t)).Pages(t.Context(), clarify.PageSize(1), clarify.Concurrency(n)) {
			if err != nil {
				t.Fatal(err)
			}
			used++
			time.Sleep(time.Minute)
			if asked := len(server.requests()); asked > used+2*n {
				t.Fatalf("while page %d is in use, %d were asked for", used, asked)
			}
			if used == 50 {
				break
			}
		}
	})
}

func TestUsedPagesCanBeCollected(t *testing.T) {
	const total = 50 // more than are held at once
	for _, n := range []int{1, 16} {
		synctest.Test(t, func(t *testing.T) {
			server, _ := slowPages(t, total, func(int) time.Duration { return time.Millisecond })
			var used []weak.Pointer[clarify.Record[clarify.Person]]
			for page, err := range clarify.People(server.connect(t)).Pages(t.Context(), clarify.PageSize(1), clarify.Concurrency(n)) {
				if err != nil {
					t.Fatal(err)
				}
				used = append(used, weak.Make(&page.Records[0]))
				synctest.Wait() // until what is fetched ahead is there
				runtime.GC()
				held := 0
				for _, p := range used[:len(used)-1] {
					if p.Value() != nil {
						held++
					}
				}
				if held > 0 {
					t.Fatalf("concurrency %d: while page %d is in use, %d of those before are held", n, len(used), held)
				}
			}
			if len(used) != total {
				t.Errorf("concurrency %d: got %d", n, len(used))
			}
		})
	}
}

func TestLeavingTheLoopEndsAllRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := slowPages(t, 1000, func(offset int) time.Duration { return time.Duration(offset) * time.Hour })
		people := clarify.People(server.connect(t))
		began := time.Now()
		for range people.All(t.Context(), clarify.PageSize(1), clarify.Concurrency(8)) {
			synctest.Wait() // until the requests are in flight
			break
		}
		wantEqual(t, "time.Since(began)", time.Since(began), 0)
		wantEqual(t, "len(server.requests())", len(server.requests()), 9)
		noGoroutineFetches(t)

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		got, err := collect(t, people.All(ctx, clarify.PageSize(1), clarify.Concurrency(8)))
		wantEqual(t, "len(got)", len(got), 1)
		wantIs(t, err, context.DeadlineExceeded, true)
		noGoroutineFetches(t)
	})
}

func TestPagesBeforeAnErrorComeFirst(t *testing.T) {
	f := newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
		offset := number(r, "page[offset]", 0)
		if offset >= 10 {
			respond(w, 403, `{"errors":[{"status":"403","detail":"Enough."}]}`)
			return
		}
		respond(w, 200, page(fmt.Sprintf("%s/objects/person/resources?page[offset]=%d", f.base, offset+2), 100, count(offset, offset+2)...))
	})
	got, err := collect(t, clarify.People(f.client(t)).All(t.Context(), clarify.PageSize(2), clarify.Concurrency(8)))
	if !slices.Equal(ids(got), count(0, 10)) {
		t.Errorf("got %v, %v", ids(got), err)
	}
	wantIs(t, err, clarify.ErrForbidden, true)
	noGoroutineFetches(t)
}

// The link decides where the next page is, and the prediction does not.
func TestConcurrencyReadsWhatIsThereWhereverPagesBegin(t *testing.T) {
	const total = 60
	for name, test := range map[string]struct {
		limit  func(offset, asked int) int
		link   string // with OFFSET and LIMIT
		total  string
		within int // requests
	}{
		"pages are smaller than asked":        {func(_, asked int) int { return min(asked, 3) }, "?page[offset]=OFFSET&page[limit]=LIMIT", "60", 20},
		"the link says nothing of the limit":  {func(_, asked int) int { return 5 }, "?page[offset]=OFFSET", "60", 12},
		"the link has something of its own":   {func(_, asked int) int { return 5 }, "?page[offset]=OFFSET&page[limit]=LIMIT&token=OFFSET", "60", 12 + 3*8},
		"parameters in another order":         {func(_, asked int) int { return asked }, "?page%5Blimit%5D=LIMIT&a=b&page%5Boffset%5D=OFFSET&c=d+e", "60", 12},
		"pages of different sizes":            {func(offset, _ int) int { return 1 + offset%7 }, "?page[offset]=OFFSET&page[limit]=LIMIT", "60", 200},
		"the link has a cursor and no offset": {func(_, asked int) int { return asked }, "?cursor=OFFSET&page[limit]=LIMIT", "60", 12},
		"the total is not known":              {func(_, asked int) int { return asked }, "?page[offset]=OFFSET&page[limit]=LIMIT", "null", 12 + 1 + 8},
		"the total is too small":              {func(_, asked int) int { return asked }, "?page[offset]=OFFSET&page[limit]=LIMIT", "7", 12},
		"the total is too large":              {func(_, asked int) int { return asked }, "?page[offset]=OFFSET&page[limit]=LIMIT", "1000", 12 + 1 + 8},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
				offset := number(r, "page[offset]", number(r, "cursor", 0))
				asked := number(r, "page[limit]", 5)
				limit := test.limit(offset, asked)
				next := ""
				if offset+limit < total {
					next = f.base + "/objects/person/resources" + strings.NewReplacer("OFFSET", fmt.Sprint(offset+limit), "LIMIT", fmt.Sprint(asked)).Replace(test.link)
				}
				body := page(next, 0, count(offset, min(offset+limit, total))...)
				respond(w, 200, strings.Replace(body, `"total_records":0`, `"total_records":`+test.total, 1))
			})
			got, err := collect(t, clarify.People(f.client(t)).All(t.Context(), clarify.PageSize(5), clarify.Concurrency(4)))
			if test.total == "1000" {
				mentions(t, err, "60 of 1000")
			} else if err != nil {
				t.Error(err)
			}
			if !slices.Equal(ids(got), count(0, total)) {
				t.Errorf("got %v", ids(got))
			}
			if n := len(f.requests()); n > test.within {
				t.Errorf("%d requests, want %d at most", n, test.within)
			}
		})
	}
}

func TestALimitHoldsWherePagesHaveGaps(t *testing.T) {
	// Each page has three items, and the next one begins five further on.
	f := newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
		offset, limit := number(r, "page[offset]", 0), number(r, "page[limit]", 5)
		link := fmt.Sprintf("%s/objects/person/resources?page[offset]=%d&page[limit]=%d", f.base, offset+5, limit)
		respond(w, 200, page(link, 100, count(offset, offset+min(3, limit))...))
	})
	want := []string{"0", "1", "2", "5", "6", "7", "10", "11", "12", "15", "16", "17", "20", "21", "22", "25", "26", "27", "30", "31"}
	for _, n := range []int{1, 2, 4, 16} {
		got, err := collect(t, clarify.People(f.client(t)).All(t.Context(), clarify.PageSize(5), clarify.Limit(len(want)), clarify.Concurrency(n)))
		if err != nil {
			t.Errorf("concurrency %d: %v", n, err)
		}
		if !slices.Equal(ids(got), want) {
			t.Errorf("concurrency %d: got %v, want %v", n, ids(got), want)
		}
	}
}

func TestPagesWithoutLinksAreFetchedConcurrently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(25 * time.Millisecond)
			offset := number(r, "page[offset]", 0)
			respond(w, 200, page("", 33, fmt.Sprint(offset)))
		})
		began := time.Now()
		got, err := collect(t, clarify.People(server.connect(t)).All(t.Context(), clarify.PageSize(1), clarify.Concurrency(16)))
		if err != nil {
			t.Error(err)
		}
		if !slices.Equal(ids(got), count(0, 33)) {
			t.Errorf("got %v", ids(got))
		}
		wantEqual(t, "time", time.Since(began), 3*25*time.Millisecond)
	})
}

func TestRepeatedPageIsFoundThoughItWasFetchedAhead(t *testing.T) {
	f := newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
		offset := number(r, "page[offset]", 0)
		respond(w, 200, page(fmt.Sprintf("%s/objects/person/resources?page[offset]=%d", f.base, offset+2), 100, "a", "b"))
	})
	got, err := collect(t, clarify.People(f.client(t)).All(t.Context(), clarify.PageSize(2), clarify.Concurrency(4)))
	mentions(t, err, "the same items")
	if len(got) != 2 {
		t.Errorf("got %v", ids(got))
	}
}

func TestConcurrencyWaitsForTheRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := &rolling{limit: 20}
		server := serve(t, nil)
		server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			headers, ok := limit.take()
			if !ok {
				t.Error("a request was sent that the API had to reject")
			}
			offset := number(r, "page[offset]", 0)
			time.Sleep(25 * time.Millisecond)
			respond(w, 200, page(fmt.Sprintf("%s?page[offset]=%d", r.URL.EscapedPath(), offset+1), 70, fmt.Sprint(offset)), headers...)
		})
		n := 0
		for _, err := range clarify.People(server.connect(t)).All(t.Context(), clarify.PageSize(1), clarify.Limit(70), clarify.Concurrency(16)) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 70 {
			t.Errorf("got %d", n)
		}
	})
}

func TestInvalidConcurrency(t *testing.T) {
	f := pagedFake(t, 3)
	people := clarify.People(f.client(t))
	for _, n := range []int{0, -1, 1001} {
		_, err := collect(t, people.All(t.Context(), clarify.Concurrency(n)))
		wantNotSent(t, f, err, fmt.Sprintf("Concurrency(%d)", n), "1 to 1000")
	}
	_, err := people.Get(t.Context(), "x", clarify.Concurrency(2))
	wantNotSent(t, f, err, "getResource", "Concurrency")
}
