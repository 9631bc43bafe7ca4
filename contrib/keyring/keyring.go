// Package clarifykeyring keeps an OAuth 2.0 token in the keyring of the system, for
// programs of one user: the Keychain of macOS, the Credential Manager of Windows, and the
// Secret Service of Linux and the BSDs, such as GNOME Keyring or KWallet.
//
//	store, err := clarifykeyring.New("my-program", "acme")
//	source := authn.NewTokenSource(config, store)
//
// The keyring encrypts the token, and unlocks when the user logs in. Where there is
// none, as on a server or in a container, use package authn/tokenfile.
package clarifykeyring

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/authn/tokenfile"
	"github.com/zalando/go-keyring"
	"golang.org/x/oauth2"
)

// ErrDamaged is matched, by [errors.Is], when the keyring has something other than what
// Save writes. It is not changed: remove it with the system's program for keyrings, or
// with [Store.Delete], and log in again.
var ErrDamaged = errors.New("clarify: what the keyring has is not a token")

// maxName bounds the names, since the system bounds the size of an item with them.
const maxName = 200

// A Store is a token in the keyring. It is an [authn.TokenStore] and an
// [authn.TokenLocker], and safe for concurrent use, also by several Stores and processes
// of the user.
//
// Keyrings have no locks: the lock is an empty file in the user's folder for
// configuration ([os.UserConfigDir]), or in the one of [WithLockDir]. The system releases
// it if the process dies.
//
// A call to the keyring may ask the user for a password, and cannot be interrupted. If
// its context ends, Load or Save returns, and the call goes on: a token may be saved after
// Save has returned the error of its context. The next call waits for it.
type Store struct {
	service, user string
	lock          *tokenfile.Store
}

// An Option configures [New].
type Option func(*config)

type config struct{ dir string }

// WithLockDir names the directory of the lock file. It is created if it does not exist.
func WithLockDir(dir string) Option { return func(c *config) { c.dir = dir } }

// New returns a store for a token in the keyring: service is the name of the program, and
// user tells its tokens apart, such as the workspace. Both are shown to the user by the
// system's programs, and have at most 200 bytes of UTF-8.
func New(service, user string, opts ...Option) (*Store, error) {
	for _, part := range []struct{ what, value string }{{"service", service}, {"user", user}} {
		if part.value == "" || len(part.value) > maxName || !utf8.ValidString(part.value) || strings.ContainsFunc(part.value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return nil, fmt.Errorf("clarify: invalid %s %q: it has 1 to %d bytes of UTF-8 without control characters", part.what, part.value, maxName)
		}
	}
	var c config
	for _, opt := range opts {
		if opt != nil {
			opt(&c)
		}
	}
	if c.dir == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return nil, fmt.Errorf("clarify: there is no directory for the lock of the keyring: %w: name one with WithLockDir", err)
		}
		c.dir = filepath.Join(dir, "clarify-keyring")
	}
	sum := sha256.Sum256([]byte(service + "\x00" + user))
	lock, err := tokenfile.New(filepath.Join(c.dir, hex.EncodeToString(sum[:12])))
	if err != nil {
		return nil, err
	}
	return &Store{service: service, user: user, lock: lock}, nil
}

// Format prints the type only.
func (s *Store) Format(f fmt.State, verb rune) { fmt.Fprint(f, "clarifykeyring.Store") }

// Lock waits until nobody else has the lock, in this process or another, and acquires
// it. It returns the error of ctx if that ends first.
func (s *Store) Lock(ctx context.Context) (unlock func(), err error) { return s.lock.Lock(ctx) }

// Load returns the token. The error matches [authn.ErrNoToken] if there is none,
// [ErrDamaged] if the keyring has something else, and [keyring.ErrUnsupportedPlatform] if
// the system has no keyring that is known.
func (s *Store) Load(ctx context.Context) (token *oauth2.Token, err error) {
	err = call(ctx, func() error {
		token, err = s.read()
		return err
	})
	if err != nil {
		return nil, err
	}
	return token, nil
}

// Save replaces the token, and returns once the keyring has it. If it fails, the keyring
// has the old one, unless the error is that of ctx.
func (s *Store) Save(ctx context.Context, token *oauth2.Token) error {
	data, err := encode(token)
	if err != nil {
		return err
	}
	return call(ctx, func() error { return s.write(data) })
}

// Delete removes the token. It is no error if there is none.
func (s *Store) Delete(ctx context.Context) error {
	return call(ctx, func() error {
		if err := keyring.Delete(s.service, s.user); err != nil && !errors.Is(err, keyring.ErrNotFound) {
			return s.failed("delete from", err)
		}
		for _, half := range halves {
			s.trim(half, 0)
		}
		return nil
	})
}

// busy has a value while this process calls the keyring.
var busy = make(chan struct{}, 1)

// call calls f, which calls the keyring, and returns its error or that of ctx if that
// ends first.
func call(ctx context.Context, f func() error) error {
	if ctx == nil {
		return errors.New("clarify: the context is nil")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case busy <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	done := make(chan error, 1)
	go func() {
		defer func() { <-busy }()
		done <- f()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Store) failed(what string, err error) error {
	if errors.Is(err, keyring.ErrNotFound) {
		return fmt.Errorf("clarify: %w in the keyring for %q of %q", authn.ErrNoToken, s.user, s.service)
	}
	return fmt.Errorf("clarify: cannot %s the keyring, %q of %q: %w", what, s.user, s.service, err)
}
