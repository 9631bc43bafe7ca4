package login_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/authn/login"
	"golang.org/x/oauth2"
)

func TestALoginTimesOut(t *testing.T) {
	t.Run("when nobody came", func(t *testing.T) {
		a := newAuthServer(t)
		token, err := a.run(t.Context(), a.config(""), func(string) {}, login.WithTimeout(time.Millisecond))
		if token != nil {
			t.Error("there is a token beside the error")
		}
		if !errors.Is(err, login.ErrTimeout) {
			t.Fatalf("error %v, want ErrTimeout", err)
		}
		if want := "login: the login timed out: 1ms"; err.Error() != want {
			t.Errorf("error %q, want %q", err, want)
		}
	})
	t.Run("when only foreign callbacks came", func(t *testing.T) {
		a := newAuthServer(t)
		expired := make(chan time.Time)
		_, err := a.run(t.Context(), a.config(""), func(address string) {
			back := parameters(t, address).Get("redirect_uri")
			a.get(back + "?error=access_denied")
			a.get(back + "?error=access_denied&error_description=%3Cscript%3E&state=foreign")
			close(expired)
		}, login.WithExpiry(expired))
		if !errors.Is(err, login.ErrTimeout) {
			t.Fatalf("error %v", err)
		}
		if want := "ignored callbacks: 2, the last one because the state of the callback is not that of the login"; !strings.Contains(err.Error(), want) {
			t.Errorf("error %q, want %q in it", err, want)
		}
	})
	t.Run("while the code is being traded", func(t *testing.T) {
		a := newAuthServer(t)
		expired := make(chan time.Time)
		response := a.token
		a.token = func(w http.ResponseWriter, r *http.Request) {
			// Received at once: the login has nothing else to wait for.
			expired <- time.Now()
			response(w, r)
		}
		token, err := a.run(t.Context(), a.config(""), func(address string) {
			if p := a.get(address); p.status != http.StatusOK {
				t.Errorf("the page is %d %s", p.status, p.body)
			}
		}, login.WithExpiry(expired))
		if err != nil {
			t.Errorf("error %v", err)
		} else if token.AccessToken != testToken {
			t.Errorf("access token %q, want %q", token.AccessToken, testToken)
		}
	})
}

