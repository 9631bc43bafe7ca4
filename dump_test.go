package clarify_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
)

func TestADumpHasEachAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if n++; n == 1 {
				respond(w, 429, `{"errors":[{"detail":"Slow down."}]}`, "Retry-After", "1")
				return
			}
			respond(w, 201, `{"data":{"type":"person","id":"p1","attributes":{"name":null}}}`, "Set-Cookie", "session=s3cr3t-cookie")
		})
		var out bytes.Buffer
		client := server.connect(t, clarify.WithDump(&out))
		ctx := clarify.WithHeader(clarify.WithHeader(t.Context(), "X-Partner-Token", "s3cr3t-partner"), "X-Trace", "trace-1")
		if _, err := clarify.People(client).Create(ctx, clarify.Person{JobTitle: "Engineer"}); err != nil {
			t.Fatal(err)
		}
		mentionsAll(t, out.String(),
			"# acme, call ", ", attempt 1\n", ", attempt 2\n",
			"> POST /v1/workspaces/acme/objects/person/records\n", "> Host: 127.0.0.1:1\n", "> Authorization: [redacted]\n", "> Content-Type: application/json\n",
			"> X-Trace: trace-1\n", "> X-Partner-Token: [redacted]\n", `"job_title":"Engineer"`, "> User-Agent: clarify-go/",
			"< HTTP/1.1 429 Too Many Requests\n", "< Retry-After: 1\n", `< {"errors":[{"detail":"Slow down."}]}`+"\n",
			"< HTTP/1.1 201 Created\n", "< Set-Cookie: [redacted]\n", `"id":"p1"`)
		lacks(t, out.String(), testKey)
		lacks(t, out.String(), "s3cr3t")
	})
}

func TestADumpHasNoSecret(t *testing.T) {
	for name, tt := range map[string]struct {
		call  string
		serve http.HandlerFunc
		want  string
	}{
		"the credential in a response": {"read", func(w http.ResponseWriter, r *http.Request) {
			respond(w, 400, `{"you sent":"`+r.Header.Get("Authorization")+`"}`, "X-Echo", r.Header.Get("Authorization"))
		}, "[redacted]"},
		"the credential where a body is cut": {"read", func(w http.ResponseWriter, r *http.Request) {
			respond(w, 400, strings.Repeat("x", 64<<10-9)+testKey+strings.Repeat("y", 100))
		}, "bytes more)"},
		"signed URLs": {"read by POST", func(w http.ResponseWriter, r *http.Request) {
			respond(w, 200, `{"data":{"url":"https://storage.example/x?signature=`+testKey+`"}}`)
		}, `"url":"(text of `},
		"a lost connection": {"read", func(w http.ResponseWriter, r *http.Request) { hangUp(w) }, "! "},
	} {
		runSynctest(t, name, func(t *testing.T) {
			server := serve(t, tt.serve)
			var out bytes.Buffer
			_ = calls[tt.call](t.Context(), server.connect(t, clarify.WithDump(&out), clarify.WithRetries(0)))
			mentionsAll(t, out.String(), tt.want)
			lacks(t, out.String(), testKey[:12])
		})
	}
}

// A stream is the caller's, and stays whole.
func TestADumpLeavesStreamsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 200, "id\n1\n", "Content-Type", "text/csv") })
		var out, csv bytes.Buffer
		if _, err := server.connect(t, clarify.WithDump(&out)).ExportList(t.Context(), "person", "l", &csv); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "export", csv.String(), "id\n1\n")
		mentionsAll(t, out.String(), "< (a stream)")
	})
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestADumpThatCannotBeWrittenFailsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 200, emptyPage) })
		if err := calls["read"](t.Context(), server.connect(t, clarify.WithDump(brokenWriter{}))); err != nil {
			t.Error(err)
		}
	})
}

// Concurrent requests of two clients come out whole in one dump and one log, and each
// attempt says which call it belongs to.
func TestAttemptsOfSeveralClientsAreKeptApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		seen := map[string]bool{}
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			again := seen[r.URL.RawQuery]
			seen[r.URL.RawQuery] = true
			mu.Unlock()
			if !again {
				respond(w, 503, "")
				return
			}
			respond(w, 200, `{"q":"`+r.URL.RawQuery+`"}`)
		})
		var logged recorder
		dumps := map[string]*bytes.Buffer{"acme": {}, "umbrella": {}}
		logger := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
		var group sync.WaitGroup
		for workspace, out := range dumps {
			client, err := clarify.New(workspace, authn.APIKey(testKey), clarify.WithBaseURL(testURL), clarify.WithHTTPClient(server.client),
				clarify.WithDump(out), clarify.WithLogger(logger), clarify.WithLimiter(clarify.NewLimiter()))
			if err != nil {
				t.Fatal(err)
			}
			for i := range 10 {
				group.Go(func() {
					if err := client.Do(t.Context(), "GET", "things", map[string][]string{"q": {fmt.Sprintf("%s-%d", workspace, i)}}, nil, nil); err != nil {
						t.Error(err)
					}
				})
			}
		}
		group.Wait()
		numbers := map[string]string{}
		attempts := regexp.MustCompile(`workspace=(\w+) call=(\d+) .*attempt=(\d)`).FindAllStringSubmatch(logged.buf.String(), -1)
		wantEqual(t, "lines of the log", len(attempts), 20*3)
		for _, a := range attempts {
			if other, ok := numbers[a[2]]; ok && other != a[1] {
				t.Errorf("call %s is one of %s and of %s", a[2], other, a[1])
			}
			numbers[a[2]] = a[1]
		}
		wantEqual(t, "calls", len(numbers), 20)
		for workspace, out := range dumps {
			heads := regexp.MustCompile(`(?m)^# (\w+), call (\d+), attempt (\d)$`).FindAllStringSubmatch(out.String(), -1)
			wantEqual(t, "attempts in the dump of "+workspace, len(heads), 20)
			for _, h := range heads {
				wantEqual(t, "workspace of call "+h[2], numbers[h[2]], h[1])
			}
			for block := range strings.SplitSeq(strings.TrimSpace(out.String()), "\n\n") {
				if !strings.HasPrefix(block, "# ") || strings.Count(block, "\n# ") > 0 || !strings.Contains(block, "\n< HTTP/1.1 ") {
					t.Errorf("an attempt is not whole:\n%s", block)
				}
			}
		}
	})
}
