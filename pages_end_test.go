package clarify_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
)

// The request for a page gets its response when the test says so.
func gatedFake(t *testing.T, total int) (f *fake, arrivals <-chan int, gates []chan struct{}) {
	t.Helper()
	arrived := make(chan int, 100)
	for range total {
		gates = append(gates, make(chan struct{}))
	}
	inner := pagedFake(t, total)
	f = newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
		offset := number(r, "page[offset]", 0)
		arrived <- offset
		select {
		case <-gates[offset]:
		case <-r.Context().Done():
			arrived <- -1
			return
		}
		w2 := httptest.NewRecorder()
		inner.Config.Handler.ServeHTTP(w2, r)
		respond(w, w2.Code, strings.ReplaceAll(w2.Body.String(), inner.URL, f.URL))
	})
	return f, arrived, gates
}

func TestNextPageIsFetchedWhileThisOneIsUsed(t *testing.T) {
	f, arrivals, gates := gatedFake(t, 3)
	close(gates[0])
	seen := 0
	for record, err := range clarify.People(f.client(t)).All(t.Context(), clarify.PageSize(1)) {
		if err != nil {
			t.Fatal(err)
		}
		if seen == 0 && <-arrivals != 0 {
			t.Error("the first page was not asked for first")
		}
		if seen < 2 {
			// It arrives although this page is still in use, …
			if next := <-arrivals; next != seen+1 {
				t.Errorf("while page %d is in use, %d is asked for", seen, next)
			}
			close(gates[seen+1])
		}
		// … and no other one does, though it may.
		if extra := len(f.requests()); extra > seen+2 {
			t.Errorf("at page %d there are %d requests", seen, extra)
		}
		if record.ID != fmt.Sprint(seen) {
			t.Errorf("got %s", record.ID)
		}
		seen++
	}
	if seen != 3 {
		t.Errorf("saw %d", seen)
	}
}

func TestLoopThatIsLeftEndsItsRequest(t *testing.T) {
	for name, leave := range map[string]func(iter.Seq2[clarify.Record[clarify.Person], error]){
		"break": func(all iter.Seq2[clarify.Record[clarify.Person], error]) {
			for range all {
				break
			}
		},
		"return": func(all iter.Seq2[clarify.Record[clarify.Person], error]) {
			for range all {
				return
			}
		},
		"panic": func(all iter.Seq2[clarify.Record[clarify.Person], error]) {
			defer func() {
				if got := recover(); got != "in the loop" {
					panic(got)
				}
			}()
			for range all {
				panic("in the loop")
			}
		},
		"Goexit": func(all iter.Seq2[clarify.Record[clarify.Person], error]) {
			done := make(chan struct{})
			go func() {
				defer close(done)
				for range all {
					runtime.Goexit()
				}
			}()
			<-done
		},
		"iter.Pull2": func(all iter.Seq2[clarify.Record[clarify.Person], error]) {
			next, stop := iter.Pull2(all)
			if _, err, ok := next(); err != nil || !ok {
				panic(err)
			}
			stop()
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, arrivals, gates := gatedFake(t, 3)
			close(gates[0])
			people := clarify.People(f.client(t))
			waiting := func(yield func(clarify.Record[clarify.Person], error) bool) {
				for record, err := range people.All(t.Context(), clarify.PageSize(1)) {
					if err != nil {
						t.Error(err)
					}
					<-arrivals
					if next := <-arrivals; next != 1 {
						t.Errorf("%d was asked for", next)
					}
					if !yield(record, err) {
						return
					}
				}
			}
			leave(waiting)
			if gone := <-arrivals; gone != -1 {
				t.Errorf("%d arrived, want the end of the request", gone)
			}
			if n := len(f.requests()); n != 2 {
				t.Errorf("%d requests", n)
			}
			noGoroutineFetches(t)
		})
	}
}

func TestEndOfTheContextEndsTheIteration(t *testing.T) {
	t.Run("before it begins", func(t *testing.T) {
		f := pagedFake(t, 3)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		got, err := collect(t, clarify.People(f.client(t)).All(ctx))
		wantEqual(t, "len(got)", len(got), 0)
		wantIs(t, err, context.Canceled, true)
		wantEqual(t, "len(f.requests())", len(f.requests()), 0)
	})
	t.Run("in the first request", func(t *testing.T) {
		f, arrivals, _ := gatedFake(t, 3)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-arrivals; cancel() }()
		got, err := collect(t, clarify.People(f.client(t)).All(ctx))
		wantEqual(t, "len(got)", len(got), 0)
		wantIs(t, err, context.Canceled, true)
	})
	t.Run("while the next page is waited for", func(t *testing.T) {
		f, arrivals, gates := gatedFake(t, 3)
		close(gates[0])
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-arrivals; <-arrivals; cancel() }()
		got, err := collect(t, clarify.People(f.client(t)).Pages(ctx, clarify.PageSize(1)))
		wantEqual(t, "len(got)", len(got), 1)
		wantIs(t, err, context.Canceled, true)
	})
	t.Run("by a deadline", func(t *testing.T) {
		f, _, _ := gatedFake(t, 3)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := collect(t, clarify.People(f.client(t)).All(ctx))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("within a page", func(t *testing.T) {
		f := pagedFake(t, 3)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var got []string
		var failed error
		for record, err := range clarify.People(f.client(t)).All(ctx) {
			if failed = err; err == nil {
				got = append(got, record.ID)
			}
			if len(got) == 2 {
				cancel()
			}
		}
		wantEqual(t, "len(got)", len(got), 2)
		wantEqual(t, "failed", failed, context.Canceled)
	})
	t.Run("at the last record it is over anyway", func(t *testing.T) {
		f := pagedFake(t, 3)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		for _, err := range clarify.People(f.client(t)).All(ctx) {
			if err != nil {
				t.Error(err)
			}
			if n++; n == 3 {
				cancel()
			}
		}
	})
	noGoroutineFetches(t)
}
