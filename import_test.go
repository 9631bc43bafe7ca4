package clarify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

// inMemory starts a Clarify that can be used where time is fake, and returns the
// people in it.
func inMemory(t *testing.T, opts ...clarifytest.Option) (*clarify.Records[clarify.Person], *clarifytest.Server) {
	t.Helper()
	s := clarifytest.NewServer(append([]clarifytest.Option{
		clarifytest.WithTB(t), clarifytest.WithMemoryNetwork(), clarifytest.WithRateLimit(1_000_000),
	}, opts...)...)
	client, err := clarify.New(s.Workspace, authn.APIKey(s.APIKey),
		clarify.WithBaseURL(s.BaseURL), clarify.WithHTTPClient(s.HTTPClient()), clarify.WithLogger(noted))
	if err != nil {
		t.Fatal(err)
	}
	return clarify.People(client), s
}

func person(email, title string) clarify.Person {
	return clarify.Person{EmailAddresses: clarify.Collection{email}, JobTitle: title}
}

// crowd are n people. Those whose index is among the bad ones have an address
// that is none.
func crowd(n int, bad ...int) []clarify.Person {
	all := make([]clarify.Person, n)
	for i := range all {
		all[i] = person(fmt.Sprintf("p%d@example.com", i), fmt.Sprint("Number ", i))
	}
	for _, i := range bad {
		all[i].EmailAddresses = clarify.Collection{fmt.Sprint("nobody-", i)}
	}
	return all
}

// present are the titles of all people there are, by email address.
func present(t testing.TB, people *clarify.Records[clarify.Person]) map[string]string {
	t.Helper()
	all := map[string]string{}
	for p, err := range people.All(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		email := ""
		if len(p.Attributes.EmailAddresses) > 0 {
			email = p.Attributes.EmailAddresses[0]
		}
		if _, twice := all[email]; twice {
			t.Errorf("%q is there twice", email)
		}
		all[email] = p.Attributes.JobTitle
	}
	return all
}

// imported runs through an import and checks what always holds of results.
func imported[I, T any](t testing.TB, results iter.Seq2[clarify.BulkResult[I, T], error]) ([]clarify.BulkResult[I, T], error) {
	t.Helper()
	all, err := collect(t, results)
	for i, r := range all {
		note(r.Err)
		if i > 0 && r.Index != all[i-1].Index+1 {
			t.Errorf("after input %d comes %d", all[i-1].Index, r.Index)
		}
		if done := r.Outcome == clarify.Created || r.Outcome == clarify.Updated || r.Outcome == clarify.Written; done != (r.Record != nil) || (done || r.Outcome == clarify.Deleted) != (r.Err == nil) {
			t.Errorf("input %d is %v, with the record %v and the error %v", r.Index, r.Outcome, r.Record, r.Err)
		}
	}
	return all, err
}

// outcomes are those of results, those that are the same together.
func outcomes[I, T any](results []clarify.BulkResult[I, T]) string {
	var b strings.Builder
	for i := 0; i < len(results); {
		n := i
		for n < len(results) && results[n].Outcome == results[i].Outcome {
			n++
		}
		fmt.Fprintf(&b, "%d %v, ", n-i, results[i].Outcome)
		i = n
	}
	return strings.TrimSuffix(b.String(), ", ")
}

// counted are the requests of an operation that arrived.
func counted(s *clarifytest.Server, operation string) int {
	n := 0
	for _, r := range s.Requests() {
		if r.Operation == operation {
			n++
		}
	}
	return n
}

// carries reports whether a text in the body of a request begins so.
func carries(r *http.Request, text string) bool {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	return strings.Contains(string(body), `"`+text)
}

func TestImportWritesEveryInputInBatches(t *testing.T) {
	for _, n := range []int{0, 1, 99, 100, 101, 1050} {
		for _, at := range []int{1, 4} {
			client, server := sandbox(t)
			people := clarify.People(client)
			input := crowd(n)
			var last clarify.Progress
			results, err := imported(t, people.Import(t.Context(), slices.Values(input), clarify.Concurrency(at), clarify.OnBatch(func(p clarify.Progress) { last = p })))
			if err != nil || len(results) != n {
				t.Fatalf("%d: got %d results, %v", n, len(results), err)
			}
			for i, r := range results {
				if r.Outcome != clarify.Created || r.Index != i || r.Confirmed != i+1 || r.Record.Attributes.JobTitle != input[i].JobTitle || r.Input.JobTitle != input[i].JobTitle {
					t.Fatalf("%d: input %d: got %+v", n, i, r)
				}
			}
			requests := (n + 99) / 100
			if got := counted(server, "createBulkRecords"); got != requests {
				t.Errorf("%d: %d requests, want %d", n, got, requests)
			}
			if got := present(t, people); len(got) != n {
				t.Errorf("%d: %d are there", n, len(got))
			}
			if n > 0 && (last.Done != n || last.Confirmed != n || last.Count(clarify.Created) != n || last.Requests != requests) {
				t.Errorf("%d: the last progress is %+v", n, last)
			}
		}
	}
	noGoroutineFetches(t)
}

