package api

import (
	"encoding/csv"
	"reflect"
	"strings"
	"testing"
)

// FuzzDiff applies what a diff says to the old value, which must give the new
// one, and nothing in a diff may be for nothing.
func FuzzDiff(f *testing.F) {
	for _, pair := range [][2]string{
		{`1`, `1`}, {`null`, `0`}, {`{}`, `[]`},
		{`{"a":1,"b":{"c":[1,2,3]},"d":null}`, `{"a":"1","b":{"c":[1,{}]},"e":null}`},
		{`{"items":[]}`, `{"items":["x","y"]}`}, {`[[1],[2],[3]]`, `[[1,1]]`}, {`[1]`, `[2,3,4]`}, {`{"":{"":1}}`, `{"":{"":2}}`},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		old, err := DecodeJSON([]byte(before))
		now, err2 := DecodeJSON([]byte(after))
		if err != nil || err2 != nil {
			return
		}
		diff := appendDiff(nil, old, now, nil)
		if (len(diff) == 0) != reflect.DeepEqual(old, now) {
			t.Errorf("from %s to %s there are the changes %v", before, after, diff)
		}
		got, _ := DecodeJSON([]byte(before))
		for _, change := range diff {
			got = applied(t, got, change, change.Path)
		}
		if !reflect.DeepEqual(got, now) {
			t.Errorf("from %s the changes lead to %v, not to %s", before, got, after)
		}
	})
}

// applied returns a value with a change at a path below it.
func applied(t *testing.T, value any, change fieldChange, path []any) any {
	if len(path) == 0 {
		if change.Op != "update" || !reflect.DeepEqual(value, *change.OldVal) {
			t.Errorf("%+v at %v", change, value)
		}
		return *change.Val
	}
	switch in := value.(type) {
	case map[string]any:
		name := path[0].(string)
		inner, there := in[name]
		switch {
		case len(path) > 1 || change.Op == "update":
			in[name] = applied(t, inner, change, path[1:])
		case change.Op == "delete" && there && reflect.DeepEqual(inner, *change.OldVal):
			delete(in, name)
		case change.Op == "add" && !there:
			in[name] = *change.Val
		default:
			t.Errorf("%+v at %v", change, value)
		}
		return in
	case []any:
		i := path[0].(int)
		switch {
		case len(path) > 1 || change.Op == "update":
			in[i] = applied(t, in[i], change, path[1:])
		case change.Op == "delete" && i == len(in)-1 && reflect.DeepEqual(in[i], *change.OldVal):
			return in[:i]
		case change.Op == "add" && i == len(in):
			return append(in, *change.Val)
		default:
			t.Errorf("%+v at %v", change, value)
		}
		return in
	}
	t.Errorf("%+v is below %v", change, value)
	return value
}

// FuzzCSV has the standard library read what is written. It turns the line
// breaks of values into LF.
func FuzzCSV(f *testing.F) {
	for _, text := range []string{"", "a", `a"b`, "a,b", "a\r\nb\nc", " a", "a ", `"`, "\r", "ü|;\t"} {
		f.Add(text, "b")
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		// The reader does not keep a CR that is not part of a line break apart.
		if strings.Contains(strings.ReplaceAll(one+"\n"+two, "\r\n", "\n"), "\r") {
			return
		}
		rows := []resource{{Attributes: map[string]any{"one": one, "two": two, "three": "3"}}}
		text := csvOf([]string{"one", "two", "three"}, rows)
		read, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
		lf := func(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }
		want := [][]string{{"one", "two", "three"}, {lf(one), lf(two), "3"}}
		if err != nil || !reflect.DeepEqual(read, want) {
			t.Errorf("%q reads %q, want %q: %v", text, read, want, err)
		}
	})
}
