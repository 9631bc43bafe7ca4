package clarifytest_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestCreate(t *testing.T) {
	a := start(t, clarifytest.WithClock(newClock().Now))
	got := a.want(201, "POST", "/objects/person/records", oneRecord("person",
		`{"name":{"first_name":"Ada","last_name":"Lovelace"},"email_addresses":{"items":["ada@analytical.example"]},"job_title":null}`))

	got.equals(`"person"`, "data", "type")
	if !uuidPattern.MatchString(got.id()) {
		t.Errorf("the id is %q, want a UUID", got.id())
	}
	expect(t, "_id", got.text("data", "attributes", "_id"), got.id())
	for _, field := range []string{"_created_at", "_updated_at"} {
		got.equals(`"2026-02-03T04:05:06.789Z"`, "data", "attributes", field)
	}
	user := got.text("data", "attributes", "_created_by")
	if !strings.HasPrefix(user, "google-oauth2|") {
		t.Errorf("created by %q, want a user that begins with google-oauth2|", user)
	}
	expect(t, "_updated_by", got.text("data", "attributes", "_updated_by"), user)
	got.equals(`{"first_name":"Ada","full_name":"Ada Lovelace","last_name":"Lovelace"}`, "data", "attributes", "name")
	got.equals(`null`, "data", "attributes", "job_title")
	got.lacks("data", "attributes", "avatar_url")
	got.lacks("data", "relationships")

	if read := a.get("person", got.id()); read.raw != got.raw {
		t.Errorf("get returned %s, create returned %s", read.raw, got.raw)
	}
}

func TestFullName(t *testing.T) {
	a := start(t)
	for _, test := range []struct{ name, want string }{
		{`{"first_name":"Ada","last_name":"Lovelace"}`, `"Ada Lovelace"`},
		{`{"first_name":"Ada"}`, `"Ada"`},
		{`{"first_name":null,"last_name":"Lovelace"}`, `"Lovelace"`},
		{`{"first_name":"Ada","full_name":"Someone else"}`, `"Ada"`},
		{`{}`, `""`},
	} {
		id := a.create("person", `{"name":`+test.name+`}`)
		a.get("person", id).equals(test.want, "data", "attributes", "name", "full_name")
	}
}

func TestValuesComeBackAsTheyWere(t *testing.T) {
	a := start(t, anyAttribute)
	for _, value := range []string{
		`null`, `""`, `"Zoë <&> \u2028"`, `true`, `false`,
		`0`, `-0`, `10.50`, `1e3`, `1.0E+2`, `999999999999.9999`, `-999999999999.9999`,
		`[]`, `["b","a"]`, `{}`, `{"items":[]}`, `{"lat":52.5200066,"lon":13.404954123}`, `[[1.123456]]`,
	} {
		id := a.create("deal", `{"custom":`+value+`}`)
		raw := a.get("deal", id).raw
		want := `"custom":` + value
		if strings.Contains(value, `\u2028`) {
			want = `"custom":"Zoë <&> `
		}
		if !strings.Contains(raw, want) {
			t.Errorf("%s is not in %s", want, raw)
		}
	}
}

func TestNumbersFitTheirColumn(t *testing.T) {
	a := start(t, anyAttribute)
	for _, number := range []string{
		`1000000000000`, `-1000000000000`, `999999999999.99995`, `0.00001`, `1.23456`, `1e12`, `1e-5`, `1e999999999`, `1e99999999999999999999`, `123456789012345678901234567890`,
	} {
		a.rejected(400, "/data/attributes/amount", "POST", "/objects/deal/records", oneRecord("deal", `{"amount":`+number+`}`))
		a.rejected(400, "/data/attributes/custom", "POST", "/objects/deal/records", oneRecord("deal", `{"custom":`+number+`}`))
	}
	for _, number := range []string{`0e999999999`, `0.0000000`, `1.50000000`, `0.1e12`, `100000000000000000e-6`} {
		a.create("deal", `{"amount":`+number+`}`)
	}
}