func TestBadInputsAreRefusedAloneAndTheOthersWritten(t *testing.T) {
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
			if err != nil || len(results) != 300 {
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
				if r.Outcome != clarify.Refused || !errors.As(r.Err, &e) || !errors.Is(r.Err, clarify.ErrInvalid) ||
					len(e.Errors) != 1 || !strings.HasPrefix(e.Errors[0].Pointer, "/data/0/attributes/email_addresses") {
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

// count99 are a hundred indexes from a first one on.
func count99(first int) []int {
	all := make([]int, 100)
	for i := range all {
		all[i] = first + i
	}
	return all
}

// bulkFake takes records that are created together, and refuses those with an
// address that is none: as refusal says, which is given their positions.
func bulkFake(t *testing.T, refusal func(w http.ResponseWriter, bad []int)) (f *fake, stored func() int) {
	var mu sync.Mutex
	n := 0
	f = newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
		all := f.requests()
		entries := strings.Split(all[len(all)-1].Body, `{"type":`)[1:]
		for _, request := range all {
			// Several requests arrive at once: this is the one with the number.
			if request.Header.Get("Traceparent") == r.Header.Get("Traceparent") {
				entries = strings.Split(request.Body, `{"type":`)[1:]
			}
		}
		var bad []int
		var responses []string
		for i, entry := range entries {
			if strings.Contains(entry, `"nobody-`) {
				bad = append(bad, i)
			}
			responses = append(responses, fmt.Sprintf(`{"type":"person","id":"x%d","attributes":{}}`, i))
		}
		if len(bad) > 0 {
			refusal(w, bad)
			return
		}
		mu.Lock()
		n += len(entries)
		mu.Unlock()
		respond(w, 201, `{"data":[`+strings.Join(responses, ",")+`],"links":{"next":null,"prev":null},"meta":{"total_records":1,"total_pages":1}}`)
	})
	return f, func() int { mu.Lock(); defer mu.Unlock(); return n }
}

func TestNothingThatIsSaidOfCulpritsIsBelievedBlindly(t *testing.T) {
	problem := func(pointer string) string {
		return fmt.Sprintf(`{"status":"422","detail":"No.","source":{"pointer":%q}}`, pointer)
	}
	for name, refusal := range map[string]func(bad []int) []string{
		"nothing is said": func([]int) []string { return nil },
		"no pointer":      func([]int) []string { return []string{`{"status":"422","detail":"No."}`} },
		"the list":        func([]int) []string { return []string{problem("/data")} },
		"the record":      func(bad []int) []string { return []string{problem(fmt.Sprint("/data/", bad[0]))} },
		"all culprits": func(bad []int) []string {
			return each(bad, func(i int) string { return problem(fmt.Sprintf("/data/%d/attributes/x", i)) })
		},
		"counted from one": func(bad []int) []string { return []string{problem(fmt.Sprintf("/data/%d/attributes", bad[0]+1))} },
		"an innocent beside them": func(bad []int) []string {
			return []string{problem("/data/7/attributes"), problem(fmt.Sprint("/data/", bad[0]))}
		},
		"an innocent instead":           func([]int) []string { return []string{problem("/data/7/attributes")} },
		"one that is not there":         func([]int) []string { return []string{problem("/data/4000/attributes")} },
		"no number":                     func([]int) []string { return []string{problem("/data/x"), problem("/data/-1"), problem("/data/")} },
		"not from the root of the body": func([]int) []string { return []string{problem("/attributes/email_addresses")} },
		"from the root of the request":  func(bad []int) []string { return []string{problem(fmt.Sprint("/body/data/", bad[0]))} },
		"as in an address":              func(bad []int) []string { return []string{problem(fmt.Sprint("#/data/", bad[0]))} },
		"with dots":                     func(bad []int) []string { return []string{problem(fmt.Sprintf("data.%d.attributes", bad[0]))} },
		"everybody": func([]int) []string {
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
				respond(w, 422, `{"errors":[`+strings.Join(refusal(bad), ",")+`]}`)
			})
			bad := []int{33, 60, 61}
			results, err := imported(t, clarify.People(f.client(t)).Import(t.Context(), slices.Values(crowd(100, bad...))))
			if err != nil || len(results) != 100 || stored() != 97 {
				t.Fatalf("got %d, %v, and %d are there", len(results), err, stored())
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
					t.Errorf("why input %d is refused is not said: %v", i, r.Err)
				}
			}
			// Halving until three stand alone.
			if n := len(f.requests()); n > 1+3*14+8 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func each[E any](all []E, f func(E) string) []string {
	texts := make([]string, len(all))
	for i, e := range all {
		texts[i] = f(e)
	}
	return texts
}

func TestInputsThatCannotBeSentAreRefusedByThemselves(t *testing.T) {
	client, _ := sandbox(t)
	objects := clarify.NewRecords[map[string]any](client, "person")
	broken := errors.New("line 3 is broken")
	inputs := func(yield func(map[string]any, error) bool) {
		_ = yield(map[string]any{"job_title": "a", "email_addresses": clarify.Collection{"a@example.com"}}, nil) &&
			yield(map[string]any{"_created_at": "now"}, nil) &&
			yield(nil, broken) &&
			yield(map[string]any{"id": "x"}, nil) &&
			yield(nil, nil) &&
			yield(map[string]any{"job_title": func() {}}, nil) &&
			yield(map[string]any{"job_title": "without an address"}, nil) &&
			yield(map[string]any{"job_title": "b", "email_addresses": clarify.Collection{"b@example.com"}}, nil)
	}
	results, err := imported(t, objects.ImportSeq2(t.Context(), inputs, clarify.MatchOn("email_addresses")))
	if err != nil || outcomes(results) != "1 created, 6 refused, 1 created" {
		t.Fatalf("got %s, %v", outcomes(results), err)
	}
	for i, words := range [][]string{1: {"_created_at"}, 2: {"line 3"}, 3: {`"id"`}, 4: {"null"}, 5: {"encoded"}, 6: {"MatchOn", "no value"}} {
		if words != nil {
			mentions(t, results[i].Err, words...)
		}
	}
	if !errors.Is(results[2].Err, broken) {
		t.Errorf("got %v", results[2].Err)
	}
	if results[7].Confirmed != 8 {
		t.Errorf("%d are confirmed", results[7].Confirmed)
	}
}

func TestMatchOnUpdatesWhatIsThere(t *testing.T) {
	client, _ := sandbox(t)
	people := clarify.People(client)
	match := clarify.MatchOn("email_addresses")
	first := crowd(150)
	results, err := imported(t, people.Import(t.Context(), slices.Values(first[:100]), match))
	if err != nil || outcomes(results) != "100 created" {
		t.Fatalf("got %s, %v", outcomes(results), err)
	}
	known := ids(recordsOf(results))
	time.Sleep(2 * time.Millisecond) // the sandbox counts milliseconds
	for i := range first {
		first[i].JobTitle = "Again"
	}
	results, err = imported(t, people.Import(t.Context(), slices.Values(first), match, clarify.BatchSize(30), clarify.Concurrency(3)))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(ids(recordsOf(results))[:100], known) {
		t.Error("the records are not the same")
	}
	for i, r := range results {
		if want := []clarify.Outcome{clarify.Updated, clarify.Created}[i/100]; r.Outcome != want && r.Outcome != clarify.Written {
			t.Errorf("input %d is %v", i, r.Outcome)
		}
	}
	for email, title := range present(t, people) {
		if title != "Again" {
			t.Errorf("%s is %q", email, title)
		}
	}
}

func TestOfInputsThatCollideTheFirstIsWritten(t *testing.T) {
	client, _ := sandbox(t)
	people := clarify.People(client)
	all := crowd(40)
	all[25].EmailAddresses = clarify.Collection{"P3@example.com"}
	all[26].EmailAddresses = clarify.Collection{"p3@example.com"}
	results, err := imported(t, people.Import(t.Context(), slices.Values(all)))
	if err != nil || outcomes(results) != "25 created, 2 refused, 13 created" {
		t.Fatalf("got %s, %v", outcomes(results), err)
	}
	for _, i := range []int{25, 26} {
		mentions(t, results[i].Err, "unique", "/data/0/attributes/email_addresses", "MatchOn")
	}
	results, err = imported(t, people.Import(t.Context(), slices.Values(crowd(40))))
	if err != nil || outcomes(results) != "25 refused, 2 created, 13 refused" {
		t.Errorf("again: got %s, %v", outcomes(results), err)
	}
}

func recordsOf[I, T any](results []clarify.BulkResult[I, T]) []clarify.Record[T] {
	var all []clarify.Record[T]
	for _, r := range results {
		if r.Record != nil {
			all = append(all, *r.Record)
		}
	}
	return all
}

func TestWhatAnUpsertDidIsToldByTheTimesOfTheRecord(t *testing.T) {
	at := func(created, updated string) string {
		return fmt.Sprintf(`{"type":"person","id":"x","attributes":{"_created_at":%s,"_updated_at":%s,"email_addresses":{"items":["a@example.com"]}}}`, created, updated)
	}
	const ten, later, muchLater = `"2026-01-02T10:00:00.000Z"`, `"2026-01-02T10:00:00.005Z"`, `"2026-01-02T11:00:00.000Z"`
	for name, test := range map[string]struct {
		record string
		want   clarify.Outcome
	}{
		"the same time":              {at(muchLater, muchLater), clarify.Created},
		"never updated":              {at(muchLater, `null`), clarify.Created},
		"updated long after":         {at(ten, muchLater), clarify.Updated},
		"updated in the same moment": {at(ten, later), clarify.Written},
		"no times":                   {at(`null`, `null`), clarify.Written},
	} {
		f := responding(t, 201, `{"data":[`+test.record+`]}`)
		results, err := imported(t, clarify.People(f.client(t)).Import(t.Context(), slices.Values([]clarify.Person{person("a@example.com", "")}), clarify.MatchOn("email_addresses")))
		if err != nil || len(results) != 1 || results[0].Outcome != test.want {
			t.Errorf("%s: got %s, %v", name, outcomes(results), err)
		}
	}

	// What is older than a response that came before was there already, though an
	// update of it has changed nothing.
	n := 0
	f := newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
		n++
		respond(w, 201, `{"data":[`+[]string{at(muchLater, muchLater), at(ten, ten)}[n-1]+`]}`)
	})
	results, err := imported(t, clarify.People(f.client(t)).Import(t.Context(),
		slices.Values([]clarify.Person{person("a@example.com", ""), person("a@example.com", "")}), clarify.MatchOn("email_addresses"), clarify.BatchSize(1)))
	if err != nil || outcomes(results) != "1 created, 1 updated" {
		t.Errorf("got %s, %v", outcomes(results), err)
	}
}

