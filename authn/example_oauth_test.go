package authn_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
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
		var refused *authn.AuthorizationError
		switch {
		case errors.As(err, &refused):
			return errors.New("you did not agree, so nothing was connected")
		case err != nil:
			return err
		}
		return store.Save(ctx, token)
	}

	// The browser goes to the address, and comes back with state and code.
	address, _ := url.Parse(start("session-1"))
	back := url.Values{"state": {address.Query().Get("state")}, "code": {"the code"}}
	fmt.Println(callback(context.Background(), "session-1", back))
	fmt.Println(callback(context.Background(), "session-1", back))
	// Output:
	// <nil>
	// authn: there is no login under way: the session has none from Start, or it was not kept
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

// Users is a database table of tokens. With a database, Load is a SELECT and
// Save an UPSERT; Lock is a row lock or an advisory lock, which the database
// gives back if the process dies.
type Users struct {
	mu     sync.Mutex
	tokens map[string]oauth2.Token
	locks  map[string]chan struct{}
}

// UserStore is the row of one user.
type UserStore struct {
	Users *Users
	ID    string
}

func (s UserStore) Load(ctx context.Context) (*oauth2.Token, error) {
	s.Users.mu.Lock()
	defer s.Users.mu.Unlock()
	token, ok := s.Users.tokens[s.ID]
	if !ok {
		return nil, authn.ErrNoToken
	}
	return &token, nil
}

func (s UserStore) Save(ctx context.Context, token *oauth2.Token) error {
	s.Users.mu.Lock()
	defer s.Users.mu.Unlock()
	s.Users.tokens[s.ID] = *token
	return nil
}

func (s UserStore) Lock(ctx context.Context) (unlock func(), err error) {
	s.Users.mu.Lock()
	lock := s.Users.locks[s.ID]
	if lock == nil {
		lock = make(chan struct{}, 1)
		s.Users.locks[s.ID] = lock
	}
	s.Users.mu.Unlock()
	select {
	case lock <- struct{}{}:
		return func() { <-lock }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A store of one's own has two methods, and a third if processes share it.
func ExampleTokenLocker() {
	users := &Users{tokens: map[string]oauth2.Token{}, locks: map[string]chan struct{}{}}
	var store authn.TokenLocker = UserStore{Users: users, ID: "user-" + rand.Text()}

	config := authn.NewConfig("client-id", "client-secret", "https://partner.example/callback")
	source := authn.NewTokenSource(config, store)

	_, err := source.Token()
	fmt.Println(errors.Is(err, authn.ErrLoginRequired), err)

	_ = store.Save(context.Background(), &oauth2.Token{AccessToken: "at_1", RefreshToken: "rt_1", Expiry: time.Now().Add(time.Hour)})
	token, err := source.Token()
	fmt.Println(token.AccessToken, err)
	// Output:
	// true authn: no token is stored: the user has to log in
	// at_1 <nil>
}

func exampleAuthServer() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"at_1","token_type":"Bearer","refresh_token":"rt_1","expires_in":3600}`)
	}))
}
