package clarify_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

// inTurn calls one handler after the other, and the last one from then on.
func inTurn(handlers ...http.HandlerFunc) http.HandlerFunc {
	n := 0
	return func(w http.ResponseWriter, r *http.Request) {
		h := handlers[min(n, len(handlers)-1)]
		n++
		h(w, r)
	}
}

func status(code int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { respond(w, code, "", headers...) }
}

func TestOnlyADeletionWithUnknownOutcomeCountsAsDone(t *testing.T) {
	for _, tt := range []struct {
		name  string
		first http.HandlerFunc
		done  bool
	}{
		{"rate limited", status(429, "Retry-After", "1"), false},
		{"no response", func(w http.ResponseWriter, r *http.Request) { hangUp(w) }, true},
		{"a gateway that failed", status(502), true},
	} {
		for _, ids := range [][]string{{"a"}, {"a", "b"}} {
			runSynctest(t, fmt.Sprint(tt.name, len(ids)), func(t *testing.T) {
				server := serve(t, inTurn(tt.first, status(404)))
				err := clarify.People(server.connect(t)).Delete(t.Context(), ids...)
				if tt.done {
					if note(err); err != nil {
						t.Errorf("%v", err)
					}
					return
				}
				wantIs(t, err, clarify.ErrNotFound, true)
				if len(ids) == 1 {
					return
				}
				for _, r := range server.requests() {
					if !strings.HasSuffix(r.URI, "/records") {
						t.Errorf("%s %s was sent, although all were rejected", r.Method, r.URI)
					}
				}
			})
		}
	}
}

func TestAnUpsertWithUnknownOutcomeIsNotReportedAsNotFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, inTurn(status(502), status(404)))
		wantIs(t, calls["upsert"](t.Context(), server.connect(t)), clarify.ErrOutcomeUnknown, true)
	})
}

func TestMatchOnIsIgnoredInOperationsWithoutIt(t *testing.T) {
	server := serve(t, status(502))
	client := server.connect(t)
	_, err := client.CreateResourceWithBodyWithResponse(t.Context(), "person", nil, "application/json", strings.NewReader(`{"data":{},"match_on":"name"}`))
	wantEqual(t, "requests", len(server.requests()), 1)
	wantIs(t, err, clarify.ErrOutcomeUnknown, true)
}

func TestAPageOfAnotherServerIsNoSuccess(t *testing.T) {
	for contentType, body := range map[string]string{"text/html": "<html>Sign in</html>", "application/json": "{"} {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 200, body, "Content-Type", contentType) })
		people := clarify.People(server.connect(t))
		for name, err := range map[string]error{
			"delete":      people.Delete(t.Context(), "a"),
			"delete many": people.Delete(t.Context(), "a", "b"),
			"merge":       people.Merge(t.Context(), "a", "b"),
			"link":        people.Link(t.Context(), "a", "deals", clarify.Ref{Type: "deal", ID: "d"}),
		} {
			if !errors.Is(err, clarify.ErrOutcomeUnknown) {
				t.Errorf("%s with the response %s: got %v, want an unknown outcome", name, body, err)
			}
		}
	}
}

func TestAllProblemsOfALargeRequestAreReported(t *testing.T) {
	var problems []string
	for i := range 1000 {
		problems = append(problems, fmt.Sprintf(`{"status":"422","detail":"%s","source":{"pointer":"/data/%d"}}`, strings.Repeat("x", 100), i))
	}
	body := `{"errors":[` + strings.Join(problems, ",") + `]}`
	for _, length := range []string{"", fmt.Sprint(len(body))} {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if length != "" {
				w.Header().Set("Content-Length", length)
			}
			respond(w, 422, body)
		})
		e := asError(t, calls["create"](t.Context(), server.connect(t)))
		wantEqual(t, "errors with Content-Length "+length, len(e.Errors), 1000)
		wantEqual(t, "bytes of the body with Content-Length "+length, len(e.Body), 64<<10)
	}
}

