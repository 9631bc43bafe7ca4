package clarify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

// listings are the iterators over what are no records, each as one over ids.
var listings = map[string]struct {
	read func(context.Context, *clarify.Client, ...clarify.QueryOption) iter.Seq2[string, error]
	path string
}{
	"getUsers": {func(ctx context.Context, c *clarify.Client, opts ...clarify.QueryOption) iter.Seq2[string, error] {
		return idsOf(c.Users(ctx, opts...), func(u gen.User) string { return u.ID })
	}, "/users"},
	"getLists": {func(ctx context.Context, c *clarify.Client, opts ...clarify.QueryOption) iter.Seq2[string, error] {
		return idsOf(c.Lists(ctx, "c_x/y", opts...), func(l gen.List) string { return l.ID })
	}, "/objects/c_x%2Fy/lists"},
	"getWorkspaceLists": {func(ctx context.Context, c *clarify.Client, opts ...clarify.QueryOption) iter.Seq2[string, error] {
		return idsOf(c.WorkspaceLists(ctx, opts...), func(l gen.List) string { return l.ID })
	}, "/lists"},
	"getWorkflows": {func(ctx context.Context, c *clarify.Client, opts ...clarify.QueryOption) iter.Seq2[string, error] {
		return idsOf(c.Workflows(ctx, opts...), func(w gen.Workflow) string { return w.ID })
	}, "/workflows"},
	"getRecipients": {func(ctx context.Context, c *clarify.Client, opts ...clarify.QueryOption) iter.Seq2[string, error] {
		return idsOf(c.Recipients(ctx, "c|1", opts...), func(r gen.Recipient) string { return r.ID })
	}, "/campaigns/c%7C1/recipients"},
	"getActivities": {func(ctx context.Context, c *clarify.Client, opts ...clarify.QueryOption) iter.Seq2[string, error] {
		return idsOf(c.Activities(ctx, "person", "p", opts...), func(a gen.Activity) string { return a.ID })
	}, "/objects/person/records/p/activities"},
	"getSchemaActivities": {func(ctx context.Context, c *clarify.Client, opts ...clarify.QueryOption) iter.Seq2[string, error] {
		return idsOf(c.SchemaActivities(ctx, "person", opts...), func(a gen.Activity) string { return a.ID })
	}, "/schemas/person/activities"},
	"listRecordAttachments": {func(ctx context.Context, c *clarify.Client, opts ...clarify.QueryOption) iter.Seq2[string, error] {
		return idsOf(c.Attachments(ctx, "person", "p", opts...), func(a gen.Attachment) string { return a.ID })
	}, "/objects/person/records/p/attachments"},
	"getSchemas": {func(ctx context.Context, c *clarify.Client, opts ...clarify.QueryOption) iter.Seq2[string, error] {
		return idsOf(c.Schemas(ctx, opts...), func(s gen.Schema) string { return s.ID })
	}, "/schemas"},
}

func idsOf[E any](all iter.Seq2[E, error], id func(E) string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for entry, err := range all {
			if err != nil {
				yield("", err)
				return
			}
			if !yield(id(entry), nil) {
				return
			}
		}
	}
}

// listFake serves a collection with ids from 0, in pages of 4 unless it is asked
// for other ones.
func listFake(t *testing.T, total int) *fake {
	t.Helper()
	return newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
		offset, limit := number(r, "page[offset]", 0), min(4, number(r, "page[limit]", 4))
		data := []string{}
		for i := offset; i < min(offset+limit, total); i++ {
			data = append(data, fmt.Sprintf(`{"type":"x","id":"%d","_id":"%d","attributes":{"type":"workflow","data":[]},"more":1.0}`, i, i))
		}
		next := "null"
		if offset+limit < total {
			next = fmt.Sprintf(`"%s%s?page[offset]=%d"`, f.URL, r.URL.EscapedPath(), offset+limit)
		}
		respond(w, 200, fmt.Sprintf(`{"data":[%s],"links":{"next":%s}}`, strings.Join(data, ","), next))
	})
}

