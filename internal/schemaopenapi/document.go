// Package schemaopenapi writes the contract with the types of a workspace's own objects:
// beside each path of any object that has attributes, a path for each object.
package schemaopenapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/contract"
)

const (
	schemasBase = "#/components/schemas/"
	anyObject   = "/objects/{object}/"
	parameter   = "#/components/parameters/ObjectName"

	// relatedRecords is a path below an object whose records are of another one.
	relatedRecords = "records/{id}/relationships/{relationship}"
)

// Document returns the contract with the objects of a schema. What the contract has stays
// as it is. For each object the paths of records exist once more, with its name in the
// place of the parameter, and what they send and return has the object's own attributes.
func Document(schema *clarify.Schema) (map[string]any, error) {
	b, err := contract.Document()
	if err != nil {
		return nil, fmt.Errorf("clarify: cannot read the contract: %w", err)
	}
	var document node
	if err := json.Unmarshal(b, &document); err != nil {
		return nil, fmt.Errorf("clarify: cannot read the contract: %w", err)
	}
	w := &writer{document: document, components: object(document, "components"), reaches: map[string]bool{}}
	w.findReaching()
	generic := maps.Clone(object(document, "paths"))
	names := w.names(schema.Objects())
	for i, o := range schema.Objects() {
		w.object(o, names[i], generic)
	}
	return document, nil
}

// writer adds objects to a document.
type writer struct {
	document, components node
	reaches              map[string]bool // the references to components that have attributes within
}

// object returns a member that is an object, or nil.
func object(of node, name string) node {
	member, _ := of[name].(node)
	return member
}

// each calls f for every reference within a value.
func each(value any, f func(ref string)) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			each(item, f)
		}
	case node:
		if ref, ok := v["$ref"].(string); ok {
			f(ref)
		}
		for _, member := range v {
			each(member, f)
		}
	}
}

// findReaching finds the components that have the attributes of records within.
func (w *writer) findReaching() {
	w.reaches[schemasBase+"Attributes"] = true
	for changed := true; changed; {
		changed = false
		for kind := range w.components {
			for name, component := range object(w.components, kind) {
				ref := "#/components/" + kind + "/" + name
				if !w.reaches[ref] && w.within(component) {
					w.reaches[ref], changed = true, true
				}
			}
		}
	}
}

func (w *writer) within(value any) bool {
	found := false
	each(value, func(ref string) { found = found || w.reaches[ref] })
	return found
}

// names returns a name for each object that begins those of its components.
func (w *writer) names(objects []*clarify.ObjectSchema) []string {
	taken := map[string]bool{}
	for kind := range w.components {
		for name := range object(w.components, kind) {
			taken[name] = true
		}
	}
	names := make([]string, len(objects))
	used := map[string]bool{}
	for i, o := range objects {
		name := pascal(o.Name)
		if short := pascal(strings.TrimPrefix(o.Name, "c_")); o.Custom && short != "" {
			if _, other := findObject(objects, strings.TrimPrefix(o.Name, "c_")); !other {
				name = short
			}
		}
		if name == "" || taken[name] {
			name += "Object"
		}
		unique := name
		for n := 2; used[strings.ToLower(unique)]; n++ {
			unique = name + strconv.Itoa(n)
		}
		used[strings.ToLower(unique)] = true
		names[i] = unique
	}
	return names
}

func findObject(objects []*clarify.ObjectSchema, name string) (*clarify.ObjectSchema, bool) {
	i := slices.IndexFunc(objects, func(o *clarify.ObjectSchema) bool { return o.Name == name })
	if i < 0 {
		return nil, false
	}
	return objects[i], true
}

