package authn

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/oauth2"
)

// A TokenStore keeps the token of one user between the runs of a program: in a
// file ([github.com/clarify-go/clarify/authn/tokenfile]), a database, a
// keyring. It must be safe for concurrent use.
//
// It must keep AccessToken, TokenType, RefreshToken and Expiry of a token. It
// should keep ExpiresIn, the token's lifetime: without it, processes that share a
// token that lives for a few minutes refresh it more often than necessary. Anyone
// who can read the stored token can act as the user for months.
//
// A store that several processes share should be a [TokenLocker], too.
type TokenStore interface {
	// Load returns the token that was saved last, or an error that matches
	// ErrNoToken if there is none.
	Load(ctx context.Context) (*oauth2.Token, error)
	// Save replaces the token. After it has returned nil, the token must survive
	// the end of the process. A Save that fails or is interrupted must leave the old
	// token as it was.
	Save(ctx context.Context, token *oauth2.Token) error
}

// A TokenLocker is a [TokenStore] that several processes share. A refresh holds its
// lock, so that no two processes use the same refresh token.
type TokenLocker interface {
	TokenStore
	// Lock waits until no other process holds the lock, and acquires it. It
	// returns the context's error if that ends first. The function it returns
	// releases the lock, and is called once. The lock of a process that dies must be
	// released. Load and Save are called while the lock is held.
	Lock(ctx context.Context) (unlock func(), err error)
}

// A MemoryStore is a [TokenStore] in memory, for tests and for programs that
// keep their tokens elsewhere. The zero value is empty and ready to use. It is safe
// for concurrent use. A MemoryStore that is printed shows nothing of its token.
type MemoryStore struct {
	mu sync.Mutex
	// Behind a second pointer: fmt follows the first one if a struct that has a
	// MemoryStore in an unexported field is printed.
	held *struct{ token *oauth2.Token }
}

// NewMemoryStore returns a store that holds a copy of token, or nothing if token
// is nil.
func NewMemoryStore(token *oauth2.Token) *MemoryStore {
	m := new(MemoryStore)
	if token != nil {
		m.hold(token)
	}
	return m
}

// Load returns a copy of the token, or [ErrNoToken].
func (m *MemoryStore) Load(ctx context.Context) (*oauth2.Token, error) {
	if err := contextError(ctx); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.held == nil {
		return nil, ErrNoToken
	}
	return clone(m.held.token), nil
}

// Save keeps a copy of token. It fails if token is nil.
func (m *MemoryStore) Save(ctx context.Context, token *oauth2.Token) error {
	if err := contextError(ctx); err != nil {
		return err
	}
	if token == nil {
		return credentialError("the token to save is nil")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hold(token)
	return nil
}

func (m *MemoryStore) hold(token *oauth2.Token) {
	m.held = &struct{ token *oauth2.Token }{clone(token)}
}

// Format prints the type only, so that the token cannot leak.
func (m *MemoryStore) Format(s fmt.State, verb rune) { fmt.Fprint(s, "authn.MemoryStore") }

// contextError returns an error if ctx is nil or done.
func contextError(ctx context.Context) error {
	if ctx == nil {
		return errNilContext
	}
	return ctx.Err()
}

func clone(token *oauth2.Token) *oauth2.Token {
	if token == nil {
		return nil
	}
	own := *token
	return &own
}
