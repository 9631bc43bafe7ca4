package backup

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"slices"

	"github.com/clarify-go/clarify"
)

// newOptions makes the options of selects those of the backup.
func (r *restore) newOptions(o *clarify.ObjectSchema) (changes []*schemaChange) {
	target, ok := r.target.Object(o.Name)
	if !ok {
		return nil
	}
	for _, f := range o.Fields {
		has, ok := target.Field(f.Name)
		if !ok || len(f.Options) == 0 || slices.Equal(f.Options, has.Options) || f.Kind != has.Kind {
			continue
		}
		names, metadata := optionsOf(f)
		changes = append(changes, r.editOptions(o.Name, f, "append", map[string]any{"enum": names, "xClarifyEnumMetadata": metadata}))
		var gone []string
		for _, option := range has.Options {
			if _, ok := f.Option(option.Value); !ok {
				gone = append(gone, option.Value)
			}
		}
		if len(gone) > 0 {
			changes = append(changes, r.editOptions(o.Name, f, "remove", map[string]any{"enum": gone}))
		}
	}
	return changes
}

// optionsOf returns the options of a field, and how they are shown.
func optionsOf(f *clarify.FieldSchema) (names []string, metadata map[string]any) {
	metadata = map[string]any{}
	for i, option := range f.Options {
		names = append(names, option.Value)
		metadata[option.Value] = map[string]any{"id": option.ID, "color": option.Color, "rank": i + 1}
	}
	// What the schema says of them is better, if it says anything.
	raw, err := decode(f.Raw)
	if err != nil {
		return names, metadata
	}
	for _, within := range [][]string{nil, {"properties", "items", "items"}, {"items"}} {
		at := raw
		for _, name := range within {
			at, _ = at[name].(map[string]any)
		}
		if sent, ok := at["xClarifyEnumMetadata"].(map[string]any); ok {
			maps.Copy(metadata, sent)
		}
	}
	return names, metadata
}

func (r *restore) editOptions(object string, f *clarify.FieldSchema, mode string, options map[string]any) *schemaChange {
	edit := options
	if f.Kind == clarify.KindMultiSelect {
		edit = map[string]any{"properties": map[string]any{"items": map[string]any{"items": options}}}
	}
	body := map[string]any{"data": []any{map[string]any{
		"type": "schema-properties", "id": object,
		"attributes": map[string]any{f.Name: edit},
		"meta":       map[string]any{f.Name: map[string]any{"enum": mode}},
	}}}
	return &schemaChange{
		name: "options of " + object + "." + f.Name + ": " + mode, problem: &Problem{What: "options", Object: object, Field: f.Name},
		send: func(ctx context.Context) error {
			var result struct {
				Data struct {
					Attributes struct {
						IsValid *bool           `json:"isValid"`
						Errors  json.RawMessage `json:"errors"`
					} `json:"attributes"`
				} `json:"data"`
			}
			if err := r.send(ctx, "PATCH", "schemas", body, &result); err != nil {
				return err
			}
			if valid := result.Data.Attributes.IsValid; valid != nil && !*valid {
				r.problems.add("options", object, f.Name, "", "the API rejects them: "+string(result.Data.Attributes.Errors))
			}
			return nil
		},
	}
}

// newOrder orders and hides fields as in the backup.
func (r *restore) newOrder(o *clarify.ObjectSchema) (changes []*schemaChange) {
	target, ok := r.target.Object(o.Name)
	if !ok {
		return nil
	}
	var want, got []string
	hidden := map[string]bool{}
	for _, f := range o.Fields {
		if has, ok := target.Field(f.Name); ok && isOwn(f) {
			want = append(want, f.Name)
			if f.Hidden != has.Hidden {
				hidden[f.Name] = f.Hidden
			}
		}
	}
	for _, f := range target.Fields {
		if slices.Contains(want, f.Name) {
			got = append(got, f.Name)
		}
	}
	patch := func(name, path, kind string, attributes map[string]any) {
		body := map[string]any{"data": map[string]any{"type": kind, "attributes": attributes}}
		changes = append(changes, &schemaChange{
			name: name + " of " + o.Name, problem: &Problem{What: name, Object: o.Name},
			send: func(ctx context.Context) error {
				return r.send(ctx, "PATCH", "schemas/"+url.PathEscape(o.Name)+"/"+path, body, nil)
			},
		})
	}
	if !slices.Equal(want, got) {
		patch("the order of fields", "fields-order", "schema-property-order", map[string]any{"order": want})
	}
	if len(hidden) > 0 {
		patch("the hidden fields", "fields-visibility", "schema-property-visibility", map[string]any{"hiddenInDetails": hidden})
	}
	return changes
}

// newLabels names a custom object as in the backup.
func (r *restore) newLabels(o *clarify.ObjectSchema) []*schemaChange {
	target, ok := r.target.Object(o.Name)
	if !ok || !o.Custom || o.Title == target.Title && o.Singular == target.Singular && o.Plural == target.Plural && o.Description == target.Description {
		return nil
	}
	return []*schemaChange{{
		name: "labels of " + o.Name, problem: &Problem{What: "the labels", Object: o.Name},
		send: func(ctx context.Context) error {
			members, err := decode(o.Raw)
			has, err2 := decode(target.Raw)
			if err := errors.Join(err, err2); err != nil {
				return err
			}
			for name, value := range members {
				if name != "properties" && name != "$id" && name != "required" {
					has[name] = value
				}
			}
			return r.send(ctx, "PUT", "schemas/objects/"+url.PathEscape(o.Name), has, nil)
		},
	}}
}
