package clarify_test

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
)

func TestChangesYieldsEachOnceAndInAnOrderToApply(t *testing.T) {
	h := newHistory()
	people := h.records(t, "person")
	h.at("a", 2)
	h.at("b", 1)
	got, cursor := told(t, people.Changes(t.Context(), clarify.Cursor{}), 0)
	wants(t, "the first run", got, "written a", "written b", "caught up")

	h.asked = nil
	got, cursor = told(t, people.Changes(t.Context(), cursor), 0)
	wants(t, "nothing changed", got, "caught up")
	wants(t, "requests", h.asked, "person/resources", "person/deleted-resources")

	h.at("c", 2)
	h.at("a", 2)
	got, cursor = told(t, people.Changes(t.Context(), cursor), 0)
	wants(t, "the same time", got, "written c", "caught up")

	h.at("d", -100)
	got, cursor = told(t, people.Changes(t.Context(), cursor), 0)
	wants(t, "a time that shows late", got, "written d", "caught up")

	h.remove("b", 3)
	h.at("a", 4)
	h.remove("never seen", 2)
	got, cursor = told(t, people.Changes(t.Context(), cursor), 0)
	wants(t, "deletions", got, "written a", "deleted b", "deleted never seen", "caught up")

	// The list still has a record whose deletion is known already.
	h.at("b", 3)
	h.before = func(what string) {
		if what == "person/resources/b" {
			delete(h.updated, "b")
		}
	}
	got, cursor = told(t, people.Changes(t.Context(), cursor), 0)
	wants(t, "an update that is older than the deletion", got, "caught up")

	h.before = nil
	h.at("b", 9)
	got, cursor = told(t, people.Changes(t.Context(), cursor), 0)
	wants(t, "restored, and listed as deleted all the same", got, "written b", "caught up")
	got, _ = told(t, people.Changes(t.Context(), cursor), 0)
	wants(t, "nothing more", got, "caught up")
}

func TestChangesYieldsAnUpdateBeforeTheDeletionOfTheSameRecord(t *testing.T) {
	h := newHistory()
	people := h.records(t, "person")
	h.at("a", 1)
	_, cursor := told(t, people.Changes(t.Context(), clarify.Cursor{}), 0)
	// The list of records lags behind that of deletions.
	h.at("a", 5)
	h.deleted["a"] = firstDay.Add(6 * time.Second)
	got, _ := told(t, people.Changes(t.Context(), cursor), 0)
	wants(t, "the order", got, "written a", "deleted a", "caught up")
}

func TestChangesResumeAfterEachCursor(t *testing.T) {
	for _, size := range []int{1, 2, 3, 500} {
		h := newHistory()
		deals := h.records(t, "deal")
		for i, id := range []string{"a", "b", "c", "d", "e", "f", "g"} {
			h.at(id, i/3)
		}
		copied := map[string]bool{}
		var cursor clarify.Cursor
		step := func(last bool) bool {
			t.Helper()
			for c, err := range deals.Changes(t.Context(), cursor, clarify.PageSize(size)) {
				switch {
				case err != nil:
					t.Fatal(err)
				case c.Kind == clarify.RecordWritten:
					copied[c.Record.ID] = true
				case c.Kind != clarify.CaughtUp:
					delete(copied, c.Record.ID)
				}
				cursor = stored(t, c.Cursor)
				if c.Kind == clarify.CaughtUp {
					return true
				}
				if !last {
					return false
				}
			}
			return false
		}
		runs := 0
		for ; !step(false) && runs < 100; runs++ {
		}
		if len(copied) != 7 || runs < 6 {
			t.Errorf("size %d: copied %v in %d runs", size, copied, runs)
		}
		for i, id := range []string{"h", "i", "j", "k"} {
			h.at(id, 10+i/3)
		}
		h.at("a", 11)
		h.remove("b", 12)
		h.remove("c", 12)
		h.remove("d", 12)
		for runs = 0; !step(false) && runs < 100; runs++ {
		}
		if len(copied) != 8 || copied["b"] || !copied["k"] {
			t.Errorf("size %d: copied %v in %d more runs", size, copied, runs)
		}
	}
}

func TestChangesTellsWhatWasMerged(t *testing.T) {
	h := newHistory()
	deals := h.records(t, "deal")
	h.at("a", 1)
	h.at("b", 1)
	_, cursor := told(t, deals.Changes(t.Context(), clarify.Cursor{}), 0)
	h.at("a", 2)
	h.merged["a"] = []string{"b", "c"}
	h.remove("b", 2)
	// A program that is killed in between is told of c all the same.
	first, early := told(t, deals.Changes(t.Context(), cursor), 2)
	wants(t, "the first two", first, "written a", "merged b into a")
	for _, since := range []clarify.Cursor{cursor, early} {
		got, _ := told(t, deals.Changes(t.Context(), since), 0)
		wants(t, "a merge", got, "written a", "merged b into a", "merged c into a", "deleted b", "caught up")
	}
}

