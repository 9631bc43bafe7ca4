package clarify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
)

func count(from, to int) []string {
	all := []string{}
	for i := from; i < to; i++ {
		all = append(all, fmt.Sprint(i))
	}
	return all
}

func TestEachPageIsAskedForOnce(t *testing.T) {
	for name, test := range map[string]struct {
		total   int
		options []clarify.QueryOption
		want    []string
		asked   []string // offset and limit of each request
	}{
		"nothing there":                   {0, nil, count(0, 0), []string{"0 500"}},
		"one page":                        {5, nil, count(0, 5), []string{"0 500"}},
		"a full page":                     {2, []clarify.QueryOption{clarify.PageSize(2)}, count(0, 2), []string{"0 2"}},
		"full pages":                      {4, []clarify.QueryOption{clarify.PageSize(2)}, count(0, 4), []string{"0 2", "2 2"}},
		"a last page that is not full":    {5, []clarify.QueryOption{clarify.PageSize(2)}, count(0, 5), []string{"0 2", "2 2", "4 2"}},
		"the default size":                {1100, nil, count(0, 1100), []string{"0 500", "500 500", "1000 500"}},
		"limit within a page":             {9, []clarify.QueryOption{clarify.PageSize(5), clarify.Limit(3)}, count(0, 3), []string{"0 3"}},
		"limit at a page's end":           {9, []clarify.QueryOption{clarify.PageSize(2), clarify.Limit(4)}, count(0, 4), []string{"0 2", "2 2"}},
		"limit reduces the last page":     {9, []clarify.QueryOption{clarify.PageSize(2), clarify.Limit(5)}, count(0, 5), []string{"0 2", "2 2", "4 1"}},
		"limit at the collection's end":   {4, []clarify.QueryOption{clarify.PageSize(2), clarify.Limit(4)}, count(0, 4), []string{"0 2", "2 2"}},
		"limit beyond the end":            {3, []clarify.QueryOption{clarify.PageSize(2), clarify.Limit(9)}, count(0, 3), []string{"0 2", "2 2"}},
		"limit of none":                   {3, []clarify.QueryOption{clarify.Limit(0)}, count(0, 0), nil},
		"an offset":                       {5, []clarify.QueryOption{clarify.PageSize(2), clarify.Offset(1)}, count(1, 5), []string{"1 2", "3 2"}},
		"an offset beyond the end":        {5, []clarify.QueryOption{clarify.Offset(7)}, count(0, 0), []string{"7 500"}},
		"offset, limit and size together": {9, []clarify.QueryOption{clarify.PageSize(2), clarify.Offset(3), clarify.Limit(3)}, count(3, 6), []string{"3 2", "5 1"}},
		"pages of one":                    {3, []clarify.QueryOption{clarify.PageSize(1)}, count(0, 3), []string{"0 1", "1 1", "2 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := pagedFake(t, test.total)
			people := clarify.People(f.client(t))
			got, err := collect(t, people.All(t.Context(), test.options...))
			if err != nil || !slices.Equal(ids(got), test.want) {
				t.Errorf("got %v, %v", ids(got), err)
			}
			var asked []string
			for _, r := range f.requests() {
				u := httptest.NewRequest("GET", r.URI, nil)
				asked = append(asked, fmt.Sprint(number(u, "page[offset]", 0), " ", number(u, "page[limit]", -1)))
			}
			if !slices.Equal(asked, test.asked) {
				t.Errorf("asked for %q, want %q", asked, test.asked)
			}

			pages, err := collect(t, people.Pages(t.Context(), test.options...))
			var paged []string
			for _, p := range pages {
				paged = append(paged, ids(p.Records)...)
			}
			if err != nil || !slices.Equal(paged, test.want) {
				t.Errorf("by page: got %v, %v", paged, err)
			}
			if len(f.requests()) != 2*len(test.asked) {
				t.Errorf("by page it took %d requests", len(f.requests())-len(test.asked))
			}
		})
	}
}

