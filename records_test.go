package clarify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/clarify-go/clarify"
)

func TestRecordsLiveThroughCreateUpdateAndDelete(t *testing.T) {
	client, _ := sandbox(t, atOnce)
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
	if created.Type != "person" || created.ID == "" || created.Attributes.Name.FullName != "Ada Lovelace" || created.Attributes.ID != created.ID {
		t.Errorf("created %+v", created)
	}
	updated, err := people.Update(ctx, created.ID, clarify.Fields{"job_title": nil, "score": 13})
	if err != nil {
		t.Fatal(err)
	}
	if value, ok := updated.Attributes.Extra["job_title"]; !ok || value != nil || updated.Attributes.JobTitle != "" {
		t.Errorf("the job title is not null: %+v", updated.Attributes)
	}
	if updated, err = people.Update(ctx, created.ID, clarify.Person{JobTitle: "Analyst"}); err != nil {
		t.Fatal(err)
	}
	got, err := people.Get(ctx, created.ID)
	if err != nil {
		t.Fatal(err)
	}
	if encoded(t, got) != encoded(t, updated) || got.Attributes.JobTitle != "Analyst" || got.Attributes.EmailAddresses[0] != "ada@example.com" || got.Attributes.Extra["score"] != json.Number("13") {
		t.Errorf("got %+v, and the update responded %+v", got, updated)
	}
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
	if err != nil || len(deleted) != 1 || deleted[0].ID != created.ID || deleted[0].Attributes.DeletedAt.IsZero() || deleted[0].Attributes.JobTitle != "Analyst" {
		t.Errorf("got %+v, %v", deleted, err)
	}
}

