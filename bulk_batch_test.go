package clarify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
)

// A batch that has to wait for another, because they write the same record, must
// leave that one the requests it needs.
func TestBatchesThatWaitForEachOtherEnd(t *testing.T) {
	for _, n := range []int{1, 2, 3} {
		synctest.Test(t, func(t *testing.T) {
			people, _ := inMemory(t)
			// Two bad ones take a batch apart, and every batch changes the same person.
			all := crowd(100)
			for i := range all {
				switch i % 10 {
				case 3, 6:
					all[i].EmailAddresses = clarify.Collection{fmt.Sprint("nobody-", i)}
				case 8:
					all[i] = person("everywhere@example.com", fmt.Sprint(i))
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			results, err := imported(t, people.Import(ctx, slices.Values(all), clarify.MatchOn("email_addresses"), clarify.BatchSize(10), clarify.Concurrency(n)))
			if err != nil {
				t.Fatalf("concurrency %d: %v", n, err)
			}
			if len(results) != len(all) {
				t.Fatalf("concurrency %d: got %s, %v", n, outcomes(results), err)
			}
			for i, r := range results {
				if bad := i%10 == 3 || i%10 == 6; bad != (r.Outcome == clarify.Refused) {
					t.Errorf("concurrency %d: input %d is %v, %v", n, i, r.Outcome, r.Err)
				}
			}
			there := present(t, people)
			if len(there) != 71 {
				t.Fatalf("concurrency %d: len(there) is %v, want %v", n, len(there), 71)
			}
			wantEqual(t, fmt.Sprintf(`concurrency %d: there["everywhere@example.com"]`, n), there["everywhere@example.com"], "98")
		})
	}
}

func TestResponsesToUpsertsAreAssignedByTheirValues(t *testing.T) {
	record := func(id string, emails ...string) string {
		return fmt.Sprintf(`{"type":"person","id":%q,"attributes":{"email_addresses":{"items":["%s"]}}}`, id, strings.Join(emails, `","`))
	}
	const a, b, c = "a@example.com", "b@example.com", "c@example.com"
	for name, test := range map[string]struct {
		response []string
		want     string // the ids of the records, empty if that is not known
	}{
		"in order":                         {[]string{record("1", a), record("2", b), record("3", c)}, "1 2 3"},
		"in another order":                 {[]string{record("3", c), record("1", a), record("2", b)}, "1 2 3"},
		"two inputs of one record":         {[]string{record("1", a, b), record("1", a, b), record("3", c)}, "1 1 3"},
		"one record said once":             {[]string{record("1", a, b), record("3", c)}, "1 1 3"},
		"all of one record":                {[]string{record("1", a, b, c)}, "1 1 1"},
		"a value in another form":          {[]string{record("1", a), record("2", "b+normal@example.com"), record("3", c)}, "1 2 3"},
		"another form and order":           {[]string{record("2", "b+normal@example.com"), record("1", a), record("3", c)}, ""},
		"another form, and one is missing": {[]string{record("1", a), record("2", "b+normal@example.com")}, ""},
		"one that was not asked for":       {[]string{record("1", a), record("2", b), record("3", c), record("4", "d@example.com")}, ""},
		"one missing":                      {[]string{record("1", a), record("3", c)}, ""},
		"nothing":                          {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := responding(t, 201, `{"data":[`+strings.Join(test.response, ",")+`]}`)
			inputs := []clarify.Person{person(a, ""), person(b, ""), person(c, "")}
			results, err := imported(t, clarify.People(f.client(t)).Import(t.Context(), slices.Values(inputs), clarify.MatchOn("email_addresses")))
			if err != nil {
				t.Fatal(err)
			}
			if len(results) != 3 {
				t.Fatalf("got %s, %v", outcomes(results), err)
			}
			var got []string
			for _, r := range results {
				if r.Record != nil {
					got = append(got, r.Record.ID)
				} else if r.Outcome != clarify.Unknown {
					t.Errorf("input %d is %v", r.Index, r.Outcome)
				}
				if name == "one that was not asked for" {
					mentions(t, r.Err, "the record 4, which is that of no input")
				}
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %v, want %s", got, test.want)
			}
			if n := len(f.requests()); test.want != "" && n != 1 {
				t.Errorf("it took %d requests", n)
			}
		})
	}
}

func TestAnInputThatIsTooLargeToBeSentSaysWhy(t *testing.T) {
	f := responding(t, 201, oneRecord)
	inputs := []clarify.Person{{JobTitle: strings.Repeat("x", 17<<20)}}
	results, err := imported(t, clarify.People(f.client(t)).Import(t.Context(), slices.Values(inputs)))
	if err != nil {
		t.Error(err)
	}
	if len(results) != 1 || results[0].Outcome == clarify.Unknown {
		t.Fatalf("got %s", outcomes(results))
	}
	mentions(t, results[0].Err, "larger than 16777216 bytes")
	wantEqual(t, "requests", len(f.requests()), 0)
}

func TestTwoThatWereCreatedAreNotTheSame(t *testing.T) {
	f := responding(t, 201, `{"data":[{"type":"person","id":"x","attributes":{}},{"type":"person","id":"x","attributes":{}}]}`)
	results, err := imported(t, clarify.People(f.client(t)).Import(t.Context(), slices.Values(crowd(2))))
	if err != nil {
		t.Error(err)
	}
	wantEqual(t, "outcomes(results)", outcomes(results), "2 unknown")
	wantEqual(t, "len(f.requests())", len(f.requests()), 1)
	mentions(t, results[0].Err, "twice")
}

func TestResponsesToUpdatesAreAssignedByTheirIDs(t *testing.T) {
	record := func(id string) string { return fmt.Sprintf(`{"type":"person","id":%q,"attributes":{}}`, id) }
	for name, test := range map[string]struct {
		response []string
		want     string
	}{
		"in order":         {[]string{record("a"), record("b"), record("c")}, "3 updated"},
		"in another order": {[]string{record("c"), record("a"), record("b")}, "3 updated"},
		"with another":     {[]string{record("c"), record("x"), record("a"), record("b")}, "3 updated"},
		"one is missing":   {[]string{record("c"), record("a"), record("x")}, "3 unknown"},
	} {
		f := responding(t, 200, `{"data":[`+strings.Join(test.response, ",")+`]}`)
		changes := []clarify.Change{{ID: "a", Changes: clarify.Fields{"x": 1}}, {ID: "b", Changes: clarify.Fields{"x": 1}}, {ID: "c", Changes: clarify.Fields{"x": 1}}}
		results, err := imported(t, clarify.People(f.client(t)).BulkUpdate(t.Context(), slices.Values(changes)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantEqual(t, name+": outcomes(results)", outcomes(results), test.want)
		wantEqual(t, name+": len(f.requests())", len(f.requests()), 1)
		for _, r := range results {
			if r.Record != nil && r.Record.ID != r.Input.ID {
				t.Errorf("%s: the change of %s has the record %s", name, r.Input.ID, r.Record.ID)
			}
		}
	}
}

// In what order the API writes the records of a request is not known.
func TestNoRequestHasSeveralInputsOfOneRecord(t *testing.T) {
	const id = "00000000-0000-4000-8000-000000000000"
	for name, call := range map[string]func(people *clarify.Records[clarify.Person]) string{
		"Import": func(people *clarify.Records[clarify.Person]) string {
			all := []clarify.Person{person("a@example.com", "1"), person("b@example.com", "2"), person("A@example.com", "3")}
			results, _ := imported(t, people.Import(t.Context(), slices.Values(all), clarify.MatchOn("email_addresses")))
			return outcomes(results)
		},
		"BulkUpdate": func(people *clarify.Records[clarify.Person]) string {
			changes := []clarify.Change{{ID: id, Changes: clarify.Fields{"job_title": "1"}}, {ID: id, Changes: clarify.Fields{"job_title": "2"}}}
			results, _ := imported(t, people.BulkUpdate(t.Context(), slices.Values(changes)))
			return outcomes(results)
		},
		"BulkDelete": func(people *clarify.Records[clarify.Person]) string {
			results, _ := imported(t, people.BulkDelete(t.Context(), slices.Values([]string{id, id})))
			return outcomes(results)
		},
	} {
		client, server := sandbox(t)
		server.Inject(clarifytest.Latency(0), clarifytest.Matching(func(r *http.Request) bool {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			if strings.Count(strings.ToLower(string(body)), "a@example.com")+strings.Count(string(body), id) > 1 {
				t.Errorf("%s sent %s", name, body)
			}
			return false
		}))
		if got := call(clarify.People(client)); name != "Import" && got != "2 refused" {
			t.Errorf("%s: got %s", name, got)
		}
		if n := len(server.Requests()) - counted(server, "getResources"); n != 2 {
			t.Errorf("%s: there were %d requests that write", name, n)
		}
	}
}

func TestAnImportWaitsWhileTheSchemaIsBeingChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, server := inMemory(t)
		changing := server.Inject(clarifytest.Status(http.StatusConflict), clarifytest.Operation("createBulkRecords"), clarifytest.At(2, 3, 4))
		results, err := imported(t, people.Import(t.Context(), slices.Values(crowd(50)), clarify.BatchSize(10), clarify.Concurrency(2)))
		if err != nil {
			t.Error(err)
		}
		wantEqual(t, "outcomes(results)", outcomes(results), "50 created")
		wantEqual(t, "changing.Struck()", changing.Struck(), 3)
		wantEqual(t, `counted(server, "createBulkRecords")`, counted(server, "createBulkRecords"), 8)
	})
}

