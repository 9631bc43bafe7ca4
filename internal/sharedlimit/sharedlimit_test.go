package sharedlimit_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/sharedlimit"
)

// backend has room for some requests, and notes what it is asked and told.
type backend struct {
	mu    sync.Mutex
	room  int
	delay time.Duration // what it says until there is room
	takes time.Duration // how long a call takes
	hangs bool          // until the call's context ends, and then takes its time
	err   error

	next  int64
	asked []sharedlimit.Ask
	ended []sharedlimit.Ended
}

func (b *backend) set(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

// wait takes the time of a call.
func (b *backend) wait(ctx context.Context) error {
	b.mu.Lock()
	takes, hangs, err := b.takes, b.hangs, b.err
	b.mu.Unlock()
	if hangs {
		<-ctx.Done()
	}
	time.Sleep(takes)
	return err
}

func (b *backend) Acquire(ctx context.Context, _ sharedlimit.Key, ask sharedlimit.Ask) (sharedlimit.Grant, error) {
	b.set(func() { b.asked = append(b.asked, ask) })
	if err := b.wait(ctx); err != nil {
		return sharedlimit.Grant{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	g := sharedlimit.Grant{First: b.next, Delay: b.delay}
	g.Interactive = min(ask.Interactive, b.room)
	g.Bulk = min(ask.Bulk, b.room-g.Interactive)
	b.room -= g.Interactive + g.Bulk
	b.next += int64(g.Interactive + g.Bulk)
	return g, nil
}

func (b *backend) Release(ctx context.Context, _ sharedlimit.Key, ended []sharedlimit.Ended) error {
	if err := b.wait(ctx); err != nil {
		return err
	}
	b.set(func() {
		b.ended = append(b.ended, ended...)
		for _, e := range ended {
			if e.Unsent {
				b.room++
			}
		}
	})
	return nil
}

const (
	timeout    = 100 * time.Millisecond
	retryEvery = time.Second
)

func newLimiter(b *backend, log *bytes.Buffer) *sharedlimit.Limiter {
	c := sharedlimit.Config{Database: "the database", Timeout: timeout, RetryEvery: retryEvery}
	if log != nil {
		c.Logger = slog.New(slog.NewTextHandler(log, nil))
	}
	return sharedlimit.New(b, c)
}

func request(class clarify.Class) clarify.LimitRequest {
	return clarify.LimitRequest{Workspace: "w", Operation: "o", Class: class}
}

// acquire acquires a slot, and returns how long that took.
func acquire(ctx context.Context, l *sharedlimit.Limiter, class clarify.Class) (int64, time.Duration, error) {
	began := time.Now()
	slot, err := l.Acquire(ctx, request(class))
	return slot, time.Since(began), err
}

func TestRequestsThatComeTogetherShareACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &backend{room: 1000, takes: 5 * time.Millisecond}
		l := newLimiter(b, nil)
		var mu sync.Mutex
		var slots []int64
		var group sync.WaitGroup
		for range 200 {
			group.Go(func() {
				slot, took, err := acquire(t.Context(), l, clarify.Interactive)
				if err != nil || took > 2*b.takes {
					t.Errorf("it took %v, %v, want two calls at most", took, err)
				}
				mu.Lock()
				defer mu.Unlock()
				slots = append(slots, slot)
			})
		}
		group.Wait()
		slices.Sort(slots)
		if len(slices.Compact(slots)) != 200 {
			t.Error("two requests have the same slot")
		}
		if len(b.asked) > 3 {
			t.Errorf("there were %d calls, want 3 at most", len(b.asked))
		}
	})
}

func TestAnUnreachableDatabaseIsTriedNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		b := &backend{room: 1000, hangs: true}
		l := newLimiter(b, &log)
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				if _, took, err := acquire(t.Context(), l, clarify.Interactive); err == nil || took > timeout {
					t.Errorf("it took %v, %v, want an error within %v", took, err, timeout)
				}
			})
		}
		group.Wait()
		// Ten seconds in which it hangs, and ten requests a second.
		slow := 0
		for began := time.Now(); time.Since(began) < 10*time.Second; time.Sleep(100 * time.Millisecond) {
			_, took, err := acquire(t.Context(), l, clarify.Interactive)
			if err == nil || !strings.Contains(err.Error(), "the database") {
				t.Errorf("the error is %v, want one that names the database", err)
			}
			if took > 0 {
				slow++
			}
		}
		if slow == 0 || slow > 10 {
			t.Errorf("%d requests tried the database, want one a second", slow)
		}
		b.set(func() { b.hangs = false })
		time.Sleep(retryEvery)
		for range 3 {
			if _, took, err := acquire(t.Context(), l, clarify.Interactive); err != nil || took > 0 {
				t.Errorf("after the outage it took %v, %v", took, err)
			}
		}
		if lines := strings.Count(log.String(), "\n"); lines != 2 {
			t.Errorf("the log has %d lines, want 2:\n%s", lines, log.String())
		}
		if stale := b.asked[len(b.asked)-3:]; !stale[0].Stale || stale[1].Stale || stale[2].Stale {
			t.Errorf("after the outage it asks %v, want that the first is stale", stale)
		}
	})
}

