package values

import (
	"slices"
	"strings"
)

// An Operator is an operator of a filter, as it is written.
type Operator string

// The operators.
const (
	OpIs                 Operator = "Is"
	OpIsNot              Operator = "Is not"
	OpContains           Operator = "Contains"
	OpDoesNotContain     Operator = "Does not contain"
	OpStartsWith         Operator = "Starts with"
	OpEndsWith           Operator = "Ends with"
	OpGreaterThan        Operator = "Greater than"
	OpGreaterThanOrEqual Operator = "Greater than or equal"
	OpLessThan           Operator = "Less than"
	OpLessThanOrEqual    Operator = "Less than or equal"
	OpIsBefore           Operator = "Is before"
	OpIsOnOrBefore       Operator = "Is on or before"
	OpIsAfter            Operator = "Is after"
	OpIsOnOrAfter        Operator = "Is on or after"
	OpOneOf              Operator = "One of"
	OpNotOneOf           Operator = "Not one of"
	OpIsEmpty            Operator = "Is empty"
	OpIsNotEmpty         Operator = "Is not empty"
	OpIsSet              Operator = "Is set"
	OpIsNotSet           Operator = "Is not set"

	// These exist as shorthand only.
	OpAbove   Operator = ">"
	OpAtLeast Operator = ">="
	OpBelow   Operator = "<"
	OpAtMost  Operator = "<="
)

var (
	emptiness   = []Operator{OpIsEmpty, OpIsNotEmpty}
	equality    = []Operator{OpIs, OpIsNot}
	containment = []Operator{OpContains, OpDoesNotContain}
)

// operatorsOf are the operators that each kind of field takes.
var operatorsOf = map[Kind][]Operator{
	KindText:        slices.Concat(equality, containment, []Operator{OpStartsWith, OpEndsWith}, emptiness),
	KindNumber:      slices.Concat(equality, []Operator{OpGreaterThan, OpGreaterThanOrEqual, OpLessThan, OpLessThanOrEqual}, emptiness),
	KindDate:        slices.Concat(equality, []Operator{OpIsBefore, OpIsOnOrBefore, OpIsAfter, OpIsOnOrAfter}, emptiness),
	KindSelect:      slices.Concat(equality, []Operator{OpOneOf, OpNotOneOf}, emptiness),
	KindMultiSelect: slices.Concat(containment, emptiness),
	KindCheckbox:    slices.Concat(equality, []Operator{OpIsSet, OpIsNotSet}),
	KindLocation:    containment,
	KindID:          slices.Concat(equality, emptiness),
	KindCollection:  slices.Concat(containment, equality, emptiness),
}

// Known reports whether op is an operator.
func (op Operator) Known() bool { return knownOperators[op] }

// TestsEquality reports whether op compares with the whole value.
func (op Operator) TestsEquality() bool { return slices.Contains(equality, op) }

var knownOperators = func() map[Operator]bool {
	known := map[Operator]bool{}
	for _, ops := range operatorsOf {
		for _, op := range ops {
			known[op] = true
		}
	}
	return known
}()

// opposites are the operators that hold exactly where another one does not.
var opposites = map[Operator]Operator{
	OpIsNot:          OpIs,
	OpDoesNotContain: OpContains,
	OpNotOneOf:       OpOneOf,
	OpIsNotEmpty:     OpIsEmpty,
	OpIsNotSet:       OpIsSet,
}

// comparisons are the operators that the shorthand for comparing stands for,
// which depends on what is compared.
var comparisons = map[Operator]struct{ number, date Operator }{
	OpAbove:   {OpGreaterThan, OpIsAfter},
	OpAtLeast: {OpGreaterThanOrEqual, OpIsOnOrAfter},
	OpBelow:   {OpLessThan, OpIsBefore},
	OpAtMost:  {OpLessThanOrEqual, OpIsOnOrBefore},
}

// on returns the operator that op is for a field of one kind.
func (op Operator) on(one Kind) Operator {
	c, ok := comparisons[op]
	switch {
	case !ok:
		return op
	case one == KindDate:
		return c.date
	}
	return c.number
}

func (k Kind) String() string {
	var names []string
	k.each(func(one Kind) { names = append(names, kindNames[one]) })
	return strings.Join(names, " or ")
}
