package clarify_test

import (
	"context"
	"fmt"
	"io"
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

type callKey struct{}

// watcher notes events as lines. Each call and each attempt has a value in its context,
// which stands before what follows.
type watcher struct {
	mu    sync.Mutex
	lines []string
	all   []any
}

func (w *watcher) note(ctx context.Context, e any, format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	in, _ := ctx.Value(callKey{}).(string)
	w.lines = append(w.lines, strings.TrimSpace(in+" "+fmt.Sprintf(format, args...)))
	w.all = append(w.all, e)
}

func (w *watcher) observer() clarify.Observer {
	return clarify.Observer{
		RequestStarted: func(ctx context.Context, e clarify.RequestStarted) context.Context {
			w.note(ctx, e, "started %s %s %s %q", e.Method, e.Operation, e.Route, e.Object)
			return context.WithValue(ctx, callKey{}, "call")
		},
		AttemptStarted: func(ctx context.Context, e clarify.AttemptStarted) context.Context {
			w.note(ctx, e, "attempt %d, waited %v, %d bytes", e.Attempt, e.Waited, e.RequestBytes)
			return context.WithValue(ctx, callKey{}, "attempt")
		},
		AttemptFinished: func(ctx context.Context, e clarify.AttemptFinished) {
			w.note(ctx, e, "%d ended: %d %q, %d bytes, limit %+v", e.Attempt, e.Status, e.Failure, e.ResponseBytes, e.RateLimit)
		},
		Throttled: func(ctx context.Context, e clarify.Throttled) {
			w.note(ctx, e, "throttled %d for %v", e.Attempt, e.Delay)
		},
		Retried: func(ctx context.Context, e clarify.Retried) {
			w.note(ctx, e, "retried %d: %d %q, after %v", e.Attempt, e.Status, e.Failure, e.Delay.Truncate(time.Second))
		},
		TokenRefreshed: func(ctx context.Context, e clarify.TokenRefreshed) {
			w.note(ctx, e, "refreshed: rejected %v, ok %v, login %v", e.Rejected, e.OK, e.LoginRequired)
		},
		RequestFinished: func(ctx context.Context, e clarify.RequestFinished) {
			w.note(ctx, e, "finished: %d attempts, %d %q, unknown %v, throttled %v, delayed %v", e.Attempts, e.Status, e.Failure, e.OutcomeUnknown, e.Throttled, e.Delayed.Truncate(time.Second))
		},
		PageDecoded: func(ctx context.Context, e clarify.PageDecoded) {
			w.note(ctx, e, "page of %s: %d items", e.Operation, e.Items)
		},
		BatchDecided: func(ctx context.Context, e clarify.BatchDecided) {
			w.note(ctx, e, "batch of %s %s: %d inputs, %d created, %d refused, %d requests", e.Operation, e.Object, e.Inputs, e.Count(clarify.Created), e.Count(clarify.Refused), e.Requests)
		},
	}
}

func (w *watcher) wants(t *testing.T, want ...string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.lines, want) {
		t.Errorf("the events are\n%s\nwant\n%s", strings.Join(w.lines, "\n"), strings.Join(want, "\n"))
	}
	w.lines = nil
}

