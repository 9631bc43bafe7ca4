package clarifypostgres_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn"
	clarifypostgres "github.com/clarify-go/clarify/contrib/postgres"
	"golang.org/x/oauth2"
)

func newGrants(t *testing.T, config *oauth2.Config) (*clarifypostgres.Grants, func(keys ...[]byte) *clarifypostgres.Grants) {
	t.Helper()
	pool, schema := prepared(t)
	open := func(keys ...[]byte) *clarifypostgres.Grants {
		g, err := clarifypostgres.NewGrants(pool, config, keys, schema)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	return open(keys...), open
}

func login(t *testing.T, g *clarifypostgres.Grants, workspace, user string, token *oauth2.Token) {
	t.Helper()
	if err := g.Save(t.Context(), workspace, user, token); err != nil {
		t.Fatal(err)
	}
}

func source(t *testing.T, g *clarifypostgres.Grants, workspace, user string) *clarifypostgres.Source {
	t.Helper()
	s, err := g.TokenSource(workspace, user)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func expired(n string) *oauth2.Token {
	old := token(n)
	old.Expiry = time.Now().Add(-time.Minute)
	return old
}

func TestRequestsOfAUserShareARefresh(t *testing.T) {
	server := newAuthorizationServer(t)
	first, open := newGrants(t, server.config())
	login(t, first, "acme", "ada", expired("0"))
	var group sync.WaitGroup
	for _, g := range []*clarifypostgres.Grants{first, open(keys...), open(keys...)} {
		for range 5 {
			group.Go(func() {
				got, err := source(t, g, "acme", "ada").TokenContext(t.Context())
				if err != nil || got.AccessToken != "access-new" {
					t.Errorf("got %v, %v", got, err)
				}
			})
		}
	}
	group.Wait()
	if n := server.refreshes.Load(); n != 1 {
		t.Errorf("there were %d refreshes, want 1", n)
	}
}

func TestGrantsOfAWorkspaceAreListed(t *testing.T) {
	g, _ := newGrants(t, newAuthorizationServer(t).config())
	const users = 1200 // more than a page
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for i := worker; i < users; i += 4 {
				login(t, g, "acme", fmt.Sprintf("user-%04d", i), token("0"))
			}
		})
	}
	group.Wait()
	login(t, g, "other", "eve", token("0"))
	var names []string
	for got, err := range g.Users(t.Context(), "acme") {
		if err != nil {
			t.Fatal(err)
		}
		if got.Workspace != "acme" || got.LoginRequired || time.Since(got.CreatedAt).Abs() > time.Minute || got.UsedAt.IsZero() || got.RefreshedAt.IsZero() {
			t.Fatalf("got %+v", got)
		}
		if d := time.Until(got.ExpiresAt); d < 50*time.Minute || d > 70*time.Minute {
			t.Fatalf("it expires at %v", got.ExpiresAt)
		}
		names = append(names, got.User)
	}
	if len(names) != users || !slices.IsSorted(names) {
		t.Errorf("got %d users, want %d in order", len(names), users)
	}
	for range g.Users(t.Context(), "acme") {
		break // a caller may stop
	}
}