func TestCreateRejects(t *testing.T) {
	a := start(t)
	company := a.create("company", `{}`)
	for _, test := range []struct {
		name    string
		object  string
		body    string
		status  int
		pointer string
	}{
		{"an id", "person", `{"data":{"type":"person","id":"1","attributes":{}}}`, 422, "/data/id"},
		{"a null id", "person", `{"data":{"type":"person","id":null,"attributes":{}}}`, 422, "/data/id"},
		{"a system field", "person", oneRecord("person", `{"_created_at":"2026-01-01T00:00:00Z"}`), 422, "/data/attributes/_created_at"},
		{"an unknown system field", "person", oneRecord("person", `{"_x":null}`), 422, "/data/attributes/_x"},
		{"a to-many relationship", "person", oneRecord("person", `{"deals":[]}`), 422, "/data/attributes/deals"},
		{"a to-many relationship, null", "company", oneRecord("company", `{"people":null}`), 422, "/data/attributes/people"},
		{"a bare array for a collection", "person", oneRecord("person", `{"email_addresses":["a@b.example"]}`), 422, "/data/attributes/email_addresses"},
		{"a string for a collection", "company", oneRecord("company", `{"domains":"acme.example"}`), 422, "/data/attributes/domains"},
		{"items that are no array", "company", oneRecord("company", `{"domains":{"items":"acme.example"}}`), 422, "/data/attributes/domains"},
		{"bare phone numbers", "person", oneRecord("person", `{"phone_numbers":["1"]}`), 422, "/data/attributes/phone_numbers"},
		{"bare labels", "deal", oneRecord("deal", `{"labels":["x"]}`), 422, "/data/attributes/labels"},
		{"a bad email address", "person", oneRecord("person", `{"email_addresses":{"items":["a@b.example","ada"]}}`), 422, "/data/attributes/email_addresses/items/1"},
		{"an email address with a name", "person", oneRecord("person", `{"email_addresses":{"items":["Ada <a@b.example>"]}}`), 422, "/data/attributes/email_addresses/items/0"},
		{"a number for an email address", "person", oneRecord("person", `{"email_addresses":{"items":[1]}}`), 422, "/data/attributes/email_addresses/items/0"},
		{"a bad domain", "company", oneRecord("company", `{"domains":{"items":["https://acme.example/"]}}`), 422, "/data/attributes/domains/items/0"},
		{"an empty domain", "company", oneRecord("company", `{"domains":{"items":[""]}}`), 422, "/data/attributes/domains/items/0"},
		{"a plain string for rich text", "task", oneRecord("task", `{"description":"Call"}`), 422, "/data/attributes/description"},
		{"an array for rich text", "task", oneRecord("task", `{"description":[]}`), 422, "/data/attributes/description"},
		{"a string in rich text", "task", oneRecord("task", `{"description":{"text":"Call"}}`), 422, "/data/attributes/description/text"},
		{"an unknown block", "task", oneRecord("task", `{"description":{"text":[{"type":"paragraph"},{"type":"table"}]}}`), 422, "/data/attributes/description/text/1"},
		{"a string for a name", "person", oneRecord("person", `{"name":"Ada"}`), 422, "/data/attributes/name"},
		{"a number in a name", "person", oneRecord("person", `{"name":{"first_name":1}}`), 422, "/data/attributes/name/first_name"},
		{"an object for text", "company", oneRecord("company", `{"name":{}}`), 422, "/data/attributes/name"},
		{"a string for a number", "deal", oneRecord("deal", `{"amount":"1"}`), 422, "/data/attributes/amount"},
		{"an empty field name", "deal", oneRecord("deal", `{"":1}`), 422, "/data/attributes/"},
		{"a pointer is escaped", "deal", oneRecord("deal", `{"_a/b~c":1}`), 422, "/data/attributes/_a~1b~0c"},
		{"an unknown reference", "person", oneRecord("person", `{"company_id":"nobody"}`), 422, "/data/attributes/company_id"},
		{"a reference to another object", "person", oneRecord("person", `{"deal_id":"`+company+`"}`), 422, "/data/attributes/deal_id"},
		{"a reference that is no string", "person", oneRecord("person", `{"company_id":1}`), 422, "/data/attributes/company_id"},
		{"another type", "person", oneRecord("company", `{}`), 422, "/data/type"},
		{"no type", "person", `{"data":{"attributes":{}}}`, 422, "/data/type"},
		{"no attributes", "person", `{"data":{"type":"person"}}`, 422, "/data/attributes"},
		{"attributes that are an array", "person", `{"data":{"type":"person","attributes":[]}}`, 422, "/data/attributes"},
		{"relationships", "person", `{"data":{"type":"person","attributes":{},"relationships":{}}}`, 422, "/data/relationships"},
		{"no data", "person", `{}`, 422, "/data"},
		{"an array for one record", "person", `{"data":[]}`, 422, "/data"},
		{"a match_on that is no field", "person", `{"data":{"type":"person","attributes":{}},"match_on":""}`, 422, "/match_on"},
		{"a match_on that is null", "person", `{"data":{"type":"person","attributes":{}},"match_on":null}`, 422, "/match_on"},
		{"a match_on that is not unique", "person", `{"data":{"type":"person","attributes":{}},"match_on":"job_title"}`, 422, "/match_on"},
		{"a match_on where nothing is unique", "task", `{"data":{"type":"task","attributes":{"title":"Call"}},"match_on":"title"}`, 422, "/match_on"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := *a
			b.t = t
			before := len(b.list(test.object).ids())
			b.rejected(test.status, test.pointer, "POST", "/objects/"+test.object+"/records", test.body)
			if after := len(b.list(test.object).ids()); after != before {
				t.Errorf("there were %d records and there are %d", before, after)
			}
		})
	}
}

