package clarify_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
)

func TestOnlyBadInputsAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		bad      []int
		requests int // at most
	}{
		"the first":           {[]int{0}, 4},
		"the last of a batch": {[]int{99}, 4},
		"one in each batch":   {[]int{50, 150, 250}, 6},
		"three in one batch":  {[]int{100, 150, 199}, 3 + 1 + 3},
		"all of a batch":      {count99(100), 2 + 199},
	} {
		for _, match := range []bool{false, true} {
			client, server := sandbox(t)
			people := clarify.People(client)
			options := []clarify.BulkOption{clarify.Concurrency(3)}
			if match {
				options = append(options, clarify.MatchOn("email_addresses"))
			}
			results, err := imported(t, people.Import(t.Context(), slices.Values(crowd(300, test.bad...)), options...))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if len(results) != 300 {
				t.Fatalf("%s: got %d, %v", name, len(results), err)
			}
			for i, r := range results {
				if !slices.Contains(test.bad, i) {
					if r.Outcome != clarify.Created {
						t.Errorf("%s: input %d is %v, %v", name, i, r.Outcome, r.Err)
					}
					continue
				}
				var e *clarify.Error
				wantEqual(t, name+": r.Outcome", r.Outcome, clarify.Refused)
				if !errors.As(r.Err, &e) {
					t.Fatalf("%s: input %d is %v, %v", name, i, r.Outcome, r.Err)
				}
				wantIs(t, r.Err, clarify.ErrInvalid, true)
				if len(e.Errors) != 1 {
					t.Fatalf("%s: len(e.Errors) is %v, want %v", name, len(e.Errors), 1)
				}
				if !strings.HasPrefix(e.Errors[0].Pointer, "/data/0/attributes/email_addresses") {
					t.Errorf("%s: input %d is %v, %v", name, i, r.Outcome, r.Err)
				}
			}
			if got := present(t, people); len(got) != 300-len(test.bad) {
				t.Errorf("%s: %d are there", name, len(got))
			}
			if got := counted(server, "createBulkRecords"); got > test.requests {
				t.Errorf("%s: %d requests, want %d at most", name, got, test.requests)
			}
		}
	}
}

