package authn_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

// The two handlers of a web app that log a user in. What stands for sessions
// here is a map; examples/oauth-web has cookies.
func ExampleCodeFlow() {
	authServer := exampleAuthServer()
	defer authServer.Close()
	config := authn.NewConfig("client-id", "client-secret", "https://partner.example/callback")
	config.Endpoint.TokenURL = authServer.URL // leave this out for the real one

	flow, err := authn.NewCodeFlow(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	sessions := map[string]authn.Login{}
	store := new(authn.MemoryStore) // one for each user

	start := func(session string) (redirectTo string) {
		address, login := flow.Start()
		sessions[session] = login
		return address
	}
	callback := func(ctx context.Context, session string, query url.Values) error {
		login := sessions[session]
		delete(sessions, session)
		token, err := flow.Finish(ctx, login, query)
		var rejected *authn.AuthorizationError
		switch {
		case errors.As(err, &rejected) && rejected.Code == "access_denied":
			return errors.New("you did not agree, so nothing was connected")
		case err != nil:
			return err
		}
		return store.Save(ctx, token)
	}

	// The browser goes to the URL, and comes back with state and code.
	address, _ := url.Parse(start("session-1"))
	back := url.Values{"state": {address.Query().Get("state")}, "code": {"the code"}}
	fmt.Println(callback(context.Background(), "session-1", back))
	fmt.Println(callback(context.Background(), "session-1", back))
	// Output:
	// <nil>
	// authn: no login is in progress: the session has no Login from Start, or was lost
}

// A token that was stored is sent until it is about to expire. Then it is
// refreshed, and the new one stored.
func ExampleNewTokenSource() {
	authServer := exampleAuthServer()
	defer authServer.Close()
	config := authn.NewConfig("client-id", "client-secret", "https://partner.example/callback")
	config.Endpoint.TokenURL = authServer.URL // leave this out for the real one

	store := authn.NewMemoryStore(&oauth2.Token{AccessToken: "at_0", RefreshToken: "rt_0", Expiry: time.Now()})
	editor := authn.TokenSource(authn.NewTokenSource(config, store))

	req, _ := http.NewRequest(http.MethodGet, schemas, nil)
	err := editor(context.Background(), req)
	fmt.Println(req.Header.Get("Authorization"), err)

	stored, err := store.Load(context.Background())
	fmt.Println(stored.RefreshToken, err)
	// Output:
	// Bearer at_1 <nil>
	// rt_1 <nil>
}

func exampleAuthServer() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"at_1","token_type":"Bearer","refresh_token":"rt_1","expires_in":3600}`)
	}))
}
