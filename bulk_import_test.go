package clarify_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
)

func TestImportWritesEveryInputInBatches(t *testing.T) {
	for _, n := range []int{0, 1, 99, 100, 101, 1050} {
		for _, at := range []int{1, 4} {
			client, server := sandbox(t)
			people := clarify.People(client)
			input := crowd(n)
			var last clarify.Progress
			results, err := imported(t, people.Import(t.Context(), slices.Values(input), clarify.Concurrency(at), clarify.OnBatch(func(p clarify.Progress) { last = p })))
			if err != nil {
				t.Fatal(err)
			}
			if len(results) != n {
				t.Fatalf("%d: got %d results, %v", n, len(results), err)
			}
			for i, r := range results {
				if r.Outcome != clarify.Created {
					t.Fatalf("%d: r.Outcome is %v, want %v", n, r.Outcome, clarify.Created)
				}
				if r.Index != i {
					t.Fatalf("%d: r.Index is %v, want %v", n, r.Index, i)
				}
				if r.Confirmed != i+1 {
					t.Fatalf("%d: r.Confirmed is %v, want %v", n, r.Confirmed, i+1)
				}
				if r.Record.Attributes.JobTitle != input[i].JobTitle {
					t.Fatalf("%d: r.Record.Attributes.JobTitle is %v, want %v", n, r.Record.Attributes.JobTitle, input[i].JobTitle)
				}
				if r.Input.JobTitle != input[i].JobTitle {
					t.Fatalf("%d: r.Input.JobTitle is %v, want %v", n, r.Input.JobTitle, input[i].JobTitle)
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

func TestInputsThatCannotBeSentAreRefused(t *testing.T) {
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
			yield(map[string]any{"job_title": "without an email address"}, nil) &&
			yield(map[string]any{"job_title": "b", "email_addresses": clarify.Collection{"b@example.com"}}, nil)
	}
	results, err := imported(t, objects.ImportSeq2(t.Context(), inputs, clarify.MatchOn("email_addresses")))
	if err != nil {
		t.Fatal(err)
	}
	if outcomes(results) != "1 created, 6 refused, 1 created" {
		t.Fatalf("got %s, %v", outcomes(results), err)
	}
	for i, words := range [][]string{1: {"_created_at"}, 2: {"line 3"}, 3: {`"id"`}, 4: {"null"}, 5: {"cannot encode"}, 6: {"MatchOn", "no value"}} {
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
	if err != nil {
		t.Fatal(err)
	}
	if outcomes(results) != "100 created" {
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

func TestOutcomeOfAnUpsertIsReadFromTheTimesOfTheRecord(t *testing.T) {
	at := func(created, updated string) string {
		return fmt.Sprintf(`{"type":"person","id":"x","attributes":{"_created_at":%s,"_updated_at":%s,"email_addresses":{"items":["a@example.com"]}}}`, created, updated)
	}
	const ten, later, muchLater = `"2026-01-02T10:00:00.000Z"`, `"2026-01-02T10:00:00.005Z"`, `"2026-01-02T11:00:00.000Z"`
	for name, test := range map[string]struct {
		record string
		want   clarify.Outcome
	}{
		"the same time":            {at(muchLater, muchLater), clarify.Created},
		"never updated":            {at(muchLater, `null`), clarify.Created},
		"updated long after":       {at(ten, muchLater), clarify.Updated},
		"updated at the same time": {at(ten, later), clarify.Written},
		"no times":                 {at(`null`, `null`), clarify.Written},
	} {
		f := responding(t, 201, `{"data":[`+test.record+`]}`)
		results, err := imported(t, clarify.People(f.client(t)).Import(t.Context(), slices.Values([]clarify.Person{person("a@example.com", "")}), clarify.MatchOn("email_addresses")))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(results) != 1 {
			t.Fatalf("%s: len(results) is %v, want %v", name, len(results), 1)
		}
		wantEqual(t, name+": results[0].Outcome", results[0].Outcome, test.want)
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
	if err != nil {
		t.Error(err)
	}
	if outcomes(results) != "1 created, 1 updated" {
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
		if err != nil {
			t.Fatal(err)
		}
		if len(results) != len(all) {
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
		if r.Record == nil {
			t.Fatalf("%v is %v", r.Input.EmailAddresses, r.Record)
		}
		wantEqual(t, "r.Record.ID", r.Record.ID, "id of "+r.Input.EmailAddresses[0])
	}
}

func TestResumeContinuesWhereTheLastRunEnded(t *testing.T) {
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
	if err != nil {
		t.Error(err)
	}
	if len(results) != 177 {
		t.Fatalf("len(results) is %v, want %v", len(results), 177)
	}
	wantEqual(t, "results[0].Index", results[0].Index, 73)
	wantEqual(t, "results[0].Confirmed", results[0].Confirmed, 74)
	wantEqual(t, "results[176].Confirmed", results[176].Confirmed, 250)
	wantEqual(t, "results[120-73].Outcome", results[120-73].Outcome, clarify.Refused)
	if got := present(t, people); len(got) != 249 {
		t.Errorf("%d are there", len(got))
	}

	before := len(server.Requests())
	results, err = imported(t, people.Import(t.Context(), slices.Values(all), match, clarify.Resume(250)))
	if err != nil {
		t.Error(err)
	}
	wantEqual(t, "there is nothing left, and yet: len(results)", len(results), 0)
	wantEqual(t, "there is nothing left, and yet: len(server.Requests())", len(server.Requests()), before)
	_, err = imported(t, people.Import(t.Context(), slices.Values(all), match, clarify.Resume(251)))
	mentions(t, err, "Resume(251)", "250 inputs")
}

func TestBulkWritesAreSilentIfAsked(t *testing.T) {
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
		if len(all) != 3 {
			t.Fatalf("%s: len(all) is %v, want %v", name, len(all), 3)
		}
		if strings.Contains(all[0].URI, "silent") {
			t.Errorf("%s: got %v", name, all)
		}
		if !strings.HasSuffix(all[1].URI, "?silent=true") {
			t.Errorf("%s: got %v", name, all)
		}
		if !strings.HasSuffix(all[2].URI, "?silent=true") {
			t.Errorf("%s: got %v", name, all)
		}
	}
}

func TestInvalidBulkOptions(t *testing.T) {
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
		{clarify.OrderBy("a", clarify.Ascending), []string{"Concurrency"}},
		{clarify.Include("deals"), []string{"Concurrency"}},
		{clarify.Search("a"), []string{"Concurrency"}},
		{clarify.PageSize(3), []string{"Concurrency"}},
		{clarify.Limit(3), []string{"Concurrency"}},
		{clarify.Offset(3), []string{"Concurrency"}},
		{clarify.Stable(), []string{"Concurrency"}},
		{clarify.Append("labels"), []string{"Append", "BulkUpdate"}},
		{clarify.MatchOn(""), []string{"MatchOn"}},
		{nil, []string{"nil option"}},
		{clarify.WriteOption(nil), []string{"nil option"}},
		{clarify.QueryOption(nil), []string{"nil option"}},
	} {
		_, err := collect(t, people.Import(t.Context(), nobody, test.option))
		wantNotSent(t, f, err, test.words...)
	}
	_, err := collect(t, people.Import(t.Context(), nil, clarify.BatchSize(0))) // the first of two mistakes
	wantNotSent(t, f, err, "BatchSize(0)")
	_, err = collect(t, people.BulkUpdate(t.Context(), func(func(clarify.Change) bool) {}, clarify.MatchOn("name")))
	wantNotSent(t, f, err, "MatchOn", "BulkUpdate")
	_, err = collect(t, people.BulkDelete(t.Context(), func(func(string) bool) {}, clarify.MatchOn("name")))
	wantNotSent(t, f, err, "MatchOn", "BulkDelete")
	_, err = collect(t, people.BulkDelete(t.Context(), func(func(string) bool) {}, clarify.Merge("name")))
	wantNotSent(t, f, err, "Merge", "BulkDelete")
	_, err = collect(t, people.Import(t.Context(), nil))
	wantNotSent(t, f, err, "sequence")
	var none context.Context
	_, err = collect(t, people.Import(none, nobody))
	wantNotSent(t, f, err, "context")
	if got := clarify.Outcome(99).String(); got != "Outcome(99)" {
		t.Error(got)
	}
}
