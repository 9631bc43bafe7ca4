package authn_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

// leaky is an error whose fields hold more than its message says.
type leaky struct{ key string }

func (leaky) Error() string { return "the vault is sealed" }

func TestNothingPrintedShowsACredential(t *testing.T) {
	t.Run("editors", func(t *testing.T) {
		for _, k := range kinds() {
			editor := k.editor(t, testKey)
			wantSafe(t, editor, testKey)
			wantSafe(t, []authn.RequestEditorFn{editor}, testKey)
			wantSafe(t, authn.InsecureAllowPlaintextHTTP(editor, "sandbox.test"), testKey)
		}
	})
	t.Run("logs and JSON", func(t *testing.T) {
		editor := authn.APIKeyFunc(func(context.Context) (string, error) { return testKey, leaky{testKey} })
		err := editor(t.Context(), request(t, httpsURL))
		var logged bytes.Buffer
		slog.New(slog.NewJSONHandler(&logged, nil)).Error("failed", "err", err, "editor", fmt.Sprint(editor))
		slog.New(slog.NewTextHandler(&logged, nil)).Error("failed", "err", err)
		encoded, _ := json.Marshal(err)
		if shown := logged.String() + string(encoded); strings.Contains(shown, testKey) {
			t.Errorf("a credential is logged: %s", shown)
		}
		if !strings.Contains(logged.String(), "the vault is sealed") {
			t.Errorf("the log does not say what happened: %s", logged.String())
		}
	})
	t.Run("panics", func(t *testing.T) {
		editor := authn.APIKeyFunc(func(context.Context) (string, error) { return testKey, leaky{testKey} })
		defer func() { wantSafe(t, recover(), testKey) }()
		panic(editor(t.Context(), request(t, httpsURL)))
	})
	t.Run("verbs show the message", func(t *testing.T) {
		err := authn.APIKey("")(t.Context(), request(t, httpsURL))
		const text = "authn: the API key is empty: pass a key from Settings > API Keys in Clarify"
		for format, want := range map[string]string{"%v": text, "%+v": text, "%s": text, "%q": `"` + text + `"`, "%#v": `"` + text + `"`, "%.5s": "authn"} {
			if got := fmt.Sprintf(format, err); got != want {
				t.Errorf("%s: %s, want %s", format, got, want)
			}
		}
	})
}

