package authn_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

const (
	testKey   = "ck_live_7Hq-0.~/+=Zz"
	testToken = "eyJhbGciOi.J9.s3cr3t-_~+/="
)

// sourceFunc is a token source made of a function.
type sourceFunc func() (*oauth2.Token, error)

func (f sourceFunc) Token() (*oauth2.Token, error) { return f() }

// kind is one way to hand a credential to the package.
type kind struct {
	name   string
	scheme string
	editor func(t testing.TB, credential string) authn.RequestEditorFn
}

func kinds() []kind {
	return []kind{
		{"APIKey", "api-key", func(_ testing.TB, c string) authn.RequestEditorFn {
			return authn.APIKey(c)
		}},
		{"APIKeyFunc", "api-key", func(_ testing.TB, c string) authn.RequestEditorFn {
			return authn.APIKeyFunc(func(context.Context) (string, error) { return c, nil })
		}},
		{"APIKeyFromEnv", "api-key", func(t testing.TB, c string) authn.RequestEditorFn {
			t.Setenv("CLARIFY_API_KEY", c)
			return authn.APIKeyFromEnv()
		}},
		{"Bearer", "Bearer", func(_ testing.TB, c string) authn.RequestEditorFn {
			return authn.Bearer(c)
		}},
		{"TokenSource", "Bearer", func(_ testing.TB, c string) authn.RequestEditorFn {
			return authn.TokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: c}))
		}},
	}
}

// request has an https URL and an Authorization header from before.
func request(t testing.TB, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Basic b2xk")
	return req
}

const httpsURL = "https://api.clarify.ai/v1/workspaces/acme/schemas"

// authorization returns what the request would send, in any spelling.
func authorization(req *http.Request) []string {
	var values []string
	for name, vs := range req.Header {
		if strings.EqualFold(name, "Authorization") {
			values = append(values, vs...)
		}
	}
	return values
}

// wantError checks what holds for every error of an editor.
func wantError(t testing.TB, err, sentinel error, req *http.Request, secrets ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, s := range []error{authn.ErrCredential, authn.ErrInsecureAddress} {
		if got, want := errors.Is(err, s), s == sentinel; got != want {
			t.Errorf("errors.Is(%q, %q) = %t, want %t", err, s, got, want)
		}
	}
	if got := authorization(req); len(got) != 0 {
		t.Errorf("the rejected request still has an Authorization header of %d values", len(got))
	}
	wantSafe(t, err, secrets...)
}

var verbs = []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%60v", "%.20s"}

// wantSafe checks that no verb shows a secret of value, nor of any error of
// this package that it wraps.
func wantSafe(t testing.TB, value any, secrets ...string) {
	t.Helper()
	for _, verb := range verbs {
		shown := fmt.Sprintf(verb, value)
		for _, secret := range secrets {
			if strings.Contains(shown, secret) || strings.Contains(shown, fmt.Sprintf("%x", secret)) {
				t.Errorf("%s of a %T shows a credential", verb, value)
			}
		}
	}
	err, ok := value.(error)
	if !ok {
		return
	}
	// A struct prints the fields of its fields without asking their methods.
	if inner := fmt.Sprintf("%+v %#v", struct{ err error }{err}, &struct{ Err error }{err}); containsAny(inner, secrets) {
		t.Errorf("a %T inside a struct shows a credential", value)
	}
	if wrapped := fmt.Sprintf("%v %+v", fmt.Errorf("call: %w", err), errors.Join(err, err)); containsAny(wrapped, secrets) {
		t.Errorf("a wrapped %T shows a credential", value)
	}
	if next := errors.Unwrap(err); next != nil && strings.HasSuffix(reflect.TypeOf(next).String(), "authn.authError") {
		wantSafe(t, next, secrets...)
	}
}

func containsAny(text string, secrets []string) bool {
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			return true
		}
	}
	return false
}

// recorder is a server that responds with the Authorization headers it received.
func recorder() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%q", r.Header.Values("Authorization"))
	})
}

// send edits the request as the generated client does, sends it and returns
// what the recorder saw.
func send(t testing.TB, client *http.Client, req *http.Request, editor authn.RequestEditorFn) string {
	t.Helper()
	if err := editor(req.Context(), req); err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// everyHost is a client for which every name leads to server.
func everyHost(t testing.TB, server *httptest.Server) *http.Client {
	t.Helper()
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// runSynctest runs a subtest in a bubble of its own, where time is fake.
func runSynctest(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}