func TestLimitHoldsWhereTheServerResponsesMore(t *testing.T) {
	f := newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
		offset := number(r, "page[offset]", 0)
		respond(w, 200, page(fmt.Sprintf("%s/objects/person/resources?page[offset]=%d", f.base, offset+4), 100, count(offset, offset+4)...))
	})
	for limit := range 10 {
		got, err := collect(t, clarify.People(f.client(t)).All(t.Context(), clarify.PageSize(2), clarify.Limit(limit)))
		if err != nil || !slices.Equal(ids(got), count(0, limit)) {
			t.Errorf("limit %d: got %v, %v", limit, ids(got), err)
		}
	}
}

// The request for a page is answered when the test says so.
func gatedFake(t *testing.T, total int) (f *fake, arrivals <-chan int, gates []chan struct{}) {
	t.Helper()
	arrived := make(chan int, 100)
	for range total {
		gates = append(gates, make(chan struct{}))
	}
	inner := pagedFake(t, total)
	f = newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
		offset := number(r, "page[offset]", 0)
		arrived <- offset
		select {
		case <-gates[offset]:
		case <-r.Context().Done():
			arrived <- -1
			return
		}
		w2 := httptest.NewRecorder()
		inner.Config.Handler.ServeHTTP(w2, r)
		respond(w, w2.Code, strings.ReplaceAll(w2.Body.String(), inner.URL, f.URL))
	})
	return f, arrived, gates
}

func TestNextPageIsFetchedWhileThisOneIsUsed(t *testing.T) {
	f, arrivals, gates := gatedFake(t, 3)
	close(gates[0])
	seen := 0
	for record, err := range clarify.People(f.client(t)).All(t.Context(), clarify.PageSize(1)) {
		if err != nil {
			t.Fatal(err)
		}
		if seen == 0 && <-arrivals != 0 {
			t.Error("the first page was not asked for first")
		}
		if seen < 2 {
			// It arrives although this page is still in use, …
			if next := <-arrivals; next != seen+1 {
				t.Errorf("while page %d is in use, %d is asked for", seen, next)
			}
			close(gates[seen+1])
		}
		// … and no other one does, though it may.
		if extra := len(f.requests()); extra > seen+2 {
			t.Errorf("at page %d there are %d requests", seen, extra)
		}
		if record.ID != fmt.Sprint(seen) {
			t.Errorf("got %s", record.ID)
		}
		seen++
	}
	if seen != 3 {
		t.Errorf("saw %d", seen)
	}
}

func TestLoopThatIsLeftEndsItsRequest(t *testing.T) {
	for name, leave := range map[string]func(iter.Seq2[clarify.Record[clarify.Person], error]){
		"break": func(all iter.Seq2[clarify.Record[clarify.Person], error]) {
			for range all {
				break
			}
		},
		"return": func(all iter.Seq2[clarify.Record[clarify.Person], error]) {
			for range all {
				return
			}
		},
		"panic": func(all iter.Seq2[clarify.Record[clarify.Person], error]) {
			defer func() {
				if got := recover(); got != "in the loop" {
					panic(got)
				}
			}()
			for range all {
				panic("in the loop")
			}
		},
		"Goexit": func(all iter.Seq2[clarify.Record[clarify.Person], error]) {
			done := make(chan struct{})
			go func() {
				defer close(done)
				for range all {
					runtime.Goexit()
				}
			}()
			<-done
		},
		"iter.Pull2": func(all iter.Seq2[clarify.Record[clarify.Person], error]) {
			next, stop := iter.Pull2(all)
			if _, err, ok := next(); err != nil || !ok {
				panic(err)
			}
			stop()
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, arrivals, gates := gatedFake(t, 3)
			close(gates[0])
			people := clarify.People(f.client(t))
			waiting := func(yield func(clarify.Record[clarify.Person], error) bool) {
				for record, err := range people.All(t.Context(), clarify.PageSize(1)) {
					if err != nil {
						t.Error(err)
					}
					<-arrivals
					if next := <-arrivals; next != 1 {
						t.Errorf("%d was asked for", next)
					}
					if !yield(record, err) {
						return
					}
				}
			}
			leave(waiting)
			if gone := <-arrivals; gone != -1 {
				t.Errorf("%d arrived, want the end of the request", gone)
			}
			if n := len(f.requests()); n != 2 {
				t.Errorf("%d requests", n)
			}
			noGoroutineFetches(t)
		})
	}
}