func TestBlameIsVerified(t *testing.T) {
	problem := func(pointer string) string {
		return fmt.Sprintf(`{"status":"422","detail":"No.","source":{"pointer":%q}}`, pointer)
	}
	for name, rejection := range map[string]func(bad []int) []string{
		"nothing is said": func([]int) []string { return nil },
		"no pointer":      func([]int) []string { return []string{`{"status":"422","detail":"No."}`} },
		"the list":        func([]int) []string { return []string{problem("/data")} },
		"the record":      func(bad []int) []string { return []string{problem(fmt.Sprint("/data/", bad[0]))} },
		"all bad inputs": func(bad []int) []string {
			return each(bad, func(i int) string { return problem(fmt.Sprintf("/data/%d/attributes/x", i)) })
		},
		"counted from one": func(bad []int) []string { return []string{problem(fmt.Sprintf("/data/%d/attributes", bad[0]+1))} },
		"an input that is fine beside them": func(bad []int) []string {
			return []string{problem("/data/7/attributes"), problem(fmt.Sprint("/data/", bad[0]))}
		},
		"an input that is fine instead": func([]int) []string { return []string{problem("/data/7/attributes")} },
		"one that is not there":         func([]int) []string { return []string{problem("/data/4000/attributes")} },
		"no number":                     func([]int) []string { return []string{problem("/data/x"), problem("/data/-1"), problem("/data/")} },
		"not from the root of the body": func([]int) []string { return []string{problem("/attributes/email_addresses")} },
		"from the root of the request":  func(bad []int) []string { return []string{problem(fmt.Sprint("/body/data/", bad[0]))} },
		"as in a URL":                   func(bad []int) []string { return []string{problem(fmt.Sprint("#/data/", bad[0]))} },
		"with dots":                     func(bad []int) []string { return []string{problem(fmt.Sprintf("data.%d.attributes", bad[0]))} },
		"all inputs": func([]int) []string {
			return each(count99(0), func(i int) string { return problem(fmt.Sprint("/data/", i)) })
		},
		"in a form that is not ours": func([]int) []string { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			f, stored := bulkFake(t, func(w http.ResponseWriter, bad []int) {
				if strings.HasPrefix(name, "in a form") {
					respond(w, 400, `{"statusCode":400,"message":["data.3 must not exist"],"error":"Bad Request"}`)
					return
				}
				respond(w, 422, `{"errors":[`+strings.Join(rejection(bad), ",")+`]}`)
			})
			bad := []int{33, 60, 61}
			results, err := imported(t, clarify.People(f.client(t)).Import(t.Context(), slices.Values(crowd(100, bad...))))
			if err != nil {
				t.Fatal(err)
			}
			if len(results) != 100 {
				t.Fatalf("len(results) is %v, want %v", len(results), 100)
			}
			if stored() != 97 {
				t.Fatalf("stored() is %v, want %v", stored(), 97)
			}
			for i, r := range results {
				want := clarify.Created
				if slices.Contains(bad, i) {
					want = clarify.Refused
				}
				if r.Outcome != want {
					t.Errorf("input %d is %v, %v", i, r.Outcome, r.Err)
				}
				if says := name != "nothing is said" && !strings.HasPrefix(name, "in a form"); want == clarify.Refused && says && !strings.Contains(r.Err.Error(), "No") {
					t.Errorf("the error of input %d does not say why it is refused: %v", i, r.Err)
				}
			}
			// Halving until three stand alone.
			if n := len(f.requests()); n > 1+3*14+8 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestOfInputsThatCollideTheFirstIsWritten(t *testing.T) {
	client, _ := sandbox(t)
	people := clarify.People(client)
	all := crowd(40)
	all[25].EmailAddresses = clarify.Collection{"P3@example.com"}
	all[26].EmailAddresses = clarify.Collection{"p3@example.com"}
	results, err := imported(t, people.Import(t.Context(), slices.Values(all)))
	if err != nil {
		t.Fatal(err)
	}
	if outcomes(results) != "25 created, 2 refused, 13 created" {
		t.Fatalf("got %s, %v", outcomes(results), err)
	}
	for _, i := range []int{25, 26} {
		mentions(t, results[i].Err, "unique", "/data/0/attributes/email_addresses", "MatchOn")
	}
	results, err = imported(t, people.Import(t.Context(), slices.Values(crowd(40))))
	if err != nil {
		t.Error(err)
	}
	if outcomes(results) != "25 refused, 2 created, 13 refused" {
		t.Errorf("again: got %s, %v", outcomes(results), err)
	}
}

// An input that the API fails at is found like one that it rejects, where it is
// safe to send the others again.
func TestInputThatTheAPIFailsAtIsFoundWithMatchOn(t *testing.T) {
	for _, bad := range []int{0, 7, 49, 50, 99} {
		for _, concurrency := range []int{1, 4} {
			synctest.Test(t, func(t *testing.T) {
				people, server := inMemory(t)
				address := fmt.Sprintf("p%d@example.com", bad)
				server.Inject(clarifytest.Status(500), clarifytest.Matching(func(r *http.Request) bool { return carries(r, address) }))
				results, err := imported(t, people.Import(t.Context(), slices.Values(crowd(300)), clarify.MatchOn("email_addresses"), clarify.Concurrency(concurrency)))
				if err != nil {
					t.Fatal(err)
				}
				if len(results) != 300 {
					t.Fatalf("input %d, concurrency %d: got %s, %v", bad, concurrency, outcomes(results), err)
				}
				for i, r := range results {
					if want := map[bool]clarify.Outcome{true: clarify.Unknown, false: clarify.Created}[i == bad]; r.Outcome != want {
						t.Errorf("input %d, concurrency %d: %d is %v, %v", bad, concurrency, i, r.Outcome, r.Err)
					}
				}
			})
		}
	}
}

func TestBlamedInputsTakeTwoRequestsEach(t *testing.T) {
	f, stored := bulkFake(t, func(w http.ResponseWriter, bad []int) {
		respond(w, 422, fmt.Sprintf(`{"errors":[{"status":"422","detail":"No.","source":{"pointer":"/data/%d/attributes"}}]}`, bad[0]))
	})
	bad := []int{3, 20, 33, 60, 61, 99}
	results, err := imported(t, clarify.People(f.client(t)).Import(t.Context(), slices.Values(crowd(100, bad...))))
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 100 {
		t.Fatalf("len(results) is %v, want %v", len(results), 100)
	}
	if stored() != 94 {
		t.Fatalf("stored() is %v, want %v", stored(), 94)
	}
	if n := len(f.requests()); n > 2*len(bad) {
		t.Errorf("%d requests", n)
	}
}

// The batches are in flight together, and each is split by its own responses.
func TestConcurrentBatchesAreSplitIndependently(t *testing.T) {
	f, stored := bulkFake(t, func(w http.ResponseWriter, bad []int) {
		respond(w, 422, fmt.Sprintf(`{"errors":[{"status":"422","detail":"No.","source":{"pointer":"/data/%d/attributes"}}]}`, bad[0]))
	})
	bad := []int{3, 18, 27, 33, 44, 60, 61, 99}
	results, err := imported(t, clarify.People(f.client(t)).Import(t.Context(), slices.Values(crowd(100, bad...)), clarify.BatchSize(10), clarify.Concurrency(8)))
	if err != nil {
		t.Fatal(err)
	}
	var refused []int
	for _, r := range results {
		if r.Outcome == clarify.Refused {
			refused = append(refused, r.Index)
		}
	}
	if !slices.Equal(refused, bad) {
		t.Errorf("the inputs %v are refused, want %v", refused, bad)
	}
	if n := stored(); n != 100-len(bad) {
		t.Errorf("%d records are stored, want %d", n, 100-len(bad))
	}
}
