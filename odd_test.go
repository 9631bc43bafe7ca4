package clarify_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

// strangeValues are values that hardly any member accepts.
var strangeValues = []string{`null`, `true`, `7`, `1.5`, `1e99`, `"x"`, `""`, `[]`, `[null]`, `[{"id":"x"},"y",{}]`, `{}`, `{"data":7}`, `{"data":[null,"x",{"id":5}]}`}

// A record that is odd in one member, or a page that is, does not lose the others.
func TestAPageOfRecordsIsReadThoughOneMemberIsOdd(t *testing.T) {
	const other = `{"type":"person","id":"b","attributes":{"job_title":"CTO"},"relationships":{"company_id":{"data":{"type":"company","id":"c"}}}}`
	with := func(member, value string) string {
		record := map[string]string{"type": `"person"`, "attributes": `{}`, "relationships": `{}`}
		page := map[string]string{"included": `[]`, "links": `{"next":null}`, "meta": `{"total_records":2}`}
		if _, ok := page[member]; ok {
			page[member] = value
		} else {
			record[member] = value
		}
		return fmt.Sprintf(`{"data":[{"id":"a","type":%s,"attributes":%s,"relationships":%s},%s],"included":%s,"links":%s,"meta":%s}`,
			record["type"], record["attributes"], record["relationships"], other, page["included"], page["links"], page["meta"])
	}
	bodies := []string{
		`{"data":[{"id":"a"},` + other + `]}`,
		with("attributes", `null`),
		with("included", `[{"type":"company"},null,{"type":"company","id":"c","attributes":{"name":"Acme"}},"x"]`),
		with("relationships", `{"company_id":"c","people":[{"type":"person","id":"p"}],"deals":{"data":[{"type":"deal","id":"d"},null,7]}}`),
	}
	for _, member := range []string{"type", "relationships", "included", "links", "meta"} {
		for _, value := range strangeValues {
			bodies = append(bodies, with(member, value))
		}
	}
	client, set := respondingLast(t)
	for _, body := range bodies {
		set(body)
		readOdd[clarify.Person](t, client, body)
		readOdd[clarify.Fields](t, client, body)
		readOdd[json.RawMessage](t, client, body)
	}
}

// respondingLast returns a client of a server that responds with the body that was
// set last.
func respondingLast(t *testing.T) (client *clarify.Client, set func(body string)) {
	t.Helper()
	var body atomic.Value
	f := newFake(t, func(_ *fake, w http.ResponseWriter, _ *http.Request) { respond(w, 200, body.Load().(string)) })
	return f.client(t), func(s string) { body.Store(s) }
}

func readOdd[T any](t *testing.T, client *clarify.Client, body string) {
	t.Helper()
	records, err := collect(t, clarify.NewRecords[T](client, "person").All(t.Context()))
	if err != nil {
		t.Errorf("%T: %v\n%s", *new(T), err, body)
		return
	}
	if got := ids(records); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("%T: ids %q, want a and b\n%s", *new(T), got, body)
		return
	}
	if records[1].Type != "person" {
		t.Errorf("%T: type %q, want person\n%s", *new(T), records[1].Type, body)
	}
	ref, ok := records[1].Relationships.One("company_id")
	if !ok {
		t.Errorf("%T: there is no company\n%s", *new(T), body)
	}
	if ref.ID != "c" {
		t.Errorf("%T: company %q, want c\n%s", *new(T), ref.ID, body)
	}
}

func TestOneRecordIsReadThoughAMemberIsOdd(t *testing.T) {
	for _, body := range []string{
		`{"data":{"id":"a"}}`,
		`{"data":{"id":"a","type":7,"attributes":null,"relationships":"x"},"included":{},"meta":[],"links":7}`,
		`{"data":{"id":"a","type":"person","attributes":{}},"included":[null,{"id":"c"}]}`,
	} {
		f := responding(t, 200, body)
		got, err := clarify.People(f.client(t)).Get(t.Context(), "a")
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		wantEqual(t, "id in "+body, got.ID, "a")
	}
}

func TestARecordWithoutAnIDIsAnErrorThatNamesIt(t *testing.T) {
	for _, id := range []string{`null`, `""`, `7`, `{}`} {
		f := responding(t, 200, `{"data":[{"type":"person","id":"a","attributes":{}},{"type":"person","id":`+id+`,"attributes":{}}]}`)
		_, err := collect(t, clarify.People(f.client(t)).All(t.Context()))
		mentions(t, err, "data[1] has no id")
	}
}

