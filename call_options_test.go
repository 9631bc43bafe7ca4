package clarify_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
)

func TestOptionsOfACall(t *testing.T) {
	for name, call := range calls {
		runSynctest(t, name, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 429, "", "Retry-After", "2") })
			client := server.connect(t)

			asError(t, call(clarify.WithoutRetries(t.Context()), client))
			wantEqual(t, "requests without retries", len(server.requests()), 1)

			began := time.Now()
			ctx := clarify.WithHeader(clarify.WithHeader(t.Context(), "x-trace", "a"), "X-Trace", "b")
			asError(t, call(clarify.WithCallTimeout(clarify.WithHeader(ctx, "X-Tenant", "t 1"), 3*time.Second), client))
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("with a timeout of 3 s it took %v", took)
			}
			for i, r := range server.requests() {
				want := "b"
				if i == 0 {
					want = ""
				}
				wantEqual(t, "X-Trace", r.Header.Get("X-Trace"), want)
			}
			if n := len(server.requests()); n < 3 {
				t.Errorf("%d requests, want that one is retried before the timeout", n)
			}
			// The options are those of their context alone.
			asError(t, call(clarify.WithoutRetries(ctx), client))
			all := server.requests()
			wantEqual(t, "X-Tenant", all[len(all)-1].Header.Get("X-Tenant"), "")
			wantEqual(t, "X-Trace", all[len(all)-1].Header.Get("X-Trace"), "b")
		})
	}
}

func TestACallTimeoutEndsARequestInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		client := server.connect(t)
		for name, unknown := range map[string]bool{"read": false, "create": true} {
			began := time.Now()
			err := calls[name](clarify.WithCallTimeout(t.Context(), time.Second), client)
			wantEqual(t, "time of a "+name, time.Since(began), time.Second)
			wantIs(t, err, context.DeadlineExceeded, true)
			wantIs(t, err, clarify.ErrOutcomeUnknown, unknown)
		}
	})
}

// The caller reads an export after the call has returned.
func TestACallTimeoutBoundsAStreamUntilItIsClosed(t *testing.T) {
	for name, test := range map[string]struct {
		pause time.Duration
		fails bool
	}{"in time": {time.Second, false}, "too late": {time.Minute, true}} {
		runSynctest(t, name, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/csv")
				_, _ = io.WriteString(w, "id\n")
				w.(http.Flusher).Flush()
				select {
				case <-time.After(test.pause):
					_, _ = io.WriteString(w, "1\n")
				case <-r.Context().Done():
				}
			})
			began := time.Now()
			n, err := server.connect(t).ExportList(clarify.WithCallTimeout(t.Context(), 10*time.Second), "person", "l", io.Discard)
			if (err != nil) != test.fails {
				t.Errorf("got %d bytes, %v", n, err)
			}
			wantEqual(t, "time", time.Since(began), min(test.pause, 10*time.Second))
		})
	}
}

func TestInvalidOptionsOfACallSendNothing(t *testing.T) {
	f := responding(t, 200, emptyPage)
	client := f.client(t)
	contexts := map[string]context.Context{
		"timeout 0":         clarify.WithCallTimeout(t.Context(), 0),
		"negative timeout":  clarify.WithCallTimeout(t.Context(), -time.Second),
		"unknown class":     clarify.WithClass(t.Context(), 2),
		"no name":           clarify.WithHeader(t.Context(), "", "x"),
		"name with a space": clarify.WithHeader(t.Context(), "X Trace", "x"),
		"name with a colon": clarify.WithHeader(t.Context(), "X:Trace", "x"),
		"name in Unicode":   clarify.WithHeader(t.Context(), "X-Tracé", "x"),
		"line break":        clarify.WithHeader(t.Context(), "X-Trace", "x\r\nAuthorization: y"),
		"invalid, then not": clarify.WithHeader(clarify.WithHeader(t.Context(), "host", "x"), "X-Trace", "x"),
	}
	for _, name := range []string{
		"Authorization", "authorization", "Proxy-Authorization", "Cookie", "Host", "Content-Type", "Content-Length", "Accept", "Accept-Encoding",
		"Transfer-Encoding", "Connection", "Expect", "Te", "Trailer", "Upgrade",
	} {
		contexts[name] = clarify.WithHeader(t.Context(), name, "s3cr3t-value")
	}
	for name, ctx := range contexts {
		err := calls["read"](ctx, client)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		lacks(t, err.Error(), "s3cr3t-value")
		mentions(t, err, "clarify: With")
	}
	wantEqual(t, "requests", len(f.requests()), 0)
	var none context.Context
	for _, ctx := range []context.Context{clarify.WithoutRetries(none), clarify.WithHeader(none, "X-Trace", "x")} {
		if ctx != nil {
			t.Error("a nil context becomes another one")
		}
	}
}

func TestAnImportTakesOptionsOfACall(t *testing.T) {
	f := responding(t, 503, "")
	ctx := clarify.WithHeader(clarify.WithoutRetries(t.Context()), "X-Trace", "x")
	_, err := imported(t, clarify.People(f.client(t)).Import(ctx, slices.Values(crowd(1))))
	wantIs(t, err, clarify.ErrOutcomeUnknown, false)
	for _, r := range f.requests() {
		wantEqual(t, "X-Trace", r.Header.Get("X-Trace"), "x")
	}
	wantEqual(t, "requests", len(f.requests()), 1)
}
