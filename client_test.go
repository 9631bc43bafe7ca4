package clarify_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/rerun"
)

func TestNewRejectsInvalidArguments(t *testing.T) {
	auth := authn.APIKey(testKey)
	const like = "such as https://api.clarify.ai/v1"
	const extra = "clarify: invalid base URL: must not have a user, query or fragment, as in https://api.clarify.ai/v1"
	for _, tt := range []struct {
		name      string
		workspace string
		auth      authn.RequestEditorFn
		opt       clarify.Option
		want      string
	}{
		{"no workspace", "", auth, nil, `clarify: invalid workspace "": must be the slug in the URL of the app, such as acme`},
		{"a workspace that climbs", "..", auth, nil, `clarify: invalid workspace "..": must be the slug in the URL of the app, such as acme`},
		{"no editor", "acme", nil, nil, "clarify: nil auth: must be authn.APIKey(key), authn.TokenSource(source) or another editor of authn"},
		{"a base URL without a scheme", "acme", auth, clarify.WithBaseURL("api.clarify.ai/v1"), `clarify: invalid base URL "api.clarify.ai/v1": must be an absolute http or https URL ` + like},
		{"a base URL of another scheme", "acme", auth, clarify.WithBaseURL("ftp://api.clarify.ai/v1"), `clarify: invalid base URL "ftp://api.clarify.ai/v1": must be an absolute http or https URL ` + like},
		{"a base URL without a host", "acme", auth, clarify.WithBaseURL("https://:443/v1"), `clarify: invalid base URL "https://:443/v1": must be an absolute http or https URL ` + like},
		{"a base URL with a query", "acme", auth, clarify.WithBaseURL("https://api.clarify.ai/v1?a=b"), extra},
		{"a base URL with a user", "acme", auth, clarify.WithBaseURL("https://user:" + testKey + "@api.clarify.ai/v1"), extra},
		{"a base URL that is malformed", "acme", auth, clarify.WithBaseURL("https://a b:" + testKey + "@/"), "clarify: invalid base URL: must be a URL " + like},
		{"a nil HTTP client", "acme", auth, clarify.WithHTTPClient(nil), "clarify: nil HTTP client"},
		{"a nil logger", "acme", auth, clarify.WithLogger(nil), "clarify: nil logger"},
		{"negative retries", "acme", auth, clarify.WithRetries(-1), "clarify: retries must be 0 or more, got -1"},
		{"no user agent", "acme", auth, clarify.WithUserAgent(""), `clarify: invalid user agent "": must be printable ASCII such as importer/1.2`},
		{"a user agent with a line break", "acme", auth, clarify.WithUserAgent("a\r\nb"), `clarify: invalid user agent "a\r\nb": must be printable ASCII such as importer/1.2`},
		{"no response", "acme", auth, clarify.WithMaxResponseSize(0), "clarify: maximum response size must be 1 or more bytes, got 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var opts []clarify.Option
			if tt.opt != nil {
				opts = append(opts, tt.opt)
			}
			client, err := clarify.New(tt.workspace, tt.auth, opts...)
			if client != nil {
				t.Error("there is a client")
			}
			if err == nil {
				t.Fatal("got no error")
			}
			if err.Error() != tt.want {
				t.Errorf("got  %s\nwant %s", err, tt.want)
			}
			if strings.Contains(err.Error(), testKey) {
				t.Errorf("the error has a credential: %v", err)
			}
		})
	}
	if _, err := clarify.New("acme", auth, nil); err == nil {
		t.Error("a nil option is taken")
	}
}

func TestRequestsGoToTheBaseURL(t *testing.T) {
	for _, tt := range []struct{ workspace, base, want string }{
		{"acme", "", "https://api.clarify.ai/v1/workspaces/acme/schemas"},
		{"a/b ü", "", "https://api.clarify.ai/v1/workspaces/a%2Fb%20%C3%BC/schemas"},
		{"acme", "https://sandbox.example/clarify/v1/", "https://sandbox.example/clarify/v1/workspaces/acme/schemas"},
		{"acme", "http://127.0.0.1:80", "http://127.0.0.1:80/workspaces/acme/schemas"},
	} {
		var sent *http.Request
		hc := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			sent = r
			return nil, errors.New("enough")
		})}
		opts := []clarify.Option{clarify.WithHTTPClient(hc), clarify.WithRetries(0)}
		if tt.base != "" {
			opts = append(opts, clarify.WithBaseURL(tt.base))
		}
		client, err := clarify.New(tt.workspace, authn.APIKey(testKey), opts...)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = client.GetSchemasWithResponse(t.Context())
		if sent == nil {
			t.Fatal("nothing was sent")
		}
		wantEqual(t, "URL", sent.URL.String(), tt.want)
		wantEqual(t, "Authorization", sent.Header.Get("Authorization"), "api-key "+testKey)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestUserAgentNamesTheModule(t *testing.T) {
	for want, opts := range map[string][]clarify.Option{
		"clarify-go/":  nil,
		"importer/1.2": {clarify.WithUserAgent("importer/1.2")},
	} {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 200, emptyPage) })
		if err := calls["read"](t.Context(), server.connect(t, opts...)); err != nil {
			t.Fatal(err)
		}
		if got := server.requests()[0].Header.Get("User-Agent"); !strings.HasPrefix(got, want) {
			t.Errorf("User-Agent %q, want %q", got, want)
		}
	}
}

