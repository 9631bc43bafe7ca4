package values

import (
	"errors"
	"strconv"
	"strings"
)

// The API keeps numbers as DECIMAL(16,4).
const (
	decimalDigits = 16
	decimalScale  = 4
	decimalUnit   = 10_000 // 10^decimalScale
)

var (
	errNoNumber = errors.New("is not a number")
	errDecimal  = errors.New("does not fit DECIMAL(16,4): at most 12 digits before the decimal point and 4 after it")
)

// decimal is a number in units of 10^-decimalScale.
type decimal int64

// parseDecimal parses a number in the notation of JSON.
func parseDecimal(text string) (decimal, error) {
	digits, point, err := significant(text)
	switch {
	case err != nil || digits == "":
		return 0, err
	case point > decimalDigits-decimalScale || len(digits)-point > decimalScale:
		return 0, errDecimal
	}
	padded := digits + strings.Repeat("0", point+decimalScale-len(digits))
	n, err := strconv.ParseInt(padded, 10, 64)
	if err != nil {
		return 0, errDecimal
	}
	if strings.HasPrefix(text, "-") {
		n = -n
	}
	return decimal(n), nil
}

// isWhole reports whether a number in the notation of JSON has no fraction.
func isWhole(text string) bool {
	digits, point, err := significant(text)
	return err == nil && len(digits) <= max(point, 0)
}

// significant returns the digits of a number in the notation of JSON, without the zeros
// around them, and how many of them are before the decimal point. It works on the
// digits, so that a number such as 1e999999999 costs nothing.
func significant(text string) (digits string, point int, err error) {
	if !isJSONNumber(text) {
		return "", 0, errNoNumber
	}
	mantissa, exponent := strings.TrimPrefix(text, "-"), 0
	tooBig := false
	if i := strings.IndexAny(mantissa, "eE"); i >= 0 {
		n, err := strconv.Atoi(mantissa[i+1:])
		exponent, tooBig = n, err != nil || n > 1<<20 || n < -1<<20
		mantissa = mantissa[:i]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits = strings.TrimLeft(whole+fraction, "0")
	point = len(whole) + exponent - (len(whole+fraction) - len(digits))
	digits = strings.TrimRight(digits, "0")
	switch {
	case digits == "":
		return "", 0, nil
	case tooBig:
		return "", 0, errDecimal
	}
	return digits, point, nil
}

func isJSONNumber(text string) bool {
	s := strings.TrimPrefix(text, "-")
	digits := func() int {
		n := len(s) - len(strings.TrimLeft(s, "0123456789"))
		s = s[n:]
		return n
	}
	leadingZero := strings.HasPrefix(s, "0")
	if n := digits(); n == 0 || n > 1 && leadingZero {
		return false
	}
	if strings.HasPrefix(s, ".") {
		s = s[1:]
		if digits() == 0 {
			return false
		}
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if digits() == 0 {
			return false
		}
	}
	return s == ""
}
