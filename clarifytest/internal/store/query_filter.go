package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// maxDepth is how many references a dotted field may follow.
const maxDepth = 3

// filter is the conditions of a filter, ready to be put to records.
type filter struct {
	store      *Store
	object     *schema.Object
	conditions []compiled
}

type compiled struct {
	sent  values.Comparison
	path  []reference // to follow from the record
	field reference
	meets values.Matcher
}

// reference is a field and the object that it refers to, nil if to none.
type reference struct {
	field  string
	target *schema.Object
}

// compile looks the fields up. It needs the store's lock, as the filter does.
func (s *Store) compile(spec *schema.Object, conditions []values.Comparison) (filter, error) {
	f := filter{store: s, object: spec}
	for _, c := range conditions {
		path, field, owner, err := resolve(spec, c.Field)
		if err != nil {
			return filter{}, err
		}
		if what := s.Unqueryable(owner, field); what != "" {
			return filter{}, values.NewProblem(ErrQuery, "", "The filter on %s: %s.", c.Field, what)
		}
		if f, known := owner.Field(field); known {
			if option := unknownOption(f, c); option != "" {
				return filter{}, values.NewProblem(ErrQuery, "", "The filter on %s: %q is none of the options, whose case matters: %s.", c.Field, option, strings.Join(f.Options.Names, ", "))
			}
		}
		kinds, fold := s.table(owner).kindOf(owner, field)
		if kinds == values.KindUnknown {
			kinds = values.KindAny
		}
		if kinds == values.KindCollection && !s.config.Rules.CollectionEquality && c.Op.TestsEquality() {
			return filter{}, values.NewProblem(ErrQuery, "", "The filter on %s: the operator %q is not for a field of the kind %s.", c.Field, c.Op, kinds)
		}
		meets, err := values.NewMatcher(kinds, c.Op, c.Operand, fold)
		if err != nil {
			return filter{}, values.NewProblem(ErrQuery, "", "The filter on %s: %v.", c.Field, err)
		}
		f.conditions = append(f.conditions, compiled{c, path, reference{field, owner.Reference(field)}, meets})
	}
	return f, nil
}

// Unqueryable says why records of an object cannot be filtered and sorted by a
// field. It is empty if they can.
func (s *Store) Unqueryable(spec *schema.Object, field string) string {
	f, known := spec.Field(field)
	switch {
	case known && f.ToMany():
		return fmt.Sprintf("%s is a to-many relationship, which records have no value of", field)
	case known || spec.TakesUnknown() && s.table(spec).had(field):
		return ""
	}
	return fmt.Sprintf("%s has no field %q", spec.Name, field)
}

// unknownOption returns the first option that a condition asks for and that a
// select does not have, or an empty string.
func unknownOption(f *schema.Field, c values.Comparison) string {
	if f.Options == nil || f.Options.Open {
		return ""
	}
	var asked []string
	switch c.Op {
	case values.OpIs, values.OpIsNot, values.OpContains, values.OpDoesNotContain:
		asked = []string{c.Operand}
	case values.OpOneOf, values.OpNotOneOf:
		asked = strings.Split(c.Operand, ",")
	}
	for _, option := range asked {
		if option != "" && !f.Options.Known[option] {
			return option
		}
	}
	return ""
}

// resolve takes a dotted field such as person.company_id.name apart, which
// begins with the object it is about.
func resolve(spec *schema.Object, dotted string) (path []reference, field string, owner *schema.Object, err error) {
	segments := strings.Split(dotted, ".")
	if len(segments) == 1 {
		return nil, dotted, spec, nil
	}
	if segments[0] != spec.Name {
		return nil, "", nil, values.NewProblem(ErrQuery, "", "The filter on %s: a field with dots begins with the object, %s.", dotted, spec.Name)
	}
	names, field := segments[1:len(segments)-1], segments[len(segments)-1]
	if len(names) > maxDepth {
		return nil, "", nil, values.NewProblem(ErrQuery, "", "The filter on %s: it follows more than %d references.", dotted, maxDepth)
	}
	owner = spec
	for _, name := range names {
		target := owner.Reference(name)
		if target == nil {
			return nil, "", nil, values.NewProblem(ErrQuery, "", "The filter on %s: %s has no field %q that refers to a record.", dotted, owner.Name, name)
		}
		owner = target
		path = append(path, reference{name, owner})
	}
	return path, field, owner, nil
}

// holds reports whether a record meets all conditions.
func (f filter) holds(r *Record) bool {
	return !slices.ContainsFunc(f.conditions, func(c compiled) bool {
		owner := r
		for _, reference := range c.path {
			if owner = f.store.Referred(reference.target, owner, reference.field); owner == nil {
				return !c.meets(nil)
			}
		}
		return !c.meets(f.store.ValueIn(c.field.target, owner, c.field.field))
	})
}

// apply returns the records that meet all conditions, in the same order.
func (f filter) apply(records []*Record) []*Record {
	if len(f.conditions) == 0 {
		return records
	}
	var matching []*Record
	for _, r := range records {
		if f.holds(r) {
			matching = append(matching, r)
		}
	}
	return matching
}
