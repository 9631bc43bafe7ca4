package clarify_test

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
)

// slowly yields inputs a second apart.
func slowly[I any](inputs []I, taken *atomic.Int32) iter.Seq[I] {
	return func(yield func(I) bool) {
		for _, input := range inputs {
			time.Sleep(time.Second)
			taken.Add(1)
			if !yield(input) {
				return
			}
		}
	}
}

func TestResultsComeOutWhileInputsAreAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, _ := inMemory(t)
		var taken atomic.Int32
		for r, err := range people.Import(t.Context(), slowly(crowd(30), &taken), clarify.BatchSize(10)) {
			if err != nil {
				t.Fatal(err)
			}
			// The tenth completes the batch, and with the next one its results are there.
			if most := min(30, int32(r.Index/10*10)+11); taken.Load() > most {
				t.Errorf("result %d came after %d inputs were taken", r.Index, taken.Load())
			}
		}
	})
}

func TestAnImportHoldsABoundedNumberOfInputs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, server := inMemory(t)
		server.Inject(clarifytest.Latency(time.Hour), clarifytest.Matching(func(r *http.Request) bool { return carries(r, "p0@example.com") }))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		taken := 0
		// It is endless, but for an import that takes it all.
		endless := func(yield func(clarify.Person) bool) {
			for ; taken < 10_000; taken++ {
				if !yield(person(fmt.Sprintf("p%d@example.com", taken), "")) {
					return
				}
			}
		}
		results, err := imported(t, people.Import(ctx, endless, clarify.BatchSize(10), clarify.Concurrency(3)))
		wantIs(t, err, context.DeadlineExceeded, true)
		wantEqual(t, fmt.Sprintf("of %d taken: results[0].Outcome", taken), results[0].Outcome, clarify.Unknown)
		if taken > 4*3*10 {
			t.Errorf("of %d taken: %s, %v", taken, outcomes(results), err)
		}
		if len(results) < taken {
			t.Errorf("of %d taken: %s, %v", taken, outcomes(results), err)
		}
	})
}

// A request is measured as it is sent, with what stands around the inputs.
func TestNoRequestIsLargerThanFourMebibytes(t *testing.T) {
	const most = 4 << 20
	vehicles := func(f *fake) *clarify.Records[clarify.Fields] {
		return clarify.NewRecords[clarify.Fields](f.client(t), "c_vehicle")
	}
	long := func(i, n int) string { return fmt.Sprintf("%06d", i) + strings.Repeat("x", n) }
	for name, write := range map[string]func(*fake){
		"import": func(f *fake) {
			inputs := make([]clarify.Fields, 10_000)
			for i := range inputs {
				inputs[i] = clarify.Fields{"plate": long(i, 400)}
			}
			for range vehicles(f).Import(t.Context(), slices.Values(inputs), clarify.BatchSize(10_000), clarify.MatchOn("plate"), clarify.Concurrency(1)) {
			}
		},
		"update": func(f *fake) {
			inputs := make([]clarify.Change, 10_000)
			for i := range inputs {
				inputs[i] = clarify.Change{ID: long(i, 30), Changes: clarify.Fields{"labels": clarify.Collection{long(i, 350)}}}
			}
			for range vehicles(f).BulkUpdate(t.Context(), slices.Values(inputs), clarify.BatchSize(10_000), clarify.Append("labels"), clarify.Concurrency(1)) {
			}
		},
		"delete": func(f *fake) {
			ids := make([]string, 10_000)
			for i := range ids {
				ids[i] = long(i, 420)
			}
			for range vehicles(f).BulkDelete(t.Context(), slices.Values(ids), clarify.BatchSize(10_000), clarify.Concurrency(1)) {
			}
		},
	} {
		f := newFake(t, func(_ *fake, w http.ResponseWriter, _ *http.Request) { respond(w, 200, `{}`) })
		write(f)
		arrived := f.requests()
		n := len(arrived[0].Body)
		if n > most {
			t.Errorf("%s: the first request has %d bytes", name, n)
		}
		if n < most-1000 {
			t.Errorf("%s: the first request has %d bytes", name, n)
		}
		for i, r := range arrived {
			if len(r.Body) > most {
				t.Errorf("%s: request %d has %d bytes", name, i, len(r.Body))
			}
		}
	}
}

// What the API fails at is looked for with MatchOn, but not for ever.
func TestAnAPIThatKeepsFailingEndsAnImport(t *testing.T) {
	for _, match := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			people, server := inMemory(t)
			server.Inject(clarifytest.Status(500), clarifytest.Operation("createBulkRecords"))
			var options []clarify.BulkOption
			if match {
				options = append(options, clarify.MatchOn("email_addresses"))
			}
			results, err := imported(t, people.Import(t.Context(), slices.Values(crowd(5000)), append(options, clarify.Concurrency(4))...))
			n := counted(server, "createBulkRecords")
			wantIs(t, err, clarify.ErrOutcomeUnknown, true)
			if n > 5+4*5 {
				t.Errorf("match %v: %d requests, %s, %v", match, n, outcomes(results), err)
			}
		})
	}
}

// At full speed, whatever runs concurrently, the API never has to reject a request
// of which its headers told before.
func TestConcurrentExportsAndImportsStayWithinTheRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, server := inMemory(t, clarifytest.WithRateLimit(100))
		server.Inject(clarifytest.Latency(25 * time.Millisecond))
		if _, err := imported(t, people.Import(t.Context(), slices.Values(crowd(300)))); err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for _, options := range [][]clarify.QueryOption{{}, {clarify.Stable()}, {clarify.Stable(), clarify.Where("job_title", clarify.StartsWith, "Number ")}} {
			group.Go(func() {
				options := append(options, clarify.PageSize(2), clarify.Limit(260), clarify.Concurrency(16))
				if got, err := collect(t, people.All(t.Context(), options...)); err != nil || len(got) != 260 {
					t.Errorf("got %d, %v", len(got), err)
				}
			})
		}
		for from := range 2 {
			group.Go(func() {
				all := crowd(1000, 401, 707)[400+from*300:][:300]
				results, err := imported(t, people.Import(t.Context(), slices.Values(all), clarify.BatchSize(3), clarify.Concurrency(16)))
				if err != nil {
					t.Error(err)
				}
				if len(results) != 300 {
					t.Errorf("got %s, %v", outcomes(results), err)
				}
			})
		}
		group.Wait()
		requests := server.Requests()
		for _, r := range requests {
			if r.Status == http.StatusTooManyRequests {
				t.Fatalf("one of %d requests was sent that the API had to reject: %s", len(requests), r.Operation)
			}
		}
		if len(requests) < 3*130+200 {
			t.Errorf("there were only %d requests", len(requests))
		}
	})
}
