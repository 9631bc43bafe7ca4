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
// Of a token it has to keep AccessToken, TokenType, RefreshToken and Expiry. It
// should keep ExpiresIn, how long the token lives: without it, processes that
// share a token of a few minutes or less refresh it more often than need be.
// Anyone who can read what it keeps can act as the user for months.
//
// Several processes may share what is behind a store. One that can hold them
// off from each other should be a [TokenLocker], too.
type TokenStore interface {
	// Load returns the token that was saved last. If there is none, it returns
	// an error that matches ErrNoToken.
	Load(ctx context.Context) (*oauth2.Token, error)
	// Save replaces the token. Once it has returned nil the token must outlive
	// the process, and a Save that fails or is cut off must leave the old one as
	// it was.
	Save(ctx context.Context, token *oauth2.Token) error
}

// A TokenLocker is a [TokenStore] that several processes share. A refresh
// happens under its lock, so that they do not spend one refresh token twice.
type TokenLocker interface {
	TokenStore
	// Lock waits until no other process holds the lock, and takes it. It returns
	// the context's error if that ends before. The function it returns gives the
	// lock back, and is called once. A process that dies must not keep the lock.
	// Load and Save are called while the lock is held.
	Lock(ctx context.Context) (unlock func(), err error)
}

// A MemoryStore is a [TokenStore] in memory, for tests and for programs that
// keep their tokens elsewhere. It is empty at first, ready to use, and safe for
// concurrent use. Printed it shows nothing of the token.
type MemoryStore struct {
	mu sync.Mutex
	// Behind one more pointer, because fmt shows what the first one leads to if a
	// struct that has a MemoryStore is printed with a verb that is not for structs.
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
		return refuseCredential("the token to save is nil")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hold(token)
	return nil
}

func (m *MemoryStore) hold(token *oauth2.Token) {
	m.held = &struct{ token *oauth2.Token }{clone(token)}
}

// Format keeps the token out of what is printed.
func (m *MemoryStore) Format(s fmt.State, verb rune) { fmt.Fprint(s, "authn.MemoryStore") }

// contextError is why nothing is to be done in ctx.
func contextError(ctx context.Context) error {
	if ctx == nil {
		return &refusal{text: "authn: there is no context: it is nil"}
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
