package clarify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

// strangeValues are values that hardly any member takes.
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

// respondingLast returns a client of a server that responds with what it is told last.
func respondingLast(t *testing.T) (client *clarify.Client, set func(body string)) {
	t.Helper()
	var body atomic.Value
	f := newFake(t, func(_ *fake, w http.ResponseWriter, _ *http.Request) { respond(w, 200, body.Load().(string)) })
	return f.client(t), func(s string) { body.Store(s) }
}

func readOdd[T any](t *testing.T, client *clarify.Client, body string) {
	t.Helper()
	records, err := collect(t, clarify.NewRecords[T](client, "person").All(t.Context()))
	if err != nil || len(records) != 2 || records[0].ID != "a" || records[1].ID != "b" {
		t.Errorf("%T: %d records, %v\n%s", *new(T), len(records), err, body)
		return
	}
	if ref, ok := records[1].Relationships.One("company_id"); records[1].Type != "person" || !ok || ref.ID != "c" {
		t.Errorf("%T: %+v\n%s", *new(T), records[1], body)
	}
}

func TestOneRecordIsReadThoughAMemberIsOdd(t *testing.T) {
	for _, body := range []string{
		`{"data":{"id":"a"}}`,
		`{"data":{"id":"a","type":7,"attributes":null,"relationships":"x"},"included":{},"meta":[],"links":7}`,
		`{"data":{"id":"a","type":"person","attributes":{}},"included":[null,{"id":"c"}]}`,
	} {
		f := responding(t, 200, body)
		if got, err := clarify.People(f.client(t)).Get(t.Context(), "a"); err != nil || got.ID != "a" {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// The one that cannot be worked with is named.
func TestARecordWithoutAnIDIsAnErrorThatNamesIt(t *testing.T) {
	for _, id := range []string{`null`, `""`, `7`, `{}`} {
		f := responding(t, 200, `{"data":[{"type":"person","id":"a","attributes":{}},{"type":"person","id":`+id+`,"attributes":{}}]}`)
		if _, err := collect(t, clarify.People(f.client(t)).All(t.Context())); err == nil || !strings.Contains(err.Error(), "data[1] has no id") {
			t.Errorf("%s: %v", id, err)
		}
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
		if ref, ok := record.Relationships.One(name); ok || len(record.Relationships.Many(name)) > 0 {
			t.Errorf("%s leads to %v", name, ref)
		}
	}
	if refs := record.Relationships.Many("c"); len(refs) != 1 || refs[0] != (clarify.Ref{Type: "deal", ID: "d"}) {
		t.Errorf("%v", refs)
	}
}

func TestAsTakesARecordWithoutAttributes(t *testing.T) {
	f := responding(t, 200, `{"data":[],"included":[{"type":"company","id":"c"}]}`)
	pages, err := collect(t, clarify.People(f.client(t)).Pages(t.Context()))
	if err != nil || len(pages) != 1 || len(pages[0].Included) != 1 {
		t.Fatalf("%v, %v", pages, err)
	}
	if company, err := clarify.As[clarify.Company](pages[0].Included[0]); err != nil || company.ID != "c" {
		t.Errorf("%v, %v", company, err)
	}
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
				if ids, err := collect(t, listing.read(t.Context(), client)); err != nil || strings.Join(ids, "") != "ab" {
					t.Errorf("%q, %v\n%s", ids, err, body)
				}
			}
			for _, entry := range []string{`null`, `"x"`, `{}`, `{"id":null}`, `{"id":7}`} {
				set(`{"data":[{"` + id + `":"a"},` + entry + `]}`)
				_, err := collect(t, listing.read(t.Context(), client))
				var e *clarify.Error
				if !errors.As(err, &e) || !strings.Contains(err.Error(), "data[1]") {
					t.Errorf("%s: %v", entry, err)
				}
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
	if err != nil || len(users) != 2 {
		t.Fatalf("%d users, %v", len(users), err)
	}
	if email, err := users[0].Attributes.Email.Get(); err != nil || email != "ada@acme.com" {
		t.Errorf("%q, %v", email, err)
	}
	if _, kept := users[0].Attributes.AdditionalProperties["_created_at"]; !kept || users[1].Attributes.CreatedAt.IsZero() {
		t.Errorf("%+v", users)
	}
	if got := gen.Unfit(users); len(got) == 0 {
		t.Error("Unfit does not tell")
	}
}