// Who may write some records and others not has these refused, but a credential
// that may write none ends it all.
func TestForbiddenIsAboutARecordOnceOthersWereWritten(t *testing.T) {
	for name, test := range map[string]struct {
		forbidden int // from which record on
		want      string
		requests  int
	}{
		"all":      {0, "not done", 1},
		"the last": {19, "updated, 1 refused", 8},
	} {
		synctest.Test(t, func(t *testing.T) {
			people, server := inMemory(t)
			made, err := imported(t, people.Import(t.Context(), slices.Values(crowd(20))))
			if err != nil {
				t.Fatal(err)
			}
			server.Inject(clarifytest.Status(http.StatusForbidden), clarifytest.Operation("updateRecords"), clarifytest.Matching(func(r *http.Request) bool {
				return slices.ContainsFunc(made[test.forbidden:], func(m clarify.BulkResult[clarify.Person, clarify.Person]) bool { return carries(r, m.Record.ID) })
			}))
			changes := func(yield func(clarify.Change) bool) {
				for _, r := range made {
					if !yield(clarify.Change{ID: r.Record.ID, Changes: clarify.Fields{"job_title": "x"}}) {
						return
					}
				}
			}
			results, err := imported(t, people.BulkUpdate(t.Context(), changes, clarify.BatchSize(10), clarify.Concurrency(1)))
			// How many more inputs are taken before it ends is left to chance.
			_, got, _ := strings.Cut(outcomes(results), " ")
			wantEqual(t, name+": got", got, test.want)
			wantEqual(t, name+": test.forbidden == 0", test.forbidden == 0, errors.Is(err, clarify.ErrForbidden))
			for _, r := range results {
				if r.Outcome == clarify.Refused && !errors.Is(r.Err, clarify.ErrForbidden) {
					t.Errorf("%s: input %d: %v", name, r.Index, r.Err)
				}
			}
			if n := counted(server, "updateRecords"); n > test.requests+2 {
				t.Errorf("%s: %d requests", name, n)
			}
		})
	}
}

