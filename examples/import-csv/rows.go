package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/clarify-go/clarify"
)

// row is a row of the file, and in JSON the attributes of its record.
type row struct {
	line       int
	cells      []string
	attributes map[string]any
}

// MarshalJSON encodes the attributes.
func (r row) MarshalJSON() ([]byte, error) { return json.Marshal(r.attributes) }

// UnmarshalJSON takes what the API responds, of which nothing is needed.
func (r *row) UnmarshalJSON([]byte) error { return nil }

// rows reads the rows of a file.
type rows struct {
	reader *csv.Reader
	header []string
	fields []field // of the columns
	err    error   // why the file could not be read to its end
}

// kind is what a cell holds.
type kind int

const (
	text kind = iota
	number
	boolean
	collection // {"items": […]}
	list       // […]
	richText
)

// items is what is between the separators of a collection.
type items int

const (
	words items = iota
	emails
	domains
)

// field is where the cells of a column belong.
type field struct {
	path  []string // nil if the column is left out
	kind  kind
	items items
}

// short are names for what is often among the columns.
var short = map[string]string{"first_name": "name.first_name", "last_name": "name.last_name"}

func newReader(file *os.File, separator rune) (*csv.Reader, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	// Spreadsheets begin a file in UTF-8 with a byte order mark.
	mark := make([]byte, 3)
	n, err := io.ReadFull(file, mark)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	start := mark[:n]
	if bytes.Equal(start, []byte("\ufeff")) {
		start = nil
	}
	reader := csv.NewReader(io.MultiReader(bytes.NewReader(start), file))
	reader.Comma = separator
	return reader, nil
}

// countRows counts the rows but the header, good or bad.
func countRows(file *os.File, separator rune) (int, error) {
	reader, err := newReader(file, separator)
	if err != nil {
		return 0, err
	}
	reader.ReuseRecord = true
	for n := -1; ; n++ {
		if _, err := reader.Read(); errors.Is(err, io.EOF) {
			return max(n, 0), nil
		} else if err != nil && !isAboutRow(err) {
			return 0, err
		}
	}
}

// isAboutRow reports whether an error is about one row, so that others can be
// read.
func isAboutRow(err error) bool {
	var wrong *csv.ParseError
	return errors.As(err, &wrong)
}

func newRows(file *os.File, separator rune, names map[string]string) (*rows, error) {
	reader, err := newReader(file, separator)
	if err != nil {
		return nil, err
	}
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty: its first row should name the fields")
	}
	if err != nil {
		return nil, err
	}
	r := &rows{reader: reader, header: header}
	seen := map[string]string{}
	names = maps.Clone(names)
	for _, column := range header {
		if !utf8.ValidString(column) {
			return nil, fmt.Errorf("the name of the column %q is not in UTF-8: save the file in UTF-8", column)
		}
		name, renamed := names[column]
		if !renamed {
			name = strings.TrimSpace(column)
		}
		f := fieldOf(name)
		if f.path != nil {
			path := strings.Join(f.path, ".")
			if other, twice := seen[path]; twice {
				return nil, fmt.Errorf("the columns %q and %q are both for the field %s", other, column, path)
			}
			seen[path] = column
		}
		r.fields = append(r.fields, f)
		delete(names, column)
	}
	for column := range names {
		return nil, fmt.Errorf("-map %q: the file has no such column; it has %s", column, strings.Join(header, ", "))
	}
	return r, nil
}

func fieldOf(name string) field {
	f := field{kind: text}
	for suffix, k := range map[string]kind{":number": number, ":boolean": boolean, "[]": collection} {
		if rest, ok := strings.CutSuffix(name, suffix); ok {
			name, f.kind = rest, k
		}
	}
	if long := short[name]; long != "" {
		name = long
	}
	if name != "" {
		f.path = strings.Split(name, ".")
	}
	return f
}