func TestInputsThatMatchTheSameRecordAreWrittenInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, server := inMemory(t)
		random := rand.New(rand.NewPCG(1, 2))
		var mu sync.Mutex
		server.Inject(clarifytest.Latency(0), clarifytest.Matching(func(*http.Request) bool {
			mu.Lock()
			d := time.Duration(random.IntN(200)) * time.Millisecond
			mu.Unlock()
			time.Sleep(d)
			return true
		}))
		var all []clarify.Person
		want := map[string]string{}
		for i := range 400 {
			email := fmt.Sprintf("P%d@example.com", random.IntN(60))
			all = append(all, person([]string{email, strings.ToLower(email)}[i%2], fmt.Sprint(i)))
			want[strings.ToLower(email)] = fmt.Sprint(i)
		}
		results, err := imported(t, people.Import(t.Context(), slices.Values(all), clarify.MatchOn("email_addresses"), clarify.BatchSize(10), clarify.Concurrency(8)))
		if err != nil || len(results) != len(all) {
			t.Fatalf("got %s, %v", outcomes(results), err)
		}
		got := present(t, people)
		if len(got) != len(want) {
			t.Errorf("%d are there, want %d", len(got), len(want))
		}
		for email, title := range got {
			if want[strings.ToLower(email)] != title {
				t.Errorf("%s is %s, want %s", email, title, want[strings.ToLower(email)])
			}
		}
		if first := results[0]; first.Outcome != clarify.Created {
			t.Errorf("the first is %v", first.Outcome)
		}
	})
}

