package backup

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"

	"github.com/clarify-go/clarify/gen"
)

// listMembers are the members of a list that a request sets.
var listMembers = []string{"title", "emoji", "description", "layout", "options", "query", "rank"}

// lists creates lists, and makes default lists what they were.
func (r *restore) lists(ctx context.Context) error {
	var there []gen.List
	for l, err := range r.client.WorkspaceLists(ctx) {
		if err != nil {
			return err
		}
		there = append(there, l)
	}
	for l, err := range lines[gen.List](r.dir, kindLists+".ndjson") {
		if err == nil && !r.journal.has("lists", l.ID) {
			err = r.list(ctx, l, there)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", l.ID, err)
		}
	}
	return nil
}

func (r *restore) list(ctx context.Context, l gen.List, there []gen.List) error {
	object := l.Attributes.Entity
	attributes, err := attributesAs(l.Attributes)
	if err != nil {
		return err
	}
	attributes, _ = r.replace(attributes, nil).(map[string]any)
	if query, ok := attributes["query"].(map[string]any); ok {
		if sql, ok := query["sql"].(string); ok {
			query["sql"] = r.replaceInText(sql)
		}
	}
	body := maps.Clone(attributes)
	id := ""
	if l.Attributes.Type == gen.ListTypeDefault {
		for _, other := range there {
			if other.Attributes.Type == gen.ListTypeDefault && other.Attributes.Entity == object {
				id = other.ID
				is, err := attributesAs(other.Attributes)
				if err != nil {
					return err
				}
				keep(body, listMembers)
				if keep(is, listMembers); canonical(is) == canonical(body) {
					return r.journal.put("lists", l.ID, id)
				}
			}
		}
		if id == "" {
			r.problems.add("lists", object, "", l.ID, "the workspace has no default list of the object")
			return nil
		}
		err = r.send(ctx, "PATCH", listPath(object, id), body, nil)
	} else {
		keep(body, append([]string{"type", "state"}, listMembers...))
		id, err = r.createList(ctx, object, body, there)
	}
	if err != nil && isAbout(err) {
		r.problems.add("lists", object, "", l.ID, reasonOf(err))
		return nil
	}
	if err != nil {
		return err
	}
	return r.journal.put("lists", l.ID, id)
}

// createList creates a list, unless an earlier attempt has.
func (r *restore) createList(ctx context.Context, object string, body map[string]any, there []gen.List) (string, error) {
	if body["query"] == nil {
		delete(body, "query")
	}
	for _, l := range there {
		is, err := attributesAs(l.Attributes)
		if err != nil {
			return "", err
		}
		if l.Attributes.Entity == object && !r.journal.made("lists", l.ID) && !r.existed("lists", l.ID) &&
			canonical([]any{is["type"], is["title"], is["description"]}) == canonical([]any{body["type"], body["title"], body["description"]}) {
			return l.ID, nil
		}
	}
	var document struct {
		Data struct {
			ID         string `json:"id"`
			Attributes struct {
				State any `json:"state"`
			} `json:"attributes"`
		} `json:"data"`
	}
	if err := r.send(ctx, "POST", listPath(object, ""), body, &document); err != nil {
		return "", err
	}
	if state := body["state"]; state != nil && state != document.Data.Attributes.State {
		action := "/publish"
		if state == "draft" {
			action = "/unpublish"
		}
		if err := r.send(ctx, "POST", listPath(object, document.Data.ID)+action, nil, nil); err != nil {
			return "", err
		}
	}
	return document.Data.ID, nil
}

// attributesAs returns attributes as a map.
func attributesAs(attributes any) (map[string]any, error) {
	raw, err := json.Marshal(attributes)
	if err != nil {
		return nil, err
	}
	return decode(raw)
}