func TestListingsReadAllPages(t *testing.T) {
	for operation, listing := range listings {
		t.Run(operation, func(t *testing.T) {
			f := listFake(t, 9)
			client := f.client(t)
			got, err := collect(t, listing.read(t.Context(), client))
			if err != nil {
				t.Error(err)
			}
			if !slices.Equal(got, count(0, 9)) {
				t.Errorf("got %v, %v with %d requests", got, err, len(f.requests()))
			}
			wantEqual(t, "len(f.requests())", len(f.requests()), 3)
			for _, r := range f.requests() {
				path, _, _ := strings.Cut(r.URI, "?")
				wantEqual(t, "path", path, "/v1/workspaces/acme"+listing.path)
				wantEqual(t, "r.Method", r.Method, "GET")
			}
			got, err = collect(t, listing.read(t.Context(), client, clarify.Limit(5)))
			if err != nil {
				t.Fatalf("with a limit: %v", err)
			}
			if !slices.Equal(got, count(0, 5)) {
				t.Errorf("with a limit: %v, %v with %d requests", got, err, len(f.requests())-3)
			}
			wantEqual(t, "with a limit: len(f.requests())", len(f.requests()), 5)
			for id, err := range listing.read(t.Context(), client) {
				wantEqual(t, "id", id, "0")
				if err != nil {
					t.Error(err)
				}
				break
			}
			noGoroutineFetches(t)

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			n := 0
			for _, err := range listing.read(ctx, client) {
				cancel()
				if n++; n == 2 && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}
			if n != 2 {
				t.Errorf("after the context's end there are %d", n)
			}
		})
	}
}

func TestListingsRejectWhatIsNotAPage(t *testing.T) {
	for operation, listing := range listings {
		for _, body := range []string{`{}`, `{"data":null}`, `{"data":[null]}`, `{"data":[{}]}`, `{"data":{}}`, `[]`, `{"data":[`} {
			f := responding(t, 200, body)
			_, err := collect(t, listing.read(t.Context(), f.client(t)))
			var e *clarify.Error
			if !errors.As(err, &e) {
				t.Fatalf("%s, %s: %v", operation, body, err)
			}
			wantEqual(t, fmt.Sprintf("%s, %s: e.Operation", operation, body), e.Operation, operation)
			wantEqual(t, fmt.Sprintf("%s, %s: e.StatusCode", operation, body), e.StatusCode, 200)
		}
	}
}

func TestListingsTakeTheOptionsOfTheirOperation(t *testing.T) {
	const (
		where   = "Where"
		order   = "OrderBy"
		size    = "PageSize"
		limit   = "Limit"
		offset  = "Offset"
		search  = "Search"
		include = "Include"
	)
	options := map[string]clarify.QueryOption{
		where:   clarify.Where("type", clarify.Is, "x"),
		order:   clarify.OrderBy("a", clarify.Descending),
		size:    clarify.PageSize(3),
		limit:   clarify.Limit(2),
		offset:  clarify.Offset(1),
		search:  clarify.Search("a b"),
		include: clarify.Include("company_id"),
	}
	for operation, takes := range map[string][]string{
		"getUsers":              {order, size, limit, offset},
		"getLists":              {where, order, size, limit, offset, search},
		"getWorkspaceLists":     {where, order, size, limit, offset, search},
		"getWorkflows":          {where, order, size, limit, offset},
		"getRecipients":         {order, size, limit, offset, search}, // its Where is for other fields
		"getActivities":         {order, size, limit, offset},
		"getSchemaActivities":   {order, size, limit, offset},
		"listRecordAttachments": {size, limit, offset},
		"getSchemas":            {limit},
	} {
		for name, option := range options {
			f := listFake(t, 1)
			_, err := collect(t, listings[operation].read(t.Context(), f.client(t), option))
			if slices.Contains(takes, name) {
				if err != nil {
					t.Errorf("%s with %s: %v", operation, name, err)
				}
				continue
			}
			wantNotSent(t, f, err, operation, map[bool]string{true: "status, event", false: name}[operation == "getRecipients" && name == where])
		}
	}
}

