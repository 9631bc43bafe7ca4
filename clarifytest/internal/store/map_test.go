package store

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// testMap is a state with a shelf to try things on.
func testMap(t *testing.T) (*Store, *Map[string], func(func(*Tx) error)) {
	t.Helper()
	s := newTestStore(time.Now, 0)
	return s, &s.mergedInto, func(f func(*Tx) error) { _ = s.Write("user", f) }
}

func TestAShelfKeepsTheOrderOfFirstPuts(t *testing.T) {
	_, shelf, write := testMap(t)
	if _, ok := shelf.Find("a"); ok || shelf.Len() != 0 || len(shelf.All()) != 0 || len(shelf.IDs()) != 0 {
		t.Error("a new shelf is not empty")
	}
	write(func(c *Tx) error {
		for _, id := range []string{"b", "a", "c"} {
			shelf.Put(c, id, "old "+id)
		}
		shelf.Put(c, "a", "new a")
		shelf.Remove(c, "b")
		shelf.Remove(c, "nothing")
		shelf.Put(c, "b", "late b")
		return nil
	})
	if got := strings.Join(shelf.All(), ","); got != "new a,old c,late b" {
		t.Errorf("all: %s", got)
	}
	if got := strings.Join(shelf.IDs(), ","); got != "a,c,b" || shelf.Len() != 3 {
		t.Errorf("ids: %s, len: %d", got, shelf.Len())
	}
	if got, f := shelf.Get("thing", "c"); got != "old c" || f != nil {
		t.Errorf("get: %s, %v", got, f)
	}
	if _, f := shelf.Get("thing", "d"); !errors.Is(f, ErrNotFound) {
		t.Errorf("get of what is not there: %v", f)
	}
}

func TestAFailedChangeLeavesAShelfAsItWas(t *testing.T) {
	s, shelf, write := testMap(t)
	write(func(c *Tx) error {
		shelf.Put(c, "a", "1")
		shelf.Put(c, "b", "2")
		shelf.Put(c, "c", "3")
		return nil
	})
	spoil := func(c *Tx) error {
		shelf.Put(c, "d", "4")
		shelf.Remove(c, "a")
		shelf.Put(c, "b", "5")
		shelf.Put(c, "a", "6")
		shelf.Remove(c, "c")
		shelf.Remove(c, "d")
		return errors.New("no")
	}
	unchanged := func() {
		t.Helper()
		if ids, all := strings.Join(shelf.IDs(), ""), strings.Join(shelf.All(), ""); ids != "abc" || all != "123" {
			t.Errorf("ids %s, values %s", ids, all)
		}
		if one, _ := shelf.Find("b"); one != "2" {
			t.Errorf("b is %s", one)
		}
	}
	write(spoil)
	unchanged()
	s.epoch = new(epoch)
	write(spoil)
	unchanged()
	write(func(c *Tx) error {
		shelf.Remove(c, "b")
		return nil
	})
	if ids := strings.Join(shelf.IDs(), ""); ids != "ac" {
		t.Errorf("ids %s", ids)
	}
}

func TestACopyOfAShelfIsASnapshot(t *testing.T) {
	s, shelf, write := testMap(t)
	write(func(c *Tx) error {
		shelf.Put(c, "a", "1")
		return nil
	})
	before := s.Contents
	s.epoch = new(epoch)
	write(func(c *Tx) error {
		shelf.Put(c, "a", "2")
		shelf.Put(c, "b", "3")
		return nil
	})
	if got := before.mergedInto.All(); !slices.Equal(got, []string{"1"}) {
		t.Errorf("the snapshot has %v", got)
	}
	if got := shelf.All(); !slices.Equal(got, []string{"2", "3"}) {
		t.Errorf("the shelf has %v", got)
	}
}

func TestAShelfDoesNotGrowWithWhatIsRemoved(t *testing.T) {
	_, shelf, write := testMap(t)
	for range 1000 {
		write(func(c *Tx) error {
			shelf.Put(c, "a", "1")
			shelf.Remove(c, "a")
			return nil
		})
	}
	if n := len(shelf.data.slots); n > 32 {
		t.Errorf("there are %d slots", n)
	}
}
