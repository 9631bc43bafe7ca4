package authn_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

// generated has the shape of the generated client's editor type.
type generated func(ctx context.Context, req *http.Request) error

var _ = []generated{
	authn.APIKey(""), authn.APIKeyFunc(nil), authn.APIKeyFromEnv(), authn.Bearer(""), authn.TokenSource(nil),
	authn.InsecureAllowPlaintextHTTP(nil),
}

func TestTheHeaderArrives(t *testing.T) {
	plain := httptest.NewServer(recorder())
	defer plain.Close()
	secure := httptest.NewTLSServer(recorder())
	defer secure.Close()

	for _, k := range kinds() {
		credential := testKey
		if k.scheme == "Bearer" {
			credential = testToken
		}
		want := fmt.Sprintf("[%q]", k.scheme+" "+credential)
		for _, server := range []*httptest.Server{plain, secure} {
			t.Run(k.name+" over "+server.URL[:5], func(t *testing.T) {
				req := request(t, server.URL)
				if got := send(t, server.Client(), req, k.editor(t, credential)); got != want {
					t.Errorf("Authorization arrived as %s, want %s", got, want)
				}
			})
		}
	}
}

func TestWhatWasThereIsReplaced(t *testing.T) {
	server := httptest.NewServer(recorder())
	defer server.Close()

	tests := []struct {
		name   string
		before http.Header
	}{
		{"no map", nil},
		{"nothing", http.Header{}},
		{"another scheme", http.Header{"Authorization": {"Basic b2xk"}}},
		{"several values", http.Header{"Authorization": {"Basic b2xk", "Bearer old"}}},
		{"lower case", http.Header{"authorization": {"Bearer old"}}},
		{"several spellings", http.Header{"AUTHORIZATION": {"Bearer old"}, "authorizatioN": {"x"}, "Authorization": {"y"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := request(t, server.URL)
			req.Header = tt.before.Clone()
			if got, want := send(t, server.Client(), req, authn.APIKey(testKey)), fmt.Sprintf("[%q]", "api-key "+testKey); got != want {
				t.Errorf("Authorization arrived as %s, want %s", got, want)
			}
		})
	}

	t.Run("the last editor wins", func(t *testing.T) {
		req := request(t, server.URL)
		if err := authn.APIKey(testKey)(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		if got, want := send(t, server.Client(), req, authn.Bearer(testToken)), fmt.Sprintf("[%q]", "Bearer "+testToken); got != want {
			t.Errorf("Authorization arrived as %s, want %s", got, want)
		}
	})
	t.Run("other headers stay", func(t *testing.T) {
		req := request(t, httpsURL)
		req.Header.Set("Proxy-Authorization", "Basic cHJveHk=")
		req.Header.Set("Accept", "application/json")
		if err := authn.APIKey(testKey)(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		if len(req.Header) != 3 {
			t.Errorf("the request has the headers %v, want 3", slices.Collect(maps.Keys(req.Header)))
		}
		for _, header := range []string{"Proxy-Authorization", "Accept"} {
			if req.Header.Get(header) == "" {
				t.Errorf("the editor removed the header %s", header)
			}
		}
	})
}

func TestARotatedKeyIsUsedAtOnce(t *testing.T) {
	check := func(t *testing.T, editor authn.RequestEditorFn, want string) {
		t.Helper()
		req := request(t, httpsURL)
		if err := editor(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		if got := req.Header.Get("Authorization"); got != want {
			t.Errorf("Authorization = %q, want %q", got, want)
		}
	}
	t.Run("APIKeyFunc", func(t *testing.T) {
		asked := 0
		editor := authn.APIKeyFunc(func(context.Context) (string, error) {
			asked++
			return fmt.Sprint("key-", asked), nil
		})
		if asked != 0 {
			t.Error("the function was called before any request")
		}
		for i := range 3 {
			check(t, editor, fmt.Sprint("api-key key-", i+1))
		}
	})
	t.Run("APIKeyFromEnv", func(t *testing.T) {
		editor := authn.APIKeyFromEnv()
		for i := range 3 {
			t.Setenv("CLARIFY_API_KEY", fmt.Sprint("key-", i))
			check(t, editor, fmt.Sprint("api-key key-", i))
		}
		os.Unsetenv("CLARIFY_API_KEY")
		req := request(t, httpsURL)
		err := editor(t.Context(), req)
		wantError(t, err, authn.ErrCredential, req)
		if want := "authn: the environment variable CLARIFY_API_KEY is not set: set it to a key from Settings > API Keys in Clarify"; err.Error() != want {
			t.Errorf("error %q, want %q", err, want)
		}
	})
	t.Run("TokenSource", func(t *testing.T) {
		asked := 0
		editor := authn.TokenSource(sourceFunc(func() (*oauth2.Token, error) {
			asked++
			return &oauth2.Token{AccessToken: fmt.Sprint("token-", asked), TokenType: "bearer"}, nil
		}))
		for i := range 3 {
			check(t, editor, fmt.Sprint("Bearer token-", i+1))
		}
	})
}

func TestTheFunctionGetsTheRequestsContext(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "value")
	editor := authn.APIKeyFunc(func(ctx context.Context) (string, error) {
		return ctx.Value(key{}).(string), nil
	})
	req := request(t, httpsURL)
	if err := editor(ctx, req); err != nil {
		t.Fatal(err)
	}
	if got := req.Header.Get("Authorization"); got != "api-key value" {
		t.Errorf("Authorization = %q", got)
	}
}

func TestNothingIsAskedForARefusedRequest(t *testing.T) {
	done, cancel := context.WithCancel(context.Background())
	cancel()
	late, cancelLate := context.WithTimeout(context.Background(), 0)
	defer cancelLate()

	asked := false
	editors := map[string]authn.RequestEditorFn{
		"APIKeyFunc": authn.APIKeyFunc(func(context.Context) (string, error) {
			asked = true
			return testKey, nil
		}),
		"TokenSource": authn.TokenSource(sourceFunc(func() (*oauth2.Token, error) {
			asked = true
			return &oauth2.Token{AccessToken: testToken}, nil
		})),
	}
	tests := []struct {
		name string
		ctx  context.Context
		url  string
		want error
	}{
		{"plain http", context.Background(), "http://api.clarify.ai/v1", authn.ErrInsecureAddress},
		{"cancelled", done, httpsURL, context.Canceled},
		{"deadline passed", late, httpsURL, context.DeadlineExceeded},
	}
	for name, editor := range editors {
		for _, tt := range tests {
			t.Run(name+" "+tt.name, func(t *testing.T) {
				req := request(t, tt.url)
				err := editor(tt.ctx, req)
				if !errors.Is(err, tt.want) {
					t.Errorf("error %v, want %v", err, tt.want)
				}
				if asked {
					t.Error("the credential was asked for")
				}
				if len(authorization(req)) != 0 {
					t.Error("the header from before is still there")
				}
			})
		}
	}
}

func TestWhatIsNilIsAnErrorAtTheRequest(t *testing.T) {
	good := authn.APIKey(testKey)
	tests := []struct {
		name   string
		editor authn.RequestEditorFn
		want   string
	}{
		{"function", authn.APIKeyFunc(nil), "authn: APIKeyFunc was given a nil function: pass one that returns the API key"},
		{"source", authn.TokenSource(nil), "authn: TokenSource was given a nil source: pass one, such as the TokenSource of an oauth2.Config"},
		{"pointer as source", authn.TokenSource((*pointerSource)(nil)), "authn: TokenSource was given a nil source: pass one, such as the TokenSource of an oauth2.Config"},
		{"function as source", authn.TokenSource(sourceFunc(nil)), "authn: TokenSource was given a nil source: pass one, such as the TokenSource of an oauth2.Config"},
		{"token", authn.TokenSource(oauth2.StaticTokenSource(nil)), "authn: the token source returned neither a token nor an error"},
		{"editor", authn.InsecureAllowPlaintextHTTP(nil, "sandbox.test"), "authn: InsecureAllowPlaintextHTTP was given a nil editor: pass one, such as authn.APIKey(key)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := request(t, httpsURL)
			err := tt.editor(t.Context(), req)
			wantError(t, err, authn.ErrCredential, req)
			if err.Error() != tt.want {
				t.Errorf("error %q, want %q", err, tt.want)
			}
		})
	}

	for name, editor := range map[string]authn.RequestEditorFn{
		"":                         good,
		" InsecureAllowPlaintext":  authn.InsecureAllowPlaintextHTTP(good, "sandbox.test"),
		" InsecureAllow of nobody": authn.InsecureAllowPlaintextHTTP(nil),
	} {
		t.Run("request"+name, func(t *testing.T) {
			if err := editor(t.Context(), nil); !errors.Is(err, authn.ErrInsecureAddress) {
				t.Errorf("error %v, want one that matches %v", err, authn.ErrInsecureAddress)
			}
		})
		t.Run("context"+name, func(t *testing.T) {
			req := request(t, httpsURL)
			var none context.Context
			wantError(t, editor(none, req), nil, req)
		})
	}
	t.Run("address", func(t *testing.T) {
		req := request(t, httpsURL)
		req.URL = nil
		wantError(t, good(t.Context(), req), authn.ErrInsecureAddress, req)
	})
}

type pointerSource struct{ token oauth2.Token }

func (s *pointerSource) Token() (*oauth2.Token, error) { return &s.token, nil }

func TestOnlyABearerTokenIsSent(t *testing.T) {
	tests := []struct {
		tokenType string
		ok        bool
	}{
		{"", true}, {"Bearer", true}, {"bearer", true}, {"BEARER", true},
		{"mac", false}, {"Basic", false}, {"api-key", false}, {"DPoP", false}, {"bearer ", false},
	}
	for _, tt := range tests {
		t.Run("type "+tt.tokenType, func(t *testing.T) {
			req := request(t, httpsURL)
			token := &oauth2.Token{AccessToken: testToken, TokenType: tt.tokenType}
			err := authn.TokenSource(oauth2.StaticTokenSource(token))(t.Context(), req)
			if tt.ok {
				if err != nil {
					t.Errorf("error %v, want none", err)
				}
				if got := req.Header.Get("Authorization"); got != "Bearer "+testToken {
					t.Errorf("Authorization is %q, want the token as Bearer", got)
				}
				return
			}
			wantError(t, err, authn.ErrCredential, req, testToken)
		})
	}
}

func TestAnEditorIsSafeForConcurrentUse(t *testing.T) {
	server := httptest.NewServer(recorder())
	defer server.Close()

	var n atomic.Int64
	t.Setenv("CLARIFY_API_KEY", testKey)
	editors := []authn.RequestEditorFn{
		authn.APIKey(testKey),
		authn.APIKey("bad key"),
		authn.APIKeyFunc(func(context.Context) (string, error) { return fmt.Sprint("key-", n.Add(1)), nil }),
		authn.APIKeyFromEnv(),
		authn.Bearer(testToken),
		authn.TokenSource(oauth2.ReuseTokenSource(nil, sourceFunc(func() (*oauth2.Token, error) {
			return &oauth2.Token{AccessToken: testToken}, nil
		}))),
	}
	for _, editor := range editors {
		editors = append(editors, authn.InsecureAllowPlaintextHTTP(editor, "sandbox.test"))
	}
	var wg sync.WaitGroup
	for _, editor := range editors {
		for range 20 {
			wg.Go(func() {
				req, _ := http.NewRequest(http.MethodGet, server.URL, nil)
				if err := editor(context.Background(), req); err != nil {
					if !errors.Is(err, authn.ErrCredential) {
						t.Error(err)
					}
					return
				}
				if got := req.Header.Get("Authorization"); !strings.Contains(got, " ") {
					t.Errorf("Authorization = %q", got)
				}
			})
		}
	}
	wg.Wait()
	if got := n.Load(); got != 40 {
		t.Errorf("the function was called %d times for 40 requests", got)
	}
}
