package schema

import (
	"maps"
	"reflect"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// Strategies say for fields how what is sent combines with what is there.
type Strategies map[string]Strategy

// A Strategy is the one member of an object such as {"collection": "append"}.
type Strategy struct{ target, action string }

// actions are those that each target takes.
var actions = map[string][]string{
	"collection": {"append", "remove", "replace"},
	"array":      {"append"},
	"object":     {"merge"},
}

// ReadStrategies reads the member meta of an update.
func ReadStrategies(meta any) (Strategies, error) {
	const at values.Pointer = "/meta"
	if meta == nil {
		return nil, nil
	}
	object, ok := meta.(map[string]any)
	if !ok {
		return nil, values.Invalid(at, "meta must be an object that says for a field how it combines.")
	}
	read := Strategies{}
	var found values.Problems
	for _, field := range slices.Sorted(maps.Keys(object)) {
		s, err := readStrategy(object[field], at.Member(field))
		found.Add(err)
		read[field] = s
	}
	return read, found.Err()
}

func readStrategy(value any, at values.Pointer) (Strategy, error) {
	object, _ := value.(map[string]any)
	if len(object) != 1 {
		return Strategy{}, values.Invalid(at, "A strategy must be an object with one member: collection, array or object.")
	}
	var s Strategy
	for target, action := range object {
		s.target = target
		s.action, _ = action.(string)
	}
	if !slices.Contains(actions[s.target], s.action) {
		return Strategy{}, values.Invalid(at, "A strategy must be one of collection: append, remove or replace; array: append; object: merge.")
	}
	return s, nil
}

// CheckFields checks that each strategy is for a field that is being changed.
func (s Strategies) CheckFields(changes map[string]any) error {
	var found values.Problems
	for _, field := range slices.Sorted(maps.Keys(s)) {
		if _, ok := changes[field]; !ok {
			found.Add(values.Invalid(values.Pointer("/meta").Member(field), "%s has a strategy, but it is not among the attributes.", field))
		}
	}
	return found.Err()
}

// Combine returns the value that a field has after sent came to it.
func (s Strategy) Combine(spec *Object, field string, old, sent any, at values.Pointer) (any, error) {
	switch s.target {
	case "collection":
		items, ok := values.Items(sent)
		if !ok {
			return nil, values.Invalid(at, "The strategy collection needs an object with items.")
		}
		before, _ := values.Items(old)
		return map[string]any{"items": s.combineItems(before, items, spec.Folds(field))}, nil
	case "array":
		items, ok := sent.([]any)
		if !ok {
			return nil, values.Invalid(at, "The strategy array needs an array.")
		}
		before, _ := old.([]any)
		return slices.Concat(before, items), nil
	case "object":
		members, ok := sent.(map[string]any)
		if !ok {
			return nil, values.Invalid(at, "The strategy object needs an object.")
		}
		merged := map[string]any{}
		before, _ := old.(map[string]any)
		maps.Copy(merged, before)
		maps.Copy(merged, members)
		return merged, nil
	}
	return sent, nil
}

func (s Strategy) combineItems(before, sent []any, fold bool) []any {
	if s.action == "replace" {
		return sent
	}
	items := []any{}
	for _, item := range before {
		if s.action == "append" || !containsItem(sent, item, fold) {
			items = append(items, item)
		}
	}
	if s.action == "append" {
		for _, item := range sent {
			if !containsItem(items, item, fold) {
				items = append(items, item)
			}
		}
	}
	return items
}

func containsItem(items []any, item any, fold bool) bool {
	return slices.ContainsFunc(items, func(other any) bool {
		a, isText := item.(string)
		b, otherIsText := other.(string)
		if isText && otherIsText && fold {
			return values.Fold(a) == values.Fold(b)
		}
		return reflect.DeepEqual(item, other)
	})
}