func TestAllThatIsWrongIsSaid(t *testing.T) {
	a := start(t)
	got := a.rejected(422, "/data/attributes/_id", "POST", "/objects/person/records", oneRecord("person",
		`{"name":"Ada","_id":"1","email_addresses":[],"job_title":"fine"}`))
	var pointers []string
	for i := range got.at("errors").([]any) {
		pointers = append(pointers, got.text("errors", i, "source", "pointer"))
	}
	equal(t, "pointers", pointers, []string{"/data/attributes/_id", "/data/attributes/email_addresses", "/data/attributes/name"})
}

func TestUniqueFields(t *testing.T) {
	for _, test := range []struct {
		name, object, first, second, pointer string
	}{
		{"any email address", "person", `{"email_addresses":{"items":["a@x.example","b@x.example"]}}`, `{"email_addresses":{"items":["c@x.example","b@x.example"]}}`, "/data/attributes/email_addresses"},
		{"email addresses in any case", "person", `{"email_addresses":{"items":["Ada@X.example"]}}`, `{"email_addresses":{"items":["ada@x.EXAMPLE"]}}`, "/data/attributes/email_addresses"},
		{"any domain", "company", `{"domains":{"items":["x.example"]}}`, `{"domains":{"items":["y.example","X.example"]}}`, "/data/attributes/domains"},
		{"the name of a deal", "deal", `{"name":"Big"}`, `{"name":"Big"}`, "/data/attributes/name"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := start(t)
			first := a.create(test.object, test.first)
			target := "/objects/" + test.object + "/records"
			a.rejected(400, test.pointer, "POST", target, oneRecord(test.object, test.second))

			other := a.create(test.object, `{}`)
			body := `{"data":{"type":"` + test.object + `","id":"` + other + `","attributes":` + test.second + `}}`
			a.rejected(400, test.pointer, "PATCH", target+"/"+other, body)

			a.want(204, "DELETE", target+"/"+first, nil)
			a.patch(200, test.object, other, test.second, "")
		})
	}
}

func TestNotUnique(t *testing.T) {
	a := start(t)
	for _, test := range []struct{ object, attributes string }{
		{"person", `{"name":{"first_name":"Ada"},"email_addresses":{"items":[]}}`},
		{"person", `{"email_addresses":null}`},
		{"company", `{"name":"Acme"}`},
		{"deal", `{"name":null}`},
		{"deal", `{"name":""}`},
		{"meeting", `{"title":"Standup"}`},
		{"task", `{"title":"Call"}`},
	} {
		first, second := a.create(test.object, test.attributes), a.create(test.object, test.attributes)
		if first == second {
			t.Errorf("%s %s is one record", test.object, test.attributes)
		}
	}
	a.create("deal", `{"name":"big"}`)
	a.create("deal", `{"name":"Big"}`)
}

func TestAValueTwiceInOneRecord(t *testing.T) {
	a := start(t)
	id := a.create("person", `{"email_addresses":{"items":["a@x.example","A@x.example"]}}`)
	a.patch(200, "person", id, `{"email_addresses":{"items":["a@x.example","a@x.example"]}}`, "")
	a.patch(200, "person", id, `{"email_addresses":{"items":[]}}`, "")
	a.create("person", `{"email_addresses":{"items":["a@x.example"]}}`)
}