func TestAnErrorOfTheSourceIsWrapped(t *testing.T) {
	rejected := &oauth2.RetrieveError{
		Response:  &http.Response{StatusCode: 400, Status: "400 s3cr3t"},
		Body:      []byte(`{"error":"invalid_grant","hint":"s3cr3t"}`),
		ErrorCode: "invalid_grant", ErrorDescription: "expired", ErrorURI: "https://errors.test/?t=s3cr3t",
	}
	opaque := &oauth2.RetrieveError{
		Response: &http.Response{StatusCode: 502, Status: "502 Bad Gateway"}, Body: []byte("upstream said s3cr3t"),
	}
	const withheld = "the error message is left out because it contains a credential"
	tests := []struct {
		name       string
		credential string // what is returned along with the error
		cause      error
		want       string
	}{
		{"plain", "", fs.ErrNotExist, "file does not exist"},
		{"fields are not printed", "", leaky{"s3cr3t"}, "the vault is sealed"},
		{"context", "", context.DeadlineExceeded, "context deadline exceeded"},
		{"credential returned as well", "s3cr3t", fs.ErrNotExist, "file does not exist"},
		{"a message with that credential", "s3cr3t", errors.New("no such key: s3cr3t"), withheld},
		{"a message with that credential quoted", "s\"3cr3t\u200b", fmt.Errorf("no such key: %q", "s\"3cr3t\u200b"), withheld},
		{"a message with that credential escaped", "s/3cr+3t", errors.New("no response for " + url.QueryEscape("s/3cr+3t")), withheld},
		{"a message with that credential in a path", "s/3cr+3t", errors.New("no response for " + url.PathEscape("s/3cr+3t")), withheld},
		{"a message with that credential trimmed", " s3cr3t\n", errors.New("no such key: s3cr3t"), withheld},
		{"a message with that credential without its scheme", "api-key s3cr3t", errors.New("no such key: s3cr3t"), withheld},
		{"token endpoint", "", rejected, `the token endpoint responded with 400 Bad Request: error "invalid_grant", error_description "expired"`},
		{"token endpoint, wrapped", "", fmt.Errorf("s3cr3t: %w", errors.Join(fs.ErrClosed, rejected)), `the token endpoint responded with 400 Bad Request: error "invalid_grant", error_description "expired"`},
		{"token endpoint without an error code", "", opaque, "the token endpoint responded with 502 Bad Gateway"},
		{"token endpoint, only printed", "", fmt.Errorf("refresh: %v", opaque), "refresh: oauth2: cannot fetch token"},
		{"token endpoint, printed and quoted", "", fmt.Errorf("refresh: %q", opaque), `refresh: "oauth2: cannot fetch token`},
		{"token endpoint with an unknown status", "", &oauth2.RetrieveError{Response: &http.Response{StatusCode: 599}}, "the token endpoint responded with 599"},
		{"token endpoint without a response", "", &oauth2.RetrieveError{Body: []byte("s3cr3t"), ErrorCode: "x"}, `the token endpoint rejected the request: error "x"`},
		{"token endpoint, nil", "", (*oauth2.RetrieveError)(nil), "the token endpoint rejected the request"},
		{"token endpoint that repeats a part of the credential", "SeKrEt-0123456789-abcdefghij", &oauth2.RetrieveError{ErrorCode: "invalid_grant SeKrEt-0123456789-ab"}, "the token endpoint rejected the request; its error is left out because it contains a credential"},
		{"token endpoint that repeats the credential", "s3cr3t", &oauth2.RetrieveError{ErrorCode: "invalid_grant", ErrorDescription: "bad token s3cr3t"}, "the token endpoint rejected the request; its error is left out because it contains a credential"},
		{"token endpoint at length", "", &oauth2.RetrieveError{ErrorDescription: strings.Repeat("é", 150)}, `the token endpoint rejected the request, error_description "` + strings.Repeat("é", 100) + `…"`},
		{"token endpoint with line breaks", "", &oauth2.RetrieveError{ErrorCode: "a\nb"}, `the token endpoint rejected the request: error "a\nb"`},
		{"a URL with a query", "", &url.Error{Op: "Get", URL: "https://u:s3cr3t@vault.test/v1?token=s3cr3t", Err: fs.ErrNotExist}, "Get vault.test: file does not exist"},
		{"a URL, wrapped", "", fmt.Errorf("s3cr3t: %w", &url.Error{Op: "Get", URL: "https://vault.test/s3cr3t", Err: fs.ErrNotExist}), "Get vault.test: file does not exist"},
		{"an invalid URL", "", &url.Error{Op: "parse", URL: "ht\ttp://s3cr3t", Err: fs.ErrInvalid}, "parse the given URL: invalid argument"},
		{"a URL without a cause", "", &url.Error{Op: "Get", URL: "https://vault.test"}, "Get vault.test"},
		{"a URL with the credential in its cause", "s3cr3t", &url.Error{Op: "Get", URL: "https://vault.test", Err: errors.New("s3cr3t")}, "Get vault.test: " + withheld},
	}
	for _, tt := range tests {
		editors := []struct {
			prefix string
			editor authn.RequestEditorFn
		}{
			{"authn: cannot get the API key: ", authn.APIKeyFunc(func(context.Context) (string, error) {
				return tt.credential, tt.cause
			})},
			{"authn: cannot get the access token: ", authn.TokenSource(sourceFunc(func() (*oauth2.Token, error) {
				return &oauth2.Token{AccessToken: tt.credential}, tt.cause
			}))},
			{"authn: cannot get the access token: ", authn.TokenSource(sourceFunc(func() (*oauth2.Token, error) {
				return &oauth2.Token{RefreshToken: tt.credential}, tt.cause
			}))},
		}
		for _, e := range editors {
			t.Run(tt.name, func(t *testing.T) {
				req := request(t, httpsURL)
				err := e.editor(t.Context(), req)
				wantError(t, err, nil, req, "s3cr3t", "3cr")
				if got := err.Error(); got != e.prefix+tt.want {
					t.Errorf("error %q, want %q", got, e.prefix+tt.want)
				}
				if !errors.Is(err, tt.cause) {
					t.Error("the cause cannot be reached")
				}
			})
		}
	}

	t.Run("errors.As", func(t *testing.T) {
		err := authn.TokenSource(sourceFunc(func() (*oauth2.Token, error) { return nil, rejected }))(t.Context(), request(t, httpsURL))
		var got *oauth2.RetrieveError
		if !errors.As(err, &got) {
			t.Errorf("error %v, want an oauth2.RetrieveError", err)
		} else if got != rejected {
			t.Errorf("errors.As found another error: %v", got)
		}
	})
	t.Run("an error of another editor", func(t *testing.T) {
		editor := authn.APIKeyFunc(func(ctx context.Context) (string, error) {
			return "", authn.APIKey("bad s3cr3t")(ctx, request(t, httpsURL))
		})
		req := request(t, httpsURL)
		wantError(t, editor(t.Context(), req), authn.ErrCredential, req, "s3cr3t")
	})
}

