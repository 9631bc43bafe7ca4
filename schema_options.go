package clarify

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/clarify-go/clarify/internal/jsonschema"
)

// fieldOptions are the options of a field.
type fieldOptions struct {
	list    []FieldOption
	found   bool // whether the field has a list of options, even an empty one
	numbers bool // whether they are all numbers
	closed  bool // whether they are those of an enum, and all strings
}

// optionsOf reads the options of a field. The schemas are those of the field, of its
// list and of the items of that: the first one that has options wins.
//
// The options are those of enum, which the API accepts. Without an enum they are
// those of xClarifyEnumMetadata.
func optionsOf(schemas ...*jsonschema.Schema) fieldOptions {
	var values []any
	var metadata map[string]any
	for _, schema := range schemas {
		if values == nil {
			values = jsonschema.List(schema.Keyword("enum"))
		}
		if metadata == nil {
			metadata = jsonschema.Object(schema.Keyword("xClarifyEnumMetadata"))
		}
	}
	closed := len(values) > 0
	if len(values) == 0 {
		for _, name := range slices.Sorted(maps.Keys(metadata)) {
			values = append(values, name)
		}
	}
	type ranked struct {
		FieldOption
		rank  float64
		known bool
	}
	options := fieldOptions{found: metadata != nil, numbers: len(values) > 0}
	var list []ranked
	seen := map[string]bool{}
	for _, value := range values {
		var name string
		switch v := value.(type) {
		case nil:
			continue
		case string:
			name, options.numbers = v, false
		case json.Number:
			name, closed = v.String(), false
		default:
			options.numbers, closed = false, false
			continue // it cannot be the name of an option
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		about := jsonschema.Object(metadata[name])
		o := ranked{FieldOption: FieldOption{Value: name}}
		o.ID, _ = about["id"].(string)
		o.Color, _ = about["color"].(string)
		o.rank, o.known = rankOf(about["rank"])
		list = append(list, o)
	}
	slices.SortStableFunc(list, func(a, b ranked) int { return cmp.Or(trueFirst(a.known, b.known), cmp.Compare(a.rank, b.rank)) })
	for _, o := range list {
		options.list = append(options.list, o.FieldOption)
	}
	options.found = options.found || len(list) > 0
	options.numbers = options.numbers && len(list) > 0
	options.closed = closed && len(list) > 0
	return options
}

// rankedField is a field and its rank in the app.
type rankedField struct {
	*FieldSchema
	rank  float64
	known bool // whether it has a rank
}

func sortedFields(fields []rankedField) []*FieldSchema {
	slices.SortFunc(fields, func(a, b rankedField) int {
		return cmp.Or(
			trueFirst(!strings.HasPrefix(a.Name, "_"), !strings.HasPrefix(b.Name, "_")),
			trueFirst(a.known, b.known),
			cmp.Compare(a.rank, b.rank),
			cmp.Compare(a.Name, b.Name),
		)
	})
	var sorted []*FieldSchema
	for _, f := range fields {
		sorted = append(sorted, f.FieldSchema)
	}
	return sorted
}

// trueFirst orders true before false.
func trueFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// rankOf reads the rank of a field or an option: a number, or a number in a string.
func rankOf(value any) (float64, bool) {
	var digits string
	switch v := value.(type) {
	case json.Number:
		digits = v.String()
	case string:
		digits = v
	}
	rank, err := strconv.ParseFloat(digits, 64)
	return rank, err == nil && rank == rank
}
