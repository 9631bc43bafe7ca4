package clarify_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/internal/rerun"
)

func TestFourRequestsAreInFlightByDefault(t *testing.T) {
	for name, test := range map[string]struct {
		options []clarify.BulkOption
		want    time.Duration // for eight batches, each of which takes a second
	}{
		"by default":      {nil, 2 * time.Second},
		"Concurrency(1)":  {[]clarify.BulkOption{clarify.Concurrency(1)}, 8 * time.Second},
		"Concurrency(16)": {[]clarify.BulkOption{clarify.Concurrency(16)}, time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			people, server := inMemory(t)
			server.Inject(clarifytest.Latency(time.Second))
			options := append(test.options, clarify.BatchSize(10))
			began := time.Now()
			took := func(what string, err error) {
				t.Helper()
				if got := time.Since(began); err != nil || got != test.want {
					t.Errorf("%s, %s: %v, %v, want %v", name, what, got, err, test.want)
				}
				began = time.Now()
			}
			made, err := imported(t, people.Import(t.Context(), slices.Values(crowd(80)), options...))
			took("import", err)
			ids := make([]string, len(made))
			changes := make([]clarify.Change, len(made))
			for i, r := range made {
				ids[i] = r.Record.ID
				changes[i] = clarify.Change{ID: r.Record.ID, Changes: clarify.Fields{"job_title": "x"}}
			}
			_, err = imported(t, people.BulkUpdate(t.Context(), slices.Values(changes), options...))
			took("update", err)
			_, err = imported(t, people.BulkDelete(t.Context(), slices.Values(ids), options...))
			took("delete", err)
		})
	}
}

func TestAnImportKeepsItsRequestsInFlight(t *testing.T) {
	const latency, n = 25 * time.Millisecond, 16
	records := 20_000 / rerun.Stride(4)
	ideal := time.Duration((records/100+n-1)/n) * latency
	for name, test := range map[string]struct {
		every int // which input is bad
		most  time.Duration
		want  string
	}{
		"clean":                {0, ideal * 10 / 9, fmt.Sprint(records, " created")},
		"1 % bad, one a batch": {100, 3 * ideal, ""},
		"1 % bad, at random":   {-100, 3 * ideal, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				people, server := inMemory(t, clarifytest.WithoutValidation())
				server.Inject(clarifytest.Latency(latency))
				random := rand.New(rand.NewPCG(3, 4))
				var bad []int
				for i := range records {
					if test.every > 0 && i%test.every == 50 || test.every < 0 && random.IntN(-test.every) == 0 {
						bad = append(bad, i)
					}
				}
				began := time.Now()
				results, err := imported(t, people.Import(t.Context(), slices.Values(crowd(records, bad...)), clarify.Concurrency(n)))
				took := time.Since(began)
				if err != nil {
					t.Fatal(err)
				}
				if len(results) != records {
					t.Fatalf("len(results) is %v, want %v", len(results), records)
				}
				if test.want != "" && outcomes(results) != test.want {
					t.Fatalf("got %s, %v", outcomes(results), err)
				}
				t.Logf("%v, ideal %v", took, ideal)
				if took > test.most {
					t.Errorf("it took %v, want %v at most", took, test.most)
				}
			})
		})
	}
}

func TestAnImportStaysWithinTheRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, server := inMemory(t, clarifytest.WithRateLimit(20))
		server.Inject(clarifytest.Latency(25 * time.Millisecond))
		results, err := imported(t, people.Import(t.Context(), slices.Values(crowd(500, 77, 130, 355)), clarify.BatchSize(10), clarify.Concurrency(16)))
		if err != nil {
			t.Error(err)
		}
		if len(results) != 500 {
			t.Errorf("got %s, %v", outcomes(results), err)
		}
		for _, r := range server.Requests() {
			if r.Status == 429 {
				t.Error("a request was sent that the API had to reject")
			}
		}
	})
}
