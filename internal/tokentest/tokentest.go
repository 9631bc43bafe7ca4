// Package tokentest checks implementations of [authn.TokenLocker] that processes share:
// what each must do, wherever it keeps the tokens.
package tokentest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify/authn"
)

// Open returns a store of a user's token, as a process of its own would have it. Nothing
// is stored before the first Save.
type Open func(t *testing.T, user string) authn.TokenLocker

// Case is one rule.
type Case struct {
	Name string
	Run  func(t *testing.T, open Open)
}

// Cases returns the rules.
func Cases() []Case {
	return []Case{
		{"without a token there is ErrNoToken", empty},
		{"all parts of a token are kept", keeps},
		{"users have tokens of their own", users},
		{"the last token is loaded", last},
		{"an empty token is invalid, and the old one stays", invalid},
		{"the lock is held by one", locks},
		{"the lock of another user is free", locksOfOthers},
		{"the end of the context ends the wait for the lock", lockEnds},
		{"an ended context is an error", ended},
		{"a lock that is released without a change is free", released},
		{"a store that is printed shows no token", printed},
	}
}

// secrets are what must not be shown.
const secretAccess, secretRefresh = "secret-access-token", "secret-refresh-token"

func token() *oauth2.Token {
	return &oauth2.Token{
		AccessToken: secretAccess, TokenType: "Bearer", RefreshToken: secretRefresh,
		Expiry: time.Date(2030, 1, 2, 3, 4, 5, 6_000_000, time.UTC), ExpiresIn: 3600,
	}
}

func save(t *testing.T, store authn.TokenStore, token *oauth2.Token) {
	t.Helper()
	if err := store.Save(t.Context(), token); err != nil {
		t.Fatal(err)
	}
}

func wantToken(t *testing.T, store authn.TokenStore, want *oauth2.Token) {
	t.Helper()
	got, err := store.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.AccessToken != want.AccessToken || got.TokenType != want.TokenType || got.RefreshToken != want.RefreshToken ||
		!got.Expiry.Equal(want.Expiry) || got.ExpiresIn != want.ExpiresIn {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func empty(t *testing.T, open Open) {
	if _, err := open(t, "ada").Load(t.Context()); !errors.Is(err, authn.ErrNoToken) {
		t.Errorf("the error is %v, want ErrNoToken", err)
	}
}

func keeps(t *testing.T, open Open) {
	for _, want := range []*oauth2.Token{
		token(),
		{AccessToken: "only"},
		{RefreshToken: "only"},
		{AccessToken: "odd \" \\ \x00 ü 日本", RefreshToken: strings.Repeat("long", 10_000)},
	} {
		save(t, open(t, "ada"), want)
		wantToken(t, open(t, "ada"), want)
	}
}

func users(t *testing.T, open Open) {
	all := []string{"ada", "ADA", "ada ", "a:da", "a*a", "{ada}", "日本", "'; --", strings.Repeat("x", 200)}
	for i, user := range all {
		save(t, open(t, user), &oauth2.Token{AccessToken: fmt.Sprint("of-", i)})
	}
	for i, user := range all {
		wantToken(t, open(t, user), &oauth2.Token{AccessToken: fmt.Sprint("of-", i)})
	}
}

func last(t *testing.T, open Open) {
	one, other := open(t, "ada"), open(t, "ada")
	for i := range 5 {
		want := &oauth2.Token{AccessToken: fmt.Sprint("number-", i)}
		save(t, one, want)
		wantToken(t, other, want)
		one, other = other, one
	}
}

func invalid(t *testing.T, open Open) {
	store := open(t, "ada")
	save(t, store, token())
	for name, bad := range map[string]*oauth2.Token{
		"nil":               nil,
		"empty":             {},
		"not UTF-8":         {AccessToken: "\xff"},
		"expiry is too far": {AccessToken: "a", Expiry: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		err := store.Save(t.Context(), bad)
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	wantToken(t, open(t, "ada"), token())
}

func lock(t *testing.T, store authn.TokenLocker) (unlock func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	unlock, err := store.Lock(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return unlock
}

func locks(t *testing.T, open Open) {
	save(t, open(t, "ada"), &oauth2.Token{AccessToken: "0"})
	// Each adds one to the number in the token, some of them in the same store.
	const each = 4
	stores := []authn.TokenLocker{open(t, "ada"), open(t, "ada"), open(t, "ada")}
	done := make(chan error)
	for _, store := range stores {
		for range each {
			go func() { done <- add(t.Context(), store) }()
		}
	}
	for range each * len(stores) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	wantToken(t, open(t, "ada"), &oauth2.Token{AccessToken: fmt.Sprint(each * len(stores))})
}

func add(ctx context.Context, store authn.TokenLocker) error {
	unlock, err := store.Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	token, err := store.Load(ctx)
	if err != nil {
		return err
	}
	var n int
	if _, err := fmt.Sscan(token.AccessToken, &n); err != nil {
		return err
	}
	return store.Save(ctx, &oauth2.Token{AccessToken: fmt.Sprint(n + 1)})
}

func locksOfOthers(t *testing.T, open Open) {
	defer lock(t, open(t, "ada"))()
	lock(t, open(t, "grace"))()
}

func lockEnds(t *testing.T, open Open) {
	unlock := lock(t, open(t, "ada"))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := open(t, "ada").Lock(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v, want DeadlineExceeded", err)
	}
	unlock()
	lock(t, open(t, "ada"))()
}

func ended(t *testing.T, open Open) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	store := open(t, "ada")
	_, loadErr := store.Load(ctx)
	_, lockErr := store.Lock(ctx)
	for name, err := range map[string]error{"Load": loadErr, "Save": store.Save(ctx, token()), "Lock": lockErr} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the error of %s is %v, want Canceled", name, err)
		}
	}
	if _, err := open(t, "ada").Load(t.Context()); !errors.Is(err, authn.ErrNoToken) {
		t.Errorf("after that the error of Load is %v, want ErrNoToken", err)
	}
}

func released(t *testing.T, open Open) {
	for range 3 {
		lock(t, open(t, "ada"))()
	}
	if _, err := open(t, "ada").Load(t.Context()); !errors.Is(err, authn.ErrNoToken) {
		t.Errorf("the error of Load is %v, want ErrNoToken", err)
	}
}

func printed(t *testing.T, open Open) {
	store := open(t, "ada")
	save(t, store, token())
	wantToken(t, store, token())
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, value := range []any{store, struct{ store any }{store}} {
			if got := fmt.Sprintf(format, value); strings.Contains(got, secretAccess) || strings.Contains(got, secretRefresh) {
				t.Errorf("%s shows the token: %s", format, got)
			}
		}
	}
}
