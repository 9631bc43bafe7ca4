package mirror

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/jsonscan"
)

// record is a record of the API as JSON, and where its attributes are in it.
type record struct {
	id         string
	json       string
	start, end int
}

// newRecord returns a record as JSON, with its attributes and relationships as they were
// sent.
func newRecord(r *clarify.Record[json.RawMessage]) record {
	attributes := bytes.TrimSpace(r.Attributes)
	if len(attributes) == 0 {
		attributes = []byte("{}")
	}
	var b strings.Builder
	b.Grow(len(attributes) + len(r.ID) + len(r.Type) + 48)
	b.WriteString(`{"type":`)
	writeString(&b, r.Type)
	b.WriteString(`,"id":`)
	writeString(&b, r.ID)
	b.WriteString(`,"attributes":`)
	start := b.Len()
	writeValid(&b, attributes)
	end := b.Len()
	if len(r.Relationships) > 0 {
		b.WriteString(`,"relationships":{`)
		for i, name := range slices.Sorted(maps.Keys(r.Relationships)) {
			if i > 0 {
				b.WriteByte(',')
			}
			writeString(&b, name)
			b.WriteByte(':')
			writeValid(&b, []byte(r.Relationships[name].String()))
		}
		b.WriteByte('}')
	}
	b.WriteByte('}')
	return record{id: cleanText(r.ID), json: b.String(), start: start, end: end}
}

// readRecord returns a record that newRecord made and that was stored since.
func readRecord(id, text string) record {
	r := record{id: id, json: text}
	var members struct {
		Attributes json.RawMessage `json:"attributes"`
	}
	if json.Unmarshal([]byte(text), &members) == nil {
		if r.start = strings.Index(text, `,"attributes":`); r.start >= 0 {
			r.start += len(`,"attributes":`)
			r.end = r.start + len(members.Attributes)
		}
	}
	return r
}

// writeString writes a string as JSON.
func writeString(b *strings.Builder, s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			text, _ := json.Marshal(s) // a string can always be encoded
			b.Write(text)
			return
		}
	}
	b.WriteByte('"')
	b.WriteString(s)
	b.WriteByte('"')
}

// writeValid writes JSON, and makes its strings valid UTF-8.
func writeValid(b *strings.Builder, raw []byte) {
	if !utf8.Valid(raw) {
		raw = bytes.ToValidUTF8(raw, []byte("\ufffd"))
	}
	b.Write(raw)
}

// attributes are the attributes of the record.
func (r *record) attributes() string { return r.json[r.start:r.end] }

// row returns the row of a record, and what the full-text index takes of it.
func (o *object) row(r *record) (row Row, search [searchParts]string) {
	row = make(Row, len(o.table.Columns))
	row[0], row[len(row)-1] = TextValue(r.id), TextValue(r.json)
	var text searchBuilder
	use := func(i int, raw string) {
		row[o.column[i]] = valueOf(o.table.Columns[o.column[i]].Kind, raw)
		if part := o.search[i]; part != notSearched {
			text.add(part, raw)
		}
	}
	attributes := r.attributes()
	if !o.scan(attributes, use) {
		clear(row[1 : len(row)-1])
		text = searchBuilder{}
		o.decode(attributes, use)
	}
	return row, text.parts()
}

// scan calls a function with each field that has a column. It reports false if the JSON
// is unusual: then the function may have been called with some of the fields.
func (o *object) scan(attributes string, use func(i int, raw string)) bool {
	// The scanner does not change the bytes.
	data := unsafe.Slice(unsafe.StringData(attributes), len(attributes))
	taken, _ := jsonscan.Scan(data, func(s *jsonscan.Scanner) {
		c := o.fields.Cursor(s)
		for more := s.Object(); more; more = s.NextMember() {
			i := c.Next()
			if i < 0 {
				s.Skip()
				continue
			}
			if n := len(s.Raw()); n > 0 {
				end := len(attributes) - s.Left()
				use(i, attributes[end-n:end])
			}
		}
	})
	return taken
}

// decode does what scan does, with any JSON.
func (o *object) decode(attributes string, use func(i int, raw string)) {
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(attributes), &members) != nil {
		return
	}
	for i, name := range o.names {
		if raw, ok := members[name]; ok {
			use(i, string(raw))
		}
	}
}

// searchBuilder collects what the full-text index takes of a record.
type searchBuilder struct{ texts [searchParts][]string }

func (b *searchBuilder) add(part searchPart, raw string) {
	text, isText := stringOf(raw)
	switch {
	case raw == "null":
	case isText:
		b.texts[part] = append(b.texts[part], text)
	case part == searchEmails:
		stringsIn(raw, func(text string) {
			if strings.Contains(text, "@") {
				b.texts[part] = append(b.texts[part], text)
			}
		})
	case part == searchTitle:
		b.texts[part] = append(b.texts[part], fullName(raw))
	default:
		b.texts[part] = append(b.texts[part], richText(raw))
	}
}

func (b *searchBuilder) parts() (all [searchParts]string) {
	for i, texts := range b.texts {
		switch len(texts) {
		case 0:
		case 1:
			all[i] = cleanText(texts[0])
		default:
			all[i] = cleanText(strings.Join(texts, "\n"))
		}
	}
	return all
}

// fullName returns the name in a value of a name.
func fullName(raw string) string {
	var first, last, full string
	data := unsafe.Slice(unsafe.StringData(raw), len(raw))
	jsonscan.Scan(data, func(s *jsonscan.Scanner) {
		c := nameMembers.Cursor(s)
		for more := s.Object(); more; more = s.NextMember() {
			i := c.Next()
			if s.Peek() != '"' {
				s.Skip()
				continue
			}
			switch text := s.Text(); i {
			case 0:
				first = text
			case 1:
				last = text
			case 2:
				full = text
			}
		}
	})
	if full != "" {
		return full
	}
	return strings.TrimSpace(first + " " + last)
}

var nameMembers = jsonscan.NewNames(jsonscan.Exact, "first_name", "last_name", "full_name")

// stringsIn calls a function with each string in JSON, the names of members included.
func stringsIn(raw string, use func(text string)) {
	for i := strings.IndexByte(raw, '"'); i >= 0 && i < len(raw); {
		end := i + 1
		for end < len(raw) && raw[end] != '"' {
			if raw[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(raw) {
			return
		}
		if text, ok := stringOf(raw[i : end+1]); ok {
			use(text)
		}
		next := strings.IndexByte(raw[end+1:], '"')
		if next < 0 {
			return
		}
		i = end + 1 + next
	}
}

// richText returns the text of rich text.
func richText(raw string) string {
	var value struct {
		Text []any `json:"text"`
	}
	if json.Unmarshal([]byte(raw), &value) != nil && json.Unmarshal([]byte(raw), &value.Text) != nil {
		return ""
	}
	return clarify.PlainText(value.Text)
}