func TestEndOfTheContextEndsTheIteration(t *testing.T) {
	t.Run("before it begins", func(t *testing.T) {
		f := pagedFake(t, 3)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		got, err := collect(t, clarify.People(f.client(t)).All(ctx))
		if len(got) != 0 || !errors.Is(err, context.Canceled) || len(f.requests()) != 0 {
			t.Errorf("got %v, %v, %d requests", got, err, len(f.requests()))
		}
	})
	t.Run("in the first request", func(t *testing.T) {
		f, arrivals, _ := gatedFake(t, 3)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-arrivals; cancel() }()
		got, err := collect(t, clarify.People(f.client(t)).All(ctx))
		if len(got) != 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("while the next page is waited for", func(t *testing.T) {
		f, arrivals, gates := gatedFake(t, 3)
		close(gates[0])
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-arrivals; <-arrivals; cancel() }()
		got, err := collect(t, clarify.People(f.client(t)).Pages(ctx, clarify.PageSize(1)))
		if len(got) != 1 || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("by a deadline", func(t *testing.T) {
		f, _, _ := gatedFake(t, 3)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := collect(t, clarify.People(f.client(t)).All(ctx))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("within a page", func(t *testing.T) {
		f := pagedFake(t, 3)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var got []string
		var failed error
		for record, err := range clarify.People(f.client(t)).All(ctx) {
			if failed = err; err == nil {
				got = append(got, record.ID)
			}
			if len(got) == 2 {
				cancel()
			}
		}
		if len(got) != 2 || failed != context.Canceled {
			t.Errorf("got %v, %v", got, failed)
		}
	})
	t.Run("at the last record it is over anyway", func(t *testing.T) {
		f := pagedFake(t, 3)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		for _, err := range clarify.People(f.client(t)).All(ctx) {
			if err != nil {
				t.Error(err)
			}
			if n++; n == 3 {
				cancel()
			}
		}
	})
	noGoroutineFetches(t)
}

func TestLinkElsewhereIsNotFollowed(t *testing.T) {
	elsewhere := responding(t, 200, page("", 1, "stolen"))
	for name, link := range map[string]func(f *fake) string{
		"another host": func(*fake) string { return elsewhere.base + "/objects/person/resources?page[offset]=1" },
		"another host's name": func(f *fake) string {
			return strings.Replace(f.base, "127.0.0.1", "localhost", 1) + "/x?page[offset]=1"
		},
		"another scheme":        func(f *fake) string { return strings.Replace(f.base, "http:", "https:", 1) + "/x?page[offset]=1" },
		"no host":               func(*fake) string { return "http:///objects?page[offset]=1" },
		"a user":                func(f *fake) string { return strings.Replace(f.base, "://", "://elsewhere@", 1) + "/x?page[offset]=1" },
		"another workspace":     func(f *fake) string { return f.URL + "/v1/workspaces/other/objects/person/resources?page[offset]=1" },
		"a workspace like ours": func(f *fake) string { return f.base + "2/objects/person/resources?page[offset]=1" },
		"above the workspace":   func(f *fake) string { return f.URL + "/v1/?page[offset]=1" },
		"by the way of ours":    func(f *fake) string { return f.base + "/../other/objects/person/resources?page[offset]=1" },
		"no address":            func(*fake) string { return "::" },
		"no http":               func(*fake) string { return "javascript:alert(1)" },
		"scheme-relative":       func(*fake) string { return strings.TrimPrefix(elsewhere.base, "http:") + "/x?page[offset]=1" },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(f *fake, w http.ResponseWriter, _ *http.Request) {
				respond(w, 200, page(link(f), 2, "0"))
			})
			got, err := collect(t, clarify.People(f.client(t)).All(t.Context()))
			if !slices.Equal(ids(got), []string{"0"}) || err == nil {
				t.Errorf("got %v, %v", ids(got), err)
			}
			if len(f.requests()) != 1 || len(elsewhere.requests()) != 0 {
				t.Errorf("%d requests, and %d elsewhere", len(f.requests()), len(elsewhere.requests()))
			}
			if strings.Contains(fmt.Sprint(err), testKey) {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}

func TestLinkIsFollowedAsItIs(t *testing.T) {
	f := newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
		switch len(f.requests()) {
		case 1:
			respond(w, 200, page(f.base+"/objects/person/resources?cursor=a%2Fb+c&page%5Boffset%5D=1&x", 3, "0"))
		case 2:
			respond(w, 200, page("/v1/workspaces/acme/objects/person/resources?cursor=2", 3, "1"))
		default:
			respond(w, 200, page("", 3, "2"))
		}
	})
	got, err := collect(t, clarify.People(f.client(t)).All(t.Context(), clarify.Where("a", clarify.Is, 1)))
	if err != nil || len(got) != 3 {
		t.Errorf("got %v, %v", ids(got), err)
	}
	var asked []string
	for _, r := range f.requests() {
		asked = append(asked, r.URI)
	}
	want := []string{
		"/v1/workspaces/acme/objects/person/resources?filter%5Ba%5D%5BIs%5D=1&page%5Blimit%5D=500",
		"/v1/workspaces/acme/objects/person/resources?cursor=a%2Fb+c&page%5Boffset%5D=1&x",
		"/v1/workspaces/acme/objects/person/resources?cursor=2",
	}
	if !slices.Equal(asked, want) {
		t.Errorf("asked for %q", asked)
	}
}

func TestPagesThatGoInCirclesEnd(t *testing.T) {
	resources := func(f *fake, query string) string { return f.base + "/objects/person/resources?" + query }
	for name, test := range map[string]struct {
		response func(f *fake, r *http.Request, n int) string // n counts from 1
		want     int                                          // records before the error
		words    []string
	}{
		"the link leads to the same page": {
			func(f *fake, r *http.Request, n int) string {
				return page(resources(f, "page[offset]=0&page[limit]=500"), 9, fmt.Sprint(n))
			}, 1, []string{"does not advance", "offset 0"},
		},
		"the link leads back": {
			func(f *fake, r *http.Request, n int) string {
				return page(resources(f, []string{"page[offset]=5", "page[offset]=3"}[min(n, 2)-1]), 9, fmt.Sprint(n))
			}, 2, []string{"does not advance", "offset 3", "at 5"},
		},
		"the offset is no number": {
			func(f *fake, r *http.Request, n int) string {
				return page(resources(f, "page[offset]=many"), 9, fmt.Sprint(n))
			}, 1, []string{`"many"`},
		},
		"the query is malformed": {
			func(f *fake, r *http.Request, n int) string { return page(resources(f, "a=%zz"), 9, fmt.Sprint(n)) },
			1, []string{"malformed"},
		},
		"the page repeats though the offset grows": {
			func(f *fake, r *http.Request, n int) string {
				return page(resources(f, fmt.Sprint("page[offset]=", 2*n)), 9, "a", "b")
			}, 2, []string{"the same items"},
		},
		"the link leads to another collection": {
			func(f *fake, r *http.Request, n int) string {
				return page(strings.Replace(resources(f, "page[offset]=1"), "/person/", "/company/", 1), 9, "a")
			}, 1, []string{"another collection", "/objects/company/resources"},
		},
		"the pages overlap": {
			func(f *fake, r *http.Request, n int) string {
				return page(resources(f, fmt.Sprint("page[offset]=", n)), 9, fmt.Sprint(n), fmt.Sprint(n+1))
			}, 2, []string{"offset 1", "reaches to 2", "twice"},
		},
		"empty pages go on": {
			func(f *fake, r *http.Request, n int) string {
				return page(resources(f, fmt.Sprint("page[offset]=", n)), 2_000_000_000)
			}, 0, []string{"empty"},
		},
		"the link without offset repeats": {
			func(f *fake, r *http.Request, n int) string {
				return page(resources(f, "cursor=x"), 9, fmt.Sprint(n))
			}, 2, []string{"does not advance"},
		},
		"a long loop of links without offset": {
			func(f *fake, r *http.Request, n int) string {
				return page(resources(f, fmt.Sprint("cursor=", n%7)), 9, fmt.Sprint(n))
			}, -1, []string{"does not advance"},
		},
		"an empty page with a next one at the end": {
			func(f *fake, r *http.Request, n int) string {
				if n == 1 {
					return page(resources(f, "page[offset]=2"), 2, "a", "b")
				}
				return page(resources(f, fmt.Sprint("page[offset]=", 1+n)), 2)
			}, 2, []string{"empty"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
				n := len(f.requests())
				if n > 50 {
					t.Error("it does not end")
					respond(w, 500, "")
					return
				}
				respond(w, 200, test.response(f, r, n))
			})
			got, err := collect(t, clarify.People(f.client(t)).All(t.Context()))
			mentions(t, err, test.words...)
			if test.want >= 0 && len(got) != test.want {
				t.Errorf("got %v", ids(got))
			}
			var e *clarify.Error
			if !errors.As(err, &e) || e.Operation != "getResources" || e.StatusCode != 200 {
				t.Errorf("got %#v", err)
			}
		})
	}
}

func TestPagesThatAdvanceAreRead(t *testing.T) {
	for name, test := range map[string]struct {
		pages []string // NEXT stands for the address of the next one
		want  []string
	}{
		"an empty page within the collection": {
			[]string{`"data":[1],"meta":{"total_records":3},NEXT`, `"data":[],"meta":{"total_records":3},NEXT`, `"data":[2]`}, []string{"1", "2"},
		},
		"no links, but a total that says there is more": {
			[]string{`"data":[1,2],"meta":{"total_records":3}`, `"data":[3],"meta":{"total_records":3}`}, []string{"1", "2", "3"},
		},
		"links without next": {
			[]string{`"data":[1],"links":{}`}, []string{"1"},
		},
		"no links and no total, and a page that is full": {
			[]string{`"data":[1,2],"meta":{}`, `"data":[3,4]`, `"data":[]`}, []string{"1", "2", "3", "4"},
		},
		"links without next, and a page that is full": {
			[]string{`"data":[1,2],"links":{}`, `"data":[3],"links":{}`}, []string{"1", "2", "3"},
		},
		"next is null, and a total that says there is more": {
			[]string{`"data":[1,2],"meta":{"total_records":3},"links":{"next":null}`, `"data":[3],"meta":{"total_records":3},"links":{"next":null}`}, []string{"1", "2", "3"},
		},
		"next is null, and a page that is full is the last": {
			[]string{`"data":[1,2],"meta":{"total_records":2},"links":{"next":null}`}, []string{"1", "2"},
		},
		"next is an empty string, and a page that is full": {
			[]string{`"data":[1,2],"links":{"next":""}`, `"data":[3],"links":{"next":""}`}, []string{"1", "2", "3"},
		},
		"no meta and no links": {
			[]string{`"data":[1]`}, []string{"1"},
		},
		"no total, and next is null": {
			[]string{`"data":[1],"links":{"next":null}`}, []string{"1"},
		},
		"no total, next is null, and a page that is full": {
			[]string{`"data":[1,2],"links":{"next":null}`, `"data":[],"links":{"next":null}`}, []string{"1", "2"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
				n := len(f.requests())
				if n > len(test.pages) {
					t.Errorf("request %d: %s", n, r.URL)
					respond(w, 500, "")
					return
				}
				body := "{" + test.pages[n-1] + "}"
				for i := range 9 {
					body = strings.NewReplacer(
						fmt.Sprintf("[%d", i), fmt.Sprintf(`[{"type":"person","id":"%d","attributes":{}}`, i),
						fmt.Sprintf(",%d", i), fmt.Sprintf(`,{"type":"person","id":"%d","attributes":{}}`, i),
					).Replace(body)
				}
				respond(w, 200, strings.Replace(body, "NEXT", fmt.Sprintf(`"links":{"next":"%s/objects/person/resources?page[offset]=%d"}`, f.base, n), 1))
			})
			got, err := collect(t, clarify.People(f.client(t)).All(t.Context(), clarify.PageSize(2)))
			if err != nil || !slices.Equal(ids(got), test.want) {
				t.Errorf("got %v, %v", ids(got), err)
			}
		})
	}
}

