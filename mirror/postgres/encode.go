package postgres

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/clarify-go/clarify/mirror"
)

// encoder encodes rows in the text format of COPY, as they are read.
type encoder struct {
	table mirror.Table
	rows  []mirror.Row
	text  []byte
	read  int // of text
}

const encoderSize = 1 << 16

var _ io.Reader = (*encoder)(nil)

func (e *encoder) reset(t mirror.Table, rows []mirror.Row) {
	e.table, e.rows, e.text, e.read = t, rows, e.text[:0], 0
}

// Read implements [io.Reader].
func (e *encoder) Read(p []byte) (n int, err error) {
	if e.read == len(e.text) {
		e.text, e.read = e.text[:0], 0
		for len(e.rows) > 0 && len(e.text) < encoderSize {
			for i, v := range e.rows[0] {
				if i > 0 {
					e.text = append(e.text, '\t')
				}
				e.text = appendCopy(e.text, e.table.Columns[i].Kind, v)
			}
			e.text = append(e.text, '\n')
			e.rows = e.rows[1:]
		}
		if len(e.text) == 0 {
			return 0, io.EOF
		}
	}
	n = copy(p, e.text[e.read:])
	e.read += n
	return n, nil
}

// appendCopy appends a value in the text format of COPY.
func appendCopy(b []byte, kind mirror.Kind, v mirror.Value) []byte {
	if !v.Valid {
		return append(b, `\N`...)
	}
	text := textOf(kind, v.Text)
	for {
		i := strings.IndexAny(text, "\\\n\r\t")
		if i < 0 {
			return append(b, text...)
		}
		b = append(append(b, text[:i]...), '\\')
		switch text[i] {
		case '\n':
			b = append(b, 'n')
		case '\r':
			b = append(b, 'r')
		case '\t':
			b = append(b, 't')
		default:
			b = append(b, '\\')
		}
		text = text[i+1:]
	}
}

// textOf returns the text of a value as PostgreSQL accepts it: numbers that are too
// small for numeric, of which JSON has any, are 0.
func textOf(kind mirror.Kind, text string) string {
	if kind != mirror.Number {
		return text
	}
	i := strings.IndexAny(text, "eE")
	if i < 0 {
		return text
	}
	if exponent, err := strconv.Atoi(text[i+1:]); err == nil && exponent > -1000 {
		return text
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && f == 0 {
		return "0"
	}
	return text
}

// array returns an array of texts in PostgreSQL's text format.
func array(n int, value func(i int) mirror.Value) string {
	b := []byte{'{'}
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		v := value(i)
		if !v.Valid {
			b = append(b, "NULL"...)
			continue
		}
		b = append(b, '"')
		for text := v.Text; ; {
			j := strings.IndexAny(text, `"\`)
			if j < 0 {
				b = append(b, text...)
				break
			}
			b = append(append(b, text[:j]...), '\\', text[j])
			text = text[j+1:]
		}
		b = append(b, '"')
	}
	return string(append(b, '}'))
}

// unnest returns n parameters, each of them an array of texts, as a table with the
// columns v0, v1 and so on.
func unnest(name string, n int) string {
	var arrays, names []string
	for i := range n {
		arrays = append(arrays, fmt.Sprintf("$%d::text[]", i+1))
		names = append(names, fmt.Sprintf("v%d", i))
	}
	return "unnest(" + strings.Join(arrays, ", ") + ") " + name + " (" + strings.Join(names, ", ") + ")"
}