func TestTheEditorIsCalledForEachAttempt(t *testing.T) {
	var n atomic.Int32
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Load() < 3 {
			respond(w, 429, "", "Retry-After", "0")
			return
		}
		respond(w, 200, emptyPage)
	})
	key := authn.APIKeyFunc(func(context.Context) (string, error) { return fmt.Sprintf("key-number-%d", n.Add(1)), nil })
	client, err := clarify.New("acme", key, clarify.WithBaseURL(testURL), clarify.WithHTTPClient(server.client))
	if err != nil {
		t.Fatal(err)
	}
	if err := calls["read"](t.Context(), client); err != nil {
		t.Fatal(err)
	}
	for i, r := range server.requests() {
		if got, want := r.Header.Get("Authorization"), fmt.Sprintf("api-key key-number-%d", i+1); got != want {
			t.Errorf("attempt %d sent %q, want %q", i+1, got, want)
		}
	}
}

func TestAnEditorThatFailsSendsNothing(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 200, emptyPage) })
	client, err := clarify.New("acme", authn.APIKey("Bearer "+testKey), clarify.WithBaseURL(testURL), clarify.WithHTTPClient(server.client))
	if err != nil {
		t.Fatal(err)
	}
	err = calls["create"](t.Context(), client)
	wantIs(t, err, authn.ErrCredential, true)
	wantIs(t, err, clarify.ErrOutcomeUnknown, false)
	wantEqual(t, "requests", len(server.requests()), 0)
}

// The credential stays with the API, whatever redirects and editors do.
func TestTheCredentialGoesNowhereElse(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		elsewhere.Add(1)
		respond(w, 200, emptyPage)
	}))
	defer other.Close()

	t.Run("by a redirect", func(t *testing.T) {
		for _, status := range []int{301, 302, 303, 307, 308} {
			for _, target := range []string{other.URL + "/v1/workspaces/acme/objects/person/resources", "http://127.0.0.1/elsewhere", "/elsewhere"} {
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/elsewhere" {
						elsewhere.Add(1)
					}
					http.Redirect(w, r, target, status)
				}))
				client, err := clarify.New("acme", authn.APIKey(testKey), clarify.WithBaseURL(server.URL+"/v1"), clarify.WithRetries(0),
					clarify.WithHTTPClient(&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}))
				if err != nil {
					t.Fatal(err)
				}
				err = calls["read"](t.Context(), client)
				wantEqual(t, "status", asError(t, err).StatusCode, status)
				mentions(t, err, "redirects are not followed")
				server.Close()
			}
		}
	})
	t.Run("by an editor of the call", func(t *testing.T) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { respond(w, 200, emptyPage) }))
		defer server.Close()
		client, err := clarify.New("acme", authn.APIKey(testKey), clarify.WithBaseURL(server.URL+"/v1"))
		if err != nil {
			t.Fatal(err)
		}
		otherURL, err := url.Parse(other.URL)
		if err != nil {
			t.Fatal(err)
		}
		for name, edit := range map[string]func(*http.Request){
			"to another host":      func(r *http.Request) { r.URL.Host = otherURL.Host },
			"to another scheme":    func(r *http.Request) { r.URL.Scheme = "https" },
			"to another path":      func(r *http.Request) { r.URL.Path = "/v1/other"; r.URL.RawPath = "" },
			"to another workspace": func(r *http.Request) { r.URL.Path = "/v1/workspaces/acme2/schemas"; r.URL.RawPath = "" },
			"to another name":      func(r *http.Request) { r.Host = "evil.example" },
			"with a user":          func(r *http.Request) { r.URL.User = url.User("x") },
		} {
			_, err := client.GetSchemasWithResponse(t.Context(), func(_ context.Context, r *http.Request) error {
				edit(r)
				return nil
			})
			if err == nil {
				t.Errorf("a request was sent %s", name)
			}
		}
	})
	t.Run("by the editor that sets it", func(t *testing.T) {
		otherURL, err := url.Parse(other.URL)
		if err != nil {
			t.Fatal(err)
		}
		auth := func(ctx context.Context, r *http.Request) error {
			r.URL.Host = otherURL.Host
			return authn.APIKey(testKey)(ctx, r)
		}
		client, err := clarify.New("acme", auth, clarify.WithBaseURL(testURL), clarify.WithRetries(0))
		if err != nil {
			t.Fatal(err)
		}
		mentions(t, calls["read"](t.Context(), client), "no credential is sent to "+other.URL)
	})
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