// all are the rows. One that is no row comes with an error.
func (r *rows) all() iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		for {
			cells, err := r.reader.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil && !isAboutRow(err) {
				// This is not an error of a single row.
				r.err = err
				return
			}
			it := row{cells: cells}
			var wrong *csv.ParseError
			if errors.As(err, &wrong) {
				it.line = wrong.StartLine
			} else {
				it.line, _ = r.reader.FieldPos(0)
			}
			if err == nil {
				it.attributes, err = r.attributes(cells)
			}
			if !yield(it, err) {
				return
			}
		}
	}
}

// attributes are those of the record that a row is.
func (r *rows) attributes(cells []string) (map[string]any, error) {
	attributes := map[string]any{}
	for i, f := range r.fields {
		cell := strings.TrimSpace(cells[i])
		if f.path == nil || cell == "" {
			continue
		}
		if !utf8.ValidString(cell) {
			return nil, fmt.Errorf("the cell %q in the column %q is not in UTF-8: save the file in UTF-8", cell, r.header[i])
		}
		value, err := f.value(cell)
		if err != nil {
			return nil, fmt.Errorf("the cell %q in the column %q %w", cell, r.header[i], err)
		}
		if value == nil {
			continue // there is nothing between the separators
		}
		object := attributes
		for _, name := range f.path[:len(f.path)-1] {
			inner, ok := object[name].(map[string]any)
			if !ok {
				inner = map[string]any{}
				object[name] = inner
			}
			object = inner
		}
		object[f.path[len(f.path)-1]] = value
	}
	if len(attributes) == 0 {
		return nil, errors.New("the row has no value")
	}
	return attributes, nil
}

func (f field) value(cell string) (any, error) {
	switch f.kind {
	case number:
		var n json.Number
		if json.Unmarshal([]byte(cell), &n) != nil || n == "" {
			return nil, errors.New("is not a number")
		}
		return n, nil
	case boolean:
		switch strings.ToLower(cell) {
		case "true", "yes", "1":
			return true, nil
		case "false", "no", "0":
			return false, nil
		}
		return nil, errors.New("is neither true nor false")
	case collection, list:
		items := f.items.split(cell)
		switch {
		case len(items) == 0:
			return nil, nil
		case f.kind == list:
			return items, nil
		}
		return map[string]any{"items": items}, nil
	case richText:
		return map[string]any{"text": clarify.Text(cell)}, nil
	}
	return cell, nil
}

// split takes a cell apart. No email address and no domain has , or | in it, and
// other programs write them with any of the three between them.
func (kind items) split(cell string) []string {
	separators := ";"
	if kind != words {
		separators = ";,|"
	}
	var items []string
	for item := range strings.FieldsFuncSeq(cell, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		if item = strings.TrimSpace(item); kind == domains {
			item = domainOf(item)
		}
		if item != "" {
			items = append(items, item)
		}
	}
	return items
}

// domainOf is the domain of a URL, without www. One bad domain has the API reject
// the whole batch.
func domainOf(item string) string {
	if _, rest, ok := strings.Cut(item, "://"); ok {
		item = rest
	}
	if i := strings.IndexAny(item, "/?#"); i >= 0 {
		item = item[:i]
	}
	if len(item) > 4 && strings.EqualFold(item[:4], "www.") && strings.Contains(item[4:], ".") {
		item = item[4:]
	}
	return item
}

// madeUp is a file of n people. Every hundredth has an address that is none.
func madeUp(n int) []byte {
	var b bytes.Buffer
	first := []string{"Ada", "Grace", "Alan", "Barbara", "Edsger", "Katherine", "Tony", "Margaret"}
	last := []string{"Lovelace", "Hopper", "Turing", "Liskov", "Dijkstra", "Johnson", "Hoare", "Hamilton"}
	b.WriteString("first_name,last_name,email_addresses,job_title\n")
	for i := range n {
		address := fmt.Sprintf("person%d@example.com", i)
		if i%100 == 50 {
			address = fmt.Sprintf("person%d at example.com", i)
		}
		fmt.Fprintf(&b, "%s,%s,%s,Engineer\n", first[i%len(first)], last[i/len(first)%len(last)], address)
	}
	return b.Bytes()
}
