// Package schemafile reads and writes schema.json, the file in which clarify-gen saves
// the schema of a workspace.
//
// The file has every document of the listing of schemas, sorted by id, and in each the
// members sorted by name. It has nothing that changes by itself, nor the name of the
// workspace, so that two files differ only if the schemas do.
package schemafile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/gen"
)

// Format is the member of a file that says what it is, and Version its version.
const (
	Format  = "clarify-schema"
	Version = 1
)

// file is the content of a file. Members are encoded in this order.
type file struct {
	Format  string     `json:"format"`
	Version int        `json:"version"`
	Schemas []document `json:"schemas"`
}

// document is a document of the listing, without its type, which is always schema.
type document struct {
	ID         string `json:"id"`
	Attributes any    `json:"attributes"`
}

// Read reads the documents in a file.
func Read(path string) ([]gen.Schema, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("clarify: cannot read the schema file: %w", err)
	}
	documents, err := Decode(b)
	if err != nil {
		return nil, fmt.Errorf("clarify: invalid schema file %q: %w", path, err)
	}
	return documents, nil
}

// Decode returns the documents in the content of a file.
func Decode(b []byte) ([]gen.Schema, error) {
	const hint = "must be a file that clarify-gen pull wrote"
	var head struct {
		Format  any `json:"format"`
		Version any `json:"version"`
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, errors.New("it is empty: " + hint)
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, fmt.Errorf(hint+": %w", err)
	}
	if head.Format != Format {
		return nil, fmt.Errorf("it has no member %q that is %q: %s", "format", Format, hint)
	}
	if version, _ := head.Version.(float64); version != Version {
		return nil, fmt.Errorf("its version is %v, want %d: use the clarify-gen that wrote it, or pull the schema again", head.Version, Version)
	}
	var content struct {
		Schemas []struct {
			ID         string          `json:"id"`
			Attributes json.RawMessage `json:"attributes"`
		} `json:"schemas"`
	}
	if err := json.Unmarshal(b, &content); err != nil {
		return nil, fmt.Errorf(hint+": %w", err)
	}
	if len(content.Schemas) == 0 {
		return nil, errors.New("it has no schemas: pull the schema again")
	}
	documents := make([]gen.Schema, len(content.Schemas))
	for i, d := range content.Schemas {
		if d.ID == "" || d.Attributes == nil {
			return nil, fmt.Errorf("schemas[%d] lacks an id or attributes: pull the schema again", i)
		}
		// The decoder of gen keeps attributes of any type, and the digits of numbers.
		whole, err := json.Marshal(map[string]any{"type": "schema", "id": d.ID, "attributes": d.Attributes})
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(whole, &documents[i]); err != nil {
			return nil, fmt.Errorf("schemas[%d]: %w", i, err)
		}
	}
	return documents, nil
}

// Write writes documents to a file. The file is replaced as a whole, and left as it is
// if it has the same content already.
func Write(path string, documents []gen.Schema) error {
	b, err := Encode(documents)
	if err != nil {
		return err
	}
	if present, err := os.ReadFile(path); err == nil && bytes.Equal(present, b) {
		return nil
	}
	if err := replace(path, b); err != nil {
		return fmt.Errorf("clarify: cannot write the schema file: %w", err)
	}
	return nil
}

func replace(path string, b []byte) (err error) {
	// A device or a pipe cannot be renamed to.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, b, 0o644)
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary.Name()))
		}
	}()
	_, err = temporary.Write(b)
	if err = errors.Join(err, temporary.Chmod(0o644), temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}

// Encode returns the content of a file with documents. It does not depend on their
// order, unless several have the same id.
func Encode(documents []gen.Schema) ([]byte, error) {
	content := file{Format, Version, make([]document, 0, len(documents))}
	for i, d := range documents {
		// Encoding gives attributes the types of decoded JSON, whatever they are in memory.
		b, err := json.Marshal(&d)
		if err != nil {
			return nil, fmt.Errorf("clarify: cannot encode the schema %q: %w", d.ID, err)
		}
		var decoded map[string]any
		decoder := json.NewDecoder(bytes.NewReader(b))
		decoder.UseNumber()
		if err := decoder.Decode(&decoded); err != nil {
			return nil, fmt.Errorf("clarify: cannot encode the schema %q: %w", d.ID, err)
		}
		if d.ID == "" {
			return nil, fmt.Errorf("clarify: invalid schema: documents[%d] has no id", i)
		}
		content.Schemas = append(content.Schemas, document{d.ID, stable(decoded["attributes"])})
	}
	slices.SortStableFunc(content.Schemas, func(a, b document) int { return cmp.Compare(a.ID, b.ID) })
	var out bytes.Buffer
	if err := encodeTo(&out, content); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func encodeTo(w io.Writer, content file) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(content); err != nil {
		return fmt.Errorf("clarify: cannot encode the schema: %w", err)
	}
	return nil
}

// stable returns the attributes of a document without the members that the system sets,
// as in records: their names begin with _.
func stable(attributes any) any {
	members, ok := attributes.(map[string]any)
	if !ok {
		return attributes
	}
	for name := range members {
		if strings.HasPrefix(name, "_") {
			delete(members, name)
		}
	}
	sortRequired(members)
	return members
}

// sortRequired sorts the lists of required members in a JSON Schema, whose order means
// nothing.
func sortRequired(schema any) {
	switch schema := schema.(type) {
	case []any:
		for _, one := range schema {
			sortRequired(one)
		}
	case map[string]any:
		for keyword, value := range schema {
			switch keyword {
			case "enum", "const", "default", "examples":
				// These hold values, not schemas.
			case "properties", "patternProperties", "dependentSchemas", "$defs", "definitions":
				named, _ := value.(map[string]any)
				for _, one := range named {
					sortRequired(one)
				}
			case "required":
				sortStrings(value)
			default:
				sortRequired(value)
			}
		}
	}
}

// sortStrings sorts a list if all its items are strings.
func sortStrings(value any) {
	list, _ := value.([]any)
	for _, item := range list {
		if _, ok := item.(string); !ok {
			return
		}
	}
	slices.SortFunc(list, func(a, b any) int { return cmp.Compare(a.(string), b.(string)) })
}
