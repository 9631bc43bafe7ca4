package clarifytest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// block is a block of a workflow. prev and next may be empty.
func block(id, plugin, prev, next string) string {
	name := func(id string) string {
		if id == "" {
			return "null"
		}
		return fmt.Sprintf("%q", id)
	}
	return fmt.Sprintf(`{"_id":%q,"plugin_id":%q,"filters":[],"input":{},"prev":%s,"next":%s}`, id, plugin, name(prev), name(next))
}

// newWorkflow is a workflow of two blocks, with other members where they are given.
func newWorkflow(kind string, others ...string) string {
	members := map[string]string{
		"name": `"Greet"`, "description": `"Says hello"`, "enabled": "false", "type": `"` + kind + `"`,
		"trigger": block("t", "on:manual:execution", "", "a"),
		"blocks":  `{"a":` + block("a", "general:delay:for", "t", "b") + `,"b":` + block("b", "general:delay:for", "a", "") + `}`,
	}
	for i := 0; i < len(others); i += 2 {
		members[others[i]] = others[i+1]
		if others[i+1] == "" {
			delete(members, others[i])
		}
	}
	return `{"data":{"type":"workflow","attributes":` + object(members) + `}}`
}

func object(members map[string]string) string {
	var texts []string
	for name, value := range members {
		texts = append(texts, fmt.Sprintf("%q:%s", name, value))
	}
	slices.Sort(texts)
	return "{" + strings.Join(texts, ",") + "}"
}

func workflowUpdate(id, attributes string) string {
	return fmt.Sprintf(`{"data":{"type":"workflow","id":%q,"attributes":%s}}`, id, attributes)
}

func TestWorkflows(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	b, ada := a.colleague(t, clarifytest.User{})
	made := a.want(201, "POST", "/workflows?silent=true", newWorkflow("workflow"))
	id := made.id()
	made.equals(`"workflow"`, "data", "type")
	for member, want := range map[string]string{
		"_id": `"` + id + `"`, "name": `"Greet"`, "enabled": `false`, "type": `"workflow"`, "published_at": `null`, "exits": `{}`, "run_limits": `{}`,
		"_created_at": `"2026-02-03T04:05:06.789Z"`, "_updated_at": `"2026-02-03T04:05:06.789Z"`,
	} {
		made.equals(want, "data", "attributes", member)
	}
	made.equals(`"b"`, "data", "attributes", "blocks", "a", "next")
	path := "/workflows/" + id
	if got := a.want(200, "GET", path, nil); got.raw != made.raw {
		t.Errorf("got %s, made %s", got.raw, made.raw)
	}

	c.Add(time.Second)
	published := b.want(200, "PATCH", path, workflowUpdate(id, `{"enabled":true,"published_at":"2026-03-01T09:00:00.000Z","type":"workflow"}`))
	for member, want := range map[string]string{
		"enabled": `true`, "published_at": `"2026-03-01T09:00:00.000Z"`, "name": `"Greet"`,
		"_updated_at": `"2026-02-03T04:05:07.789Z"`, "_updated_by": asJSON(t, ada.ID), "_created_at": `"2026-02-03T04:05:06.789Z"`,
	} {
		published.equals(want, "data", "attributes", member)
	}
	changed := a.want(200, "PATCH", path, workflowUpdate(id, `{"published_at":null,"name":"X","description":"Y","run_limits":{"max_runs_per_record":1,"cooldown_period_days":null},
		"trigger":`+block("t", "on:clarify:create:record", "", "")+`,"blocks":{},"exits":{"e":`+block("e", "on:email:reply", "", "")+`}}`))
	for member, want := range map[string]string{
		"published_at": `null`, "name": `"X"`, "description": `"Y"`, "blocks": `{}`, "run_limits": `{"cooldown_period_days":null,"max_runs_per_record":1}`,
	} {
		changed.equals(want, "data", "attributes", member)
	}
	changed.equals(`"on:clarify:create:record"`, "data", "attributes", "trigger", "plugin_id")
	changed.equals(`"on:email:reply"`, "data", "attributes", "exits", "e", "plugin_id")
	if got := a.want(202, "DELETE", path, nil); got.raw != "{}\n" {
		t.Errorf("deleted: %s", got.raw)
	}
	a.rejected(404, "", "GET", path, nil)
	a.rejected(404, "", "DELETE", path, nil)
	a.rejected(404, "", "PATCH", path, workflowUpdate(id, `{}`))
}

func TestWorkflowsAreFiltered(t *testing.T) {
	a := start(t)
	general := a.want(201, "POST", "/workflows", newWorkflow("workflow", "name", `"B"`)).id()
	sequence := a.want(201, "POST", "/workflows", newWorkflow("sequence", "name", `"A"`)).id()
	for query, want := range map[string][]string{
		"":                       {general, sequence},
		"?filter[type]=sequence": {sequence},
		"?filter[type]=workflow": {general},
		"?filter[type]=system":   {},
		"?filter[type]=x":        {},
		"?sortOrder[column]=name&sortOrder[dir]=ASC":  {sequence, general},
		"?sortOrder[column]=id&sortOrder[dir]=DESC":   {sequence, general},
		"?sortOrder[column]=type&sortOrder[dir]=DESC": {general, sequence},
		"?page[limit]=1&page[offset]=1":               {sequence},
	} {
		equal(t, query, a.want(200, "GET", "/workflows"+query, nil).ids(), want)
	}
	for _, bad := range []string{"filter[name]=x", "filter=sequence", "filter[type][Is]=x", "page[limit]=x", "sortOrder[column]=name"} {
		a.rejected(400, "", "GET", "/workflows?"+bad, nil)
	}
	if n := len(a.elsewhere().want(200, "GET", "/workflows", nil).ids()); n != 0 {
		t.Errorf("another workspace has %d workflows", n)
	}
}

