package api

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

type workflowDocument struct {
	Data workflowResource `json:"data"`
}

// sequencePlugins are the plugins of the trigger and the blocks of a sequence.
var sequencePlugins = []string{
	"clarify:email-validation", "clarify:send:email", "general:delay:for", "on:clarify:add-to-list", "on:manual:execution",
}

// pluginFits reports whether a workflow of a type may use a plugin of the contract. Only
// sequences send email.
func pluginFits(kind, plugin string) bool {
	if kind == workflowSequence {
		return slices.Contains(sequencePlugins, plugin)
	}
	return plugin != "clarify:send:email" && plugin != "clarify:email-validation" && !strings.HasPrefix(plugin, "on:email:")
}

// definition has the attributes of a workflow that a request sets, but for the type,
// which only createWorkflow sets.
var definition = []string{"name", "description", "enabled", "exits", "run_limits", "trigger", "blocks"}

// createWorkflow: POST /workflows
func createWorkflow(c *Call) (Response, error) {
	_, sent, err := c.workflowSent("CreateWorkflowRequest")
	if err != nil {
		return Response{}, err
	}
	attributes := map[string]any{"exits": map[string]any{}, "run_limits": map[string]any{}, "published_at": nil, "type": sent["type"]}
	keep(attributes, sent, definition...)
	if err := checkWorkflow(attributes); err != nil {
		return Response{}, err
	}
	var response workflowDocument
	err = c.State.write(c.User, func(change *change) error {
		w := workflow{
			id:         change.state.NewID(),
			attributes: attributes,
			createdAt:  change.Now,
			createdBy:  change.User,
			updatedAt:  change.Now,
			updatedBy:  change.User,
		}
		change.state.workflows.Put(change.Tx, w.id, w)
		response.Data = w.resource()
		return nil
	})
	return Response{http.StatusCreated, response}, err
}

// workflowSent reads a request whose body is a workflow.
func (c *Call) workflowSent(schema string) (data, attributes map[string]any, err error) {
	if err := readSilent(c.Query); err != nil {
		return nil, nil, err
	}
	document, err := c.document()
	if err == nil {
		err = c.conform(document, schema, "")
	}
	if err != nil {
		return nil, nil, err
	}
	data, _ = document["data"].(map[string]any)
	attributes, _ = data["attributes"].(map[string]any)
	if data["type"] != "workflow" {
		return nil, nil, values.Invalid("/data/type", `The type must be "workflow".`)
	}
	return data, attributes, nil
}

func keep(attributes, sent map[string]any, names ...string) {
	for _, name := range names {
		if value, ok := sent[name]; ok {
			attributes[name] = value
		}
	}
}

// checkWorkflow checks what the contract's schemas cannot express: that the plugins suit
// the type, and that the trigger and the blocks form a chain.
func checkWorkflow(attributes map[string]any) error {
	const at values.Pointer = "/data/attributes"
	kind, _ := attributes["type"].(string)
	trigger, _ := attributes["trigger"].(map[string]any)
	blocks, _ := attributes["blocks"].(map[string]any)
	var found values.Problems
	plugin, _ := trigger["plugin_id"].(string)
	if !strings.HasPrefix(plugin, "on:") || !pluginFits(kind, plugin) {
		found.Add(values.Invalid(at.Member("trigger").Member("plugin_id"), "%s is no trigger of a %s.", plugin, kind))
	}
	all := map[string]map[string]any{}
	first, _ := trigger["_id"].(string)
	all[first] = trigger
	for _, key := range slices.Sorted(maps.Keys(blocks)) {
		block, _ := blocks[key].(map[string]any)
		blockAt := at.Member("blocks").Member(key)
		if block["_id"] != key || key == first {
			found.Add(values.Invalid(blockAt.Member("_id"), "The id must be the name that the block has among the blocks, and not the trigger's."))
		}
		if plugin, _ := block["plugin_id"].(string); !pluginFits(kind, plugin) {
			found.Add(values.Invalid(blockAt.Member("plugin_id"), "A %s has no blocks of the plugin %s.", kind, plugin))
		}
		all[key] = block
	}
	if err := found.Err(); err != nil {
		return err
	}
	found.Add(checkLinks(all, first, at.Member("trigger")))
	for _, key := range slices.Sorted(maps.Keys(blocks)) {
		found.Add(checkLinks(all, key, at.Member("blocks").Member(key)))
	}
	return found.Err()
}

