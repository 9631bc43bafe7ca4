package clarify_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
)

// Inputs that are left out are not read to their end once nothing is to be done.
func TestEndOfTheContextEndsTheInputsThatAreLeftOut(t *testing.T) {
	f := responding(t, 500, "")
	ctx, cancel := context.WithCancel(t.Context())
	taken := 0
	inputs := func(yield func(clarify.Person) bool) {
		for yield(clarify.Person{}) {
			if taken++; taken == 3 {
				cancel()
			}
			if taken > 10 {
				return
			}
		}
	}
	results, err := imported(t, clarify.People(f.client(t)).Import(ctx, inputs, clarify.Resume(1_000_000)))
	wantIs(t, err, context.Canceled, true)
	wantEqual(t, fmt.Sprintf("after %d inputs: len(results)", taken), len(results), 0)
	if taken > 3 {
		t.Errorf("after %d inputs: %d results, %v", taken, len(results), err)
	}
}

func TestWhatIsNotAboutTheInputsEndsAnImport(t *testing.T) {
	for name, test := range map[string]struct {
		fault  clarifytest.Fault
		want   error
		status int
	}{
		"401":           {clarifytest.Status(401), clarify.ErrUnauthorized, 401},
		"403":           {clarifytest.Status(403), clarify.ErrForbidden, 403},
		"404":           {clarifytest.Status(404), clarify.ErrNotFound, 404},
		"409":           {clarifytest.Status(409), clarify.ErrConflict, 409},
		"429 for ever":  {clarifytest.RateLimited(time.Second), clarify.ErrRateLimited, 429},
		"429 for hours": {clarifytest.RateLimited(time.Hour), clarify.ErrRateLimited, 429},
		"a redirect":    {clarifytest.Redirect(302, "/elsewhere"), nil, 302},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				people, server := inMemory(t)
				failing := server.Inject(test.fault, clarifytest.Matching(func(r *http.Request) bool { return carries(r, "p35@example.com") }))
				taken := 0
				inputs := func(yield func(clarify.Person) bool) {
					for _, p := range crowd(1000) {
						if taken++; !yield(p) {
							return
						}
					}
				}
				results, err := imported(t, people.Import(t.Context(), inputs, clarify.BatchSize(10), clarify.Concurrency(2)))
				var e *clarify.Error
				if test.want != nil && !errors.Is(err, test.want) || !errors.As(err, &e) {
					t.Fatalf("it ended with %v", err)
				}
				wantEqual(t, "e.StatusCode", e.StatusCode, test.status)
				leading := slices.IndexFunc(results, func(r clarify.BulkResult[clarify.Person, clarify.Person]) bool { return r.Outcome != clarify.Created })
				if len(results) != taken {
					t.Fatalf("of %d taken: len(results) is %v, want %v", taken, len(results), taken)
				}
				if taken == 1000 {
					t.Errorf("of %d taken: %s", taken, outcomes(results))
				}
				wantEqual(t, fmt.Sprintf("of %d taken: results[35].Outcome", taken), results[35].Outcome, clarify.NotDone)
				wantEqual(t, fmt.Sprintf("of %d taken: leading", taken), leading, 30)
				wantEqual(t, fmt.Sprintf("of %d taken: results[len(results)-1].Confirmed", taken), results[len(results)-1].Confirmed, leading)
				there := present(t, people)
				for _, r := range results {
					if _, found := there[r.Input.EmailAddresses[0]]; found != (r.Outcome == clarify.Created) {
						t.Errorf("input %d is %v, and there: %v", r.Index, r.Outcome, found)
					}
				}
				// For 409, which passes, there are five more attempts.
				if n := failing.Struck(); n > 4 && (test.status != 409 || n > 6) {
					t.Errorf("it was tried %d times", n)
				}
			})
		})
	}
}

