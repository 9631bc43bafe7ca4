package clarify_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/rerun"
)

// listServer serves n people with the links, meta and limit of its own.
type listServer struct {
	n     int
	limit int                                   // the highest that it takes
	links string                                // of each page
	meta  func(offset, limit, n int) string     // of each page, empty for none
	last  func(offset int) (total int, ok bool) // the total that it says, if another
}

func (l listServer) respond(r *http.Request) string {
	offset, limit := min(l.n, number(r, "page[offset]", 0)), number(r, "page[limit]", 500)
	if l.limit > 0 {
		limit = min(limit, l.limit)
	}
	to := min(l.n, offset+limit)
	total := l.n
	if l.last != nil {
		if said, ok := l.last(offset); ok {
			total = said
		}
	}
	document := `"data":[` + livePeople(offset, to) + `]`
	if l.links != "" {
		document += `,"links":` + l.links
	}
	if meta := l.meta(offset, limit, total); meta != "" {
		document += `,"meta":` + meta
	}
	return "{" + document + "}"
}

func totalOnly(_, _, n int) string { return fmt.Sprintf(`{"total_records":%d}`, n) }

// L3, L4: what the pages say of their number is enough to read them all.
func TestAListWithoutUsableLinksIsReadToItsEnd(t *testing.T) {
	metas := map[string]func(offset, limit, n int) string{
		"total": totalOnly,
		"total and pages": func(_, limit, n int) string {
			return fmt.Sprintf(`{"total_records":%d,"total_pages":%d}`, n, (n+limit-1)/limit)
		},
		"all but pages":    func(o, l, n int) string { return fmt.Sprintf(`{"total_records":%d,"offset":%d,"limit":%d}`, n, o, l) },
		"total as string":  func(_, _, n int) string { return fmt.Sprintf(`{"total_records":"%d"}`, n) },
		"total with point": func(_, _, n int) string { return fmt.Sprintf(`{"total_records":%d.0}`, n) },
		"limit":            func(_, l, _ int) string { return fmt.Sprintf(`{"limit":%d}`, l) },
		"total at first": func(o, _, n int) string {
			if o > 5 {
				return ""
			}
			return totalOnly(0, 0, n)
		},
	}
	lists, stride := 0, rerun.Stride(5)
	// A page that was asked for ahead may arrive once its list is over.
	var now atomic.Pointer[listServer]
	f := newFake(t, func(_ *fake, w http.ResponseWriter, r *http.Request) { respond(w, 200, now.Load().respond(r)) })
	client, before := f.client(t), 0
	for _, links := range []string{``, `null`, `{}`, `{"next":null}`, `{"next":""}`, `{"next":null,"prev":null}`, `[]`, `{"next":7}`, `"x"`} {
		for _, said := range slices.Sorted(maps.Keys(metas)) {
			meta := metas[said]
			for _, n := range []int{0, 10, 60} {
				for _, limit := range []int{0, 10} {
					if lists++; lists%stride != 0 {
						continue
					}
					for name, options := range map[string][]clarify.QueryOption{
						"by creation":         {clarify.OrderBy("_created_at", clarify.Ascending)},
						"small pages":         {clarify.PageSize(7)},
						"concurrently":        {clarify.PageSize(7), clarify.Concurrency(3)},
						"capped concurrently": {clarify.Concurrency(3)},
						"limited":             {clarify.Limit(23)},
						"from an offset":      {clarify.Offset(5)},
					} {
						if strings.Contains(links, "7") && said == "limit" {
							// What this link is about is not known: see below.
							continue
						}
						now.Store(&listServer{n: n, limit: limit, links: links, meta: meta})
						got, err := collect(t, clarify.People(client).All(t.Context(), options...))
						want := threeDigits(n)
						switch name {
						case "limited":
							want = want[:min(n, 23)]
						case "from an offset":
							want = want[min(n, 5):]
						}
						if err != nil {
							t.Error(err)
						}
						if !slices.Equal(ids(got), want) {
							t.Errorf("links %s, %s, %d people by %d, %s: got %d, %v", links, said, n, limit, name, len(got), err)
						}
						asked := len(f.requests())
						if asked-before > n/7+2+6 {
							t.Errorf("links %s, %s, %d people by %d, %s: %d requests", links, said, n, limit, name, asked-before)
						}
						before = asked
					}
				}
			}
		}
	}
}

// newListServer is without TLS, as there are many of them.
func newListServer(t *testing.T, l listServer) *fake {
	t.Helper()
	return newFake(t, func(_ *fake, w http.ResponseWriter, r *http.Request) { respond(w, 200, l.respond(r)) })
}

