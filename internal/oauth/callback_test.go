package oauth

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/authn/login"
)

func TestTheAuthorizationServerRefuses(t *testing.T) {
	tests := []struct {
		name     string
		decision string
		change   func(*oauth2.Config)
		opts     []oauth2.AuthCodeOption
		code     string
	}{
		{"because the user does", "refuse", nil, nil, "access_denied"},
		{"a scope that it does not have", "allow", func(c *oauth2.Config) { c.Scopes = append(c.Scopes, "admin") }, nil, "invalid_scope"},
		{"a plain code challenge", "allow", nil, []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("code_challenge_method", "plain")}, "invalid_request"},
		{"a response type that it does not have", "allow", nil, []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("response_type", "token")}, "unsupported_response_type"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := newServer(t)
			config := server.app(privateApp)
			if tt.change != nil {
				tt.change(config)
			}
			flow := server.flowOf(config)
			address, login := flow.Start(tt.opts...)
			callback := server.visit(address, tt.decision)
			if callback == nil {
				t.Fatal("the server does not send the user back")
			}
			_, err := flow.Finish(t.Context(), login, callback.Query())
			note(err)
			var rejected *authn.AuthorizationError
			if !errors.As(err, &rejected) {
				t.Fatalf("the error is %v, want an AuthorizationError", err)
			}
			if rejected.Code != tt.code {
				t.Errorf("the error's code is %q, want %q", rejected.Code, tt.code)
			}
			if rejected.Description == "" {
				t.Errorf("the error %q has no description", rejected.Code)
			}
			if !errors.Is(err, authn.ErrCallback) {
				t.Errorf("the error %q does not match ErrCallback", err)
			}
			for _, not := range []error{authn.ErrState, authn.ErrLoginRequired} {
				if errors.Is(err, not) {
					t.Errorf("the error %q matches %q", err, not)
				}
			}
			if n := len(server.tokenRequests()); n != 0 {
				t.Errorf("%d token requests were sent, want none", n)
			}
		})
	}
}

func TestAUserIsNotSentToAnAddressThatIsNotRegistered(t *testing.T) {
	server := newServer(t)
	for _, redirect := range []string{"https://evil.example/callback", "https://partner.example/callback", "http://127.0.0.1:1/callback"} {
		config := server.app(privateApp)
		config.RedirectURL = redirect
		address, login := server.flowOf(config).Start()
		secrets.add(login.State, login.Verifier)
		if back := server.visit(address, "allow"); back != nil {
			t.Errorf("the server sends the user to %s, which is not registered", redirect)
		}
	}
}

func TestAPublicAppCannotDoWithoutPKCE(t *testing.T) {
	server := newServer(t)
	_, err := authn.NewCodeFlow(server.app(publicApp), authn.WithoutPKCE())
	note(err)
	if !errors.Is(err, authn.ErrCredential) {
		t.Errorf("the error is %v, want ErrCredential", err)
	}
	// What the check keeps people from:
	address := server.app(publicApp).AuthCodeURL("a state without a flow")
	if back := server.visit(address, "allow"); back == nil {
		t.Error("the server does not send the user back")
	} else if got := back.Query().Get("error"); got != "invalid_request" {
		t.Errorf("the server lets a public app do without PKCE: error %q, want invalid_request", got)
	}
}

func TestACallbackOfAnotherUserIsNotTraded(t *testing.T) {
	server := newServer(t)
	flow := server.flow(privateApp)
	_, foreign := server.login(flow, "allow")
	login, own := server.login(flow, "allow")
	server.tokenRequests()

	_, err := flow.Finish(t.Context(), login, foreign)
	note(err)
	if !errors.Is(err, authn.ErrState) {
		t.Errorf("the error is %v, want ErrState", err)
	}
	if n := len(server.tokenRequests()); n != 0 {
		t.Errorf("%d token requests were sent, want none", n)
	}
	if _, err := flow.Finish(t.Context(), login, own); err != nil {
		t.Errorf("somebody else's callback ended the login: %v", err)
	}
}

func TestTheUserOfAMachineLogsInOnAnyPortOfTheRegisteredAddress(t *testing.T) {
	for _, decision := range []string{"allow", "refuse"} {
		t.Run(decision, func(t *testing.T) {
			server := newServer(t)
			config := server.app(publicApp)
			config.RedirectURL = ""
			pages := make(chan string, 1)
			browser := func(ctx context.Context, address string) error {
				if asked, err := url.Parse(address); err == nil {
					secrets.addForm(asked.Query())
				}
				callback := server.visit(address, decision)
				if callback == nil {
					return errors.New("the server does not send the user back")
				}
				response, err := http.Get(callback.String())
				if err != nil {
					return err
				}
				defer response.Body.Close()
				text, err := io.ReadAll(response.Body)
				note(string(text))
				pages <- string(text)
				return err
			}
			token, err := login.Run(t.Context(), config, login.WithBrowser(browser), login.WithOutput(io.Discard))
			var page string
			select {
			case page = <-pages:
			case <-time.After(time.Minute):
				t.Fatalf("the browser has no page; the error is %v", err)
			}
			if decision == "refuse" {
				note(err)
				var rejected *authn.AuthorizationError
				if !errors.As(err, &rejected) || rejected.Code != "access_denied" {
					t.Errorf("the error is %v, want access_denied", err)
				}
				if !strings.Contains(page, "not logged in") {
					t.Errorf("the page is %q", page)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			server.wantToken(token)
			if !strings.Contains(page, "You are logged in") {
				t.Errorf("the page is %q", page)
			}
		})
	}
}
