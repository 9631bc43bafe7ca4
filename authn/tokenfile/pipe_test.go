//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package tokenfile_test

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/clarify-go/clarify/authn/tokenfile"
)

func TestAPipeIsNoTokenFile(t *testing.T) {
	store := open(t, filepath.Join(t.TempDir(), "token.json"))
	if err := syscall.Mkfifo(store.Path(), 0o600); err != nil {
		t.Skip("this system makes no pipes: ", err)
	}
	if _, err := store.Load(t.Context()); !errors.Is(err, tokenfile.ErrDamaged) {
		t.Errorf("error %v", err)
	}
}
