package clarifytest_test

import (
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

func TestUpdateIsPartial(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now), atOnce)
	a.addFields("person", `{"score":{"type":["number","null"]}}`)
	id := a.create("person", `{"name":{"first_name":"Ada","last_name":"Byron"},"job_title":"Analyst","email_addresses":{"items":["a@x.example"]},"score":10.50}`)
	c.Add(time.Second)
	got := a.patch(200, "person", id, `{"job_title":null,"name":{"first_name":"Ada","last_name":"Lovelace"}}`, "")

	got.equals(`null`, "data", "attributes", "job_title")
	got.equals(`"Ada Lovelace"`, "data", "attributes", "name", "full_name")
	got.equals(`{"items":["a@x.example"]}`, "data", "attributes", "email_addresses")
	got.equals(`10.50`, "data", "attributes", "score")
	got.equals(`"2026-02-03T04:05:06.789Z"`, "data", "attributes", "_created_at")
	got.equals(`"2026-02-03T04:05:07.789Z"`, "data", "attributes", "_updated_at")
	if read := a.get("person", id); read.raw != got.raw {
		t.Errorf("get returned %s, update returned %s", read.raw, got.raw)
	}

	a.patch(200, "person", id, `{"email_addresses":{"items":[]}}`, "").equals(`{"items":[]}`, "data", "attributes", "email_addresses")
	a.create("person", `{"email_addresses":{"items":["a@x.example"]}}`)
}

func TestUpdateRejects(t *testing.T) {
	a := start(t, anyAttribute)
	id := a.create("person", `{"job_title":"Analyst"}`)
	before := a.get("person", id).raw
	for _, test := range []struct {
		name    string
		id      string
		body    string
		status  int
		pointer string
	}{
		{"an unknown id", "nobody", `{"data":{"type":"person","id":"nobody","attributes":{"_id":1}}}`, 404, ""},
		{"another id", id, `{"data":{"type":"person","id":"nobody","attributes":{}}}`, 422, "/data/id"},
		{"no id", id, `{"data":{"type":"person","attributes":{}}}`, 422, "/data/id"},
		{"another type", id, `{"data":{"type":"record","id":"` + id + `","attributes":{}}}`, 422, "/data/type"},
		{"a system field", id, `{"data":{"type":"person","id":"` + id + `","attributes":{"_updated_at":null,"job_title":"x"}}}`, 422, "/data/attributes/_updated_at"},
		{"a bare array", id, `{"data":{"type":"person","id":"` + id + `","attributes":{"job_title":"x","email_addresses":[]}}}`, 422, "/data/attributes/email_addresses"},
		{"meta that is an array", id, `{"data":{"type":"person","id":"` + id + `","attributes":{}},"meta":[]}`, 422, "/meta"},
		{"an unknown strategy", id, `{"data":{"type":"person","id":"` + id + `","attributes":{"x":{}}},"meta":{"x":{"object":"replace"}}}`, 422, "/meta/x"},
		{"an unknown target", id, `{"data":{"type":"person","id":"` + id + `","attributes":{"x":{}}},"meta":{"x":{"set":"append"}}}`, 422, "/meta/x"},
		{"two strategies", id, `{"data":{"type":"person","id":"` + id + `","attributes":{"x":{}}},"meta":{"x":{"object":"merge","array":"append"}}}`, 422, "/meta/x"},
		{"a strategy that is a string", id, `{"data":{"type":"person","id":"` + id + `","attributes":{"x":{}}},"meta":{"x":"append"}}`, 422, "/meta/x"},
		{"a strategy for what is not sent", id, `{"data":{"type":"person","id":"` + id + `","attributes":{}},"meta":{"email_addresses":{"collection":"append"}}}`, 422, "/meta/email_addresses"},
		{"a collection strategy for text", id, `{"data":{"type":"person","id":"` + id + `","attributes":{"job_title":"x"}},"meta":{"job_title":{"collection":"append"}}}`, 422, "/data/attributes/job_title"},
		{"an array strategy for null", id, `{"data":{"type":"person","id":"` + id + `","attributes":{"x":null}},"meta":{"x":{"array":"append"}}}`, 422, "/data/attributes/x"},
		{"an object strategy for an array", id, `{"data":{"type":"person","id":"` + id + `","attributes":{"x":[]}},"meta":{"x":{"object":"merge"}}}`, 422, "/data/attributes/x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := *a
			b.t = t
			b.rejected(test.status, test.pointer, "PATCH", "/objects/person/records/"+test.id, test.body)
			if after := b.get("person", id).raw; after != before {
				t.Errorf("the record was %s and is %s", before, after)
			}
		})
	}
}

