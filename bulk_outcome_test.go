package clarify_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/internal/rerun"
)

func TestUnreadableResponseMakesOutcomesUnknown(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":         `{"data":[]}`,
		"one too few":     `{"data":[{"type":"person","id":"x","attributes":{}}]}`,
		"one too many":    `{"data":[{"type":"person","id":"x","attributes":{}},{"type":"person","id":"y","attributes":{}},{"type":"person","id":"z","attributes":{}}]}`,
		"no page":         `{"data":7}`,
		"not JSON at all": `thanks`,
	} {
		f := responding(t, 201, body)
		results, err := imported(t, clarify.People(f.client(t)).Import(t.Context(), slices.Values(crowd(2))))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantEqual(t, name+": outcomes(results)", outcomes(results), "2 unknown")
		wantEqual(t, name+": results[1].Confirmed", results[1].Confirmed, 0)
		wantIs(t, results[0].Err, clarify.ErrOutcomeUnknown, true)
		if len(f.requests()) != 1 {
			t.Errorf("%s: it was sent %d times", name, len(f.requests()))
		}
	}
}

// Whatever is lost, the results are what the sandbox has.
func TestLostResponsesMakeOutcomesUnknown(t *testing.T) {
	faults := map[string]clarifytest.Fault{
		"reset before the work": clarifytest.ResetBeforeWork(),
		"reset during the work": clarifytest.ResetDuringWork(),
		"reset after the work":  clarifytest.ResetAfterWork(),
		"hang up":               clarifytest.HangUp(),
		"cut response":          clarifytest.CutBody(100),
		"500":                   clarifytest.Status(500),
		"500 after the work":    clarifytest.Status(500).AfterWork(),
		"502":                   clarifytest.HTML(502),
		"504 after the work":    clarifytest.Status(504).AfterWork(),
		"a page of HTML":        clarifytest.HTML(200).AfterWork(),
		"429":                   clarifytest.RateLimited(time.Second),
	}
	for i, name := range slices.Sorted(maps.Keys(faults)) {
		fault := faults[name]
		for j, match := range []bool{false, true} {
			if (i+j)%rerun.Stride(2) != 0 {
				continue
			}
			t.Run(fmt.Sprintf("%s, match %v", name, match), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					people, server := inMemory(t)
					server.Inject(fault, clarifytest.Operation("createBulkRecords"), clarifytest.Probability(0.15, 7))
					options := []clarify.BulkOption{clarify.Concurrency(4), clarify.BatchSize(10)}
					if match {
						options = append(options, clarify.MatchOn("email_addresses"))
					}
					results, err := imported(t, people.Import(t.Context(), slices.Values(crowd(500, 3, 77, 78, 401)), options...))
					if err != nil {
						t.Fatalf("it ended after %s: %v", outcomes(results), err)
					}
					server.RemoveFaults()
					server.Wait()
					there := present(t, people)
					unknown := 0
					for _, r := range results {
						_, found := there[r.Input.EmailAddresses[0]]
						switch {
						case r.Outcome == clarify.Unknown:
							unknown++
						case r.Outcome.Certain() && found != (r.Outcome != clarify.Refused), r.Outcome == clarify.NotDone && found:
							t.Errorf("input %d is %v, and there: %v", r.Index, r.Outcome, found)
						}
						if bad := strings.HasPrefix(r.Input.EmailAddresses[0], "nobody"); bad && r.Outcome != clarify.Refused && r.Outcome != clarify.Unknown {
							t.Errorf("the bad input %d is %v", r.Index, r.Outcome)
						}
					}
					// The client tells a lost response from one that says that nothing was done.
					// A retry gets a response in the end, except for those that fail four
					// times.
					lost := name != "429"
					if !match && lost != (unknown > 0) {
						t.Errorf("%d are unknown: %s", unknown, outcomes(results))
					}
					if match && unknown > 50 {
						t.Errorf("%d are unknown: %s", unknown, outcomes(results))
					}
				})
			})
		}
	}
}

func TestNothingIsSentTwiceWithoutMatchOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, server := inMemory(t)
		lost := server.Inject(clarifytest.ResetAfterWork(), clarifytest.Operation("createBulkRecords"), clarifytest.At(2, 5))
		all := make([]clarify.Person, 100)
		for i := range all {
			all[i] = clarify.Person{JobTitle: fmt.Sprint(i)}
		}
		results, err := imported(t, people.Import(t.Context(), slices.Values(all), clarify.BatchSize(10), clarify.Concurrency(1)))
		if err != nil {
			t.Error(err)
		}
		if outcomes(results) != "10 created, 10 unknown, 20 created, 10 unknown, 50 created" {
			t.Errorf("got %s, %v", outcomes(results), err)
		}
		wantEqual(t, "results[99].Confirmed", results[99].Confirmed, 10)
		wantEqual(t, "lost.Struck()", lost.Struck(), 2)
		wantEqual(t, `counted(server, "createBulkRecords")`, counted(server, "createBulkRecords"), 10)
		titles := map[string]int{}
		for p, err := range people.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if titles[p.Attributes.JobTitle]++; titles[p.Attributes.JobTitle] > 1 {
				t.Errorf("%s is there twice", p.Attributes.JobTitle)
			}
		}
		if len(titles) != 100 {
			t.Errorf("%d are there", len(titles))
		}
	})
}

