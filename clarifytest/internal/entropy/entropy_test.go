package entropy_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/clarify-go/clarify/clarifytest/internal/entropy"
)

var version4 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// values takes some of each kind from a source.
func values(s *entropy.Source) []string {
	return []string{s.UUID(), s.Hex(), s.Digits(21), s.UUID()}
}

func TestASeedRepeatsItsValues(t *testing.T) {
	seed, other := uint64(7), uint64(8)
	first := values(entropy.New(&seed, 'a'))
	if again := values(entropy.New(&seed, 'a')); !slices.Equal(again, first) {
		t.Errorf("the same seed and purpose: got %q, want %q", again, first)
	}
	for name, s := range map[string]*entropy.Source{
		"another purpose": entropy.New(&seed, 'b'),
		"another seed":    entropy.New(&other, 'a'),
		"no seed":         entropy.New(nil, 'a'),
	} {
		if got := values(s); slices.Equal(got, first) {
			t.Errorf("%s: got the same values %q", name, got)
		}
	}
}

func TestASourceContinuesFromAPosition(t *testing.T) {
	s := entropy.New(nil, 'a')
	s.UUID()
	p := s.Position()
	want := values(s)
	s.Restore(p)
	if got := values(s); !slices.Equal(got, want) {
		t.Errorf("restored: got %q, want %q", got, want)
	}
	other := entropy.New(nil, 'b')
	other.Restore(p)
	if got := values(other); !slices.Equal(got, want) {
		t.Errorf("another source at the position: got %q, want %q", got, want)
	}
}

func TestUUIDsAscend(t *testing.T) {
	s := entropy.New(nil, 'a')
	last := ""
	for range 10000 {
		id := s.UUID()
		if !version4.MatchString(id) {
			t.Fatalf("got %q, want a UUID of version 4", id)
		}
		if id <= last {
			t.Fatalf("got %q after %q, want ids that ascend", id, last)
		}
		last = id
	}
}

func TestDerivedUUIDsFollowFromTheirParts(t *testing.T) {
	id := entropy.DerivedUUID("person", "1")
	if !version4.MatchString(id) {
		t.Errorf("got %q, want a UUID of version 4", id)
	}
	if again := entropy.DerivedUUID("person", "1"); again != id {
		t.Errorf("the same parts: got %q, want %q", again, id)
	}
	if other := entropy.DerivedUUID("person1"); other == id {
		t.Errorf("other parts: got the same %q", other)
	}
}