func TestChangesDoesNotDependOnTheOrderOfTheAPI(t *testing.T) {
	for _, size := range []int{2, 500} {
		h := newHistory()
		h.unsorted = true
		people := h.records(t, "person")
		h.at("a", 3)
		h.at("b", 2)
		h.at("c", 1)
		_, cursor := told(t, people.Changes(t.Context(), clarify.Cursor{}, clarify.PageSize(size)), 0)
		h.at("a", 9)
		h.at("b", 8)
		h.at("d", 7)
		got, cursor := told(t, people.Changes(t.Context(), cursor, clarify.PageSize(size)), 0)
		wants(t, fmt.Sprintf("size %d", size), got, "written a", "written b", "written d", "caught up")
		got, _ = told(t, people.Changes(t.Context(), cursor, clarify.PageSize(size)), 0)
		wants(t, "nothing changed", got, "caught up")
	}
}

func TestChangesReadsManyDeletionsThoughTheirListChanges(t *testing.T) {
	h := newHistory()
	people := h.records(t, "person")
	h.at("z", 1)
	_, cursor := told(t, people.Changes(t.Context(), clarify.Cursor{}), 0)
	for i := range 100 {
		h.remove(fmt.Sprintf("r%03d", i), 2)
	}
	requests := 0
	h.before = func(what string) {
		if what == "person/deleted-resources" {
			if requests++; requests == 3 {
				// These were restored, so that others move to pages that were read.
				for i := range 15 {
					delete(h.deleted, fmt.Sprintf("r%03d", i))
				}
			}
		}
	}
	got, _ := told(t, people.Changes(t.Context(), cursor, clarify.PageSize(20)), 0)
	seen := map[string]bool{}
	for _, one := range got {
		if seen[one] {
			t.Errorf("%s was yielded twice", one)
		}
		seen[one] = true
	}
	for i := 15; i < 100; i++ {
		if one := fmt.Sprintf("deleted r%03d", i); !seen[one] {
			t.Errorf("%s was not yielded", one)
		}
	}
}

// An import leaves more records in the overlap than a page has. They are not read for
// ever.
func TestChangesDoesNotReadALargeOverlapForEver(t *testing.T) {
	h := newHistory()
	h.date = firstDay.Add(3 * time.Second)
	people := h.records(t, "person")
	for i := range 50 {
		h.at(fmt.Sprintf("%c%02d", 'a'+i%5, i), i/25)
	}
	_, cursor := told(t, people.Changes(t.Context(), clarify.Cursor{}, clarify.PageSize(30)), 0)
	for _, test := range []struct {
		after    time.Duration
		requests int
	}{{time.Second, 6}, {5 * time.Minute, 6}, {time.Second, 2}} {
		h.date = h.date.Add(test.after)
		h.asked = nil
		var got []string
		got, cursor = told(t, people.Changes(t.Context(), cursor, clarify.PageSize(30)), 0)
		wants(t, "nothing changed", got, "caught up")
		if len(h.asked) > test.requests {
			t.Errorf("%v later: %d requests, want %d", test.after, len(h.asked), test.requests)
		}
	}
}

func TestChangesRejectsWhatItCannotServe(t *testing.T) {
	h := newHistory()
	people := h.records(t, "person")
	h.at("a", 1)
	_, cursor := told(t, people.Changes(t.Context(), clarify.Cursor{}), 0)
	failure := func(changes iter.Seq2[clarify.RecordChange[clarify.Fields], error]) error {
		for _, err := range changes {
			if err != nil {
				return err
			}
		}
		return nil
	}
	companies := h.records(t, "company")
	if err := failure(companies.Changes(t.Context(), cursor)); !errors.Is(err, clarify.ErrCursorInvalid) || !strings.Contains(err.Error(), `"person"`) {
		t.Errorf("the cursor of another object: %v", err)
	}
	for name, option := range map[string]clarify.QueryOption{
		"Where": clarify.Where("job_title", clarify.Is, "x"), "OrderBy": clarify.OrderBy("_id", clarify.Ascending), "Include": clarify.Include("deals"),
		"Stable": clarify.Stable(), "Limit": clarify.Limit(1), "Offset": clarify.Offset(1), "Overlap(-1ns)": clarify.Overlap(-1), "nil": nil,
	} {
		h.asked = nil
		if err := failure(people.Changes(t.Context(), cursor, option)); err == nil || !strings.Contains(err.Error(), name) || len(h.asked) > 0 {
			t.Errorf("%s: %v, %d requests", name, err, len(h.asked))
		}
	}
	if _, err := collect(t, people.All(t.Context(), clarify.Overlap(time.Second))); err == nil || !strings.Contains(err.Error(), "Overlap") {
		t.Errorf("All with Overlap: %v", err)
	}

	h.date = h.date.Add(31 * 24 * time.Hour)
	if err := failure(people.Changes(t.Context(), cursor)); !errors.Is(err, clarify.ErrCursorExpired) || !strings.Contains(err.Error(), "zero Cursor") {
		t.Errorf("31 days later: %v", err)
	}
	h.unstamped = true
	if err := failure(people.Changes(t.Context(), clarify.Cursor{})); err == nil || !strings.Contains(err.Error(), "_updated_at") {
		t.Errorf("a record without a time: %v", err)
	}
}

