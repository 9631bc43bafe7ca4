package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/clarify-go/clarify"
)

// unique are the unique fields of the objects that every workspace has.
var unique = map[string]string{"person": "email_addresses", "company": "domains", "deal": "name"}

// property is what a schema says of a field.
type property struct {
	Type       any  `json:"type"` // a name, or several
	ReadOnly   bool `json:"readOnly"`
	Properties map[string]struct {
		ReadOnly bool `json:"readOnly"`
	} `json:"properties"`
	Relationship struct {
		Kind string `json:"kind"`
	} `json:"xClarifyRelationship"`
}

func (p *property) has(name string) bool {
	names, _ := p.Type.([]any)
	return p.Type == name || slices.Contains(names, any(name))
}

// toMany reports whether the field leads to several records, which are not set by
// an attribute.
func (p *property) toMany() bool { return strings.HasSuffix(p.Relationship.Kind, "-to-many") }

// schemaOf reads which fields an object has.
func schemaOf(ctx context.Context, client *clarify.Client, object string) (map[string]property, error) {
	var objects []string
	for schema, err := range client.Schemas(ctx) {
		if err != nil {
			return nil, err
		}
		id, _ := schema.Attributes["$id"].(string)
		if path.Base(id) != object {
			objects = append(objects, path.Base(id))
			continue
		}
		content, err := json.Marshal(schema.Attributes["properties"])
		if err != nil {
			return nil, err
		}
		var fields map[string]property
		if err := json.Unmarshal(content, &fields); err != nil {
			return nil, fmt.Errorf("the schema of %s cannot be read: %w", object, err)
		}
		return fields, nil
	}
	return nil, fmt.Errorf("there is no object %q: there are %s", object, strings.Join(objects, ", "))
}

// check compares the columns with the schema, which also says what kind their
// cells are of.
func (r *rows) check(schema map[string]property, object, match string) error {
	var wrong []error
	matched := match == ""
	for i := range r.fields {
		f := &r.fields[i]
		if f.path == nil {
			continue
		}
		if err := f.check(schema); err != nil {
			wrong = append(wrong, fmt.Errorf("the column %q %w", r.header[i], err))
		}
		matched = matched || f.path[0] == match
	}
	if len(wrong) > 0 {
		wrong = append(wrong,
			fmt.Errorf("%s has the fields %s", object, strings.Join(writable(schema), ", ")),
			errors.New("use -map \"COLUMN=FIELD\" for a column that has another name than its field, or -map \"COLUMN=\" to leave it out"))
		if len(r.header) == 1 {
			wrong = append(wrong, errors.New("if another character than a comma stands between the columns, use -separator"))
		}
		return errors.Join(wrong...)
	}
	if !matched {
		return fmt.Errorf("no column is for the field %s, by which records that exist are found: use -map \"COLUMN=%s\" if one is, another -match, or -match \"\" to create all rows", match, match)
	}
	return nil
}

func (f *field) check(schema map[string]property) error {
	name := f.path[0]
	p, ok := schema[name]
	switch {
	case !ok:
		return errors.New("is for no field that there is")
	case p.ReadOnly || strings.HasPrefix(name, "_"):
		return fmt.Errorf("is for the field %s, which nobody but Clarify sets", name)
	case p.toMany():
		return fmt.Errorf("is for the field %s, which leads to several records: link them when they are in", name)
	}
	_, hasItems := p.Properties["items"]
	switch {
	case len(f.path) > 1:
		if member, ok := p.Properties[f.path[1]]; len(p.Properties) > 0 && !ok {
			return fmt.Errorf("is for a member %s of the field %s, which has none of this name", f.path[1], name)
		} else if member.ReadOnly {
			return fmt.Errorf("is for %s.%s, which nobody but Clarify sets", name, f.path[1])
		}
	case hasItems:
		f.kind = collection
	case len(p.Properties) > 0:
		return fmt.Errorf("is for the field %s, which has members: name one of them, as in %s", name, strings.Join(members(name, p), " or "))
	case f.kind != text:
	case p.has("number"), p.has("integer"):
		f.kind = number
	case p.has("boolean"):
		f.kind = boolean
	}
	return nil
}

// writable are the names that columns may have, in order.
func writable(schema map[string]property) []string {
	var names []string
	for name, p := range schema {
		_, hasItems := p.Properties["items"]
		switch {
		case p.ReadOnly || strings.HasPrefix(name, "_") || p.toMany():
		case hasItems || len(p.Properties) == 0:
			names = append(names, name)
		default:
			names = append(names, members(name, p)...)
		}
	}
	slices.Sort(names)
	return names
}

func members(name string, p property) []string {
	var names []string
	for member, what := range p.Properties {
		if !what.ReadOnly {
			names = append(names, name+"."+member)
		}
	}
	slices.Sort(names)
	return names
}
