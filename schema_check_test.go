package clarify_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

// problemsOf returns the problems of an error of Check: the pointer below the attributes
// and what is wrong.
func problemsOf(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var e *clarify.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	var found []string
	for _, p := range e.Errors {
		found = append(found, strings.TrimPrefix(p.Pointer, "/data/attributes/")+": "+p.Detail)
	}
	return found
}

// The schemas are those that were seen of the live API.
func TestCheckSaysWhatTheAPIWouldReject(t *testing.T) {
	schema := observedSchema(t)
	for name, test := range map[string]struct {
		object, attributes string
		want               []string
	}{
		"a field that is none":    {"person", `{"job_titel":"x"}`, []string{`job_titel: person has no field "job_titel".`}},
		"a field in another case": {"person", `{"Job_Title":"x"}`, []string{`Job_Title: person has no field "Job_Title": did you mean "job_title"?`}},
		"a link without _id":      {"person", `{"company":"x"}`, []string{`company: person has no field "company": did you mean "company_id"?`}},
		"a field of the system":   {"person", `{"_id":"x"}`, []string{`_id: "_id" cannot be written: it is read-only.`}},
		"a read-only field":       {"meeting", `{"notes":null}`, []string{`notes: "notes" cannot be written: it is read-only.`}},
		"a relationship to many": {"deal", `{"people":["x"]}`,
			[]string{`people: "people" leads to several records: it is not an attribute, but a relationship, which Records.Link changes.`}},
		"an option in another case": {"task", `{"title":"x","status":"to do"}`, []string{`status: "to do" is no option, but "To Do" is: case and spaces matter.`}},
		"an option that is none": {"task", `{"title":"x","status":"Doing"}`,
			[]string{`status: "Doing" is no option: there are "To Do", "In Progress", "Done", "Canceled".`}},
		"a bare list":           {"person", `{"email_addresses":["a@acme.example"]}`, []string{`email_addresses: The value must be a collection, an object with items: {"items": […]}, not a list.`}},
		"a bad email address":   {"person", `{"email_addresses":{"items":["a@acme.example","a at acme"]}}`, []string{`email_addresses/items/1: "a at acme" is not an email address.`}},
		"a bad hostname":        {"company", `{"domains":{"items":["https://acme.example"]}}`, []string{`domains/items/0: "https://acme.example" is not a domain, such as acme.example.`}},
		"a number in a string":  {"deal", `{"amount":"12"}`, []string{"amount: The value must be a number, not a string."}},
		"too large a number":    {"deal", `{"amount":1000000000000}`, []string{"amount: The number 1000000000000 is out of range: at most 12 digits before the decimal point and 4 after it."}},
		"too precise a number":  {"deal", `{"amount":0.12345}`, []string{"amount: The number 0.12345 is out of range: at most 12 digits before the decimal point and 4 after it."}},
		"a date that is a time": {"deal", `{"close_date":"2026-02-03T00:00:00Z"}`, []string{`close_date: "2026-02-03T00:00:00Z" is not a date, such as 2026-02-03.`}},
		"a day that is none":    {"deal", `{"close_date":"2026-02-30"}`, []string{`close_date: "2026-02-30" is not a date, such as 2026-02-03.`}},
		"a time that is a date": {"meeting", `{"start":"2026-02-03"}`, []string{`start: "2026-02-03" is not a time with an offset, such as 2026-02-03T04:05:06.789Z.`}},
		"a time of no zone":     {"meeting", `{"start":"2026-02-03T04:05:06"}`, []string{`start: "2026-02-03T04:05:06" is not a time with an offset, such as 2026-02-03T04:05:06.789Z.`}},
		"true in a string":      {"meeting", `{"all_day":"true"}`, []string{"all_day: The value must be true or false, not a string."}},
		"a link that is no id":  {"deal", `{"company_id":{"id":"x"}}`, []string{"company_id: The value must be the id of a record, a string, not an object."}},
		"a name in a string":    {"person", `{"name":"Ada"}`, []string{"name: The value must be a name, an object with first_name and last_name, not a string."}},
		"a member of a name that is none": {"person", `{"name":{"firstname":"Ada","last_name":1}}`,
			[]string{`name/firstname: There is no member "firstname", but "first_name", "full_name", "last_name".`, "name/last_name: The value must be a string, not a number."}},
		"participants that are strings": {"meeting", `{"participants":{"items":["ada@acme.example"]}}`, []string{"participants/items/0: The value must be an object, not a string."}},
		"members of participants": {"meeting", `{"participants":{"items":[{"email":"ada"},{"mail":"x"},{"organizer":"yes"}]}}`, []string{
			`participants/items/0/email: "ada" is not an email address.`,
			`participants/items/1/mail: There is no member "mail", but "email", "name", "organizer", "phone_number", "status".`,
			"participants/items/2/organizer: The value must be true or false, not a string.",
		}},
		"rich text in a string":      {"task", `{"title":"x","description":"x"}`, []string{`description: The value must be rich text, an object with blocks: {"text": […]}, not a string.`}},
		"rich text without blocks":   {"task", `{"title":"x","description":{"text":"x"}}`, []string{"description/text: The value must be an array of blocks."}},
		"blocks that are strings":    {"task", `{"title":"x","description":{"text":["x"]}}`, []string{"description/text/0: The value must be an object, not a string."}},
		"a required field is null":   {"task", `{"title":null}`, []string{"title: The value must not be null."}},
		"a required field is absent": {"task", `{}`, []string{`title: A new task must have a value for "title".`}},
		"several":                    {"deal", `{"stage":7,"x/y~z":1}`, []string{"stage: The value must be the name of an option, a string, not a number.", `x~1y~0z: deal has no field "x/y~z".`}},
		"a long value":               {"deal", `{"close_date":"` + strings.Repeat("é", 100) + `"}`, []string{`close_date: "` + strings.Repeat("é", 40) + `…" is not a date, such as 2026-02-03.`}},
		"escapes":                    {"deal", `{"\u0061mount":"x"}`, []string{"amount: The value must be a number, not a string."}},
		"what no decoder takes":      {"deal", `{"close_date":"\ud800"}`, []string{`close_date: "�" is not a date, such as 2026-02-03.`}},
	} {
		o, ok := schema.Object(test.object)
		if !ok {
			t.Fatalf("there is no %s", test.object)
		}
		if got := problemsOf(t, o.Check(json.RawMessage(test.attributes))); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestCheckAcceptsWhatTheAPIWasSeenToAccept(t *testing.T) {
	schema := observedSchema(t)
	for name, test := range map[string]struct{ object, attributes string }{
		"nothing":                       {"person", `{}`},
		"null in every field":           {"person", `{"name":null,"email_addresses":null,"company_id":null,"job_title":null}`},
		"null where the type has none":  {"meeting", `{"all_day":null,"title":null}`},
		"an empty collection":           {"person", `{"email_addresses":{"items":[]}}`},
		"a full name":                   {"person", `{"name":{"first_name":"Ada","last_name":null,"full_name":"Ada"}}`},
		"part of a name":                {"person", `{"name":{"last_name":"Lovelace"}}`},
		"an option":                     {"task", `{"title":"x","status":"To Do","priority":"Urgent"}`},
		"numbers":                       {"deal", `{"amount":-999999999999.9999}`},
		"zeros do not count":            {"deal", `{"amount":1.500000}`},
		"exponents":                     {"deal", `{"amount":1e11}`},
		"a time without milliseconds":   {"meeting", `{"start":"2026-02-03T04:05:06Z","end":"2026-02-03T04:05:06.789+02:00"}`},
		"participants":                  {"meeting", `{"participants":{"items":[{"email":null,"name":null,"phone_number":null,"status":"yes","organizer":true}]}}`},
		"blocks of rich text":           {"task", `{"title":"x","description":{"text":[{"type":"paragraph","content":[]},{"type":"p","children":[{"text":"x"}]}]}}`},
		"the last of two members":       {"deal", `{"amount":"x","amount":1}`},
		"the last of two members of it": {"person", `{"name":{"first_name":1,"first_name":"Ada"},"email_addresses":{"items":["x"],"items":[]}}`},
		"an unresolved reference":       {"c_project", `{"name":"x","strange":[1,{"a":true}]}`},
	} {
		o, ok := schema.Object(test.object)
		if !ok {
			t.Fatalf("there is no %s", test.object)
		}
		if err := o.Check(json.RawMessage(test.attributes)); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Where the schema leaves something open, or says too little, every value passes; and
// where it says something, that is checked.
func TestCheckOfOddSchemas(t *testing.T) {
	const base = "https://getclarify.ai/schemas/core/"
	definitions := []gen.Schema{
		documentOf(base+"color", `{"type":"string","enum":["red","blue"]}`),
		documentOf(base+"loop", `{"type":"object","properties":{"a":{"$ref":"loop"},"b":{"type":"string"}}}`),
		documentOf(base+"itself", `{"type":"object","allOf":[{"$ref":"itself"}],"properties":{"items":{"type":"array"}}}`),
	}
	for name, test := range map[string]struct{ field, accepted, rejected string }{
		"nothing":                   {`{}`, `[1,"x",{"a":1},null]`, ``},
		"true":                      {`true`, `[1]`, ``},
		"no type but a format":      {`{"format":"email"}`, `[1,"x"]`, ``},
		"no type but options":       {`{"enum":["a","b"]}`, `["a"]`, `["c",1]`},
		"no type but properties":    {`{"properties":{"items":{"type":"array"}}}`, `[1,[],{}]`, ``},
		"two types":                 {`{"type":["string","number"]}`, `[1,"x",true]`, ``},
		"two types and a format":    {`{"type":["string","number"],"format":"date"}`, `[1,"x"]`, ``},
		"two alternatives":          {`{"oneOf":[{"type":"object","properties":{"first_name":{},"last_name":{}}},{"type":"object","properties":{"items":{"type":"array"}}}]}`, `[{"x":1}]`, `[1]`},
		"alternatives of options":   {`{"type":"string","oneOf":[{"enum":["a"]},{"enum":["b"]}]}`, `["a","b","c"]`, `[1]`},
		"options without an enum":   {`{"type":"string","xClarifyEnumMetadata":{"a":{"id":"x"}}}`, `["a","b"]`, `[1]`},
		"no options":                {`{"type":"string","enum":[]}`, `["a"]`, ``},
		"options that are numbers":  {`{"type":["string","null"],"enum":["a",1]}`, `["a","1","b"]`, `[1]`},
		"numbers with options":      {`{"type":"number","enum":[1,2]}`, `[1,3]`, `["1"]`},
		"an unknown reference":      {`{"$ref":"missing"}`, `[1,"x",{}]`, ``},
		"one beside a type":         {`{"type":"object","$ref":"missing","properties":{"a":{"type":"string"}},"additionalProperties":false}`, `[{"b":1,"a":2}]`, `[1]`},
		"a known reference":         {`{"oneOf":[{"type":"null"},{"$ref":"` + base + `color"}]}`, `["red",null]`, `["Red"]`},
		"a cycle":                   {`{"$ref":"` + base + `loop"}`, `[{"a":{"a":{"a":1}}},{"b":"x"}]`, `[{"b":1}]`},
		"a definition of itself":    {`{"$ref":"` + base + `itself"}`, `[{"items":1}]`, `[1]`},
		"an object":                 {`{"type":"object","properties":{"a":{"type":"number"}}}`, `[{"b":"x","a":1e400}]`, `[{"a":"x"},[]]`},
		"an object without others":  {`{"type":"object","properties":{"a":{}},"additionalProperties":false}`, `[{"a":1}]`, `[{"b":1}]`},
		"a name with others":        {`{"type":"object","properties":{"first_name":{},"last_name":{}},"additionalProperties":true}`, `[{"b":1}]`, `[1]`},
		"whole numbers":             {`{"type":["integer","null"]}`, `[1,1.0,10e-1]`, `[1.5]`},
		"whole or not":              {`{"type":["integer","number"]}`, `[1.5]`, `["x"]`},
		"a time that is an object":  {`{"type":"object","format":"date-time"}`, `["x",{}]`, ``},
		"a time without a type":     {`{"format":"date-time"}`, `["2026-02-03T04:05:06Z"]`, `["x",{}]`},
		"an unknown relationship":   {`{"xClarifyRelationship":{"kind":"many-to-any"}}`, `["x",["x"]]`, ``},
		"items of nothing":          {`{"type":"object","properties":{"items":{"type":"array"}}}`, `[{"items":[1,null,{}]}]`, `[{"items":1},{},{"items":null}]`},
		"items that can be null":    {`{"type":"object","properties":{"items":{"type":"array","items":{"type":["string","null"]}}}}`, `[{"items":["x",null]}]`, `[{"items":[1]}]`},
		"items with unknown others": {`{"type":"array","items":{"type":"object","$ref":"missing","properties":{"a":{"type":"string"}}}}`, `[[{"b":1}]]`, `[[1]]`},
		"a list":                    {`{"type":"array","items":{"type":"string","enum":["a"]}}`, `[["a","a"],[]]`, `[["b"],"a",[null]]`},
	} {
		schema := clarify.NewSchema(append(slices.Clone(definitions), document(`{"f":`+test.field+`}`)))
		o, _ := schema.Object("thing")
		for _, try := range []struct {
			values string
			want   bool
		}{{test.accepted, true}, {test.rejected, false}} {
			var values []json.RawMessage
			if try.values != "" {
				if err := json.Unmarshal([]byte(try.values), &values); err != nil {
					t.Fatal(err)
				}
			}
			for _, value := range values {
				if err := o.Check(clarify.Fields{"f": value}); (err == nil) != try.want {
					t.Errorf("%s: %s: got %v", name, value, err)
				}
			}
		}
	}
}

func TestCheckOfAttributesThatTheSchemaDoesNotList(t *testing.T) {
	const id = "https://getclarify.ai/schemas/entities/thing"
	for attributes, accepts := range map[string]bool{
		`{"properties":{"a":{}}}`:                                      false,
		`{"properties":{"a":{}},"additionalProperties":false}`:         false,
		`{"properties":{"a":{}},"additionalProperties":true}`:          true,
		`{"properties":{"a":{}},"additionalProperties":{"type":"x"}}`:  true,
		`{"properties":{"a":{}},"patternProperties":{"^x":{}}}`:        true,
		`{"properties":{"a":{}},"allOf":[{"$ref":"missing"}]}`:         true,
		`{"properties":{"a":{}},"allOf":[{"properties":{"c":{}}}]}`:    false,
		`{"anyOf":[{"properties":{"a":{}}},{"properties":{"b2":{}}}]}`: true,
		`{}`: true,
	} {
		o, _ := clarify.NewSchema([]gen.Schema{documentOf(id, attributes)}).Object("thing")
		if err := o.Check(clarify.Fields{"b": 1}); (err == nil) != accepts {
			t.Errorf("%s: got %v", attributes, err)
		}
	}
	if err := (&clarify.ObjectSchema{Name: "thing"}).Check(clarify.Fields{"b": 1}); err != nil {
		t.Errorf("of an object without fields: got %v", err)
	}
	byHand := &clarify.ObjectSchema{Name: "thing", Fields: []*clarify.FieldSchema{{Name: "a", Kind: clarify.KindNumber}}}
	if got := problemsOf(t, byHand.Check(clarify.Fields{"a": "x", "b": 1})); len(got) != 2 {
		t.Errorf("of an object that was not read: got %q", got)
	}
}

func TestCheckOfRequiredFields(t *testing.T) {
	o, _ := clarify.NewSchema([]gen.Schema{documentOf("https://getclarify.ai/schemas/entities/thing", `{"required":["a","b","_id","many","preset"],"properties":{
		"a":{"type":"string"},"b":{"type":["string","null"]},"c":{"type":"string"},"_id":{"type":"string"},"preset":{"type":"string","default":"x"},
		"many":{"xClarifyRelationship":{"kind":"one-to-many"}}}}`)}).Object("thing")
	for attributes, want := range map[string][]string{
		`{}`:                         {`a: A new thing must have a value for "a".`, `b: A new thing must have a value for "b".`},
		`{"a":"x","b":null}`:         nil,
		`{"a":null,"b":"x"}`:         {"a: The value must not be null."},
		`{"b":"x","a":"x","c":null}`: nil,
	} {
		if got := problemsOf(t, o.Check(json.RawMessage(attributes))); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", attributes, got, want)
		}
	}
	// A change need not have them, but cannot clear them.
	if err := o.CheckChanges(clarify.Fields{"c": "x"}); err != nil {
		t.Errorf("got %v", err)
	}
	if err := o.CheckChanges(clarify.Fields{"a": nil}); err == nil {
		t.Error("a required field was cleared")
	}
}

func TestCheckTakesWhatCreateAndUpdateTake(t *testing.T) {
	person, _ := observedSchema(t).Object("person")
	type own struct {
		Emails clarify.Collection `json:"email_addresses,omitempty"`
		Title  string             `json:"job_title,omitempty"`
	}
	bad := clarify.Collection{"none"}
	for name, attributes := range map[string]any{
		"a built-in type":    clarify.Person{EmailAddresses: bad},
		"a pointer to one":   &clarify.Person{EmailAddresses: bad},
		"with extra members": clarify.Person{EmailAddresses: bad, Extra: clarify.Fields{"job_title": nil}},
		"Fields":             clarify.Fields{"email_addresses": bad},
		"a map":              map[string]any{"email_addresses": map[string]any{"items": []string{"none"}}},
		"a struct":           own{Emails: bad, Title: "Engineer"},
		"raw JSON":           json.RawMessage(` { "email_addresses" : { "items" : [ "none" ] } } `),
		"generated":          gen.Attributes{"email_addresses": bad},
	} {
		for _, err := range []error{person.Check(attributes), person.CheckChanges(attributes)} {
			if got := problemsOf(t, err); !slices.Equal(got, []string{`email_addresses/items/0: "none" is not an email address.`}) {
				t.Errorf("%s: got %q", name, got)
			}
		}
	}
	for name, attributes := range map[string]any{"a list": []string{"x"}, "nothing": nil, "what JSON has not": clarify.Fields{"x": math.NaN()}, "raw": json.RawMessage(`{"a":`)} {
		var e *clarify.Error
		if err := person.Check(attributes); err == nil || errors.As(err, &e) || !strings.HasPrefix(err.Error(), "clarify: ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestErrorOfCheckIsLikeThatOfTheAPI(t *testing.T) {
	deal, _ := observedSchema(t).Object("deal")
	err := deal.Check(clarify.Fields{"amount": 1e15, "close_date": "soon"})
	if !errors.Is(err, clarify.ErrInvalid) {
		t.Errorf("got %v", err)
	}
	for _, other := range []error{clarify.ErrUnauthorized, clarify.ErrForbidden, clarify.ErrNotFound, clarify.ErrConflict, clarify.ErrRateLimited, clarify.ErrOutcomeUnknown} {
		if errors.Is(err, other) {
			t.Errorf("it matches %v", other)
		}
	}
	var e *clarify.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	want := []clarify.ErrorObject{
		{Status: "400", Title: "Bad Request", Pointer: "/data/attributes/amount", Detail: "The number 1000000000000000 is out of range: at most 12 digits before the decimal point and 4 after it."},
		{Status: "422", Title: "Unprocessable Entity", Pointer: "/data/attributes/close_date", Detail: `"soon" is not a date, such as 2026-02-03.`},
	}
	if !slices.Equal(e.Errors, want) {
		t.Errorf("got %+v", e.Errors)
	}
	if e.StatusCode != 0 || e.Attempts != 0 || e.OutcomeUnknown || e.Method != "" {
		t.Errorf("got %+v", e)
	}
	const line = `clarify: invalid attributes of deal: The number 1000000000000000 is out of range: at most 12 digits before the decimal point and 4 after it at /data/attributes/amount; "soon" is not a date, such as 2026-02-03 at /data/attributes/close_date`
	if err.Error() != line {
		t.Errorf("got %s", err)
	}
	if err := deal.CheckChanges(clarify.Fields{"amount": "x"}); err == nil || !strings.HasPrefix(err.Error(), "clarify: invalid changes of deal: ") {
		t.Errorf("got %v", err)
	}
}

func TestCheckIsSafeForConcurrentUse(t *testing.T) {
	person, _ := observedSchema(t).Object("person")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				if person.Check(crowd(1)[0]) != nil || person.Check(crowd(1, 0)[0]) == nil {
					t.Error("one check affects another")
				}
			}
		})
	}
	wg.Wait()
}

// Whatever the schema and the attributes are, nothing panics, each problem is below the
// attributes, and it makes no difference in which form the attributes come.
func FuzzCheck(f *testing.F) {
	f.Add(`{"properties":{"a":{"type":"string","enum":["x"]}},"required":["a"]}`, `{"a":"X","b":{"c":[1]}}`)
	f.Add(`{"properties":{"a":{"type":"object","properties":{"items":{"type":"array","items":{"type":"object","properties":{"e":{"type":"string","format":"email"}}}}}}}}`, `{"a":{"items":[{"e":"x"},null]}}`)
	f.Add(`{"properties":{"a":{"type":"object","properties":{"text":{"type":"array"}}},"n":{"type":"integer"}}}`, `{"a":{"text":[1]},"n":1e-400,"a":{}}`)
	f.Add(`{"properties":{"d":{"format":"date"},"t":{"format":"date-time"}}}`, `{"d":"2026-02-03","t":"\ud800"}`)
	f.Fuzz(func(t *testing.T, document, attributes string) {
		d := gen.Schema{Type: "schema", ID: "https://getclarify.ai/schemas/entities/thing"}
		if json.Unmarshal([]byte(document), (*map[string]any)(&d.Attributes)) != nil {
			return
		}
		o, ok := clarify.NewSchema([]gen.Schema{d}).Object("thing")
		if !ok {
			return
		}
		err := o.Check(json.RawMessage(attributes))
		var decoded map[string]any
		decoder := json.NewDecoder(strings.NewReader(attributes))
		decoder.UseNumber()
		if !json.Valid([]byte(attributes)) || decoder.Decode(&decoded) != nil || decoded == nil {
			if err == nil {
				t.Errorf("%s passes", attributes)
			}
			return
		}
		got, again := problemsOf(t, err), problemsOf(t, o.Check(decoded))
		slices.Sort(got)
		slices.Sort(again)
		if !slices.Equal(got, again) {
			t.Errorf("raw: %q, decoded: %q", got, again)
		}
		for _, p := range refusals(t, err) {
			if !strings.HasPrefix(p.Pointer, "/data/attributes/") {
				t.Errorf("got %+v", p)
			}
		}
	})
}