func TestTheContextEndsTheLogin(t *testing.T) {
	t.Run("before it begins", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		a := newAuthServer(t)
		_, err := login.Run(ctx, a.config(""), login.WithBrowser(func(context.Context, string) error {
			t.Error("the browser was opened")
			return nil
		}))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("while the user is away", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		a := newAuthServer(t)
		_, err := a.run(ctx, a.config(""), func(address string) {
			a.get(parameters(t, address).Get("redirect_uri") + "?state=foreign")
			cancel()
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v, want %v", err, context.Canceled)
		}
		if errors.Is(err, login.ErrTimeout) {
			t.Errorf("error %v matches ErrTimeout", err)
		}
		if !strings.Contains(err.Error(), "ignored callbacks: 1") {
			t.Errorf(`error %v, want "ignored callbacks: 1" in it`, err)
		}
	})
	t.Run("while the code is being traded", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		a := newAuthServer(t)
		a.token = func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		}
		_, err := a.run(ctx, a.config(""), func(address string) {
			a.get(address).shows(t, http.StatusBadGateway, "You are not logged in")
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("and the browser's", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		a := newAuthServer(t)
		opening := make(chan error, 1)
		_, err := login.Run(ctx, a.config(""), login.WithOutput(io.Discard), login.WithBrowser(func(ctx context.Context, _ string) error {
			cancel()
			<-ctx.Done()
			opening <- ctx.Err()
			return ctx.Err()
		}))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		if err := <-opening; err != context.Canceled {
			t.Errorf("the browser's context: %v", err)
		}
	})
}

func TestARefusalEndsTheLogin(t *testing.T) {
	const nasty = `<script>alert(1)</script>`
	tests := []struct {
		name   string
		change func(*authServer)
		status int
		text   string
		check  func(error) bool
	}{
		{"the user did not consent", func(a *authServer) {
			a.callback = func(state string) url.Values {
				return url.Values{"error": {"access_denied"}, "error_description": {nasty}, "state": {state}}
			}
		}, 200, "was not allowed", func(err error) bool {
			var rejected *authn.AuthorizationError
			return errors.As(err, &rejected) && rejected.Code == "access_denied" && errors.Is(err, authn.ErrCallback)
		}},
		{"the authorization server failed", func(a *authServer) {
			a.callback = func(state string) url.Values {
				return url.Values{"error": {nasty}, "state": {state}}
			}
		}, 502, "The login failed", func(err error) bool {
			return errors.Is(err, authn.ErrCallback) && !errors.Is(err, authn.ErrState)
		}},
		{"there is no code", func(a *authServer) {
			a.callback = func(state string) url.Values { return url.Values{"state": {state}} }
		}, 502, "The login failed", func(err error) bool { return errors.Is(err, authn.ErrCallback) }},
		{"the code is not accepted", func(a *authServer) {
			a.token = func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, `{"error":"invalid_grant","error_description":%q}`, r.PostForm.Get("code")+r.PostForm.Get("code_verifier"))
			}
		}, 502, "The login failed", func(err error) bool {
			var response *oauth2.RetrieveError
			return errors.Is(err, authn.ErrLoginRequired) && errors.As(err, &response) && response.Response.StatusCode == 400
		}},
		{"the token endpoint talks nonsense", func(a *authServer) {
			a.token = func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, nasty+testToken) }
		}, 502, "The login failed", func(err error) bool { return err != nil }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAuthServer(t)
			tt.change(a)
			var output bytes.Buffer
			got := make(chan page, 1)
			token, err := login.Run(t.Context(), a.config(""), login.WithOutput(&output), login.WithHTTPClient(a.client),
				login.WithBrowser(func(_ context.Context, address string) error {
					got <- a.get(address)
					return nil
				}))
			if token != nil {
				t.Error("there is a token beside the error")
			}
			if err == nil {
				t.Error("there is no error")
			} else if !tt.check(err) {
				t.Errorf("the error is another one: %v", err)
			}
			p := <-got
			p.shows(t, tt.status, "You are not logged in", tt.text)
			// The error quotes what the server said; a terminal does not run it.
			a.show(output.String() + strings.ReplaceAll(fmt.Sprintf("%v %+v", err, err), nasty, ""))
		})
	}
}

func TestConnectionsThatSendNothingDoNotHoldUpTheEnd(t *testing.T) {
	a := newAuthServer(t)
	var conns []net.Conn
	began := time.Now()
	if _, err := a.run(t.Context(), a.config(""), func(address string) {
		back, err := url.Parse(parameters(t, address).Get("redirect_uri"))
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			conn, err := net.Dial("tcp", back.Host)
			if err != nil {
				t.Fatal(err)
			}
			conns = append(conns, conn)
		}
		a.get(address)
	}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	for _, conn := range conns {
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Error("something was sent")
		}
		conn.Close()
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestAPanicOfTheHTTPClientIsTheCallers(t *testing.T) {
	a := newAuthServer(t)
	defer func() {
		if p := recover(); p != "s3cr3t plans" {
			t.Errorf("it panicked with %v", p)
		}
	}()
	_, err := login.Run(t.Context(), a.config(""), login.WithOutput(io.Discard),
		login.WithHTTPClient(&http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { panic("s3cr3t plans") })}),
		login.WithBrowser(func(_ context.Context, address string) error {
			if res, err := a.client.Get(address); err == nil {
				res.Body.Close()
				t.Error("there is a page")
			}
			return nil
		}))
	t.Errorf("it returned %v", err)
}

func TestALoginMayTakeForEver(t *testing.T) {
	a := newAuthServer(t)
	if _, err := a.run(t.Context(), a.config(""), func(address string) { a.get(address) }, login.WithTimeout(1<<63-1)); err != nil {
		t.Error(err)
	}
}