func TestMatchOnUpdatesTheRecordThatIsThere(t *testing.T) {
	client, _ := sandbox(t)
	companies := clarify.Companies(client)
	acme := clarify.Company{Name: "Acme", Domains: clarify.Collection{"acme.example"}}
	first, err := companies.Create(t.Context(), acme, clarify.MatchOn("domains"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := companies.Create(t.Context(), acme); !errors.Is(err, clarify.ErrInvalid) {
		t.Errorf("a second one: %v", err)
	}
	acme.Name = "Acme Inc."
	second, err := companies.Create(t.Context(), acme, clarify.MatchOn("domains"), clarify.Silent())
	if err != nil || second.ID != first.ID || second.Attributes.Name != "Acme Inc." {
		t.Errorf("got %+v, %v", second, err)
	}
}

func TestStrategiesCombineWithWhatIsThere(t *testing.T) {
	client, _ := sandbox(t, atOnce)
	ctx := t.Context()
	addFields(t, client, "person", map[string]any{"tags": map[string]any{"type": []string{"array", "null"}}})
	people := clarify.People(client)
	ada, err := people.Create(ctx, clarify.Person{
		Name:           clarify.Name{FirstName: "Ada", LastName: "Lovelace"},
		EmailAddresses: clarify.Collection{"a@example.com"},
		Extra:          clarify.Fields{"tags": []string{"x"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		changes any
		option  clarify.WriteOption
		emails  string
	}{
		{clarify.Person{EmailAddresses: clarify.Collection{"b@example.com"}}, clarify.Append("email_addresses"), "[a@example.com b@example.com]"},
		{clarify.Fields{"email_addresses": clarify.Collection{"a@example.com"}}, clarify.Remove("email_addresses"), "[b@example.com]"},
		{clarify.Person{EmailAddresses: clarify.Collection{"c@example.com"}}, clarify.Replace("email_addresses"), "[c@example.com]"},
		{clarify.Person{Name: clarify.Name{LastName: "King"}}, clarify.Merge("name"), "[c@example.com]"},
		{clarify.Fields{"tags": []string{"y"}}, clarify.Append("tags"), "[c@example.com]"},
	} {
		if ada, err = people.Update(ctx, ada.ID, step.changes, step.option); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(ada.Attributes.EmailAddresses); got != step.emails {
			t.Errorf("got %s, want %s", got, step.emails)
		}
	}
	if ada.Attributes.Name.FullName != "Ada King" || fmt.Sprint(ada.Attributes.Extra["tags"]) != "[x y]" {
		t.Errorf("got %+v", ada.Attributes)
	}
}

func TestMergeLeavesOneRecord(t *testing.T) {
	client, _ := sandbox(t)
	ctx := t.Context()
	people := clarify.People(client)
	var made []string
	for _, person := range []clarify.Person{{JobTitle: "Analyst"}, {AvatarURL: "https://example.com/a.png"}, {}} {
		r, err := people.Create(ctx, person)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, r.ID)
	}
	if err := people.Merge(ctx, made[0], made[1:]...); err != nil {
		t.Fatal(err)
	}
	left, err := collect(t, people.All(ctx))
	if err != nil || len(left) != 1 || left[0].Attributes.JobTitle != "Analyst" || left[0].Attributes.AvatarURL == "" {
		t.Errorf("got %+v, %v", left, err)
	}
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
	if err != nil || len(got.Included) != 1 {
		t.Fatalf("got %+v, %v", got, err)
	}
	acme, err := clarify.As[clarify.Company](got.Included[0])
	if err != nil || acme.Attributes.Name != "Acme" || acme.ID != company.ID {
		t.Errorf("got %+v, %v", acme, err)
	}
	back, err := clarify.Companies(client).Get(ctx, company.ID, clarify.Include("people"))
	if err != nil {
		t.Fatal(err)
	}
	if refs := back.Relationships.Many("people"); len(refs) != 1 || refs[0] != (clarify.Ref{Type: "person", ID: person.ID}) {
		t.Errorf("got %v", back.Relationships)
	}
	if n, ok := back.Relationships["people"].Count(); !ok || n != 1 {
		t.Errorf("got %d, %v", n, ok)
	}
}

func TestWhatIsSentWhereTheSandboxDoesNotTell(t *testing.T) {
	for name, test := range map[string]struct {
		call     func(*clarify.Records[map[string]any]) error
		object   string
		response string
		want     string // method, path, query, body
	}{
		"create": {
			func(r *clarify.Records[map[string]any]) error {
				_, err := r.Create(t.Context(), map[string]any{"a": "<&>", "n": json.Number("1.50"), "z": nil})
				return err
			}, "person", oneRecord, `POST person/records {"data":{"type":"person","attributes":{"a":"<&>","n":1.50,"z":null}}}`,
		},
		"create silently with match_on": {
			func(r *clarify.Records[map[string]any]) error {
				_, err := r.Create(t.Context(), map[string]any{"a": 1}, clarify.Silent(), clarify.MatchOn("a"), clarify.MatchOn("a"))
				return err
			}, "person", oneRecord, `POST person/records?silent=true {"data":{"type":"person","attributes":{"a":1}},"match_on":"a"}`,
		},
		"update": {
			func(r *clarify.Records[map[string]any]) error {
				_, err := r.Update(t.Context(), "x/y?z", clarify.Fields{"a": nil})
				return err
			}, "person", oneRecord, `PATCH person/records/x%2Fy%3Fz {"data":{"type":"person","id":"x/y?z","attributes":{"a":null}}}`,
		},
		"update of a raw document": {
			func(r *clarify.Records[map[string]any]) error {
				_, err := r.Silent().Update(t.Context(), "x", json.RawMessage(`{ "a" : 1.0 }`))
				return err
			}, "person", oneRecord, `PATCH person/records/x?silent=true {"data":{"type":"person","id":"x","attributes":{"a":1.0}}}`,
		},
		"update of a custom object": {
			func(r *clarify.Records[map[string]any]) error {
				_, err := r.Update(t.Context(), "x", clarify.Fields{"l": clarify.Collection{"b"}}, clarify.Append("l"), clarify.Silent())
				return err
			}, "c_vehicle", `{"data":[` + oneRecord[len(`{"data":`):len(oneRecord)-1] + `],"links":{"next":null,"prev":null},"meta":{"total_records":1,"total_pages":1}}`,
			`PATCH c_vehicle/records?silent=true {"data":[{"type":"c_vehicle","id":"x","attributes":{"l":{"items":["b"]}}}],"meta":{"l":{"collection":"append"}}}`,
		},
		"delete one": {
			func(r *clarify.Records[map[string]any]) error { return r.Delete(t.Context(), "google-oauth2|1") },
			"person", `{}`, `DELETE person/records/google-oauth2%7C1 `,
		},
		"delete one silently": {
			func(r *clarify.Records[map[string]any]) error { return r.Silent().Delete(t.Context(), "x") },
			"person", `{}`, `DELETE person/records/x?silent=true `,
		},
		"delete several": {
			func(r *clarify.Records[map[string]any]) error { return r.Silent().Delete(t.Context(), "x", "<", "x") },
			"person", `{"anything":true}`, `DELETE person/records?silent=true {"items":["x","\u003c"]}`,
		},
		"merge": {
			func(r *clarify.Records[map[string]any]) error { return r.Silent().Merge(t.Context(), "x", "y", "z") },
			"person", ``, `POST person/records/x/merges?silent=true {"data":{"attributes":{"sources":["y","z"]},"type":"person"}}`,
		},
		"link": {
			func(r *clarify.Records[map[string]any]) error {
				return r.Link(t.Context(), "x", "deals", clarify.Ref{Type: "deal", ID: "d"}, clarify.Ref{Type: "deal", ID: "e"})
			}, "person", `{}`, `PATCH person/records/x/relationships/deals {"data":[{"type":"deal","id":"d"},{"type":"deal","id":"e"}]}`,
		},
		"unlink": {
			func(r *clarify.Records[map[string]any]) error {
				return r.Silent().Unlink(t.Context(), "x", "a/b", clarify.Ref{Type: "deal", ID: "d"})
			}, "person", ``, `DELETE person/records/x/relationships/a%2Fb?silent=true {"data":[{"type":"deal","id":"d"}]}`,
		},
		"get": {
			func(r *clarify.Records[map[string]any]) error { _, err := r.Get(t.Context(), "ä"); return err },
			"c_vehicle", oneRecord, `GET c_vehicle/resources/%C3%A4 `,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
				status := 200
				switch {
				case strings.HasSuffix(r.URL.Path, "/merges"):
					status = 204
				case r.Method == "POST":
					status = 201
				}
				respond(w, status, test.response)
			})
			if err := test.call(clarify.NewRecords[map[string]any](f.client(t), test.object)); err != nil {
				t.Fatal(err)
			}
			got := f.requests()
			if len(got) != 1 {
				t.Fatalf("%d requests", len(got))
			}
			sent := got[0].Method + " " + strings.TrimPrefix(got[0].URI, "/v1/workspaces/acme/objects/") + " "
			method, document, _ := strings.Cut(test.want, " {")
			if document == "" {
				method = test.want
			} else {
				sameJSON(t, got[0].Body, "{"+document)
			}
			if strings.TrimSpace(sent) != strings.TrimSpace(method) || (document == "") != (got[0].Body == "") {
				t.Errorf("sent %s%s, want %s", sent, got[0].Body, test.want)
			}
			if contentType := got[0].Header.Get("Content-Type"); got[0].Body != "" && contentType != "application/json" {
				t.Errorf("the body is %q", contentType)
			}
		})
	}
}

// selfish has a field of the system's.
type selfish struct {
	Name    string `json:"name,omitempty"`
	Created string `json:"_created_at"`
}

func TestWriteThatTheAPIWouldRefuseIsNotSent(t *testing.T) {
	type person = clarify.Person
	ctx := t.Context()
	var none *clarify.Person
	for name, test := range map[string]struct {
		call  func(*clarify.Client) error
		words []string
	}{
		"create with a system field": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[selfish](c, "person").Create(ctx, selfish{Name: "x"})
			return err
		}, []string{`"_created_at"`, "system", "leave"}},
		"create with several": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[map[string]any](c, "person").Create(ctx, map[string]any{"_x": 1, "_id": 2, "x": 3})
			return err
		}, []string{`"_id", "_x"`}},
		"create of what was read": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Create(ctx, person{System: clarify.System{ID: "x"}})
			return err
		}, []string{`"_id"`, "System"}},
		"create with an id": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[map[string]any](c, "person").Create(ctx, map[string]any{"id": "x"})
			return err
		}, []string{`"id"`, "API chooses"}},
		"create of a list": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[[]string](c, "person").Create(ctx, []string{"x"})
			return err
		}, []string{"object", "[]string", "a list"}},
		"create of null": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[map[string]any](c, "person").Create(ctx, nil)
			return err
		}, []string{"object", "null"}},
		"create of a text": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[string](c, "person").Create(ctx, "x")
			return err
		}, []string{"object", "a text"}},
		"create of a number": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[int](c, "person").Create(ctx, 1)
			return err
		}, []string{"object", "a number"}},
		"create of a boolean": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[bool](c, "person").Create(ctx, true)
			return err
		}, []string{"object", "true or false"}},
		"create of nothing": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[json.RawMessage](c, "person").Create(ctx, json.RawMessage{})
			return err
		}, []string{"encoded"}},
		"create of what is not JSON": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[json.RawMessage](c, "person").Create(ctx, json.RawMessage("{"))
			return err
		}, []string{"encoded"}},
		"create of what cannot be encoded": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[map[string]any](c, "person").Create(ctx, map[string]any{"f": func() {}})
			return err
		}, []string{"encoded"}},
		"create with a number that is none": {func(c *clarify.Client) error {
			_, err := clarify.Deals(c).Create(ctx, clarify.Deal{Amount: "1,50"})
			return err
		}, []string{"encoded", "1,50"}},
		"create with a strategy": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Create(ctx, person{JobTitle: "x"}, clarify.Append("labels"))
			return err
		}, []string{"Append", "Update"}},
		"match on nothing": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Create(ctx, person{JobTitle: "x"}, clarify.MatchOn(""))
			return err
		}, []string{"MatchOn", "empty"}},
		"match on two": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Create(ctx, person{JobTitle: "x"}, clarify.MatchOn("a"), clarify.MatchOn("b"))
			return err
		}, []string{"MatchOn", `"a"`, `"b"`}},
		"match on what is not there": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Create(ctx, person{JobTitle: "x"}, clarify.MatchOn("email_addresses"))
			return err
		}, []string{`MatchOn "email_addresses"`, "no value"}},
		"match on none of several": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Create(ctx, person{EmailAddresses: clarify.Collection{}}, clarify.MatchOn("email_addresses"))
			return err
		}, []string{"no value"}},
		"match on null": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Create(ctx, person{Extra: clarify.Fields{"c_key": nil}}, clarify.MatchOn("c_key"))
			return err
		}, []string{"no value"}},
		"no option": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Create(ctx, person{JobTitle: "x"}, nil)
			return err
		}, []string{"nil"}},
		"create of an object with no name": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[person](c, "").Create(ctx, person{})
			return err
		}, []string{"object", "empty"}},
		"update of nothing": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", person{})
			return err
		}, []string{"empty", "null"}},
		"update of no fields": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", clarify.Fields{})
			return err
		}, []string{"empty"}},
		"update of nil": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", nil)
			return err
		}, []string{"object", "null"}},
		"update of a nil pointer": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", none)
			return err
		}, []string{"object", "null"}},
		"update of an id": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", clarify.Fields{"id": "y"})
			return err
		}, []string{`"id"`, "cannot be changed"}},
		"update of a system field": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", clarify.Fields{"_created_by": nil})
			return err
		}, []string{`"_created_by"`}},
		"update with match_on": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", person{JobTitle: "x"}, clarify.MatchOn("job_title"))
			return err
		}, []string{"MatchOn", "Create"}},
		"a strategy for nothing": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", person{JobTitle: "x"}, clarify.Append())
			return err
		}, []string{"Append", "no field"}},
		"a strategy for what is not changed": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", person{JobTitle: "x"}, clarify.Append("labels"))
			return err
		}, []string{`Append "labels"`}},
		"append to a text": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", person{JobTitle: "x"}, clarify.Append("job_title"))
			return err
		}, []string{`Append "job_title"`, "collection"}},
		"remove from a list": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", clarify.Fields{"l": []string{}}, clarify.Remove("l"))
			return err
		}, []string{`Remove "l"`, "collection"}},
		"replace with null": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", clarify.Fields{"l": nil}, clarify.Replace("l"))
			return err
		}, []string{`Replace "l"`, "collection"}},
		"merge into a text": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", person{JobTitle: "x"}, clarify.Merge("job_title"))
			return err
		}, []string{`Merge "job_title"`, "no object"}},
		"two strategies for a field": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", person{Labels: clarify.Collection{"x"}}, clarify.Append("labels"), clarify.Remove("labels"))
			return err
		}, []string{`Remove "labels"`, "another"}},
		"update of no record": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "", person{JobTitle: "x"})
			return err
		}, []string{`"id"`, "empty"}},
		"update of no custom record": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[person](c, "c_x").Update(ctx, "", person{JobTitle: "x"})
			return err
		}, []string{"id"}},
		"get of no record":     {func(c *clarify.Client) error { _, err := clarify.People(c).Get(ctx, ".."); return err }, []string{`"id"`, `".."`}},
		"delete of no record":  {func(c *clarify.Client) error { return clarify.People(c).Delete(ctx, "") }, []string{`"id"`, "empty"}},
		"delete of none":       {func(c *clarify.Client) error { return clarify.People(c).Delete(ctx) }, []string{"ids", "empty"}},
		"delete of an empty":   {func(c *clarify.Client) error { return clarify.People(c).Delete(ctx, "x", "") }, []string{"ids[1]"}},
		"delete of a dot":      {func(c *clarify.Client) error { return clarify.People(c).Delete(ctx, ".", "x") }, []string{"ids[0]", `"."`}},
		"merge of none":        {func(c *clarify.Client) error { return clarify.People(c).Merge(ctx, "x") }, []string{"sources", "empty"}},
		"merge of an empty":    {func(c *clarify.Client) error { return clarify.People(c).Merge(ctx, "x", "") }, []string{"sources[0]"}},
		"merge into itself":    {func(c *clarify.Client) error { return clarify.People(c).Merge(ctx, "x", "y", "x") }, []string{`"x"`, "itself"}},
		"merge into no record": {func(c *clarify.Client) error { return clarify.People(c).Merge(ctx, "", "y") }, []string{`"record"`, "empty"}},
		"link to none":         {func(c *clarify.Client) error { return clarify.People(c).Link(ctx, "x", "deals") }, []string{"refs", "empty"}},
		"link to no record": {func(c *clarify.Client) error {
			return clarify.People(c).Link(ctx, "x", "deals", clarify.Ref{Type: "deal"})
		}, []string{"refs[0]"}},
		"link to no object": {func(c *clarify.Client) error {
			return clarify.People(c).Link(ctx, "x", "deals", clarify.Ref{ID: "d"})
		}, []string{"refs[0]", "type"}},
		"link by nothing": {func(c *clarify.Client) error {
			return clarify.People(c).Link(ctx, "x", "", clarify.Ref{Type: "deal", ID: "d"})
		}, []string{`"relationship"`, "empty"}},
		"unlink of none": {func(c *clarify.Client) error { return clarify.People(c).Unlink(ctx, "x", "deals") }, []string{"refs", "empty"}},
		"related to nothing": {func(c *clarify.Client) error {
			_, err := collect(t, clarify.People(c).Related(ctx, "x", "."))
			return err
		}, []string{`"relationship"`}},
		"in no list": {func(c *clarify.Client) error {
			_, err := collect(t, clarify.People(c).InList(ctx, ""))
			return err
		}, []string{`"list"`}},
	} {
		t.Run(name, func(t *testing.T) {
			f := responding(t, 200, oneRecord)
			refused(t, f, test.call(f.client(t)), test.words...)
		})
	}
}

