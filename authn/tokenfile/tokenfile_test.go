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
	"slices"
	"strings"
	"sync"
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
			if got.AccessToken != want.AccessToken || got.TokenType != want.TokenType ||
				got.RefreshToken != want.RefreshToken || !got.Expiry.Equal(want.Expiry) {
				t.Error("the token differs from the one that was saved")
			}
		}
	}
}

func TestWithoutAFileThereIsNoToken(t *testing.T) {
	store := open(t, filepath.Join(t.TempDir(), "missing", "token.json"))
	token, err := store.Load(t.Context())
	if token != nil || !errors.Is(err, authn.ErrNoToken) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("token %t, error %v", token != nil, err)
	}
	wantSafe(t, err, store.Path())
	if _, err := os.Stat(filepath.Dir(store.Path())); !errors.Is(err, fs.ErrNotExist) {
		t.Error("loading makes a folder")
	}
}

func TestSaveMakesFoldersForTheOwnerOnly(t *testing.T) {
	store := open(t, filepath.Join(t.TempDir(), "a", "b", "token.json"))
	if err := store.Save(t.Context(), token()); err != nil {
		t.Fatal(err)
	}
	wantMode(t, store.Path(), 0o600)
	wantMode(t, filepath.Dir(store.Path()), 0o700)
	wantMode(t, filepath.Dir(filepath.Dir(store.Path())), 0o700)
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

func TestAFileThatOthersCanReadIsRefusedWithTheCommandThatMendsIt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	for _, name := range []string{"token.json", "it's a token"} {
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
				if got != nil || !errors.Is(err, tokenfile.ErrExposed) {
					t.Fatalf("token %t, error %v", got != nil, err)
				}
				command := "run chmod 600 " + store.Path()
				if strings.Contains(name, "'") {
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

func TestSavingHidesAFileThatWasExposed(t *testing.T) {
	store := newStore(t)
	if err := os.WriteFile(store.Path(), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := store.Save(t.Context(), token()); err != nil {
		t.Fatal(err)
	}
	wantMode(t, store.Path(), 0o600)
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
			if got != nil || !errors.Is(err, tokenfile.ErrDamaged) {
				t.Fatalf("token %t, error %v", got != nil, err)
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

func TestASaveThatFailsLeavesTheOldToken(t *testing.T) {
	store := saved(t)
	before := read(t, store)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, save := range map[string]func() error{
		"the context has ended": func() error { return store.Save(ended, token()) },
		"a nil token":           func() error { return store.Save(t.Context(), nil) },
		"an empty token":        func() error { return store.Save(t.Context(), new(oauth2.Token)) },
		"an expiry that JSON does not take": func() error {
			return store.Save(t.Context(), &oauth2.Token{AccessToken: access, Expiry: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)})
		},
		"an access token that is not UTF-8": func() error { return store.Save(t.Context(), &oauth2.Token{AccessToken: "\xff"}) },
		"a refresh token that is not UTF-8": func() error {
			return store.Save(t.Context(), &oauth2.Token{AccessToken: access, RefreshToken: refresh + "\xc3"})
		},
	} {
		if err := save(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if read(t, store) != before {
		t.Error("the file was changed")
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(store.Path()), ".*.tmp")); err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %d, %v", len(left), err)
	}
}

func TestATokenIsOnDiskBeforeItsFileHasTheNameAndThenTheName(t *testing.T) {
	store := saved(t)
	old := read(t, store)
	var synced []string
	fails := ""
	broken := errors.New("the disk is broken")
	t.Cleanup(tokenfile.WatchSyncs(func(path string) error {
		step := "the folder"
		if strings.HasSuffix(path, ".tmp") {
			step = "the file"
			if content, err := os.ReadFile(path); err != nil || len(content) < 10 {
				t.Errorf("what is synced is not written: %v", err)
			}
		}
		if read(t, store) != old {
			step += ", renamed"
		}
		synced = append(synced, step)
		if step == fails {
			return broken
		}
		return nil
	}))
	save := func(number int) error {
		synced = nil
		return store.Save(t.Context(), &oauth2.Token{AccessToken: fmt.Sprint(access, number)})
	}
	if err := save(1); err != nil {
		t.Fatal(err)
	}
	want := []string{"the file", "the folder, renamed"}
	if runtime.GOOS == "windows" {
		want = want[:1]
	}
	if !slices.Equal(synced, want) {
		t.Errorf("synced: %q, want %q", synced, want)
	}
	old = read(t, store)
	for i := range want {
		fails = want[i]
		if err := save(2 + i); !errors.Is(err, broken) {
			t.Errorf("%s: error %v", fails, err)
		}
		if renamed := read(t, store) != old; renamed != (i == 1) {
			t.Errorf("%s: the token is in the file: %t", fails, renamed)
		}
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(store.Path()), ".*.tmp")); err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %d, %v", len(left), err)
	}
}

func TestAFolderThatCannotBeSyncedIsNoFailure(t *testing.T) {
	const folder = "/proc" // fsync responds EINVAL, as on some network file systems
	if err := tokenfile.SyncFolder(t.TempDir()); err != nil {
		t.Error(err)
	}
	if err := tokenfile.SyncFolder(filepath.Join(t.TempDir(), "missing")); err == nil && runtime.GOOS != "windows" {
		t.Error("a folder that is not there: no error")
	}
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has " + folder)
	}
	if err := tokenfile.SyncFolder(folder); err != nil {
		t.Error(err)
	}
}

func TestAFolderThatCannotBeWrittenIsNamed(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	store := open(t, filepath.Join(blocked, "token.json"))
	err := store.Save(t.Context(), token())
	if err == nil {
		t.Fatal("no error")
	}
	wantSafe(t, err, blocked)
	if _, err := store.Lock(t.Context()); err == nil {
		t.Error("the lock is taken")
	}
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
	if err != nil || got.AccessToken != access {
		t.Errorf("the file behind the link has not got the token: %v", err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Error("the link is gone")
	}
}

func TestSaveSweepsUpAfterProcessesThatWereKilled(t *testing.T) {
	store := saved(t)
	dir := filepath.Dir(store.Path())
	old, young, other := filepath.Join(dir, ".token.json.1.tmp"), filepath.Join(dir, ".token.json.2.tmp"), filepath.Join(dir, ".other.json.3.tmp")
	for _, path := range []string{old, young, other} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-2 * time.Hour)
	for _, path := range []string{old, other} {
		if err := os.Chtimes(path, long, long); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Save(t.Context(), token()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{old: false, young: true, other: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s is there: %t, want %t", filepath.Base(path), err == nil, want)
		}
	}
}

func TestTheLockIsHeldByOne(t *testing.T) {
	store := newStore(t)
	var holders, most int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				// A store of its own, as another process has.
				other, err := tokenfile.New(store.Path())
				if err != nil {
					t.Error(err)
					return
				}
				unlock, err := other.Lock(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				holders++
				most = max(most, holders)
				mu.Unlock()
				runtime.Gosched()
				mu.Lock()
				holders--
				mu.Unlock()
				unlock()
			}
		})
	}
	wg.Wait()
	if most != 1 {
		t.Errorf("%d held the lock at once", most)
	}
	wantMode(t, store.Path()+".lock", 0o600)
}

func TestWaitingForTheLockEndsWithTheContext(t *testing.T) {
	store := newStore(t)
	unlock, err := store.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() {
		_, err := store.Lock(ctx)
		result <- err
	}()
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
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
		if _, err := tt.store.Load(tt.ctx); err == nil || errors.Is(err, authn.ErrNoToken) {
			t.Errorf("%s: Load: error %v", tt.name, err)
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
			if !errors.Is(err, tokenfile.ErrDamaged) || !strings.Contains(err.Error(), store.Path()) || first != nil {
				t.Fatalf("error %v", err)
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
		if first.AccessToken != second.AccessToken || first.RefreshToken != second.RefreshToken ||
			first.TokenType != second.TokenType || !first.Expiry.Equal(second.Expiry) {
			t.Fatal("the token is another after saving and loading it")
		}
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
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is no link any more, error %v", err)
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
