package clarify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
)

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
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "second.ID", second.ID, first.ID)
	wantEqual(t, "second.Attributes.Name", second.Attributes.Name, "Acme Inc.")
}

func TestStrategiesCombineWithWhatIsThere(t *testing.T) {
	client, _ := sandbox(t, noSchemaLag)
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
	wantEqual(t, "ada.Attributes.Name.FullName", ada.Attributes.Name.FullName, "Ada King")
	wantEqual(t, `fmt.Sprint(ada.Attributes.Extra["tags"])`, fmt.Sprint(ada.Attributes.Extra["tags"]), "[x y]")
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
			wantEqual(t, "strings.TrimSpace(sent)", strings.TrimSpace(sent), strings.TrimSpace(method))
			wantEqual(t, `document == ""`, document == "", got[0].Body == "")
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

func TestWriteThatTheAPIWouldRejectIsNotSent(t *testing.T) {
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
		}, []string{"object", "a string"}},
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
		}, []string{"cannot encode"}},
		"create of what is not JSON": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[json.RawMessage](c, "person").Create(ctx, json.RawMessage("{"))
			return err
		}, []string{"cannot encode"}},
		"create of attributes that cannot be encoded": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[map[string]any](c, "person").Create(ctx, map[string]any{"f": func() {}})
			return err
		}, []string{"cannot encode"}},
		"create with a number that is none": {func(c *clarify.Client) error {
			_, err := clarify.Deals(c).Create(ctx, clarify.Deal{Amount: "1,50"})
			return err
		}, []string{"cannot encode", "1,50"}},
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
		}, []string{`Merge "job_title"`, "an object"}},
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
			wantNotSent(t, f, test.call(f.client(t)), test.words...)
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
		if !errors.As(read, &e) {
			t.Fatalf("%s, read: %v", body, read)
		}
		wantIs(t, read, clarify.ErrOutcomeUnknown, false)
		wantEqual(t, fmt.Sprintf("%s, read: e.Operation", body), e.Operation, "getResource")
	}
}

func TestBulkUpdateReturnsTheRecordThatWasUpdated(t *testing.T) {
	f := responding(t, 200, page("", 2, "other", "x"))
	got, err := clarify.NewRecords[clarify.Fields](f.client(t), "c_vehicle").Update(t.Context(), "x", clarify.Fields{"a": 1})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "got.ID", got.ID, "x")
	_, err = clarify.NewRecords[clarify.Fields](f.client(t), "c_vehicle").Update(t.Context(), "y", clarify.Fields{"a": 1})
	mentions(t, err, "updateRecords", "the updated record is missing")
}

func TestUpsertIsRetriedAndCreateIsNot(t *testing.T) {
	for name, test := range map[string]struct {
		options []clarify.WriteOption
		want    int
	}{
		"create": {nil, 1},
		"upsert": {[]clarify.WriteOption{clarify.MatchOn("email_addresses")}, 2},
	} {
		runSynctest(t, name, func(t *testing.T) {
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
			got := len(s.requests())
			wantEqual(t, "got", got, test.want)
			wantEqual(t, "err == nil", err == nil, test.want == 2)
			wantIs(t, err, clarify.ErrOutcomeUnknown, test.want == 1)
		})
	}
}