// pascal makes a name of letters and digits of a name of any characters.
func pascal(name string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	}) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// object adds an object.
func (w *writer) object(o *clarify.ObjectSchema, name string, generic node) {
	c := &copier{writer: w, object: o, prefix: name, done: map[string]bool{}}
	schemas := object(w.components, "schemas")
	schemas[name+"Attributes"] = attributesOf(o)
	schemas[name+"Changes"] = changesOf(o, false)
	schemas[name+"NewAttributes"] = changesOf(o, true)
	paths := object(w.document, "paths")
	for _, path := range slices.Sorted(maps.Keys(generic)) {
		rest, ok := strings.CutPrefix(path, anyObject)
		if !ok || rest == relatedRecords || !w.within(generic[path]) {
			continue
		}
		item, _ := c.copy(generic[path], "").(node)
		for method, value := range item {
			operation, isOperation := value.(node)
			if id, ok := operation["operationId"].(string); isOperation && ok {
				operation["operationId"] = id + "Of" + name
				operation["tags"] = []any{name}
				item[method] = operation
			}
		}
		paths[anyObject[:len("/objects/")]+segment(o.Name)+"/"+rest] = item
	}
	tags, _ := w.document["tags"].([]any)
	w.document["tags"] = append(tags, node{"name": name, "description": "Records of " + labelOf(o) + "."})
}

// segment escapes a name for a path. Braces would be those of a parameter.
func segment(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// copier copies parts of the contract for one object.
type copier struct {
	*writer
	object *clarify.ObjectSchema
	prefix string
	done   map[string]bool
}

// copy returns a copy of a part of the contract that is about the object. component is
// the name of the component that it is within, empty for a path.
func (c *copier) copy(value any, component string) any {
	switch v := value.(type) {
	case []any:
		list := []any{}
		for _, item := range v {
			if one, ok := item.(node); ok && one["$ref"] == parameter {
				continue
			}
			list = append(list, c.copy(item, component))
		}
		return list
	case node:
		if ref, ok := v["$ref"].(string); ok && c.reaches[ref] {
			return node{"$ref": c.reference(ref, component)}
		}
		copied := node{}
		for name, member := range v {
			switch name {
			case "example", "examples": // They are of other objects.
			case "included": // These are records of other objects.
				copied[name] = member
			default:
				copied[name] = c.copy(member, component)
			}
		}
		return copied
	}
	return value
}

// reference returns the reference to the object's own copy of a component, and makes that.
func (c *copier) reference(ref, within string) string {
	kind, name, _ := strings.Cut(strings.TrimPrefix(ref, "#/components/"), "/")
	own := c.prefix + name
	switch {
	case ref == schemasBase+"Attributes" && strings.HasPrefix(within, "New"):
		return schemasBase + c.prefix + "NewAttributes"
	case ref == schemasBase+"Attributes" && within == "RecordUpdate":
		return schemasBase + c.prefix + "Changes"
	case ref == schemasBase+"Attributes":
		return schemasBase + c.prefix + "Attributes"
	case name == "Resource":
		own = c.prefix
	}
	if key := kind + "/" + own; !c.done[key] {
		c.done[key] = true
		copied := c.copy(object(c.components, kind)[name], name)
		if schema, ok := copied.(node); ok && kind == "schemas" {
			c.narrow(schema)
		}
		object(c.components, kind)[own] = copied
	}
	return "#/components/" + kind + "/" + own
}

// narrow restricts what a schema says of any object to the one.
func (c *copier) narrow(schema node) {
	properties := object(schema, "properties")
	if object(properties, "attributes") != nil {
		if kind := object(properties, "type"); kind != nil {
			delete(kind, "$ref")
			kind["type"], kind["const"] = "string", c.object.Name
		}
	}
	if properties != nil && schema["additionalProperties"] == true {
		// Generators would take any misspelt member for one of them.
		delete(schema, "additionalProperties")
	}
	if _, has := properties["match_on"]; !has {
		return
	}
	var unique []any
	for _, f := range c.object.Fields {
		if f.Unique {
			unique = append(unique, f.Name)
		}
	}
	if unique == nil {
		delete(properties, "match_on")
		return
	}
	properties["match_on"] = node{"type": "string", "enum": unique, "description": "Update the record that has the same value of this field."}
}