func TestRunsWithoutChangesKeepACursorFromExpiring(t *testing.T) {
	h := newHistory()
	people := h.records(t, "person")
	h.at("a", 1)
	_, cursor := told(t, people.Changes(t.Context(), clarify.Cursor{}), 0)
	for range 4 {
		h.date = h.date.Add(20 * 24 * time.Hour)
		var got []string
		got, cursor = told(t, people.Changes(t.Context(), cursor), 0)
		wants(t, "20 days later", got, "caught up")
	}
}

func TestFollowWaitsLongerWhileNothingHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHistory()
		h.at("a", 1)
		fails := 0
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if fails > 0 {
				fails--
				respond(w, 503, `{}`)
				return
			}
			h.ServeHTTP(w, r)
		})
		people := clarify.NewRecords[clarify.Fields](s.connect(t, clarify.WithRetries(0)), "person")
		begun := time.Now()
		var times []time.Duration
		ends := errors.New("")
		for c, err := range people.Follow(t.Context(), clarify.Cursor{}, 10*time.Second) {
			if err != nil {
				ends = err
				break
			}
			if c.Kind != clarify.CaughtUp {
				continue
			}
			times = append(times, time.Since(begun).Round(time.Second)/time.Second)
			switch len(times) {
			case 7:
				h.at("b", 5)
			case 8:
				fails = 2
			case 10:
				h.unstamped = true
				h.at("c", 6)
			}
		}
		want := []time.Duration{0, 10, 30, 70, 150, 230, 310, 390, 400 + 60, 400 + 60 + 80}
		if !slices.Equal(times, want) {
			t.Errorf("it asked after %d seconds, want %d", times, want)
		}
		if !strings.Contains(ends.Error(), "_updated_at") {
			t.Errorf("it ended with %v", ends)
		}
	})
}

func TestFollowRejectsAnIntervalOfNothing(t *testing.T) {
	people := newHistory().records(t, "person")
	for _, err := range people.Follow(t.Context(), clarify.Cursor{}, 0) {
		if err == nil || !strings.Contains(err.Error(), "interval") {
			t.Errorf("got %v", err)
		}
	}
}

// The sandbox lists what it deletes and merges, and its own clock counts.
func TestChangesOfTheSandbox(t *testing.T) {
	clock := clarifytest.NewClock(firstDay)
	client, _ := sandbox(t, clarifytest.WithClock(clock.Now))
	deals := clarify.NewRecords[clarify.Fields](client, "deal")
	var ids []string
	for i := range 4 {
		r, err := deals.Create(t.Context(), clarify.Fields{"name": fmt.Sprint("Deal ", i)})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, r.ID)
	}
	got, cursor := told(t, deals.Changes(t.Context(), clarify.Cursor{}), 0)
	wants(t, "first", got, "written "+ids[0], "written "+ids[1], "written "+ids[2], "written "+ids[3], "caught up")
	if err := errors.Join(deals.Merge(t.Context(), ids[0], ids[1]), deals.Delete(t.Context(), ids[2])); err != nil {
		t.Fatal(err)
	}
	got, cursor = told(t, deals.Changes(t.Context(), cursor), 0)
	wants(t, "then", got, "written "+ids[0], "merged "+ids[1]+" into "+ids[0], "deleted "+ids[1], "deleted "+ids[2], "caught up")

	clock.Advance(40 * 24 * time.Hour)
	for _, err := range deals.Changes(t.Context(), cursor) {
		if !errors.Is(err, clarify.ErrCursorExpired) {
			t.Errorf("40 days later: %v", err)
		}
	}
}
