package clarify

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Where leaves out the records that do not meet a condition. All conditions must
// hold: the API has no OR. Two conditions on one field make a range. As the API
// takes an operator only once for each field, the same one with other values is
// an error.
//
// A field with dots reaches related records, up to three levels deep, and starts
// with the object that is read: person.company_id.name. A field name cannot hold
// brackets, which the API's query syntax is made of.
//
// [IsEmpty], [IsNotEmpty], [IsSet] and [IsNotSet] take no value, [OneOf] and
// [NotOneOf] one or more, or a slice of them, none of which can hold a comma;
// the others take one. A value means itself, whatever it looks like: the
// operator is always sent by name. It may be
//
//   - a string, a bool, an integer, a float or a [json.Number], which are sent
//     without exponent and with all their digits;
//   - a [time.Time], sent in UTC with milliseconds, what is finer being cut off;
//     for a day there is [Date];
//   - a type based on one of these, or one that has MarshalText or String;
//   - a pointer to one of these.
//
// A nil value is an error: [IsEmpty] asks for what has no value.
//
// Listings that are not of records have filters of their own: see
// [Client.Lists], [Client.WorkspaceLists], [Client.Workflows],
// [Client.Recipients] and [Records.Deleted].
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
			return nil, c.wrong("the API takes this once for each field, and it is given with %q and with %q", before, values)
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

// addChoice adds a condition of an operation that knows no operators.
func (l *listing) addChoice(params *parameters, c condition, values []string) error {
	i := slices.IndexFunc(l.choices, func(known choice) bool { return known.field == c.field })
	switch {
	case i < 0:
		var names []string
		for _, known := range l.choices {
			names = append(names, known.field)
		}
		return c.wrong("%s filters by %s", l.operation, strings.Join(names, ", "))
	case l.choices[i].many && (c.op == Is || c.op == OneOf):
		for n, value := range values {
			params.add(value, "filter", c.field, strconv.Itoa(n))
		}
	case l.choices[i].many:
		return c.wrong("%s takes Is and OneOf here", l.operation)
	case c.op == Is:
		params.add(values[0], "filter", c.field)
	default:
		return c.wrong("%s takes Is here", l.operation)
	}
	return nil
}

func (c condition) wrong(format string, args ...any) error {
	return fmt.Errorf("clarify: Where %q %s: "+format, slices.Concat([]any{c.field, c.op}, args)...)
}

// values checks a condition and returns its values as they are sent.
func (l *listing) values(c condition) ([]string, error) {
	switch {
	case !slices.Contains(operators, c.op):
		names := make([]string, len(operators))
		for i, op := range operators {
			names[i] = strconv.Quote(string(op))
		}
		return nil, fmt.Errorf("clarify: Where %q: %q is not an operator; there are %s", c.field, string(c.op), strings.Join(names, ", "))
	case c.field == "":
		return nil, fmt.Errorf("clarify: Where %s: the field is empty", c.op)
	case strings.ContainsAny(c.field, "[]"):
		return nil, c.wrong("a field with brackets cannot be expressed in the API's query syntax")
	case l.filter == filterDeletions && c.field != "_deleted_at":
		return nil, c.wrong("%s filters by _deleted_at", l.operation)
	}
	values := c.values
	if c.op.takesMany() {
		values = flattened(values)
	}
	switch n := len(values); {
	case c.op.takesNone() && n > 0:
		return nil, c.wrong("it takes no value and got %d", n)
	case c.op.takesMany() && n == 0:
		return nil, c.wrong("it takes one or more values and got none")
	case !c.op.takesNone() && !c.op.takesMany() && n != 1:
		return nil, c.wrong("it takes one value and got %d", n)
	}
	list := make([]string, len(values))
	for i, value := range values {
		text, err := formatValue(value, l.filter == filterDeletions)
		if err != nil {
			return nil, c.wrong("%w", err)
		}
		if c.op.takesMany() && l.filter != filterChoices && strings.Contains(text, ",") {
			return nil, c.wrong("the value %q holds a comma, which separates the values here, so it cannot be expressed", text)
		}
		list[i] = text
	}
	return list, nil
}

// flattened replaces slices by what they hold: a []string cannot be passed as
// the values of a ...any.
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
