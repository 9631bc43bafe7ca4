package api

import (
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
)

// The ids of layouts: that of the navigation, and of the page of an object's
// records, which is the object's name and pageSuffix.
const (
	navigationID = "navigation"
	pageSuffix   = "-page"
)

// summaryFields is how many fields the widget of a record's page has at first.
const summaryFields = 4

// layout is a layout that was changed. One that was not follows from the
// schemas.
type layout struct {
	tree      map[string]any
	updatedBy string
	updatedAt string
}

type layoutDocument struct {
	ID        string         `json:"_id"`
	Tree      map[string]any `json:"tree"`
	CreatedBy *string        `json:"_created_by"`
	UpdatedBy *string        `json:"_updated_by"`
	CreatedAt *string        `json:"_created_at"`
	UpdatedAt *string        `json:"_updated_at"`
}

// layout returns a layout.
func (s *State) layout(id string) (layoutDocument, error) {
	document := layoutDocument{ID: id, Tree: defaultLayout(s.Schemas, id)}
	if document.Tree == nil {
		return layoutDocument{}, NotFound("There is no layout with this id.")
	}
	if changed, ok := s.layouts.Find(id); ok {
		document.Tree, document.UpdatedBy, document.UpdatedAt = changed.tree, &changed.updatedBy, &changed.updatedAt
	}
	return document, nil
}

// defaultLayout returns the tree of a layout that was not changed, or nil if there is
// no such layout.
func defaultLayout(s *schema.Set, id string) map[string]any {
	if id == navigationID {
		return navigation(s)
	}
	name, ok := strings.CutSuffix(id, pageSuffix)
	if spec := s.Find(name); ok && spec != nil {
		return recordPageOf(spec)
	}
	return nil
}

// navigation returns a tree with a link for each object.
func navigation(s *schema.Set) map[string]any {
	links := []any{}
	for _, o := range s.Objects {
		links = append(links, map[string]any{"id": "link-" + o.Name, "type": "NavLink", "props": map[string]any{"entity": o.Name}})
	}
	return tree(map[string]any{
		"id": "group-records", "type": "NavGroup", "props": map[string]any{"name": "Records"}, "children": links,
	})
}

// recordPageOf returns the page of a record: its relationships in tabs, and its fields
// beside them.
func recordPageOf(o *schema.Object) map[string]any {
	tab := func(id string, props map[string]any) map[string]any {
		return map[string]any{"id": "tab-" + id, "type": "Tab", "props": props}
	}
	tabs := []any{tab("overview", map[string]any{"kind": "overview", "name": "Overview"})}
	summary, details := []any{}, []any{}
	for _, name := range o.Ordered() {
		f := o.Fields[name]
		if f.ToMany() {
			tabs = append(tabs, tab(name, map[string]any{"kind": "related-records", "name": f.Title(name), "relationshipSlug": name}))
			continue
		}
		if schema.Sub(f.JSON, schema.KeyPresentation)["hiddenInDetails"] == true {
			continue
		}
		details = append(details, pageField("detail", name))
		if len(summary) < summaryFields {
			summary = append(summary, pageField("summary", name))
		}
	}
	tabs = append(tabs, tab("attachments", map[string]any{"kind": "attachments", "name": "Attachments"}))
	sidebar := []any{map[string]any{"id": "group-details", "type": "FieldsGroup", "props": map[string]any{"name": "Details"}, "children": details}}
	if o.Name == "meeting" {
		sidebar = append(sidebar,
			map[string]any{"id": "group-participants", "type": "MeetingParticipantsGroup", "props": map[string]any{"name": "Participants"}},
			map[string]any{"id": "panel-recording", "type": "MeetingRecording"})
	}
	sidebar = append(sidebar, map[string]any{"id": "panel-lists", "type": "RelatedLists"})
	return tree(
		map[string]any{"id": "tabs", "type": "Tabs", "children": tabs},
		map[string]any{"id": "widgets", "type": "Widgets", "children": []any{map[string]any{"id": "widget-summary", "type": "FieldsWidget", "children": summary}}},
		map[string]any{"id": "sidebar", "type": "Sidebar", "children": sidebar},
	)
}

func pageField(prefix, name string) map[string]any {
	return map[string]any{"id": prefix + "-" + name, "type": "Field", "props": map[string]any{"fieldSlug": name}}
}

func tree(children ...map[string]any) map[string]any {
	all := make([]any, len(children))
	for i := range children {
		all[i] = children[i]
	}
	return map[string]any{"version": 1, "children": all}
}