func TestErrorEndsTheIterationAfterWhatCameBefore(t *testing.T) {
	f := newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
		if len(f.requests()) == 3 {
			respond(w, 403, `{"errors":[{"status":"403","detail":"Enough."}]}`)
			return
		}
		n := number(r, "page[offset]", 0)
		respond(w, 200, page(fmt.Sprintf("%s/objects/person/resources?page[offset]=%d", f.base, n+2), 9, count(n, n+2)...))
	})
	got, err := collect(t, clarify.People(f.client(t)).All(t.Context(), clarify.PageSize(2)))
	if !slices.Equal(ids(got), count(0, 4)) || !errors.Is(err, clarify.ErrForbidden) {
		t.Errorf("got %v, %v", ids(got), err)
	}
	var e *clarify.Error
	if !errors.As(err, &e) || len(e.Errors) != 1 || e.Errors[0].Detail != "Enough." {
		t.Errorf("got %v", err)
	}
	noGoroutineFetches(t)
}

func TestResponseThatIsNoPageIsAnError(t *testing.T) {
	for _, body := range []string{
		``, `null`, `[]`, `"x"`, `7`, `{}`, `{"data":null}`, `{"data":{}}`, `{"data":"x"}`, `{"data":[null]}`, `{"data":[{}]}`, `{"data":["x"]}`,
		`{"data":[{"type":"person","attributes":{}}]}`,
		`{"data":[{"type":"person","id":"x","attributes":[]}]}`,
		`{"data":[{"type":"person","id":7,"attributes":{}}]}`,
		`{"data":[],"links":{"next":7}}`,
		`{"data":[]`, `{"data":[]}}`, `{"data":[]}{}`, `{"data":[]} x`, "\xef\xbb\xbf{}",
	} {
		f := responding(t, 200, body)
		got, err := collect(t, clarify.People(f.client(t)).Pages(t.Context()))
		var e *clarify.Error
		if !errors.As(err, &e) || e.StatusCode != 200 || e.Operation != "getResources" || string(e.Body) != body {
			t.Errorf("%s: got %v, %v", body, got, err)
		}
	}
}

