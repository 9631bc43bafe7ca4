package store

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
)

// newTestStore returns a store with the standard schemas and ascending ids.
func newTestStore(clock func() time.Time, maxEvents uint64) *Store {
	last := 0
	newID := func() string {
		last++
		return fmt.Sprintf("id-%06d", last)
	}
	s := New(Config{Clock: clock, NewID: newID, MaxEvents: maxEvents})
	_ = s.Write("", func(c *Tx) error {
		c.SetSchemas(schema.Standard())
		return nil
	})
	return s
}

// A snapshot copies the contents, which is only right for what copies itself when it is
// changed, and for what never changes.
func TestContentsAreCopiedOnWrite(t *testing.T) {
	unchanging := []reflect.Type{reflect.TypeFor[*schema.Set](), reflect.TypeFor[*schemaWork](), reflect.TypeFor[uint64]()}
	all := reflect.TypeFor[Contents]()
	for i := range all.NumField() {
		field := all.Field(i)
		if !strings.HasPrefix(field.Type.String(), "store.Map[") && !slices.Contains(unchanging, field.Type) {
			t.Errorf("%s is a %s, neither a Map nor unchanging", field.Name, field.Type)
		}
	}
}

// What belongs to a store and is not in its contents would not be in a snapshot either.
// What shows late is dropped by Restore.
func TestAStoreHoldsNothingElse(t *testing.T) {
	all := reflect.TypeFor[Store]()
	var fields []string
	for i := range all.NumField() {
		fields = append(fields, all.Field(i).Name)
	}
	want := []string{"config", "schemaLock", "mu", "epoch", "version", "Contents", "selections", "late"}
	if !slices.Equal(fields, want) {
		t.Errorf("a store has the fields %v, want %v: what a snapshot must have goes to its contents", fields, want)
	}
}
