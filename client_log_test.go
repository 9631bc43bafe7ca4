package clarify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/gen"
)

func TestLogsDescribeAttemptsWithoutPersonalData(t *testing.T) {
	var out bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	n := 0
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 1 {
			respond(w, 429, `{"errors":[{"detail":"`+testKey+`"}]}`, "Retry-After", "0")
			return
		}
		respond(w, 201, `{"data":{"type":"person","id":"secret-id","attributes":{"salary":123456,"note":"very private"}}}`)
	})
	create := func(opts ...clarify.Option) string {
		out.Reset()
		n = 0
		client, err := clarify.New("acme", authn.APIKey(testKey), append(opts,
			clarify.WithBaseURL(testURL), clarify.WithHTTPClient(server.client), clarify.WithLogger(logger))...)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.CreateRecordWithResponse(t.Context(), "person", &gen.CreateRecordParams{Silent: ptr(true)}, gen.CreateRecordRequest{
			Data: gen.NewRecord{Type: "person", Attributes: gen.Attributes{"note": "very private"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	plain := create()
	for _, want := range []string{`"method":"POST"`, `"operation":"createRecord"`, `"path":"/v1/workspaces/acme/objects/person/records"`, `"status":429`, `"status":201`, `"attempt":1`, `"attempt":2`, `"duration":`, `"level":"WARN"`} {
		if !strings.Contains(plain, want) {
			t.Errorf("the log has no %s:\n%s", want, plain)
		}
	}
	for _, not := range []string{testKey, "very private", "body", "silent"} {
		if strings.Contains(plain, not) {
			t.Errorf("the log has %q:\n%s", not, plain)
		}
	}
	bodies := create(clarify.WithLogBodies())
	for _, want := range []string{`\"note\":\"(text of 12)\"`, `\"salary\":\"(number of 6)\"`} {
		if !strings.Contains(bodies, want) {
			t.Errorf("the log has no %s:\n%s", want, bodies)
		}
	}
	for _, not := range []string{testKey, "very private", "123456", "secret-id"} {
		if strings.Contains(bodies, not) {
			t.Errorf("the log has %q:\n%s", not, bodies)
		}
	}
}

func TestLogsHaveOnlyTheSizeOfABodyThatIsLargeOrNotJSON(t *testing.T) {
	for body, want := range map[string]string{
		`"` + strings.Repeat("x", 64<<10-2) + `"`: `"response_body":"\"(text of 65534)\""`,
		`"` + strings.Repeat("x", 64<<10-1) + `"`: `"response_body":"(65537 bytes)"`,
		"very private": `"response_body":"(12 bytes, not JSON)"`,
		"":             `"response_body":""`,
	} {
		var out bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 400, body) })
		_ = calls["read"](t.Context(), server.connect(t, clarify.WithLogger(logger), clarify.WithLogBodies()))
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log has no %s:\n%.1000s", want, out.String())
		}
		lacks(t, out.String(), "very private")
	}
}

// A server may return the credential; an error must not contain it.
func TestNothingShowsTheCredential(t *testing.T) {
	const token = "token+of/the?test&7f3a"
	echo := url.QueryEscape(token) + " " + token
	for name, handle := range map[string]http.HandlerFunc{
		"in an error document": func(w http.ResponseWriter, r *http.Request) {
			respond(w, 401, fmt.Sprintf(`{"errors":[{"status":%q,"title":%q,"detail":%q,"source":{"pointer":%q}}]}`, echo, echo, echo, echo), "X-Request-Id", echo)
		},
		"in a text":               func(w http.ResponseWriter, r *http.Request) { respond(w, 500, echo, "Content-Type", "text/plain") },
		"in a success of no JSON": func(w http.ResponseWriter, r *http.Request) { respond(w, 200, echo, "Content-Type", echo) },
		"in a broken success":     func(w http.ResponseWriter, r *http.Request) { respond(w, 200, `{"data":{"id":"`+token) },
		"nowhere":                 func(w http.ResponseWriter, r *http.Request) { hangUp(w) },
	} {
		server := serve(t, handle)
		client, err := clarify.New("acme", authn.Bearer(token), clarify.WithBaseURL(testURL), clarify.WithHTTPClient(server.client), clarify.WithRetries(0))
		if err != nil {
			t.Fatal(err)
		}
		for kind, call := range calls {
			err := call(t.Context(), client)
			if err == nil {
				continue
			}
			for ; err != nil; err = errors.Unwrap(err) {
				shown := fmt.Sprintf("%v %+v %#v %q %s", err, err, err, err, err)
				var e *clarify.Error
				if errors.As(err, &e) {
					shown += fmt.Sprintf("%s %+v %s", e.Body, e.Errors, e.RequestID)
				}
				shown = name + ", " + kind + ": " + shown
				lacks(t, shown, token)
				lacks(t, shown, url.QueryEscape(token))
			}
		}
		for _, v := range []any{client, *client} {
			lacks(t, fmt.Sprintf("%v %+v", v, v), token)
		}
	}
}

func TestTheResponsesRequestDoesNotShowTheCredential(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 200, emptyPage) })
	res, err := server.connect(t).GetResourcesWithResponse(t.Context(), "person", nil)
	if err != nil {
		t.Fatal(err)
	}
	lacks(t, fmt.Sprintf("%+v", res.HTTPResponse.Request), testKey)

	const own = "key-of-the-caller"
	var made *http.Request
	res, err = server.connect(t).GetResourcesWithResponse(t.Context(), "person", nil, func(_ context.Context, req *http.Request) error {
		made = req
		return authn.APIKey(own)(t.Context(), req)
	})
	if err != nil {
		t.Fatal(err)
	}
	lacks(t, fmt.Sprintf("%+v", res.HTTPResponse.Request), own)
	if made.Header.Get("Authorization") == "" {
		t.Error("the caller's request was changed")
	}
}
