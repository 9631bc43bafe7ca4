package clarifytest_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// epoch is where the clocks of tests begin.
var epoch = time.Date(2026, time.February, 3, 4, 5, 6, 789_000_000, time.UTC)

// clock is a clock that moves when it is told to.
type clock struct{ *clarifytest.Clock }

func newClock() *clock { return &clock{clarifytest.NewClock(epoch)} }

func (c *clock) Add(d time.Duration) { c.Advance(d) }

// anyAttribute has records take attributes that no schema has.
var anyAttribute = clarifytest.WithUnknownAttributes()

// api sends requests to a server as a client with a good credential would.
type api struct {
	t    testing.TB
	srv  *clarifytest.Server
	url  string
	auth string

	client *http.Client // http.DefaultClient if nil
}

func start(t testing.TB, opts ...clarifytest.Option) *api {
	t.Helper()
	srv := clarifytest.NewServer(append([]clarifytest.Option{clarifytest.WithTB(t)}, opts...)...)
	return &api{t: t, srv: srv, url: srv.URL, auth: "api-key " + srv.APIKey}
}

// response is what came back. Numbers in doc are json.Number.
type response struct {
	t      testing.TB
	status int
	header http.Header
	raw    string
	doc    map[string]any
}

// send sends a request. A body that is not a string is sent as JSON.
func (a *api) send(method, target string, body any) *response {
	a.t.Helper()
	if !strings.HasPrefix(target, "http") {
		target = a.url + target
	}
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			a.t.Fatal(err)
		}
		reader = bytes.NewReader(encoded)
	}
	request, err := http.NewRequest(method, target, reader)
	if err != nil {
		a.t.Fatal(err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if a.auth != "" {
		request.Header.Set("Authorization", a.auth)
	}
	return a.do(request)
}

func (a *api) do(request *http.Request) *response {
	a.t.Helper()
	rsp, err := cmp.Or(a.client, http.DefaultClient).Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	return readResponse(a.t, rsp)
}

func readResponse(t testing.TB, rsp *http.Response) *response {
	t.Helper()
	defer rsp.Body.Close()
	raw, err := io.ReadAll(rsp.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := &response{t: t, status: rsp.StatusCode, header: rsp.Header, raw: string(raw)}
	if len(raw) > 0 && strings.Contains(rsp.Header.Get("Content-Type"), "json") {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		if err := decoder.Decode(&got.doc); err != nil {
			t.Fatalf("%s %s: %v in %s", rsp.Request.Method, rsp.Request.URL, err, raw)
		}
	}
	return got
}

// want sends a request that must get this status.
func (a *api) want(status int, method, target string, body any) *response {
	a.t.Helper()
	got := a.send(method, target, body)
	if got.status != status {
		a.t.Fatalf("%s %s: got %d, want %d: %s", method, target, got.status, status, got.raw)
	}
	return got
}

// rejected sends a request, and expects an error document whose first error has
// the pointer. Violations in the request are accepted.
func (a *api) rejected(status int, pointer, method, target string, body any) *response {
	a.t.Helper()
	got := a.want(status, method, target, body)
	a.srv.TakeViolations()
	first := got.errorObject()
	if first.Status != fmt.Sprint(status) {
		a.t.Errorf("%s %s: the error's status is %q, want %q", method, target, first.Status, fmt.Sprint(status))
	}
	if first.Title != http.StatusText(status) || first.Detail == "" {
		a.t.Errorf("%s %s: the error says too little: %s", method, target, got.raw)
	}
	if first.Source.Pointer != pointer {
		a.t.Errorf("%s %s: the pointer is %q, want %q: %s", method, target, first.Source.Pointer, pointer, got.raw)
	}
	return got
}

type errorObject struct {
	Status string
	Title  string
	Detail string
	Source struct{ Pointer string }
}

func (got *response) errorObject() errorObject {
	got.t.Helper()
	var doc struct{ Errors []errorObject }
	if err := json.Unmarshal([]byte(got.raw), &doc); err != nil || len(doc.Errors) == 0 {
		got.t.Fatalf("this is no error document: %s", got.raw)
	}
	return doc.Errors[0]
}

// at returns what is at a path of member names and indexes, or fails the test.
func (got *response) at(path ...any) any {
	got.t.Helper()
	var value any = got.doc
	for _, step := range path {
		switch s := step.(type) {
		case string:
			object, ok := value.(map[string]any)
			if _, has := object[s]; !ok || !has {
				got.t.Fatalf("there is nothing at %v in %s", path, got.raw)
			}
			value = object[s]
		case int:
			array, ok := value.([]any)
			if !ok || s >= len(array) {
				got.t.Fatalf("there is nothing at %v in %s", path, got.raw)
			}
			value = array[s]
		}
	}
	return value
}

func (got *response) text(path ...any) string {
	got.t.Helper()
	text, ok := got.at(path...).(string)
	if !ok {
		got.t.Fatalf("%v is not a string in %s", path, got.raw)
	}
	return text
}

func (got *response) id() string {
	got.t.Helper()
	return got.text("data", "id")
}

// ids are those of the records of a page.
func (got *response) ids() []string {
	got.t.Helper()
	ids := []string{}
	for i := range got.at("data").([]any) {
		ids = append(ids, got.text("data", i, "id"))
	}
	return ids
}

// column is what the records of a page have in an attribute.
func (got *response) column(attribute string) []string {
	got.t.Helper()
	values := []string{}
	for i := range got.at("data").([]any) {
		values = append(values, fmt.Sprint(got.at("data", i, "attributes", attribute)))
	}
	return values
}

func (got *response) equals(want string, path ...any) {
	got.t.Helper()
	if have := asJSON(got.t, got.at(path...)); have != want {
		got.t.Errorf("%v is %s, want %s", path, have, want)
	}
}

func (got *response) lacks(path ...any) {
	got.t.Helper()
	last := path[len(path)-1].(string)
	if _, has := got.at(path[:len(path)-1]...).(map[string]any)[last]; has {
		got.t.Errorf("there is something at %v in %s", path, got.raw)
	}
}

func asJSON(t testing.TB, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// js is JSON that is sent as it is written.
func js(format string, args ...any) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(format, args...))
}

func oneRecord(object, attributes string) string {
	return fmt.Sprintf(`{"data":{"type":%q,"attributes":%s}}`, object, attributes)
}

// create creates a record and returns its id.
func (a *api) create(object, attributes string) string {
	a.t.Helper()
	return a.want(201, "POST", "/objects/"+object+"/records", oneRecord(object, attributes)).id()
}

// patch updates a record. meta may be empty.
func (a *api) patch(status int, object, id, attributes, meta string) *response {
	a.t.Helper()
	body := fmt.Sprintf(`{"data":{"type":%q,"id":%q,"attributes":%s}`, object, id, attributes)
	if meta != "" {
		body += `,"meta":` + meta
	}
	return a.want(status, "PATCH", "/objects/"+object+"/records/"+url.PathEscape(id), body+"}")
}

func (a *api) get(object, id string) *response {
	a.t.Helper()
	return a.want(200, "GET", "/objects/"+object+"/records/"+url.PathEscape(id), nil)
}

// list reads a page. The parameters are pairs of names and values.
func (a *api) list(object string, parameters ...string) *response {
	a.t.Helper()
	return a.want(200, "GET", "/objects/"+object+"/resources"+query(parameters...), nil)
}

func query(parameters ...string) string {
	if len(parameters) == 0 {
		return ""
	}
	values := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		values.Add(parameters[i], parameters[i+1])
	}
	return "?" + values.Encode()
}

func equal[T comparable](t testing.TB, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// failures is a TB that takes notes.
type failures struct {
	mu       sync.Mutex
	messages []string
	cleanups []func()
}

func (f *failures) Helper() {}

func (f *failures) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.messages = append(f.messages, fmt.Sprintf(format, args...))
}

func (f *failures) Cleanup(cleanup func()) { f.cleanups = append(f.cleanups, cleanup) }

func (f *failures) end() []string {
	for _, cleanup := range slices.Backward(f.cleanups) {
		cleanup()
	}
	return f.messages
}

func newRequest(t testing.TB, method, target, body string) *http.Request {
	t.Helper()
	request, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return request
}

var timestamps = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`)

// stripMoments makes responds comparable that were given at different times.
func stripTimes(raw string) string { return timestamps.ReplaceAllString(raw, "") }
