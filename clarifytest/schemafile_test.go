package clarifytest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/schemafile"
)

// shop is a workspace of its own: two objects of every workspace with other fields than
// usual, two custom ones, definitions, and things that are odd.
const shop = `[
{"type":"schema","id":"https://getclarify.ai/schemas/core/money","attributes":{"$id":"https://getclarify.ai/schemas/core/money","xClarifyNamespace":"core","type":"object","properties":{"amount":{"type":["number","null"]},"currency":{"type":"string","enum":["EUR","USD"]}}}},
{"type":"schema","id":"https://getclarify.ai/schemas/core/collectionOfEmails","attributes":{"$id":"https://getclarify.ai/schemas/core/collectionOfEmails","type":"object","properties":{"items":{"type":"array","items":{"type":"string","format":"email"}}}}},
{"type":"schema","id":"https://getclarify.ai/schemas/core/grade","attributes":{"type":"string","enum":["A","B"],"xClarifyEnumMetadata":{"A":{"id":"a"},"B":{"id":"b"}}}},
{"type":"schema","id":"https://getclarify.ai/schemas/core/person","attributes":{"$id":"https://getclarify.ai/schemas/core/person","xClarifyNamespace":"core","properties":{"name":{"type":["string","null"]}}}},
{"type":"schema","id":"https://getclarify.ai/schemas/entities/person","relationships":{"kept":true},"extra":[1.50],"attributes":{
  "$id":"https://getclarify.ai/schemas/entities/person","type":"object","title":"Person","xClarifyLabel":{"singular":"Person","plural":"People"},"xClarifyNamespace":"objects","additionalProperties":false,
  "properties":{
    "_id":{"type":"string"},"_created_at":{"type":"object","format":"date-time"},
    "name":{"type":["string","null"],"title":"Name","xClarifyPrimary":true},
    "email_addresses":{"oneOf":[{"$ref":"https://getclarify.ai/schemas/core/collectionOfEmails"},{"type":"null"}],"xClarifyUnique":true,"xClarifyPresentation":{"rank":1}},
    "grade":{"anyOf":[{"type":"null"},{"$ref":"../core/grade"}],"title":"Grade"},
    "mystery":{"$ref":"https://getclarify.ai/schemas/core/nowhere","title":"Mystery"},
    "anything":true,"nothing":null,
    "shops":{"title":"Shops","oneOf":[{"type":"array","items":{"type":"string"}}],"xClarifyRelationship":{"kind":"many-to-many","entity":"c_shop","field":"people"}},
    "orphans":{"oneOf":[{"type":"array"}],"xClarifyRelationship":{"kind":"one-to-many","entity":"c_order","field":"nobody"}},
    "lost_id":{"type":["string","null"],"xClarifyRelationship":{"kind":"many-to-one","entity":"c_gone","field":"people"}}}}},
{"type":"schema","id":"https://getclarify.ai/schemas/entities/deal","attributes":{
  "$id":"https://getclarify.ai/schemas/entities/deal","type":"object","title":"Sale","required":["name"],
  "properties":{
    "name":{"type":["string","null"]},
    "stage":{"type":["string","null"],"enum":["Open","Closed"],"xClarifyEnumMetadata":{"Open":{"id":"lead","rank":1},"Closed":{"id":"won","rank":2}},"xClarifyPresentation":{"rank":1}},
    "price":{"$ref":"#/$defs/price"},"lines":{"$ref":"#/$defs/line"},
    "score":{"type":["integer","null"],"minimum":3,"maximum":5},
    "tags":{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string","enum":["x","y"],"xClarifyEnumMetadata":{"x":{"id":"x","rank":1},"y":{"id":"y","rank":2}}}}}},
    "end":{"type":["string","null"],"format":"date"},"type":{"type":["string","null"],"format":"hostname"},"2nd":{"type":["boolean","null"]},"🚀":{"type":["string","null"],"maxLength":6}},
  "$defs":{"price":{"oneOf":[{"$ref":"https://getclarify.ai/schemas/core/money"},{"type":"null"}]},"line":{"type":["array","null"],"items":{"type":"object","properties":{"next":{"$ref":"#/$defs/line"}}}}}}},
{"type":"schema","id":"https://getclarify.ai/schemas/entities/c_shop","attributes":{
  "$id":"https://getclarify.ai/schemas/entities/c_shop","type":"object","title":"Shop","xClarifyLabel":{"singular":"Shop","plural":"Shops"},
  "required":["code","people"],
  "properties":{
    "code":{"type":["string","null"],"xClarifyUnique":true,"xClarifyPresentation":{"rank":1}},
    "opened":{"type":["object","null"],"format":"date-time"},
    "rating":{"type":["number","null"],"minimum":0.5,"maximum":0.75},
    "serial":{"type":["number","null"],"unique":true},
    "locked":{"type":["string","null"],"readOnly":true},
    "people":{"oneOf":[{"type":"array"}],"xClarifyRelationship":{"kind":"many-to-many","entity":"person","field":"shops"}},
    "orders":{"oneOf":[{"type":"array"}],"xClarifyRelationship":{"kind":"one-to-many","entity":"c_order","field":"shop_id"}}}}},
{"type":"schema","id":"https://getclarify.ai/schemas/entities/c_order","attributes":{
  "$id":"https://getclarify.ai/schemas/entities/c_order","type":"object","title":"Order",
  "properties":{
    "number":{"type":["string","null"]},
    "shop_id":{"type":["string","null"],"xClarifyRelationship":{"kind":"many-to-one","entity":"c_shop","field":"orders"}},
    "before_id":{"type":["string","null"],"xClarifyRelationship":{"kind":"one-to-one","entity":"entities/c_order","field":"after_id"}}}}},
{"type":"schema","id":"https://getclarify.ai/schemas/entities/user","attributes":{"$id":"https://getclarify.ai/schemas/entities/user","properties":{"name":{"type":"string"}}}}
]`

