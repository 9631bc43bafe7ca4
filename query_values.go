package clarify

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// formatValue returns a value in the API's format. With seconds, times are seconds
// since 1970.
func formatValue(value any, seconds bool) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", errors.New("the value is nil; use IsEmpty to find records without a value")
	case string:
		return v, nil
	case time.Time:
		if seconds {
			return strconv.FormatInt(v.Unix(), 10), nil
		}
		t := v.UTC()
		if t.Year() < 0 || t.Year() > 9999 {
			return "", fmt.Errorf("invalid year %d: must be 0 to 9999", t.Year())
		}
		return t.Format(timestamp), nil
	case Date:
		if seconds {
			return "", errors.New("invalid value of type Date: must be a time.Time")
		}
		return marshalText(v)
	case json.Number:
		return plainNumber(string(v))
	}

	rv := reflect.ValueOf(value)
	if rv.Kind() == reflect.Pointer {
		if rv.IsNil() {
			return "", errors.New("the value is a nil pointer; use IsEmpty to find records without a value")
		}
		if formatted, err := formatValue(rv.Elem().Interface(), seconds); err == nil {
			return formatted, nil
		}
	}
	switch v := value.(type) {
	case encoding.TextMarshaler:
		return marshalText(v)
	case fmt.Stringer:
		return v.String(), nil
	}
	switch rv.Kind() {
	case reflect.String:
		return rv.String(), nil
	case reflect.Bool:
		return strconv.FormatBool(rv.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(rv.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(rv.Uint(), 10), nil
	case reflect.Float32, reflect.Float64:
		f := rv.Float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return "", fmt.Errorf("invalid number %v", f)
		}
		return strconv.FormatFloat(f, 'f', -1, rv.Type().Bits()), nil
	case reflect.Slice, reflect.Array:
		return "", fmt.Errorf("invalid value of type %T: only OneOf and NotOneOf take a list", value)
	}
	return "", fmt.Errorf("invalid value of type %T: must be a string, number, bool, time.Time or Date", value)
}

func marshalText(v encoding.TextMarshaler) (string, error) {
	b, err := v.MarshalText()
	return string(b), err
}

// plainNumber writes a JSON number without exponent and keeps its digits.
func plainNumber(number string) (string, error) {
	if !json.Valid([]byte(number)) || !strings.ContainsAny(number[:1], "-0123456789") {
		return "", fmt.Errorf("invalid number %q", number)
	}
	mantissa, exponent, found := strings.Cut(strings.ToLower(number), "e")
	if !found {
		return number, nil
	}
	// The API's numbers have 16 digits. A number far beyond that is a mistake.
	shift, err := strconv.Atoi(exponent)
	if err != nil || shift < -100 || shift > 100 {
		return "", fmt.Errorf("invalid number %q: the exponent is out of range", number)
	}
	digits, sign := strings.TrimPrefix(mantissa, "-"), ""
	if digits != mantissa {
		sign = "-"
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	for ; shift > 0; shift-- {
		if fraction == "" {
			fraction = "0"
		}
		whole, fraction = whole+fraction[:1], fraction[1:]
	}
	for ; shift < 0; shift++ {
		if whole == "" {
			whole = "0"
		}
		whole, fraction = whole[:len(whole)-1], whole[len(whole)-1:]+fraction
	}
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	return sign + whole + fraction, nil
}
