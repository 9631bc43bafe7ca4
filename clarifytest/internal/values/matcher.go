package values

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Matcher reports whether a value meets a condition.
type Matcher func(value any) bool

// NewMatcher returns the matcher of an operator and an operand for a field of these
// kinds. If a field has several, a value matches if it does as one of them. With
// fold, letters match in either case.
func NewMatcher(kinds Kind, op Operator, operand string, fold bool) (Matcher, error) {
	positive, negated := op, false
	if opposite, ok := opposites[op]; ok {
		positive, negated = opposite, true
	}
	var matchers []Matcher
	var firstErr error
	kinds.each(func(one Kind) {
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
		met := slices.ContainsFunc(matchers, func(m Matcher) bool { return m(value) })
		return met != negated
	}, nil
}

// matcherOf takes the operators that are not the opposite of another one.
func matcherOf(one Kind, op Operator, operand string, fold bool) (Matcher, error) {
	if op == OpIsEmpty {
		return IsEmpty, nil
	}
	switch one {
	case KindNumber:
		return numberMatcher(op, operand)
	case KindDate:
		return dateMatcher(op, operand)
	case KindCheckbox:
		return checkboxMatcher(op, operand)
	case KindMultiSelect:
		return func(value any) bool {
			items, ok := value.([]any)
			if !ok {
				items, _ = Items(value)
			}
			return slices.Contains(items, any(operand))
		}, nil
	case KindCollection, KindLocation:
		matches := stringTest(op, operand, fold)
		return func(value any) bool {
			switch value.(type) {
			case map[string]any:
				return slices.ContainsFunc(StringsIn(value), matches)
			}
			return false
		}, nil
	}
	matches := stringTest(op, operand, fold)
	return func(value any) bool {
		text, ok := StringOf(value)
		return ok && matches(text)
	}, nil
}

// stringTest returns the test of a string.
func stringTest(op Operator, operand string, fold bool) func(string) bool {
	if fold {
		operand = Fold(operand)
	}
	options := strings.Split(operand, ",")
	return func(text string) bool {
		if fold {
			text = Fold(text)
		}
		switch op {
		case OpIs:
			return text == operand
		case OpContains:
			return strings.Contains(text, operand)
		case OpStartsWith:
			return strings.HasPrefix(text, operand)
		case OpEndsWith:
			return strings.HasSuffix(text, operand)
		case OpOneOf:
			return slices.Contains(options, text)
		}
		return false
	}
}

func numberMatcher(op Operator, operand string) (Matcher, error) {
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
		case OpIs:
			return n == bound
		case OpGreaterThan:
			return n > bound
		case OpGreaterThanOrEqual:
			return n >= bound
		case OpLessThan:
			return n < bound
		case OpLessThanOrEqual:
			return n <= bound
		}
		return false
	}, nil
}

func dateMatcher(op Operator, operand string) (Matcher, error) {
	from, wholeDay, ok := ParseTime(operand)
	if !ok {
		return nil, fmt.Errorf("the value %q is not a date or an RFC 3339 time", operand)
	}
	last := from
	if wholeDay {
		last = from.Add(24*time.Hour - 1)
	}
	return func(value any) bool {
		text, _ := value.(string)
		t, _, ok := ParseTime(text)
		return ok && CompareTimes(op, t, from, last)
	}, nil
}

// CompareTimes compares t with the time between from and last, both included.
func CompareTimes(op Operator, t, from, last time.Time) bool {
	switch op {
	case OpIs:
		return !t.Before(from) && !t.After(last)
	case OpIsBefore:
		return t.Before(from)
	case OpIsOnOrBefore:
		return !t.After(last)
	case OpIsAfter:
		return t.After(last)
	case OpIsOnOrAfter:
		return !t.Before(from)
	}
	return false
}

func checkboxMatcher(op Operator, operand string) (Matcher, error) {
	if op == OpIsSet {
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
