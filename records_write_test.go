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