func TestResponseToAWriteThatIsNoRecordLeavesTheOutcomeUnknown(t *testing.T) {
	for _, body := range []string{``, `{}`, `{"data":null}`, `{"data":[]}`, `{"data":{"type":"person"}}`, `{"data":{"type":"person","id":"","attributes":{}}}`, `{`, `x`} {
		f := responding(t, 200, body)
		people := clarify.People(f.client(t))
		vehicles := clarify.NewRecords[clarify.Person](f.client(t), "c_vehicle")
		_, created := people.Create(t.Context(), clarify.Person{JobTitle: "x"})
		_, updated := people.Update(t.Context(), "x", clarify.Person{JobTitle: "x"})
		_, bulk := vehicles.Update(t.Context(), "x", clarify.Person{JobTitle: "x"})
		_, read := people.Get(t.Context(), "x")
		for name, err := range map[string]error{"created": created, "updated": updated, "bulk": bulk} {
			if !errors.Is(err, clarify.ErrOutcomeUnknown) {
				t.Errorf("%s, %s: %v", body, name, err)
			}
		}
		var e *clarify.Error
		if !errors.As(read, &e) || errors.Is(read, clarify.ErrOutcomeUnknown) || e.Operation != "getResource" {
			t.Errorf("%s, read: %v", body, read)
		}
	}
}