// A response that repeats what was sent to the token endpoint is the way by
// which a credential that this package never saw could get into its errors.
func TestATokenEndpointThatRepeatsWhatItGotIsNotQuoted(t *testing.T) {
	tests := []struct {
		name     string
		style    oauth2.AuthStyle
		response func(r *http.Request) string
	}{
		{"refresh token", oauth2.AuthStyleInParams, func(r *http.Request) string { return r.FormValue("refresh_token") }},
		{"client secret", oauth2.AuthStyleInParams, func(r *http.Request) string { return r.FormValue("client_secret") }},
		{"client secret from Basic authentication", oauth2.AuthStyleInHeader, func(r *http.Request) string {
			_, secret, _ := r.BasicAuth()
			return secret
		}},
		{"client secret from Basic authentication, decoded", oauth2.AuthStyleInHeader, func(r *http.Request) string {
			_, secret, _ := r.BasicAuth()
			secret, _ = url.QueryUnescape(secret)
			return secret
		}},
		{"body", oauth2.AuthStyleInParams, func(r *http.Request) string { return r.Form.Encode() }},
	}
	const refreshToken, clientSecret = "rt/+s3cr3t", "cs&%s3cr3t"
	for _, tt := range tests {
		for _, redirects := range []string{"directly", "after a redirect"} {
			for _, code := range []string{"error_description", "error"} {
				t.Run(strings.Join([]string{tt.name, redirects, "as", code}, " "), func(t *testing.T) {
					var repeated string
					mux := http.NewServeMux()
					mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
						r.ParseForm()
						repeated = tt.response(r)
						http.Redirect(w, r, "/response", http.StatusSeeOther)
					})
					mux.HandleFunc("/response", func(w http.ResponseWriter, r *http.Request) {
						r.ParseForm()
						if repeated == "" {
							repeated = tt.response(r)
						}
						response := map[string]string{"error": "invalid_grant"}
						response[code] = "no good: " + repeated
						w.Header().Set("Content-Type", "application/json")
						w.WriteHeader(http.StatusBadRequest)
						json.NewEncoder(w).Encode(response)
					})
					server := httptest.NewServer(mux)
					defer server.Close()

					config := authn.NewConfig("client", clientSecret, "https://partner.example/callback")
					config.Endpoint = oauth2.Endpoint{TokenURL: server.URL + "/response", AuthStyle: tt.style}
					if redirects == "after a redirect" {
						config.Endpoint.TokenURL = server.URL + "/moved"
					}
					req := request(t, httpsURL)
					err := authn.TokenSource(config.TokenSource(t.Context(), &oauth2.Token{RefreshToken: refreshToken}))(t.Context(), req)
					wantError(t, err, nil, req, refreshToken, clientSecret, "s3cr3t")
					const want = "authn: cannot get the access token: the token endpoint responded with 400 Bad Request; its error is left out because it contains a credential"
					if err.Error() != want {
						t.Errorf("error %q, want %q", err, want)
					}
					var cause *oauth2.RetrieveError
					if repeated == "" {
						t.Error("the server received no credential to repeat")
					}
					if !errors.As(err, &cause) {
						t.Errorf("error %v, want an oauth2.RetrieveError", err)
					} else if !bytes.Contains(cause.Body, []byte("no good: ")) {
						t.Errorf("the body is %q, want what the server repeated", cause.Body)
					}
				})
			}
		}
	}
}

// A Response need not come from net/http, and its request need not be whole.
func TestAnResponseToAnUnreadableRequestIsStillReported(t *testing.T) {
	tests := map[string]*http.Response{
		"no request":         {StatusCode: 400},
		"no body":            {StatusCode: 400, Request: &http.Request{}},
		"body that is gone":  {StatusCode: 400, Request: &http.Request{GetBody: func() (io.ReadCloser, error) { return nil, fs.ErrClosed }}},
		"redirect to itself": loop(),
	}
	for name, response := range tests {
		t.Run(name, func(t *testing.T) {
			cause := &oauth2.RetrieveError{Response: response, ErrorCode: "invalid_grant"}
			req := request(t, httpsURL)
			err := authn.TokenSource(sourceFunc(func() (*oauth2.Token, error) { return nil, cause }))(t.Context(), req)
			wantError(t, err, nil, req)
			if want := `authn: cannot get the access token: the token endpoint responded with 400 Bad Request: error "invalid_grant"`; err.Error() != want {
				t.Errorf("error %q, want %q", err, want)
			}
		})
	}
}

func loop() *http.Response {
	res := &http.Response{StatusCode: 400, Request: &http.Request{}}
	res.Request.Response = res
	return res
}
