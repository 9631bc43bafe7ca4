package mirror

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

func TestValuesHaveTheFormOfTheirKind(t *testing.T) {
	long := strings.Repeat("9", 101)
	for _, c := range []struct {
		kind      Kind
		raw, want string // "-" for null
	}{
		{Text, `"a"`, "a"}, {Text, `"é\n\u0000"`, "é\n\ufffd"}, {Text, `null`, "-"}, {Text, `12`, "12"}, {Text, `{"a":1}`, `{"a":1}`}, {Text, `""`, ""},
		{Number, `12.50`, "12.50"}, {Number, `-0`, "-0"}, {Number, `1e99`, "1e99"}, {Number, `1e100`, "-"}, {Number, long, "-"}, {Number, `"12"`, "-"}, {Number, `true`, "-"},
		{Boolean, `true`, "true"}, {Boolean, `false`, "false"}, {Boolean, `"true"`, "-"}, {Boolean, `1`, "-"},
		{Date, `"2026-01-02"`, "2026-01-02"}, {Date, `"2026-02-30"`, "-"}, {Date, `"0000-01-01"`, "-"}, {Date, `"2026-01-02T03:04:05Z"`, "2026-01-02"}, {Date, `"soon"`, "-"}, {Date, `20260102`, "-"},
		{Time, `"2026-01-02T03:04:05.678Z"`, "2026-01-02T03:04:05.678Z"}, {Time, `"2026-01-02T03:04:05Z"`, "2026-01-02T03:04:05.000Z"},
		{Time, `"2026-01-02T03:04:05.6789+02:00"`, "2026-01-02T01:04:05.678Z"}, {Time, `"0000-01-02T03:04:05.678Z"`, "-"}, {Time, `"9999-12-31T23:59:59-01:00"`, "-"}, {Time, `{}`, "-"},
		{JSON, `{"b":1,"a":1.0}`, `{"b":1,"a":1.0}`}, {JSON, `null`, "-"}, {JSON, `"a"`, `"a"`},
	} {
		got := "-"
		if v := valueOf(c.kind, c.raw); v.Valid {
			got = v.Text
		}
		if got != c.want {
			t.Errorf("the %s of %.50s is %q, want %q", c.kind, c.raw, got, c.want)
		}
	}
}

func TestNamesDifferAndAreShort(t *testing.T) {
	long := strings.Repeat("é", 40)
	names := []string{"stage", "Stage", "STAGE", "a b", "", "x\x00y", long, long + "a", "_ID"}
	got := namesFor(names, "_id")
	seen := map[string]bool{"_id": true}
	for _, name := range names {
		column := got[name]
		if seen[lower(column)] || !validName(column) {
			t.Errorf("%q became %q", name, column)
		}
		seen[lower(column)] = true
	}
	if got["stage"] != "stage" || got["a b"] != "a b" {
		t.Errorf("the names are %v", got)
	}
	// A name does not depend on the order.
	for name, column := range namesFor([]string{"STAGE", "_ID", "stage", "Stage"}, "_id") {
		if got[name] != column {
			t.Errorf("%q is %q, and was %q", name, column, got[name])
		}
	}
}

// personObject is an object with a field of each kind.
func personObject(t testing.TB) *object {
	var document gen.Schema
	if err := json.Unmarshal([]byte(`{"type":"schema","id":"https://getclarify.ai/schemas/entities/person","attributes":{"$id":"https://getclarify.ai/schemas/entities/person","properties":{
		"name":{"type":["object","null"],"properties":{"first_name":{"type":["string","null"]},"last_name":{"type":["string","null"]}}},
		"email_addresses":{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string","format":"email"}}}},
		"job_title":{"type":["string","null"]},"score":{"type":["number","null"]},"vip":{"type":["boolean","null"]},"born":{"type":["string","null"],"format":"date"},
		"notes":{"type":["object","null"],"properties":{"text":{"type":"array","items":{"type":"object"}}}}}}}`), &document); err != nil {
		t.Fatal(err)
	}
	schema, ok := clarify.NewSchema([]gen.Schema{document}).Object("person")
	if !ok {
		t.Fatal("there is no person")
	}
	return newObject(schema, "person")
}

// The quick way of reading attributes has the same result as encoding/json.
func FuzzRow(f *testing.F) {
	o := personObject(f)
	for _, seed := range []string{
		`{"job_title":"x","score":1.50,"vip":true,"born":"2026-01-02","name":{"first_name":"A","last_name":"B"}}`,
		`{"job_title":"a","job_title":"b"}`, `{"Job_Title":"a"}`, `{"job_title":"\ud800\u0000"}`, `{"email_addresses":{"items":["a@b.example"]},"notes":{"text":[{"type":"paragraph"}]}}`,
		`{}`, ` { "score" : 1e5 } `, `{"name":null,"unknown":[1,{"a":"b"}]}`, `{"_created_at":"2026-01-02T03:04:05Z","_id":"x"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, attributes string) {
		if !json.Valid([]byte(attributes)) || !strings.HasPrefix(strings.TrimSpace(attributes), "{") {
			t.Skip()
		}
		r := newRecord(&clarify.Record[json.RawMessage]{Type: "person", ID: "1", Attributes: json.RawMessage(attributes)})
		row, _ := o.row(&r)
		slow := make(Row, len(row))
		o.decode(r.attributes(), func(i int, raw string) { slow[o.column[i]] = valueOf(o.table.Columns[o.column[i]].Kind, raw) })
		for i := 1; i < len(row)-1; i++ {
			if row[i] != slow[i] {
				t.Errorf("%s is %+v, encoding/json has %+v", o.table.Columns[i].Name, row[i], slow[i])
			}
		}
		again := readRecord("1", row[len(row)-1].Text)
		if again != r {
			t.Errorf("the record became %+v, was %+v", again, r)
		}
		if second, _ := o.row(&again); !equalRows(second, row) {
			t.Errorf("the row became %v, was %v", second, row)
		}
	})
}

func equalRows(a, b Row) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}
