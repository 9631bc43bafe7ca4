package clarifytest

import (
	"fmt"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/entropy"
)

// A few hundred thousand changes are not worth their time here, so the limit is
// set lower.
func TestOldEventsAreForgotten(t *testing.T) {
	s := newState(time.Now, entropy.New(nil, 'i').UUID, reportedQuirks())
	spec := s.schemas.Find("person")
	ids := make([]string, 3)
	_ = s.write("user", func(c *change) error {
		for i := range ids {
			r, _ := c.insert(spec, map[string]any{"n": -1}, "")
			ids[i] = r.id
		}
		return nil
	})
	numbers := func(id string) (all []int) {
		t.Helper()
		h, _ := s.histories.find(id)
		for _, e := range h.events() {
			all = append(all, e.number)
		}
		return all
	}
	update := func(id string, n int) {
		_ = s.write("user", func(c *change) error {
			c.forgetEvents(10)
			_, f := c.update(s.find(spec, id), map[string]any{"n": n}, nil, "")
			return f
		})
	}
	var kept holdings
	for n := range 100 {
		update(ids[0], n)
		update(ids[1], n)
		if n == 4 {
			update(ids[2], n)
			s.epoch, kept = new(epoch), s.holdings
		}
		if total := len(numbers(ids[0])) + len(numbers(ids[1])) + len(numbers(ids[2])); n >= 5 && (total < 10 || total > 21) {
			t.Fatalf("after %d changes %d events are kept", 2*n+3, total)
		}
	}
	latest := numbers(ids[0])
	if latest[len(latest)-1] != 100 || latest[0] != 100-len(latest)+1 {
		t.Errorf("of the first are kept %v", latest)
	}
	if got := numbers(ids[2]); got != nil {
		t.Errorf("of the last are kept %v", got)
	}
	all, f := s.activities(spec, ids[2])
	if f != nil || len(all) != 1 || *all[0].Attributes.Data[0].Object.Diff[0].Val != any(-1) {
		t.Errorf("%v: its creation has become %+v", f, all)
	}
	s.holdings = kept
	if got := fmt.Sprint(numbers(ids[0]), numbers(ids[2])); got != "[1 2 3 4 5] [1]" {
		t.Errorf("the snapshot has %s", got)
	}
}

func TestHistoriesGoWithTheirRecords(t *testing.T) {
	now := time.Date(2026, time.February, 3, 0, 0, 0, 0, time.UTC)
	s := newState(func() time.Time { return now }, entropy.New(nil, 'i').UUID, reportedQuirks())
	spec := s.schemas.Find("person")
	for range 2 {
		_ = s.write("user", func(c *change) error {
			for range 100 {
				r, _ := c.insert(spec, map[string]any{}, "")
				c.note(r.id, event{kind: eventUpdate})
				c.remove(r)
			}
			return nil
		})
		if n := s.histories.len(); n != 100 {
			t.Errorf("there are %d histories", n)
		}
		now = now.Add(retention + time.Millisecond)
	}
}

func BenchmarkUpdate(b *testing.B) {
	s := newState(time.Now, entropy.New(nil, 'i').UUID, reportedQuirks())
	spec := s.schemas.Find("person")
	var id string
	_ = s.write("user", func(c *change) error {
		r, _ := c.insert(spec, map[string]any{"job_title": "", "a": 1, "b": "x", "c": nil}, "")
		id = r.id
		return nil
	})
	b.ReportAllocs()
	for i := range b.N {
		_ = s.write("user", func(c *change) error {
			_, f := c.update(s.find(spec, id), map[string]any{"job_title": fmt.Sprint(i)}, nil, "")
			return f
		})
	}
}