func TestThoseThatWaitFailWhenTheDatabaseDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &backend{delay: time.Minute}
		l := newLimiter(b, nil)
		broken := errors.New("broken")
		time.AfterFunc(10*time.Second, func() { b.set(func() { b.err = broken }) })
		_, took, err := acquire(t.Context(), l, clarify.Interactive)
		if !errors.Is(err, broken) || took < 10*time.Second || took > 11*time.Second {
			t.Errorf("it took %v, %v, want %v after 10s", took, err, broken)
		}
	})
}

func TestSlotsThatComeTooLateAreReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &backend{room: 3, hangs: true, takes: time.Second}
		l := newLimiter(b, nil)
		for range 3 {
			go func() { _, _, _ = acquire(t.Context(), l, clarify.Interactive) }()
		}
		time.Sleep(500 * time.Millisecond)
		b.set(func() { b.hangs, b.takes = false, 0 })
		time.Sleep(400 * time.Millisecond)
		// The call that hung succeeds now, after the database is reached again.
		time.Sleep(retryEvery)
		if _, _, err := acquire(t.Context(), l, clarify.Interactive); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		b.set(func() {
			if b.room != 2 {
				t.Errorf("there is room for %d, want 2, for it was told %+v", b.room, b.ended)
			}
		})
	})
}

func TestARequestThatEndsItsWaitTakesNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &backend{room: 1, takes: 50 * time.Millisecond}
		l := newLimiter(b, nil)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		if _, took, err := acquire(ctx, l, clarify.Interactive); !errors.Is(err, context.Canceled) || took > 20*time.Millisecond {
			t.Errorf("it took %v, %v, want context.Canceled after 20ms", took, err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if len(b.ended) != 1 || !b.ended[0].Unsent {
			t.Errorf("it was told %+v, want one that was never sent", b.ended)
		}
	})
}

func TestInteractiveRequestsGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &backend{delay: time.Minute}
		l := newLimiter(b, nil)
		var mu sync.Mutex
		var order []string
		for _, r := range []struct {
			name  string
			class clarify.Class
		}{{"bulk 1", clarify.Bulk}, {"bulk 2", clarify.Bulk}, {"interactive 1", clarify.Interactive}, {"interactive 2", clarify.Interactive}} {
			go func() {
				if _, _, err := acquire(t.Context(), l, r.class); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				order = append(order, r.name)
			}()
			time.Sleep(time.Millisecond)
		}
		for range 4 {
			b.set(func() { b.room++ })
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if want := []string{"interactive 1", "interactive 2", "bulk 1", "bulk 2"}; !slices.Equal(order, want) {
			t.Errorf("the order is %v, want %v", order, want)
		}
		if last := b.asked[len(b.asked)-1]; last.Interactive != 0 || last.Bulk > 1 {
			t.Errorf("it was asked last for %+v", last)
		}
	})
}

func TestADeadlineBeforeTheDelayIsAnErrorAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(&backend{delay: time.Minute}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 59*time.Second)
		defer cancel()
		_, took, err := acquire(ctx, l, clarify.Interactive)
		var throttled *clarify.ThrottledError
		if !errors.As(err, &throttled) || throttled.Delay != time.Minute || took > 0 {
			t.Errorf("it took %v, %v, want a ThrottledError", took, err)
		}
	})
}

func TestWhatResponsesReportIsTold(t *testing.T) {
	header := func(fields ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(fields); i += 2 {
			h.Set(fields[i], fields[i+1])
		}
		return h
	}
	reported := []string{"X-RateLimit-Limit", "3000", "X-RateLimit-Remaining", "7", "X-RateLimit-Reset", "12"}
	for name, test := range map[string]struct {
		header http.Header
		want   sharedlimit.Ended
	}{
		"no response":    {nil, sharedlimit.Ended{}},
		"nothing":        {http.Header{}, sharedlimit.Ended{Responded: true}},
		"a report":       {header(reported...), sharedlimit.Ended{Responded: true, Reported: true, Counted: true, Limit: 3000, Remaining: 7, Reset: 12 * time.Second}},
		"rejected":       {header(append(reported, "Retry-After", "5")...), sharedlimit.Ended{Responded: true, Reported: true, Limit: 3000, Remaining: 7, Reset: 5 * time.Second}},
		"no credentials": {header(append(reported, "WWW-Authenticate", "Bearer")...), sharedlimit.Ended{Responded: true, Reported: true, Limit: 3000, Remaining: 7, Reset: 12 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &backend{room: 1, next: 41}
				l := newLimiter(b, nil)
				slot, _, err := acquire(t.Context(), l, clarify.Interactive)
				if err != nil {
					t.Fatal(err)
				}
				l.Release(request(clarify.Interactive), slot, test.header)
				synctest.Wait()
				test.want.Slot = 41
				if !slices.Equal(b.ended, []sharedlimit.Ended{test.want}) {
					t.Errorf("it was told %+v, want %+v", b.ended, test.want)
				}
			})
		})
	}
}
