package clarifytest_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// What custom objects may be called and look like, to the limits.
func TestCustomObjectsTakeAllTheContractHas(t *testing.T) {
	a := start(t, clarifytest.WithRateLimit(1<<30))
	longest, description := strings.Repeat("ü", 32), strings.Repeat("ß", 256)
	got := a.want(201, "POST", "/schemas/objects", fmt.Sprintf(`{"name":%q,"plural":%q,"description":%q}`, longest, longest, description))
	got.equals(`"`+description+`"`, "data", "attributes", "description")
	equal(t, "objects", a.objects()[len(standardObjects):], []string{"c_" + longest})
	id := a.create("c_"+longest, `{}`)
	a.get(url.PathEscape("c_"+longest), id)

	icons := "Box Package FileText Folder Ticket Briefcase Store Component Layers MapPin Globe BankNote CreditCard Receipt ShoppingCart Car Truck Book GraduationCap Shield Key Megaphone Flag Target Trophy Rocket Zap Phone Image Tag Wrench Heart Users Handshake Database FlaskConical"
	colors := "red orange amber yellow lime green emerald teal cyan sky blue indigo violet purple fuchsia pink rose neutral"
	for _, icon := range strings.Fields(icons) {
		a.want(201, "POST", "/schemas/objects", fmt.Sprintf(`{"name":"With %s","plural":"x","icon":%q}`, icon, icon))
	}
	for _, color := range strings.Fields(colors) {
		a.want(201, "POST", "/schemas/objects", fmt.Sprintf(`{"name":"In %s","plural":"x","backgroundColor":%q}`, color, color))
	}
}

