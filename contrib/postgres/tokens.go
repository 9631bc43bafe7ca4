package clarifypostgres

import (
	"context"
	cryptorand "crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"github.com/clarify-go/clarify/internal/httpx"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/oauth2"
)

type commandTag = pgconn.CommandTag

const (
	// patience is how long a call is retried while the database fails.
	patience = 10 * time.Second
	// lockPatience is how long Lock is. Its caller may have a token that still works.
	lockPatience = 5 * time.Second
	// tryTimeout bounds one statement.
	tryTimeout = 3 * time.Second
	// unlockTimeout bounds what a caller waits for the end of its lock.
	unlockTimeout = time.Second
	// keepFor is how long a token that could not be saved is retried in the background.
	keepFor = 15 * time.Minute
)

// A TokenStore keeps the token of one user in the database, encrypted. It is an
// [authn.TokenStore] and an [authn.TokenLocker], and safe for concurrent use. All stores
// for the same user, in any process, share the token and its lock. The stores of many
// users come from [Grants].
//
// # What is not lost
//
// A refresh token that the authorization server has issued is the only way to the next
// one, and the one before it may be used up. So:
//
//   - The lock is in the database, on disk, before a refresh token is sent, and stays
//     until the new one is saved. It survives the end of the connection and of the
//     database. If its process dies, another one takes it over after six seconds.
//   - Save returns after the commit, and nobody gets the token before.
//   - While the database fails, Save tries again until its context ends. After that the
//     token stays in memory with its lock, and is saved in the background, for 15
//     minutes, or by the next call. Others can take the lock over only after the database
//     has been there for six seconds without a sign of life of the process.
//   - If the database has an older token than it confirmed, as after a failover to a
//     replica that lagged behind, any process that has read or saved the newer one puts
//     it back.
//
// What remains: a process that dies, or is stopped for more than six seconds, between
// the authorization server's response and the commit takes the new token with it. Others
// then send the old refresh token again. A server that issues a refresh token only once,
// or allows the old one for some time after, as many do, continues. One that ends the
// grant at the second use (RFC 9700, section 4.14.2) requires another login:
// [authn.ErrLoginRequired]. Clarify does not document what it does. A database that
// confirms a commit before it is on the disk, or that fails over to a replica that has
// not got it while no process of the program survives, loses tokens, too: have
// synchronous_commit on, and a replica that is synchronous.
type TokenStore struct {
	table *tokenTable
	user  user

	local chan struct{} // has a value while a caller in this process has the lock

	mu     sync.Mutex
	held   bool
	holder string // of the lock, another one each time
	loaded stored // what Load returned while the lock was held
	newest stored // what the database confirmed last
	unsaid *unsaved
}

// unsaved is a token that could not be saved.
type unsaved struct {
	token  *oauth2.Token
	from   stored
	holder string // of the lock, which stays until the token is saved
	until  time.Time
}

// NewTokenStore returns a store for the token of one user of a workspace, in a database
// that [Migrate] has prepared. The names of both are the program's choice.
//
// The keys encrypt the token, with AES-GCM: 16, 24 or 32 random bytes each. The first
// one encrypts, and all of them decrypt. To rotate them put the new one first, and
// remove the old one after [Grants.Rotate].
func NewTokenStore(pool *pgxpool.Pool, keys [][]byte, workspace, userID string, opts ...Option) (*TokenStore, error) {
	table, err := newTokenTable(pool, keys, opts)
	if err != nil {
		return nil, err
	}
	u := user{workspace, userID}
	if err := u.check(); err != nil {
		return nil, err
	}
	return newTokenStore(table, u), nil
}

func newTokenStore(table *tokenTable, u user) *TokenStore {
	return &TokenStore{table: table, user: u, local: make(chan struct{}, 1)}
}

func newID() string { return cryptorand.Text() }