func documentsIn(t testing.TB, listing string) []gen.Schema {
	t.Helper()
	var documents []gen.Schema
	if err := json.Unmarshal([]byte(listing), &documents); err != nil {
		t.Fatal(err)
	}
	return documents
}

// listing returns the documents of all pages.
func (a *api) listing() []any {
	a.t.Helper()
	var all []any
	for target := a.url + "/schemas"; target != ""; {
		page := a.want(200, "GET", target, nil)
		all = append(all, page.at("data").([]any)...)
		target, _ = page.at("links", "next").(string)
	}
	return all
}

// sameListing compares what is listed with what a file has.
func (a *api) sameListing(listing string) {
	a.t.Helper()
	var want any
	if err := json.Unmarshal([]byte(listing), &want); err != nil {
		a.t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal([]byte(asJSON(a.t, a.listing())), &got); err != nil {
		a.t.Fatal(err)
	}
	expect(a.t, "the listing", asJSON(a.t, got), asJSON(a.t, want))
}

func startShop(t testing.TB, opts ...clarifytest.Option) *api {
	t.Helper()
	return start(t, append([]clarifytest.Option{clarifytest.WithSchema(documentsIn(t, shop)), atOnce}, opts...)...)
}

func TestTheSchemaOfAFileIsListedAsItIs(t *testing.T) {
	standard := start(t)
	standard.customObject(`{"plate":{"type":["string","null"]}}`)
	usual := asJSON(t, standard.listing())
	for name, listing := range map[string]string{"a workspace's": shop, "the usual one": usual} {
		t.Run(name, func(t *testing.T) {
			a := start(t, clarifytest.WithSchema(documentsIn(t, listing)))
			a.sameListing(listing)
			a.srv.Seed(t, 60)
			a.sameListing(listing)
		})
	}
}

func TestAFileOfASchemaIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "schema.json")
	content, err := schemafile.Encode(documentsIn(t, shop))
	noError(t, "encoding", err)
	noError(t, "writing", os.WriteFile(path, content, 0o600))
	a := start(t, clarifytest.WithSchemaFile(path))
	again, err := schemafile.Encode(documentsIn(t, asJSON(t, a.listing())))
	noError(t, "encoding what was read", err)
	expect(t, "the file", string(again), string(content))

	_, err = clarifytest.Start(clarifytest.WithSchemaFile(path + ".gone"))
	if err == nil {
		t.Fatal("a missing file is read")
	}
	contains(t, "the error", err.Error(), "schema.json.gone")
}

