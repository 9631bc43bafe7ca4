package clarify_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

// sandbox starts a Clarify for the test and returns a client of it.
func sandbox(t *testing.T, opts ...clarifytest.Option) (*clarify.Client, *clarifytest.Server) {
	t.Helper()
	s := clarifytest.NewServer(append([]clarifytest.Option{clarifytest.WithTB(t)}, opts...)...)
	return clientOf(t, s.BaseURL, s.APIKey), s
}

// noSchemaLag makes the sandbox change schemas before it responds.
var noSchemaLag = clarifytest.WithSchemaLag(0, 0)

// addFields gives an object of the workspace more fields, by their JSON Schemas.
// The sandbox needs the option noSchemaLag.
func addFields(t testing.TB, client *clarify.Client, object string, fields map[string]any) {
	t.Helper()
	var body gen.CreateSchemaPropertiesJSONRequestBody
	body.Data.Attributes = fields
	if _, err := client.CreateSchemaPropertiesWithResponse(t.Context(), object, nil, body); err != nil {
		t.Fatal(err)
	}
}

func clientOf(t testing.TB, baseURL, key string, opts ...clarify.Option) *clarify.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	opts = append([]clarify.Option{
		clarify.WithBaseURL(baseURL),
		clarify.WithHTTPClient(&http.Client{Transport: transport}),
		clarify.WithRetries(0),
		clarify.WithLogger(noted),
	}, opts...)
	client, err := clarify.New("acme", authn.APIKey(key), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// fake is a server that responds as a test wants, and records the requests.
type fake struct {
	*httptest.Server
	base string // the URL of the workspace

	mu      sync.Mutex
	arrived []arrival
}

func newFake(t testing.TB, handle func(f *fake, w http.ResponseWriter, r *http.Request)) *fake {
	t.Helper()
	f := &fake{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		f.mu.Lock()
		f.arrived = append(f.arrived, arrival{r.Method, r.RequestURI, string(body), r.Header.Clone()})
		f.mu.Unlock()
		handle(f, w, r)
	}))
	f.base = f.URL + "/v1/workspaces/acme"
	t.Cleanup(f.Close)
	return f
}

// responding returns a fake that always returns the same.
func responding(t *testing.T, status int, body string) *fake {
	t.Helper()
	return newFake(t, func(_ *fake, w http.ResponseWriter, _ *http.Request) { respond(w, status, body) })
}

func (f *fake) client(t testing.TB, opts ...clarify.Option) *clarify.Client {
	t.Helper()
	return clientOf(t, f.URL+"/v1", testKey, opts...)
}

// requests returns what has arrived so far. It copies nothing: some tests count
// the requests of thousands of calls.
func (f *fake) requests() []arrival {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.arrived[:len(f.arrived):len(f.arrived)]
}

// parameters are those of the query that arrived last.
func (f *fake) parameters(t testing.TB) url.Values {
	t.Helper()
	all := f.requests()
	if len(all) == 0 {
		t.Fatal("no request arrived")
	}
	u, err := url.ParseRequestURI(all[len(all)-1].URI)
	if err != nil {
		t.Fatal(err)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		t.Fatal(err)
	}
	return query
}

// number is a parameter of a request that is a whole number, or otherwise.
func number(r *http.Request, name string, otherwise int) int {
	var n int
	if _, err := fmt.Sscan(r.URL.Query().Get(name), &n); err != nil {
		return otherwise
	}
	return n
}

// page returns a page of records with the ids and the URL of the next page, or null
// if that is empty.
func page(next string, total int, ids ...string) string {
	data := make([]string, len(ids))
	for i, id := range ids {
		data[i] = fmt.Sprintf(`{"type":"person","id":%q,"attributes":{"job_title":"Engineer"}}`, id)
	}
	link, _ := json.Marshal(next)
	if next == "" {
		link = []byte("null")
	}
	return fmt.Sprintf(`{"data":[%s],"included":[],"links":{"next":%s,"prev":null},"meta":{"total_records":%d}}`,
		strings.Join(data, ","), link, total)
}

// pagedFake serves a collection of records with ids from 0, in pages.
func pagedFake(t *testing.T, total int) *fake {
	t.Helper()
	return newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
		offset, limit := number(r, "page[offset]", 0), number(r, "page[limit]", 500)
		var ids []string
		for i := offset; i < min(offset+limit, total); i++ {
			ids = append(ids, fmt.Sprint(i))
		}
		next := ""
		if offset+limit < total {
			next = fmt.Sprintf("%s%s?page[offset]=%d&page[limit]=%d", f.URL, r.URL.EscapedPath(), offset+limit, limit)
		}
		respond(w, 200, page(next, total, ids...))
	})
}

// collect runs through an iteration. It fails the test if there is something
// after an error.
func collect[E any](t testing.TB, seq iter.Seq2[E, error]) ([]E, error) {
	t.Helper()
	var all []E
	var failed error
	for item, err := range seq {
		note(err)
		if failed != nil {
			t.Fatalf("after the error %v there is something: %v, %v", failed, item, err)
		}
		if failed = err; err == nil {
			all = append(all, item)
		}
	}
	return all, failed
}

func ids[T any](records []clarify.Record[T]) []string {
	all := make([]string, len(records))
	for i, r := range records {
		all[i] = r.ID
	}
	return all
}

// wantNotSent checks that a call failed before anything was sent, with an error that
// has all the words.
func wantNotSent(t *testing.T, f *fake, err error, words ...string) {
	t.Helper()
	mentions(t, err, words...)
	var responded *clarify.Error
	if errors.As(err, &responded) {
		t.Errorf("got the error of a request: %v", err)
	}
	if n := len(f.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func mentions(t testing.TB, err error, words ...string) {
	t.Helper()
	note(err)
	if err == nil {
		t.Errorf("got no error, want one with %q", words)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error does not contain %q: %v", word, err)
		}
	}
}

// sameJSON compares two documents. Numbers are the same if their digits are.
func sameJSON(t testing.TB, got, want string) {
	t.Helper()
	if !reflect.DeepEqual(parsed(t, got), parsed(t, want)) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func parsed(t testing.TB, document string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(document))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	return v
}

func encoded(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// noGoroutineFetches fails the test if a page is still being fetched or a batch
// written. After cancellation that may take a short time.
func noGoroutineFetches(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		found := ""
		for stack := range strings.SplitSeq(string(stacks), "\n\n") {
			if strings.Contains(stack, "created by github.com/clarify-go/clarify/internal/inflight.(*Queue[") {
				found = stack
			}
		}
		if found == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("a goroutine remains:\n%s", found)
			return
		}
		runtime.Gosched()
	}
}
