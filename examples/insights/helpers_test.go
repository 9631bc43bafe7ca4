package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/mirror/sqlite"
)

const address = "127.0.0.1:8080"

// world is a workspace, a mirror of it, and the page.
type world struct {
	*testing.T
	server  *clarifytest.Server
	clock   *clarifytest.Clock
	client  *clarify.Client
	copying *copying
	mirror  *asked
	page    http.Handler
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, clock: clarifytest.NewClock(time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC))}
	w.server = clarifytest.NewServer(clarifytest.WithTB(t), clarifytest.WithMemoryNetwork(), clarifytest.WithClock(w.clock.Now), clarifytest.WithSeed(1), clarifytest.WithRateLimit(1<<20))
	client, err := clarify.New(w.server.Workspace, authn.APIKey(w.server.APIKey), clarify.WithBaseURL(w.server.BaseURL), clarify.WithHTTPClient(w.server.HTTPClient()), clarify.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "mirror.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	w.client, w.mirror = client, &asked{store}
	logger := slog.New(slog.DiscardHandler)
	w.copying = newCopying(client, store, nil, logger)
	w.page, err = newApp(app{
		workspace: w.server.Workspace, client: client, copying: w.copying, mirror: w.mirror,
		closed: []string{"Won", "Lost"}, now: w.clock.Now, logger: logger,
	}, address)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// on sets the day.
func (w *world) on(day string) {
	w.Helper()
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		w.Fatal(err)
	}
	w.clock.Set(at.Add(12 * time.Hour))
}

// copy brings the mirror up to date.
func (w *world) copy() {
	w.Helper()
	if err := w.copying.now(w.Context()); err != nil {
		w.Fatal(err)
	}
}

// add creates a record and returns its id.
func add[T any](w *world, records *clarify.Records[T], attributes T, links ...clarify.Ref) string {
	w.Helper()
	r, err := records.Create(w.Context(), attributes)
	if err != nil {
		w.Fatal(err)
	}
	for _, link := range links {
		if err := records.Link(w.Context(), r.ID, map[string]string{"person": "people", "deal": "deals", "company": "companies"}[link.Type], link); err != nil {
			w.Fatal(err)
		}
	}
	return r.ID
}

func (w *world) deal(d clarify.Deal) string { w.Helper(); return add(w, clarify.Deals(w.client), d) }
func (w *world) task(t clarify.Task) string { w.Helper(); return add(w, clarify.Tasks(w.client), t) }
func (w *world) company(c clarify.Company) string {
	w.Helper()
	return add(w, clarify.Companies(w.client), c)
}
func (w *world) person(name, company string, emails ...string) string {
	w.Helper()
	first, last, _ := strings.Cut(name, " ")
	return add(w, clarify.People(w.client), clarify.Person{Name: clarify.Name{FirstName: first, LastName: last}, CompanyID: company, EmailAddresses: emails})
}

// meeting creates one that begins now and takes an hour.
func (w *world) meeting(title string, links ...clarify.Ref) string {
	w.Helper()
	now := w.clock.Now()
	return add(w, clarify.Meetings(w.client), clarify.Meeting{Title: title, Start: now, End: now.Add(time.Hour), EventID: "adhoc-" + title}, links...)
}

// get returns a page.
func (w *world) get(path string) *httptest.ResponseRecorder {
	w.Helper()
	return w.do(httptest.NewRequest(http.MethodGet, "http://"+address+path, nil))
}

// post sends a form as a browser does from a page of the same origin.
func (w *world) post(form url.Values) *httptest.ResponseRecorder {
	w.Helper()
	return w.do(postOf(form))
}

func postOf(form url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://"+address+"/merge", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func (w *world) do(r *http.Request) *httptest.ResponseRecorder {
	w.Helper()
	rsp := httptest.NewRecorder()
	w.page.ServeHTTP(rsp, r)
	return rsp
}
