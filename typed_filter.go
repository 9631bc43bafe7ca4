package clarify

import (
	"encoding/json"
	"reflect"
	"time"
)

// The types whose names end in Filter are fields that conditions can be on. Each has
// the operators that [FieldKind.Operators] lists for its kind, and no others, so that
// a condition that the API rejects does not compile. Their methods return the same
// option as [Where] with the operator of the same name, and make the same errors.
//
// A filter is the name of a field, or of a field of a linked record, which begins with
// the object that is read and follows up to three links:
//
//	var employer clarify.TextFilter = "person.company_id.name"
//	people.All(ctx, employer.StartsWith("Acme"))

// TextFilter is the name of a text field, [KindText], that conditions can be on.
// [Where] says how a field of a linked record is named.
type TextFilter string

// Is selects records whose field is value.
func (f TextFilter) Is(value string) QueryOption { return Where(string(f), Is, value) }

// IsNot selects records whose field is not value.
func (f TextFilter) IsNot(value string) QueryOption { return Where(string(f), IsNot, value) }

// Contains selects records whose field contains part.
func (f TextFilter) Contains(part string) QueryOption { return Where(string(f), Contains, part) }

// DoesNotContain selects records whose field does not contain part.
func (f TextFilter) DoesNotContain(part string) QueryOption {
	return Where(string(f), DoesNotContain, part)
}

// StartsWith selects records whose field starts with prefix.
func (f TextFilter) StartsWith(prefix string) QueryOption {
	return Where(string(f), StartsWith, prefix)
}

// EndsWith selects records whose field ends with suffix.
func (f TextFilter) EndsWith(suffix string) QueryOption { return Where(string(f), EndsWith, suffix) }

// IsEmpty selects records whose field has no value.
func (f TextFilter) IsEmpty() QueryOption { return Where(string(f), IsEmpty) }

// IsNotEmpty selects records whose field has a value.
func (f TextFilter) IsNotEmpty() QueryOption { return Where(string(f), IsNotEmpty) }

// Number is a Go type for the values of a number field, [KindNumber]. The API's numbers
// have up to twelve digits before the point and four after it, which a float64 holds up
// to about 500 billion; [json.Number] holds all.
type Number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 |
		~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 |
		~float32 | ~float64 | json.Number
}

// NumberFilter is the name of a number field, [KindNumber], that conditions can be on.
// [Where] says how a field of a linked record is named.
type NumberFilter[N Number] string

// Exact returns the field with values of the type [json.Number], for numbers that N
// cannot hold.
func (f NumberFilter[N]) Exact() NumberFilter[json.Number] { return NumberFilter[json.Number](f) }

// Is selects records whose field is n.
func (f NumberFilter[N]) Is(n N) QueryOption { return Where(string(f), Is, plain(n)) }

// IsNot selects records whose field is not n.
func (f NumberFilter[N]) IsNot(n N) QueryOption { return Where(string(f), IsNot, plain(n)) }

// GreaterThan selects records whose field is greater than n.
func (f NumberFilter[N]) GreaterThan(n N) QueryOption {
	return Where(string(f), GreaterThan, plain(n))
}

// GreaterThanOrEqual selects records whose field is n or greater.
func (f NumberFilter[N]) GreaterThanOrEqual(n N) QueryOption {
	return Where(string(f), GreaterThanOrEqual, plain(n))
}

// LessThan selects records whose field is less than n.
func (f NumberFilter[N]) LessThan(n N) QueryOption { return Where(string(f), LessThan, plain(n)) }

// LessThanOrEqual selects records whose field is n or less.
func (f NumberFilter[N]) LessThanOrEqual(n N) QueryOption {
	return Where(string(f), LessThanOrEqual, plain(n))
}

// IsEmpty selects records whose field has no value.
func (f NumberFilter[N]) IsEmpty() QueryOption { return Where(string(f), IsEmpty) }

// IsNotEmpty selects records whose field has a value.
func (f NumberFilter[N]) IsNotEmpty() QueryOption { return Where(string(f), IsNotEmpty) }

// plain returns a number without the methods of its type, such as the String of a
// time.Duration, which would otherwise format it.
func plain[N Number](n N) any {
	switch v := reflect.ValueOf(n); {
	case v.CanInt():
		return v.Int()
	case v.CanUint():
		return v.Uint()
	case v.Kind() == reflect.Float32:
		return float32(v.Float())
	case v.CanFloat():
		return v.Float()
	}
	return n
}

// CheckboxFilter is the name of a checkbox, [KindCheckbox], that conditions can be on.
// [Where] says how a field of a linked record is named.
type CheckboxFilter string

// Is selects records whose checkbox is checked, or is not.
func (f CheckboxFilter) Is(checked bool) QueryOption { return Where(string(f), Is, checked) }

// IsNot selects records for which Is does not hold.
func (f CheckboxFilter) IsNot(checked bool) QueryOption { return Where(string(f), IsNot, checked) }

// IsSet selects records whose checkbox has a value.
func (f CheckboxFilter) IsSet() QueryOption { return Where(string(f), IsSet) }

// IsNotSet selects records whose checkbox has no value.
func (f CheckboxFilter) IsNotSet() QueryOption { return Where(string(f), IsNotSet) }

// DateOrTime is a Go type for the values of a date field: [Date] for [KindDate], and
// [time.Time] for [KindDateTime].
type DateOrTime interface{ Date | time.Time }

// DateFilter is the name of a date field, [KindDate] or [KindDateTime], that conditions
// can be on. [Where] says how a field of a linked record is named, and how a time is
// sent. [DateOf] makes a Date of a time.
type DateFilter[D DateOrTime] string

// Is selects records whose field is d.
func (f DateFilter[D]) Is(d D) QueryOption { return Where(string(f), Is, d) }

// IsNot selects records whose field is not d.
func (f DateFilter[D]) IsNot(d D) QueryOption { return Where(string(f), IsNot, d) }

// IsBefore selects records whose field is before d.
func (f DateFilter[D]) IsBefore(d D) QueryOption { return Where(string(f), IsBefore, d) }

// IsOnOrBefore selects records whose field is d or before.
func (f DateFilter[D]) IsOnOrBefore(d D) QueryOption { return Where(string(f), IsOnOrBefore, d) }

// IsAfter selects records whose field is after d.
func (f DateFilter[D]) IsAfter(d D) QueryOption { return Where(string(f), IsAfter, d) }

// IsOnOrAfter selects records whose field is d or after.
func (f DateFilter[D]) IsOnOrAfter(d D) QueryOption { return Where(string(f), IsOnOrAfter, d) }

// IsEmpty selects records whose field has no value.
func (f DateFilter[D]) IsEmpty() QueryOption { return Where(string(f), IsEmpty) }

// IsNotEmpty selects records whose field has a value.
func (f DateFilter[D]) IsNotEmpty() QueryOption { return Where(string(f), IsNotEmpty) }
