package tokenfile_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/authn/tokenfile"
	"golang.org/x/oauth2"
)

const (
	access  = "4cc3ss-t0k3n-value"
	refresh = "r3fr3sh-t0k3n-value"
)

func TestWhatIsSavedIsLoaded(t *testing.T) {
	for _, want := range []*oauth2.Token{
		token(),
		{AccessToken: access, TokenType: "bearer"},
		{RefreshToken: refresh},
		{AccessToken: "quotes \" and \\ and <é>", RefreshToken: "\u2028"},
		{AccessToken: access, Expiry: time.Now()},
	} {
		store := newStore(t)
		if err := store.Save(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		for _, s := range []*tokenfile.Store{store, open(t, store.Path())} {
			got, err := s.Load(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, got, want)
		}
	}
}

func TestWithoutAFileThereIsNoToken(t *testing.T) {
	store := open(t, filepath.Join(t.TempDir(), "missing", "token.json"))
	token, err := store.Load(t.Context())
	if token != nil {
		t.Error("there is a token beside the error")
	}
	for _, want := range []error{authn.ErrNoToken, fs.ErrNotExist} {
		if !errors.Is(err, want) {
			t.Errorf("error %v, want %v", err, want)
		}
	}
	wantSafe(t, err, store.Path())
	if _, err := os.Stat(filepath.Dir(store.Path())); !errors.Is(err, fs.ErrNotExist) {
		t.Error("loading makes a folder")
	}
}

func TestAFileThatCannotBeOpenedIsNotTakenForNone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such error")
	}
	folder := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	store := open(t, filepath.Join(folder, "token.json"))
	got, err := store.Load(t.Context())
	if got != nil || err == nil || errors.Is(err, authn.ErrNoToken) {
		t.Fatalf("token %t, error %v", got != nil, err)
	}
	wantSafe(t, err, store.Path())
}

func TestAFileThatOthersCanReadIsRefusedWithTheCommandThatMendsIt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	for _, name := range []string{"token.json", "it's a token", "a|b", "{a}"} {
		for _, mode := range []fs.FileMode{0o640, 0o604, 0o620, 0o610, 0o644, 0o666, 0o777} {
			t.Run(fmt.Sprintf("%s %#o", name, mode), func(t *testing.T) {
				store := open(t, filepath.Join(t.TempDir(), name))
				if err := store.Save(t.Context(), token()); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(store.Path(), mode); err != nil {
					t.Fatal(err)
				}
				got, err := store.Load(t.Context())
				if got != nil {
					t.Error("there is a token beside the error")
				}
				if !errors.Is(err, tokenfile.ErrExposed) {
					t.Fatalf("error %v, want ErrExposed", err)
				}
				command := "run chmod 600 " + store.Path()
				if strings.ContainsAny(name, "'|{") {
					command = "run chmod 600 '" + strings.ReplaceAll(store.Path(), "'", `'\''`) + "'"
				}
				if !strings.HasSuffix(err.Error(), command) {
					t.Errorf("error %q does not end in %q", err, command)
				}
				if err := os.Chmod(store.Path(), 0o600); err != nil {
					t.Fatal(err)
				}
				if _, err := store.Load(t.Context()); err != nil {
					t.Errorf("after the command: %v", err)
				}
			})
		}
	}
}

func TestADamagedFileIsNamedAndLeftAsItIs(t *testing.T) {
	whole := read(t, saved(t))
	tests := map[string]string{
		"empty":                        "",
		"blank":                        " \n",
		"cut off":                      whole[:len(whole)/2],
		"cut off before the end":       whole[:len(whole)-3],
		"something after the token":    whole + "{}",
		"text":                         access,
		"null":                         "null",
		"an array":                     "[" + whole + "]",
		"no member":                    "{}",
		"no format":                    `{"access_token":"` + access + `"}`,
		"a format to come":             `{"format":2,"access_token":"` + access + `"}`,
		"no token":                     `{"format":1}`,
		"a token that is no string":    `{"format":1,"access_token":["` + access + `"]}`,
		"an expiry that is no time":    `{"format":1,"access_token":"a","expiry":"` + access + `"}`,
		"a quote that does not close":  `{"format":1,"access_token":"` + access,
		"larger than any token can be": `{"format":1,"access_token":"` + strings.Repeat(access, 100_000) + `"}`,
	}
	for name, content := range tests {
		t.Run(name, func(t *testing.T) {
			store := newStore(t)
			if err := os.WriteFile(store.Path(), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := store.Load(t.Context())
			if got != nil {
				t.Error("there is a token beside the error")
			}
			if !errors.Is(err, tokenfile.ErrDamaged) {
				t.Fatalf("error %v, want ErrDamaged", err)
			}
			wantSafe(t, err, store.Path())
			if now := read(t, store); now != content {
				t.Error("the file was changed")
			}
		})
	}
	t.Run("a folder", func(t *testing.T) {
		dir := t.TempDir()
		if _, err := open(t, dir).Load(t.Context()); err == nil {
			t.Error("no error")
		}
	})
}

func TestALinkIsFollowed(t *testing.T) {
	dir := t.TempDir()
	link, target := filepath.Join(dir, "link"), filepath.Join(dir, "elsewhere", "token.json")
	if err := open(t, target).Save(t.Context(), &oauth2.Token{AccessToken: "old"}); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Skip("this system makes no links: ", err)
	}
	if err := open(t, link).Save(t.Context(), token()); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, target).Load(t.Context())
	if err != nil {
		t.Errorf("the file behind the link: %v", err)
	} else if got.AccessToken != access {
		t.Errorf("the file behind the link has the access token %q, want %q", got.AccessToken, access)
	}
	if info, err := os.Lstat(link); err != nil {
		t.Errorf("the link is gone: %v", err)
	} else if info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link has become a file of mode %v", info.Mode())
	}
}

