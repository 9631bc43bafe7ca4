package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/mirror"
)

const aboutExport = `Writes each table of the database to the directory, as TABLE.ndjson and TABLE.csv. Files
that are there are replaced, each as a whole. Only you can read them.

` + aboutDatabase

func export(ctx context.Context, env *environment, args []string) (err error) {
	flags := newFlags(env, "export", "-db DATABASE -dir DIRECTORY [-format ndjson,csv] [-tables person,deal]", aboutExport)
	db := databaseFlags(flags, env)
	dir := flags.String("dir", "", "write to this `directory`")
	format := flags.String("format", "ndjson,csv", "the `formats` of the files")
	only := flags.String("tables", "", "write only these `tables`, with commas between them")
	quiet := flags.Bool("quiet", false, "write no progress")
	if err := parseFlags(flags, args, 0); err != nil {
		return err
	}
	if *dir == "" {
		return misuse("-dir is not set: set it to a directory")
	}
	formats := strings.Split(*format, ",")
	for _, f := range formats {
		if f != "ndjson" && f != "csv" {
			return misuse("invalid -format %q: must be ndjson, csv or both", *format)
		}
	}
	s, err := db.open(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	tables, err := tablesOf(ctx, s, *only)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(*dir, 0o700); err != nil {
		return err
	}
	var r *reporter
	if !*quiet {
		r = newReporter(env.stderr)
		defer r.end()
	}
	var rows [][]string
	for _, t := range tables {
		n, err := exportTable(ctx, s, t, *dir, formats, r)
		if err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		rows = append(rows, []string{t.Name, fmt.Sprint(n)})
	}
	writeTable(env.stdout, []string{"table", "rows"}, rows)
	return nil
}

// tablesOf returns the tables to export.
func tablesOf(ctx context.Context, s store, only string) ([]mirror.Table, error) {
	tables, err := s.Tables(ctx)
	if err != nil {
		return nil, err
	}
	if only == "" {
		return slices.DeleteFunc(tables, isInternal), nil
	}
	var some []mirror.Table
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(tables, func(t mirror.Table) bool { return t.Name == name })
		if i < 0 {
			return nil, misuse("invalid -tables: the database has no table %q", name)
		}
		some = append(some, tables[i])
	}
	return some, nil
}

// rowWriter writes the rows of a table in a format.
type rowWriter interface {
	header(t mirror.Table) error
	row(t mirror.Table, row mirror.Row) error
	flush() error
}

// exportTable writes a table, and returns how many rows it has.
func exportTable(ctx context.Context, s store, t mirror.Table, dir string, formats []string, r *reporter) (n int, err error) {
	var writers []rowWriter
	var files []*os.File
	defer func() {
		for _, f := range files {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	for _, format := range formats {
		f, err := os.CreateTemp(dir, ".export-*")
		if err != nil {
			return 0, err
		}
		files = append(files, f)
		w := rowWriter(&ndjsonWriter{bufio.NewWriterSize(f, 1<<16)})
		if format == "csv" {
			w = &csvWriter{csv.NewWriter(f)}
		}
		writers = append(writers, w)
		if err := w.header(t); err != nil {
			return 0, err
		}
	}
	var columns []string
	for _, c := range t.Columns {
		columns = append(columns, c.Name)
	}
	for row, err := range s.Rows(ctx, t.Name, columns, nil) {
		if err != nil {
			return n, err
		}
		for _, w := range writers {
			if err := w.row(t, row); err != nil {
				return n, err
			}
		}
		if n++; n%1000 == 0 && r != nil {
			r.report(t.Name, n, 0)
		}
	}
	for i, w := range writers {
		if err := w.flush(); err != nil {
			return n, err
		}
		if err := files[i].Close(); err != nil {
			return n, err
		}
		if err := os.Rename(files[i].Name(), filepath.Join(dir, fileName(t.Name)+"."+formats[i])); err != nil {
			return n, err
		}
	}
	files = nil
	return n, nil
}

// fileName returns the name of a table as that of a file.
func fileName(name string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || strings.ContainsRune(`/\:*?"<>|`, c) {
			return '-'
		}
		return c
	}, name)
}

type ndjsonWriter struct{ *bufio.Writer }

func (w *ndjsonWriter) header(mirror.Table) error { return nil }

func (w *ndjsonWriter) row(t mirror.Table, row mirror.Row) error {
	separator := byte('{')
	for i, v := range row {
		name, err := json.Marshal(t.Columns[i].Name)
		if err != nil {
			return err
		}
		raw, err := jsonOf(t.Columns[i].Kind, v)
		if err != nil {
			return err
		}
		w.WriteByte(separator)
		separator = ','
		w.Write(name)
		w.WriteByte(':')
		w.Write(raw)
	}
	_, err := w.WriteString("}\n")
	return err
}

func (w *ndjsonWriter) flush() error { return w.Flush() }

// jsonOf returns a value as JSON.
func jsonOf(kind mirror.Kind, v mirror.Value) ([]byte, error) {
	if !v.Valid {
		return []byte("null"), nil
	}
	if raw := []byte(v.Text); (kind == mirror.Number || kind == mirror.Boolean || kind == mirror.JSON) && json.Valid(raw) {
		if kind != mirror.JSON {
			return raw, nil
		}
		// A line must have no line breaks.
		return compact(raw)
	}
	return json.Marshal(v.Text)
}

func compact(raw []byte) ([]byte, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(json.RawMessage(raw)); err != nil {
		return nil, err
	}
	return []byte(strings.TrimSuffix(b.String(), "\n")), nil
}

type csvWriter struct{ *csv.Writer }

func (w *csvWriter) header(t mirror.Table) error {
	var names []string
	for _, c := range t.Columns {
		names = append(names, c.Name)
	}
	return w.Write(names)
}

func (w *csvWriter) row(_ mirror.Table, row mirror.Row) error {
	var cells []string
	for _, v := range row {
		cells = append(cells, v.Text)
	}
	return w.Write(cells)
}

func (w *csvWriter) flush() error {
	w.Flush()
	return w.Error()
}