func TestRelationshipsOfAnyFormAreKept(t *testing.T) {
	const relationships = `{"a":"c","b":[{"type":"person","id":"p"}],"c":{"data":[{"type":"deal","id":"d"},null,7,{"type":"deal"}]},"d":{"data":"x","meta":{"count":1.0}},"e":null,"f":{"data":{"id":7}}}`
	f := responding(t, 200, `{"data":{"type":"person","id":"a","attributes":{},"relationships":`+relationships+`}}`)
	record, err := clarify.People(f.client(t)).Get(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(record.Relationships)
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, string(encoded), relationships)
	for _, name := range []string{"a", "b", "d", "e", "f", "none"} {
		if ref, ok := record.Relationships.One(name); ok {
			t.Errorf("One(%q) is %v", name, ref)
		}
		if refs := record.Relationships.Many(name); len(refs) > 0 {
			t.Errorf("Many(%q) is %v", name, refs)
		}
	}
	if got, want := record.Relationships.Many("c"), []clarify.Ref{{Type: "deal", ID: "d"}}; !slices.Equal(got, want) {
		t.Errorf("Many(c) is %v, want %v", got, want)
	}
}

func TestAsTakesARecordWithoutAttributes(t *testing.T) {
	f := responding(t, 200, `{"data":[],"included":[{"type":"company","id":"c"}]}`)
	pages, err := collect(t, clarify.People(f.client(t)).Pages(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) != 1 {
		t.Fatalf("%d pages, want 1", len(pages))
	}
	if n := len(pages[0].Included); n != 1 {
		t.Fatalf("%d included records, want 1", n)
	}
	company, err := clarify.As[clarify.Company](pages[0].Included[0])
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "id", company.ID, "c")
}

func TestEveryListIsReadThoughOneMemberIsOdd(t *testing.T) {
	for operation, listing := range listings {
		t.Run(operation, func(t *testing.T) {
			id := "id"
			if operation == "listRecordAttachments" {
				id = "_id"
			}
			bodies := []string{`{"data":[{"id":"a"},{"id":"b"}]}`}
			for _, value := range strangeValues {
				for _, member := range []string{"type", "attributes", "relationships", "links", "name", "url"} {
					bodies = append(bodies, fmt.Sprintf(`{"data":[{"id":"a",%q:%s},{"id":"b"}]}`, member, value))
				}
				bodies = append(bodies, fmt.Sprintf(`{"data":[{"id":"a"},{"id":"b"}],"meta":%s,"included":%[1]s,"links":%[1]s}`, value))
			}
			client, set := respondingLast(t)
			for _, body := range bodies {
				body = strings.ReplaceAll(body, `{"id":`, `{"`+id+`":`)
				set(body)
				ids, err := collect(t, listing.read(t.Context(), client))
				if err != nil {
					t.Errorf("%v\n%s", err, body)
				}
				wantEqual(t, "ids in "+body, strings.Join(ids, ""), "ab")
			}
			for _, item := range []string{`null`, `"x"`, `{}`, `{"id":null}`, `{"id":7}`} {
				set(`{"data":[{"` + id + `":"a"},` + item + `]}`)
				_, err := collect(t, listing.read(t.Context(), client))
				_ = asError(t, err)
				mentions(t, err, "data[1]")
			}
		})
	}
}

// live-api.md, D6.
func TestAllUsersAreListedThoughATimeIsNone(t *testing.T) {
	f := responding(t, 200, `{"data":[`+
		`{"type":"user","id":"a","attributes":{"_id":"a","_created_at":{},"_updated_at":{},"last_active_at":{},"email":"ada@acme.com"}},`+
		`{"type":"user","id":"b","attributes":{"_id":"b","_created_at":"2026-02-03T04:05:06Z","_updated_at":"03.02.2026","email":"bob@acme.com"}}],"meta":{"total_records":2}}`)
	users, err := collect(t, f.client(t).Users(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if len(users) != 2 {
		t.Fatalf("%d users, want 2", len(users))
	}
	email, err := users[0].Attributes.Email.Get()
	if err != nil {
		t.Error(err)
	}
	wantEqual(t, "email", email, "ada@acme.com")
	if _, kept := users[0].Attributes.AdditionalProperties["_created_at"]; !kept {
		t.Error("the first user lost _created_at")
	}
	if users[1].Attributes.CreatedAt.IsZero() {
		t.Error("the second user has no CreatedAt")
	}
	if got := gen.Unfit(users); len(got) == 0 {
		t.Error("Unfit reports nothing")
	}
}
