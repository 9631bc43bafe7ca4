package clarify_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"sync"
	"testing"

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
		done := r.Outcome == clarify.Created || r.Outcome == clarify.Updated || r.Outcome == clarify.Written
		wantEqual(t, "done", done, r.Record != nil)
		wantEqual(t, "done || r.Outcome == clarify.Deleted", done || r.Outcome == clarify.Deleted, r.Err == nil)
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

// carries reports whether a string in the body of a request begins with text.
func carries(r *http.Request, text string) bool {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	return strings.Contains(string(body), `"`+text)
}

// count99 are a hundred indexes from a first one on.
func count99(first int) []int {
	all := make([]int, 100)
	for i := range all {
		all[i] = first + i
	}
	return all
}

// bulkFake stores records that are created together. It rejects a request that has
// an invalid email address with reject, which takes the positions of such records.
func bulkFake(t *testing.T, reject func(w http.ResponseWriter, bad []int)) (f *fake, stored func() int) {
	var mu sync.Mutex
	n := 0
	f = newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		entries := strings.Split(string(body), `{"type":`)[1:]
		var bad []int
		var responses []string
		for i, entry := range entries {
			if strings.Contains(entry, `"nobody-`) {
				bad = append(bad, i)
			}
			responses = append(responses, fmt.Sprintf(`{"type":"person","id":"x%d","attributes":{}}`, i))
		}
		if len(bad) > 0 {
			reject(w, bad)
			return
		}
		mu.Lock()
		n += len(entries)
		mu.Unlock()
		respond(w, 201, `{"data":[`+strings.Join(responses, ",")+`],"links":{"next":null,"prev":null},"meta":{"total_records":1,"total_pages":1}}`)
	})
	return f, func() int { mu.Lock(); defer mu.Unlock(); return n }
}

func each[E any](all []E, f func(E) string) []string {
	texts := make([]string, len(all))
	for i, e := range all {
		texts[i] = f(e)
	}
	return texts
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