// The values of a field that gets another type are kept as far as it takes them.
func TestAFieldGetsAnotherType(t *testing.T) {
	for _, test := range []struct{ name, from, value, to, want string }{
		{"text to a select that has it", `{"type":["string","null"]}`, `"S"`, `{"type":["string","null"],"enum":["S","M"]}`, `"S"`},
		{"text to a select that has it not", `{"type":["string","null"]}`, `"L"`, `{"type":["string","null"],"enum":["S","M"]}`, `null`},
		{"a select to text", `{"type":["string","null"],"enum":["S"]}`, `"S"`, `{"type":["string","null"]}`, `"S"`},
		{"a select to one of any", `{"type":["string","null"],"enum":["S"]}`, `"S"`, `{"type":["string","null"],"xClarifyEnumMetadata":{}}`, `"S"`},
		{"a single select to a multi select", `{"type":["string","null"],"enum":["S"]}`, `"S"`, `{"type":["object","null"],"properties":{"items":{"type":"array","items":{"enum":["S"]}}}}`, `null`},
		{"text that is a date to a date", `{"type":["string","null"]}`, `"2026-02-03"`, `{"type":["string","null"],"format":"date"}`, `"2026-02-03"`},
		{"text that is none to a date", `{"type":["string","null"]}`, `"soon"`, `{"type":["string","null"],"format":"date"}`, `null`},
		{"a number to a whole one", `{"type":["number","null"]}`, `2.5`, `{"type":["integer","null"]}`, `null`},
		{"a whole number to a number", `{"type":["integer","null"]}`, `2`, `{"type":["number","null"]}`, `2`},
		{"an object to a name", `{"type":["object","null"]}`, `{"first_name":"Ada","last_name":"Lovelace"}`, `{"type":["object","null"],"properties":{"first_name":{},"last_name":{}}}`, `{"first_name":"Ada","full_name":"Ada Lovelace","last_name":"Lovelace"}`},
		{"another title only", `{"type":["string","null"]}`, `"x"`, `{"type":["string","null"],"title":"Size"}`, `"x"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newClock()
			a := start(t, clarifytest.WithClock(c.Now), atOnce)
			a.customObject(`{"size":` + test.from + `}`)
			id := a.create("c_vehicle", `{"size":`+test.value+`}`)
			before := a.get("c_vehicle", id).text("data", "attributes", "_updated_at")
			c.Add(time.Second)
			a.want(200, "PUT", "/schemas/objects/c_vehicle", withID("c_vehicle", `{"properties":{"size":`+test.to+`}}`))
			got := a.get("c_vehicle", id)
			got.equals(test.want, "data", "attributes", "size")
			if changed := got.text("data", "attributes", "_updated_at") != before; changed != (test.want != test.value) {
				t.Errorf("the record is said to have changed: %t", changed)
			}
		})
	}
}

// A removed option goes from the records that have it, and from nothing else.
func TestRemovedOptionsGoFromTheirFieldOnly(t *testing.T) {
	a := start(t, clarifytest.WithSeed(1), atOnce, anyAttribute)
	a.addFields("deal", `{"size":{"type":["string","null"],"enum":["S","M",null]},"other":{"type":["string","null"],"enum":["S"]},
		"sizes":{"type":["array","null"],"items":{"type":"string","enum":["S","M"]}}}`)
	a.addFields("task", `{"size":{"type":["string","null"],"enum":["S"]}}`)
	a.srv.Seed(t, 20)
	seeded := a.list("deal").raw
	one := a.create("deal", `{"size":"S","other":"S","sizes":["M","S"],"name":"S"}`)
	task := a.create("task", `{"title":"Call","size":"S"}`)
	remove := func(options string) {
		t.Helper()
		a.want(200, "PATCH", "/schemas", enumPatch("deal", options, `{"size":{"enum":"remove"},"sizes":{"enum":"remove"}}`)).equals(`true`, "data", 0, "attributes", "isValid")
	}
	remove(`{"size":{"enum":["S"]},"sizes":{"properties":{"items":{"items":{"enum":["S"]}}}}}`)
	got := a.get("deal", one)
	got.equals(`null`, "data", "attributes", "size")
	got.equals(`["M"]`, "data", "attributes", "sizes")
	got.equals(`"S"`, "data", "attributes", "other")
	got.equals(`"S"`, "data", "attributes", "name")
	a.get("task", task).equals(`"S"`, "data", "attributes", "size")
	if have, want := a.property("deal", "sizes"), `{"items":{"enum":["M"],"type":"string","xClarifyEnumMetadata":{}},"type":["array","null"],"xClarifyPresentation":{"rank":18}}`; have != want {
		t.Errorf("the field is %s, want %s", have, want)
	}
	a.want(204, "DELETE", "/objects/deal/records/"+one, nil)
	if now := a.list("deal").raw; now != seeded {
		t.Errorf("the seeded deals were %s and are %s", seeded, now)
	}

	// Values that were there before the field was a select may be no option at all.
	odd := a.create("deal", `{"odd":5}`)
	a.addFields("deal", `{"odd":{"type":["string","null"],"enum":["x"]}}`)
	a.want(200, "PATCH", "/schemas", enumPatch("deal", `{"odd":{"enum":["x"]}}`, `{"odd":{"enum":"remove"}}`))
	a.get("deal", odd).equals(`5`, "data", "attributes", "odd")
}

// A relationship keeps what the contract lets its fields say.
func TestRelationshipsKeepWhatTheContractHas(t *testing.T) {
	a := start(t, atOnce)
	a.customObject(`{}`)
	more := `"xClarifyPresentation":{"rank":0.25},"xClarifyAIField":{"prompt":[],"isInternetSearchEnabled":false,"model":"fast","triggers":[{"plugin_id":"x","filters":[],"input":{}}]},"xClarifyRelationship":{"mergeable":true,"aiFieldTraversable":{"atDepth":2},`
	one := strings.Replace(manyToOneEnd("person", "vehicles"), `"xClarifyRelationship":{`, more, 1)
	many := strings.Replace(toManyEnd("one-to-many", "c_vehicle", "owner_id"), `"xClarifyRelationship":{`, strings.Replace(more, `{"atDepth":2}`, `false`, 1), 1)
	a.want(202, "POST", "/schemas/person/relationships", newRelationship(`"c_vehicle":{"owner_id":`+one+`}`, `"person":{"vehicles":`+many+`}`))
	for _, part := range []string{`"xClarifyPresentation":{"rank":0.25}`, `"aiFieldTraversable":{"atDepth":2}`, `"mergeable":true`, `"model":"fast"`} {
		if have := a.property("c_vehicle", "owner_id"); !strings.Contains(have, part) {
			t.Errorf("%s is not in %s", part, have)
		}
	}
	if have := a.property("person", "vehicles"); !strings.Contains(have, `"aiFieldTraversable":false`) {
		t.Errorf("the field is %s", have)
	}
	for _, wrong := range []string{
		strings.Replace(one, `"atDepth":2`, `"atDepth":3`, 1),
		strings.Replace(one, `"mergeable":true`, `"mergeable":"yes"`, 1),
		strings.Replace(one, `"model":"fast"`, `"model":"slow"`, 1),
		strings.Replace(one, `"rank":0.25`, `"rank":"1"`, 1),
		strings.Replace(one, `"title":"One"`, `"title":""`, 1),
		strings.Replace(one, `"field":"vehicles"`, `"field":""`, 1),
	} {
		wrong = strings.Replace(wrong, `"vehicles"`, `"cars"`, 1)
		body := newRelationship(`"c_vehicle":{"driver_id":`+wrong+`}`, `"person":{"cars":`+toManyEnd("one-to-many", "c_vehicle", "driver_id")+`}`)
		got := a.want(422, "POST", "/schemas/person/relationships", body)
		a.srv.TakeViolations()
		if at := got.errorObject().Source.Pointer; !strings.HasPrefix(at, "/data/attributes/c_vehicle/driver_id") {
			t.Errorf("%s: the pointer is %q", wrong, at)
		}
	}
}

// Names of relationships are one segment of a path, whatever they are made of.
func TestRelationshipsWithUnusualNames(t *testing.T) {
	a := start(t, atOnce)
	for _, name := range []string{"vehículos alquilados", "a/b", "x?y#z", "50%", "a|b", "日本"} {
		a.want(202, "POST", "/schemas/person/relationships", newRelationship(`"person":{`+asJSON(t, name)+`:`+toManyEnd("many-to-many", "deal", "of "+name)+`}`, `"deal":{`+asJSON(t, "of "+name)+`:`+toManyEnd("many-to-many", "person", name)+`}`))
		ada, deal := a.create("person", `{}`), a.create("deal", `{}`)
		a.link("person", ada, url.PathEscape(name), "deal", deal)
		equal(t, name, a.linked("person", ada, url.PathEscape(name)), []string{deal})
		equal(t, "of "+name, a.linked("deal", deal, url.PathEscape("of "+name)), []string{ada})
		a.list("person", "include", name).equals(`"`+deal+`"`, "included", 0, "id")
		checkTask(t, a.want(200, "DELETE", "/schemas/person/relationships/"+url.PathEscape(name), nil))
		if a.property("deal", "of "+name) != "" {
			t.Errorf("%s is still there", name)
		}
	}
}

// The plural of an object names a relationship only if there is one.
func TestAPluralThatLeadsTwoWaysIsNoRelationship(t *testing.T) {
	a := start(t, atOnce, clarifytest.WithQuirkRelationshipNames(true), clarifytest.WithQuirkIncludeRelationshipNames(true))
	ada := a.create("person", `{}`)
	equal(t, "one way", a.linked("person", ada, "companies"), nil)
	a.want(202, "POST", "/schemas/person/relationships", newRelationship(`"person":{"former_id":`+manyToOneEnd("company", "formers")+`}`, `"company":{"formers":`+toManyEnd("one-to-many", "person", "former_id")+`}`))
	a.want(200, "GET", "/objects/person/resources?include=company,former", nil)
	a.rejected(404, "", "GET", relationshipPath("person", ada, "companies"), nil)
	a.rejected(400, "", "GET", "/objects/person/resources?include=companies", nil)
	for _, name := range []string{"company", "company_id", "former", "former_id"} {
		equal(t, name, a.linked("person", ada, name), nil)
	}
}

// To-many relationships are no attributes, in no way to write a record.
func TestToManyRelationshipsAreNoAttributes(t *testing.T) {
	a := start(t, atOnce)
	a.customObject(`{"plate":{"type":["string","null"],"xClarifyUnique":true}}`)
	a.want(202, "POST", "/schemas/c_vehicle/relationships", newRelationship(`"c_vehicle":{"drivers":`+toManyEnd("many-to-many", "person", "drives")+`}`, `"person":{"drives":`+toManyEnd("many-to-many", "c_vehicle", "drivers")+`}`))
	car, ada := a.create("c_vehicle", `{"plate":"A"}`), a.create("person", `{}`)
	for _, value := range []string{`[]`, `null`, `["` + ada + `"]`, `{"data":[]}`} {
		attributes := `{"drivers":` + value + `}`
		a.rejected(422, "/data/attributes/drivers", "POST", "/objects/c_vehicle/records", oneRecord("c_vehicle", attributes))
		a.rejected(422, "/data/attributes/drivers", "POST", "/objects/c_vehicle/resources", oneRecord("c_vehicle", attributes))
		a.rejected(422, "/data/0/attributes/drivers", "POST", "/objects/c_vehicle/records/bulk", `{"data":[{"type":"c_vehicle","attributes":`+attributes+`}]}`)
		a.rejected(422, "/data/0/attributes/drivers", "PATCH", "/objects/c_vehicle/records", `{"data":[{"type":"c_vehicle","id":"`+car+`","attributes":`+attributes+`}]}`)
		a.rejected(422, "/data/attributes/drivers", "POST", "/objects/c_vehicle/records", `{"data":{"type":"c_vehicle","attributes":{"plate":"A","drivers":`+value+`}},"match_on":"plate"}`)
		a.rejected(422, "/data/attributes/drives", "PATCH", "/objects/person/records/"+ada, `{"data":{"type":"person","id":"`+ada+`","attributes":{"drives":`+value+`}}}`)
	}
	a.get("c_vehicle", car).lacks("data", "relationships")
}

// A layout that names a field stays as it is when the field goes.
func TestLayoutsOutliveWhatTheyName(t *testing.T) {
	a := start(t, atOnce)
	a.customObject(`{"plate":{"type":["string","null"]},"size":{"type":["string","null"]}}`)
	follows := a.want(200, "GET", "/layouts/c_vehicle-page", nil)
	follows.equals(`"plate"`, "tree", "children", 2, "children", 0, "children", 0, "props", "fieldSlug")
	a.want(202, "PATCH", "/schemas/c_vehicle/fields-order", `{"data":{"type":"schema-property-order","attributes":{"order":["size"]}}}`)
	a.want(200, "GET", "/layouts/c_vehicle-page", nil).equals(`"size"`, "tree", "children", 2, "children", 0, "children", 0, "props", "fieldSlug")

	tree := strings.Replace(pageTree, `"children":[],"id":"w"`, `"children":[{"children":[{"id":"f","props":{"fieldSlug":"plate"},"type":"Field"}],"id":"x","type":"FieldsWidget"}],"id":"w"`, 1)
	changed := a.want(200, "PATCH", "/layouts/c_vehicle-page", newLayout("c_vehicle-page", tree))
	changed.equals(tree, "tree")
	a.want(200, "PUT", "/schemas/objects/c_vehicle", withID("c_vehicle", `{"properties":{"size":{"type":["string","null"]}}}`))
	if now := a.want(200, "GET", "/layouts/c_vehicle-page", nil); now.raw != changed.raw {
		t.Errorf("it was %s and is %s", changed.raw, now.raw)
	}
	if reset := a.want(200, "POST", "/layouts/c_vehicle-page/reset", nil); strings.Contains(reset.raw, "plate") {
		t.Errorf("it is %s", reset.raw)
	}
}
