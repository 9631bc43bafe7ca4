package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"go.yaml.in/yaml/v4"
)

// toJSON returns a document in YAML as JSON. Members keep their order, which is
// the order in which the page shows them.
func toJSON(document []byte) ([]byte, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(document, &root); err != nil {
		return nil, err
	}
	if len(root.Content) == 0 {
		return nil, errors.New("the file is empty")
	}
	var compact, indented bytes.Buffer
	if err := writeJSON(&compact, root.Content[0]); err != nil {
		return nil, err
	}
	// json.Marshal has escaped what HTML would take for markup.
	if err := json.Indent(&indented, compact.Bytes(), "", " "); err != nil {
		return nil, err
	}
	return indented.Bytes(), nil
}

func writeJSON(out *bytes.Buffer, node *yaml.Node) error {
	switch node.Kind {
	case yaml.MappingNode:
		out.WriteByte('{')
		for i := 0; i < len(node.Content); i += 2 {
			if i > 0 {
				out.WriteByte(',')
			}
			if node.Content[i].Tag == "!!merge" {
				return fmt.Errorf("line %d: JSON has no merge keys", node.Content[i].Line)
			}
			// A key such as 200 is a string in JSON.
			if err := writeValue(out, node.Content[i].Value); err != nil {
				return err
			}
			out.WriteByte(':')
			if err := writeJSON(out, node.Content[i+1]); err != nil {
				return err
			}
		}
		out.WriteByte('}')
		return nil
	case yaml.SequenceNode:
		out.WriteByte('[')
		for i, item := range node.Content {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := writeJSON(out, item); err != nil {
				return err
			}
		}
		out.WriteByte(']')
		return nil
	case yaml.AliasNode:
		return writeJSON(out, node.Alias)
	case yaml.ScalarNode:
		if node.Tag == "!!timestamp" { // a string to JSON and to OpenAPI
			return writeValue(out, node.Value)
		}
		var value any
		if err := node.Decode(&value); err != nil {
			return err
		}
		return writeValue(out, value)
	default:
		return fmt.Errorf("line %d: unexpected kind of node", node.Line)
	}
}

func writeValue(out *bytes.Buffer, value any) error {
	b, err := json.Marshal(value)
	out.Write(b)
	return err
}