func TestBulkUpdateResponsesTheRecordThatWasUpdated(t *testing.T) {
	f := responding(t, 200, page("", 2, "other", "x"))
	got, err := clarify.NewRecords[clarify.Fields](f.client(t), "c_vehicle").Update(t.Context(), "x", clarify.Fields{"a": 1})
	if err != nil || got.ID != "x" {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err = clarify.NewRecords[clarify.Fields](f.client(t), "c_vehicle").Update(t.Context(), "y", clarify.Fields{"a": 1})
	mentions(t, err, "updateRecords", "does not have the record")
}

func TestDeleteOfManyIsCutIntoBatches(t *testing.T) {
	for _, n := range []int{2, 99, 100, 101, 250} {
		f := responding(t, 200, `{}`)
		if err := clarify.People(f.client(t)).Delete(t.Context(), append(count(0, n), "0", "1")...); err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, r := range f.requests() {
			var body struct{ Items []string }
			if err := json.Unmarshal([]byte(r.Body), &body); err != nil || len(body.Items) > 100 || len(body.Items) == 0 {
				t.Errorf("%d ids, %v", len(body.Items), err)
			}
			all = append(all, body.Items...)
		}
		if !slices.Equal(all, count(0, n)) || len(f.requests()) != (n+99)/100 {
			t.Errorf("%d: %d requests for %v", n, len(f.requests()), all)
		}
	}
}

func TestDeletionThatEndsEarlySaysHowFarItGot(t *testing.T) {
	failing := func(n int) *fake {
		return newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
			if len(f.requests()) == n {
				respond(w, 404, `{"errors":[{"status":"404","detail":"No such record."}]}`)
				return
			}
			respond(w, 200, `{}`)
		})
	}
	ids := count(0, 250)
	err := clarify.People(failing(3).client(t)).Delete(t.Context(), ids...)
	var e *clarify.DeleteError
	if !errors.As(err, &e) || !slices.Equal(e.Deleted, ids[:200]) || !slices.Equal(e.Remaining, ids[200:]) || !errors.Is(err, clarify.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	mentions(t, err, "200 of 250", "No such record.")
	err = clarify.People(failing(1).client(t)).Delete(t.Context(), ids[:100]...)
	if errors.As(err, &e) && len(e.Deleted) != 200 || !errors.Is(err, clarify.ErrNotFound) {
		t.Errorf("of a single batch: %v", err)
	}
}