func TestPageHasWhatWasIncludedAndMeta(t *testing.T) {
	const body = `{"data":[{"type":"person","id":"p","attributes":{},"relationships":{"company":{"data":{"type":"company","id":"c"}}}}],
		"included":[{"type":"company","id":"c","attributes":{"name":"Acme","c_size":1.50}}],
		"links":{"next":null,"prev":null},"meta":{"total_records":1,"total_pages":2,"offset":0,"limit":4,"spice":1.0}}`
	f := responding(t, 200, body)
	pages, err := collect(t, clarify.People(f.client(t)).Pages(t.Context(), clarify.Include("company_id")))
	if err != nil || len(pages) != 1 || len(pages[0].Included) != 1 {
		t.Fatalf("got %v, %v", pages, err)
	}
	p := pages[0]
	if *p.Meta.TotalRecords != 1 || *p.Meta.TotalPages != 2 || *p.Meta.Limit != 4 || p.Meta.AdditionalProperties["spice"] != json.Number("1.0") {
		t.Errorf("meta is %+v", p.Meta)
	}
	company, err := clarify.As[clarify.Company](p.Included[0])
	if err != nil || company.Attributes.Name != "Acme" || company.ID != "c" || company.Attributes.Extra["c_size"] != json.Number("1.50") {
		t.Errorf("got %+v, %v", company, err)
	}
	if ref, ok := p.Records[0].Relationships.One("company"); !ok || ref != (clarify.Ref{Type: "company", ID: "c"}) {
		t.Errorf("got %v, %v", ref, ok)
	}
	if _, err := clarify.As[struct{ Name int }](p.Included[0]); err == nil || !strings.Contains(err.Error(), "company c") {
		t.Errorf("got %v", err)
	}
}

