package clarify

import (
	"bytes"
	"strings"
	"time"
)

// Numbers have to fit DECIMAL(16,4).
const (
	maxDigitsBefore = 12
	maxDigitsAfter  = 4
)

// digitsOf returns how many digits a number in JSON has before and after the decimal
// point, without leading and trailing zeros.
func digitsOf(number []byte) (before, after int64) {
	number = bytes.TrimPrefix(number, []byte("-"))
	mantissa, exponent := number, int64(0)
	if i := bytes.IndexAny(number, "eE"); i >= 0 {
		mantissa, exponent = number[:i], exponentOf(number[i+1:])
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	first, last, position := int64(-1), int64(0), int64(0)
	for _, part := range [][]byte{whole, fraction} {
		for _, digit := range part {
			if digit != '0' {
				if first < 0 {
					first = position
				}
				last = position
			}
			position++
		}
	}
	if first < 0 {
		return 0, 0
	}
	point := int64(len(whole)) + exponent
	return max(0, point-first), max(0, last+1-point)
}

// exponentOf returns an exponent. One that is larger than a number can be long stays
// larger than that.
func exponentOf(digits []byte) int64 {
	const large = 1 << 40
	negative := digits[0] == '-'
	n := int64(0)
	for _, digit := range bytes.TrimLeft(digits, "+-") {
		n = min(n*10+int64(digit-'0'), large)
	}
	if negative {
		return -n
	}
	return n
}

func isDate(s []byte) bool {
	_, err := time.Parse(time.DateOnly, string(s))
	return err == nil
}

// isTime reports whether a string is a time with a date and an offset. Beside RFC 3339
// it accepts what other implementations of the format date-time do: a leap second, lower
// case, a space before the time, an offset without a colon or without minutes.
func isTime(s []byte) bool {
	if _, err := time.Parse(time.RFC3339, string(s)); err == nil {
		return true
	}
	text := strings.ToUpper(string(s))
	if len(text) > 19 && text[10] == ' ' {
		text = text[:10] + "T" + text[11:]
	}
	if len(text) > 19 && text[16:19] == ":60" {
		text = text[:16] + ":59" + text[19:]
	}
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07"} {
		if _, err := time.Parse(layout, text); err == nil {
			return true
		}
	}
	return false
}

// isEmail reports whether a string can be an email address. It only rejects what no
// definition of one allows.
func isEmail(s []byte) bool {
	at := bytes.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 {
		return false
	}
	local, domain := s[:at], s[at+1:]
	if quoted := len(local) > 2 && local[0] == '"' && local[len(local)-1] == '"'; !quoted && !isWord(local, "()<>[]:;,\\\"@") {
		return false
	}
	if domain[0] == '[' {
		return domain[len(domain)-1] == ']'
	}
	return isWord(domain, "()<>[]:;,\\\"@") && domain[0] != '.' && domain[len(domain)-1] != '.' && !bytes.Contains(domain, []byte(".."))
}

// isWord reports whether a string has no space, no control character, and none of the
// others.
func isWord(s []byte, others string) bool {
	for _, c := range s {
		if c <= ' ' || c == 0x7f || strings.IndexByte(others, c) >= 0 {
			return false
		}
	}
	return true
}

// isHostname reports whether a string can be a hostname or a domain, in any script.
func isHostname(s []byte) bool {
	return len(s) > 0 && !bytes.ContainsAny(s, " \t\r\n/@:")
}
