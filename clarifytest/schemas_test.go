package clarifytest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// atOnce makes each change of a schema take effect before its response.
var atOnce = clarifytest.WithSchemaLag(0, 0)

const (
	entities = "https://getclarify.ai/schemas/entities/"
	core     = "https://getclarify.ai/schemas/core/"
)

// eachSchema reads the schemas of all pages until visit returns false.
func (a *api) eachSchema(visit func(id string, attributes map[string]any) bool) {
	a.t.Helper()
	for target := "/schemas"; target != ""; {
		got := a.want(200, "GET", target, nil)
		for i, id := range got.ids() {
			if !visit(id, got.at("data", i, "attributes").(map[string]any)) {
				return
			}
		}
		target, _ = got.at("links", "next").(string)
	}
}

// schema returns the JSON Schema of an object.
func (a *api) schema(object string) (found map[string]any) {
	a.t.Helper()
	a.eachSchema(func(id string, attributes map[string]any) bool {
		if id == entities+object {
			found = attributes
		}
		return found == nil
	})
	return found
}

// schemas returns all schemas as JSON.
func (a *api) schemas() string {
	a.t.Helper()
	var all []any
	a.eachSchema(func(_ string, attributes map[string]any) bool {
		all = append(all, attributes)
		return true
	})
	return asJSON(a.t, all)
}

// withID is the JSON Schema of an object with its $id.
func withID(object, schema string) string {
	return strings.Replace(fmt.Sprintf(`{"$id":%q,`, entities+object)+schema[1:], ",}", "}", 1)
}

// property returns the JSON Schema of a field as JSON, empty if there is none.
func (a *api) property(object, field string) string {
	a.t.Helper()
	properties, _ := a.schema(object)["properties"].(map[string]any)
	if properties[field] == nil {
		return ""
	}
	return asJSON(a.t, properties[field])
}

// objects returns the names of the objects that have records.
func (a *api) objects() []string {
	a.t.Helper()
	var names []string
	a.eachSchema(func(id string, _ map[string]any) bool {
		if name, ok := strings.CutPrefix(id, entities); ok && name != "user" && name != "meeting_recording" {
			names = append(names, name)
		}
		return true
	})
	return names
}

// customObject makes an object c_vehicle with the fields.
func (a *api) customObject(properties string) {
	a.t.Helper()
	a.want(201, "POST", "/schemas/objects", `{"name":"Vehicle","plural":"Vehicles","properties":`+properties+`}`)
}

func newFields(fields string) string {
	return `{"data":{"type":"schema-properties","attributes":` + fields + `}}`
}

func (a *api) addFields(object, fields string) {
	a.t.Helper()
	a.want(202, "POST", "/schemas/"+object+"/properties", newFields(fields)).equals(`{}`)
}

var standardObjects = []string{"person", "company", "deal", "meeting", "task"}

func TestAChangeOfTheSchemasTakesTime(t *testing.T) {
	body := func(name string) string { return newFields(`{"` + name + `":{"type":"boolean"}}`) }
	t.Run("one request", func(t *testing.T) {
		a := start(t, clarifytest.WithClock(newClock().Now))
		a.want(202, "POST", "/schemas/person/properties", body("one"))
		a.rejected(409, "", "POST", "/schemas/person/properties", body("two"))
		a.want(202, "POST", "/schemas/person/properties", body("two"))
		if a.property("person", "one") == "" {
			t.Error("the first field is not there")
		}
		if a.property("person", "two") == "" {
			t.Error("the second field is not there")
		}
	})
	t.Run("meanwhile the schemas are as before", func(t *testing.T) {
		a := start(t, clarifytest.WithClock(newClock().Now), clarifytest.WithSchemaLag(2, time.Hour))
		a.want(202, "POST", "/schemas/person/properties", body("vip"))
		a.rejected(422, "/data/attributes/vip", "POST", "/objects/person/records", oneRecord("person", `{"vip":true}`))
		if a.property("person", "vip") != "" {
			t.Error("the field is there already")
		}
		a.create("person", `{"vip":true}`)
	})
	t.Run("or so much time", func(t *testing.T) {
		c := newClock()
		a := start(t, clarifytest.WithClock(c.Now), clarifytest.WithSchemaLag(1000, time.Minute))
		a.want(202, "POST", "/schemas/person/properties", body("vip"))
		c.Add(time.Minute - 1)
		a.rejected(409, "", "DELETE", "/schemas/objects/person", nil)
		a.rejected(409, "", "POST", "/schemas/objects", `{"name":"x","plural":"y"}`)
		c.Add(1)
		a.want(201, "POST", "/schemas/objects", `{"name":"x","plural":"y"}`)
	})
	t.Run("in each workspace by itself", func(t *testing.T) {
		a := start(t, clarifytest.WithClock(newClock().Now), clarifytest.WithSchemaLag(1000, time.Minute))
		a.want(202, "POST", "/schemas/person/properties", body("vip"))
		a.elsewhere().want(202, "POST", "/schemas/person/properties", body("vip"))
	})
	t.Run("requests that are rejected before do not count", func(t *testing.T) {
		a := start(t, clarifytest.WithClock(newClock().Now))
		a.want(202, "POST", "/schemas/person/properties", body("vip"))
		for range 3 {
			a.as("api-key wrong").want(401, "GET", "/schemas", nil)
		}
		a.rejected(409, "", "POST", "/schemas/person/properties", body("x"))
	})
	t.Run("a snapshot has it", func(t *testing.T) {
		a := start(t, clarifytest.WithClock(newClock().Now), clarifytest.WithSchemaLag(2, time.Hour))
		a.want(202, "POST", "/schemas/person/properties", body("vip"))
		snapshot := a.srv.Snapshot()
		for range 2 {
			for range 2 {
				if a.property("person", "vip") != "" {
					t.Error("the field is there already")
				}
			}
			if a.property("person", "vip") == "" {
				t.Error("the field is not there")
			}
			a.srv.Restore(snapshot)
		}
	})
}

