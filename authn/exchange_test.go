package authn_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

func TestACodeThatIsNotAcceptedIsTypedAndShowsNothing(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		body   string
		login  bool
		want   string
	}{
		{"an invalid code", 400, `{"error":"invalid_grant","error_description":"The code has expired."}`, true, `400 Bad Request: error "invalid_grant", error_description "The code has expired."`},
		{"an unknown client", 401, `{"error":"invalid_client"}`, false, `401 Unauthorized: error "invalid_client"`},
		{"an error that is no error", 200, `{"error":"invalid_grant"}`, true, `200 OK: error "invalid_grant"`},
		{"a page", 502, `<html>%s</html>`, false, "502 Bad Gateway"},
		{"a redirect", 307, ``, false, "token requests follow no redirects"},
		{"what was sent", 400, `{"error":"%s","error_description":"%s"}`, false, "contains a credential"},
		{"what was sent, as a form", 400, `error=%s&error_description=%s`, false, "contains a credential"},
		{"no token", 200, `{"token_type":"bearer"}`, false, "access_token"},
		{"a token of another type", 200, `{"access_token":"other-access-token","token_type":"mac"}`, false, "not Bearer"},
		{"a token that cannot be sent", 200, `{"access_token":"other-access\ntoken","token_type":"bearer"}`, false, "cannot be sent"},
		{"no JSON", 200, `%s`, false, "cannot parse"},
		{"nothing", 200, ``, false, "cannot parse"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var elsewhere atomic.Int64
			other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
			defer other.Close()
			e := newEndpoint(t, func(w http.ResponseWriter, r *http.Request) {
				body := tt.body
				if strings.Contains(body, "%s") {
					body = strings.Replace(body, "%s", r.PostFormValue("code"), 1)
					body = strings.Replace(body, "%s", r.PostFormValue("code_verifier")+r.PostFormValue("client_secret"), 1)
				}
				w.Header().Set("Content-Type", "application/json")
				if strings.HasPrefix(body, "error=") {
					w.Header().Set("Content-Type", "application/x-www-form-urlencoded")
				}
				w.Header().Set("Location", other.URL)
				w.WriteHeader(tt.status)
				fmt.Fprint(w, body)
			})
			flow := newFlow(t, e.config(clientSecret))
			_, login := flow.Start()
			token, err := flow.Finish(t.Context(), login, callback(login))
			if token != nil {
				t.Error("there is a token beside the error")
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q in it", err, tt.want)
			}
			if errors.Is(err, authn.ErrLoginRequired) != tt.login {
				t.Errorf("errors.Is(err, ErrLoginRequired) = %t", !tt.login)
			}
			if unusable := tt.status == 200 && !tt.login; errors.Is(err, authn.ErrTokenResponse) != unusable {
				t.Errorf("errors.Is(err, ErrTokenResponse) = %t", !unusable)
			}
			var response *oauth2.RetrieveError
			if hasResponse := tt.status != 200 || tt.login; errors.As(err, &response) != hasResponse {
				t.Errorf("it has an oauth2.RetrieveError: %t", !hasResponse)
			} else if hasResponse && response.Response.StatusCode != tt.status {
				t.Errorf("status %d", response.Response.StatusCode)
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				wantSafe(t, e, testCode, login.State, login.Verifier, clientSecret, "other-access")
			}
			if elsewhere.Load() != 0 {
				t.Error("the request followed a redirect")
			}
		})
	}
}

func TestAnEndpointThatIsNotThereIsNamedByItsHostOnly(t *testing.T) {
	e := newEndpoint(t, nil)
	flow := newFlow(t, e.config(clientSecret))
	e.Close()
	_, login := flow.Start()
	_, err := flow.Finish(t.Context(), login, callback(login))
	if err == nil || !strings.Contains(err.Error(), "127.0.0.1") {
		t.Fatalf("error %v, want 127.0.0.1 in it", err)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		wantSafe(t, e, testCode, login.Verifier, clientSecret)
	}

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, login = flow.Start()
	if _, err := flow.Finish(ended, login, callback(login)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestTheHTTPClientOfTheContextOrOptionSendsTheTokenRequest(t *testing.T) {
	e := newEndpoint(t, nil)
	var used atomic.Int64
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		used.Add(1)
		return http.DefaultTransport.RoundTrip(r)
	})}
	for _, tt := range []struct {
		ctx  context.Context
		opts []authn.FlowOption
	}{
		{context.WithValue(t.Context(), oauth2.HTTPClient, client), nil},
		{t.Context(), []authn.FlowOption{authn.WithHTTPClient(client)}},
	} {
		flow := newFlow(t, e.config(clientSecret), tt.opts...)
		_, login := flow.Start()
		if _, err := flow.Finish(tt.ctx, login, callback(login)); err != nil {
			t.Fatal(err)
		}
	}
	if used.Load() != 2 {
		t.Errorf("the client was used %d times, want 2", used.Load())
	}
}
