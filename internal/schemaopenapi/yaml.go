package schemaopenapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// JSON returns a document as JSON.
func JSON(document map[string]any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		return nil, fmt.Errorf("clarify: cannot encode the document: %w", err)
	}
	return b.Bytes(), nil
}

// YAML returns a document as YAML, with the members of its parts in the usual order.
func YAML(document map[string]any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("# Written by clarify-gen openapi from openapi.yaml and the schema of a workspace.\n")
	if err := writeMembers(&b, document, 0); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// usualOrder is the order of members that are not sorted by name.
var usualOrder = []string{
	"openapi", "info", "servers", "security", "tags", "paths", "components",
	"operationId", "name", "in", "title", "summary", "description", "parameters", "requestBody", "responses",
	"type", "const", "format", "enum", "required", "properties", "items",
}

func rankOf(member string) int {
	if i := slices.Index(usualOrder, member); i >= 0 {
		return i
	}
	return len(usualOrder)
}

func writeMembers(b *bytes.Buffer, members node, depth int) error {
	names := slices.SortedFunc(maps.Keys(members), func(x, y string) int { return cmp.Or(cmp.Compare(rankOf(x), rankOf(y)), cmp.Compare(x, y)) })
	for i, name := range names {
		if i > 0 || depth == 0 {
			indent(b, depth)
		}
		b.WriteString(key(name))
		b.WriteByte(':')
		if err := writeValue(b, members[name], depth, false); err != nil {
			return err
		}
	}
	return nil
}

func indent(b *bytes.Buffer, depth int) { b.WriteString(strings.Repeat("  ", depth)) }

// writeValue writes a value after a colon or the dash of an item, with the line's end.
func writeValue(b *bytes.Buffer, value any, depth int, item bool) error {
	switch v := value.(type) {
	case node:
		switch {
		case len(v) == 0:
			b.WriteString(" {}\n")
			return nil
		case item:
			b.WriteByte(' ')
		default:
			b.WriteByte('\n')
			indent(b, depth+1)
		}
		return writeMembers(b, v, depth+1)
	case []any:
		if len(v) == 0 {
			b.WriteString(" []\n")
			return nil
		}
		b.WriteByte('\n')
		for _, one := range v {
			indent(b, depth+1)
			b.WriteByte('-')
			if err := writeValue(b, one, depth+1, true); err != nil {
				return err
			}
		}
		return nil
	case string:
		writeString(b, v, depth)
		return nil
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("clarify: cannot encode the document: %w", err)
	}
	b.WriteByte(' ')
	b.Write(encoded)
	b.WriteByte('\n')
	return nil
}

// writeString writes a string of several lines as a block, if that keeps it, and else in
// quotes.
func writeString(b *bytes.Buffer, s string, depth int) {
	text, whole := strings.CutSuffix(s, "\n")
	lines := strings.Split(text, "\n")
	if len(lines) < 2 || strings.HasPrefix(text, " ") || slices.ContainsFunc(lines, unfit) || lines[0] == "" || lines[len(lines)-1] == "" {
		b.WriteByte(' ')
		b.WriteString(quoted(s))
		b.WriteByte('\n')
		return
	}
	b.WriteString(" |")
	if !whole {
		b.WriteByte('-')
	}
	b.WriteByte('\n')
	for _, line := range lines {
		if line != "" {
			indent(b, depth+1)
			b.WriteString(line)
		}
		b.WriteByte('\n')
	}
}

// unfit reports whether a line cannot stand in a block as it is.
func unfit(line string) bool {
	return strings.HasSuffix(line, " ") || strings.ContainsFunc(line, func(r rune) bool { return !strconv.IsPrint(r) })
}

// quoted returns a string in double quotes. YAML takes the escapes of JSON.
func quoted(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string can be encoded
	var out strings.Builder
	for _, r := range strings.TrimSuffix(b.String(), "\n") {
		if r < 0x10000 && r != ' ' && !strconv.IsPrint(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

var plainKey = regexp.MustCompile(`^[A-Za-z/_$][A-Za-z0-9/_${}.-]*$`)

// otherKeys are what YAML takes for no string.
var otherKeys = []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}

func key(name string) string {
	if plainKey.MatchString(name) && !slices.Contains(otherKeys, strings.ToLower(name)) {
		return name
	}
	return quoted(name)
}