func TestFieldsOfASchemaTakeWhatItSays(t *testing.T) {
	a := startShop(t)
	for _, test := range []struct{ object, field, good, bad string }{
		{"person", "name", `"Ada"`, `{"first_name":"Ada"}`},
		{"person", "email_addresses", `{"items":["ada@x.example"]}`, `{"items":["ada"]}`},
		{"person", "grade", `"A"`, `"a"`},
		{"person", "mystery", `{"any":[1]}`, ""},
		{"person", "anything", `[false]`, ""},
		{"person", "nothing", `"x"`, ""},
		{"person", "lost_id", `"an id"`, `1`},
		{"person", "shops", "", `["x"]`},
		{"person", "job_title", "", `"Countess"`},
		{"person", "_created_at", "", `"2026-01-01T00:00:00Z"`},
		{"deal", "stage", `"Closed"`, `"Won"`},
		{"deal", "price", `{"amount":5}`, `5`},
		{"deal", "lines", `[{"next":[]}]`, `{}`},
		{"deal", "score", `4`, `4.5`},
		{"deal", "tags", `{"items":["x"]}`, `{"items":["z"]}`},
		{"deal", "end", `"2026-02-03"`, `"soon"`},
		{"deal", "type", `"x.example"`, `"x y"`},
		{"deal", "2nd", `true`, `"yes"`},
		{"deal", "🚀", `"up"`, `1`},
		{"c_shop", "opened", `"2026-02-03T04:05:06Z"`, `{}`},
		{"c_shop", "locked", "", `"x"`},
		{"c_order", "shop_id", `null`, `"nobody"`},
	} {
		t.Run(test.object+" "+test.field, func(t *testing.T) {
			a := *a
			a.t = t
			record := func(value string) string {
				attributes := map[string]json.RawMessage{test.field: json.RawMessage(value)}
				switch test.object {
				case "deal":
					attributes["name"] = js(`"D"`)
				case "c_shop":
					attributes["code"] = js(`%q`, t.Name())
				}
				return oneRecord(test.object, asJSON(t, attributes))
			}
			if test.good != "" {
				a.want(201, "POST", "/objects/"+test.object+"/records", record(test.good)).equals(test.good, "data", "attributes", test.field)
			}
			if test.bad != "" {
				a.want(422, "POST", "/objects/"+test.object+"/records", record(test.bad))
			}
		})
	}
	a.want(422, "POST", "/objects/deal/records", oneRecord("deal", `{"end":null}`))
	for _, object := range []string{"company", "task", "meeting", "user", "c_gone"} {
		a.want(404, "GET", "/objects/"+object+"/resources", nil)
	}
	a.want(404, "POST", "/meetings/x/recordings/media", `{"contentType":"audio/mpeg"}`)
	a.list("person", "filter[grade][Is]", "A", "sortOrder[column]", "grade", "sortOrder[dir]", "ASC", "include", "shops")
	a.want(400, "GET", "/objects/person/resources"+query("filter[job_title][Is]", "x"), nil)
	equal(t, "the deals before March", a.list("deal", "filter[end][Is before]", "2026-03-01", "filter[tags][Is empty]", "").column("end"), []string{"2026-02-03"})
}

func TestRelationshipsOfASchemaLinkRecords(t *testing.T) {
	a := startShop(t)
	store := a.create("c_shop", `{"code":"1"}`)
	order := a.create("c_order", fmt.Sprintf(`{"number":"7","shop_id":%q}`, store))
	ada := a.create("person", `{"name":"Ada"}`)
	related := func(object, id, name string) []string {
		t.Helper()
		return a.want(200, "GET", "/objects/"+object+"/records/"+id+"/relationships/"+name, nil).ids()
	}
	change := func(object, id, name, target, other string) {
		t.Helper()
		a.want(200, "PATCH", "/objects/"+object+"/records/"+id+"/relationships/"+name, fmt.Sprintf(`{"data":[{"type":%q,"id":%q}]}`, target, other))
	}
	equal(t, "the orders of the shop", related("c_shop", store, "orders"), []string{order})
	change("c_shop", store, "people", "person", ada)
	equal(t, "the shops of Ada", related("person", ada, "shops"), []string{store})
	equal(t, "the orders of the shop by its code", a.list("c_order", "filter[c_order.shop_id.code][Is]", "1").ids(), []string{order})

	// The order knows nothing of this one, so only Ada has it.
	change("person", ada, "orphans", "c_order", order)
	equal(t, "the orphans of Ada", related("person", ada, "orphans"), []string{order})
	after := a.create("c_order", fmt.Sprintf(`{"before_id":%q}`, order))
	equal(t, "what was before", related("c_order", after, "before_id"), []string{order})
	a.want(204, "DELETE", "/objects/c_order/records/"+order, nil)
	equal(t, "the orphans of Ada once the order is gone", related("person", ada, "orphans"), nil)
	a.get("c_order", after).equals("null", "data", "attributes", "before_id")

	grace := a.create("person", `{"name":"Grace"}`)
	a.want(204, "POST", "/objects/person/records/"+grace+"/merges", mergeBody("person", ada))
	equal(t, "the shops of Grace", related("person", grace, "shops"), []string{store})
}

