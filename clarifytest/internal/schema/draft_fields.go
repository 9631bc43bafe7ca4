package schema

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// checkFree checks that an object can have another field of this name.
func (o *Object) checkFree(name string, at values.Pointer) error {
	switch {
	case o.Fields[name] != nil:
		return values.Invalid(at, "%s has a field %s already.", o.Name, name)
	case !usableName(name):
		return values.Invalid(at, "A field's name must not be empty, begin with _ or contain a dot or a bracket.")
	}
	return nil
}

// Ordered returns the names of the fields by their ranks. The system's, which
// have none, are left out.
func (o *Object) Ordered() []string {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(o.Fields)), func(name string) bool { return strings.HasPrefix(name, "_") })
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Compare(o.Fields[a].rank(), o.Fields[b].rank())
	})
	return names
}

// AddFields adds fields to an object. definitions are their JSON Schemas by name, at is
// where these are in the request.
func (d *Draft) AddFields(object string, definitions map[string]any, at values.Pointer) error {
	spec := d.Find(object)
	checked, err := d.origin.checkDefinitions(definitions, d.nextRank(object), at)
	var found values.Problems
	found.Add(err)
	for _, name := range slices.Sorted(maps.Keys(checked)) {
		found.Add(spec.checkFree(name, at.Member(name)))
		d.setField(object, name, checked[name])
	}
	if len(definitions) == 0 {
		found.Add(values.Invalid(at, "There must be at least one field."))
	}
	return found.Err()
}

// CheckOrder checks that names are those of fields of the object, and returns them.
func (o *Object) CheckOrder(names []any, at values.Pointer) ([]string, error) {
	var order []string
	var found values.Problems
	for i, value := range names {
		name := value.(string)
		switch {
		case o.Fields[name] == nil:
			found.Add(values.Invalid(at.Item(i), "%s has no field %s.", o.Name, name))
		case slices.Contains(order, name):
			found.Add(values.Invalid(at.Item(i), "The field %s is there twice.", name))
		}
		order = append(order, name)
	}
	return order, found.Err()
}

// OrderFields puts fields of an object before its others.
func (d *Draft) OrderFields(object string, first []string) {
	spec := d.Find(object)
	order := slices.Clone(first)
	for _, name := range spec.Ordered() {
		if !slices.Contains(order, name) {
			order = append(order, name)
		}
	}
	for i, name := range order {
		d.setField(object, name, spec.Fields[name].ranked(name, i+1))
	}
}

// CheckHidden checks that the members of hidden are fields of the object.
func (o *Object) CheckHidden(hidden map[string]any, at values.Pointer) error {
	var found values.Problems
	for _, name := range slices.Sorted(maps.Keys(hidden)) {
		if o.Fields[name] == nil {
			found.Add(values.Invalid(at.Member(name), "%s has no field %s.", o.Name, name))
		}
	}
	return found.Err()
}

// HideFields says for each of the fields whether it is hidden in the details of a
// record.
func (d *Draft) HideFields(object string, hidden map[string]any) {
	spec := d.Find(object)
	for name, value := range hidden {
		field := spec.Fields[name]
		d.setField(object, name, field.annotated(name, KeyPresentation, values.With(field.presentation(), "hiddenInDetails", value)))
	}
}