func TestNoPartOfACredentialIsShown(t *testing.T) {
	for n := range 260 {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			respond(w, 401, strings.Repeat(".", n)+testKey+strings.Repeat(".", 300), "Content-Type", "text/plain")
		})
		err := calls["read"](t.Context(), server.connect(t))
		lacks(t, fmt.Sprint(n, ": ", err), testKey[:8])
	}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		respond(w, 401, `{"errors":[{"detail":"`+strings.Repeat(".", 64<<10-30)+testKey+`"}]}`)
	})
	e := asError(t, calls["read"](t.Context(), server.connect(t)))
	lacks(t, string(e.Body[len(e.Body)-100:]), testKey[:8])
	lacks(t, string(e.Body), testKey[:8])
}

// A debugger's or a test library's dump follows pointers by reflection.
func TestNoResponseHoldsTheCredential(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 200, emptyPage) })
	res, err := server.connect(t).GetResourcesWithResponse(t.Context(), "person", nil)
	if err != nil {
		t.Fatal(err)
	}
	if path := find(reflect.ValueOf(res), testKey, map[uintptr]bool{}); path != "" {
		t.Errorf("the credential is at res%s", path)
	}
}

func find(v reflect.Value, text string, seen map[uintptr]bool) string {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || seen[v.Pointer()] {
			return ""
		}
		seen[v.Pointer()] = true
		return find(v.Elem(), text, seen)
	case reflect.Interface:
		if v.IsNil() {
			return ""
		}
		return find(v.Elem(), text, seen)
	case reflect.Struct:
		for i := range v.NumField() {
			// A context is in use by the transport for as long as it likes.
			if v.Type().Field(i).Name == "ctx" {
				continue
			}
			if path := find(v.Field(i), text, seen); path != "" {
				return "." + v.Type().Field(i).Name + path
			}
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			if v.Kind() == reflect.Slice && strings.Contains(string(v.Bytes()), text) {
				return "[]"
			}
			return ""
		}
		for i := range v.Len() {
			if path := find(v.Index(i), text, seen); path != "" {
				return fmt.Sprintf("[%d]%s", i, path)
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if path := find(v.MapIndex(key), text, seen); path != "" {
				return fmt.Sprintf("[%v]%s", key, path)
			}
		}
	case reflect.String:
		if strings.Contains(v.String(), text) {
			return " "
		}
	}
	return ""
}

func TestARequestThatWouldMissItsDeadlineDoesNotWaitForTheRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			respond(w, 200, emptyPage, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "60")
		})
		client := server.connect(t)
		if err := calls["read"](t.Context(), client); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		err := calls["read"](ctx, client)
		wantEqual(t, "time", time.Since(began), 0)
		wantEqual(t, "RetryAfter", asError(t, err).RetryAfter, time.Minute)
		wantIs(t, err, context.DeadlineExceeded, true)
		mentions(t, err, "rate limit")
	})
}

func TestRetryAfterTakesPrecedenceOverTheReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, inTurn(
			status(429, "Retry-After", "1", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "60"),
			func(w http.ResponseWriter, r *http.Request) { respond(w, 200, emptyPage) },
		))
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		if err := calls["read"](ctx, server.connect(t)); err != nil {
			t.Errorf("%v", err)
		}
	})
}

func TestANilContextIsAnError(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 200, emptyPage) })
	client := server.connect(t)
	var none context.Context
	_, get := clarify.People(client).Get(none, "x")
	_, generated := client.GetSchemasWithResponse(none)
	for name, err := range map[string]error{"Get": get, "a generated method": generated} {
		if err == nil {
			t.Errorf("%s accepts a nil context", name)
		}
	}
	wantEqual(t, "requests", len(server.requests()), 0)
	for _, err := range clarify.People(client).All(none) {
		if err == nil {
			t.Error("All accepts a nil context")
		}
	}
	if _, err := client.CreateRecordWithResponse(none, "person", nil, gen.CreateRecordRequest{}); err == nil {
		t.Error("Create accepts a nil context")
	}
}
