package clarifytest

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/clarify-go/clarify/clarifytest/internal/api"
	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/gen"
)

// readSchemas reads documents for [WithSchema].
func readSchemas(documents []gen.Schema, q api.Quirks) (*schema.Set, error) {
	var read []schema.Document
	for i := range documents {
		d, err := schemaDocument(&documents[i])
		if err != nil {
			return nil, fmt.Errorf("WithSchema: schema %d of %d: %w", i+1, len(documents), err)
		}
		read = append(read, d)
	}
	set, err := q.ReadSchemas(read)
	if err != nil {
		return nil, fmt.Errorf("WithSchema: %w", err)
	}
	return set, nil
}

// schemaDocument decodes a document, so that its values have the types of decoded JSON and
// nobody else can change them.
func schemaDocument(document *gen.Schema) (schema.Document, error) {
	b, err := json.Marshal(document)
	if err != nil {
		return schema.Document{}, err
	}
	var members map[string]any
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.UseNumber()
	if err := decoder.Decode(&members); err != nil {
		return schema.Document{}, err
	}
	if kind, sent := members["type"]; sent && kind != "schema" && kind != "" {
		return schema.Document{}, fmt.Errorf("the type is %q, want %q", kind, "schema")
	}
	id, _ := members["id"].(string)
	d := schema.Document{ID: id, Attributes: members["attributes"], Others: members}
	for _, member := range []string{"type", "id", "attributes"} {
		delete(d.Others, member)
	}
	return d, nil
}