func TestASchemaOfAFileChangesLikeAnyOther(t *testing.T) {
	a := startShop(t)
	was := map[string]map[string]any{}
	schemaOf := func(object string) map[string]any {
		for _, item := range a.listing() {
			document := item.(map[string]any)
			if strings.HasSuffix(document["id"].(string), "/entities/"+object) {
				return document["attributes"].(map[string]any)
			}
		}
		return nil
	}
	field := func(object, name string) any { return schemaOf(object)["properties"].(map[string]any)[name] }
	for _, object := range []string{"person", "deal", "c_shop", "c_order"} {
		was[object] = schemaOf(object)
	}

	a.want(202, "PATCH", "/schemas/deal/fields-visibility", `{"data":{"type":"schema-property-visibility","attributes":{"hiddenInDetails":{"price":true}}}}`)
	expect(t, "a hidden field", asJSON(t, field("deal", "price")), `{"$ref":"#/$defs/price","xClarifyPresentation":{"hiddenInDetails":true}}`)
	a.want(202, "PATCH", "/schemas/deal/fields-visibility", `{"data":{"type":"schema-property-visibility","attributes":{"hiddenInDetails":{"price":false}}}}`)

	a.want(200, "PATCH", "/schemas", enumPatch("deal", `{"stage":{"enum":["Won"],"xClarifyEnumMetadata":{"Won":{"id":"w","rank":3,"color":"green"}}}}`, `{"stage":{"enum":"append"}}`))
	expect(t, "the options", asJSON(t, field("deal", "stage").(map[string]any)["enum"]), `["Open","Closed","Won"]`)
	a.create("deal", `{"name":"D","stage":"Won"}`)
	a.want(200, "PATCH", "/schemas", enumPatch("person", `{"grade":{"enum":["C"],"xClarifyEnumMetadata":{"C":{"id":"c","rank":3,"color":"green"}}}}`, `{"grade":{"enum":"append"}}`))
	a.create("person", `{"grade":"C"}`)
	expect(t, "the definition", asJSON(t, a.listing()[2].(map[string]any)["attributes"].(map[string]any)["enum"]), `["A","B"]`)

	a.want(202, "POST", "/schemas/c_order/properties", newFields(`{"total":{"oneOf":[{"type":"null"},{"$ref":"https://getclarify.ai/schemas/core/money"}],"xClarifyPresentation":{"rank":9}}}`))
	expect(t, "a new field", asJSON(t, field("c_order", "total")), `{"oneOf":[{"type":"null"},{"$ref":"https://getclarify.ai/schemas/core/money"}],"xClarifyPresentation":{"rank":9}}`)
	a.create("c_order", `{"total":{"amount":5,"currency":"EUR"}}`)
	a.want(422, "POST", "/schemas/c_order/properties", newFields(`{"worse":{"$ref":"https://getclarify.ai/schemas/core/nowhere"}}`))

	// What is read may be sent back, also what the sandbox does not understand.
	for _, object := range slices.Sorted(maps.Keys(was)) {
		before := schemaOf(object)
		a.want(200, "PUT", "/schemas/objects/"+object, asJSON(t, before))
		expect(t, object+" once it was sent back", asJSON(t, schemaOf(object)), asJSON(t, before))
	}
	shopSchema := schemaOf("c_shop")
	shopSchema["title"] = "Store"
	shopSchema["properties"].(map[string]any)["code"].(map[string]any)["title"] = "Code"
	delete(shopSchema["properties"].(map[string]any), "rating")
	a.want(200, "PUT", "/schemas/objects/c_shop", asJSON(t, shopSchema))
	expect(t, "the schema that was sent", asJSON(t, schemaOf("c_shop")), asJSON(t, shopSchema))

	// A relationship without another end goes alone.
	a.want(200, "DELETE", "/schemas/person/relationships/orphans", nil)
	a.want(200, "DELETE", "/schemas/person/relationships/lost_id", nil)
	a.want(200, "DELETE", "/schemas/objects/c_shop", nil)
	if schemaOf("c_shop") != nil || field("person", "shops") != nil || field("c_order", "shop_id") != nil {
		t.Error("the object that was deleted, or a relationship with it, is still there")
	}
	a.customObject(`{"plate":{"type":["string","null"]}}`)
	if schemaOf("c_vehicle") == nil {
		t.Error("a new custom object is not listed")
	}
}

