package clarify

// Operator is how [Where] compares a field with values. The constants are all that
// the API supports. They are case-sensitive.
type Operator string

// The operators, and the kinds of fields that they are for.
const (
	// Is and IsNot are for all kinds but multi selects and locations.
	Is    Operator = "Is"
	IsNot Operator = "Is not"

	// Contains and DoesNotContain look for a part of a string or location, for an
	// option of a multi select, and for an item of a collection such as
	// email_addresses.
	Contains       Operator = "Contains"
	DoesNotContain Operator = "Does not contain"

	// StartsWith and EndsWith are for strings.
	StartsWith Operator = "Starts with"
	EndsWith   Operator = "Ends with"

	// These four are for numbers and currencies.
	GreaterThan        Operator = "Greater than"
	GreaterThanOrEqual Operator = "Greater than or equal"
	LessThan           Operator = "Less than"
	LessThanOrEqual    Operator = "Less than or equal"

	// These four are for dates and times.
	IsBefore     Operator = "Is before"
	IsOnOrBefore Operator = "Is on or before"
	IsAfter      Operator = "Is after"
	IsOnOrAfter  Operator = "Is on or after"

	// OneOf and NotOneOf are for single selects and take any number of values.
	OneOf    Operator = "One of"
	NotOneOf Operator = "Not one of"

	// IsEmpty and IsNotEmpty take no value. They are for all kinds but checkboxes
	// and locations.
	IsEmpty    Operator = "Is empty"
	IsNotEmpty Operator = "Is not empty"

	// IsSet and IsNotSet take no value. They are for checkboxes.
	IsSet    Operator = "Is set"
	IsNotSet Operator = "Is not set"
)

// operators are all operators, in the order in which errors list them.
var operators = []Operator{
	Is, IsNot, Contains, DoesNotContain, StartsWith, EndsWith,
	GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual,
	IsBefore, IsOnOrBefore, IsAfter, IsOnOrAfter,
	OneOf, NotOneOf, IsEmpty, IsNotEmpty, IsSet, IsNotSet,
}

func (op Operator) takesNone() bool {
	return op == IsEmpty || op == IsNotEmpty || op == IsSet || op == IsNotSet
}

func (op Operator) takesMany() bool { return op == OneOf || op == NotOneOf }
