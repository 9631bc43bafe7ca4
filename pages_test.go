package clarify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

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
			if err != nil {
				t.Error(err)
			}
			if !slices.Equal(ids(got), test.want) {
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
			if err != nil {
				t.Error(err)
			}
			if !slices.Equal(paged, test.want) {
				t.Errorf("by page: got %v, %v", paged, err)
			}
			if len(f.requests()) != 2*len(test.asked) {
				t.Errorf("by page it took %d requests", len(f.requests())-len(test.asked))
			}
		})
	}
}

func TestLimitHoldsWhereTheServerReturnsMore(t *testing.T) {
	f := newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
		offset := number(r, "page[offset]", 0)
		respond(w, 200, page(fmt.Sprintf("%s/objects/person/resources?page[offset]=%d", f.base, offset+4), 100, count(offset, offset+4)...))
	})
	for limit := range 10 {
		got, err := collect(t, clarify.People(f.client(t)).All(t.Context(), clarify.PageSize(2), clarify.Limit(limit)))
		if err != nil {
			t.Error(err)
		}
		if !slices.Equal(ids(got), count(0, limit)) {
			t.Errorf("limit %d: got %v, %v", limit, ids(got), err)
		}
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
	if !slices.Equal(ids(got), count(0, 4)) {
		t.Errorf("got %v, %v", ids(got), err)
	}
	wantIs(t, err, clarify.ErrForbidden, true)
	var e *clarify.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	if len(e.Errors) != 1 {
		t.Fatalf("len(e.Errors) is %v, want %v", len(e.Errors), 1)
	}
	wantEqual(t, "e.Errors[0].Detail", e.Errors[0].Detail, "Enough.")
	noGoroutineFetches(t)
}

func TestResponseThatIsNotAPageIsAnError(t *testing.T) {
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
		if !errors.As(err, &e) {
			t.Fatalf("%s: got %v, %v", body, got, err)
		}
		wantEqual(t, body+": e.StatusCode", e.StatusCode, 200)
		wantEqual(t, body+": e.Operation", e.Operation, "getResources")
		wantEqual(t, body+": string(e.Body)", string(e.Body), body)
	}
}

func TestPageHasWhatWasIncludedAndMeta(t *testing.T) {
	const body = `{"data":[{"type":"person","id":"p","attributes":{},"relationships":{"company":{"data":{"type":"company","id":"c"}}}}],
		"included":[{"type":"company","id":"c","attributes":{"name":"Acme","c_size":1.50}}],
		"links":{"next":null,"prev":null},"meta":{"total_records":1,"total_pages":2,"offset":0,"limit":4,"spice":1.0}}`
	f := responding(t, 200, body)
	pages, err := collect(t, clarify.People(f.client(t)).Pages(t.Context(), clarify.Include("company_id")))
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) != 1 {
		t.Fatalf("len(pages) is %v, want %v", len(pages), 1)
	}
	if len(pages[0].Included) != 1 {
		t.Fatalf("len(pages[0].Included) is %v, want %v", len(pages[0].Included), 1)
	}
	p := pages[0]
	wantEqual(t, "*p.Meta.TotalRecords", *p.Meta.TotalRecords, 1)
	wantEqual(t, "*p.Meta.TotalPages", *p.Meta.TotalPages, 2)
	wantEqual(t, "*p.Meta.Limit", *p.Meta.Limit, 4)
	wantEqual[any](t, `p.Meta.AdditionalProperties["spice"]`, p.Meta.AdditionalProperties["spice"], json.Number("1.0"))
	company, err := clarify.As[clarify.Company](p.Included[0])
	if err != nil {
		t.Error(err)
	}
	wantEqual(t, "company.Attributes.Name", company.Attributes.Name, "Acme")
	wantEqual(t, "company.ID", company.ID, "c")
	wantEqual[any](t, `company.Attributes.Extra["c_size"]`, company.Attributes.Extra["c_size"], json.Number("1.50"))
	ref, ok := p.Records[0].Relationships.One("company")
	if !ok {
		t.Fatalf("got %v, %v", ref, ok)
	}
	wantEqual(t, "ref", ref, clarify.Ref{Type: "company", ID: "c"})
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
				if err != nil {
					t.Error(err)
				}
				if !slices.Equal(ids(got), count(0, 5)) {
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
		got := recover()
		wantEqual(t, "got", got, "cannot decode")
		wantEqual(t, "seen", seen, 1)
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