func TestStableReadsAListWithoutLinksToItsEnd(t *testing.T) {
	const total = 20
	for _, capped := range []int{2, 3, 500} {
		for _, n := range []int{1, 4} {
			s := newSecureServer(t, func(r *http.Request) string {
				from := 0
				if at, err := time.Parse(time.RFC3339, r.URL.Query().Get("filter[_created_at][Is on or after]")); err == nil {
					from = at.Second()
				}
				left := total - from
				from += number(r, "page[offset]", 0)
				to := min(total, from+min(capped, number(r, "page[limit]", 500)))
				return fmt.Sprintf(`{"data":[%s],"links":{"next":null},"meta":{"total_records":%d}}`, livePeople(from, to), left)
			})
			got, err := collect(t, clarify.People(s.client(t, s.URL+"/v1")).All(t.Context(), clarify.Stable(), clarify.PageSize(4), clarify.Concurrency(n)))
			if err != nil {
				t.Error(err)
			}
			if !slices.Equal(ids(got), threeDigits(total)) {
				t.Errorf("%d a page, concurrency %d: got %v, %v", capped, n, ids(got), err)
			}
		}
	}
}

func TestNoListEndsEarlyInSilence(t *testing.T) {
	says := func(totals map[int]int) func(int) (int, bool) {
		return func(offset int) (int, bool) {
			for from, total := range totals {
				if offset >= from && from >= 0 {
					return total, true
				}
			}
			return 0, false
		}
	}
	for name, tt := range map[string]struct {
		server  listServer
		options []clarify.QueryOption
		want    int
		words   []string // of the error, none if there is none
		asked   int      // how many requests at most
	}{
		"the total is never reached": {
			listServer{n: 10, links: `{"next":null}`, meta: totalOnly, last: says(map[int]int{0: 60})}, nil, 10, []string{"10 of 60", "empty"}, 2,
		},
		"nothing comes of a total": {
			listServer{n: 0, links: `{"next":null}`, meta: totalOnly, last: says(map[int]int{0: 60})}, nil, 0, []string{"0 of 60", "empty"}, 1,
		},
		"the total is never reached, in small pages": {
			listServer{n: 10, limit: 4, links: `{}`, meta: totalOnly, last: says(map[int]int{0: 11})},
			[]clarify.QueryOption{clarify.Concurrency(2)}, 10, []string{"10 of 11"}, 8,
		},
		"what is missing is not wanted": {
			listServer{n: 10, meta: totalOnly, last: says(map[int]int{0: 60})}, []clarify.QueryOption{clarify.Limit(10)}, 10, nil, 1,
		},
		"the total shrinks": {
			listServer{n: 10, limit: 5, meta: totalOnly, last: says(map[int]int{0: 10})}, nil, 10, nil, 2,
		},
		"the offset is beyond the total": {
			listServer{n: 10, meta: totalOnly}, []clarify.QueryOption{clarify.Offset(11)}, 0, nil, 1,
		},
		"a link of another kind without a total": {
			listServer{n: 3, links: `{"next":{"href":7}}`, meta: func(_, _, _ int) string { return "" }}, nil, 3, []string{"links.next", "neither a URL nor null"}, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newListServer(t, tt.server)
			got, err := collect(t, clarify.People(s.client(t)).All(t.Context(), tt.options...))
			if !slices.Equal(ids(got), threeDigits(tt.want)) {
				t.Errorf("got %v", ids(got))
			}
			if tt.words == nil && err != nil {
				t.Errorf("got %v", err)
			} else if tt.words != nil {
				mentions(t, err, tt.words...)
				var e *clarify.Error
				if !errors.As(err, &e) {
					t.Fatalf("got %#v", err)
				}
				wantEqual(t, "e.StatusCode", e.StatusCode, 200)
				wantEqual(t, "e.Operation", e.Operation, "getResources")
			}
			if n := len(s.requests()); n > tt.asked {
				t.Errorf("%d requests", n)
			}
		})
	}
	t.Run("a server without offsets", func(t *testing.T) {
		s := newFake(t, func(_ *fake, w http.ResponseWriter, _ *http.Request) {
			respond(w, 200, `{"data":[`+livePeople(0, 10)+`],"meta":{"total_records":60}}`)
		})
		got, err := collect(t, clarify.People(s.client(t)).All(t.Context()))
		mentions(t, err, "the same items")
		wantEqual(t, "len(got)", len(got), 10)
		if len(s.requests()) > 3 {
			t.Errorf("got %d in %d requests", len(got), len(s.requests()))
		}
	})
	t.Run("Stable", func(t *testing.T) {
		s := newFake(t, func(_ *fake, w http.ResponseWriter, r *http.Request) {
			from, to := 0, 10
			if at, err := time.Parse(time.RFC3339, r.URL.Query().Get("filter[_created_at][Is on or after]")); err == nil {
				from = at.Second()
			}
			if at, err := time.Parse(time.RFC3339, r.URL.Query().Get("filter[_created_at][Is before]")); err == nil {
				to = min(to, at.Second()+1)
			}
			left := to - from
			from += number(r, "page[offset]", 0)
			respond(w, 200, fmt.Sprintf(`{"data":[%s],"meta":{"total_records":%d}}`, livePeople(from, to), left+1))
		})
		got, err := collect(t, clarify.People(s.client(t)).All(t.Context(), clarify.Stable()))
		mentions(t, err, "more than 1 records have _created_at", "returns no more")
		if !slices.Equal(ids(got), threeDigits(10)) {
			t.Errorf("got %v in %d requests", ids(got), len(s.requests()))
		}
		if len(s.requests()) > 10 {
			t.Errorf("got %v in %d requests", ids(got), len(s.requests()))
		}
	})
}