func TestResponsesInAnotherOrderAreAssignedByTheirValues(t *testing.T) {
	record := func(email string) string {
		return fmt.Sprintf(`{"type":"person","id":%q,"attributes":{"email_addresses":{"items":["x@example.com",%q]}}}`, "id of "+email, strings.ToUpper(email))
	}
	f := responding(t, 201, `{"data":[`+record("b@example.com")+`,`+record("c@example.com")+`,`+record("a@example.com")+`]}`)
	all := []clarify.Person{person("a@example.com", ""), person("b@example.com", ""), person("c@example.com", "")}
	results, err := imported(t, clarify.People(f.client(t)).Import(t.Context(), slices.Values(all), clarify.MatchOn("email_addresses")))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Record == nil || r.Record.ID != "id of "+r.Input.EmailAddresses[0] {
			t.Errorf("%v is %v", r.Input.EmailAddresses, r.Record)
		}
	}
}

func TestResponseThatDoesNotSayWhatWasWrittenLeavesItUnknown(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":         `{"data":[]}`,
		"one too few":     `{"data":[{"type":"person","id":"x","attributes":{}}]}`,
		"one too many":    `{"data":[{"type":"person","id":"x","attributes":{}},{"type":"person","id":"y","attributes":{}},{"type":"person","id":"z","attributes":{}}]}`,
		"no page":         `{"data":7}`,
		"not JSON at all": `thanks`,
	} {
		f := responding(t, 201, body)
		results, err := imported(t, clarify.People(f.client(t)).Import(t.Context(), slices.Values(crowd(2))))
		if err != nil || outcomes(results) != "2 unknown" || results[1].Confirmed != 0 || !errors.Is(results[0].Err, clarify.ErrOutcomeUnknown) {
			t.Errorf("%s: got %s, %v", name, outcomes(results), err)
		}
		if len(f.requests()) != 1 {
			t.Errorf("%s: it was sent %d times", name, len(f.requests()))
		}
	}
}