func TestUnknownOutcomesInARowEndAnImport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, server := inMemory(t)
		server.Inject(clarifytest.ResetAfterWork(), clarifytest.Operation("createBulkRecords"))
		results, err := imported(t, people.Import(t.Context(), slices.Values(crowd(5000)), clarify.Concurrency(2)))
		wantIs(t, err, clarify.ErrOutcomeUnknown, true)
		if len(results) >= 5000 {
			t.Errorf("after %s: %v", outcomes(results), err)
		}
		n := counted(server, "createBulkRecords")
		if n < 5 {
			t.Errorf("%d requests", n)
		}
		if n > 10 {
			t.Errorf("%d requests", n)
		}
	})
	server := serve(t, nil)
	server.refuse(true)
	results, err := imported(t, clarify.People(server.connect(t, clarify.WithRetries(0))).Import(t.Context(), slices.Values(crowd(1000))))
	if err == nil {
		t.Fatalf("without a network: %s, %v", outcomes(results), err)
	}
	wantIs(t, err, clarify.ErrOutcomeUnknown, false)
	if strings.Contains(outcomes(results), "unknown") {
		t.Errorf("without a network: %s, %v", outcomes(results), err)
	}
}

func TestInputOfAnUnknownAttemptStaysUnknownWhenTheImportEnds(t *testing.T) {
	for name, end := range map[string]func(*clarifytest.Server){
		"by itself": func(*clarifytest.Server) {},
		"by the credential": func(s *clarifytest.Server) {
			s.Inject(clarifytest.Status(401), clarifytest.Operation("createBulkRecords"))
		},
		"as it is forbidden": func(s *clarifytest.Server) {
			s.Inject(clarifytest.Status(403), clarifytest.Operation("createBulkRecords"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				people, server := inMemory(t)
				server.Inject(clarifytest.Status(500).AfterWork(), clarifytest.Operation("createBulkRecords"), clarifytest.Times(4))
				end(server)
				server.Inject(clarifytest.Status(500).AfterWork(), clarifytest.Operation("createBulkRecords"))
				results, err := imported(t, people.Import(t.Context(), slices.Values(crowd(100)),
					clarify.MatchOn("email_addresses"), clarify.BatchSize(2)))
				if err == nil {
					t.Fatalf("after %s: %v", outcomes(results), err)
				}
				if len(results) == 0 {
					t.Errorf("after %s: %v", outcomes(results), err)
				}
				if len(results) == 100 {
					t.Errorf("after %s: %v", outcomes(results), err)
				}
				server.RemoveFaults()
				there := present(t, people)
				if len(there) == 0 {
					t.Error("nothing was written")
				}
				for _, r := range results {
					if _, found := there[r.Input.EmailAddresses[0]]; found != (r.Outcome == clarify.Unknown) {
						t.Errorf("input %d is %v, and there: %v", r.Index, r.Outcome, found)
					}
					if r.Outcome == clarify.Unknown && !errors.Is(r.Err, clarify.ErrOutcomeUnknown) {
						t.Errorf("input %d is unknown, with the error %v", r.Index, r.Err)
					}
				}
			})
		})
	}
}

func TestLostResponseToAnUpdateLeavesItUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, server := inMemory(t)
		made, err := imported(t, people.Import(t.Context(), slices.Values(crowd(30))))
		if err != nil {
			t.Fatal(err)
		}
		server.Inject(clarifytest.ResetAfterWork(), clarifytest.Operation("updateRecords"), clarifytest.At(2))
		changes := func(yield func(clarify.Change, error) bool) {
			for _, r := range made {
				if !yield(clarify.Change{ID: r.Record.ID, Changes: clarify.Fields{"job_title": "x"}}, nil) {
					return
				}
			}
		}
		results, err := imported(t, people.BulkUpdateSeq2(t.Context(), changes, clarify.BatchSize(10), clarify.Concurrency(1)))
		if err != nil {
			t.Error(err)
		}
		wantEqual(t, "outcomes(results)", outcomes(results), "10 updated, 10 unknown, 10 updated")
		wantEqual(t, `counted(server, "updateRecords")`, counted(server, "updateRecords"), 3)
	})
}

func TestDeletionWithALostResponseIsDeletedIfNotFound(t *testing.T) {
	for name, fault := range map[string]clarifytest.Fault{
		"a page of HTML":     clarifytest.HTML(200).AfterWork(),
		"500 after the work": clarifytest.Status(500).AfterWork(),
		"502 after the work": clarifytest.HTML(502).AfterWork(),
		"reset":              clarifytest.ResetAfterWork(),
	} {
		for _, n := range []int{2, 7} {
			synctest.Test(t, func(t *testing.T) {
				people, server := inMemory(t)
				made, err := imported(t, people.Import(t.Context(), slices.Values(crowd(n))))
				if err != nil {
					t.Fatal(err)
				}
				server.Inject(fault, clarifytest.Operation("deleteRecords"), clarifytest.Times(1))
				results, err := imported(t, people.BulkDelete(t.Context(), slices.Values(ids(recordsOf(made)))))
				want := fmt.Sprint(n, " deleted")
				if err != nil {
					t.Fatalf("%s, %d: %v", name, n, err)
				}
				wantEqual(t, fmt.Sprintf("%s, %d: outcomes(results)", name, n), outcomes(results), want)
			})
		}
	}
}
