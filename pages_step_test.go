package clarify_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
)

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
		"no URL":                func(*fake) string { return "::" },
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
			wantEqual(t, "len(f.requests())", len(f.requests()), 1)
			wantEqual(t, "len(elsewhere.requests())", len(elsewhere.requests()), 0)
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
	if err != nil {
		t.Error(err)
	}
	if len(got) != 3 {
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
			if !errors.As(err, &e) {
				t.Fatalf("got %#v", err)
			}
			wantEqual(t, "e.Operation", e.Operation, "getResources")
			wantEqual(t, "e.StatusCode", e.StatusCode, 200)
		})
	}
}

func TestPagesThatAdvanceAreRead(t *testing.T) {
	for name, test := range map[string]struct {
		pages []string // NEXT stands for the URL of the next one
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
			if err != nil {
				t.Error(err)
			}
			if !slices.Equal(ids(got), test.want) {
				t.Errorf("got %v, %v", ids(got), err)
			}
		})
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
			"one by one": nil, "concurrently": {clarify.Concurrency(4)}, "limited": {clarify.Limit(250)},
		} {
			got, err := collect(t, clarify.People(f.client(t)).All(t.Context(), append(opts, clarify.PageSize(100))...))
			want := total
			if name == "limited" {
				want = min(total, 250)
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if !slices.Equal(ids(got), count(0, want)) {
				t.Errorf("%s: %d of %d came out, %v", name, len(got), want, err)
			}
		}
	}
}
