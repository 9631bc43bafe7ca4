package inflight_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/internal/inflight"
)

// recorder says what ran.
type recorder struct {
	began time.Time

	mu           sync.Mutex
	started      []int
	ended        map[int]time.Duration // since it began
	running, max int
}

// run takes as many seconds as the task says.
func (r *recorder) run(ctx context.Context, t *inflight.Task[int, int]) int {
	r.mu.Lock()
	r.started = append(r.started, t.What)
	r.running++
	r.max = max(r.max, r.running)
	r.mu.Unlock()
	select {
	case <-time.After(time.Duration(t.What) * time.Second):
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running--
	r.ended[t.What] = time.Since(r.began)
	return 10 * t.What
}

// record runs a test with a queue of a recorder, where time is fake.
func record(t *testing.T, slots int, test func(t *testing.T, q *inflight.Queue[int, int], r *recorder)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{ended: map[int]time.Duration{}, began: time.Now()}
		q := inflight.New(t.Context(), slots, r.run)
		defer q.Close()
		test(t, q, r)
	})
}

func take(t *testing.T, q *inflight.Queue[int, int]) int {
	t.Helper()
	got, err := q.Take()
	if err != nil {
		t.Errorf("got the error %v", err)
	}
	return got
}

func TestResultsComeInTheOrderOfTheTasks(t *testing.T) {
	record(t, 3, func(t *testing.T, q *inflight.Queue[int, int], _ *recorder) {
		for _, what := range []int{5, 1, 3, 2, 4} {
			q.Add(what)
		}
		if q.Len() != 5 {
			t.Errorf("Len is %d, want 5", q.Len())
		}
		if q.First() != 5 {
			t.Errorf("First is %d, want 5", q.First())
		}
		if q.Last() != 4 {
			t.Errorf("Last is %d, want 4", q.Last())
		}
		var got []int
		for q.Len() > 0 {
			got = append(got, take(t, q))
		}
		if want := []int{50, 10, 30, 20, 40}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestNoMoreTasksRunThanThereAreSlots(t *testing.T) {
	for _, slots := range []int{-1, 1, 2, 5} {
		record(t, slots, func(t *testing.T, q *inflight.Queue[int, int], r *recorder) {
			for range 10 {
				q.Add(1)
			}
			for q.Len() > 0 {
				take(t, q)
			}
			if want := max(1, slots); r.max != want {
				t.Errorf("%d tasks ran concurrently, want %d", r.max, want)
			}
			if want := time.Duration(10/max(1, slots)) * time.Second; time.Since(r.began) != want {
				t.Errorf("it took %v, want %v", time.Since(r.began), want)
			}
		})
	}
}

func TestReadyTellsWhetherTakeWaits(t *testing.T) {
	record(t, 2, func(t *testing.T, q *inflight.Queue[int, int], _ *recorder) {
		q.Add(2)
		q.Add(1)
		time.Sleep(1500 * time.Millisecond)
		if q.Ready() {
			t.Error("ready after 1.5 seconds, and the first task takes 2")
		}
		time.Sleep(time.Second)
		if !q.Ready() {
			t.Error("not ready after 2.5 seconds, and the first task takes 2")
		}
	})
}

func TestATaskStartsAfterThoseItDependsOn(t *testing.T) {
	record(t, 3, func(t *testing.T, q *inflight.Queue[int, int], r *recorder) {
		first := q.Add(4)
		second := q.Add(2)
		q.Add(3, first, second) // takes no slot while it waits
		q.Add(1)
		q.Add(5)
		for q.Len() > 0 {
			take(t, q)
		}
		want := map[int]time.Duration{4: 4 * time.Second, 2: 2 * time.Second, 3: 7 * time.Second, 1: time.Second, 5: 6 * time.Second}
		for what, at := range want {
			if r.ended[what] != at {
				t.Errorf("the task of %d seconds ended after %v, want %v", what, r.ended[what], at)
			}
		}
	})
}

func TestAReleasedSlotIsUsedAndAcquiredAgainFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		q := inflight.New(t.Context(), 1, func(_ context.Context, t *inflight.Task[string, string]) string {
			order = append(order, t.What)
			if t.What == "a" {
				t.Release()
				t.Release() // has no effect
				time.Sleep(time.Second)
				t.Acquire()
				t.Acquire() // has no effect
				order = append(order, "a again")
			}
			time.Sleep(2 * time.Second)
			return t.What
		})
		defer q.Close()
		for _, what := range []string{"a", "b", "c"} {
			q.Add(what)
		}
		for q.Len() > 0 {
			if _, err := q.Take(); err != nil {
				t.Error(err)
			}
		}
		if want := []string{"a", "b", "a again", "c"}; !slices.Equal(order, want) {
			t.Errorf("got %q, want %q", order, want)
		}
	})
}

