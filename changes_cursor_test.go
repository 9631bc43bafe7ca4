package clarify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
)

// cursors returns some of each phase.
func cursors(t testing.TB) (all []clarify.Cursor) {
	h := newHistory()
	people := h.records(t, "person")
	for i := range 8 {
		h.at(fmt.Sprint("a", i), i)
	}
	var cursor clarify.Cursor
	for range 2 {
		for c, err := range people.Changes(t.Context(), cursor, clarify.PageSize(3)) {
			if err != nil {
				t.Fatal(err)
			}
			cursor = c.Cursor
			all = append(all, cursor)
		}
		h.at("a1", 20)
		h.at("b", 21)
		h.remove("a2", 22)
	}
	return all
}

func TestCursorsAreText(t *testing.T) {
	if c := (clarify.Cursor{}); !c.IsZero() || c.String() != "" || c.Loaded() {
		t.Errorf("the zero cursor is %q, loaded: %v", c, c.Loaded())
	}
	loaded := 0
	for _, c := range cursors(t) {
		b, err := json.Marshal(c)
		var again clarify.Cursor
		if err == nil {
			err = json.Unmarshal(b, &again)
		}
		if err != nil || again.String() != c.String() || again.IsZero() {
			t.Errorf("%s became %s: %v", c, again, err)
		}
		if again.Loaded() {
			loaded++
		}
	}
	if loaded == 0 {
		t.Error("none is loaded")
	}
	if err := new(clarify.Cursor).UnmarshalText(nil); err != nil {
		t.Errorf("an empty text: %v", err)
	}
}

func TestMalformedCursorsAreErrors(t *testing.T) {
	text := cursors(t)[9].String()
	for name, wrong := range map[string]string{
		"of another kind": "2026-01-02T03:04:05Z", "cut": text[:len(text)-3], "of another version": "c2." + text[3:],
		"changed": text[:20] + "AAAA" + text[24:], "with a line break": text + "\n", "without anything": "c1.", "too long": "c1." + strings.Repeat("A", 70_000),
	} {
		c := cursors(t)[0]
		before := c.String()
		if err := c.UnmarshalText([]byte(wrong)); !errors.Is(err, clarify.ErrCursorInvalid) {
			t.Errorf("a cursor %s: %v", name, err)
		}
		if c.String() != before {
			t.Errorf("a cursor %s changed the one that it was read into", name)
		}
	}
}

func FuzzCursor(f *testing.F) {
	for _, c := range cursors(f) {
		f.Add(c.String())
	}
	f.Add("c1.")
	f.Fuzz(func(t *testing.T, text string) {
		var c clarify.Cursor
		if err := c.UnmarshalText([]byte(text)); err != nil {
			if !errors.Is(err, clarify.ErrCursorInvalid) || !c.IsZero() {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		var again clarify.Cursor
		if err := again.UnmarshalText([]byte(c.String())); err != nil || again.String() != c.String() || again.Loaded() != c.Loaded() {
			t.Fatalf("%q became %q and %q: %v", text, c, again, err)
		}
	})
}
