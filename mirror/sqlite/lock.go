package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/gofrs/flock"

	"github.com/clarify-go/clarify/mirror"
)

// lock is a lock on the file beside the database. It ends with the process.
type lock struct{ file *flock.Flock }

// lockInterval is how often Lock looks whether the lock is free.
const lockInterval = 100 * time.Millisecond

// Lock implements [mirror.Store].
func (s *Store) Lock(ctx context.Context, wait bool) (unlock func() error, err error) {
	l := &lock{flock.New(s.path+".lock", flock.SetPermissions(0o600))}
	var locked bool
	if wait {
		locked, err = l.file.TryLockContext(ctx, lockInterval)
	} else {
		locked, err = l.file.TryLock()
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("mirror: cannot lock %s: %w", s.path, err)
	case !locked:
		return nil, fmt.Errorf("%w: %s", mirror.ErrLocked, s.path)
	}
	s.mu.Lock()
	s.locks[l] = true
	s.mu.Unlock()
	return func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.locks[l] {
			return nil
		}
		delete(s.locks, l)
		return l.file.Close()
	}, nil
}