func TestWorkflowsReject(t *testing.T) {
	a := start(t)
	one := func(b string) string { return `{"a":` + b + `}` }
	for _, test := range []struct{ name, body, pointer string }{
		{"another type of data", strings.Replace(newWorkflow("workflow"), `{"data":{"type":"workflow"`, `{"data":{"type":"list"`, 1), "/data/type"},
		{"no name", newWorkflow("workflow", "name", ""), "/data/attributes/name"},
		{"no trigger", newWorkflow("workflow", "trigger", ""), "/data/attributes/trigger"},
		{"a system workflow", newWorkflow("system"), "/data/attributes/type"},
		{"an unknown plugin", newWorkflow("workflow", "trigger", block("t", "on:x", "", "a")), "/data/attributes/trigger/plugin_id"},
		{"a trigger that is none", newWorkflow("workflow", "trigger", block("t", "code:execute", "", "a")), "/data/attributes/trigger/plugin_id"},
		{"a trigger that is not for sequences", newWorkflow("sequence", "trigger", block("t", "on:clarify:create:record", "", "a")), "/data/attributes/trigger/plugin_id"},
		{"a trigger that is for neither", newWorkflow("workflow", "trigger", block("t", "on:email:reply", "", "a")), "/data/attributes/trigger/plugin_id"},
		{"email in a workflow", newWorkflow("workflow", "blocks", one(block("a", "clarify:send:email", "t", ""))), "/data/attributes/blocks/a/plugin_id"},
		{"code in a sequence", newWorkflow("sequence", "blocks", one(block("a", "code:execute", "t", ""))), "/data/attributes/blocks/a/plugin_id"},
		{"a block under another name", newWorkflow("workflow", "blocks", one(block("b", "code:execute", "t", ""))), "/data/attributes/blocks/a/_id"},
		{"a block with the trigger's id", newWorkflow("workflow", "trigger", block("a", "on:manual:execution", "", ""), "blocks", one(block("a", "code:execute", "", ""))), "/data/attributes/blocks/a/_id"},
		{"a next that is not there", newWorkflow("workflow", "blocks", one(block("a", "code:execute", "t", "b"))), "/data/attributes/blocks/a/next"},
		{"a prev that is not there", newWorkflow("workflow", "trigger", block("t", "on:manual:execution", "", ""), "blocks", one(block("a", "code:execute", "x", ""))), "/data/attributes/blocks/a/prev"},
		{"a next that does not know of it", newWorkflow("workflow", "blocks", one(block("a", "code:execute", "", ""))), "/data/attributes/trigger/next"},
		{"a block that lacks something", newWorkflow("workflow", "blocks", `{"a":{"_id":"a"}}`), "/data/attributes/blocks/a/plugin_id"},
		{"limits that are none", newWorkflow("workflow", "run_limits", `{"max_runs_per_record":"1"}`), "/data/attributes/run_limits/max_runs_per_record"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := *a
			b.t = t
			b.rejected(422, test.pointer, "POST", "/workflows", test.body)
		})
	}
	a.rejected(400, "", "POST", "/workflows", `{`)
	a.rejected(400, "", "POST", "/workflows?silent=x", newWorkflow("workflow"))
	if n := len(a.want(200, "GET", "/workflows", nil).ids()); n != 0 {
		t.Errorf("%d workflows were made", n)
	}

	made := a.want(201, "POST", "/workflows", newWorkflow("sequence"))
	id := made.id()
	path := "/workflows/" + id
	a.rejected(422, "/data/id", "PATCH", path, workflowUpdate("x", `{}`))
	a.rejected(422, "/data/type", "PATCH", path, strings.Replace(workflowUpdate(id, `{}`), "workflow", "x", 1))
	a.rejected(422, "/data/attributes/type", "PATCH", path, workflowUpdate(id, `{"type":"workflow"}`))
	a.rejected(422, "/data/attributes/enabled", "PATCH", path, workflowUpdate(id, `{"enabled":null}`))
	a.rejected(422, "/data/attributes/published_at", "PATCH", path, workflowUpdate(id, `{"published_at":"now"}`))
	a.rejected(422, "/data/attributes/trigger/next", "PATCH", path, workflowUpdate(id, `{"blocks":{}}`))
	a.rejected(422, "/data/attributes/blocks/a/plugin_id", "PATCH", path, workflowUpdate(id, `{"blocks":{"a":`+block("a", "ai:generate", "t", "")+`}}`))
	a.rejected(400, "", "DELETE", path+"?silent=x", nil)
	if got := a.want(200, "GET", path, nil); got.raw != made.raw {
		t.Errorf("it became %s", got.raw)
	}
	a.elsewhere().rejected(404, "", "GET", path, nil)
	a.elsewhere().rejected(404, "", "PATCH", path, workflowUpdate(id, `{}`))
	a.elsewhere().rejected(404, "", "DELETE", path, nil)
	a.guarded("GET", "/workflows", nil)
	a.guarded("POST", "/workflows", newWorkflow("workflow"))
	a.guarded("GET", path, nil)
	a.guarded("PATCH", path, workflowUpdate(id, `{}`))
	a.guarded("DELETE", path, nil)
}
