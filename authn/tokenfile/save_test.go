package tokenfile_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn/tokenfile"
	"golang.org/x/oauth2"
)

func TestSaveMakesFoldersForTheOwnerOnly(t *testing.T) {
	store := open(t, filepath.Join(t.TempDir(), "a", "b", "token.json"))
	if err := store.Save(t.Context(), token()); err != nil {
		t.Fatal(err)
	}
	wantMode(t, store.Path(), 0o600)
	wantMode(t, filepath.Dir(store.Path()), 0o700)
	wantMode(t, filepath.Dir(filepath.Dir(store.Path())), 0o700)
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