// A rejection that comes after a lost response does not tell what that one did: the
// batch is asked for once more.
func TestRejectionAfterALostResponseIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, server := inMemory(t)
		server.Inject(clarifytest.HTML(http.StatusBadGateway), clarifytest.Operation("createBulkRecords"), clarifytest.At(1))
		results, err := imported(t, people.Import(t.Context(), slices.Values(crowd(10, 3)), clarify.MatchOn("email_addresses")))
		if err != nil {
			t.Error(err)
		}
		if outcomes(results) != "3 created, 1 refused, 6 created" {
			t.Errorf("got %s, %v", outcomes(results), err)
		}
		if errors.Is(results[3].Err, clarify.ErrOutcomeUnknown) {
			t.Errorf("the error of the refused input is %v", results[3].Err)
		}
	})
}

// A record that an attempt without a response may have made was maybe not there
// before.
func TestUpsertAfterALostResponseIsNotSaidToBeAnUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if n++; n == 1 {
				hangUp(w)
				return
			}
			respond(w, 201, `{"data":[{"type":"person","id":"x","attributes":{"_created_at":"2026-01-02T10:00:00.000Z","_updated_at":"2026-01-02T10:05:00.000Z"}}]}`)
		})
		results, err := imported(t, clarify.People(server.connect(t)).Import(t.Context(), slices.Values(crowd(1)), clarify.MatchOn("email_addresses")))
		if err != nil {
			t.Error(err)
		}
		wantEqual(t, "outcomes(results)", outcomes(results), "1 written")
		wantEqual(t, "n", n, 2)
	})
}