func TestErrorAboutTheWholeRequestEndsAnImport(t *testing.T) {
	client, server := sandbox(t)
	people := clarify.People(client)
	all := crowd(500)
	results, err := imported(t, people.Import(t.Context(), slices.Values(all), clarify.MatchOn("job_title"), clarify.Concurrency(1)))
	mentions(t, err, "/match_on")
	n := counted(server, "createBulkRecords")
	wantEqual(t, fmt.Sprintf("%d requests: n", n), n, 1)
	if strings.Contains(outcomes(results), "created") {
		t.Errorf("%d requests: %s", n, outcomes(results))
	}
	_, err = imported(t, clarify.NewRecords[clarify.Person](client, "").Import(t.Context(), slices.Values(all)))
	mentions(t, err, "object")
}

func TestUnknownObjectEndsUpdatesAndDeletionsEarly(t *testing.T) {
	client, server := sandbox(t)
	vehicles := clarify.NewRecords[clarify.Fields](client, "c_vehicle")
	unknown := make([]string, 500)
	for i := range unknown {
		unknown[i] = fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
	}
	changes := func(yield func(clarify.Change) bool) {
		for _, id := range unknown {
			if !yield(clarify.Change{ID: id, Changes: clarify.Fields{"plate": "X"}}) {
				return
			}
		}
	}
	before := len(server.Requests())
	updated, err := imported(t, vehicles.BulkUpdate(t.Context(), changes, clarify.Concurrency(1)))
	wantIs(t, err, clarify.ErrNotFound, true)
	wantEqual(t, `changes: strings.Trim(outcomes(updated), "0123456789 ")`, strings.Trim(outcomes(updated), "0123456789 "), "not done")
	mentions(t, err, "getResources", "c_vehicle")
	if n := len(server.Requests()) - before; n != 2 {
		t.Errorf("changes: it took %d requests", n)
	}
	before = len(server.Requests())
	deleted, err := imported(t, vehicles.BulkDelete(t.Context(), slices.Values(unknown), clarify.Concurrency(4)))
	wantIs(t, err, clarify.ErrNotFound, true)
	wantEqual(t, `deletions: strings.Trim(outcomes(deleted), "0123456789 ")`, strings.Trim(outcomes(deleted), "0123456789 "), "not done")
	if n := len(server.Requests()) - before; n > 5 {
		t.Errorf("deletions: it took %d requests", n)
	}

	// Unknown records of an object that is there are each refused, and a look that
	// itself fails says nothing.
	for name, status := range map[string]int{"the look succeeds": 200, "the look is rejected": 403} {
		people := clarify.People(client)
		if status != 200 {
			server.Inject(clarifytest.Status(status), clarifytest.Operation("getResources"), clarifytest.Times(1))
		}
		before, looks := len(server.Requests()), counted(server, "getResources")
		results, err := imported(t, people.BulkDelete(t.Context(), slices.Values(unknown[:20]), clarify.BatchSize(10)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if outcomes(results) != "20 refused" {
			t.Errorf("%s: got %s, %v", name, outcomes(results), err)
		}
		if n := counted(server, "getResources") - looks; n != 1 {
			t.Errorf("%s: %d looks after %d requests", name, n, len(server.Requests())-before)
		}
	}

	// Where something was deleted before, there is an object.
	people := clarify.People(client)
	made, err := imported(t, people.Import(t.Context(), slices.Values(crowd(10))))
	if err != nil {
		t.Fatal(err)
	}
	looks := counted(server, "getResources")
	results, err := imported(t, people.BulkDelete(t.Context(), slices.Values(append(ids(recordsOf(made)), unknown[:3]...)), clarify.BatchSize(10), clarify.Concurrency(1)))
	if err != nil {
		t.Error(err)
	}
	wantEqual(t, "outcomes(results)", outcomes(results), "10 deleted, 3 refused")
	wantEqual(t, `counted(server, "getResources")`, counted(server, "getResources"), looks)
}

func TestConcurrentNotFoundsProbeTheObjectOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, server := inMemory(t)
		server.Inject(clarifytest.Latency(time.Second))
		unknown := make([]string, 8)
		for i := range unknown {
			unknown[i] = fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
		}
		began := time.Now()
		results, err := imported(t, people.BulkDelete(t.Context(), slices.Values(unknown), clarify.BatchSize(2), clarify.Concurrency(4)))
		if err != nil {
			t.Error(err)
		}
		wantEqual(t, "outcomes(results)", outcomes(results), "8 refused")
		wantEqual(t, `counted(server, "getResources")`, counted(server, "getResources"), 1)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestEndOfTheContextEndsAnImportAndEveryInputHasItsResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, server := inMemory(t)
		server.Inject(clarifytest.Latency(time.Second))
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		results, err := imported(t, people.Import(ctx, slices.Values(crowd(1000)), clarify.BatchSize(10), clarify.Concurrency(2)))
		wantIs(t, err, context.DeadlineExceeded, true)
		if !strings.HasPrefix(outcomes(results), "40 created, 20 unknown, ") {
			t.Errorf("got %s, %v", outcomes(results), err)
		}
		if !strings.HasSuffix(outcomes(results), " not done") {
			t.Errorf("got %s, %v", outcomes(results), err)
		}
		results, err = imported(t, people.Import(ctx, slices.Values(crowd(1000))))
		wantIs(t, err, context.DeadlineExceeded, true)
		if strings.Contains(outcomes(results), "created") {
			t.Errorf("got %s, %v", outcomes(results), err)
		}
	})
}