func TestChangesOfTheSchemasAreRejectedWith409WhileOneIsMade(t *testing.T) {
	a := start(t, clarifytest.WithClock(newClock().Now), clarifytest.WithSchemaLag(1000, time.Hour))
	a.customObject(`{"plate":{"type":["string","null"]},"color":{"type":["string","null"],"enum":["red"]}}`)
	a.want(202, "POST", "/schemas/person/properties", newFields(`{"vip":{"type":"boolean"}}`))
	for _, test := range []struct{ method, path, body string }{
		{"POST", "/schemas/objects", `{"name":"Boat","plural":"Boats"}`},
		{"PUT", "/schemas/objects/c_vehicle", withID("c_vehicle", `{"properties":{}}`)},
		{"DELETE", "/schemas/objects/c_vehicle", ``},
		{"POST", "/schemas/c_vehicle/properties", newFields(`{"x":{"type":"boolean"}}`)},
		{"PATCH", "/schemas/c_vehicle/fields-order", `{"data":{"type":"schema-property-order","attributes":{"order":["plate"]}}}`},
		{"PATCH", "/schemas/c_vehicle/fields-visibility", `{"data":{"type":"schema-property-visibility","attributes":{"hiddenInDetails":{"plate":true}}}}`},
		{"POST", "/schemas/c_vehicle/relationships", newRelationship(`"c_vehicle":{"owner_id":`+manyToOneEnd("person", "vehicles")+`}`, `"person":{"vehicles":`+toManyEnd("one-to-many", "c_vehicle", "owner_id")+`}`)},
		{"DELETE", "/schemas/person/relationships/deals", ``},
		{"PATCH", "/schemas", enumPatch("c_vehicle", `{"color":{"enum":["blue"]}}`, `{"color":{"enum":"append"}}`)},
	} {
		var body any
		if test.body != "" {
			body = test.body
		}
		got := a.rejected(409, "", test.method, test.path, body)
		if !strings.Contains(got.errorObject().Detail, "Try again") {
			t.Errorf("%s %s: %s", test.method, test.path, got.raw)
		}
	}
	a.srv.AssertNoViolations(t)
}

func checkTask(t *testing.T, got *response) {
	t.Helper()
	got.equals(`"async-task"`, "data", "type")
	got.equals(`"schema_modification"`, "data", "attributes", "type")
	got.equals(`"`+got.id()+`"`, "data", "attributes", "_id")
	got.equals(`null`, "data", "attributes", "completed_at")
	if !strings.HasPrefix(got.text("data", "attributes", "user_id"), "google-oauth2|") {
		t.Errorf("the user is %s", got.text("data", "attributes", "user_id"))
	}
}

func TestARejectedChangeOfTheSchemasLeavesNoTrace(t *testing.T) {
	a := start(t, clarifytest.WithClock(newClock().Now))
	a.rejected(422, "/data/attributes/x/type", "POST", "/schemas/person/properties", newFields(`{"x":{}}`))
	a.want(202, "POST", "/schemas/person/properties", newFields(`{"x":{"type":"boolean"}}`))
}

func TestNoWriteSlipsThroughAChangeOfTheSchemas(t *testing.T) {
	a := start(t, clarifytest.WithRateLimit(1<<30), clarifytest.WithoutValidation())
	a.addFields("task", `{"size":{"type":["string","null"],"enum":["S","M"]}}`)
	a.objects()
	stop, done := make(chan struct{}), make(chan struct{})
	for range 4 {
		go func() {
			defer func() { done <- struct{}{} }()
			for {
				select {
				case <-stop:
					return
				default:
					a.send("POST", "/objects/task/records", oneRecord("task", `{"title":"Call","size":"S"}`))
				}
			}
		}()
	}
	for range 20 {
		a.want(200, "PATCH", "/schemas", enumPatch("task", `{"size":{"enum":["S"]}}`, `{"size":{"enum":"remove"}}`))
		if n := len(a.list("task", "filter[size][Is not empty]", "", "page[limit]", "1").ids()); n > 0 {
			t.Error("a record has an option that is no more")
		}
		a.want(200, "PATCH", "/schemas", enumPatch("task", `{"size":{"enum":["S"]}}`, `{"size":{"enum":"append"}}`))
	}
	close(stop)
	for range 4 {
		<-done
	}
}
