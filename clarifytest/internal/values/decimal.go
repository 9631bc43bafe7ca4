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

// parseDecimal parses a number in the notation of JSON. It works on the digits, so
// that a number such as 1e999999999 costs nothing.
func parseDecimal(text string) (decimal, error) {
	if !isJSONNumber(text) {
		return 0, errNoNumber
	}
	unsigned, negative := strings.CutPrefix(text, "-")
	mantissa, exponent := unsigned, 0
	tooBig := false
	if i := strings.IndexAny(unsigned, "eE"); i >= 0 {
		mantissa = unsigned[:i]
		n, err := strconv.Atoi(unsigned[i+1:])
		exponent, tooBig = n, err != nil || n > 1<<20 || n < -1<<20
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	point := len(whole) + exponent - (len(whole+fraction) - len(digits))
	digits = strings.TrimRight(digits, "0")
	if digits == "" {
		return 0, nil
	}
	if tooBig || point > decimalDigits-decimalScale || len(digits)-point > decimalScale {
		return 0, errDecimal
	}
	padded := digits + strings.Repeat("0", point+decimalScale-len(digits))
	n, err := strconv.ParseInt(padded, 10, 64)
	if err != nil {
		return 0, errDecimal
	}
	if negative {
		n = -n
	}
	return decimal(n), nil
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