func TestPathsThatCannotBeAFileAreRefused(t *testing.T) {
	for _, path := range []string{"", "folder/", string(filepath.Separator)} {
		if _, err := tokenfile.New(path); err == nil {
			t.Errorf("%q: no error", path)
		}
	}
	for _, name := range []string{"", ".", "..", "a/b", "/a", "a\x00"} {
		if path, err := tokenfile.DefaultPath(name); err == nil {
			t.Errorf("%q: %s, want an error", name, path)
		}
	}
	t.Setenv("XDG_CONFIG_HOME", "/config")
	t.Setenv("HOME", "/home/me")
	path, err := tokenfile.DefaultPath("tool")
	if err != nil || !strings.HasSuffix(path, filepath.Join("tool", "token.json")) {
		t.Errorf("%q, %v", path, err)
	}
	store := open(t, "token.json")
	if !filepath.IsAbs(store.Path()) {
		t.Errorf("the path %s is relative", store.Path())
	}
}

func TestAStoreWithoutAPathOrContextHoldsNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	var none context.Context
	for _, tt := range []struct {
		name  string
		store *tokenfile.Store
		ctx   context.Context
	}{
		{"no store", nil, t.Context()},
		{"no path", new(tokenfile.Store), t.Context()},
		{"no context", open(t, "token.json"), none},
	} {
		if _, err := tt.store.Load(tt.ctx); err == nil {
			t.Errorf("%s: Load: no error", tt.name)
		} else if errors.Is(err, authn.ErrNoToken) {
			t.Errorf("%s: Load: error %v matches ErrNoToken", tt.name, err)
		}
		if err := tt.store.Save(tt.ctx, token()); err == nil {
			t.Errorf("%s: Save: no error", tt.name)
		}
		if _, err := tt.store.Lock(tt.ctx); err == nil {
			t.Errorf("%s: Lock: no error", tt.name)
		}
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("files %v, %v", left, err)
	}
}

// FuzzFile holds Load to: whatever the file has, the response is a token that is
// saved and loaded as the same, or an error that names the file and leaves it.
func FuzzFile(f *testing.F) {
	whole, err := json.Marshal(map[string]any{"format": 1, "access_token": access, "refresh_token": refresh, "expiry": time.Unix(1, 0)})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{string(whole), "", "{}", "null", `{"format":1}`, `{"format":1,"access_token":"a"}{}`, "\x00\xff", `{"format":1e0,"access_token":"\ud800"}`} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		store := open(t, filepath.Join(dir, "token.json"))
		if err := os.WriteFile(store.Path(), content, 0o600); err != nil {
			t.Fatal(err)
		}
		first, err := store.Load(t.Context())
		if err != nil {
			if first != nil {
				t.Fatal("there is a token beside the error")
			}
			if !errors.Is(err, tokenfile.ErrDamaged) {
				t.Fatalf("error %v, want ErrDamaged", err)
			}
			if !strings.Contains(err.Error(), store.Path()) {
				t.Fatalf("error %v, want the path %s in it", err, store.Path())
			}
			if read(t, store) != string(content) {
				t.Fatal("the file was changed")
			}
			return
		}
		if err := store.Save(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		second, err := store.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, second, first)
	})
}

func TestALinkToAFileThatIsNotThereYetStays(t *testing.T) {
	dir := t.TempDir()
	link, target := filepath.Join(dir, "token.json"), filepath.Join(dir, "elsewhere", "own.json")
	if err := os.Symlink(filepath.Join("elsewhere", "own.json"), link); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	store, err := tokenfile.New(link)
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := store.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if err := store.Save(t.Context(), token()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil {
		t.Errorf("the link is gone: %v", err)
	} else if info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link has become a file of mode %v", info.Mode())
	}
	if _, err := os.Stat(target); err != nil {
		t.Errorf("the file is not where the link leads: %v", err)
	}
	if _, err := os.Stat(target + ".lock"); err != nil {
		t.Errorf("the lock is not beside the file: %v", err)
	}
	if _, err := store.Load(t.Context()); err != nil {
		t.Error(err)
	}
}
