package contract_test

import (
	"slices"
	"testing"

	"github.com/clarify-go/clarify/internal/contract"
)

func TestFind(t *testing.T) {
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		method   string
		segments []string
		id       string
		values   []string
		allowed  []string
	}{
		{"GET", []string{"users"}, "getUsers", nil, nil},
		{"HEAD", []string{"users", "google-oauth2%7C1"}, "getUser", []string{"google-oauth2|1"}, nil},
		{"GET", []string{"objects", "c%2Fx", "records", "1", "relationships", "deals"}, "getRecordRelationships", []string{"c/x", "1", "deals"}, nil},
		{"POST", []string{"schemas", "objects"}, "createCustomObject", nil, nil},
		{"DELETE", []string{"users"}, "", nil, []string{"GET"}},
		{"GET", []string{"nothing"}, "", nil, nil},
		{"GET", nil, "", nil, nil},
	} {
		op, allowed := c.Find(test.method, test.segments)
		if !slices.Equal(allowed, test.allowed) {
			t.Errorf("%s %q: allowed are %q, want %q", test.method, test.segments, allowed, test.allowed)
		}
		switch {
		case op == nil:
			if test.id != "" {
				t.Errorf("%s %q: found nothing", test.method, test.segments)
			}
		case op.ID != test.id || !slices.Equal(op.PathValues(test.segments), test.values):
			t.Errorf("%s %q: found %s with %q", test.method, test.segments, op.ID, op.PathValues(test.segments))
		}
	}
}

func TestMembers(t *testing.T) {
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	members := c.Members()
	for name, want := range map[string]bool{"data": true, "total_records": true, "last_active_at": true, "viewerAccess": true, "job_titles": false} {
		if _, found := slices.BinarySearch(members, name); found != want {
			t.Errorf("%s: %v, want %v", name, found, want)
		}
	}
}

func TestPointers(t *testing.T) {
	for _, test := range []struct {
		pointer string
		path    []string
	}{{"", nil}, {"/", []string{""}}, {"/data/0/a~1b~0c~01", []string{"data", "0", "a/b~c~1"}}} {
		if got := contract.ParsePointer(test.pointer); !slices.Equal(got, test.path) {
			t.Errorf("%q: got %q, want %q", test.pointer, got, test.path)
		}
		if got := (contract.Difference{Path: test.path}).Pointer(); got != test.pointer {
			t.Errorf("%q: got %q, want %q", test.path, got, test.pointer)
		}
	}
}
