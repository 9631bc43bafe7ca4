package clarify

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Where selects the records that meet a condition. All conditions must hold: the API
// has no OR. Two conditions on one field make a range. The API takes an operator once
// for each field, so the same one with other values is an error.
//
// A field with dots reaches related records, up to three levels deep. It begins with
// the object that is read: person.company_id.name. A field name cannot contain
// brackets, which the API's query syntax uses.
//
// [IsEmpty], [IsNotEmpty], [IsSet] and [IsNotSet] take no value. [OneOf] and
// [NotOneOf] take one or more, or a slice of them, without commas. The others take
// one. No value has a special meaning: the operator is always sent by name. It may be
//
//   - a string, a bool, an integer, a float or a [json.Number]; numbers are sent with
//     all their digits and without an exponent;
//   - a [time.Time], sent in UTC and truncated to milliseconds;
//   - a [Date];
//   - a type based on one of these, or one that has MarshalText or String;
//   - a pointer to one of these.
//
// A nil value is an error; use [IsEmpty] instead.
//
// Listings of anything but records have their own filters: see [Client.Lists],
// [Client.WorkspaceLists], [Client.Workflows], [Client.Recipients] and
// [Records.Deleted].
//
// The methods of fields, such as those of [DealFields], make the same conditions, and
// the compiler checks their operators and values.
func Where(field string, op Operator, values ...any) QueryOption {
	values = slices.Clone(values)
	return func(q *query) {
		q.conditions = append(q.conditions, condition{field, op, values})
	}
}

type condition struct {
	field  string
	op     Operator
	values []any
}

func (l *listing) conditions(conditions []condition) (parameters, error) {
	var params parameters
	type key struct {
		field string
		op    Operator
	}
	seen := map[key][]string{}
	for _, c := range conditions {
		if l.filter == filterNone {
			return nil, l.lacks("Where")
		}
		values, err := l.values(c)
		if err != nil {
			return nil, err
		}
		k := key{c.field, c.op}
		if l.filter == filterChoices {
			k.op = ""
		}
		if before, twice := seen[k]; twice {
			if slices.Equal(before, values) {
				continue
			}
			return nil, c.wrong("the API takes an operator once for each field, got %q and %q", before, values)
		}
		seen[k] = values
		if l.filter == filterChoices {
			err = l.addChoice(&params, c, values)
		} else {
			params.add(strings.Join(values, ","), "filter", c.field, string(c.op))
		}
		if err != nil {
			return nil, err
		}
	}
	return params, nil
}

// addChoice adds a condition for an operation whose filters have no operators.
func (l *listing) addChoice(params *parameters, c condition, values []string) error {
	i := slices.IndexFunc(l.choices, func(known choice) bool { return known.field == c.field })
	switch {
	case i < 0:
		var names []string
		for _, known := range l.choices {
			names = append(names, known.field)
		}
		return c.wrong("%s filters by %s only", l.operation, strings.Join(names, ", "))
	case l.choices[i].many && (c.op == Is || c.op == OneOf):
		for n, value := range values {
			params.add(value, "filter", c.field, strconv.Itoa(n))
		}
	case l.choices[i].many:
		return c.wrong("%s takes Is and OneOf only for this field", l.operation)
	case c.op == Is:
		params.add(values[0], "filter", c.field)
	default:
		return c.wrong("%s takes Is only for this field", l.operation)
	}
	return nil
}

func (c condition) wrong(format string, args ...any) error {
	return fmt.Errorf("clarify: Where %q %s: "+format, slices.Concat([]any{c.field, c.op}, args)...)
}

// values checks a condition and returns its values in the API's format.
func (l *listing) values(c condition) ([]string, error) {
	switch {
	case !slices.Contains(operators, c.op):
		names := make([]string, len(operators))
		for i, op := range operators {
			names[i] = strconv.Quote(string(op))
		}
		return nil, fmt.Errorf("clarify: Where %q: invalid operator %q: must be one of %s", c.field, string(c.op), strings.Join(names, ", "))
	case c.field == "":
		return nil, fmt.Errorf("clarify: Where %s: the field is empty", c.op)
	case strings.ContainsAny(c.field, "[]"):
		return nil, c.wrong("invalid field: the query syntax of the API does not allow brackets")
	case l.filter == filterDeletions && c.field != "_deleted_at":
		return nil, c.wrong("%s filters by _deleted_at only", l.operation)
	}
	values := c.values
	if c.op.takesMany() {
		values = flattened(values)
	}
	switch n := len(values); {
	case c.op.takesNone() && n > 0:
		return nil, c.wrong("it takes no value, got %d", n)
	case c.op.takesMany() && n == 0:
		return nil, c.wrong("it takes one or more values, got none")
	case !c.op.takesNone() && !c.op.takesMany() && n != 1:
		return nil, c.wrong("it takes one value, got %d", n)
	}
	list := make([]string, len(values))
	for i, value := range values {
		formatted, err := formatValue(value, l.filter == filterDeletions)
		if err != nil {
			return nil, c.wrong("%w", err)
		}
		if c.op.takesMany() && l.filter != filterChoices && strings.Contains(formatted, ",") {
			return nil, c.wrong("invalid value %q: a comma separates the values of this operator", formatted)
		}
		list[i] = formatted
	}
	return list, nil
}

// flattened replaces slices by their elements: a []string cannot be passed as the
// values of a ...any.
func flattened(values []any) []any {
	var flat []any
	for _, value := range values {
		v := reflect.ValueOf(value)
		if !isList(v) {
			flat = append(flat, value)
			continue
		}
		for i := range v.Len() {
			flat = append(flat, v.Index(i).Interface())
		}
	}
	return flat
}

func isList(v reflect.Value) bool {
	if !v.IsValid() || v.Kind() != reflect.Slice && v.Kind() != reflect.Array || v.Type().Elem().Kind() == reflect.Uint8 {
		return false
	}
	switch v.Interface().(type) {
	case encoding.TextMarshaler, fmt.Stringer:
		return false
	}
	return true
}
