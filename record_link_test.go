package clarify_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

// linked is attributes of a user's own, of which one writes itself.
type linked struct {
	Company string        `json:"company_id,omitempty"`
	Partner *string       `json:"c_partner_deal_id"`
	Owner   pseudonym     `json:"owner_id"`
	Rest    []json.Number `json:"rest,omitempty"`
}

type pseudonym string

func (p pseudonym) MarshalText() ([]byte, error) { return []byte("user_" + string(p)), nil }

func (p *pseudonym) UnmarshalText(b []byte) error {
	*p = pseudonym(strings.TrimPrefix(string(b), "user_"))
	return nil
}

func linkOf[T any](t *testing.T, document, property string) string {
	t.Helper()
	var r clarify.Record[T]
	if err := json.Unmarshal([]byte(document), &r); err != nil {
		t.Fatal(err)
	}
	id, ok := r.LinkedID(property)
	if ok != (id != "") {
		t.Errorf("%s: %q, %v", property, id, ok)
	}
	return id
}

// D1: a link to one record is an attribute, also where relationships is empty.
func TestALinkIsFoundWhereverItIs(t *testing.T) {
	for _, tt := range []struct{ attributes, relationships, property, want string }{
		{`{"company_id":"c"}`, ``, "company_id", "c"},
		{`{"company_id":"c"}`, `{}`, "company", "c"},
		{`{"company_id":"c"}`, `null`, "company_id", "c"},
		{`{"company_id":null}`, `{"company_id":{"data":{"type":"company","id":"c"}}}`, "company_id", "c"},
		{`{"company_id":null}`, `{"company_id":{"data":{"type":"company","id":"c"}}}`, "company", "c"},
		{`{}`, `{"company":{"data":{"type":"company","id":"c"}}}`, "company_id", "c"},
		{`{}`, `{"company":{"data":{"type":"company","id":"c"}}}`, "company", "c"},
		{`{"company_id":"c"}`, `{"company_id":{"data":null}}`, "company_id", "c"},
		{`{"company_id":"c"}`, `{"company_id":{"links":{}}}`, "company_id", "c"},
		{`{"company_id":"old"}`, `{"company_id":{"data":{"type":"company","id":"c"}},"company":{"data":{"type":"company","id":"other"}}}`, "company_id", "c"},
		{`{"c_partner_deal_id":"d","company_id":"c"}`, ``, "c_partner_deal_id", "d"},
		{`{"c_partner_deal_id":"d"}`, ``, "c_partner_deal", "d"},
		{`{"owner_id":"user_01H"}`, ``, "owner_id", "user_01H"},
		{`{"company_id":"c"}`, ``, "person_id", ""},
		{`{"company_id":null}`, ``, "company_id", ""},
		{`{"company_id":""}`, ``, "company_id", ""},
		{`{}`, `{}`, "company_id", ""},
		{`{}`, `{"people":{"data":[{"type":"person","id":"p"}]}}`, "people", ""},
		{`{"company_id":"c\u00e4"}`, ``, "company_id", "cä"},
	} {
		document := `{"type":"deal","id":"x","attributes":` + tt.attributes
		if tt.relationships != "" {
			document += `,"relationships":` + tt.relationships
		}
		document += `}`
		for name, got := range map[string]string{
			"Person":         linkOf[clarify.Person](t, document, tt.property),
			"Company":        linkOf[clarify.Company](t, document, tt.property),
			"Deal":           linkOf[clarify.Deal](t, document, tt.property),
			"Meeting":        linkOf[clarify.Meeting](t, document, tt.property),
			"Task":           linkOf[clarify.Task](t, document, tt.property),
			"Fields":         linkOf[clarify.Fields](t, document, tt.property),
			"map":            linkOf[map[string]any](t, document, tt.property),
			"map of strings": linkOf[map[string]*string](t, document, tt.property),
			"gen.Attributes": linkOf[gen.Attributes](t, document, tt.property),
			"RawMessage":     linkOf[json.RawMessage](t, document, tt.property),
			"any":            linkOf[any](t, document, tt.property),
			"struct":         linkOf[linked](t, document, tt.property),
			"pointer":        linkOf[*clarify.Deal](t, document, tt.property),
		} {
			if got != tt.want {
				t.Errorf("%s of %s, as %s: got %q, want %q", tt.property, document, name, got, tt.want)
			}
		}
	}
}