func TestGrantsWhoseUsersHaveToLogInAgainAreListed(t *testing.T) {
	server := newAuthorizationServer(t)
	g, open := newGrants(t, server.config())
	server.ends.Store(true)
	noRefresh := expired("0")
	noRefresh.RefreshToken = ""
	works := token("0")
	works.RefreshToken = ""
	login(t, g, "acme", "ada", expired("0"))
	login(t, g, "acme", "bob", noRefresh)
	login(t, g, "acme", "cem", works)
	login(t, g, "acme", "dan", token("0"))
	for range 2 {
		if _, err := source(t, g, "acme", "ada").Token(); !errors.Is(err, authn.ErrLoginRequired) {
			t.Fatalf("the error is %v, want ErrLoginRequired", err)
		}
	}
	want := func(names ...string) {
		t.Helper()
		var got []string
		for grant, err := range open(keys...).LoginRequired(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if !grant.LoginRequired || grant.User == "ada" && !strings.Contains(grant.Reason, "invalid_grant") {
				t.Errorf("got %+v", grant)
			}
			got = append(got, grant.User)
		}
		if !slices.Equal(got, names) {
			t.Errorf("%v have to log in again, want %v", got, names)
		}
	}
	want("ada", "bob")
	// A login is all it takes, also for the processes that know of the end.
	login(t, open(keys...), "acme", "ada", token("1"))
	want("bob")
	if got, err := source(t, g, "acme", "ada").Token(); err != nil || got.AccessToken != "access-1" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestADeletedGrantIsGone(t *testing.T) {
	g, open := newGrants(t, newAuthorizationServer(t).config())
	login(t, g, "acme", "ada", token("0"))
	if got, err := g.Get(t.Context(), "acme", "ada"); err != nil || got.User != "ada" {
		t.Errorf("got %+v, %v", got, err)
	}
	for range 2 {
		if err := g.Delete(t.Context(), "acme", "ada"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := g.Get(t.Context(), "acme", "ada"); !errors.Is(err, authn.ErrNoToken) {
		t.Errorf("the error is %v, want ErrNoToken", err)
	}
	if _, err := source(t, open(keys...), "acme", "ada").Token(); !errors.Is(err, authn.ErrLoginRequired) {
		t.Errorf("the error is %v, want ErrLoginRequired", err)
	}
}

func TestKeysAreRotated(t *testing.T) {
	g, open := newGrants(t, newAuthorizationServer(t).config())
	for _, user := range []string{"ada", "bob", "cem"} {
		login(t, g, "acme", user, token(user))
	}
	other := []byte("fedcba9876543210")
	both := open(other, keys[0])
	for _, want := range []int{3, 0} {
		if n, err := both.Rotate(t.Context()); err != nil || n != want {
			t.Errorf("%d tokens were encrypted again, want %d: %v", n, want, err)
		}
	}
	if got, err := source(t, open(other), "acme", "bob").Token(); err != nil || got.AccessToken != "access-bob" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := open(keys[0]).Rotate(t.Context()); !errors.Is(err, clarifypostgres.ErrKey) {
		t.Errorf("the error is %v, want ErrKey", err)
	}
}

func TestInvalidGrantsAreErrors(t *testing.T) {
	g, _ := newGrants(t, newAuthorizationServer(t).config())
	pool, schema := prepared(t)
	for name, err := range map[string]error{
		"no workspace":     g.Save(t.Context(), "", "ada", token("0")),
		"no user":          g.Save(t.Context(), "acme", "", token("0")),
		"a user with NUL":  g.Save(t.Context(), "acme", "a\x00", token("0")),
		"an invalid user":  g.Save(t.Context(), "acme", "a\xff", token("0")),
		"no token":         g.Save(t.Context(), "acme", "ada", nil),
		"an empty token":   g.Save(t.Context(), "acme", "ada", &oauth2.Token{}),
		"an invalid token": g.Save(t.Context(), "acme", "ada", &oauth2.Token{AccessToken: "\xff"}),
		"no keys":          second(clarifypostgres.NewGrants(pool, &oauth2.Config{}, nil, schema)),
		"a short key":      second(clarifypostgres.NewGrants(pool, &oauth2.Config{}, [][]byte{{1}}, schema)),
		"no config":        second(clarifypostgres.NewGrants(pool, nil, keys, schema)),
		"a store":          second(clarifypostgres.NewTokenStore(pool, keys, "acme", "", schema)),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "clarify: ") {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestASourceIsPrintedWithoutItsToken(t *testing.T) {
	g, _ := newGrants(t, newAuthorizationServer(t).config())
	login(t, g, "acme", "ada", token("0"))
	s := source(t, g, "acme", "ada")
	if _, err := s.Token(); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, s); strings.Contains(got, "access-0") {
			t.Errorf("%s shows the token", verb)
		}
	}
}