func TestResponsesAreBounded(t *testing.T) {
	large := `{"data":"` + strings.Repeat("x", 2<<20) + `"}`
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	chunk := bytes.Repeat([]byte(" "), 1<<20)
	for range 64 / rerun.Stride(16) {
		_, _ = z.Write(chunk)
	}
	_ = z.Close()
	for name, handle := range map[string]http.HandlerFunc{
		"with a length": func(w http.ResponseWriter, r *http.Request) {
			respond(w, 200, large, "Content-Length", fmt.Sprint(len(large)))
		},
		"without a length": func(w http.ResponseWriter, r *http.Request) {
			respond(w, 200, large[:1<<20])
			respondMore(w, large[1<<20:])
		},
		"compressed": func(w http.ResponseWriter, r *http.Request) {
			respond(w, 200, zipped.String(), "Content-Encoding", "gzip")
		},
	} {
		for _, call := range []string{"read", "create"} {
			t.Run(name+"/"+call, func(t *testing.T) {
				server := serve(t, handle)
				err := calls[call](t.Context(), server.connect(t, clarify.WithMaxResponseSize(1<<20)))
				mentions(t, err, "larger than 1048576 bytes")
				wantEqual(t, "status", asError(t, err).StatusCode, 200)
				wantIs(t, err, clarify.ErrOutcomeUnknown, call == "create")
				wantEqual(t, "requests", len(server.requests()), 1)
			})
		}
	}
	t.Run("the beginning of a failure is kept", func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 400, large) })
		e := asError(t, calls["read"](t.Context(), server.connect(t)))
		wantEqual(t, "status", e.StatusCode, 400)
		wantEqual(t, "bytes of the body", len(e.Body), 64<<10)
	})
}

func respondMore(w http.ResponseWriter, more string) {
	w.(http.Flusher).Flush()
	_, _ = io.WriteString(w, more)
}

func TestTheCallersTransportAndTimeoutAreRespected(t *testing.T) {
	used := 0
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	inner := server.client.Transport
	hc := &http.Client{Timeout: 50 * time.Millisecond, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		used++
		if r.Body != nil {
			t.Error("a request without a body has one")
		}
		return inner.RoundTrip(r)
	})}
	client, err := clarify.New("acme", authn.APIKey(testKey), clarify.WithBaseURL(testURL), clarify.WithHTTPClient(hc), clarify.WithRetries(1))
	if err != nil {
		t.Fatal(err)
	}
	err = calls["read"](t.Context(), client)
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) {
		t.Fatalf("got %v, want a timeout", err)
	}
	if !timeout.Timeout() {
		t.Errorf("got %v, want a timeout", err)
	}
	wantEqual(t, "requests", used, 2)
	if hc.CheckRedirect != nil {
		t.Error("the caller's HTTP client was changed")
	}
}

func TestAllOperationsPassTheChain(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 418, `{"errors":[{"detail":"no"}]}`) })
	client := server.connect(t)
	_, err := client.GetLayoutByID(t.Context(), "x")
	wantEqual(t, "operation of a method without a parsed response", asError(t, err).Operation, "getLayoutById")
	_, err = client.CreateListWithBodyWithResponse(t.Context(), "person", nil, "application/json", strings.NewReader(`{}`))
	wantEqual(t, "operation of a method with any body", asError(t, err).Operation, "createList")
	_, err = client.GetUserWithResponse(t.Context(), "")
	if err == nil {
		t.Error("an empty id is taken")
	}
	if errors.As(err, new(*clarify.Error)) {
		t.Errorf("an empty id is an error of a request: %v", err)
	}
	wantEqual(t, "requests", len(server.requests()), 2)
}

func TestOneClientServesManyGoroutines(t *testing.T) {
	sandbox := clarifytest.NewServer(clarifytest.WithTB(t))
	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: sandbox.AccessToken})
	client, err := clarify.New(sandbox.Workspace, authn.TokenSource(source), clarify.WithBaseURL(sandbox.BaseURL))
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() {
			created, err := client.CreateRecordWithResponse(t.Context(), "person", nil, gen.CreateRecordRequest{
				Data: gen.NewRecord{Type: "person", Attributes: gen.Attributes{"job_title": fmt.Sprint(i)}},
			})
			if err != nil {
				t.Error(err)
				return
			}
			got, err := client.GetRecordWithResponse(t.Context(), "person", created.JSON201.Data.ID, nil)
			if err != nil {
				t.Error(err)
				return
			}
			if title := got.JSON200.Data.Attributes["job_title"]; title != fmt.Sprint(i) {
				t.Errorf("job_title is %v, want %d", title, i)
			}
		})
	}
	group.Wait()
}
