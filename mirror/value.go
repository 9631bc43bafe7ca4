package mirror

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/jsonscan"
)

// kindOf returns the kind of the column for a field.
func kindOf(f *clarify.FieldSchema) Kind {
	switch f.Kind {
	case clarify.KindText, clarify.KindSelect, clarify.KindID, clarify.KindToOne:
		return Text
	case clarify.KindNumber:
		return Number
	case clarify.KindCheckbox:
		return Boolean
	case clarify.KindDate:
		return Date
	case clarify.KindDateTime:
		return Time
	}
	return JSON
}

// valueOf returns JSON as a value of a kind. It is null if it does not fit: the column
// with the whole record has it. The value shares the memory of raw where it can.
func valueOf(kind Kind, raw string) Value {
	if raw == "" || raw == "null" {
		return Value{}
	}
	switch kind {
	case JSON:
		return TextValue(raw)
	case Boolean:
		return Value{raw, raw == "true" || raw == "false"}
	case Number:
		return Value{raw, isNumber(raw)}
	}
	text, isText := stringOf(raw)
	switch kind {
	case Text:
		if !isText {
			return TextValue(raw)
		}
		return TextValue(cleanText(text))
	case Date:
		// Some days come as times.
		if len(text) > 10 && text[10] == 'T' {
			text = text[:10]
		}
		return Value{text, isText && isDate(text)}
	case Time:
		text, ok := timeText(text)
		return Value{text, isText && ok}
	}
	return Value{}
}

// stringOf returns the string that JSON stands for.
func stringOf(raw string) (text string, ok bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	if text = raw[1 : len(raw)-1]; strings.IndexByte(text, '\\') < 0 {
		return text, true
	}
	return text, json.Unmarshal([]byte(raw), &text) == nil
}

// cleanText returns text without what databases do not have.
func cleanText(text string) string {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\ufffd")
	}
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "\ufffd")
	}
	return text
}

// isNumber reports whether JSON is a number that is not too large for databases.
func isNumber(raw string) bool {
	if raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') || len(raw) > 100 {
		return false
	}
	if i := strings.IndexAny(raw, "eE"); i >= 0 {
		exponent := strings.TrimLeft(raw[i+1:], "+-0")
		return len(exponent) < 3
	}
	return true
}

func isDate(text string) bool {
	year, _, _, ok := jsonscan.ParseDate([]byte(text))
	return ok && year > 0
}

// timeForm is how a time is written.
const timeForm = "2006-01-02T15:04:05.000Z"

// timeText returns a time in the form of a value.
func timeText(text string) (string, bool) {
	if _, ok := jsonscan.ParseTime([]byte(text)); ok {
		return text, text[:4] != "0000"
	}
	t, err := time.Parse(time.RFC3339, text)
	if t = t.UTC(); err != nil || t.Year() < 1 || t.Year() > 9999 {
		return "", false
	}
	return t.Format(timeForm), true
}

// timeValue returns a time as a value, null for the zero time.
func timeValue(t time.Time) Value {
	if t = t.UTC(); t.IsZero() || t.Year() < 1 || t.Year() > 9999 {
		return Value{}
	}
	return TextValue(t.Format(timeForm))
}
