package values

import "time"

// The layouts of dates and times.
const (
	DateLayout = "2006-01-02"
	timeLayout = "2006-01-02T15:04:05.000Z"
)

// ParseTime parses a date or a time in the form of RFC 3339. wholeDay is true for a
// date.
func ParseTime(s string) (t time.Time, wholeDay, ok bool) {
	if t, err := time.Parse(DateLayout, s); err == nil {
		return t, true, true
	}
	t, err := time.Parse(time.RFC3339, s)
	return t, false, err == nil
}

// FormatTime formats a time as the API does, in UTC and with milliseconds.
func FormatTime(t time.Time) string {
	return t.UTC().Format(timeLayout)
}
