package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/flatten/allof"
	"github.com/oasdiff/oasdiff/load"
	"go.yaml.in/yaml/v3"
)

// maxDocument is how large a document may be, in bytes. The vendor's has about
// one megabyte.
const maxDocument = 64 << 20

// fetch reads a document from a file or an http or https URL.
func fetch(ctx context.Context, source string) ([]byte, error) {
	u, err := url.Parse(source)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return os.ReadFile(filepath.Clean(source))
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, source, nil)
	if err != nil {
		return nil, err
	}
	// The edge rejects requests without one (live-api.md, R1).
	req.Header.Set("User-Agent", "clarify-go-drift")
	rsp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer rsp.Body.Close()
	if rsp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s responded with %s", source, rsp.Status)
	}
	b, err := io.ReadAll(io.LimitReader(rsp.Body, maxDocument+1))
	if err == nil && len(b) > maxDocument {
		err = fmt.Errorf("the document is larger than %d bytes", maxDocument)
	}
	return b, err
}

// parse reads an OpenAPI document in JSON or YAML and brings it into the style in
// which documents are compared.
func parse(name string, b []byte) (*load.SpecInfo, error) {
	var tree map[string]any
	if err := yaml.Unmarshal(b, &tree); err != nil {
		return nil, fmt.Errorf("%s is neither JSON nor YAML: %w", name, err)
	}
	if _, ok := tree["paths"].(map[string]any); !ok {
		return nil, fmt.Errorf("%s is not an OpenAPI document: it has no paths", name)
	}
	if err := normalize(tree); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	text, err := json.Marshal(tree)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = false
	spec, err := loader.LoadFromData(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if spec.Paths.Len() == 0 {
		return nil, errors.New(name + " has no paths")
	}
	// Members are compared wherever they stand.
	if spec, err = allof.MergeSpec(spec); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &load.SpecInfo{Url: name, Spec: spec}, nil
}

// normalize brings a document into one style: it changes how things are said and
// not what is said. The vendor's document differs in style from openapi.yaml in
// each of these ways.
func normalize(tree map[string]any) error {
	tree["openapi"] = "3.1.0"
	delete(tree, "servers")
	components, _ := tree["components"].(map[string]any)
	paths, err := inlined(relativePaths(tree["paths"].(map[string]any)), components, nil)
	if err != nil {
		return err
	}
	tree["paths"] = paths
	tree["components"] = map[string]any{"securitySchemes": components["securitySchemes"]}
	// Before unions are taken apart, whose members have lists of their own.
	walk(tree, requireByList)
	walk(tree, func(node map[string]any) {
		nullByType(node)
		oneNumber(node)
		enumForConst(node)
		anyForOne(node)
		openByDefault(node)
		for _, name := range []string{"style", "explode", "example", "examples", "discriminator", "contentMediaType"} {
			delete(node, name)
		}
	})
	return nil
}

// walk visits every object of a tree, the inner ones first.
func walk(node any, visit func(map[string]any)) {
	switch node := node.(type) {
	case map[string]any:
		for _, child := range node {
			walk(child, visit)
		}
		visit(node)
	case []any:
		for _, child := range node {
			walk(child, visit)
		}
	}
}

// inlined returns a copy of a tree with components in the place of references to
// them: each document has names of its own. A component inside itself stays open.
func inlined(node any, components map[string]any, inside []string) (any, error) {
	var err error
	switch node := node.(type) {
	case map[string]any:
		if ref, ok := node["$ref"].(string); ok {
			if slices.Contains(inside, ref) {
				return map[string]any{}, nil
			}
			component, found := lookup(components, ref)
			if !found {
				return nil, fmt.Errorf("%s does not lead to a component", ref)
			}
			return inlined(component, components, append(slices.Clone(inside), ref))
		}
		all := make(map[string]any, len(node))
		for name, child := range node {
			if all[name], err = inlined(child, components, inside); err != nil {
				return nil, err
			}
		}
		return all, nil
	case []any:
		all := make([]any, len(node))
		for i, child := range node {
			if all[i], err = inlined(child, components, inside); err != nil {
				return nil, err
			}
		}
		return all, nil
	}
	return node, nil
}

func lookup(components map[string]any, ref string) (any, bool) {
	kind, name, _ := strings.Cut(strings.TrimPrefix(ref, "#/components/"), "/")
	named, _ := components[kind].(map[string]any)
	component, ok := named[name]
	return component, ok
}

var workspacePath = regexp.MustCompile(`^(?:/v1)?/workspaces/\{([^}]+)\}(/.*)$`)

// relativePaths cuts off what stands before the workspace's own paths, with its
// parameter.
func relativePaths(paths map[string]any) map[string]any {
	relative := make(map[string]any, len(paths))
	for path, item := range paths {
		parts := workspacePath.FindStringSubmatch(path)
		if parts == nil {
			relative[path] = item
			continue
		}
		relative[parts[2]] = item
		walk(item, func(node map[string]any) {
			parameters, ok := node["parameters"].([]any)
			if !ok {
				return
			}
			node["parameters"] = slices.DeleteFunc(parameters, func(p any) bool {
				parameter, _ := p.(map[string]any)
				return parameter["in"] == "path" && parameter["name"] == parts[1]
			})
		})
	}
	return relative
}

// requireByList replaces required: true in the schemas of properties, which no
// version of JSON Schema has, by the list in the schema around them.
func requireByList(node map[string]any) {
	properties, ok := node["properties"].(map[string]any)
	if !ok {
		return
	}
	required, _ := node["required"].([]any)
	for name, property := range properties {
		schema, _ := property.(map[string]any)
		flag, ok := schema["required"].(bool)
		if !ok {
			continue
		}
		delete(schema, "required")
		if flag && !slices.Contains(required, any(name)) {
			required = append(required, name)
		}
	}
	if required != nil {
		slices.SortFunc(required, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		node["required"] = required
	}
}

// nullByType replaces nullable: true, which OpenAPI 3.1 does not have, and unions
// with null, by a list of types. A union of several keeps null among its members.
func nullByType(node map[string]any) {
	nullable, _ := node["nullable"].(bool)
	delete(node, "nullable")
	for _, union := range []string{"oneOf", "anyOf"} {
		members, ok := node[union].([]any)
		if !ok {
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(members), isNull)
		switch {
		case len(rest) == 1 && len(rest) < len(members):
			delete(node, union)
			for name, value := range rest[0].(map[string]any) {
				if _, there := node[name]; !there {
					node[name] = value
				}
			}
			nullable = true
		case nullable && len(rest) == len(members):
			node[union] = append(rest, map[string]any{"type": "null"})
			nullable = false
		}
	}
	types := typesOf(node)
	if nullable && len(types) > 0 && !slices.Contains(types, "null") {
		types = append(types, "null")
	}
	if len(types) > 1 {
		slices.Sort(types)
		node["type"] = types
	}
	if values, ok := node["enum"].([]any); ok {
		node["enum"] = slices.DeleteFunc(values, func(v any) bool { return v == nil })
	}
}

func isNull(schema any) bool {
	node, ok := schema.(map[string]any)
	return ok && len(node) == 1 && fmt.Sprint(node["type"]) == "null"
}

func typesOf(node map[string]any) []string {
	switch types := node["type"].(type) {
	case string:
		return []string{types}
	case []any:
		var names []string
		for _, t := range types {
			names = append(names, fmt.Sprint(t))
		}
		return names
	case []string:
		return types
	}
	return nil
}

// oneNumber has integers be numbers, as all of the vendor's are.
func oneNumber(node map[string]any) {
	types := typesOf(node)
	if i := slices.Index(types, "integer"); i >= 0 {
		types[i] = "number"
		slices.Sort(types)
		if types = slices.Compact(types); len(types) == 1 {
			node["type"] = types[0]
		} else {
			node["type"] = types
		}
	}
}

func enumForConst(node map[string]any) {
	if value, ok := node["const"]; ok && node["type"] != nil {
		delete(node, "const")
		node["enum"] = []any{value}
	}
}

// anyForOne has all unions be anyOf: whether several members may hold at once is
// nothing that a client sees.
func anyForOne(node map[string]any) {
	if members, ok := node["oneOf"].([]any); ok && node["anyOf"] == nil {
		delete(node, "oneOf")
		node["anyOf"] = members
	}
}

// openByDefault leaves out that further members are allowed, as they are if nothing
// is said of them.
func openByDefault(node map[string]any) {
	switch more := node["additionalProperties"].(type) {
	case bool:
		if more {
			delete(node, "additionalProperties")
		}
	case map[string]any:
		if len(more) == 0 {
			delete(node, "additionalProperties")
		}
	}
}