// checkLinks checks that the blocks before and after a block exist and refer to it.
func checkLinks(all map[string]map[string]any, id string, at values.Pointer) error {
	var found values.Problems
	for _, link := range [][2]string{{"next", "prev"}, {"prev", "next"}} {
		member, back := link[0], link[1]
		other, ok := all[id][member].(string)
		if ok && (all[other] == nil || all[other][back] != any(id)) {
			found.Add(values.Invalid(at.Member(member), "There is no block %q whose %s is %q.", other, back, id))
		}
	}
	return found.Err()
}

// updateWorkflow: PATCH /workflows/{id}
func updateWorkflow(c *Call) (Response, error) {
	data, sent, err := c.workflowSent("UpdateWorkflowRequest")
	if err != nil {
		return Response{}, err
	}
	id := c.Request.PathValue("id")
	if data["id"] != id {
		return Response{}, values.Invalid("/data/id", "The id must be the one in the path.")
	}
	var response workflowDocument
	err = c.State.write(c.User, func(change *change) error {
		w, err := change.state.workflows.Get("workflow", id)
		if err != nil {
			return err
		}
		if kind, ok := sent["type"]; ok && kind != w.attributes["type"] {
			return values.Invalid("/data/attributes/type", "The type of a workflow does not change.")
		}
		w.attributes = maps.Clone(w.attributes)
		keep(w.attributes, sent, definition...)
		keep(w.attributes, sent, "published_at")
		if err := checkWorkflow(w.attributes); err != nil {
			return err
		}
		w.updatedAt, w.updatedBy = change.Now, change.User
		change.state.workflows.Put(change.Tx, id, w)
		response.Data = w.resource()
		return nil
	})
	return Response{http.StatusOK, response}, err
}

// getWorkflow: GET /workflows/{id}
func getWorkflow(c *Call) (Response, error) {
	var response workflowDocument
	s := c.State
	err := s.Read(func() error {
		w, err := s.workflows.Get("workflow", c.Request.PathValue("id"))
		if err == nil {
			response.Data = w.resource()
		}
		return err
	})
	return Response{http.StatusOK, response}, err
}

// getWorkflows: GET /workflows
func getWorkflows(c *Call) (Response, error) {
	filter, err := c.choices("filter")
	if err != nil {
		return Response{}, err
	}
	var found []workflow
	s := c.State
	_ = s.Read(func() error {
		found = s.workflows.Where(func(w workflow) bool { return filter == nil || w.attributes["type"] == filter["type"] })
		return nil
	})
	known := c.Contract.Schema("WorkflowAttributes")
	page, err := pageOf(c, found, func(w workflow, name string) (any, bool) {
		if name == "id" {
			return w.id, true
		}
		if _, ok := known.Member(name); !ok {
			return nil, false
		}
		return w.resource().Attributes[name], true
	})
	return Response{http.StatusOK, rendered(page, workflow.resource)}, err
}

// deleteWorkflow: DELETE /workflows/{id}
func deleteWorkflow(c *Call) (Response, error) {
	if err := readSilent(c.Query); err != nil {
		return Response{}, err
	}
	err := c.State.write(c.User, func(change *change) error {
		s := change.state
		w, err := s.workflows.Get("workflow", c.Request.PathValue("id"))
		if err != nil {
			return err
		}
		s.workflows.Remove(change.Tx, w.id)
		for _, r := range s.recipients.Where(func(r recipient) bool { return r.campaign == w.id }) {
			s.recipients.Remove(change.Tx, r.ID)
		}
		return nil
	})
	return Response{http.StatusAccepted, struct{}{}}, err
}
