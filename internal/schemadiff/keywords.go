package schemadiff

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// keywordSet are the keywords that are compared by what they mean. Of those with a list
// only these members are; nil stands for the whole keyword.
type keywordSet map[string][]string

var objectKeywords = keywordSet{
	"$id": nil, "title": nil, "description": nil, "properties": nil, "required": nil, "allOf": nil, "anyOf": nil, "oneOf": nil, "$ref": nil, "$defs": nil,
	"xClarifyLabel": {"singular", "plural"}, "xClarifyPlural": nil,
}

var fieldKeywords = keywordSet{
	"title": nil, "description": nil, "format": nil, "enum": nil, "xClarifyEnumMetadata": nil, "xClarifyUnique": nil, "unique": nil,
	"xClarifyPrimary": nil, "readOnly": nil, "required": nil, "nullable": nil, "xClarifyAIField": nil,
	"xClarifyPresentation": {"rank", "hiddenInDetails"}, "xClarifyRelationship": {"kind", "entity", "field"},
	"properties": nil, "items": nil, "allOf": nil, "anyOf": nil, "oneOf": nil, "$ref": nil, "const": nil,
}

// keywords adds a change for each other keyword that differs.
func (c *comparison) keywords(before, after json.RawMessage, known keywordSet) {
	was, is := known.rest(before), known.rest(after)
	names := maps.Clone(was)
	maps.Copy(names, is)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		old, had := was[name]
		value, has := is[name]
		s := Note
		if name == "type" {
			// Where it is behind a reference or an alternative, the kind says enough.
			if !had || !has || c.reported("type") {
				continue
			}
			s = Breaking
		}
		if had != has || !reflect.DeepEqual(old, value) {
			c.changed(s, name, shown(old, had), shown(value, has))
		}
	}
}

// reported reports whether there is a change of something of the field already.
func (c *comparison) reported(what string) bool {
	return slices.ContainsFunc(c.changes, func(change Change) bool {
		return change.Object == c.object && change.Field == c.field && change.What == what
	})
}

// rest returns the members of a schema that are not known. Of the type it leaves out null.
func (k keywordSet) rest(raw json.RawMessage) map[string]any {
	members, _ := decoded(raw).(map[string]any)
	rest := map[string]any{}
	for name, value := range members {
		parts, known := k[name]
		inner, isObject := value.(map[string]any)
		switch {
		case known && parts == nil, strings.HasPrefix(name, "_"):
		case known && isObject:
			for member, value := range inner {
				if !slices.Contains(parts, member) {
					rest[name+"."+member] = value
				}
			}
		case name == "type":
			rest[name] = withoutNull(value)
		default:
			rest[name] = value
		}
	}
	return rest
}

func withoutNull(types any) any {
	list, ok := types.([]any)
	if !ok {
		return types
	}
	list = slices.DeleteFunc(slices.Clone(list), func(one any) bool { return one == "null" })
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// remaining returns a schema without the rank of the field, which only matters beside that
// of others, and without the options if they were shown already.
func remaining(raw json.RawMessage, shown bool) json.RawMessage {
	members, ok := decoded(raw).(map[string]any)
	if !ok {
		return raw
	}
	if shown {
		delete(members, "enum")
		delete(members, "xClarifyEnumMetadata")
	}
	if presentation, ok := members["xClarifyPresentation"].(map[string]any); ok {
		delete(presentation, "rank")
		if len(presentation) == 0 {
			delete(members, "xClarifyPresentation")
		}
	}
	return json.RawMessage(asJSON(members, true))
}

func decoded(raw json.RawMessage) any {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return nil
	}
	return value
}

// shown returns a value as it is shown.
func shown(value any, has bool) string {
	if s, ok := value.(string); ok {
		return s
	}
	return asJSON(value, has)
}

// asJSON returns a value as JSON, or nothing if there is none.
func asJSON(value any, has bool) string {
	if !has {
		return ""
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(value) != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func sameJSON(a, b json.RawMessage) bool { return reflect.DeepEqual(decoded(a), decoded(b)) }
