package clarify_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/rerun"
)

// everyT has the built-in types, and others that hold any attributes.
var everyT = map[string]func() any{
	"Person":         func() any { return new(clarify.Person) },
	"Company":        func() any { return new(clarify.Company) },
	"Deal":           func() any { return new(clarify.Deal) },
	"Meeting":        func() any { return new(clarify.Meeting) },
	"Task":           func() any { return new(clarify.Task) },
	"Name":           func() any { return new(clarify.Name) },
	"Participant":    func() any { return new(clarify.Participant) },
	"RawMessage":     func() any { return new(json.RawMessage) },
	"gen.Attributes": func() any { return new(gen.Attributes) },
	"vehicle":        func() any { return new(vehicle) },
	"manyFields":     func() any { return new(manyFields) },
}

// oddValues are values of any form, and what a field may look like at its limits.
var oddValues = []string{
	`null`, `""`, `"x"`, `"<&>\u2028 \"\\/é🎉"`, `"null"`, `"0001-01-01T00:00:00.000Z"`, `"2026-08-17T12:30:45.678Z"`, `"2026-08-17T12:30:45Z"`,
	`"2026-08-17T14:30:45.678+02:00"`, `"2026-08-17T12:30:45.678901Z"`, `"2026-08-17"`,
	`true`, `false`, `0`, `-0`, `1.50`, `1e3`, `1E-7`, `12345678901234567890.123456789`, `1786970000`,
	`[]`, `[null]`, `["a"]`, `{}`, `{"items":[]}`, `{"items":null}`, `{"items":["a","b"]}`, `{"items":["a",1]}`, `{"items":[{"a":1.0}]}`,
	`{"items":["a"],"primary":"a"}`, `{"items":"a"}`, `{"text":[]}`, `{"text":null}`, `{"text":[{"type":"paragraph","props":{"level":1.0}}]}`,
	`{"text":[{"type":"paragraph"},7]}`, `{"text":[{}],"version":1.0}`, `{"text":"x"}`,
	`{"first_name":"Ada"}`, `{"first_name":"Ada","last_name":null,"full_name":""}`, `{"first_name":7,"middle_name":"King"}`,
	`{"first_name":{"x":[1.0]}}`, `{"":{"":null}}`, `"0000-00-00"`, `"2026-02-30"`, `"0000-01-01"`, `"0000-01-01T00:00:00+01:00"`, `"true"`,
	`{"items":[{}]}`, `{"items":[{"email":"a@x.example","name":null,"phone_number":null,"status":"yes","organizer":true}]}`,
	`{"items":[{"email":null,"organizer":false,"id":1.0},{"organizer":null}],"count":2.0}`, `{"items":[{"email":"a"},"b"]}`, `{"items":[{"email":"a"},null]}`,
	`{"items":[{"organizer":"yes","Email":"b"}]}`, `{"text":[{"type":"p","children":[{"text":"a","bold":true}]}]}`,
}

var fieldNames = []string{
	"name", "email_addresses", "phone_numbers", "job_title", "avatar_url", "company_id", "description", "labels", "domains", "industry", "employee_count",
	"stage", "amount", "close_date", "owner_id", "summary", "title", "start", "end", "all_day", "visibility", "event_id", "ical_uid", "participants",
	"status", "priority", "due_date", "assignee_id", "person_id", "deal_id", "meeting_id",
	"first_name", "last_name", "full_name", "email", "phone_number", "organizer",
	"_id", "_created_at", "_updated_at", "_deleted_at", "_created_by", "_updated_by", "_other", "c_custom", "Name", "System", "Extra", "JobTitle", "extra", "",
}

func init() {
	fieldNames = append(append(fieldNames, vehicleNames()...), "c_000", "c_063", "c_064", "c_199")
}

