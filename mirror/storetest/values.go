package storetest

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"github.com/clarify-go/clarify/mirror"
)

var valueCases = []testCase{
	{"Text comes back as it was", func(d *database) {
		d.keeps(mirror.Text, same, "", " ", "a", "null", "NULL", `\N`, `\.`, `\`, `"`, `'`, `""`, "a,b", "a\tb", "a\r\nb", "\n", "\x01\x7f", "é", "e\u0301", "日本語", "🙂", "\ufeff", "\ufffd",
			"123", "007", "1e5", "true", "2026-01-02", "x'41'", "$1", "?", ":a", "%s", "--", ";", strings.Repeat("long ", 100_000))
	}},
	{"Numbers keep their digits", func(d *database) {
		d.keeps(mirror.Number, sameNumber, "0", "-0", "1", "-1", "12", "999999999999999999", "-999999999999999999", "0.5", "-0.25", "123456.75", "99999999999.9999", "0.1", "1e3", "1E+3", "12.50", "1.5e-7", "1e-300", "1e-400", "1E-99999", "1e+299", "9007199254740993")
	}},
	{"Booleans come back as they were", func(d *database) { d.keeps(mirror.Boolean, same, "true", "false") }},
	{"Dates come back as they were", func(d *database) {
		d.keeps(mirror.Date, same, "2026-01-02", "2024-02-29", "1969-12-31", "0001-01-01", "1582-10-10", "9999-12-31")
	}},
	{"Times come back as they were", func(d *database) {
		d.keeps(mirror.Time, same, "2026-01-02T15:04:05.000Z", "2026-01-02T15:04:05.678Z", "2016-12-31T23:59:59.999Z", "1969-12-31T23:59:59.001Z", "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z")
	}},
	{"JSON comes back byte for byte", func(d *database) {
		d.keeps(mirror.JSON, same, "null", "true", "1", "1.500", "12345678901234567890.12345678901234567890", "1E400", `""`, `"a"`, `"\u0000"`, `"\u00e9\/\ud83d\ude42"`, `"\ud800"`, "{}", "[]",
			`{"b":1,"a":2}`, `{"a":1,"a":2}`, `{ "a" : [ 1 , 2 ] }`, "[\n]", `{"name":{"first_name":"Ann \"B\" \\"}}`, `"`+strings.Repeat("é", 200_000)+`"`)
	}},
	{"A value of any kind can be null", func(d *database) {
		table := mirror.Table{Name: "all", KeyColumns: 1, Columns: []mirror.Column{{Name: "_id", Kind: mirror.Text}}}
		r := row("1")
		for _, kind := range []mirror.Kind{mirror.Text, mirror.Number, mirror.Boolean, mirror.Date, mirror.Time, mirror.JSON} {
			table.Columns = append(table.Columns, mirror.Column{Name: string(kind), Kind: kind})
			r = append(r, mirror.Value{})
		}
		s := d.with(table)
		d.upsert(s, "all", r)
		rows := d.rows(s, "all", []string{"text", "number", "boolean", "date", "time", "json"}, nil)
		if len(rows) != 1 {
			d.Fatalf("there are %d rows, must be 1", len(rows))
		}
		for i, v := range rows[0] {
			if v.Valid {
				d.Errorf("the %s is %q, must be null", table.Columns[i+1].Name, v.Text)
			}
		}
	}},
}

// keeps tests that values come back, also after others.
func (d *database) keeps(kind mirror.Kind, equal func(a, b string) bool, values ...string) {
	table := mirror.Table{Name: "values", KeyColumns: 1, Columns: []mirror.Column{{Name: "_id", Kind: mirror.Text}, {Name: "a", Kind: kind}, {Name: "b", Kind: kind}}}
	s := d.with(table)
	var rows []mirror.Row
	for i, v := range values {
		rows = append(rows, mirror.Row{mirror.TextValue(fmt.Sprintf("%03d", i)), mirror.TextValue(v), mirror.TextValue(values[len(values)-1-i])})
	}
	d.upsert(s, "values", rows...)
	for range 2 {
		got := d.rows(s, "values", []string{"_id", "a", "b"}, nil)
		if len(got) != len(rows) {
			d.Fatalf("there are %d rows, must be %d", len(got), len(rows))
		}
		for i, r := range got {
			for j := range r {
				want := rows[i][j].Text
				if !r[j].Valid || j == 0 && r[j].Text != want || j > 0 && !equal(r[j].Text, want) {
					d.Errorf("%s %.100q came back as %.100q, null: %v", kind, want, r[j].Text, !r[j].Valid)
				}
			}
		}
		// They must replace others as well.
		for i := range rows {
			rows[i][1], rows[i][2] = rows[i][2], rows[i][1]
		}
		d.upsert(s, "values", rows...)
	}
}

func same(a, b string) bool { return a == b }

// sameNumber reports whether two numbers are equal: exactly if b is an integer of up to
// 18 digits, and otherwise to 15 digits.
func sameNumber(a, b string) bool {
	var x, y big.Rat
	if _, ok := x.SetString(a); !ok || !json.Valid([]byte(a)) {
		return false
	}
	y.SetString(b)
	if y.IsInt() && len(strings.TrimLeft(b, "-")) <= 18 && !strings.ContainsAny(b, "eE.") {
		return x.Cmp(&y) == 0
	}
	f, _ := x.Float64()
	g, _ := y.Float64()
	return fmt.Sprintf("%.14e", f) == fmt.Sprintf("%.14e", g)
}
