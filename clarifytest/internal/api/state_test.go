package api

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/entropy"
)

func TestAPanicInAWriteUndoesIt(t *testing.T) {
	s := NewState(time.Now, entropy.New(nil, 'i').UUID, ReportedQuirks(), 100, nil)
	func() {
		defer func() { _ = recover() }()
		_ = s.write("user", func(c *change) error {
			if _, f := c.Insert(c.state.Schemas.Find("deal"), map[string]any{"name": "Big"}, ""); f != nil {
				return f
			}
			panic("oops")
		})
	}()
	f := s.write("user", func(c *change) error {
		_, f := c.Insert(c.state.Schemas.Find("deal"), map[string]any{"name": "Big"}, "")
		return f
	})
	if f != nil {
		t.Error(f)
	}
	if n := len(s.All(s.Schemas.Find("deal"))); n != 1 {
		t.Errorf("got %d deals, want 1", n)
	}
}

// A snapshot copies holdings, which is only right for what copies itself when it
// is changed.
func TestHoldingsAreCopiedOnWrite(t *testing.T) {
	all := reflect.TypeFor[holdings]()
	for i := range all.NumField() {
		field := all.Field(i)
		if !strings.HasPrefix(field.Type.String(), "store.Map[") {
			t.Errorf("%s is a %s, not a store.Map", field.Name, field.Type)
		}
	}
}

// What belongs to a state and is not in its holdings would not be in a snapshot either.
func TestAStateHoldsNothingElse(t *testing.T) {
	all := reflect.TypeFor[State]()
	var fields []string
	for i := range all.NumField() {
		fields = append(fields, all.Field(i).Name)
	}
	if want := []string{"Store", "quirks", "holdings"}; !slices.Equal(fields, want) {
		t.Errorf("a state has the fields %v, want %v: what a snapshot must have goes to holdings", fields, want)
	}
}