func TestAttributesEncodeToWhatTheyWere(t *testing.T) {
	check := func(t *testing.T, document string) {
		t.Helper()
		for name, value := range everyT {
			v := value()
			if err := json.Unmarshal([]byte(document), v); err != nil {
				t.Errorf("%s: %v in %s", name, err, document)
				continue
			}
			if got := encoded(t, v); !reflect.DeepEqual(parsed(t, got), parsed(t, document)) {
				t.Errorf("%s:\n%s became\n%s", name, document, got)
			}
		}
	}
	check(t, `{}`)
	// Names with escapes, and values with the name of another field.
	check(t, `{"close_d\u0061te":"company_id\n","_created_\u0061t":"_created_by\n","st\u0061rt":"title\n"}`)
	stride := rerun.Stride(10)
	for i, field := range fieldNames {
		for j := i % stride; j < len(oddValues); j += stride {
			value := oddValues[j]
			check(t, fmt.Sprintf(`{%q:%s}`, field, value))
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 / stride {
		members := map[string]json.RawMessage{}
		for range random.IntN(len(fieldNames)) {
			members[fieldNames[random.IntN(len(fieldNames))]] = json.RawMessage(oddValues[random.IntN(len(oddValues))])
		}
		check(t, encoded(t, members))
	}
}

func TestOnlyWhatIsSetIsEncoded(t *testing.T) {
	for want, value := range map[string]any{
		`{}`:                                  clarify.Person{},
		`{"job_title":"x"}`:                   clarify.Person{JobTitle: "x"},
		`{"job_title":null}`:                  clarify.Person{Extra: clarify.Fields{"job_title": nil}},
		`{"job_title":"y"}`:                   clarify.Person{JobTitle: "y", Extra: clarify.Fields{"job_title": nil}},
		`{"email_addresses":{"items":[]}}`:    clarify.Person{EmailAddresses: clarify.Collection{}},
		`{"email_addresses":{"items":["a"]}}`: clarify.Person{EmailAddresses: clarify.Collection{"a"}},
		`{"name":{"first_name":"Ada"}}`:       clarify.Person{Name: clarify.Name{FirstName: "Ada"}},
		`{"name":{"last_name":null}}`:         clarify.Person{Name: clarify.Name{Extra: clarify.Fields{"last_name": nil}}},
		`{"amount":1.50}`:                     clarify.Deal{Amount: "1.50"},
		`{"description":{"text":[]}}`:         clarify.Task{Description: []gen.RichTextBlock{}},
		`{"participants":{"items":[]}}`:       clarify.Meeting{Participants: []clarify.Participant{}},
		`{"participants":null}`:               clarify.Meeting{Extra: clarify.Fields{"participants": nil}},
		`{"all_day":true}`:                    clarify.Meeting{AllDay: true},
		`{"all_day":false}`:                   clarify.Meeting{Extra: clarify.Fields{"all_day": false}},
		`{"title":""}`:                        clarify.Meeting{Extra: clarify.Fields{"title": ""}},
		`{"close_date":"2026-02-03"}`:         clarify.Deal{CloseDate: clarify.Date{Year: 2026, Month: 2, Day: 3}},
		`{"close_date":"0000-01-01"}`:         clarify.Deal{CloseDate: clarify.Date{Month: 1, Day: 1}, Extra: clarify.Fields{"close_date": nil}},
		`{"c_a":[1],"name":"x"}`:              &clarify.Company{Name: "x", Extra: clarify.Fields{"c_a": []int{1}}},
		`{"participants":{"items":[{"email":"a"},{"name":"b","organizer":true},{}]}}`: clarify.Meeting{Participants: []clarify.Participant{
			{Email: "a"}, {Name: "b", Organizer: true}, {}}},
		`{"participants":{"items":[{"email":null,"organizer":false}]}}`: &clarify.Meeting{Participants: []clarify.Participant{
			{Extra: clarify.Fields{"email": nil, "organizer": false}}}},
		`{"_created_at":"2026-01-01T00:00:00.000Z"}`: clarify.Meeting{System: clarify.System{CreatedAt: time.Date(2026, 1, 1, 1, 0, 0, 0, time.FixedZone("", 3600))}},
		`{"a":{"items":["x"]},"b":{"items":[]},"c":null}`: struct {
			A clarify.Collection `json:"a"`
			B clarify.Collection `json:"b,omitzero"`
			C clarify.Collection `json:"c"`
			D clarify.Collection `json:"d,omitzero"`
			E clarify.Name       `json:"e,omitzero"`
		}{A: clarify.Collection{"x"}, B: clarify.Collection{}},
	} {
		if got := encoded(t, value); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestNameReadsAsOne(t *testing.T) {
	for want, name := range map[string]clarify.Name{
		"":             {},
		"Ada":          {FirstName: "Ada"},
		"Lovelace":     {LastName: "Lovelace"},
		"Ada Lovelace": {FirstName: "Ada", LastName: "Lovelace"},
		"A. Lovelace":  {FirstName: "Ada", LastName: "Lovelace", FullName: "A. Lovelace"},
	} {
		if got := fmt.Sprint(name); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDecodingStartsAfresh(t *testing.T) {
	p := clarify.Person{JobTitle: "x", Name: clarify.Name{FirstName: "x"}, Extra: clarify.Fields{"a": 1}}
	err := json.Unmarshal([]byte(`{"avatar_url":"y"}`), &p)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(p, clarify.Person{AvatarURL: "y"}) {
		t.Errorf("got %+v, %v", p, err)
	}
	if err := json.Unmarshal([]byte(`{"name":null}`), &struct {
		Name *clarify.Name `json:"name"`
	}{}); err != nil {
		t.Error(err)
	}
}

func TestAttributesMustBeAnObject(t *testing.T) {
	for _, document := range []string{`[]`, `"x"`, `7`, `true`} {
		for name, value := range everyT {
			if name == "RawMessage" {
				continue
			}
			if err := json.Unmarshal([]byte(document), value()); err == nil {
				t.Errorf("%s: no error for %s", name, document)
			}
		}
	}
	for _, document := range []string{`[]`, `["a"]`, `{"items":[1]}`, `{"items":{}}`, `"a"`} {
		var c clarify.Collection
		mentions(t, json.Unmarshal([]byte(document), &c), "collection")
	}
	for _, document := range []string{``, `{`, `{} {}`, `{"a"}`, `x`} {
		if err := new(clarify.Person).UnmarshalJSON([]byte(document)); err == nil {
			t.Errorf("no error for %q", document)
		}
	}
}

// Every T gets what the API sends, with null, absent, unknown fields and digits.
func TestRecordKeepsWhatTheAPISent(t *testing.T) {
	const attributes = `{"a":null,"n":12345678901234567890.10,"e":1e3,"name":"x","deep":{"list":[1.0,null,{"x":-0}]},"text":"<&>"}`
	const relationships = `{"company":{"data":{"type":"company","id":"c","meta":{"x":1.0}}},"deals":{"data":[],"meta":{"count":0,"more":true},"links":{}},"none":{"data":null}}`
	f := responding(t, 200, `{"data":{"type":"person","id":"x","attributes":`+attributes+`,"relationships":`+relationships+`},"included":[],"meta":{}}`)
	client := f.client(t)
	type mine struct {
		A *string      `json:"a"`
		N json.Number  `json:"n"`
		X any          `json:"deep"`
		O *json.Number `json:"other,omitempty"`
	}
	for name, get := range map[string]func() (any, any, error){
		"map":            func() (any, any, error) { return got[map[string]any](t, client) },
		"Fields":         func() (any, any, error) { return got[clarify.Fields](t, client) },
		"RawMessage":     func() (any, any, error) { return got[json.RawMessage](t, client) },
		"any":            func() (any, any, error) { return got[any](t, client) },
		"gen.Attributes": func() (any, any, error) { return got[gen.Attributes](t, client) },
		"Company":        func() (any, any, error) { return got[clarify.Company](t, client) },
		"Task":           func() (any, any, error) { return got[clarify.Task](t, client) },
		"pointer":        func() (any, any, error) { return got[*clarify.Task](t, client) },
	} {
		record, held, err := get()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		t.Run(name, func(t *testing.T) {
			sameJSON(t, encoded(t, held), attributes)
			sameJSON(t, encoded(t, record), `{"type":"person","id":"x","attributes":`+attributes+`,"relationships":`+relationships+`}`)
		})
	}
	record, _, err := got[mine](t, client)
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, encoded(t, record.(*clarify.Record[mine]).Attributes), `{"a":null,"n":12345678901234567890.10,"deep":{"list":[1.0,null,{"x":-0}]}}`)
}

func got[T any](t *testing.T, client *clarify.Client) (record, attributes any, err error) {
	r, err := clarify.NewRecords[T](client, "person").Get(t.Context(), "x")
	if err != nil {
		return nil, nil, err
	}
	return r, r.Attributes, nil
}

func TestRelationshipsAreRead(t *testing.T) {
	var r clarify.Record[json.RawMessage]
	if err := json.Unmarshal([]byte(`{"type":"person","id":"x","attributes":{},"relationships":{
		"company":{"data":{"type":"company","id":"c"}},
		"deals":{"data":[{"type":"deal","id":"d"},{"type":"deal","id":"e"}],"meta":{"count":7}},
		"empty":{"data":[],"meta":{}}, "none":{"data":null}, "silent":{"meta":{"count":null}}, "null":null}}`), &r); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		one   clarify.Ref
		many  []clarify.Ref
		count int
	}{
		"company": {clarify.Ref{Type: "company", ID: "c"}, []clarify.Ref{{Type: "company", ID: "c"}}, -1},
		"deals":   {clarify.Ref{}, []clarify.Ref{{Type: "deal", ID: "d"}, {Type: "deal", ID: "e"}}, 7},
		"empty":   {count: -1},
		"none":    {count: -1},
		"silent":  {count: -1},
		"null":    {count: -1},
		"absent":  {count: -1},
	} {
		one, ok := r.Relationships.One(name)
		wantEqual(t, name+": one", one, want.one)
		wantEqual(t, name+": ok", ok, want.one != clarify.Ref{})
		if many := r.Relationships.Many(name); fmt.Sprint(many) != fmt.Sprint(want.many) {
			t.Errorf("%s: many are %v", name, many)
		}
		if n, ok := r.Relationships[name].Count(); ok != (want.count >= 0) || ok && n != want.count {
			t.Errorf("%s: count is %d, %v", name, n, ok)
		}
	}
	if got := fmt.Sprint(r.Relationships["none"], clarify.Relationship{}); got != `{"data":null} {"data":null}` {
		t.Errorf("got %s", got)
	}
	for _, document := range []string{`{"type":"x","id":"y","attributes":{}}`, `{"type":"x","id":"y","attributes":{},"relationships":{}}`} {
		var r clarify.Record[json.RawMessage]
		if err := json.Unmarshal([]byte(document), &r); err != nil {
			t.Fatal(err)
		}
		sameJSON(t, encoded(t, r), document)
	}
	if got := encoded(t, clarify.Relationships{"x": {}}); got != `{"x":{"data":null}}` {
		t.Errorf("got %s", got)
	}
	var none clarify.Relationships
	if _, ok := none.One("x"); ok || none.Many("x") != nil {
		t.Error("there is something in nothing")
	}
}

func personPage(n int) []byte {
	record := `{"type":"person","id":"3f8f2a9e-8a55-4a35-9d52-%012d","attributes":{"_id":"3f8f2a9e-8a55-4a35-9d52-%012d","name":{"first_name":"Ada","last_name":"Lovelace","full_name":"Ada Lovelace"},"email_addresses":{"items":["ada@analytical.example","countess@lovelace.example"]},"phone_numbers":{"items":["+44 20 7946 0000"]},"job_title":null,"avatar_url":"https://images.example/ada.png","company_id":"c0a8012e-7d7a-4c55-8b1d-0f2f6a9e1b03","c_tier":"gold","c_score":12.5000,"c_since":"2026-02-03","c_notes":"Wrote the first program, for a machine that was never built.","c_tags":["math","engine"],"_created_at":"2026-02-03T04:05:06.789Z","_updated_at":"2026-02-03T04:05:06.789Z","_created_by":"google-oauth2|106234","_updated_by":"system"},"relationships":{"company":{"data":{"type":"company","id":"c0a8012e-7d7a-4c55-8b1d-0f2f6a9e1b03"}},"deals":{"data":[],"meta":{"count":0}}}}`
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(record, i, i)
	}
	return []byte(`{"data":[` + strings.Join(all, ",") + `],"included":[],"links":{"next":null,"prev":null},"meta":{"total_records":500,"total_pages":1}}`)
}

func BenchmarkPage(b *testing.B) {
	b.Run("Person", benchmarkPage[clarify.Person])
	b.Run("map", benchmarkPage[map[string]any])
	b.Run("RawMessage", benchmarkPage[json.RawMessage])
	b.Run("struct", benchmarkPage[struct {
		Name     clarify.Name       `json:"name"`
		Emails   clarify.Collection `json:"email_addresses"`
		JobTitle *string            `json:"job_title"`
		Score    json.Number        `json:"c_score"`
	}])
	b.Run("gen", func(b *testing.B) {
		document := personPage(500)
		b.SetBytes(int64(len(document)))
		b.ReportAllocs()
		for b.Loop() {
			var page gen.ResourcePage
			if err := json.Unmarshal(document, &page); err != nil || len(page.Data) != 500 {
				b.Fatal(err)
			}
		}
	})
}

func benchmarkPage[T any](b *testing.B) {
	document := string(personPage(500))
	f := &queryRecorder{body: document}
	records := clarify.NewRecords[T](f.connect(b), "person")
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range records.All(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 500 {
			b.Fatal(n)
		}
	}
}