func TestDeletionThatWasRepeatedMayFindNothing(t *testing.T) {
	const missing = `{"errors":[{"status":"404","detail":"No such record."}]}`
	for name, test := range map[string]struct {
		ids      []string
		statuses []int // in the order of the requests; 0 hangs up
		fails    bool
	}{
		"one, not repeated":      {[]string{"x"}, []int{404}, true},
		"one, repeated":          {[]string{"x"}, []int{0, 404}, false},
		"one, repeated twice":    {[]string{"x"}, []int{503, 0, 404}, false},
		"several, not repeated":  {[]string{"x", "y"}, []int{404}, true},
		"several, all were done": {[]string{"x", "y"}, []int{502, 404, 404, 404}, false},
		"several, one was not":   {[]string{"x", "y"}, []int{0, 404, 200, 404}, false},
		"several, one may not":   {[]string{"x", "y"}, []int{0, 404, 200, 403}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				statuses := test.statuses
				s := serve(t, func(w http.ResponseWriter, r *http.Request) {
					if len(statuses) == 0 {
						t.Errorf("%s %s", r.Method, r.URL)
						hangUp(w)
						return
					}
					status := statuses[0]
					statuses = statuses[1:]
					if status == 0 {
						hangUp(w)
						return
					}
					respond(w, status, missing)
				})
				err := clarify.People(s.connect(t)).Delete(t.Context(), test.ids...)
				if (err != nil) != test.fails || len(statuses) != 0 {
					t.Errorf("got %v, with %d requests to come", err, len(statuses))
				}
				if unknown := test.statuses[0] == 0 && test.fails; errors.Is(err, clarify.ErrOutcomeUnknown) != unknown {
					t.Errorf("%v matches ErrOutcomeUnknown: %v", err, !unknown)
				}
			})
		})
	}
}