func TestLeavingTheLoopEndsAnImport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, server := inMemory(t)
		server.Inject(clarifytest.Latency(time.Hour), clarifytest.Matching(func(r *http.Request) bool { return !carries(r, "p0@") }))
		began := time.Now()
		for r, err := range people.Import(t.Context(), slices.Values(crowd(1000)), clarify.BatchSize(10), clarify.Concurrency(4)) {
			if err != nil {
				t.Error(err)
			}
			if r.Outcome != clarify.Created {
				t.Errorf("got %v, %v", r, err)
			}
			synctest.Wait()
			break
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("it took %v", took)
		}
	})
	noGoroutineFetches(t)
}

func TestPanicsReachTheLoop(t *testing.T) {
	for name, test := range map[string]func(people *clarify.Records[volatile]){
		"in the sequence": func(people *clarify.Records[volatile]) {
			collectAny(people.Import(context.Background(), func(yield func(volatile) bool) { yield(volatile{}); panic("enough") }))
		},
		"in MarshalJSON": func(people *clarify.Records[volatile]) {
			collectAny(people.Import(context.Background(), slices.Values([]volatile{{encode: func() { panic("enough") }}})))
		},
		"in UnmarshalJSON": func(people *clarify.Records[volatile]) {
			volatileDecode = func() { panic("enough") }
			defer func() { volatileDecode = func() {} }()
			collectAny(people.Import(context.Background(), slices.Values([]volatile{{}})))
		},
		"in the loop": func(people *clarify.Records[volatile]) {
			for range people.Import(context.Background(), slices.Values([]volatile{{}})) {
				panic("enough")
			}
		},
		"in the progress": func(people *clarify.Records[volatile]) {
			collectAny(people.Import(context.Background(), slices.Values([]volatile{{}}), clarify.OnBatch(func(clarify.Progress) { panic("enough") })))
		},
	} {
		f := responding(t, 201, `{"data":[{"type":"person","id":"x","attributes":{}}]}`)
		func() {
			defer func() {
				if got := recover(); got != "enough" {
					t.Errorf("%s: recovered %v", name, got)
				}
			}()
			test(clarify.NewRecords[volatile](f.client(t), "person"))
		}()
	}
	f := responding(t, 201, `{"data":[{"type":"person","id":"x","attributes":{}}]}`)
	volatileDecode = runtime.Goexit
	defer func() { volatileDecode = func() {} }()
	results, err := imported(t, clarify.NewRecords[volatile](f.client(t), "person").Import(t.Context(), slices.Values([]volatile{{}})))
	if err == nil {
		t.Error("the import did not report that its goroutine ended")
	}
	if got := outcomes(results); got != "1 unknown" {
		t.Errorf("got %s, want 1 unknown", got)
	}
}