func TestNoLinkIsFoundInWhatIsNone(t *testing.T) {
	for _, attributes := range []string{`null`, `[]`, `7`, `"company_id"`, `[{"company_id":"c"}]`, `{"company_id":7}`, `{"company_id":{"id":"c"}}`, `{"company_id":["c"]}`, `{"x":{"company_id":"c"}}`} {
		document := `{"type":"deal","id":"x","attributes":` + attributes + `}`
		if got := linkOf[json.RawMessage](t, document, "company_id") + linkOf[any](t, document, "company_id"); got != "" {
			t.Errorf("%s: got %q", attributes, got)
		}
	}
	unencodable := clarify.Record[chan int]{Type: "deal", ID: "x"}
	if id, ok := unencodable.LinkedID("company_id"); ok {
		t.Errorf("got %q", id)
	}
	cut := clarify.Record[json.RawMessage]{Attributes: json.RawMessage(`{"company_id":"c"`)}
	if id, ok := cut.LinkedID("company_id"); ok {
		t.Errorf("got %q", id)
	}
}

func TestARelationshipIsFoundByItsPropertyAndByItsName(t *testing.T) {
	ref := func(id string) string { return `{"data":{"type":"company","id":"` + id + `"}}` }
	many := func(id string) string { return `{"data":[{"type":"person","id":"` + id + `"}],"meta":{"count":3}}` }
	for _, tt := range []struct{ document, name, one, many string }{
		{`{"company_id":` + ref("a") + `}`, "company_id", "a", "[{company a}]"},
		{`{"company_id":` + ref("a") + `}`, "company", "a", "[{company a}]"},
		{`{"company":` + ref("a") + `}`, "company_id", "a", "[{company a}]"},
		{`{"company":` + ref("a") + `}`, "company", "a", "[{company a}]"},
		{`{"company":` + ref("a") + `,"company_id":` + ref("b") + `}`, "company", "a", "[{company a}]"},
		{`{"company":` + ref("a") + `,"company_id":` + ref("b") + `}`, "company_id", "b", "[{company b}]"},
		{`{"company":{"data":null},"company_id":` + ref("b") + `}`, "company", "", "[]"},
		{`{"people":` + many("p") + `}`, "people", "", "[{person p}]"},
		{`{"people_id":` + many("p") + `}`, "people", "", "[{person p}]"},
		{`{"companies":` + ref("a") + `}`, "company", "", "[]"},
		{`{"id":` + ref("a") + `,"_id":` + ref("b") + `}`, "id", "a", "[{company a}]"},
		{`{"_id":` + ref("b") + `}`, "", "b", "[{company b}]"},
	} {
		var r clarify.Relationships
		if err := json.Unmarshal([]byte(tt.document), &r); err != nil {
			t.Fatal(err)
		}
		one, ok := r.One(tt.name)
		wantEqual(t, fmt.Sprintf("%s of %s: one.ID", tt.name, tt.document), one.ID, tt.one)
		wantEqual(t, fmt.Sprintf("%s of %s: ok", tt.name, tt.document), ok, tt.one != "")
		if got := fmt.Sprint(r.Many(tt.name)); got != tt.many {
			t.Errorf("%s of %s: many are %s", tt.name, tt.document, got)
		}
	}
}

func BenchmarkLinkedID(b *testing.B) {
	b.ReportAllocs()
	r := clarify.Record[clarify.Person]{Attributes: clarify.Person{CompanyID: "c", JobTitle: "x", Extra: clarify.Fields{"c_tier": "gold"}}}
	for b.Loop() {
		if _, ok := r.LinkedID("company_id"); !ok {
			b.Fatal("there is none")
		}
	}
}