// Whatever is lost, the results are what the sandbox has.
func TestLostResponsesAreNeverGuessed(t *testing.T) {
	for name, fault := range map[string]clarifytest.Fault{
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
	} {
		for _, match := range []bool{false, true} {
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
					// One that is repeated has a response at last, but for those that fail four
					// times.
					if lost := name != "429"; !match && lost != (unknown > 0) || match && unknown > 50 {
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
		if err != nil || outcomes(results) != "10 created, 10 unknown, 20 created, 10 unknown, 50 created" {
			t.Errorf("got %s, %v", outcomes(results), err)
		}
		if results[99].Confirmed != 10 || lost.Struck() != 2 || counted(server, "createBulkRecords") != 10 {
			t.Errorf("%d are confirmed, and there were %d requests", results[99].Confirmed, counted(server, "createBulkRecords"))
		}
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

// An input that the API fails at is found as one that it refuses is, where it is
// safe to send the others again.
func TestInputThatTheAPIFailsAtIsFoundWithMatchOn(t *testing.T) {
	for _, bad := range []int{0, 7, 49, 50, 99} {
		for _, atOnce := range []int{1, 4} {
			synctest.Test(t, func(t *testing.T) {
				people, server := inMemory(t)
				address := fmt.Sprintf("p%d@example.com", bad)
				server.Inject(clarifytest.Status(500), clarifytest.Matching(func(r *http.Request) bool { return carries(r, address) }))
				results, err := imported(t, people.Import(t.Context(), slices.Values(crowd(300)), clarify.MatchOn("email_addresses"), clarify.Concurrency(atOnce)))
				if err != nil || len(results) != 300 {
					t.Fatalf("input %d, %d at once: got %s, %v", bad, atOnce, outcomes(results), err)
				}
				for i, r := range results {
					if want := map[bool]clarify.Outcome{true: clarify.Unknown, false: clarify.Created}[i == bad]; r.Outcome != want {
						t.Errorf("input %d, %d at once: %d is %v, %v", bad, atOnce, i, r.Outcome, r.Err)
					}
				}
			})
		}
	}
}

func TestResumeGoesOnWhereItEnded(t *testing.T) {
	client, server := sandbox(t)
	people := clarify.People(client)
	all := crowd(250, 120)
	match := clarify.MatchOn("email_addresses")
	confirmed := 0
	for r, err := range people.Import(t.Context(), slices.Values(all), match, clarify.BatchSize(20), clarify.Concurrency(3)) {
		if err != nil {
			t.Fatal(err)
		}
		if confirmed = r.Confirmed; confirmed == 73 {
			break
		}
	}
	results, err := imported(t, people.Import(t.Context(), slices.Values(all), match, clarify.BatchSize(20), clarify.Resume(confirmed)))
	if err != nil || len(results) != 177 || results[0].Index != 73 || results[0].Confirmed != 74 || results[176].Confirmed != 250 || results[120-73].Outcome != clarify.Refused {
		t.Errorf("got %s, %v", outcomes(results), err)
	}
	if got := present(t, people); len(got) != 249 {
		t.Errorf("%d are there", len(got))
	}

	before := len(server.Requests())
	results, err = imported(t, people.Import(t.Context(), slices.Values(all), match, clarify.Resume(250)))
	if err != nil || len(results) != 0 || len(server.Requests()) != before {
		t.Errorf("there is nothing left, and yet: %s, %v", outcomes(results), err)
	}
	_, err = imported(t, people.Import(t.Context(), slices.Values(all), match, clarify.Resume(251)))
	mentions(t, err, "Resume(251)", "250 inputs")
}

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
	if !errors.Is(err, context.Canceled) || len(results) != 0 || taken > 3 {
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
				if test.want != nil && !errors.Is(err, test.want) || !errors.As(err, &e) || e.StatusCode != test.status {
					t.Errorf("it ended with %v", err)
				}
				leading := slices.IndexFunc(results, func(r clarify.BulkResult[clarify.Person, clarify.Person]) bool { return r.Outcome != clarify.Created })
				if len(results) != taken || taken == 1000 || results[35].Outcome != clarify.NotDone || leading != 30 || results[len(results)-1].Confirmed != leading {
					t.Errorf("of %d taken: %s", taken, outcomes(results))
				}
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

func TestFourRequestsAreUnderWayUnlessConcurrencySaysOtherwise(t *testing.T) {
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

func TestMistakeThatAllInputsShareEndsAnImport(t *testing.T) {
	client, server := sandbox(t)
	people := clarify.People(client)
	all := crowd(500)
	results, err := imported(t, people.Import(t.Context(), slices.Values(all), clarify.MatchOn("job_title"), clarify.Concurrency(1)))
	mentions(t, err, "/match_on")
	if n := counted(server, "createBulkRecords"); n != 1 || strings.Contains(outcomes(results), "created") {
		t.Errorf("%d requests: %s", n, outcomes(results))
	}
	_, err = imported(t, clarify.NewRecords[clarify.Person](client, "").Import(t.Context(), slices.Values(all)))
	mentions(t, err, "object")
}

func TestUnknownObjectEndsChangesAndDeletionsAtOnce(t *testing.T) {
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
	if !errors.Is(err, clarify.ErrNotFound) || strings.Trim(outcomes(updated), "0123456789 ") != "not done" {
		t.Errorf("changes: got %s, %v", outcomes(updated), err)
	}
	mentions(t, err, "getResources", "c_vehicle")
	if n := len(server.Requests()) - before; n != 2 {
		t.Errorf("changes: it took %d requests", n)
	}
	before = len(server.Requests())
	deleted, err := imported(t, vehicles.BulkDelete(t.Context(), slices.Values(unknown), clarify.Concurrency(4)))
	if !errors.Is(err, clarify.ErrNotFound) || strings.Trim(outcomes(deleted), "0123456789 ") != "not done" {
		t.Errorf("deletions: got %s, %v", outcomes(deleted), err)
	}
	if n := len(server.Requests()) - before; n > 5 {
		t.Errorf("deletions: it took %d requests", n)
	}

	// Unknown records of an object that is there are each refused, and a look that
	// itself fails says nothing.
	for name, status := range map[string]int{"the look succeeds": 200, "the look is refused": 403} {
		people := clarify.People(client)
		if status != 200 {
			server.Inject(clarifytest.Status(status), clarifytest.Operation("getResources"), clarifytest.Times(1))
		}
		before, looks := len(server.Requests()), counted(server, "getResources")
		results, err := imported(t, people.BulkDelete(t.Context(), slices.Values(unknown[:20]), clarify.BatchSize(10)))
		if err != nil || outcomes(results) != "20 refused" {
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
	if err != nil || outcomes(results) != "10 deleted, 3 refused" || counted(server, "getResources") != looks {
		t.Errorf("got %s, %v, and %d looks", outcomes(results), err, counted(server, "getResources")-looks)
	}
}

func TestThoseThatAreNotFoundAtTheSameTimeWaitForOneLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, server := inMemory(t)
		server.Inject(clarifytest.Latency(time.Second))
		unknown := make([]string, 8)
		for i := range unknown {
			unknown[i] = fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
		}
		began := time.Now()
		results, err := imported(t, people.BulkDelete(t.Context(), slices.Values(unknown), clarify.BatchSize(2), clarify.Concurrency(4)))
		if err != nil || outcomes(results) != "8 refused" || counted(server, "getResources") != 1 {
			t.Errorf("got %s, %v, and %d looks", outcomes(results), err, counted(server, "getResources"))
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestOutcomesThatCannotBeKnownEndAnImport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, server := inMemory(t)
		server.Inject(clarifytest.ResetAfterWork(), clarifytest.Operation("createBulkRecords"))
		results, err := imported(t, people.Import(t.Context(), slices.Values(crowd(5000)), clarify.Concurrency(2)))
		if !errors.Is(err, clarify.ErrOutcomeUnknown) || len(results) >= 5000 {
			t.Errorf("after %s: %v", outcomes(results), err)
		}
		if n := counted(server, "createBulkRecords"); n < 5 || n > 10 {
			t.Errorf("%d requests", n)
		}
	})
	server := serve(t, nil)
	server.refuse(true)
	results, err := imported(t, clarify.People(server.connect(t, clarify.WithRetries(0))).Import(t.Context(), slices.Values(crowd(1000))))
	if err == nil || errors.Is(err, clarify.ErrOutcomeUnknown) || strings.Contains(outcomes(results), "unknown") {
		t.Errorf("without a network: %s, %v", outcomes(results), err)
	}
}

func TestInputThatWasMaybeWrittenWithOthersIsUnknownWhenTheImportEnds(t *testing.T) {
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
				if err == nil || len(results) == 0 || len(results) == 100 {
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

func TestEndOfTheContextEndsAnImportAndEveryInputHasItsResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, server := inMemory(t)
		server.Inject(clarifytest.Latency(time.Second))
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		results, err := imported(t, people.Import(ctx, slices.Values(crowd(1000)), clarify.BatchSize(10), clarify.Concurrency(2)))
		if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(outcomes(results), "40 created, 20 unknown, ") || !strings.HasSuffix(outcomes(results), " not done") {
			t.Errorf("got %s, %v", outcomes(results), err)
		}
		results, err = imported(t, people.Import(ctx, slices.Values(crowd(1000))))
		if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(outcomes(results), "created") {
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
			if err != nil || r.Outcome != clarify.Created {
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

// volatile calls something when it is encoded and when it is decoded.
type volatile struct{ encode func() }

var volatileDecode = func() {}

func (v volatile) MarshalJSON() ([]byte, error) {
	if v.encode != nil {
		v.encode()
	}
	return []byte(`{"a":1}`), nil
}

func (*volatile) UnmarshalJSON([]byte) error { volatileDecode(); return nil }

func collectAny[E any](seq iter.Seq2[E, error]) {
	for range seq {
	}
}

func TestAnImportKeepsItsRequestsUnderWay(t *testing.T) {
	const records, latency, n = 20_000, 25 * time.Millisecond, 16
	ideal := (records/100 + n - 1) / n * latency
	for name, test := range map[string]struct {
		every int // which input is bad
		most  time.Duration
		want  string
	}{
		"clean":                {0, ideal * 10 / 9, "20000 created"},
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
				if err != nil || len(results) != records || test.want != "" && outcomes(results) != test.want {
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
		if err != nil || len(results) != 500 {
			t.Errorf("got %s, %v", outcomes(results), err)
		}
		for _, r := range server.Requests() {
			if r.Status == 429 {
				t.Error("a request was sent that the API had to refuse")
			}
		}
	})
}

func TestBulkUpdateChangesWhatIsThere(t *testing.T) {
	client, server := sandbox(t)
	people := clarify.People(client)
	made, err := imported(t, people.Import(t.Context(), slices.Values(crowd(250))))
	if err != nil {
		t.Fatal(err)
	}
	changes := func(yield func(clarify.Change) bool) {
		for i, r := range made {
			change := clarify.Change{ID: r.Record.ID, Changes: clarify.Fields{"job_title": fmt.Sprint("New ", i)}}
			switch i {
			case 7:
				change.ID = "00000000-0000-4000-8000-000000000000"
			case 120:
				change.Changes = clarify.Fields{"email_addresses": clarify.Collection{"nobody"}}
			case 130:
				change.ID = ".."
			case 131:
				change.Changes = clarify.Fields{}
			}
			if !yield(change) {
				return
			}
		}
	}
	results, err := imported(t, people.BulkUpdate(t.Context(), changes, clarify.Concurrency(3)))
	if err != nil || outcomes(results) != "7 updated, 1 refused, 112 updated, 1 refused, 9 updated, 2 refused, 118 updated" {
		t.Fatalf("got %s, %v", outcomes(results), err)
	}
	if !errors.Is(results[7].Err, clarify.ErrNotFound) || !errors.Is(results[120].Err, clarify.ErrInvalid) {
		t.Errorf("got %v and %v", results[7].Err, results[120].Err)
	}
	mentions(t, results[130].Err, `the id of the change is ".."`)
	mentions(t, results[131].Err, "empty")
	if r := results[9]; r.Record.Attributes.JobTitle != "New 9" || r.Record.ID != made[9].Record.ID {
		t.Errorf("got %+v", r)
	}
	there := present(t, people)
	if there["p9@example.com"] != "New 9" || there["p120@example.com"] != "Number 120" || there["p7@example.com"] != "Number 7" {
		t.Errorf("got %v", there)
	}
	if n := counted(server, "updateRecords"); n > 3+14+1 {
		t.Errorf("%d requests", n)
	}
}

func TestSeveralChangesOfOneRecordAreMadeInTheirOrder(t *testing.T) {
	client, _ := sandbox(t)
	people := clarify.People(client)
	made, err := people.Create(t.Context(), person("a@example.com", ""))
	if err != nil {
		t.Fatal(err)
	}
	var changes []clarify.Change
	for i := range 30 {
		changes = append(changes, clarify.Change{ID: made.ID, Changes: clarify.Fields{"job_title": fmt.Sprint(i)}})
	}
	results, err := imported(t, people.BulkUpdate(t.Context(), slices.Values(changes), clarify.Concurrency(8)))
	if err != nil || outcomes(results) != "30 updated" {
		t.Fatalf("got %s, %v", outcomes(results), err)
	}
	for i, r := range results {
		if r.Record.Attributes.JobTitle != fmt.Sprint(i) {
			t.Errorf("change %d made it %s", i, r.Record.Attributes.JobTitle)
		}
	}
}

func TestBulkUpdateCombinesAsUpdateDoes(t *testing.T) {
	client, _ := sandbox(t)
	people := clarify.People(client)
	made, err := imported(t, people.Import(t.Context(), slices.Values(crowd(3))))
	if err != nil {
		t.Fatal(err)
	}
	more := func(i int) clarify.Change {
		return clarify.Change{ID: made[i].Record.ID, Changes: clarify.Person{EmailAddresses: clarify.Collection{fmt.Sprintf("more%d@example.com", i)}}}
	}
	changes := []clarify.Change{more(0), {ID: made[1].Record.ID, Changes: clarify.Fields{"job_title": "x"}}, more(2)}
	results, err := imported(t, people.BulkUpdate(t.Context(), slices.Values(changes), clarify.Append("email_addresses")))
	if err != nil || outcomes(results) != "1 updated, 1 refused, 1 updated" {
		t.Fatalf("got %s, %v", outcomes(results), err)
	}
	if got := results[2].Record.Attributes.EmailAddresses; !slices.Equal(got, clarify.Collection{"p2@example.com", "more2@example.com"}) {
		t.Errorf("got %v", got)
	}
	mentions(t, results[1].Err, "Append", "email_addresses")
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
		if err != nil || outcomes(results) != "10 updated, 10 unknown, 10 updated" || counted(server, "updateRecords") != 3 {
			t.Errorf("got %s, %v", outcomes(results), err)
		}
	})
}

func TestBulkDeleteDeletesWhatIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, server := inMemory(t)
		made, err := imported(t, people.Import(t.Context(), slices.Values(crowd(100))))
		if err != nil {
			t.Fatal(err)
		}
		all := ids(recordsOf(made))
		all[33] = "00000000-0000-4000-8000-000000000000"
		all = append(all, all[5], "")
		results, err := imported(t, people.BulkDelete(t.Context(), slices.Values(all), clarify.BatchSize(25), clarify.Concurrency(3)))
		if err != nil || outcomes(results) != "33 deleted, 1 refused, 66 deleted, 2 refused" {
			t.Fatalf("got %s, %v", outcomes(results), err)
		}
		if !errors.Is(results[33].Err, clarify.ErrNotFound) || !errors.Is(results[100].Err, clarify.ErrNotFound) {
			t.Errorf("got %v and %v", results[33].Err, results[100].Err)
		}
		mentions(t, results[101].Err, `the id is ""`)
		if got := present(t, people); len(got) != 1 {
			t.Errorf("%d are left", len(got))
		}

		made, err = imported(t, people.Import(t.Context(), slices.Values(crowd(33))))
		if err != nil {
			t.Fatal(err)
		}
		server.Inject(clarifytest.ResetAfterWork(), clarifytest.Operation("deleteRecords"), clarifytest.At(1))
		results, err = imported(t, people.BulkDelete(t.Context(), slices.Values(ids(recordsOf(made))), clarify.BatchSize(25)))
		if err != nil || outcomes(results) != "33 deleted" {
			t.Errorf("got %s, %v", outcomes(results), err)
		}
	})
}

func TestDeletionWhoseResponseSaysNothingCountsAsDoneOnceItIsGone(t *testing.T) {
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
				if want := fmt.Sprint(n, " deleted"); err != nil || outcomes(results) != want {
					t.Errorf("%s, %d: got %s, %v", name, n, outcomes(results), err)
				}
			})
		}
	}
}

func TestSilenceIsKeptInBulk(t *testing.T) {
	for name, call := range map[string]func(people *clarify.Records[clarify.Person], opts ...clarify.BulkOption){
		"Import": func(people *clarify.Records[clarify.Person], opts ...clarify.BulkOption) {
			collectAny(people.Import(context.Background(), slices.Values(crowd(1)), opts...))
		},
		"BulkUpdate": func(people *clarify.Records[clarify.Person], opts ...clarify.BulkOption) {
			collectAny(people.BulkUpdate(context.Background(), slices.Values([]clarify.Change{{ID: "x", Changes: clarify.Fields{"a": 1}}}), opts...))
		},
		"BulkDelete": func(people *clarify.Records[clarify.Person], opts ...clarify.BulkOption) {
			collectAny(people.BulkDelete(context.Background(), slices.Values([]string{"x"}), opts...))
		},
	} {
		f := responding(t, 401, `{}`)
		people := clarify.People(f.client(t))
		call(people)
		call(people, clarify.Silent())
		call(people.Silent())
		all := f.requests()
		if len(all) != 3 || strings.Contains(all[0].URI, "silent") || !strings.HasSuffix(all[1].URI, "?silent=true") || !strings.HasSuffix(all[2].URI, "?silent=true") {
			t.Errorf("%s: got %v", name, all)
		}
	}
}

func TestBulkOptionsThatCannotBe(t *testing.T) {
	f := responding(t, 500, "")
	people := clarify.People(f.client(t))
	nobody := func(func(clarify.Person) bool) { t.Error("an input was taken") }
	for _, test := range []struct {
		option clarify.BulkOption
		words  []string
	}{
		{clarify.BatchSize(0), []string{"BatchSize(0)", "1 to 10000"}},
		{clarify.BatchSize(10_001), []string{"BatchSize(10001)"}},
		{clarify.Resume(-1), []string{"Resume(-1)"}},
		{clarify.Concurrency(0), []string{"Concurrency(0)"}},
		{clarify.OnBatch(nil), []string{"OnBatch"}},
		{clarify.Where("a", clarify.Is, 1), []string{"Concurrency"}},
		{clarify.PageSize(3), []string{"Concurrency"}},
		{clarify.Append("labels"), []string{"Append", "BulkUpdate"}},
		{clarify.MatchOn(""), []string{"MatchOn"}},
		{nil, []string{"nil option"}},
		{clarify.WriteOption(nil), []string{"nil option"}},
		{clarify.QueryOption(nil), []string{"nil option"}},
	} {
		_, err := collect(t, people.Import(t.Context(), nobody, test.option))
		refused(t, f, err, test.words...)
	}
	_, err := collect(t, people.BulkUpdate(t.Context(), func(func(clarify.Change) bool) {}, clarify.MatchOn("name")))
	refused(t, f, err, "MatchOn", "BulkUpdate")
	_, err = collect(t, people.BulkDelete(t.Context(), func(func(string) bool) {}, clarify.MatchOn("name")))
	refused(t, f, err, "MatchOn", "BulkDelete")
	_, err = collect(t, people.BulkDelete(t.Context(), func(func(string) bool) {}, clarify.Merge("name")))
	refused(t, f, err, "Merge", "BulkDelete")
	_, err = collect(t, people.Import(t.Context(), nil))
	refused(t, f, err, "sequence")
	var none context.Context
	_, err = collect(t, people.Import(none, nobody))
	refused(t, f, err, "context")
	if got := clarify.Outcome(99).String(); got != "Outcome(99)" {
		t.Error(got)
	}
}

func TestCulpritsThatAreNamedTakeTwoRequestsEach(t *testing.T) {
	f, stored := bulkFake(t, func(w http.ResponseWriter, bad []int) {
		respond(w, 422, fmt.Sprintf(`{"errors":[{"status":"422","detail":"No.","source":{"pointer":"/data/%d/attributes"}}]}`, bad[0]))
	})
	bad := []int{3, 20, 33, 60, 61, 99}
	results, err := imported(t, clarify.People(f.client(t)).Import(t.Context(), slices.Values(crowd(100, bad...))))
	if err != nil || len(results) != 100 || stored() != 94 {
		t.Fatalf("got %d, %v, and %d are there", len(results), err, stored())
	}
	if n := len(f.requests()); n > 2*len(bad) {
		t.Errorf("%d requests", n)
	}
}