func TestStrategies(t *testing.T) {
	for _, test := range []struct {
		name, field, before, sent, meta, want string
	}{
		{"append to a collection", "labels", `{"items":["a","b"]}`, `{"items":["b","c"]}`, `{"collection":"append"}`, `{"items":["a","b","c"]}`},
		{"append to nothing", "labels", `null`, `{"items":["b","b"]}`, `{"collection":"append"}`, `{"items":["b"]}`},
		{"append what differs in case", "labels", `{"items":["a"]}`, `{"items":["A"]}`, `{"collection":"append"}`, `{"items":["a","A"]}`},
		{"append an email address in another case", "email_addresses", `{"items":["a@x.example"]}`, `{"items":["A@X.example"]}`, `{"collection":"append"}`, `{"items":["a@x.example"]}`},
		{"remove from a collection", "labels", `{"items":["a","b","c"]}`, `{"items":["b","x"]}`, `{"collection":"remove"}`, `{"items":["a","c"]}`},
		{"remove an email address in another case", "email_addresses", `{"items":["a@x.example","b@x.example"]}`, `{"items":["A@X.example"]}`, `{"collection":"remove"}`, `{"items":["b@x.example"]}`},
		{"remove the last", "labels", `{"items":["a"]}`, `{"items":["a"]}`, `{"collection":"remove"}`, `{"items":[]}`},
		{"remove objects", "things", `{"items":[{"n":1},{"n":2}]}`, `{"items":[{"n":1}]}`, `{"collection":"remove"}`, `{"items":[{"n":2}]}`},
		{"replace a collection", "labels", `{"items":["a"]}`, `{"items":["b"]}`, `{"collection":"replace"}`, `{"items":["b"]}`},
		{"append to an array", "tags", `["a"]`, `["b","a"]`, `{"array":"append"}`, `["a","b","a"]`},
		{"append an array to nothing", "tags", `null`, `["b"]`, `{"array":"append"}`, `["b"]`},
		{"merge an object", "address", `{"city":"Berlin","zip":"1"}`, `{"zip":null,"street":"x"}`, `{"object":"merge"}`, `{"city":"Berlin","street":"x","zip":null}`},
		{"merge into nothing", "address", `null`, `{"zip":"1"}`, `{"object":"merge"}`, `{"zip":"1"}`},
		{"merge a name", "name", `{"first_name":"Ada","last_name":"Byron"}`, `{"last_name":"Lovelace"}`, `{"object":"merge"}`, `{"first_name":"Ada","full_name":"Ada Lovelace","last_name":"Lovelace"}`},
		{"without a strategy", "address", `{"city":"Berlin"}`, `{"zip":"1"}`, ``, `{"zip":"1"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := start(t, anyAttribute)
			id := a.create("person", `{"`+test.field+`":`+test.before+`}`)
			meta := ""
			if test.meta != "" {
				meta = `{"` + test.field + `":` + test.meta + `}`
			}
			a.patch(200, "person", id, `{"`+test.field+`":`+test.sent+`}`, meta).equals(test.want, "data", "attributes", test.field)
			a.get("person", id).equals(test.want, "data", "attributes", test.field)
		})
	}
}

func TestStrategiesKeepUniqueness(t *testing.T) {
	a := start(t)
	a.create("person", `{"email_addresses":{"items":["a@x.example"]}}`)
	id := a.create("person", `{"email_addresses":{"items":["b@x.example"]}}`)
	a.patch(400, "person", id, `{"email_addresses":{"items":["A@x.example"]}}`, `{"email_addresses":{"collection":"append"}}`)
	a.get("person", id).equals(`{"items":["b@x.example"]}`, "data", "attributes", "email_addresses")
	a.patch(200, "person", id, `{"email_addresses":{"items":["b@x.example"]}}`, `{"email_addresses":{"collection":"remove"}}`)
	a.create("person", `{"email_addresses":{"items":["b@x.example"]}}`)
}