func TestAFileThatIsNoSchemaIsAnError(t *testing.T) {
	for name, test := range map[string]struct{ documents, want string }{
		"no id":         {`[{"type":"schema","attributes":{}}]`, "schema 1 of 1 has no id"},
		"no attributes": {`[{"type":"schema","id":"https://x/entities/person","attributes":[1]}]`, `"https://x/entities/person": the attributes must be a JSON Schema`},
		"no name":       {`[{"type":"schema","id":"https://x/entities/..","attributes":{}}]`, `"https://x/entities/..": the id must end in the name of an object`},
		"no objects":    {`[{"type":"schema","id":"https://x/core/money","attributes":{}}]`, "no schema is that of an object"},
		"nothing":       {`[]`, "no schema is that of an object"},
		"another type":  {`[{"type":"user","id":"https://x/entities/person","attributes":{}}]`, `schema 1 of 1: the type is "user"`},
	} {
		t.Run(name, func(t *testing.T) {
			srv, err := clarifytest.Start(clarifytest.WithSchema(documentsIn(t, test.documents)))
			if err == nil {
				srv.Close()
				t.Fatal("the server starts")
			}
			contains(t, "the error", err.Error(), test.want)
		})
	}
}

func TestSeededRecordsFitTheSchemaOfAFile(t *testing.T) {
	usual := asJSON(t, start(t).listing())
	for name, listing := range map[string]string{"a workspace's": shop, "the usual one": usual} {
		t.Run(name, func(t *testing.T) { seededRecordsFit(t, listing) })
	}
}

func seededRecordsFit(t *testing.T, listing string) {
	a := start(t, clarifytest.WithSchema(documentsIn(t, listing)), clarifytest.WithSeed(3), clarifytest.WithClock(newClock().Now))
	first, second := a.srv.Seed(t, 250), a.srv.Seed(t, 50)
	expect(t, "the records of the first time", first.Total(), 250)
	expect(t, "the records of the second time", second.Total(), 50)
	other := a.srv.AddWorkspace("copy")
	b := &api{t: t, srv: a.srv, url: other.URL, auth: "api-key " + other.APIKey}
	links := 0
	for _, item := range a.listing() {
		document := item.(map[string]any)
		object, isEntity := strings.CutPrefix(document["id"].(string), "https://getclarify.ai/schemas/entities/")
		if !isEntity || object == "user" || object == "meeting_recording" {
			continue
		}
		properties := document["attributes"].(map[string]any)["properties"].(map[string]any)
		had := map[string]bool{}
		for _, r := range a.everything(object) {
			attributes := maps.Clone(r["attributes"].(map[string]any))
			maps.DeleteFunc(attributes, func(name string, value any) bool {
				had[name] = had[name] || value != nil
				schema, _ := properties[name].(map[string]any)
				related, _ := schema["xClarifyRelationship"].(map[string]any)
				if target, _ := related["entity"].(string); related != nil && value != nil {
					target = target[strings.LastIndex(target, "/")+1:]
					a.get(target, value.(string))
					links++
				}
				return strings.HasPrefix(name, "_") || related != nil
			})
			kept := b.want(201, "POST", "/objects/"+object+"/records", oneRecord(object, asJSON(t, attributes)))
			for name, value := range attributes {
				kept.equals(asJSON(t, value), "data", "attributes", name)
			}
		}
		for name, value := range properties {
			schema, _ := value.(map[string]any)
			related, _ := schema["xClarifyRelationship"].(map[string]any)
			readOnly := schema["readOnly"] == true
			leadsNowhere := related != nil && (related["kind"] != "many-to-one" || name == "lost_id")
			if !had[name] && !readOnly && !leadsNowhere && name != "_merged_ids" {
				t.Errorf("no %s has a value of %s", object, name)
			}
		}
	}
	if links == 0 {
		t.Error("no record refers to another one")
	}
}

func TestSeededRecordsOfASchemaFollowFromTheSeed(t *testing.T) {
	seeded := func(seed uint64) string {
		a := startShop(t, clarifytest.WithSeed(seed), clarifytest.WithClock(newClock().Now))
		a.srv.Seed(t, 80)
		var all strings.Builder
		for _, object := range []string{"person", "deal", "c_shop", "c_order"} {
			all.WriteString(a.list(object, "page[limit]", "100").raw)
		}
		for _, id := range a.list("person").ids() {
			all.WriteString(a.want(200, "GET", "/objects/person/records/"+url.PathEscape(id)+"/relationships/shops", nil).raw)
		}
		return strings.ReplaceAll(all.String(), a.srv.BaseURL, "")
	}
	first := seeded(5)
	expect(t, "the records of the same seed", seeded(5), first)
	if seeded(6) == first {
		t.Error("another seed makes the same records")
	}
	contains(t, "the links", first, `"type":"c_shop"`)
}

