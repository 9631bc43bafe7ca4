package clarify

import (
	"fmt"
	"time"
)

// timestamp is the layout in which the API writes times.
const timestamp = "2006-01-02T15:04:05.000Z"

// Date is a day without a time of day, for fields that are dates. Queries and JSON
// have it as YYYY-MM-DD.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the day of t in the location of t.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// String returns the day as YYYY-MM-DD.
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// MarshalText returns the day as YYYY-MM-DD. A date that does not exist, such as the
// zero Date, is an error.
func (d Date) MarshalText() ([]byte, error) {
	t := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	if DateOf(t) != d || d.Year < 0 || d.Year > 9999 {
		return nil, fmt.Errorf("clarify: invalid date %q: no such day", d.String())
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads YYYY-MM-DD.
func (d *Date) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("clarify: invalid date %q: must be YYYY-MM-DD", text)
	}
	*d = DateOf(t)
	return nil
}

// hasRFC3339 reports whether RFC 3339 can express the year of t.
func hasRFC3339(t time.Time) bool {
	year := t.UTC().Year()
	return 0 <= year && year <= 9999
}
