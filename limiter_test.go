package clarify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
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

// notingLimiter notes what it is asked and told, and fails if it has an error.
type notingLimiter struct {
	err error

	mu       sync.Mutex
	asked    []clarify.LimitRequest
	released []string // the slot and what remains
}

func (l *notingLimiter) Acquire(_ context.Context, r clarify.LimitRequest) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, r)
	return int64(100 + len(l.asked)), l.err
}

func (l *notingLimiter) Release(r clarify.LimitRequest, slot int64, header http.Header) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.released = append(l.released, fmt.Sprintf("%s %d %q", r.Operation, slot, header.Get("X-RateLimit-Remaining")))
}

func TestALimiterIsAskedBeforeEachAttemptAndToldItsResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			switch n++; n {
			case 1:
				hangUp(w)
			case 2:
				respond(w, 429, "", "X-RateLimit-Remaining", "0")
			default:
				respond(w, 200, emptyPage, "X-RateLimit-Remaining", "7")
			}
		})
		limiter := &notingLimiter{}
		if err := calls["read"](t.Context(), server.connect(t, clarify.WithLimiter(limiter))); err != nil {
			t.Fatal(err)
		}
		want := []string{`getResources 101 ""`, `getResources 102 "0"`, `getResources 103 "7"`}
		if !slices.Equal(limiter.released, want) {
			t.Errorf("it was told %q, want %q", limiter.released, want)
		}
		wantEqual(t, "times asked", len(limiter.asked), 3)
		wantEqual(t, "workspace", limiter.asked[0].Workspace, "http://127.0.0.1:1/v1/workspaces/acme")
		wantEqual(t, "operation", limiter.asked[0].Operation, "getResources")
		wantEqual(t, "class", limiter.asked[0].Class, clarify.Interactive)
	})
}

func TestTheClassOfARequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := clarifytest.NewServer(clarifytest.WithMemoryNetwork())
		defer srv.Close()
		limiter := &notingLimiter{}
		client, err := clarify.New(srv.Workspace, authn.APIKey(srv.APIKey), clarify.WithBaseURL(srv.BaseURL), clarify.WithHTTPClient(srv.HTTPClient()), clarify.WithLimiter(limiter))
		if err != nil {
			t.Fatal(err)
		}
		people := clarify.People(client)
		imports := func(ctx context.Context) error {
			_, err := imported(t, people.Import(ctx, slices.Values(crowd(3))))
			return err
		}
		creates := func(ctx context.Context) error {
			_, err := people.Create(ctx, clarify.Person{})
			return err
		}
		for _, tt := range []struct {
			name string
			ctx  context.Context
			call func(context.Context) error
			want clarify.Class
		}{
			{"a create", t.Context(), creates, clarify.Interactive},
			{"a create that says so", clarify.WithClass(t.Context(), clarify.Bulk), creates, clarify.Bulk},
			{"an import", t.Context(), imports, clarify.Bulk},
			{"an import that says so", clarify.WithClass(t.Context(), clarify.Interactive), imports, clarify.Interactive},
		} {
			if err := tt.call(tt.ctx); err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "class of "+tt.name, limiter.asked[len(limiter.asked)-1].Class, tt.want)
		}
		wantEqual(t, "names", fmt.Sprint(clarify.Interactive, clarify.Bulk, clarify.Class(7)), "interactive bulk Class(7)")
	})
}

func TestALimiterThatFailsStopsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 200, emptyPage) })
		var out bytes.Buffer
		limiter := &notingLimiter{err: errors.New("connection refused for " + testKey)}
		failed := 0
		client := server.connect(t, clarify.WithLimiter(limiter), clarify.WithLogger(slog.New(slog.NewTextHandler(&out, nil))),
			clarify.WithObserver(clarify.Observer{LimiterFailed: func(_ context.Context, e clarify.LimiterFailed) { failed++ }}))
		read := func(n int) {
			for range n {
				if err := calls["read"](t.Context(), client); err != nil {
					t.Fatal(err)
				}
			}
		}
		read(30)
		time.Sleep(10 * time.Second)
		read(1)
		wantEqual(t, "releases", len(limiter.released), 0)
		wantEqual(t, "failures that the observer was told of", failed, 31)
		wantEqual(t, "lines of the log", strings.Count(out.String(), "the limiter failed"), 2)
		mentionsAll(t, out.String(), "connection refused", "failures=1", "failures=30")
	})
}

func mentionsAll(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q does not mention %q", text, word)
		}
	}
}

func TestAThrottledRequestFailsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { t.Error("a request was sent") })
		limiter := &notingLimiter{err: &clarify.ThrottledError{Delay: 40 * time.Second}}
		err := calls["read"](t.Context(), server.connect(t, clarify.WithLimiter(limiter)))
		wantEqual(t, "delay", asError(t, err).RetryAfter, 40*time.Second)
		wantIs(t, err, context.DeadlineExceeded, true)
		wantEqual(t, "times asked", len(limiter.asked), 1)
	})
}

// Two clients of one workspace know of each other's requests, and one of another
// workspace does not.
func TestClientsOfAWorkspaceShareTheRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := clarifytest.NewServer(clarifytest.WithMemoryNetwork(), clarifytest.WithRateLimit(10))
		defer srv.Close()
		connect := func(base string, opts ...clarify.Option) *clarify.Client {
			client, err := clarify.New(srv.Workspace, authn.APIKey(srv.APIKey), append(opts, clarify.WithBaseURL(base), clarify.WithHTTPClient(srv.HTTPClient()))...)
			if err != nil {
				t.Fatal(err)
			}
			return client
		}
		first := connect(srv.BaseURL)
		for range 10 {
			if err := calls["read"](t.Context(), first); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		// The host is the same in another form.
		for name, base := range map[string]string{"same": srv.BaseURL, "upper case": strings.Replace(srv.BaseURL, "http:", "HTTP:", 1) + "/"} {
			var throttled *clarify.ThrottledError
			if err := calls["read"](ctx, connect(base)); !errors.As(err, &throttled) {
				t.Errorf("%s: the error is %v, want that it is throttled", name, err)
			}
		}
		wantIs(t, calls["read"](ctx, connect(srv.BaseURL, clarify.WithLimiter(clarify.NewLimiter()))), context.DeadlineExceeded, false)
	})
}

func TestInvalidLimitersAndObservers(t *testing.T) {
	var none *notingLimiter
	for name, option := range map[string]clarify.Option{
		"nil limiter":                  clarify.WithLimiter(nil),
		"nil pointer":                  clarify.WithLimiter(none),
		"an observer without function": clarify.WithObserver(clarify.Observer{}),
		"nil dump":                     clarify.WithDump(nil),
	} {
		if _, err := clarify.New("acme", authn.APIKey(testKey), option); err == nil || !strings.HasPrefix(err.Error(), "clarify: ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
