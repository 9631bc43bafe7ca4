package store

import (
	"fmt"
	"testing"
	"time"
)

// A few hundred thousand changes are not worth their time here, so the limit is
// set lower.
func TestOldEventsAreForgotten(t *testing.T) {
	s := newTestStore(time.Now, 10)
	spec := s.Schemas.Find("person")
	ids := make([]string, 3)
	_ = s.Write("user", func(c *Tx) error {
		for i := range ids {
			r, _ := c.Insert(spec, map[string]any{"n": -1}, "")
			ids[i] = r.ID
		}
		return nil
	})
	numbers := func(id string) (all []int) {
		t.Helper()
		h, _ := s.histories.Find(id)
		for _, e := range h.events() {
			all = append(all, e.Number)
		}
		return all
	}
	update := func(id string, n int) {
		_ = s.Write("user", func(c *Tx) error {
			_, f := c.Update(s.Find(spec, id), map[string]any{"n": n}, nil, "")
			return f
		})
	}
	var kept Contents
	for n := range 100 {
		update(ids[0], n)
		update(ids[1], n)
		if n == 4 {
			update(ids[2], n)
			s.epoch, kept = new(epoch), s.Contents
		}
		if total := len(numbers(ids[0])) + len(numbers(ids[1])) + len(numbers(ids[2])); n >= 5 && (total < 10 || total > 21) {
			t.Fatalf("after %d changes %d events are kept", 2*n+3, total)
		}
	}
	latest := numbers(ids[0])
	if last := latest[len(latest)-1]; last != 100 {
		t.Errorf("the latest event of the first has the number %d, want 100", last)
	}
	if first := latest[0]; first != 100-len(latest)+1 {
		t.Errorf("of the first are kept %v, want the latest without gaps", latest)
	}
	if got := numbers(ids[2]); got != nil {
		t.Errorf("of the last are kept %v", got)
	}
	all, err := s.EventsOf(spec, ids[2])
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 {
		t.Fatalf("got %d events, want its creation: %+v", len(all), all)
	}
	if n := len(all[0].Changes); n != 1 {
		t.Fatalf("its creation has %d changes, want 1: %+v", n, all)
	}
	if got := all[0].Changes[0].New; got != any(-1) {
		t.Errorf("it was created with %v", got)
	}
	s.Contents = kept
	if got := fmt.Sprint(numbers(ids[0]), numbers(ids[2])); got != "[1 2 3 4 5] [1]" {
		t.Errorf("the snapshot has %s", got)
	}
}

func TestHistoriesGoWithTheirRecords(t *testing.T) {
	now := time.Date(2026, time.February, 3, 0, 0, 0, 0, time.UTC)
	s := newTestStore(func() time.Time { return now }, 100_000)
	spec := s.Schemas.Find("person")
	for range 2 {
		_ = s.Write("user", func(c *Tx) error {
			for range 100 {
				r, _ := c.Insert(spec, map[string]any{}, "")
				c.Note(r.ID, Event{Kind: EventUpdate})
				c.Remove(r)
			}
			return nil
		})
		if n := s.histories.Len(); n != 100 {
			t.Errorf("there are %d histories", n)
		}
		now = now.Add(retention + time.Millisecond)
	}
}

func BenchmarkUpdate(b *testing.B) {
	s := newTestStore(time.Now, 100_000)
	spec := s.Schemas.Find("person")
	var id string
	_ = s.Write("user", func(c *Tx) error {
		r, _ := c.Insert(spec, map[string]any{"job_title": "", "a": 1, "b": "x", "c": nil}, "")
		id = r.ID
		return nil
	})
	b.ReportAllocs()
	for i := range b.N {
		_ = s.Write("user", func(c *Tx) error {
			_, f := c.Update(s.Find(spec, id), map[string]any{"job_title": fmt.Sprint(i)}, nil, "")
			return f
		})
	}
}
