package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// maxAligned is how many rows are read before the widths of columns are chosen.
const maxAligned = 1000

// writeTable writes rows as an aligned table.
func writeTable(w io.Writer, columns []string, rows [][]string) {
	widths := make([]int, len(columns))
	for _, row := range append([][]string{columns}, rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	writeRow(w, columns, widths)
	var line []string
	for _, width := range widths {
		line = append(line, strings.Repeat("-", width))
	}
	writeRow(w, line, widths)
	for _, row := range rows {
		writeRow(w, row, widths)
	}
}

func writeRow(w io.Writer, row []string, widths []int) {
	var b strings.Builder
	for i, cell := range row {
		if i > 0 {
			b.WriteString("  ")
		}
		b.WriteString(cell)
		if i < len(row)-1 {
			b.WriteString(strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(cell))))
		}
	}
	fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
}

// cell returns a value as text in one line.
func cell(value any) string {
	return strings.NewReplacer("\r\n", "␤", "\n", "␤", "\t", " ").Replace(textOf(value))
}

func textOf(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case []byte:
		return string(value)
	case time.Time:
		return value.UTC().Format(time.RFC3339Nano)
	}
	return fmt.Sprint(value)
}

// writeAligned writes the rows of a query as a table. Rows after the first thousand may
// be wider than their columns. It returns how many rows there are.
func writeAligned(w io.Writer, columns []string, rows iter.Seq2[[]any, error]) (n int, err error) {
	out := bufio.NewWriter(w)
	var first [][]string
	widths := make([]int, len(columns))
	flush := func() {
		writeTable(out, columns, first)
		for _, row := range append(first, columns) {
			for i, text := range row {
				widths[i] = max(widths[i], utf8.RuneCountInString(text))
			}
		}
		first = nil
	}
	for row, err := range rows {
		if err != nil {
			return n, err
		}
		n++
		var cells []string
		for _, value := range row {
			cells = append(cells, cell(value))
		}
		if n > maxAligned {
			writeRow(out, cells, widths)
			continue
		}
		if first = append(first, cells); n == maxAligned {
			flush()
		}
	}
	if n < maxAligned {
		flush()
	}
	return n, out.Flush()
}

// writeCSV writes the rows of a query as CSV.
func writeCSV(w io.Writer, columns []string, rows iter.Seq2[[]any, error]) error {
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		return err
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		var cells []string
		for _, value := range row {
			cells = append(cells, textOf(value))
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// writeJSON writes the rows of a query as an array of objects, one a line. Columns of the
// same name get a number.
func writeJSON(w io.Writer, columns []string, rows iter.Seq2[[]any, error]) error {
	names := slices.Clone(columns)
	for i := range names {
		for n := 2; slices.Contains(names[:i], names[i]); n++ {
			names[i] = fmt.Sprintf("%s_%d", columns[i], n)
		}
	}
	out := bufio.NewWriter(w)
	separator := "["
	for row, err := range rows {
		if err != nil {
			return err
		}
		out.WriteString(separator)
		separator = ","
		if err := writeObject(out, names, row); err != nil {
			return err
		}
	}
	if separator == "[" {
		out.WriteString("[")
	}
	out.WriteString("\n]\n")
	return out.Flush()
}

// writeObject writes a row as an object, with its members in the order of the columns.
func writeObject(out *bufio.Writer, names []string, row []any) error {
	separator := "\n{"
	for i, value := range row {
		switch v := value.(type) {
		case []byte:
			value = string(v)
		case time.Time:
			value = v.UTC().Format(time.RFC3339Nano)
		}
		name, err := json.Marshal(names[i])
		if err != nil {
			return err
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("column %s: %w", names[i], err)
		}
		out.WriteString(separator)
		separator = ","
		out.Write(name)
		out.WriteByte(':')
		out.Write(raw)
	}
	out.WriteByte('}')
	return nil // an error of the writer stays until it is flushed
}