// Load returns the token that was saved last. The error matches [authn.ErrNoToken] if
// there is none, and [ErrKey] if it cannot be decrypted.
func (s *TokenStore) Load(ctx context.Context) (*oauth2.Token, error) {
	s.mu.Lock()
	held, newest := s.held, s.newest
	s.mu.Unlock()
	var row stored
	err := retry(ctx, patience, func(ctx context.Context) (err error) {
		if row, err = s.table.load(ctx, s.user, held); err != nil {
			return err
		}
		if held && row.login == newest.login && row.version < newest.version {
			if err := s.table.restore(ctx, s.user, row, newest); err != nil {
				return err
			}
			row, err = s.table.load(ctx, s.user, false)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if row.login != s.newest.login || row.version >= s.newest.version {
		row.lost = s.newest.lost && row.login == s.newest.login && row.version == s.newest.version
		s.newest = row
	}
	if s.held {
		s.loaded = row
	}
	own := *row.token
	return &own, nil
}

// Save replaces the token. It returns once that is committed. While the lock is held,
// the token is a refreshed one, and the error matches [ErrChanged] if the one that it
// was made from is not there any more. Otherwise it is that of a login.
func (s *TokenStore) Save(ctx context.Context, token *oauth2.Token) error {
	s.mu.Lock()
	from, held, holder := s.loaded, s.held, s.holder
	s.mu.Unlock()
	if _, err := s.table.seal(s.user, token); err != nil {
		return err
	}
	own := *token
	if !held || from.login == "" {
		login := newID()
		err := retry(ctx, patience, func(ctx context.Context) error { return s.table.login(ctx, s.user, &own, login) })
		if err == nil {
			s.confirm(stored{token: &own, login: login, version: 1})
		}
		return err
	}
	s.mu.Lock()
	s.unsaid = &unsaved{&own, from, holder, time.Now().Add(keepFor)}
	s.mu.Unlock()
	return s.persist(ctx, patience)
}

// persist saves the token that is not saved yet.
func (s *TokenStore) persist(ctx context.Context, bound time.Duration) error {
	s.mu.Lock()
	u := s.unsaid
	s.mu.Unlock()
	if u == nil {
		return nil
	}
	var version int64
	err := retry(ctx, bound, func(ctx context.Context) (err error) {
		version, err = s.table.refresh(ctx, s.user, u.from, u.token, u.holder)
		return err
	})
	switch {
	case err == nil:
		s.confirm(stored{token: u.token, login: u.from.login, version: version})
	case errors.Is(err, ErrChanged):
	default:
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unsaid == u {
		s.unsaid = nil
	}
	return err
}

// confirm notes what the database has.
func (s *TokenStore) confirm(row stored) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest = row
	if s.held {
		s.loaded = row
	}
}

// Lock waits until nobody else has the lock for this user, in this process or another,
// and acquires it. It returns the error of ctx if that ends first, and another error if
// the database fails for five seconds.
func (s *TokenStore) Lock(ctx context.Context) (unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case s.local <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	holder := newID()
	if err := s.acquire(ctx, holder); err != nil {
		if !isTransient(err) {
			s.unlock(holder) // a try whose response was lost may have acquired it
		}
		<-s.local
		return nil, err
	}
	s.mu.Lock()
	s.held, s.holder, s.loaded = true, holder, stored{}
	s.mu.Unlock()
	stop := s.keepAlive(holder)
	return func() {
		stop()
		s.release(holder)
	}, nil
}

// acquire acquires the lock in the database.
func (s *TokenStore) acquire(ctx context.Context, holder string) error {
	s.mu.Lock()
	before := s.unsaid
	s.mu.Unlock()
	if before != nil {
		if err := s.persist(ctx, lockPatience); err != nil && !errors.Is(err, ErrChanged) {
			return fmt.Errorf("clarify: a refreshed token is not saved yet: %w", err)
		}
		s.unlock(before.holder)
	}
	var seen observed
	for poll := pollFirst; ; poll = min(2*poll, pollMax) {
		ok := false
		err := retry(ctx, lockPatience, func(ctx context.Context) (err error) {
			ok, err = s.table.tryLock(ctx, s.user, holder, &seen)
			return err
		})
		if err != nil || ok {
			return err
		}
		if err := httpx.Sleep(ctx, poll/2+mathrand.N(poll/2)); err != nil {
			return err
		}
	}
}

// keepAlive shows signs of life until it is stopped.
func (s *TokenStore) keepAlive(holder string) (stop func()) {
	every := s.table.o.lost / 4
	ctx, cancel := context.WithCancel(context.Background())
	var beat func()
	var mu sync.Mutex
	var timer *time.Timer
	beat = func() {
		trying, done := context.WithTimeout(ctx, tryTimeout)
		defer done()
		_, err := s.table.beat(trying, s.user, holder)
		next := every
		if err != nil {
			next = every / 5
		}
		mu.Lock()
		defer mu.Unlock()
		if ctx.Err() == nil {
			timer = time.AfterFunc(next, beat)
		}
	}
	mu.Lock()
	timer = time.AfterFunc(every, beat)
	mu.Unlock()
	return func() {
		mu.Lock()
		defer mu.Unlock()
		cancel()
		timer.Stop()
	}
}

// release releases the lock, unless there is a token to save.
func (s *TokenStore) release(holder string) {
	s.mu.Lock()
	s.held = false
	waits := s.unsaid != nil
	s.mu.Unlock()
	if waits {
		go s.saveLater(s.keepAlive(holder))
	} else {
		s.unlock(holder)
	}
	<-s.local
}

// unlock deletes the row of the lock. If the database fails it does so later, in the
// background.
func (s *TokenStore) unlock(holder string) {
	ctx, cancel := context.WithTimeout(context.Background(), unlockTimeout)
	defer cancel()
	if err := s.table.unlock(ctx, s.user, holder); isTransient(err) {
		go func() {
			// After that it has expired.
			_ = retry(context.Background(), time.Minute, func(ctx context.Context) error { return s.table.unlock(ctx, s.user, holder) })
		}()
	}
}

// saveLater saves a token in the background, and releases the lock then.
func (s *TokenStore) saveLater(stop func()) {
	defer stop()
	for delay := 100 * time.Millisecond; ; delay = min(2*delay, time.Second) {
		time.Sleep(delay)
		s.local <- struct{}{}
		s.mu.Lock()
		u := s.unsaid
		s.mu.Unlock()
		if u == nil { // the call that saved it has released the lock
			<-s.local
			return
		}
		err := s.persist(context.Background(), time.Second)
		done := err == nil || errors.Is(err, ErrChanged) || time.Now().After(u.until)
		if done {
			s.unlock(u.holder)
		}
		<-s.local
		if done {
			return
		}
	}
}

// retry calls f until it succeeds, fails for a reason other than the database, or ctx or
// a bound ends.
func retry(ctx context.Context, bound time.Duration, f func(context.Context) error) error {
	end := time.Now().Add(bound)
	for delay := 20 * time.Millisecond; ; delay = min(2*delay, 250*time.Millisecond) {
		trying, cancel := context.WithTimeout(ctx, tryTimeout)
		err := f(trying)
		cancel()
		if err == nil || !isTransient(err) {
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
		if time.Now().Add(delay).After(end) {
			return err
		}
		if sleep := httpx.Sleep(ctx, delay); sleep != nil {
			return fmt.Errorf("%w: %w", sleep, err)
		}
	}
}

// isTransient reports whether a call may succeed later: the database could not be
// reached, or has not said that the statement is wrong.
func isTransient(err error) bool {
	var failed *failedError
	if !errors.As(err, &failed) {
		return false
	}
	var said *pgconn.PgError
	if !errors.As(err, &said) {
		return true
	}
	switch class := said.Code[:min(2, len(said.Code))]; class {
	case "08", "25", "40", "53", "55", "57", "58", "XX":
		// Connections, read-only replicas, rollbacks, resources, shutdowns, the system.
		return true
	}
	return false
}
