package clarify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"testing"

	"github.com/clarify-go/clarify"
)

func TestRecordsLiveThroughCreateUpdateAndDelete(t *testing.T) {
	client, _ := sandbox(t, noSchemaLag)
	ctx := t.Context()
	addFields(t, client, "person", map[string]any{"score": map[string]any{"type": []string{"number", "null"}}})
	people := clarify.People(client)
	created, err := people.Create(ctx, clarify.Person{
		Name:           clarify.Name{FirstName: "Ada", LastName: "Lovelace"},
		EmailAddresses: clarify.Collection{"ada@example.com"},
		JobTitle:       "Countess",
		Extra:          clarify.Fields{"score": json.Number("12.5000")},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "created.Type", created.Type, "person")
	if created.ID == "" {
		t.Errorf("created %+v", created)
	}
	wantEqual(t, "created.Attributes.Name.FullName", created.Attributes.Name.FullName, "Ada Lovelace")
	wantEqual(t, "created.Attributes.ID", created.Attributes.ID, created.ID)
	updated, err := people.Update(ctx, created.ID, clarify.Fields{"job_title": nil, "score": 13})
	if err != nil {
		t.Fatal(err)
	}
	value, ok := updated.Attributes.Extra["job_title"]
	if !ok {
		t.Fatalf("the job title is not null: %+v", updated.Attributes)
	}
	if value != nil {
		t.Errorf("the job title is not null: %+v", updated.Attributes)
	}
	wantEqual(t, "the job title is not null: updated.Attributes.JobTitle", updated.Attributes.JobTitle, "")
	if updated, err = people.Update(ctx, created.ID, clarify.Person{JobTitle: "Analyst"}); err != nil {
		t.Fatal(err)
	}
	got, err := people.Get(ctx, created.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "encoded(t, got)", encoded(t, got), encoded(t, updated))
	wantEqual(t, "got.Attributes.JobTitle", got.Attributes.JobTitle, "Analyst")
	wantEqual(t, "got.Attributes.EmailAddresses[0]", got.Attributes.EmailAddresses[0], "ada@example.com")
	wantEqual[any](t, `got.Attributes.Extra["score"]`, got.Attributes.Extra["score"], json.Number("13"))
	if err := people.Delete(ctx, created.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := people.Get(ctx, created.ID); !errors.Is(err, clarify.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if err := people.Delete(ctx, created.ID); !errors.Is(err, clarify.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	deleted, err := collect(t, people.Deleted(ctx))
	if err != nil {
		t.Fatal(err)
	}
	if len(deleted) != 1 {
		t.Fatalf("len(deleted) is %v, want %v", len(deleted), 1)
	}
	wantEqual(t, "deleted[0].ID", deleted[0].ID, created.ID)
	if deleted[0].Attributes.DeletedAt.IsZero() {
		t.Errorf("got %+v, %v", deleted, err)
	}
	wantEqual(t, "deleted[0].Attributes.JobTitle", deleted[0].Attributes.JobTitle, "Analyst")
}

func TestFiltersSortingAndPagesReachTheServer(t *testing.T) {
	client, s := sandbox(t)
	ctx := t.Context()
	deals := clarify.Deals(client)
	for i := range 9 {
		_, err := deals.Create(ctx, clarify.Deal{Name: fmt.Sprint("deal ", i), Amount: json.Number(fmt.Sprint(i * 100)), Stage: []string{"Won", "Lost"}[i%2]})
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := collect(t, deals.All(ctx,
		clarify.Where("amount", clarify.GreaterThanOrEqual, 200),
		clarify.Where("amount", clarify.LessThan, 800.0),
		clarify.Where("stage", clarify.OneOf, "Won"),
		clarify.OrderBy("name", clarify.Descending),
		clarify.PageSize(2),
	))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, deal := range got {
		names = append(names, deal.Attributes.Name)
	}
	if fmt.Sprint(names) != "[deal 6 deal 4 deal 2]" {
		t.Errorf("got %q", names)
	}
	if n := len(s.Requests()); n != 9+2 {
		t.Errorf("%d requests", n)
	}
}

func TestIncludedRecordsComeAlong(t *testing.T) {
	client, _ := sandbox(t)
	ctx := t.Context()
	company, err := clarify.Companies(client).Create(ctx, clarify.Company{Name: "Acme"})
	if err != nil {
		t.Fatal(err)
	}
	person, err := clarify.People(client).Create(ctx, clarify.Person{CompanyID: company.ID})
	if err != nil {
		t.Fatal(err)
	}
	got, err := clarify.People(client).Get(ctx, person.ID, clarify.Include("company_id"))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Included) != 1 {
		t.Fatalf("len(got.Included) is %v, want %v", len(got.Included), 1)
	}
	acme, err := clarify.As[clarify.Company](got.Included[0])
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "acme.Attributes.Name", acme.Attributes.Name, "Acme")
	wantEqual(t, "acme.ID", acme.ID, company.ID)
	back, err := clarify.Companies(client).Get(ctx, company.ID, clarify.Include("people"))
	if err != nil {
		t.Fatal(err)
	}
	refs := back.Relationships.Many("people")
	if len(refs) != 1 {
		t.Fatalf("len(refs) is %v, want %v", len(refs), 1)
	}
	wantEqual(t, "refs[0]", refs[0], clarify.Ref{Type: "person", ID: person.ID})
	n, ok := back.Relationships["people"].Count()
	if !ok {
		t.Fatalf("got %d, %v", n, ok)
	}
	wantEqual(t, "n", n, 1)
}

func TestIdentifiersAreOneSegmentOfThePath(t *testing.T) {
	client, s := sandbox(t)
	for _, id := range []string{"a/b", "a?b", "a#b", "a|b", "a b", "大", "%2F", "...", "\u202e", "a\nb", "google-oauth2|1062"} {
		calls := map[string]error{}
		_, calls["get"] = clarify.People(client).Get(t.Context(), id)
		_, calls["update"] = clarify.People(client).Update(t.Context(), id, clarify.Fields{"job_title": "x"})
		calls["delete"] = clarify.People(client).Delete(t.Context(), id)
		calls["merge"] = clarify.People(client).Merge(t.Context(), id, "y")
		for name, err := range calls {
			var e *clarify.Error
			if !errors.As(err, &e) {
				t.Fatalf("%s %q: %v", name, id, err)
			}
			wantEqual(t, fmt.Sprintf("%s %q: e.StatusCode", name, id), e.StatusCode, 404)
		}
	}
	for _, r := range s.Requests() {
		if !slices.Contains([]string{"getResource", "updateRecord", "deleteRecord", "mergeRecords"}, r.Operation) {
			t.Errorf("%s %s is %q", r.Method, r.Path, r.Operation)
		}
	}
}

func TestBuiltInTypesAreOfTheirObjects(t *testing.T) {
	f := responding(t, 200, oneRecord)
	client := f.client(t)
	ctx := t.Context()
	for object, get := range map[string]func() error{
		"person":    func() error { _, err := clarify.People(client).Get(ctx, "x"); return err },
		"company":   func() error { _, err := clarify.Companies(client).Get(ctx, "x"); return err },
		"deal":      func() error { _, err := clarify.Deals(client).Get(ctx, "x"); return err },
		"meeting":   func() error { _, err := clarify.Meetings(client).Get(ctx, "x"); return err },
		"task":      func() error { _, err := clarify.Tasks(client).Get(ctx, "x"); return err },
		"c_vehicle": func() error { _, err := clarify.NewRecords[any](client, "c_vehicle").Get(ctx, "x"); return err },
	} {
		if err := get(); err != nil {
			t.Error(err)
		}
		all := f.requests()
		if got := all[len(all)-1].URI; got != "/v1/workspaces/acme/objects/"+object+"/resources/x" {
			t.Errorf("%s: asked for %s", object, got)
		}
	}
}

func TestRecordsAreSafeForConcurrentUse(t *testing.T) {
	client, _ := sandbox(t)
	people := clarify.People(client)
	done := make(chan error)
	const workers = 20
	for i := range workers {
		go func() {
			r, err := people.Create(t.Context(), clarify.Person{EmailAddresses: clarify.Collection{fmt.Sprintf("p%d@example.com", i)}}, clarify.MatchOn("email_addresses"))
			if err == nil {
				_, err = people.Silent().Update(t.Context(), r.ID, clarify.Fields{"job_title": nil})
			}
			done <- err
		}()
	}
	for range workers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	all, err := collect(t, people.All(t.Context(), clarify.PageSize(3)))
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "len(all)", len(all), workers)
}

func TestDeletedRecordsAreFilteredByTheTimes(t *testing.T) {
	client, s := sandbox(t)
	people := clarify.People(client)
	var made []string
	for range 3 {
		r, err := people.Create(t.Context(), clarify.Person{})
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, r.ID)
	}
	if err := people.Delete(t.Context(), made...); err != nil {
		t.Fatal(err)
	}
	all, err := collect(t, people.Deleted(t.Context(), clarify.PageSize(2)))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(ids(all), made) {
		t.Fatalf("got %v, %v", ids(all), err)
	}
	at := all[0].Attributes.DeletedAt
	for _, test := range []struct {
		op    clarify.Operator
		value any
		want  int
	}{
		{clarify.IsAfter, at.Add(-2e9), 3},
		{clarify.IsBefore, at.Add(-2e9), 0},
		{clarify.IsOnOrAfter, at.Unix(), 3},
		{clarify.Is, at, 3},
	} {
		got, err := collect(t, people.Deleted(t.Context(), clarify.Where("_deleted_at", test.op, test.value)))
		if err != nil {
			t.Fatalf("%s: %v", test.op, err)
		}
		wantEqual(t, string(test.op)+": len(got)", len(got), test.want)
	}
	sent := len(s.Requests())
	for name, option := range map[string]clarify.QueryOption{
		"getDeletedResources filters by _deleted_at": clarify.Where("name", clarify.Is, "x"),
		"must be a time.Time":                        clarify.Where("_deleted_at", clarify.Is, clarify.DateOf(at)),
		"take OrderBy":                               clarify.OrderBy("name", clarify.Ascending),
		"take Include":                               clarify.Include("company_id"),
	} {
		_, err := collect(t, people.Deleted(t.Context(), option))
		mentions(t, err, name)
	}
	if len(s.Requests()) != sent {
		t.Error("something was sent")
	}
}

func TestRecordsOfListsAndRelationshipsAreRead(t *testing.T) {
	f := pagedFake(t, 5)
	people := clarify.People(f.client(t))
	inList, err := collect(t, people.InList(t.Context(), "l/1", clarify.PageSize(2), clarify.Limit(3), clarify.Where("a", clarify.Is, 1), clarify.OrderBy("a", clarify.Ascending), clarify.Include("company_id")))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(ids(inList), count(0, 3)) {
		t.Errorf("got %v, %v", ids(inList), err)
	}
	wantEqual(t, "inList[0].Attributes.JobTitle", inList[0].Attributes.JobTitle, "Engineer")
	pages, err := collect(t, people.InListPages(t.Context(), "l/1"))
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) != 1 {
		t.Fatalf("len(pages) is %v, want %v", len(pages), 1)
	}
	wantEqual(t, "len(pages[0].Records)", len(pages[0].Records), 5)
	related, err := collect(t, people.Related(t.Context(), "x", "colleagues", clarify.PageSize(4), clarify.OrderBy("a", clarify.Descending), clarify.Include("company_id")))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(ids(related), count(0, 5)) {
		t.Errorf("got %v, %v", ids(related), err)
	}
	typed, err := clarify.As[clarify.Person](related[0])
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "typed.Attributes.JobTitle", typed.Attributes.JobTitle, "Engineer")
	wantEqual(t, "typed.ID", typed.ID, "0")
	paths := map[string]int{}
	for _, r := range f.requests() {
		u, err := url.ParseRequestURI(r.URI)
		if err != nil {
			t.Fatal(err)
		}
		paths[u.EscapedPath()]++
	}
	if !maps.Equal(paths, map[string]int{
		"/v1/workspaces/acme/objects/person/lists/l%2F1/resources":              3,
		"/v1/workspaces/acme/objects/person/records/x/relationships/colleagues": 2,
	}) {
		t.Errorf("asked %v", paths)
	}
	_, err = collect(t, people.Related(t.Context(), "x", "deals", clarify.Where("a", clarify.Is, 1)))
	mentions(t, err, "getRecordRelationships", "Where")
}

// The relationships, which are of no type that the contract allows, make the record
// be decoded by encoding/json.
func TestIncludedRecordsWithoutAnIDAreSkipped(t *testing.T) {
	for name, relationships := range map[string]string{"decoded in one pass": `{}`, "decoded by encoding/json": `7`} {
		t.Run(name, func(t *testing.T) {
			f := responding(t, 200, `{"data":{"type":"person","id":"p","attributes":{},"relationships":`+relationships+`},
				"included":[{"type":"company","attributes":{}},{"type":"company","id":"c","attributes":{}}]}`)
			got, err := clarify.People(f.client(t)).Get(t.Context(), "p")
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Included) != 1 {
				t.Fatalf("got %d included records, want 1", len(got.Included))
			}
			wantEqual(t, "id", got.Included[0].ID, "c")
		})
	}
}
