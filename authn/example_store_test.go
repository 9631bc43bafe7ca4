package authn_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

// Users is a database table of tokens. With a database, Load is a SELECT and
// Save an UPSERT; Lock is a row lock or an advisory lock, which the database
// releases if the process dies.
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