func TestUpsertIsRepeatedAndCreateIsNot(t *testing.T) {
	for name, test := range map[string]struct {
		options []clarify.WriteOption
		want    int
	}{
		"create": {nil, 1},
		"upsert": {[]clarify.WriteOption{clarify.MatchOn("email_addresses")}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first := true
				s := serve(t, func(w http.ResponseWriter, r *http.Request) {
					if first {
						first = false
						hangUp(w)
						return
					}
					respond(w, 201, oneRecord)
				})
				_, err := clarify.People(s.connect(t)).Create(t.Context(), clarify.Person{EmailAddresses: clarify.Collection{"a@b.example"}}, test.options...)
				if got := len(s.requests()); got != test.want || (err == nil) != (test.want == 2) || errors.Is(err, clarify.ErrOutcomeUnknown) != (test.want == 1) {
					t.Errorf("%d requests, %v", got, err)
				}
			})
		})
	}
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
			if !errors.As(err, &e) || e.StatusCode != 404 {
				t.Errorf("%s %q: %v", name, id, err)
			}
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
	if err != nil || len(all) != workers {
		t.Errorf("%d records, %v", len(all), err)
	}
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
	if err != nil || !slices.Equal(ids(all), made) {
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
		if err != nil || len(got) != test.want {
			t.Errorf("%s: got %d, %v", test.op, len(got), err)
		}
	}
	sent := len(s.Requests())
	for name, option := range map[string]clarify.QueryOption{
		"getDeletedResources filters by _deleted_at": clarify.Where("name", clarify.Is, "x"),
		"pass a time.Time":                           clarify.Where("_deleted_at", clarify.Is, clarify.DateOf(at)),
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
	if err != nil || !slices.Equal(ids(inList), count(0, 3)) || inList[0].Attributes.JobTitle != "Engineer" {
		t.Errorf("got %v, %v", ids(inList), err)
	}
	pages, err := collect(t, people.InListPages(t.Context(), "l/1"))
	if err != nil || len(pages) != 1 || len(pages[0].Records) != 5 {
		t.Errorf("got %v, %v", pages, err)
	}
	related, err := collect(t, people.Related(t.Context(), "x", "colleagues", clarify.PageSize(4), clarify.OrderBy("a", clarify.Descending), clarify.Include("company_id")))
	if err != nil || !slices.Equal(ids(related), count(0, 5)) {
		t.Errorf("got %v, %v", ids(related), err)
	}
	typed, err := clarify.As[clarify.Person](related[0])
	if err != nil || typed.Attributes.JobTitle != "Engineer" || typed.ID != "0" {
		t.Errorf("got %+v, %v", typed, err)
	}
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