func TestASchemaIsThatOfEveryWorkspaceAndOfSnapshots(t *testing.T) {
	a := startShop(t)
	other := a.srv.AddWorkspace("other")
	b := &api{t: t, srv: a.srv, url: other.URL, auth: "api-key " + other.APIKey}
	b.sameListing(shop)
	before := a.srv.Snapshot()
	a.want(202, "POST", "/schemas/c_order/properties", newFields(`{"total":{"type":["number","null"]}}`))
	b.sameListing(shop)
	a.srv.Restore(before)
	a.sameListing(shop)
	c := start(t, clarifytest.WithSnapshot(before), clarifytest.WithUnknownAttributes())
	c.sameListing(shop)
	c.create("person", `{"anything else":1}`)

	// With the quirk off, what is listed without records has records, too.
	d := start(t, clarifytest.WithSchema(documentsIn(t, shop)), clarifytest.WithQuirkObjectsWithoutRecords(false))
	d.sameListing(shop)
	d.create("user", `{"name":"Ada"}`)
}

// Whatever a file has, the server starts with it and lists it, or says what is wrong.
func FuzzWithSchema(f *testing.F) {
	f.Add(shop)
	for _, field := range []string{
		`{"$ref":"#"}`, `{"type":["array","null"],"items":{"$ref":"#/properties/f"}}`, `{"oneOf":[{},{"type":"null"}]}`, `{"enum":[]}`,
		`{"type":"string","enum":["a",null,1,""],"xClarifyUnique":true}`, `{"xClarifyRelationship":{"kind":"many-to-many","entity":"c_x","field":"f"}}`,
		`{"xClarifyRelationship":{"kind":"one-to-many","entity":"c_x","field":"f"}}`, `{"xClarifyRelationship":[]}`, `{"type":"number","minimum":1e400,"maximum":-5}`,
		`{"type":"number","minimum":0.1,"maximum":0.1,"multipleOf":0}`, `{"type":"string","maxLength":-1,"format":"email"}`, `{"allOf":[{"$ref":"#/properties/f"}]}`,
		`{"type":["object"],"properties":{"first_name":1,"last_name":2}}`, `{"type":"object","properties":{"text":{"type":"array"},"items":{}}}`, `{"type":{"a":1}}`,
	} {
		f.Add(`[{"type":"schema","id":"https://getclarify.ai/schemas/entities/c_x","attributes":{"required":["f","f","_id"],"properties":{"f":` + field + `,"":{},"a.b":{"type":"string"},"a[b]":{"type":["string","null"],"xClarifyUnique":true}}}}]`)
	}
	f.Fuzz(func(t *testing.T, listing string) {
		var documents []gen.Schema
		if json.Unmarshal([]byte(listing), &documents) != nil || len(documents) > 20 {
			return
		}
		for i := range documents {
			documents[i].Type = "schema"
		}
		srv, err := clarifytest.Start(clarifytest.WithSchema(documents), clarifytest.WithMemoryNetwork(), clarifytest.WithSeed(1), clarifytest.WithTB(t))
		if err != nil {
			if !strings.Contains(err.Error(), "schema") {
				t.Errorf("the error is %v", err)
			}
			return
		}
		a := &api{t: t, srv: srv, url: srv.URL, auth: "api-key " + srv.APIKey, client: srv.HTTPClient()}
		srv.Seed(t, 12)
		var want []any
		decoder := json.NewDecoder(strings.NewReader(asJSON(t, documents)))
		decoder.UseNumber()
		if err := decoder.Decode(&want); err != nil {
			t.Fatal(err)
		}
		for i, got := range a.listing() {
			expect(t, "a document", asJSON(t, got), asJSON(t, want[i]))
		}
		layout := a.want(200, "GET", "/layouts/navigation", nil)
		for _, link := range layout.at("tree", "children", 0, "children").([]any) {
			object := link.(map[string]any)["props"].(map[string]any)["entity"].(string)
			for _, id := range a.list(url.PathEscape(object)).ids() {
				a.get(url.PathEscape(object), id)
			}
		}
	})
}
