package clarifykeyring_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn"
	clarifykeyring "github.com/clarify-go/clarify/contrib/keyring"
	"github.com/clarify-go/clarify/internal/tokentest"
	"github.com/zalando/go-keyring"
	"golang.org/x/oauth2"
)

const service = "clarify-test"

func open(t *testing.T, user string) *clarifykeyring.Store {
	t.Helper()
	store, err := clarifykeyring.New(service, user, clarifykeyring.WithLockDir(locks(t)))
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// dirs are the directories of the locks of tests.
var dirs = map[string]string{}

func locks(t *testing.T) string {
	t.Helper()
	if dirs[t.Name()] == "" {
		dirs[t.Name()] = t.TempDir()
	}
	return dirs[t.Name()]
}

func TestStore(t *testing.T) {
	for _, c := range tokentest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			keyring.MockInit()
			c.Run(t, func(t *testing.T, user string) authn.TokenLocker { return open(t, user) })
		})
	}
}

func token(size int) *oauth2.Token {
	return &oauth2.Token{
		AccessToken: strings.Repeat("ä", size/2), TokenType: "Bearer", RefreshToken: fmt.Sprint("refresh-", size),
		Expiry: time.Now().Add(time.Hour), ExpiresIn: 3600,
	}
}

func save(t *testing.T, store *clarifykeyring.Store, token *oauth2.Token) {
	t.Helper()
	if err := store.Save(t.Context(), token); err != nil {
		t.Fatal(err)
	}
}

func wantStored(t *testing.T, store *clarifykeyring.Store, want *oauth2.Token) {
	t.Helper()
	got, err := store.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.AccessToken != want.AccessToken || got.RefreshToken != want.RefreshToken || got.TokenType != want.TokenType ||
		!got.Expiry.Equal(want.Expiry) || got.ExpiresIn != want.ExpiresIn {
		t.Errorf("it has another token than was saved, %d bytes and %d", len(got.AccessToken), len(want.AccessToken))
	}
}

func TestLargeTokensAreSplit(t *testing.T) {
	keyring.MockInit()
	store := open(t, "ada")
	for _, size := range []int{10, 1400, 1600, 5000, 20000, 3000, 3001, 10, 8000, 10} {
		want := token(size)
		save(t, store, want)
		wantStored(t, store, want)
		wantStored(t, open(t, "ada"), want)
	}
	// Nothing is left of the large ones.
	for _, half := range []string{"a", "b"} {
		for n := range 20 {
			if _, err := keyring.Get(service, fmt.Sprintf("ada (%s%d)", half, n+1)); !errors.Is(err, keyring.ErrNotFound) {
				t.Errorf("part %s%d is still there: %v", half, n+1, err)
			}
		}
	}
	save(t, store, token(20000))
	for n := range 13 {
		for _, half := range []string{"a", "b"} {
			if part, err := keyring.Get(service, fmt.Sprintf("ada (%s%d)", half, n+1)); err == nil && len(part) > 1500 {
				t.Errorf("part %d has %d bytes", n, len(part))
			}
		}
	}
	if err := store.Save(t.Context(), token(200_000)); err == nil {
		t.Error("a token of 200 KB is saved")
	}
}

// A program that is killed in Save leaves what there was: the parts that it has written
// are not those in use.
func TestAnInterruptedSaveLeavesTheOldToken(t *testing.T) {
	keyring.MockInit()
	store := open(t, "ada")
	for range 3 {
		old := token(5000)
		save(t, store, old)
		head, err := keyring.Get(service, "ada")
		if err != nil {
			t.Fatal(err)
		}
		save(t, store, token(6000))
		later, err := keyring.Get(service, "ada")
		if err != nil || later == head {
			t.Fatalf("the new token is where the old one was: %s, %v", later, err)
		}
	}
}

func TestWhatIsNotATokenIsDamaged(t *testing.T) {
	keyring.MockInit()
	store := open(t, "ada")
	for _, data := range []string{
		"", "secret", "{}", `{"format":2}`, `{"format":1}`, `{"format":1,"token":{}}`, `{"format":1,"half":"c","parts":1}`,
		`{"format":1,"half":"a","parts":0}`, `{"format":1,"half":"a","parts":1000}`, `{"format":1,"half":"a","parts":2}`,
	} {
		if err := keyring.Set(service, "ada", data); err != nil {
			t.Fatal(err)
		}
		_, err := store.Load(t.Context())
		if !errors.Is(err, clarifykeyring.ErrDamaged) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error is %v, want ErrDamaged", data, err)
		}
	}
	for range 2 {
		if err := store.Delete(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.Load(t.Context()); !errors.Is(err, authn.ErrNoToken) {
		t.Errorf("the error is %v, want ErrNoToken", err)
	}
}

func TestAKeyringThatFailsIsAnError(t *testing.T) {
	broken := errors.New("no keyring")
	keyring.MockInitWithError(broken)
	t.Cleanup(keyring.MockInit)
	store := open(t, "ada")
	for name, call := range map[string]func() error{
		"Load":   func() error { _, err := store.Load(t.Context()); return err },
		"Save":   func() error { return store.Save(t.Context(), token(10)) },
		"Delete": func() error { return store.Delete(t.Context()) },
	} {
		if err := call(); !errors.Is(err, broken) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.Save(ctx, token(10)); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want that of the context", err)
	}
}

func TestInvalidNamesAreErrors(t *testing.T) {
	for _, names := range [][2]string{{"", "ada"}, {"program", ""}, {"program", "a\nb"}, {"program", "\xff"}, {strings.Repeat("p", 201), "ada"}} {
		if _, err := clarifykeyring.New(names[0], names[1]); err == nil || !strings.HasPrefix(err.Error(), "clarify: ") {
			t.Errorf("%q: the error is %v", names, err)
		}
	}
}
