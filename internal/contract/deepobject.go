package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// The validator's own decoder for parameters of style deepObject is of no use
// here: it panics when a name is sent both as a value and as an object, as in
// filter[a]=1&filter[a][Is]=2, and reads a bracket out of the middle of a
// name. So these parameters are decoded here, into the JSON value that they
// stand for, and the validator judges that value.

// deepNode is a value at some depth of a deepObject parameter: values sent for
// its very name, and values sent for names below it.
type deepNode struct {
	values   []string
	children map[string]*deepNode
}

func (n *deepNode) child(key string) *deepNode {
	if n.children == nil {
		n.children = map[string]*deepNode{}
	}
	if n.children[key] == nil {
		n.children[key] = &deepNode{}
	}
	return n.children[key]
}

// DecodeDeepObject returns what query sends for the parameter called name, and
// whether it sends anything.
func DecodeDeepObject(query url.Values, name string, schema *openapi3.Schema) (any, bool, error) {
	root := &deepNode{}
	for key, values := range query {
		base, keys, ok := Bracketed(key)
		if base != name {
			continue
		}
		if !ok {
			return nil, true, fmt.Errorf("the brackets in the name %q do not pair up", key)
		}
		node := root
		for _, k := range keys {
			node = node.child(k)
		}
		node.values = append(node.values, values...)
	}
	if root.values == nil && root.children == nil {
		return nil, false, nil
	}
	value, err := root.decode(schema)
	return value, true, err
}

func (n *deepNode) decode(schema *openapi3.Schema) (any, error) {
	switch {
	case len(n.values) > 0 && len(n.children) > 0:
		return nil, fmt.Errorf("it is sent both as a value and as an object")
	case typed(schema, openapi3.TypeArray):
		return n.decodeArray(schema)
	case len(n.values) > 1:
		return nil, fmt.Errorf("it is sent %d times", len(n.values))
	case len(n.values) == 1:
		return decodeScalar(n.values[0], schema), nil
	}
	object := make(map[string]any, len(n.children))
	for key, child := range n.children {
		value, err := child.decode(memberSchema(schema, key))
		if err != nil {
			return nil, fmt.Errorf("[%s]: %w", key, err)
		}
		object[key] = value
	}
	return object, nil
}

// decodeArray takes the three spellings in use: a[0]=x&a[1]=y, a[]=x&a[]=y and
// a=x&a=y.
func (n *deepNode) decodeArray(schema *openapi3.Schema) (any, error) {
	values := n.values
	if unnumbered := n.children[""]; unnumbered != nil && len(n.children) == 1 {
		values = unnumbered.values
	}
	items := []any{}
	for _, value := range values {
		items = append(items, decodeScalar(value, itemSchema(schema)))
	}
	if len(items) > 0 {
		return items, nil
	}
	keys := slices.Collect(maps.Keys(n.children))
	slices.SortFunc(keys, func(a, b string) int { return number(a) - number(b) })
	for i, key := range keys {
		if number(key) != i {
			return nil, fmt.Errorf("[%s] does not number the items from 0", key)
		}
		item, err := n.children[key].decode(itemSchema(schema))
		if err != nil {
			return nil, fmt.Errorf("[%s]: %w", key, err)
		}
		items = append(items, item)
	}
	return items, nil
}

func number(key string) int {
	n, err := strconv.ParseUint(key, 10, 16)
	if err != nil {
		return -1
	}
	return int(n)
}

// decodeScalar leaves a value that is not what the schema asks for a string,
// which is what the validator then complains of.
func decodeScalar(text string, schema *openapi3.Schema) any {
	switch {
	case typed(schema, openapi3.TypeInteger), typed(schema, openapi3.TypeNumber):
		if n, ok := decodeNumber(text); ok {
			return n
		}
	case typed(schema, openapi3.TypeBoolean) && (text == "true" || text == "false"):
		return text == "true"
	}
	return text
}

func decodeNumber(text string) (n json.Number, ok bool) {
	// Package json takes a string of digits for a number, too.
	if strings.Contains(text, `"`) || json.Unmarshal([]byte(text), &n) != nil {
		return "", false
	}
	return n, n != ""
}

func typed(schema *openapi3.Schema, name string) bool {
	return schema != nil && schema.Type.Includes(name)
}

func itemSchema(schema *openapi3.Schema) *openapi3.Schema {
	if schema == nil || schema.Items == nil {
		return nil
	}
	return schema.Items.Value
}

// memberSchema is nil where the contract leaves the choice between several
// schemas: the members concerned are strings in all of them.
func memberSchema(schema *openapi3.Schema, key string) *openapi3.Schema {
	if schema == nil {
		return nil
	}
	if p := schema.Properties[key]; p != nil {
		return p.Value
	}
	for _, part := range schema.AllOf {
		if member := memberSchema(part.Value, key); member != nil {
			return member
		}
	}
	if p := schema.AdditionalProperties.Schema; p != nil {
		return p.Value
	}
	return nil
}
