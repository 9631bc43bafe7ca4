package clarifytest

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

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

// What belongs to a workspace and is not in its holdings would not be in a
// snapshot either.
func TestAWorkspaceHoldsNothingElse(t *testing.T) {
	for _, test := range []struct {
		all    reflect.Type
		fields []string
	}{
		{reflect.TypeFor[workspace](), []string{"Workspace", "state"}},
		{reflect.TypeFor[state](), []string{"Store", "quirks", "holdings"}},
	} {
		var fields []string
		for i := range test.all.NumField() {
			fields = append(fields, test.all.Field(i).Name)
		}
		if !slices.Equal(fields, test.fields) {
			t.Errorf("%s has the fields %v, not %v: what a snapshot must have goes to holdings", test.all, fields, test.fields)
		}
	}
}
