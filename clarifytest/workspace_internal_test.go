package clarifytest

import (
	"reflect"
	"slices"
	"testing"
)

// What belongs to a workspace and is not in its state would not be in a snapshot either.
func TestAWorkspaceHoldsNothingButItsState(t *testing.T) {
	all := reflect.TypeFor[workspace]()
	var fields []string
	for i := range all.NumField() {
		fields = append(fields, all.Field(i).Name)
	}
	if want := []string{"Workspace", "state"}; !slices.Equal(fields, want) {
		t.Errorf("a workspace has the fields %v, want %v: what a snapshot must have goes to the state", fields, want)
	}
}