func TestListingsSendTheirOptions(t *testing.T) {
	for name, test := range map[string]struct {
		operation string
		options   []clarify.QueryOption
		want      url.Values
	}{
		"lists of a kind": {
			"getLists",
			[]clarify.QueryOption{clarify.Where("type", clarify.Is, gen.ListTypeStatic), clarify.Where("state", clarify.Is, "draft"), clarify.Where("_created_by", clarify.Is, "a|b,c"), clarify.Search("a,b")},
			url.Values{"filter[type]": {"static"}, "filter[state]": {"draft"}, "filter[_created_by]": {"a|b,c"}, "search": {"a,b"}, "page[limit]": {"500"}},
		},
		"lists of objects": {
			"getWorkspaceLists",
			[]clarify.QueryOption{clarify.Where("entity", clarify.OneOf, []string{"person", "c_x,y"}), clarify.OrderBy("title", clarify.Ascending)},
			url.Values{"filter[entity][0]": {"person"}, "filter[entity][1]": {"c_x,y"}, "sortOrder[column]": {"title"}, "sortOrder[dir]": {"ASC"}, "page[limit]": {"500"}},
		},
		"lists of an object": {
			"getWorkspaceLists",
			[]clarify.QueryOption{clarify.Where("entity", clarify.Is, "person")},
			url.Values{"filter[entity][0]": {"person"}, "page[limit]": {"500"}},
		},
		"workflows": {
			"getWorkflows",
			[]clarify.QueryOption{clarify.Where("type", clarify.Is, "sequence"), clarify.Where("type", clarify.Is, "sequence"), clarify.PageSize(2), clarify.Offset(3)},
			url.Values{"filter[type]": {"sequence"}, "page[limit]": {"2"}, "page[offset]": {"3"}},
		},
		"recipients": {
			"getRecipients",
			[]clarify.QueryOption{clarify.Where("status", clarify.Is, "failed"), clarify.Where("event", clarify.OneOf, "opened", "clicked"), clarify.Search("ada")},
			url.Values{"filter[status]": {"failed"}, "filter[event][0]": {"opened"}, "filter[event][1]": {"clicked"}, "filter[q]": {"ada"}, "page[limit]": {"500"}},
		},
		"all attachments":  {"listRecordAttachments", nil, url.Values{}},
		"some attachments": {"listRecordAttachments", []clarify.QueryOption{clarify.Limit(2)}, url.Values{"page[limit]": {"2"}}},
		"later attachments": {
			"listRecordAttachments", []clarify.QueryOption{clarify.Offset(2)}, url.Values{"page[limit]": {"500"}, "page[offset]": {"2"}},
		},
		"schemas":      {"getSchemas", nil, url.Values{}},
		"some schemas": {"getSchemas", []clarify.QueryOption{clarify.Limit(2)}, url.Values{}},
	} {
		t.Run(name, func(t *testing.T) {
			f := listFake(t, 1)
			if _, err := collect(t, listings[test.operation].read(t.Context(), f.client(t), test.options...)); err != nil {
				t.Fatal(err)
			}
			if got := f.parameters(t); fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestListingsRejectFiltersTheyDoNotHave(t *testing.T) {
	for name, test := range map[string]struct {
		operation string
		options   []clarify.QueryOption
		words     []string
	}{
		"another field":     {"getLists", []clarify.QueryOption{clarify.Where("title", clarify.Is, "x")}, []string{`"title"`, "type, state, _created_by"}},
		"another operator":  {"getWorkflows", []clarify.QueryOption{clarify.Where("type", clarify.Contains, "x")}, []string{`"type"`, "takes Is"}},
		"several for one":   {"getWorkflows", []clarify.QueryOption{clarify.Where("type", clarify.OneOf, "x", "y")}, []string{`"type"`, "takes Is"}},
		"no value":          {"getWorkflows", []clarify.QueryOption{clarify.Where("type", clarify.IsEmpty)}, []string{`"type"`, "takes Is"}},
		"contains for many": {"getRecipients", []clarify.QueryOption{clarify.Where("event", clarify.Contains, "x")}, []string{`"event"`, "Is and OneOf"}},
		"two values": {"getLists", []clarify.QueryOption{clarify.Where("type", clarify.Is, "x"), clarify.Where("type", clarify.Is, "y")},
			[]string{`"type"`, `"x"`, `"y"`}},
		"one and several": {"getRecipients", []clarify.QueryOption{clarify.Where("event", clarify.Is, "x"), clarify.Where("event", clarify.OneOf, "x", "y")},
			[]string{`"event"`, `"x"`, `"y"`}},
	} {
		t.Run(name, func(t *testing.T) {
			f := listFake(t, 1)
			_, err := collect(t, listings[test.operation].read(t.Context(), f.client(t), test.options...))
			wantNotSent(t, f, err, test.words...)
		})
	}
}

func TestSchemaLinksAreFollowedOnTheAPIsOriginOnly(t *testing.T) {
	elsewhere := responding(t, 200, `{"data":[{"type":"schema","id":"x","attributes":{}}],"links":{"next":null}}`)
	f := responding(t, 200, `{"data":[{"type":"schema","id":"person","attributes":{"$id":"x/person","n":1.50}}],"links":{"next":"`+elsewhere.base+`/schemas?page[offset]=1"}}`)
	var got []gen.Schema
	var failed error
	for schema, err := range f.client(t).Schemas(t.Context()) {
		if failed = err; err == nil {
			got = append(got, schema)
		}
	}
	wantEqual(t, "len(got)", len(got), 1)
	if failed == nil {
		t.Fatalf("got %+v, %v, %d elsewhere", got, failed, len(elsewhere.requests()))
	}
	wantEqual(t, "len(elsewhere.requests())", len(elsewhere.requests()), 0)
	if b, err := json.Marshal(got[0].Attributes); err != nil || !strings.Contains(string(b), "1.50") {
		t.Errorf("got %s, %v", b, err)
	}
}
