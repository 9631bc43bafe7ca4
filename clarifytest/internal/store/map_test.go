package store

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// testMap is a store with a map to try things on.
func testMap(t *testing.T) (*Store, *Map[string], func(func(*Tx) error)) {
	t.Helper()
	s := newTestStore(time.Now, 0)
	return s, &s.mergedInto, func(f func(*Tx) error) { _ = s.Write("user", f) }
}

func TestAMapKeepsTheOrderOfFirstPuts(t *testing.T) {
	_, m, write := testMap(t)
	if _, ok := m.Find("a"); ok {
		t.Error("a new map has a value")
	}
	if n := m.Len(); n != 0 {
		t.Errorf("a new map has the length %d", n)
	}
	if all := m.All(); len(all) != 0 {
		t.Errorf("a new map has the values %v", all)
	}
	if ids := m.IDs(); len(ids) != 0 {
		t.Errorf("a new map has the ids %v", ids)
	}
	write(func(c *Tx) error {
		for _, id := range []string{"b", "a", "c"} {
			m.Put(c, id, "old "+id)
		}
		m.Put(c, "a", "new a")
		m.Remove(c, "b")
		m.Remove(c, "nothing")
		m.Put(c, "b", "late b")
		return nil
	})
	if got := strings.Join(m.All(), ","); got != "new a,old c,late b" {
		t.Errorf("all: %s", got)
	}
	if got := strings.Join(m.IDs(), ","); got != "a,c,b" {
		t.Errorf("got the ids %s, want a,c,b", got)
	}
	if got := m.Len(); got != 3 {
		t.Errorf("got the length %d, want 3", got)
	}
	switch got, err := m.Get("thing", "c"); {
	case err != nil:
		t.Error(err)
	case got != "old c":
		t.Errorf("got %q, want %q", got, "old c")
	}
	if _, err := m.Get("thing", "d"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got the error %v for what is not there", err)
	}
}

func TestAFailedChangeLeavesAMapAsItWas(t *testing.T) {
	s, m, write := testMap(t)
	write(func(c *Tx) error {
		m.Put(c, "a", "1")
		m.Put(c, "b", "2")
		m.Put(c, "c", "3")
		return nil
	})
	spoil := func(c *Tx) error {
		m.Put(c, "d", "4")
		m.Remove(c, "a")
		m.Put(c, "b", "5")
		m.Put(c, "a", "6")
		m.Remove(c, "c")
		m.Remove(c, "d")
		return errors.New("no")
	}
	unchanged := func() {
		t.Helper()
		if ids := strings.Join(m.IDs(), ""); ids != "abc" {
			t.Errorf("got the ids %s, want abc", ids)
		}
		if all := strings.Join(m.All(), ""); all != "123" {
			t.Errorf("got the values %s, want 123", all)
		}
		if one, _ := m.Find("b"); one != "2" {
			t.Errorf("b is %s", one)
		}
	}
	write(spoil)
	unchanged()
	s.epoch = new(epoch)
	write(spoil)
	unchanged()
	write(func(c *Tx) error {
		m.Remove(c, "b")
		return nil
	})
	if ids := strings.Join(m.IDs(), ""); ids != "ac" {
		t.Errorf("ids %s", ids)
	}
}

func TestACopyOfAMapIsASnapshot(t *testing.T) {
	s, m, write := testMap(t)
	write(func(c *Tx) error {
		m.Put(c, "a", "1")
		return nil
	})
	before := s.Contents
	s.epoch = new(epoch)
	write(func(c *Tx) error {
		m.Put(c, "a", "2")
		m.Put(c, "b", "3")
		return nil
	})
	if got := before.mergedInto.All(); !slices.Equal(got, []string{"1"}) {
		t.Errorf("the snapshot has %v", got)
	}
	if got := m.All(); !slices.Equal(got, []string{"2", "3"}) {
		t.Errorf("the map has %v", got)
	}
}

func TestAMapDoesNotGrowWithWhatIsRemoved(t *testing.T) {
	_, m, write := testMap(t)
	for range 1000 {
		write(func(c *Tx) error {
			m.Put(c, "a", "1")
			m.Remove(c, "a")
			return nil
		})
	}
	if n := len(m.data.slots); n > 32 {
		t.Errorf("there are %d slots", n)
	}
}