// settings sets the settings that differ.
func (r *restore) settings(ctx context.Context) error {
	var there map[string]any
	var raw json.RawMessage
	if err := r.client.Do(ctx, "GET", "settings", nil, nil, &raw); err != nil {
		return err
	}
	if err := unmarshal(raw, &there); err != nil {
		return err
	}
	for s, err := range lines[settingLine](r.dir, kindSettings+".ndjson") {
		if err != nil {
			return err
		}
		var value any
		if err := unmarshal(s.Value, &value); err != nil {
			return err
		}
		value = r.replace(value, nil)
		if canonical(value) != canonical(there[s.Key]) {
			err := r.repeat(ctx, func() error {
				return r.send(ctx, "POST", "settings", map[string]any{"key": s.Key, "value": value}, nil)
			})
			if err != nil && isAbout(err) {
				r.problems.add("settings", "", s.Key, "", reasonOf(err))
				continue
			}
			if err != nil {
				return err
			}
		}
		if err := r.journal.put("settings", s.Key, ""); err != nil {
			return err
		}
	}
	return nil
}

// workflowMembers are the members of a workflow that a request sets.
var workflowMembers = []string{"name", "description", "type", "exits", "run_limits", "trigger", "blocks"}

// workflows creates workflows, at the end, so that they do not act on what is restored.
func (r *restore) workflows(ctx context.Context) error {
	var there []gen.Workflow
	for w, err := range r.client.Workflows(ctx) {
		if err != nil {
			return err
		}
		there = append(there, w)
	}
	for w, err := range lines[gen.Workflow](r.dir, kindWorkflows+".ndjson") {
		if err == nil && w.Attributes.Type != gen.WorkflowTypeSystem {
			err = r.workflow(ctx, w, there)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", w.ID, err)
		}
	}
	return nil
}

func (r *restore) workflow(ctx context.Context, w gen.Workflow, there []gen.Workflow) error {
	was, err := attributesAs(w.Attributes)
	if err != nil {
		return err
	}
	was, _ = r.replace(was, nil).(map[string]any)
	enabled, _ := was["enabled"].(bool)
	if enabled && !r.config.workflows {
		r.problems.add("workflows", "", "enabled", w.ID, "it was enabled, and is disabled: workflows send emails and call webhooks")
	}
	if r.journal.has("workflows", w.ID) {
		return nil
	}
	body := maps.Clone(was)
	keep(body, workflowMembers)
	id := ""
	for _, other := range there {
		is, err := attributesAs(other.Attributes)
		if err != nil {
			return err
		}
		if keep(is, workflowMembers); canonical(is) == canonical(body) && !r.journal.made("workflows", other.ID) && !r.existed("workflows", other.ID) {
			id = other.ID
			break
		}
	}
	if id == "" {
		body["enabled"] = false
		var document struct {
			Data struct {
				ID string `json:"id"`
			} `json:"data"`
		}
		err = r.send(ctx, "POST", "workflows", map[string]any{"data": map[string]any{"type": "workflow", "attributes": body}}, &document)
		id = document.Data.ID
	}
	if err == nil {
		err = r.publish(ctx, id, was, enabled)
	}
	if err != nil && isAbout(err) {
		r.problems.add("workflows", "", "", w.ID, reasonOf(err))
		return nil
	}
	if err != nil {
		return err
	}
	return r.journal.put("workflows", w.ID, id)
}

// publish enables a workflow, and says when it was published.
func (r *restore) publish(ctx context.Context, id string, was map[string]any, enabled bool) error {
	changes := map[string]any{}
	if enabled && r.config.workflows {
		changes["enabled"] = true
	}
	if was["published_at"] != nil {
		changes["published_at"] = was["published_at"]
	}
	if len(changes) == 0 {
		return nil
	}
	body := map[string]any{"data": map[string]any{"type": "workflow", "id": id, "attributes": changes}}
	return r.repeat(ctx, func() error { return r.send(ctx, "PATCH", "workflows/"+url.PathEscape(id), body, nil) })
}