func TestIterationCanBeRepeatedAndShared(t *testing.T) {
	f := pagedFake(t, 7)
	all := clarify.People(f.client(t)).All(t.Context(), clarify.PageSize(2), clarify.Limit(5))
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			for range 2 {
				got, err := collect(t, all)
				if err != nil || !slices.Equal(ids(got), count(0, 5)) {
					t.Errorf("got %v, %v", ids(got), err)
				}
			}
		})
	}
	group.Wait()
	noGoroutineFetches(t)
}

// fragile panics where the second page is decoded.
type fragile struct{}

var fragileCount atomic.Int32

func (*fragile) UnmarshalJSON([]byte) error {
	if fragileCount.Add(1) == 2 {
		panic("cannot decode")
	}
	return nil
}

func TestPanicInDecodingReachesTheLoop(t *testing.T) {
	fragileCount.Store(0)
	f := pagedFake(t, 3)
	seen := 0
	defer func() {
		if got := recover(); got != "cannot decode" || seen != 1 {
			t.Errorf("recovered %v after %d", got, seen)
		}
		noGoroutineFetches(t)
	}()
	for range clarify.NewRecords[fragile](f.client(t), "person").All(t.Context(), clarify.PageSize(1)) {
		seen++
	}
}

func TestLoopThatSleepsHoldsTwoPagesAtMost(t *testing.T) {
	f := pagedFake(t, 100)
	n := 0
	for page, err := range clarify.NewRecords[json.RawMessage](f.client(t), "person").Pages(t.Context(), clarify.PageSize(1)) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		// However long the loop takes, the requests are those of the pages so far,
		// and at most one more.
		for range 100 {
			runtime.Gosched()
		}
		if asked := len(f.requests()); asked > n+1 {
			t.Fatalf("at page %d, %d were asked for", n, asked)
		}
		if len(page.Records) != 1 {
			t.Errorf("page %d has %v", n, page.Records)
		}
	}
}

func TestNothingIsLostWhereNeitherLinksNorATotalSayThatThereIsMore(t *testing.T) {
	for _, total := range []int{0, 1, 99, 100, 101, 300, 1234} {
		f := newFake(t, func(_ *fake, w http.ResponseWriter, r *http.Request) {
			from := min(total, number(r, "page[offset]", 0))
			to := min(total, from+number(r, "page[limit]", 0))
			data := []string{}
			for _, id := range count(from, to) {
				data = append(data, `{"type":"person","id":"`+id+`","attributes":{}}`)
			}
			respond(w, 200, `{"data":[`+strings.Join(data, ",")+`],"meta":{}}`)
		})
		for name, opts := range map[string][]clarify.QueryOption{
			"one by one": nil, "several at once": {clarify.Concurrency(4)}, "limited": {clarify.Limit(250)},
		} {
			got, err := collect(t, clarify.People(f.client(t)).All(t.Context(), append(opts, clarify.PageSize(100))...))
			want := total
			if name == "limited" {
				want = min(total, 250)
			}
			if err != nil || !slices.Equal(ids(got), count(0, want)) {
				t.Errorf("%s: %d of %d came out, %v", name, len(got), want, err)
			}
		}
	}
}
