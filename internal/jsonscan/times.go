package jsonscan

import "time"

// ParseTime reads a time in the form 2006-01-02T15:04:05.000Z, in UTC. It reports false
// for any other form, of which some are times too.
func ParseTime(b []byte) (time.Time, bool) {
	if len(b) != len("2006-01-02T15:04:05.000Z") || b[10] != 'T' || b[13] != ':' || b[16] != ':' || b[19] != '.' || b[23] != 'Z' {
		return time.Time{}, false
	}
	year, month, day, ok := ParseDate(b[:10])
	hour, minute, second, ms := pair(b[11:]), pair(b[14:]), pair(b[17:]), 10*pair(b[20:])+digit(b[22])
	if !ok || hour|minute|second|pair(b[20:])|digit(b[22]) < 0 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	return time.Date(year, month, day, hour, minute, second, ms*1e6, time.UTC), true
}

// Time reads a time in the form of [ParseTime], or nothing.
func (s *Scanner) Time() (t time.Time, ok bool) {
	const quoted = len(`"2006-01-02T15:04:05.000Z"`)
	if s.Peek() != '"' || s.Left() < quoted {
		return time.Time{}, false
	}
	b := s.data[s.pos : s.pos+quoted]
	if b[quoted-1] != '"' {
		return time.Time{}, false
	}
	if t, ok = ParseTime(b[1 : quoted-1]); ok {
		s.pos += quoted
	}
	return t, ok
}

// ParseDate reads a day in the form 2006-01-02. It reports false for any other form, and
// for a day that does not exist.
func ParseDate(b []byte) (year int, month time.Month, day int, ok bool) {
	if len(b) != len("2006-01-02") || b[4] != '-' || b[7] != '-' {
		return 0, 0, 0, false
	}
	century, of := pair(b), pair(b[2:])
	year, month, day = 100*century+of, time.Month(pair(b[5:])), pair(b[8:])
	if century|of|day < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, 0, 0, false
	}
	return year, month, day, true
}

func daysIn(year int, month time.Month) int {
	switch month {
	case time.April, time.June, time.September, time.November:
		return 30
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// pair returns the number that two digits are, or a negative one.
func pair(b []byte) int {
	tens, ones := digit(b[0]), digit(b[1])
	if tens|ones < 0 {
		return -1
	}
	return 10*tens + ones
}

// digit returns the value of a digit, or -1.
func digit(c byte) int {
	if c -= '0'; c <= 9 {
		return int(c)
	}
	return -1
}