func TestUpsert(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	upsert := func(attributes string) *response {
		t.Helper()
		return a.want(201, "POST", "/objects/person/records", `{"data":{"type":"person","attributes":`+attributes+`},"match_on":"email_addresses"}`)
	}
	first := upsert(`{"job_title":"Analyst","name":{"first_name":"Ada"},"email_addresses":{"items":["a@x.example","b@x.example"]}}`)
	c.Add(1500 * 1e6)
	second := upsert(`{"job_title":null,"email_addresses":{"items":["B@x.example"]}}`)
	if second.id() != first.id() {
		t.Fatal("the same email address made two people")
	}
	second.equals(`null`, "data", "attributes", "job_title")
	second.equals(`"Ada"`, "data", "attributes", "name", "first_name")
	second.equals(`{"items":["B@x.example"]}`, "data", "attributes", "email_addresses")
	second.equals(`"2026-02-03T04:05:06.789Z"`, "data", "attributes", "_created_at")
	second.equals(`"2026-02-03T04:05:08.289Z"`, "data", "attributes", "_updated_at")

	t.Run("a new value creates", func(t *testing.T) {
		if upsert(`{"email_addresses":{"items":["a@x.example"]}}`).id() == first.id() {
			t.Error("a value that was replaced still matches")
		}
	})
	t.Run("no value creates", func(t *testing.T) {
		first, second := upsert(`{}`).id(), upsert(`{}`).id()
		if first == second {
			t.Error("two people without an email address are one")
		}
	})
	t.Run("values of two records", func(t *testing.T) {
		a.rejected(400, "/data/attributes/email_addresses", "POST", "/objects/person/records",
			`{"data":{"type":"person","attributes":{"email_addresses":{"items":["a@x.example","b@x.example"]}}},"match_on":"email_addresses"}`)
	})
	t.Run("other objects", func(t *testing.T) {
		for _, test := range []struct{ object, field, attributes string }{
			{"company", "domains", `{"domains":{"items":["acme.example"]}}`},
			{"deal", "name", `{"name":"Big"}`},
		} {
			body := `{"data":{"type":"` + test.object + `","attributes":` + test.attributes + `},"match_on":"` + test.field + `"}`
			once := a.want(201, "POST", "/objects/"+test.object+"/records", body)
			again := a.want(201, "POST", "/objects/"+test.object+"/records?silent=true", body)
			if once.id() != again.id() {
				t.Errorf("%s: two records", test.object)
			}
		}
	})
}

func TestBodies(t *testing.T) {
	a := start(t)
	target := "/objects/person/records"
	for _, test := range []struct{ name, body string }{
		{"malformed", `{"data":`},
		{"empty", ``},
		{"two values", `{} {}`},
		{"an array", `[]`},
		{"a string", `"x"`},
		{"null", `null`},
		{"not JSON at all", `data=1`},
		{"deep", strings.Repeat("[", 20000)},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := *a
			b.t = t
			b.rejected(400, "", "POST", target, test.body)
		})
	}
	t.Run("missing", func(t *testing.T) {
		b := *a
		b.t = t
		b.rejected(400, "", "POST", target, nil)
	})
	for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded", "json"} {
		t.Run("labelled "+contentType, func(t *testing.T) {
			request := newRequest(t, "POST", a.url+target, oneRecord("person", `{}`))
			request.Header.Set("Authorization", a.auth)
			request.Header.Set("Content-Type", contentType)
			if got := a.do(request); got.status != 415 {
				t.Errorf("got %d: %s", got.status, got.raw)
			}
			if len(a.srv.TakeViolations()) == 0 {
				t.Error("the contract knows application/json only, but nothing was said of that")
			}
		})
	}
	t.Run("with a charset", func(t *testing.T) {
		request := newRequest(t, "POST", a.url+target, oneRecord("person", `{}`))
		request.Header.Set("Authorization", a.auth)
		request.Header.Set("Content-Type", "application/json; charset=UTF-8")
		if got := a.do(request); got.status != 201 {
			t.Errorf("got %d: %s", got.status, got.raw)
		}
	})
}

func TestTheSizeOfBodies(t *testing.T) {
	a := start(t, clarifytest.WithoutValidation())
	frame := len(oneRecord("person", `{"job_title":""}`))
	padding := strings.Repeat("x", clarifytest.MaxBodyBytes-frame)
	a.create("person", `{"job_title":"`+padding+`"}`)
	a.rejected(413, "", "POST", "/objects/person/records", oneRecord("person", `{"job_title":"`+padding+`x"}`))
}