func TestAnObserverSeesEachStepOfARequest(t *testing.T) {
	const started = `started GET getResources /objects/{object}/resources "person"`
	page := fmt.Sprintf("%d bytes", len(emptyPage))
	for _, tt := range []struct {
		name  string
		call  string
		serve func(n int, w http.ResponseWriter)
		want  []string
	}{
		{"a success", "read", func(_ int, w http.ResponseWriter) { respond(w, 200, emptyPage) }, []string{
			started, "call attempt 1, waited 0s, 0 bytes", `attempt 1 ended: 200 "", ` + page + ", limit {Known:false Limit:0 Remaining:0 Reset:0s}",
			`call finished: 1 attempts, 200 "", unknown false, throttled 0s, delayed 0s`,
		}},
		{"429 and a wait for the rate limit", "read", func(n int, w http.ResponseWriter) {
			if n == 1 {
				respond(w, 429, "", "X-RateLimit-Limit", "9", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "30", "Retry-After", "3")
				return
			}
			respond(w, 200, emptyPage, "X-RateLimit-Limit", "9", "X-RateLimit-Remaining", "4", "X-RateLimit-Reset", "60")
		}, []string{
			started, "call attempt 1, waited 0s, 0 bytes", `attempt 1 ended: 429 "", 0 bytes, limit {Known:true Limit:9 Remaining:0 Reset:30s}`,
			`call retried 1: 429 "", after 3s`,
			"call attempt 2, waited 0s, 0 bytes", `attempt 2 ended: 200 "", ` + page + ", limit {Known:true Limit:9 Remaining:4 Reset:1m0s}",
			`call finished: 2 attempts, 200 "", unknown false, throttled 0s, delayed 3s`,
		}},
		{"a lost connection", "create", func(_ int, w http.ResponseWriter) { hangUp(w) }, []string{
			`started POST createRecord /objects/{object}/records "person"`,
			"call attempt 1, waited 0s, 36 bytes", `attempt 1 ended: 0 "connection", 0 bytes, limit {Known:false Limit:0 Remaining:0 Reset:0s}`,
			`call finished: 1 attempts, 0 "connection", unknown true, throttled 0s, delayed 0s`,
		}},
		{"a response that is cut", "create", func(_ int, w http.ResponseWriter) { respond(w, 201, `{"data":`, "Content-Length", "99") }, []string{
			`started POST createRecord /objects/{object}/records "person"`,
			"call attempt 1, waited 0s, 36 bytes", `attempt 1 ended: 201 "response", -1 bytes, limit {Known:false Limit:0 Remaining:0 Reset:0s}`,
			`call finished: 1 attempts, 201 "response", unknown true, throttled 0s, delayed 0s`,
		}},
		{"a success that is none", "read", func(_ int, w http.ResponseWriter) { respond(w, 200, "<html>", "Content-Type", "text/html") }, []string{
			started, "call attempt 1, waited 0s, 0 bytes", `attempt 1 ended: 200 "", 6 bytes, limit {Known:false Limit:0 Remaining:0 Reset:0s}`,
			`call finished: 1 attempts, 200 "response", unknown false, throttled 0s, delayed 0s`,
		}},
		{"a rejection", "create", func(_ int, w http.ResponseWriter) {
			respond(w, 422, `{"errors":[{"detail":"a@b.example is private"}]}`)
		}, []string{
			`started POST createRecord /objects/{object}/records "person"`,
			"call attempt 1, waited 0s, 36 bytes", `attempt 1 ended: 422 "", 48 bytes, limit {Known:false Limit:0 Remaining:0 Reset:0s}`,
			`call finished: 1 attempts, 422 "", unknown false, throttled 0s, delayed 0s`,
		}},
	} {
		runSynctest(t, tt.name, func(t *testing.T) {
			n := 0
			server := serve(t, func(w http.ResponseWriter, r *http.Request) { n++; tt.serve(n, w) })
			w := &watcher{}
			_ = calls[tt.call](t.Context(), server.connect(t, clarify.WithObserver(w.observer())))
			w.wants(t, tt.want...)
			for _, e := range w.all {
				lacks(t, fmt.Sprintf("%+v", e), "a@b.example")
				lacks(t, fmt.Sprintf("%+v", e), testKey)
			}
		})
	}
}

func TestAnObserverSeesHowLongARequestIsThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			respond(w, 200, emptyPage, "X-RateLimit-Limit", "9", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "20")
		})
		w := &watcher{}
		client := server.connect(t, clarify.WithObserver(w.observer()))
		for range 2 {
			if err := calls["read"](t.Context(), client); err != nil {
				t.Fatal(err)
			}
		}
		wantEqual(t, "throttled", w.lines[5], "call throttled 1 for 20s")
		wantEqual(t, "attempt", w.lines[6], "call attempt 1, waited 20s, 0 bytes")
		wantEqual(t, "end", w.lines[8], `call finished: 1 attempts, 200 "", unknown false, throttled 20s, delayed 0s`)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		asError(t, calls["read"](ctx, client))
		wantEqual(t, "end of a request that has no time", w.lines[len(w.lines)-1], `call finished: 1 attempts, 0 "throttled", unknown false, throttled 0s, delayed 0s`)
	})
}

func TestAnObserverSeesRefreshesOfTokens(t *testing.T) {
	for _, tt := range []struct {
		name   string
		refuse http.HandlerFunc
		want   []string
	}{
		{"a token that the API rejects", nil, []string{
			"call refreshed: rejected true, ok true, login false", `call retried 1: 401 "", after 0s`,
			`call finished: 2 attempts, 200 "", unknown false, throttled 0s, delayed 0s`,
		}},
		{"a grant that has ended", func(w http.ResponseWriter, _ *http.Request) { respond(w, 400, `{"error":"invalid_grant"}`) }, []string{
			"call refreshed: rejected true, ok false, login true",
			`call finished: 1 attempts, 401 "", unknown false, throttled 0s, delayed 0s`,
		}},
	} {
		runSynctest(t, tt.name, func(t *testing.T) {
			p := newPartner(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 200, emptyPage) })
			p.refuse.Store(tt.refuse)
			w := &watcher{}
			client, err := clarify.New("acme", authn.TokenSource(p.source()), clarify.WithBaseURL(testURL), clarify.WithHTTPClient(p.client), clarify.WithObserver(w.observer()))
			if err != nil {
				t.Fatal(err)
			}
			_ = calls["read"](t.Context(), client)
			w.lines = slices.DeleteFunc(w.lines, func(line string) bool {
				return !strings.Contains(line, "refreshed") && !strings.Contains(line, "retried") && !strings.Contains(line, "finished")
			})
			w.wants(t, tt.want...)
			for _, e := range w.all {
				for _, secret := range partnerSecrets {
					lacks(t, fmt.Sprintf("%+v", e), secret)
				}
			}
		})
	}
}

func TestAnObserverSeesPagesAndBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watcher{}
		srv := clarifytest.NewServer(clarifytest.WithMemoryNetwork())
		defer srv.Close()
		client, err := clarify.New(srv.Workspace, authn.APIKey(srv.APIKey), clarify.WithBaseURL(srv.BaseURL), clarify.WithHTTPClient(srv.HTTPClient()), clarify.WithObserver(w.observer()))
		if err != nil {
			t.Fatal(err)
		}
		people := clarify.People(client)
		if _, err := imported(t, people.Import(t.Context(), slices.Values(crowd(25, 3)), clarify.BatchSize(20))); err != nil {
			t.Fatal(err)
		}
		batches := slices.DeleteFunc(slices.Clone(w.lines), func(line string) bool { return !strings.HasPrefix(line, "batch") })
		want := []string{
			"batch of createBulkRecords person: 20 inputs, 19 created, 1 refused, 2 requests",
			"batch of createBulkRecords person: 5 inputs, 5 created, 0 refused, 1 requests",
		}
		if !slices.Equal(batches, want) {
			t.Errorf("the batches are %q, want %q", batches, want)
		}
		for _, options := range [][]clarify.QueryOption{nil, {clarify.Stable()}} {
			w.lines = nil
			for _, err := range people.All(t.Context(), append(options, clarify.PageSize(10))...) {
				if err != nil {
					t.Fatal(err)
				}
			}
			items := 0
			for _, line := range w.lines {
				var n int
				if _, err := fmt.Sscanf(line, "call page of getResources: %d items", &n); err == nil {
					items += n
				}
			}
			if items < 24 {
				t.Errorf("with %d options, the pages have %d items, want 24 or more", len(options), items)
			}
		}
	})
}

func TestWhatARequestInfoSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 204, "") })
		var got []clarify.RequestInfo
		var order []int
		observer := func(n int) clarify.Option {
			return clarify.WithObserver(clarify.Observer{RequestFinished: func(_ context.Context, e clarify.RequestFinished) {
				order = append(order, n)
				if n == 1 {
					got = append(got, e.RequestInfo)
				}
			}})
		}
		client := server.connect(t, observer(1), observer(2))
		for _, path := range []string{"objects/c_x%2Fy/records/1", "objects/person/access", "users", "things/private"} {
			_ = client.Do(clarify.WithClass(t.Context(), clarify.Bulk), "GET", path, nil, nil, nil)
		}
		wantEqual(t, "order", fmt.Sprint(order), "[1 2 1 2 1 2 1 2]")
		ids := map[uint64]bool{}
		for i := range got {
			ids[got[i].ID] = true
			got[i].ID = 0
		}
		wantEqual(t, "different ids", len(ids), 4)
		base := clarify.RequestInfo{Workspace: "acme", BaseURL: testURL, Host: "127.0.0.1:1", Method: "GET", Class: clarify.Bulk}
		wantEqual(t, "objects", got[0].Object+" "+got[1].Object+" "+got[2].Object, "c_x/y person ")
		wantEqual(t, "a request that the contract lacks", got[3], base)
		wantEqual(t, "users", got[2].Operation+" "+got[2].Route, "getUsers /users")
	})
}

func TestAnObserverMaySetNoContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 200, emptyPage) })
		client := server.connect(t, clarify.WithObserver(clarify.Observer{
			RequestStarted: func(context.Context, clarify.RequestStarted) context.Context { return nil },
			AttemptStarted: func(context.Context, clarify.AttemptStarted) context.Context { return nil },
		}))
		if err := calls["read"](t.Context(), client); err != nil {
			t.Error(err)
		}
	})
}

// What cannot be read into a call is an end, too.
func TestAnObserverSeesTheEndOfARequestThatIsInvalid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { t.Error("a request was sent") })
		w := &watcher{}
		client := server.connect(t, clarify.WithObserver(w.observer()))
		body := io.LimitReader(zeros{}, 17<<20)
		if _, err := client.CreateRecordWithBody(t.Context(), "person", nil, "application/json", body); err == nil {
			t.Error("a body of 17 MiB is sent")
		}
		w.wants(t, `started POST createRecord /objects/{object}/records "person"`,
			`call finished: 0 attempts, 0 "invalid", unknown false, throttled 0s, delayed 0s`)
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
