package clarifytest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

func newLayout(id, tree string) string {
	return fmt.Sprintf(`{"data":{"type":"layout","id":%q,"attributes":{"tree":%s}}}`, id, tree)
}

const (
	navigationTree = `{"children":[{"children":[{"id":"l","props":{"entity":"deal","listId":"x"},"type":"NavLink"}],"id":"g","props":{"name":"Sales"},"type":"NavGroup"}],"version":1}`
	pageTree       = `{"children":[{"children":[],"id":"t","type":"Tabs"},{"children":[],"id":"w","type":"Widgets"},{"children":[{"id":"l","type":"RelatedLists"}],"id":"s","type":"Sidebar"}],"version":1}`
)

func TestLayoutsFollowTheSchemas(t *testing.T) {
	a := start(t, atOnce)
	navigation := a.want(200, "GET", "/layouts/navigation", nil)
	navigation.equals(`"person"`, "tree", "children", 0, "children", 0, "props", "entity")
	navigation.equals(`null`, "_updated_at")
	for _, object := range standardObjects {
		got := a.want(200, "GET", "/layouts/"+object+"-page", nil)
		got.equals(`"`+object+`-page"`, "_id")
		got.equals(`"Tabs"`, "tree", "children", 0, "type")
		got.equals(`"Sidebar"`, "tree", "children", 2, "type")
	}
	a.want(200, "GET", "/layouts/person-page", nil).equals(`{"kind":"related-records","name":"Deals","relationshipSlug":"deals"}`, "tree", "children", 0, "children", 1, "props")

	a.customObject(`{"plate":{"type":["string","null"]},"secret":{"type":["string","null"]}}`)
	a.want(202, "PATCH", "/schemas/c_vehicle/fields-visibility", `{"data":{"type":"schema-property-visibility","attributes":{"hiddenInDetails":{"secret":true}}}}`)
	page := a.want(200, "GET", "/layouts/c_vehicle-page", nil)
	page.equals(`[{"id":"detail-plate","props":{"fieldSlug":"plate"},"type":"Field"}]`, "tree", "children", 2, "children", 0, "children")
	if navigation := a.want(200, "GET", "/layouts/navigation", nil).raw; !strings.Contains(navigation, "c_vehicle") {
		t.Errorf("the navigation is %s", navigation)
	}
	a.elsewhere().rejected(404, "", "GET", "/layouts/c_vehicle-page", nil)

	a.want(200, "PATCH", "/layouts/c_vehicle-page", newLayout("c_vehicle-page", pageTree))
	a.want(200, "DELETE", "/schemas/objects/c_vehicle", nil)
	a.rejected(404, "", "GET", "/layouts/c_vehicle-page", nil)
	a.customObject(`{}`)
	a.want(200, "GET", "/layouts/c_vehicle-page", nil).equals(`null`, "_updated_at")
}

func TestLayoutsAreChangedAndReset(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	for id, tree := range map[string]string{"navigation": navigationTree, "deal-page": pageTree} {
		first := a.want(200, "GET", "/layouts/"+id, nil)
		got := a.want(200, "PATCH", "/layouts/"+id+"?silent=true", newLayout(id, tree))
		got.equals(tree, "tree")
		got.equals(`"`+id+`"`, "_id")
		got.equals(`"`+c.Now().Format("2006-01-02T15:04:05.000Z")+`"`, "_updated_at")
		if user := got.text("_updated_by"); !strings.HasPrefix(user, "google-oauth2|") {
			t.Errorf("updated by %s", user)
		}
		if read := a.want(200, "GET", "/layouts/"+id, nil); read.raw != got.raw {
			t.Errorf("get returned %s, update returned %s", read.raw, got.raw)
		}
		if other := a.elsewhere().want(200, "GET", "/layouts/"+id, nil); other.raw != first.raw {
			t.Errorf("another workspace has %s", other.raw)
		}
		c.Add(time.Second)
		for range 2 {
			if reset := a.want(200, "POST", "/layouts/"+id+"/reset?silent=true", nil); reset.raw != first.raw {
				t.Errorf("reset responds %s, it was %s", reset.raw, first.raw)
			}
		}
		if read := a.want(200, "GET", "/layouts/"+id, nil); read.raw != first.raw {
			t.Errorf("it was %s and is %s", first.raw, read.raw)
		}
	}
}

func TestLayoutsReject(t *testing.T) {
	a := start(t)
	a.want(200, "PATCH", "/layouts/deal-page", newLayout("deal-page", pageTree))
	before := a.want(200, "GET", "/layouts/deal-page", nil).raw
	for _, test := range []struct {
		name    string
		body    string
		status  int
		pointer string
	}{
		{"another id", newLayout("person-page", pageTree), 422, "/data/id"},
		{"no tree", `{"data":{"type":"layout","id":"deal-page","attributes":{}}}`, 422, "/data/attributes/tree"},
		{"a tree that is no object", newLayout("deal-page", `[]`), 422, "/data/attributes/tree"},
		{"the tree of the navigation", newLayout("deal-page", navigationTree), 422, "/data/attributes/tree/children"},
		{"another version", newLayout("deal-page", strings.Replace(pageTree, `"version":1`, `"version":2`, 1)), 422, "/data/attributes/tree/version"},
		{"a part without children", newLayout("deal-page", strings.Replace(pageTree, `"children":[],"id":"t"`, `"id":"t"`, 1)), 422, "/data/attributes/tree/children/0/children"},
		{"no data", `{}`, 422, "/data"},
		{"another member", strings.Replace(newLayout("deal-page", pageTree), `"type":"layout"`, `"type":"layout","x":1`, 1), 422, "/data"},
		{"malformed JSON", `{`, 400, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := *a
			b.t = t
			b.rejected(test.status, test.pointer, "PATCH", "/layouts/deal-page", test.body)
			if after := b.want(200, "GET", "/layouts/deal-page", nil).raw; after != before {
				t.Errorf("it was %s and is %s", before, after)
			}
		})
	}
	a.rejected(422, "/data/attributes/tree/children/0/type", "PATCH", "/layouts/navigation", newLayout("navigation", pageTree))
	a.rejected(400, "", "PATCH", "/layouts/deal-page?silent=x", newLayout("deal-page", pageTree))
	a.rejected(400, "", "POST", "/layouts/deal-page/reset?silent=x", nil)
	for _, id := range []string{"c_none-page", "deal", "-page", "x"} {
		a.rejected(404, "", "GET", "/layouts/"+id, nil)
		a.rejected(404, "", "PATCH", "/layouts/"+id, newLayout(id, pageTree))
		a.rejected(404, "", "POST", "/layouts/"+id+"/reset", nil)
	}
	a.guarded("GET", "/layouts/deal-page", nil)
	a.guarded("PATCH", "/layouts/deal-page", newLayout("deal-page", pageTree))
	a.guarded("POST", "/layouts/deal-page/reset", nil)
}