// All attachments come in one response, unless a server pages them unasked.
func TestAttachmentsAreReadToTheirEnd(t *testing.T) {
	const total = 12
	for _, paged := range []bool{false, true} {
		f := newFake(t, func(_ *fake, w http.ResponseWriter, r *http.Request) {
			offset, limit := number(r, "page[offset]", 0), number(r, "page[limit]", total)
			meta := ""
			if paged {
				limit = min(limit, 5)
				meta = fmt.Sprintf(`,"links":{"next":null},"meta":{"total_records":%d}`, total)
			}
			var data []string
			for _, id := range count(offset, min(total, offset+limit)) {
				data = append(data, `{"_id":"`+id+`","_created_at":"2026-01-02T03:04:05Z","_created_by":null,"mime_type":null,"name":"a.txt","size_bytes":null}`)
			}
			respond(w, 200, `{"data":[`+strings.Join(data, ",")+`]`+meta+`}`)
		})
		var got []string
		for a, err := range f.client(t).Attachments(t.Context(), "deal", "d1") {
			if err != nil {
				t.Fatalf("paged %v: %v", paged, err)
			}
			got = append(got, a.ID)
		}
		if !slices.Equal(got, count(0, total)) {
			t.Errorf("paged %v: got %v", paged, got)
		}
		for i, r := range f.requests() {
			if strings.Contains(r.URI, "page") != (i > 0) {
				t.Errorf("paged %v: %s was requested", paged, r.URI)
			}
		}
	}
}

func TestAMetaThatDoesNotFitCostsNoRecord(t *testing.T) {
	for _, meta := range []string{
		`null`, `[]`, `7`, `"x"`, `{}`,
		`{"total_records":null}`, `{"total_records":"many"}`, `{"total_records":-1}`, `{"total_records":3.5}`, `{"total_records":1e300}`,
		`{"total_records":9007199254740994}`, `{"total_records":99999999999999999999}`, `{"total_records":{}}`, `{"total_records":[3]}`, `{"total_records":true}`,
		`{"total_records":3,"total_pages":"one"}`, `{"total_records":3,"limit":"x","offset":-7}`, `{"total_records":3,"limit":{},"offset":[]}`,
		`{"total_records":3,"limit":-1}`, `{"total_records":3,"limit":0}`, `{"total_records":3e0,"limit":1e400}`,
	} {
		s := newListServer(t, listServer{n: 3, links: `{"next":null}`, meta: func(_, _, _ int) string { return meta }})
		client := s.client(t)
		got, err := collect(t, clarify.People(client).All(t.Context()))
		if err != nil {
			t.Errorf("%s: %v", meta, err)
		}
		if !slices.Equal(ids(got), threeDigits(3)) {
			t.Errorf("%s: got %v, %v", meta, ids(got), err)
		}
		stable, err := collect(t, clarify.People(client).All(t.Context(), clarify.Stable()))
		if err != nil {
			t.Errorf("%s: %v", meta, err)
		}
		if len(stable) != 3 {
			t.Errorf("%s: with Stable got %v, %v", meta, ids(stable), err)
		}
		n := 0
		for _, err := range client.Users(t.Context()) {
			if n++; err != nil {
				t.Errorf("%s: %v", meta, err)
			}
		}
		wantEqual(t, meta+": n", n, 3)
		wantEqual(t, meta+": len(s.requests())", len(s.requests()), 3)
	}
}
