package clarifytest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// operator is an operator of a filter, as it is written.
type operator string

const (
	opIs                 operator = "Is"
	opIsNot              operator = "Is not"
	opContains           operator = "Contains"
	opDoesNotContain     operator = "Does not contain"
	opStartsWith         operator = "Starts with"
	opEndsWith           operator = "Ends with"
	opGreaterThan        operator = "Greater than"
	opGreaterThanOrEqual operator = "Greater than or equal"
	opLessThan           operator = "Less than"
	opLessThanOrEqual    operator = "Less than or equal"
	opIsBefore           operator = "Is before"
	opIsOnOrBefore       operator = "Is on or before"
	opIsAfter            operator = "Is after"
	opIsOnOrAfter        operator = "Is on or after"
	opOneOf              operator = "One of"
	opNotOneOf           operator = "Not one of"
	opIsEmpty            operator = "Is empty"
	opIsNotEmpty         operator = "Is not empty"
	opIsSet              operator = "Is set"
	opIsNotSet           operator = "Is not set"

	// These exist as shorthand only.
	opAbove   operator = ">"
	opAtLeast operator = ">="
	opBelow   operator = "<"
	opAtMost  operator = "<="
)

var (
	emptiness   = []operator{opIsEmpty, opIsNotEmpty}
	equality    = []operator{opIs, opIsNot}
	containment = []operator{opContains, opDoesNotContain}
)

// operatorsOf are the operators that each kind of field takes.
var operatorsOf = map[kind][]operator{
	kindText:        slices.Concat(equality, containment, []operator{opStartsWith, opEndsWith}, emptiness),
	kindNumber:      slices.Concat(equality, []operator{opGreaterThan, opGreaterThanOrEqual, opLessThan, opLessThanOrEqual}, emptiness),
	kindDate:        slices.Concat(equality, []operator{opIsBefore, opIsOnOrBefore, opIsAfter, opIsOnOrAfter}, emptiness),
	kindSelect:      slices.Concat(equality, []operator{opOneOf, opNotOneOf}, emptiness),
	kindMultiSelect: slices.Concat(containment, emptiness),
	kindCheckbox:    slices.Concat(equality, []operator{opIsSet, opIsNotSet}),
	kindLocation:    containment,
	kindID:          slices.Concat(equality, emptiness),
	kindCollection:  slices.Concat(containment, equality, emptiness),
}

// knownOperators are all of them.
var knownOperators = func() map[operator]bool {
	known := map[operator]bool{}
	for _, ops := range operatorsOf {
		for _, op := range ops {
			known[op] = true
		}
	}
	return known
}()

// opposites are the operators that hold exactly where another one does not.
var opposites = map[operator]operator{
	opIsNot:          opIs,
	opDoesNotContain: opContains,
	opNotOneOf:       opOneOf,
	opIsNotEmpty:     opIsEmpty,
	opIsNotSet:       opIsSet,
}

// comparisons are the operators that the shorthand for comparing stands for,
// which depends on what is compared.
var comparisons = map[operator]struct{ number, date operator }{
	opAbove:   {opGreaterThan, opIsAfter},
	opAtLeast: {opGreaterThanOrEqual, opIsOnOrAfter},
	opBelow:   {opLessThan, opIsBefore},
	opAtMost:  {opLessThanOrEqual, opIsOnOrBefore},
}

// on returns the operator that op is for a field of one kind.
func (op operator) on(one kind) operator {
	c, ok := comparisons[op]
	switch {
	case !ok:
		return op
	case one == kindDate:
		return c.date
	}
	return c.number
}

// matcher tells whether a value meets a condition.
type matcher func(value any) bool

// newMatcher returns what op with an operand means for a field of the kinds. A
// condition on a field of several kinds holds where it does for one of them.
// With fold, letters match in either case.
func newMatcher(kinds kind, op operator, operand string, fold bool) (matcher, error) {
	positive, negated := op, false
	if opposite, ok := opposites[op]; ok {
		positive, negated = opposite, true
	}
	var matchers []matcher
	var firstErr error
	kinds.each(func(one kind) {
		if !slices.Contains(operatorsOf[one], op.on(one)) {
			return
		}
		m, err := matcherOf(one, positive.on(one), operand, fold)
		if err == nil {
			matchers = append(matchers, m)
		} else if firstErr == nil {
			firstErr = err
		}
	})
	switch {
	case len(matchers) > 0:
	case firstErr != nil:
		return nil, firstErr
	default:
		return nil, fmt.Errorf("the operator %q is not for a field of the kind %s", op, kinds)
	}
	return func(value any) bool {
		met := slices.ContainsFunc(matchers, func(m matcher) bool { return m(value) })
		return met != negated
	}, nil
}

func (k kind) String() string {
	var names []string
	k.each(func(one kind) { names = append(names, kindNames[one]) })
	return strings.Join(names, " or ")
}

