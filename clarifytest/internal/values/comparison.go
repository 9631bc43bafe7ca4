package values

import "strings"

// A Comparison is a condition of a filter as it is sent: a field, an operator and
// what the value is compared with.
type Comparison struct {
	Field   string
	Op      Operator
	Operand string
}

// ParseShorthand parses the value of a condition that is sent without an operator.
func ParseShorthand(value string) (Operator, string) {
	switch value {
	case "null":
		return OpIsEmpty, ""
	case "!null":
		return OpIsNotEmpty, ""
	}
	// The longer one of two with the same beginning comes first.
	for _, prefix := range []struct {
		text string
		op   Operator
	}{{"!=", OpIsNot}, {">=", OpAtLeast}, {"<=", OpAtMost}, {">", OpAbove}, {"<", OpBelow}} {
		if rest, ok := strings.CutPrefix(value, prefix.text); ok {
			return prefix.op, rest
		}
	}
	beginning, before := strings.CutPrefix(value, "*")
	middle, after := strings.CutSuffix(beginning, "*")
	switch {
	case before && after:
		return OpContains, middle
	case before:
		return OpEndsWith, beginning
	case after:
		return OpStartsWith, middle
	case strings.Contains(value, ","):
		return OpOneOf, value
	}
	return OpIs, value
}