func TestStopEndsTasksThatNoSlotWasFreeFor(t *testing.T) {
	record(t, 2, func(t *testing.T, q *inflight.Queue[int, int], r *recorder) {
		first := q.Add(3)
		q.Add(1, first) // there is a slot for it, but it has to wait
		q.Add(2)
		q.Add(4)
		late := q.Add(5)
		q.Add(6, late)
		enough := errors.New("enough")
		q.Stop(enough)
		q.Stop(errors.New("too late"))
		if err := q.Err(); !errors.Is(err, enough) {
			t.Errorf("Err is %v, want %v", err, enough)
		}
		for _, want := range []int{30, 10, 20} {
			if got := take(t, q); got != want {
				t.Errorf("got %d, want %d", got, want)
			}
		}
		for q.Len() > 0 {
			if _, err := q.Take(); !errors.Is(err, enough) {
				t.Errorf("got the error %v, want %v", err, enough)
			}
		}
		slices.Sort(r.started)
		if want := []int{1, 2, 3}; !slices.Equal(r.started, want) {
			t.Errorf("the tasks %v started, want %v", r.started, want)
		}
	})
}

func TestTheEndOfTheContextEndsTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		started := 0
		q := inflight.New(ctx, 1, func(ctx context.Context, t *inflight.Task[int, error]) error {
			started++
			select {
			case <-time.After(time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		defer q.Close()
		for i := range 4 {
			q.Add(i)
		}
		if result, err := q.Take(); result != nil || err != nil {
			t.Errorf("the first task: got %v, %v, want no error", result, err)
		}
		if result, err := q.Take(); !errors.Is(result, context.DeadlineExceeded) || err != nil {
			t.Errorf("the task that runs: got %v, %v, want the context's error as its result", result, err)
		}
		for q.Len() > 0 {
			if _, err := q.Take(); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a task that waits: got %v, want %v", err, context.DeadlineExceeded)
			}
		}
		if started != 2 {
			t.Errorf("%d tasks started, want 2", started)
		}
		if err := q.Err(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Err is %v, want %v", err, context.DeadlineExceeded)
		}
	})
}

func TestDropCancelsTasksAndTheQueueCanBeUsedOn(t *testing.T) {
	record(t, 2, func(t *testing.T, q *inflight.Queue[int, int], r *recorder) {
		for range 5 {
			q.Add(100)
		}
		time.Sleep(time.Second)
		q.Drop()
		if q.Len() != 0 {
			t.Errorf("Len is %d after Drop, want 0", q.Len())
		}
		q.Add(1)
		if got := take(t, q); got != 10 {
			t.Errorf("got %d, want 10", got)
		}
		if time.Since(r.began) != 2*time.Second {
			t.Errorf("it took %v, want 2s", time.Since(r.began))
		}
		if want := []int{100, 100, 1}; !slices.Equal(r.started, want) {
			t.Errorf("the tasks %v started, want %v", r.started, want)
		}
	})
}

func TestATaskDoesNotWaitForADroppedOne(t *testing.T) {
	record(t, 1, func(t *testing.T, q *inflight.Queue[int, int], _ *recorder) {
		q.Add(100)
		dropped := q.Add(100)
		q.Drop()
		q.Add(1, dropped)
		if got := take(t, q); got != 10 {
			t.Errorf("got %d, want 10", got)
		}
	})
}

func TestCloseWaitsForTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended atomic.Int32
		q := inflight.New(t.Context(), 2, func(ctx context.Context, t *inflight.Task[int, int]) int {
			<-ctx.Done()
			time.Sleep(time.Duration(t.What) * time.Second)
			return int(ended.Add(1))
		})
		for i := range 5 {
			q.Add(i + 1)
		}
		began := time.Now()
		q.Close()
		if time.Since(began) != 2*time.Second {
			t.Errorf("Close took %v, want 2s", time.Since(began))
		}
		if got := ended.Load(); got != 2 {
			t.Errorf("%d tasks ended, want 2", got)
		}
	})
}

func TestAPanicReachesTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := inflight.New(t.Context(), 1, func(_ context.Context, t *inflight.Task[int, int]) int {
			if t.What == 1 {
				panic("enough")
			}
			return t.What
		})
		defer q.Close()
		q.Add(0)
		q.Add(1)
		q.Add(2)
		if got := take(t, q); got != 0 {
			t.Errorf("got %d, want 0", got)
		}
		func() {
			defer func() {
				if got := recover(); got != "enough" {
					t.Errorf("recovered %v, want enough", got)
				}
			}()
			_, err := q.Take()
			t.Errorf("Take returned %v, want a panic", err)
		}()
		if got := take(t, q); got != 2 {
			t.Errorf("got %d, want 2", got)
		}
	})
}

func TestATaskThatExitsIsAnErrorAndStopsTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := 0
		q := inflight.New(t.Context(), 1, func(_ context.Context, t *inflight.Task[int, int]) int {
			started++
			time.Sleep(time.Second)
			runtime.Goexit()
			return 1
		})
		defer q.Close()
		q.Add(1)
		q.Add(2)
		for q.Len() > 0 {
			if _, err := q.Take(); !errors.Is(err, inflight.ErrExited) {
				t.Errorf("got %v, want %v", err, inflight.ErrExited)
			}
		}
		if started != 1 {
			t.Errorf("%d tasks started, want 1", started)
		}
	})
}
