package tokenfile_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn/tokenfile"
	"golang.org/x/oauth2"
)

func token() *oauth2.Token {
	return &oauth2.Token{
		AccessToken:  access,
		TokenType:    "Bearer",
		RefreshToken: refresh,
		Expiry:       time.Date(2026, 11, 23, 12, 0, 0, 123456789, time.UTC),
	}
}

func open(t testing.TB, path string) *tokenfile.Store {
	t.Helper()
	store, err := tokenfile.New(path)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func newStore(t testing.TB) *tokenfile.Store {
	return open(t, filepath.Join(t.TempDir(), "token.json"))
}

// wantSafe checks that an error names the file and shows nothing of the token.
func wantSafe(t *testing.T, err error, path string) {
	t.Helper()
	for _, verb := range []string{"%v", "%+v", "%#v", "%q"} {
		if text := fmt.Sprintf(verb, err); strings.Contains(text, access) || strings.Contains(text, refresh) {
			t.Errorf("%s of the error shows a token", verb)
		}
	}
	if !strings.Contains(err.Error(), path) {
		t.Errorf("error %q does not name %s", err, path)
	}
}

func wantMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	if runtime.GOOS == "windows" {
		return
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != want {
		t.Errorf("%s has mode %#o, want %#o", filepath.Base(path), got, want)
	}
}

func saved(t testing.TB) *tokenfile.Store {
	t.Helper()
	store := newStore(t)
	if err := store.Save(t.Context(), token()); err != nil {
		t.Fatal(err)
	}
	return store
}

func read(t testing.TB, store *tokenfile.Store) string {
	t.Helper()
	content, err := os.ReadFile(store.Path())
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// wantSame compares what a file keeps of two tokens.
func wantSame(t testing.TB, got, want *oauth2.Token) {
	t.Helper()
	if got.AccessToken != want.AccessToken {
		t.Errorf("access token %q, want %q", got.AccessToken, want.AccessToken)
	}
	if got.RefreshToken != want.RefreshToken {
		t.Errorf("refresh token %q, want %q", got.RefreshToken, want.RefreshToken)
	}
	if got.TokenType != want.TokenType {
		t.Errorf("token type %q, want %q", got.TokenType, want.TokenType)
	}
	if !got.Expiry.Equal(want.Expiry) {
		t.Errorf("expiry %v, want %v", got.Expiry, want.Expiry)
	}
}
