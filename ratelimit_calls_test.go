package clarify_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
)

func TestRequestsWaitForTheResetOfTheirEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				respond(w, 200, emptyPage, "X-RateLimit-Limit", "3000", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "40")
				return
			}
			respond(w, 201, oneRecord, "X-RateLimit-Limit", "3000", "X-RateLimit-Remaining", "2999", "X-RateLimit-Reset", "60")
		})
		client := server.connect(t)
		began := time.Now()
		for i := range 3 {
			if err := calls["read"](t.Context(), client); err != nil {
				t.Fatal(err)
			}
			wantEqual(t, fmt.Sprintf("time until request %d was sent", i+1), time.Since(began), time.Duration(i)*40*time.Second)
		}
		at := time.Now()
		if err := calls["create"](t.Context(), client); err != nil {
			t.Error(err)
		}
		wantEqual(t, "time that a request to another endpoint waits", time.Since(at), 0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		sent := len(server.requests())
		wantIs(t, calls["read"](ctx, client), context.DeadlineExceeded, true)
		wantEqual(t, "requests", len(server.requests()), sent)
	})
}

func TestRequestsOutsideTheContractAreNotThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			respond(w, 200, emptyPage, "X-RateLimit-Limit", "9", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "40")
		})
		client := server.connect(t)
		began := time.Now()
		for _, path := range []string{"/some", "/other"} {
			_, err := client.GetSchemasWithResponse(t.Context(), func(_ context.Context, r *http.Request) error {
				r.URL = r.URL.JoinPath(path)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		wantEqual(t, "time that they wait", time.Since(began), 0)
		wantEqual(t, "requests", len(server.requests()), 2)
	})
}

func TestWaitingForTheRateLimitIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			respond(w, 200, emptyPage, "X-RateLimit-Limit", "9", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "40")
		})
		var out bytes.Buffer
		logged := server.connect(t, clarify.WithLogger(slog.New(slog.NewJSONHandler(&out, nil))))
		silent, err := clarify.New("acme", authn.APIKey(testKey), clarify.WithBaseURL(testURL), clarify.WithHTTPClient(server.client))
		if err != nil {
			t.Fatal(err)
		}
		for _, client := range []*clarify.Client{logged, silent} {
			for range 2 {
				if err := calls["read"](t.Context(), client); err != nil {
					t.Fatal(err)
				}
			}
		}
		const want = `"msg":"clarify: request waits for the rate limit"`
		wantEqual(t, "times that waiting is logged", strings.Count(out.String(), want), 1)
		if want := `"wait":40000000000`; !strings.Contains(out.String(), want) {
			t.Errorf("the log has no %s:\n%s", want, out.String())
		}
	})
}

// Of ten concurrent requests only two fit into the window that the first request
// opened, and three into each later one.
func TestConcurrentRequestsStayWithinTheReportedLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const window = 60 * time.Second
		var times []time.Time
		server := serve(t, nil)
		server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			server.mu.Lock()
			now := time.Now()
			recent := 0
			for _, at := range times {
				if now.Sub(at) < window {
					recent++
				}
			}
			times = append(times, now)
			server.mu.Unlock()
			if recent >= 3 {
				t.Errorf("a request was sent although there were %d in the last minute", recent)
				respond(w, 429, "", "X-RateLimit-Limit", "3", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "60")
				return
			}
			respond(w, 200, emptyPage, "X-RateLimit-Limit", "3", "X-RateLimit-Remaining", fmt.Sprint(2-recent), "X-RateLimit-Reset", "60")
		})
		client := server.connect(t)
		if err := calls["read"](t.Context(), client); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		const concurrent = 10
		done := make(chan error)
		for range concurrent {
			go func() { done <- calls["read"](t.Context(), client) }()
		}
		for range concurrent {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		// 2 requests, and 3, 3 and 2 in the minutes after that.
		wantEqual(t, "time for all requests", time.Since(began), 3*window)
		wantEqual(t, "requests", len(times), 1+concurrent)
	})
}
