package clarify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
)

func TestDoSendsWhatItIsGiven(t *testing.T) {
	for _, tt := range []struct {
		name, method, path string
		query              url.Values
		body               any
		uri, sent          string
	}{
		{"a path", "GET", "things", nil, nil, "/things", ""},
		{"a slash before it", "GET", "/things/1", nil, nil, "/things/1", ""},
		{"a query", "GET", "things", url.Values{"filter[name][Is]": {"a b"}}, nil, "/things?filter%5Bname%5D%5BIs%5D=a+b", ""},
		{"a segment with a slash", "DELETE", "things/" + url.PathEscape("a/b"), nil, nil, "/things/a%2Fb", ""},
		{"a segment that climbs, as data", "DELETE", "things/" + url.PathEscape("../../other"), nil, nil, "/things/..%2F..%2Fother", ""},
		{"a segment that is not escaped", "GET", "things/a b|é", nil, nil, "/things/a%20b%7C%C3%A9", ""},
		{"a percent sign", "GET", "things/100%25", nil, nil, "/things/100%25", ""},
		{"a value", "POST", "things", nil, map[string]any{"name": "<a>"}, "/things", `{"name":"<a>"}`},
		{"JSON", "PATCH", "things/1", nil, json.RawMessage(`{"a": 1.50}`), "/things/1", `{"a":1.50}`},
		{"bytes", "PUT", "things/1", nil, []byte(`[1]`), "/things/1", `[1]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := responding(t, 200, `{"n":12345678901234567890.10}`)
			var out map[string]any
			if err := f.client(t).Do(t.Context(), tt.method, tt.path, tt.query, tt.body, &out); err != nil {
				t.Fatal(err)
			}
			r := f.requests()[0]
			wantEqual(t, "method", r.Method, tt.method)
			wantEqual(t, "URI", r.URI, "/v1/workspaces/acme"+tt.uri)
			wantEqual(t, "body", r.Body, tt.sent)
			wantEqual(t, "content type", r.Header.Get("Content-Type"), map[bool]string{true: "application/json"}[tt.sent != ""])
			wantEqual(t, "credential", r.Header.Get("Authorization"), "api-key "+testKey)
			wantEqual(t, "number", fmt.Sprint(out["n"]), "12345678901234567890.10")
		})
	}
}

func TestDoSendsNothingInvalid(t *testing.T) {
	f := responding(t, 200, `{}`)
	client := f.client(t)
	var none context.Context
	var nilMap *map[string]any
	var nilBuffer *bytes.Buffer
	for name, err := range map[string]error{
		"nil context":     client.Do(none, "GET", "x", nil, nil, nil),
		"no method":       client.Do(t.Context(), "", "x", nil, nil, nil),
		"lower case":      client.Do(t.Context(), "get", "x", nil, nil, nil),
		"CONNECT":         client.Do(t.Context(), "CONNECT", "x", nil, nil, nil),
		"an open value":   client.Do(t.Context(), "POST", "x", nil, make(chan int), nil),
		"broken JSON":     client.Do(t.Context(), "POST", "x", nil, json.RawMessage(`{`), nil),
		"out is a value":  client.Do(t.Context(), "GET", "x", nil, nil, map[string]any{}),
		"out is nil":      client.Do(t.Context(), "GET", "x", nil, nil, nilMap),
		"a nil writer":    client.Do(t.Context(), "GET", "x", nil, nil, nilBuffer),
		"an owned header": client.Do(clarify.WithHeader(t.Context(), "Authorization", "x"), "GET", "x", nil, nil, nil),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "clarify: ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, path := range []string{
		"", "/", "//", "a//b", "a/", "//evil.example/a", "https://evil.example/a", "http:/evil", ".", "..", "../other/things", "a/../../b", "a/./b",
		"%2e%2e/b", "a/%2E%2e", "a/%2e", "a?b=c", "a#b", "a/%", "a/%zz",
	} {
		if path == "http:/evil" {
			continue // these are two segments
		}
		if err := client.Do(t.Context(), "GET", path, nil, nil, nil); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", path)) {
			t.Errorf("%q: got %v", path, err)
		}
	}
	wantEqual(t, "requests", len(f.requests()), 0)
}

func FuzzDoStaysBelowTheWorkspace(f *testing.F) {
	for _, path := range []string{"a", "../b", "a/%2e%2e/b", "a%2f..", `..\b`, "%252e%252e", "a;b/:c", "\x00", "é/🙂", "//x", "a/%C0%AE"} {
		f.Add(path)
	}
	server := newFake(f, func(_ *fake, w http.ResponseWriter, _ *http.Request) { respond(w, 200, `{}`) })
	client := server.client(f)
	f.Fuzz(func(t *testing.T, path string) {
		before := len(server.requests())
		err := client.Do(t.Context(), "GET", path, nil, nil, nil)
		all := server.requests()[before:]
		if err != nil {
			wantEqual(t, "requests of an invalid path", len(all), 0)
			return
		}
		uri := all[len(all)-1].URI
		rest, below := strings.CutPrefix(uri, "/v1/workspaces/acme/")
		if !below {
			t.Fatalf("%q leads to %s", path, uri)
		}
		for segment := range strings.SplitSeq(rest, "/") {
			data, err := url.PathUnescape(segment)
			if err != nil || data == "" || data == "." || data == ".." {
				t.Errorf("%q leads to %s", path, uri)
			}
		}
	})
}

func TestDoRetriesWhatItsMethodAllows(t *testing.T) {
	for method, want := range map[string]int{"GET": 3, "HEAD": 3, "PUT": 3, "DELETE": 3, "POST": 1, "PATCH": 1} {
		runSynctest(t, method, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 500, "") })
			e := asError(t, server.connect(t, clarify.WithRetries(2)).Do(t.Context(), method, "things", nil, nil, nil))
			wantEqual(t, "requests", len(server.requests()), want)
			wantEqual(t, "attempts", e.Attempts, want)
			wantEqual(t, "status", e.StatusCode, 500)
			wantEqual(t, "operation", e.Operation, "")
			wantEqual(t, "unknown outcome", e.OutcomeUnknown, method != "GET" && method != "HEAD")
		})
	}
}

func TestWhatDoReads(t *testing.T) {
	var text bytes.Buffer
	var value struct{ A int }
	for _, tt := range []struct {
		name, method, path string
		status             int
		contentType, body  string
		out                any
		wrong              string
	}{
		{"a value", "GET", "things", 200, "application/json", `{"A":1}`, &value, ""},
		{"no body", "DELETE", "things/1", 204, "", "", &value, ""},
		{"a body that nobody wants", "GET", "things", 200, "application/json", `{"A":1}`, nil, ""},
		{"bytes", "GET", "things", 200, "text/plain", "plain", &text, ""},
		{"HEAD", "HEAD", "things", 200, "application/json", `{"A":1}`, &text, ""},
		{"a stream", "POST", "objects/person/lists/l/rows/csv", 200, "text/csv", "id\n", &text, ""},
		{"a stream that nobody wants", "POST", "objects/person/lists/l/rows/csv", 200, "text/csv", "id\n", nil, ""},
		{"no JSON", "GET", "things", 200, "text/html", "<html>", &value, "what the contract says"},
		{"another type", "GET", "things", 200, "application/json", `{"A":"x"}`, &value, "what the contract says"},
		{"404", "GET", "things", 404, "application/json", `{"errors":[{"detail":"No such thing."}]}`, &value, "No such thing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text.Reset()
			value.A = 0
			f := newFake(t, func(_ *fake, w http.ResponseWriter, _ *http.Request) {
				respond(w, tt.status, tt.body, "Content-Type", tt.contentType)
			})
			err := f.client(t).Do(t.Context(), tt.method, tt.path, nil, nil, tt.out)
			switch {
			case tt.wrong != "":
				asError(t, err)
				mentions(t, err, tt.wrong)
			case err != nil:
				t.Fatal(err)
			case tt.out == &text && tt.method != "HEAD":
				wantEqual(t, "bytes", text.String(), tt.body)
			case tt.name == "a value":
				wantEqual(t, "A", value.A, 1)
			}
		})
	}
}