// matcherOf takes the operators that are not the opposite of another one.
func matcherOf(one kind, op operator, operand string, fold bool) (matcher, error) {
	if op == opIsEmpty {
		return isEmpty, nil
	}
	switch one {
	case kindNumber:
		return numberMatcher(op, operand)
	case kindDate:
		return dateMatcher(op, operand)
	case kindCheckbox:
		return checkboxMatcher(op, operand)
	case kindMultiSelect:
		return func(value any) bool {
			items, ok := value.([]any)
			if !ok {
				items, _ = collectionItems(value)
			}
			return slices.Contains(items, any(operand))
		}, nil
	case kindCollection, kindLocation:
		matches := textTest(op, operand, fold)
		return func(value any) bool {
			switch value.(type) {
			case map[string]any:
				return slices.ContainsFunc(textsIn(value), matches)
			}
			return false
		}, nil
	}
	matches := textTest(op, operand, fold)
	return func(value any) bool {
		text, ok := textOf(value)
		return ok && matches(text)
	}, nil
}

func textTest(op operator, operand string, fold bool) func(string) bool {
	if fold {
		operand = folded(operand)
	}
	options := strings.Split(operand, ",")
	return func(text string) bool {
		if fold {
			text = folded(text)
		}
		switch op {
		case opIs:
			return text == operand
		case opContains:
			return strings.Contains(text, operand)
		case opStartsWith:
			return strings.HasPrefix(text, operand)
		case opEndsWith:
			return strings.HasSuffix(text, operand)
		case opOneOf:
			return slices.Contains(options, text)
		}
		return false
	}
}

// textOf is the text of a value that is one text: a string, a name, or rich
// text.
func textOf(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case map[string]any:
		if blocks, ok := v["text"].([]any); ok {
			return strings.Join(writtenIn(blocks), "\n"), true
		}
		name, ok := v["full_name"].(string)
		return name, ok
	}
	return "", false
}

// writtenIn returns what blocks of rich text say, without what describes them.
func writtenIn(blocks []any) []string {
	var texts []string
	for _, block := range blocks {
		object, _ := block.(map[string]any)
		if text, ok := object["text"].(string); ok {
			texts = append(texts, text)
		}
		for _, nested := range []string{"content", "children"} {
			inner, _ := object[nested].([]any)
			texts = append(texts, writtenIn(inner)...)
		}
	}
	return texts
}

// textsIn returns all strings within a value, in the same order each time.
func textsIn(value any) []string {
	var texts []string
	switch v := value.(type) {
	case string:
		texts = append(texts, v)
	case []any:
		for _, item := range v {
			texts = append(texts, textsIn(item)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			texts = append(texts, textsIn(v[name])...)
		}
	}
	return texts
}

func numberMatcher(op operator, operand string) (matcher, error) {
	bound, err := parseDecimal(operand)
	if err != nil {
		return nil, fmt.Errorf("the value %q %w", operand, err)
	}
	return func(value any) bool {
		number, ok := value.(json.Number)
		if !ok {
			return false
		}
		n, err := parseDecimal(number.String())
		if err != nil {
			return false
		}
		switch op {
		case opIs:
			return n == bound
		case opGreaterThan:
			return n > bound
		case opGreaterThanOrEqual:
			return n >= bound
		case opLessThan:
			return n < bound
		case opLessThanOrEqual:
			return n <= bound
		}
		return false
	}, nil
}

func dateMatcher(op operator, operand string) (matcher, error) {
	from, wholeDay, ok := parseTime(operand)
	if !ok {
		return nil, fmt.Errorf("the value %q is not a date or an RFC 3339 moment", operand)
	}
	last := from
	if wholeDay {
		last = from.Add(24*time.Hour - 1)
	}
	return func(value any) bool {
		text, _ := value.(string)
		t, _, ok := parseTime(text)
		return ok && compareTimes(op, t, from, last)
	}, nil
}

// compareMoments compares t with the time from from to last, both included.
func compareTimes(op operator, t, from, last time.Time) bool {
	switch op {
	case opIs:
		return !t.Before(from) && !t.After(last)
	case opIsBefore:
		return t.Before(from)
	case opIsOnOrBefore:
		return !t.After(last)
	case opIsAfter:
		return t.After(last)
	case opIsOnOrAfter:
		return !t.Before(from)
	}
	return false
}

func checkboxMatcher(op operator, operand string) (matcher, error) {
	if op == opIsSet {
		return func(value any) bool {
			_, ok := value.(bool)
			return ok
		}, nil
	}
	switch operand {
	case "true", "false":
	default:
		return nil, fmt.Errorf("the value %q is neither true nor false", operand)
	}
	return func(value any) bool { return value == any(operand == "true") }, nil
}
