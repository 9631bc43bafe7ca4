package storetest

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/clarify-go/clarify/mirror"
)

var tableCases = []testCase{
	{"A new database has no tables", func(d *database) { d.hasTables(d.store()) }},
	{"Tables are as they were given", func(d *database) {
		all := mirror.Table{Name: "all", KeyColumns: 2, Columns: []mirror.Column{
			{Name: "k1", Kind: mirror.Text}, {Name: "k2", Kind: mirror.Text}, {Name: "t", Kind: mirror.Text}, {Name: "n", Kind: mirror.Number},
			{Name: "b", Kind: mirror.Boolean}, {Name: "d", Kind: mirror.Date}, {Name: "at", Kind: mirror.Time}, {Name: "j", Kind: mirror.JSON},
		}}
		search := mirror.Table{Name: "search", KeyColumns: 1, Search: []string{"title", "body"}, Columns: []mirror.Column{
			{Name: "id", Kind: mirror.Text}, {Name: "title", Kind: mirror.Text}, {Name: "body", Kind: mirror.Text},
		}}
		s := d.with(search, notes, all)
		d.hasTables(s, all, notes, search)
		if err := s.Close(); err != nil {
			d.Fatalf("Close: %v", err)
		}
		d.hasTables(d.store(), all, notes, search)
	}},
	{"Names can be any", func(d *database) {
		odd := []string{"order", "select", "User", "a b", `quo"ted`, "it's", "back`tick", "[x]", "a.b", "ü", "日本", "%", "$1", "-", "rowid_", "ctid", "tableoid", strings.Repeat("n", 63)}
		var tables []mirror.Table
		for _, name := range odd {
			table := mirror.Table{Name: name, KeyColumns: 1}
			for i := range odd {
				table.Columns = append(table.Columns, mirror.Column{Name: odd[i], Kind: mirror.Text})
			}
			tables = append(tables, table)
		}
		s := d.with(tables...)
		for _, name := range odd {
			d.upsert(s, name, row(odd...))
			d.upsert(s, name, row(odd...))
			rows := d.rows(s, name, odd, nil)
			if len(rows) != 1 || show(rows[0]) != strings.Join(odd, " ") {
				d.Errorf("%q has %v", name, rows)
			}
			d.in(s, func(tx mirror.Tx) error { return tx.Delete(d.Context(), name, []mirror.Key{{"order"}}) })
			if rows := d.rows(s, name, []string{"order"}, nil); len(rows) != 0 {
				d.Errorf("%q has %v", name, rows)
			}
		}
	}},
	{"To migrate again changes nothing", func(d *database) {
		s := d.with(notes, pairs)
		d.upsert(s, "notes", row("1", "a"))
		d.migrate(s, pairs, notes)
		d.hasTables(s, notes, pairs)
		d.has(s, "1 a")
	}},
	{"A new column is null", func(d *database) {
		s := d.with(notes)
		d.upsert(s, "notes", row("1", "a"), row("2", "b"))
		wider := notes
		wider.Columns = append(append([]mirror.Column{notes.Columns[0]}, mirror.Column{Name: "n", Kind: mirror.Number}), notes.Columns[1])
		d.migrate(s, wider)
		d.hasTables(s, wider)
		d.hasColumns(s, []string{"_id", "n", "note"}, "1 null a", "2 null b")
		// The order is the new one.
		d.upsert(s, "notes", row("2", "7", "c"), row("3", "8", "d"))
		d.hasColumns(s, []string{"n", "note", "_id"}, "null a 1", "7 c 2", "8 d 3")
	}},
	{"A column that is not given is dropped, and the rows stay", func(d *database) {
		s := d.with(mirror.Table{Name: "notes", KeyColumns: 1, Columns: append([]mirror.Column{notes.Columns[0], {Name: "old", Kind: mirror.JSON}}, notes.Columns[1])})
		d.upsert(s, "notes", row("1", "{}", "a"))
		d.migrate(s, notes)
		d.hasTables(s, notes)
		d.has(s, "1 a")
		for _, err := range s.Rows(d.Context(), "notes", []string{"old"}, nil) {
			if err == nil {
				d.Errorf("the dropped column can still be read")
			}
		}
	}},
	{"A column of another kind is null", func(d *database) {
		s := d.with(notes)
		d.upsert(s, "notes", row("1", "a"))
		other := notes
		other.Columns = []mirror.Column{notes.Columns[0], {Name: "note", Kind: mirror.Boolean}}
		d.migrate(s, other)
		d.hasTables(s, other)
		d.has(s, "1 null")
		d.upsert(s, "notes", row("1", "true"))
		d.has(s, "1 true")
	}},
	{"A table with another key is empty", func(d *database) {
		s := d.with(pairs)
		d.upsert(s, "pairs", row("a", "b", "1"))
		other := pairs
		other.KeyColumns = 1
		d.migrate(s, other)
		d.hasTables(s, other)
		if rows := d.rows(s, "pairs", []string{"left"}, nil); len(rows) != 0 {
			d.Errorf("there are %d rows", len(rows))
		}
		d.upsert(s, "pairs", row("a", "b", "1"))
		d.upsert(s, "pairs", row("a", "c", "1"))
		if rows := d.rows(s, "pairs", []string{"left", "right"}, nil); len(rows) != 1 || show(rows[0]) != "a c" {
			d.Errorf("the rows are %v, must be one with a c", rows)
		}
	}},
	{"A table that is not given is dropped", func(d *database) {
		s := d.with(notes, pairs)
		d.upsert(s, "pairs", row("a", "b", "1"))
		d.migrate(s, notes)
		d.hasTables(s, notes)
		d.migrate(s, notes, pairs)
		if rows := d.rows(s, "pairs", []string{"left"}, nil); len(rows) != 0 {
			d.Errorf("the table came back with %d rows", len(rows))
		}
	}},
	{"A table can have 1,000 columns", func(d *database) {
		wide := mirror.Table{Name: "wide", KeyColumns: 1}
		var names []string
		for i := range 1000 {
			names = append(names, fmt.Sprintf("column_%d", i))
			wide.Columns = append(wide.Columns, mirror.Column{Name: names[i], Kind: mirror.Text})
		}
		s := d.with(wide)
		var rows []mirror.Row
		for i := range 100 {
			r := row(make([]string, len(names))...)
			for j := range r {
				// A store may have a limit for the size of a row.
				r[j].Text = fmt.Sprintf("%02d-%d", i, j)
			}
			rows = append(rows, r)
		}
		d.upsert(s, "wide", rows...)
		for i, r := range d.rows(s, "wide", names, nil) {
			if show(r) != show(rows[i]) {
				d.Errorf("row %d is %.100s", i, show(r))
			}
		}
	}},
}

// hasTables tests which tables there are.
func (d *database) hasTables(s mirror.Store, want ...mirror.Table) {
	d.Helper()
	got, err := s.Tables(d.Context())
	if err != nil {
		d.Fatalf("Tables: %v", err)
	}
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if !reflect.DeepEqual(got, want) {
		d.Fatalf("the tables are %+v, must be %+v", got, want)
	}
}

// hasColumns tests what columns of the table notes have.
func (d *database) hasColumns(s mirror.Store, columns []string, want ...string) {
	d.Helper()
	var got []string
	for _, r := range d.rows(s, "notes", columns, nil) {
		got = append(got, show(r))
	}
	if !reflect.DeepEqual(got, want) {
		d.Fatalf("the rows are %q, must be %q", got, want)
	}
}
