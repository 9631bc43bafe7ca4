package clarifytest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

func enumPatch(object, attributes, meta string) string {
	return fmt.Sprintf(`{"data":[{"type":"schema-properties","id":%q,"attributes":%s,"meta":%s}]}`, object, attributes, meta)
}

func TestEditOptions(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	patch := func(object, attributes, meta string) *response {
		t.Helper()
		return a.want(200, "PATCH", "/schemas?silent=true", enumPatch(object, attributes, meta))
	}
	a.addFields("deal", `{"source":{"type":["string","null"],"title":"Source","xClarifyEnumMetadata":{}}}`)
	a.objects()
	got := patch("deal", `{"source":{"enum":["Lead","Won"],"xClarifyEnumMetadata":{"Won":{"id":"w","rank":2,"color":"green"}}}}`, `{"source":{"enum":"append"}}`)
	got.equals(`[{"attributes":{"errors":[],"isValid":true,"values":{"source":["Lead","Won"]}},"id":"deal","type":"schema-validation-result"}]`, "data")
	patch("deal", `{"source":{"enum":["Lost"]}}`, `{"source":{"enum":"append"}}`).equals(`["Lead","Won","Lost"]`, "data", 0, "attributes", "values", "source")
	if have, want := a.property("deal", "source"), `{"enum":["Lead","Won","Lost"],"title":"Source","type":["string","null"],"xClarifyEnumMetadata":{"Won":{"color":"green","id":"w","rank":2}},"xClarifyPresentation":{"rank":16}}`; have != want {
		t.Errorf("the field is %s, want %s", have, want)
	}
	patch("deal", `{"stage":{"enum":["Negotiation"],"xClarifyEnumMetadata":{"Negotiation":{"id":"negotiation","rank":3.5,"color":"teal"}}}}`, `{"stage":{"enum":"append"}}`).
		equals(`["Lead","Qualified","Proposal","Won","Lost","Negotiation"]`, "data", 0, "attributes", "values", "stage")
	won, lost := a.create("deal", `{"stage":"Won"}`), a.create("deal", `{"stage":"Lost"}`)
	a.rejected(422, "/data/attributes/stage", "POST", "/objects/deal/records", oneRecord("deal", `{"stage":"won"}`))

	c.Add(time.Second)
	patch("deal", `{"stage":{"enum":["Won"]}}`, `{"stage":{"enum":"remove"}}`).equals(`["Lead","Qualified","Proposal","Lost","Negotiation"]`, "data", 0, "attributes", "values", "stage")
	cleared := a.get("deal", won)
	cleared.equals(`null`, "data", "attributes", "stage")
	cleared.equals(`"2026-02-03T04:05:07.789Z"`, "data", "attributes", "_updated_at")
	kept := a.get("deal", lost)
	kept.equals(`"Lost"`, "data", "attributes", "stage")
	kept.equals(`"2026-02-03T04:05:06.789Z"`, "data", "attributes", "_updated_at")
	a.patch(422, "deal", lost, `{"stage":"Won"}`, "")
	if have := a.property("deal", "stage"); strings.Contains(have, "Won") {
		t.Errorf("the field is %s", have)
	}

	t.Run("all of them, with one more", func(t *testing.T) {
		a := start(t, atOnce)
		a.want(200, "PATCH", "/schemas", enumPatch("deal", `{"stage":{"enum":["Lead","Qualified","Proposal","Won","Lost","Negotiation"],
			"xClarifyEnumMetadata":{"Won":{"id":"won","rank":4,"color":"lime"},"Negotiation":{"id":"n","rank":3.5,"color":"teal"}}}}`, `{"stage":{"enum":"append"}}`)).
			equals(`{"errors":[],"isValid":true,"values":{"stage":["Lead","Qualified","Proposal","Won","Lost","Negotiation"]}}`, "data", 0, "attributes")
		have := a.property("deal", "stage")
		for _, part := range []string{`"enum":["Lead","Qualified","Proposal","Won","Lost","Negotiation"]`, `"Lead":{"color":"neutral"`, `"Won":{"color":"lime"`, `"Negotiation":{"color":"teal"`} {
			if !strings.Contains(have, part) {
				t.Errorf("%s is not in %s", part, have)
			}
		}
	})
	t.Run("of a multi select", func(t *testing.T) {
		a := start(t, atOnce)
		a.addFields("task", `{"tags":{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string","enum":["a","b"]}}}}}`)
		id := a.create("task", `{"title":"Call","tags":{"items":["a","b"]}}`)
		patch := func(options, mode string) {
			a.want(200, "PATCH", "/schemas", enumPatch("task", `{"tags":{"properties":{"items":{"items":`+options+`}}}}`, `{"tags":{"enum":"`+mode+`"}}`)).equals(`true`, "data", 0, "attributes", "isValid")
		}
		patch(`{"enum":["c"],"xClarifyEnumMetadata":{"c":{"id":"c","rank":3,"color":"sky"}}}`, "append")
		a.patch(200, "task", id, `{"tags":{"items":["c"]}}`, `{"tags":{"collection":"append"}}`)
		patch(`{"enum":["a","c"]}`, "remove")
		a.get("task", id).equals(`{"items":["b"]}`, "data", "attributes", "tags")
		a.patch(422, "task", id, `{"tags":{"items":["a"]}}`, "")
		if have, want := a.property("task", "tags"), `{"properties":{"items":{"items":{"enum":["b"],"type":"string","xClarifyEnumMetadata":{}},"type":"array"}},"type":["object","null"],"xClarifyPresentation":{"rank":12}}`; have != want {
			t.Errorf("the field is %s, want %s", have, want)
		}
	})
	t.Run("of a select that lists null", func(t *testing.T) {
		a := start(t, atOnce)
		a.addFields("task", `{"size":{"type":["string","null"],"enum":["S",null,"M"]}}`)
		for _, edit := range []struct{ enum, mode, want string }{
			{`["L"]`, "append", `["S",null,"M","L"]`},
			{`["S"]`, "remove", `[null,"M","L"]`},
			{`["M","L"]`, "remove", `[null]`},
		} {
			a.want(200, "PATCH", "/schemas", enumPatch("task", `{"size":{"enum":`+edit.enum+`}}`, `{"size":{"enum":"`+edit.mode+`"}}`)).equals(`true`, "data", 0, "attributes", "isValid")
			if have := a.property("task", "size"); !strings.Contains(have, `"enum":`+edit.want+`,`) {
				t.Errorf("%s of %s: the field is %s, want %s", edit.mode, edit.enum, have, edit.want)
			}
		}
	})
	t.Run("only how they are shown", func(t *testing.T) {
		b := *a
		b.t = t
		b.want(200, "PATCH", "/schemas", enumPatch("deal", `{"stage":{"xClarifyEnumMetadata":{"Lost":{"id":"l","rank":9,"color":"red"}}}}`, `{}`))
		if have := b.property("deal", "stage"); !strings.Contains(have, `"Lost":{"color":"red","id":"l","rank":9}`) {
			t.Errorf("the field is %s", have)
		}
	})
	t.Run("that are not acceptable", func(t *testing.T) {
		b := *a
		b.t = t
		b.addFields("deal", `{"tags":{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string","enum":["a"]}}}}}`)
		b.objects()
		before := b.schemas()
		for _, test := range []struct{ name, attributes, meta, field string }{
			{"an empty option", `{"stage":{"enum":[""]}}`, `{"stage":{"enum":"append"}}`, "stage"},
			{"an option that is not there", `{"stage":{"enum":["New"]}}`, `{"stage":{"enum":"remove"}}`, "stage"},
			{"neither", `{"stage":{"enum":["New"]}}`, `{}`, "stage"},
			{"a description of none", `{"stage":{"xClarifyEnumMetadata":{"New":{"id":"n","rank":1,"color":"red"}}}}`, `{}`, "stage"},
			{"no select", `{"name":{"enum":["New"]}}`, `{"name":{"enum":"append"}}`, "name"},
			{"no field", `{"nothing":{"enum":["New"]}}`, `{"nothing":{"enum":"append"}}`, "nothing"},
			{"the form of a single select", `{"tags":{"enum":["New"]}}`, `{"tags":{"enum":"append"}}`, "tags"},
			{"the form of a multi select", `{"stage":{"properties":{"items":{"items":{"enum":["New"]}}}}}`, `{"stage":{"enum":"append"}}`, "stage"},
			{"one of two", `{"stage":{"enum":["New"]},"name":{"enum":["New"]}}`, `{"stage":{"enum":"append"},"name":{"enum":"append"}}`, "name"},
		} {
			got := b.want(200, "PATCH", "/schemas", enumPatch("deal", test.attributes, test.meta))
			got.equals(`false`, "data", 0, "attributes", "isValid")
			got.equals(`"`+test.field+`"`, "data", 0, "attributes", "errors", 0, "field")
			if after := b.schemas(); after != before {
				t.Errorf("%s: the schemas were %s and are %s", test.name, before, after)
			}
		}
	})
	a.rejected(404, "", "PATCH", "/schemas", enumPatch("c_none", `{}`, `{}`))
	a.rejected(400, "", "PATCH", "/schemas", `[]`)
	a.rejected(400, "", "PATCH", "/schemas?silent=x", enumPatch("deal", `{}`, `{}`))
	a.rejected(422, "/data", "PATCH", "/schemas", `{"data":[]}`)
	a.rejected(422, "/data", "PATCH", "/schemas", strings.Replace(enumPatch("deal", `{}`, `{}`), `}]}`, `},{"type":"schema-properties","id":"person","attributes":{},"meta":{}}]}`, 1))
	a.rejected(422, "/data/0/meta", "PATCH", "/schemas", strings.Replace(enumPatch("deal", `{}`, `{}`), `,"meta":{}`, ``, 1))
	for _, shown := range []string{`{}`, `{"id":"n","rank":1}`, `{"id":"n","rank":"1","color":"red"}`} {
		got := a.want(422, "PATCH", "/schemas", enumPatch("deal", `{"stage":{"xClarifyEnumMetadata":{"Lost":`+shown+`}}}`, `{}`))
		a.srv.TakeViolations()
		if at := got.errorObject().Source.Pointer; !strings.HasPrefix(at, "/data/0/attributes/stage") {
			t.Errorf("%s: the pointer is %q", shown, at)
		}
	}
	a.rejected(422, "/data/0/type", "PATCH", "/schemas", strings.Replace(enumPatch("deal", `{}`, `{}`), "schema-properties", "x", 1))
	a.rejected(422, "/data/0/meta/stage/enum", "PATCH", "/schemas", enumPatch("deal", `{}`, `{"stage":{"enum":"replace"}}`))
	a.guarded("PATCH", "/schemas", enumPatch("deal", `{}`, `{}`))
	if have := a.elsewhere().property("deal", "stage"); strings.Contains(have, `"Negotiation"`) {
		t.Errorf("another workspace has %s", have)
	}
}
