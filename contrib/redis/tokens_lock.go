package clarifyredis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// lockPoll is the time between attempts to acquire a lock that somebody holds.
	lockPoll = 20 * time.Millisecond
	// maxLockWait bounds the wait for a lock, so that a refresh that never ends in one
	// process does not stop the others for ever.
	maxLockWait = time.Minute
	// beats is how often in a lease the holder of a lock says that it is there.
	beats = 5
	// settleEvery is the time between attempts to save a token after unlock.
	settleEvery = 100 * time.Millisecond
	// maxSettle is how long they go on.
	maxSettle = 15 * time.Minute
)

// lock is the lock of a user's token, held by this process.
type lock struct {
	owner   string
	base    int64         // the number of the token that was loaded last
	unsaved []byte        // a sealed token that could not be saved
	stop    chan struct{} // closed to end the heartbeat
}

// scriptLock acquires the lock. ARGV: the new owner, an owner with its beat that may be
// replaced, and until when the caller wants it. It returns 1 and the number of the token,
// 0 and who holds the lock with its beat, or -1 and the time if it came too late.
var scriptLock = redis.NewScript(`
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
if now > tonumber(ARGV[4]) then
	return {-1, now}
end
local r = redis.call('HMGET', KEYS[1], 'owner', 'beat', 'number')
if r[1] and r[1] ~= ARGV[1] and not (r[1] == ARGV[2] and r[2] == ARGV[3]) then
	return {0, r[1], r[2]}
end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'beat', 1)
return {1, tonumber(r[3] or 0)}`)

var scriptBeat = redis.NewScript(`
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then
	return {0}
end
redis.call('HINCRBY', KEYS[1], 'beat', 1)
return {1}`)

var scriptUnlock = redis.NewScript(`
if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then
	redis.call('HDEL', KEYS[1], 'owner', 'beat')
end
return {}`)

// Lock waits until nobody else holds the lock of the user's token, in this process or
// another, and acquires it. It returns an error if ctx ends first, if Redis does not
// respond in time, or after a minute.
//
// The holder says all the time that it is there. If it does not for a lease while Redis
// can be reached, the lock is somebody else's. Then Save replaces nothing that was saved
// since. The lock has no expiry in Redis, because that would pass while Redis is down,
// and with it a token that is still to be saved.
func (s *TokenStore) Lock(ctx context.Context) (unlock func(), err error) {
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeoutCause(ctx, maxLockWait,
		fmt.Errorf("clarify: the lock of the token of %q is not free for %v", s.user, maxLockWait))
	defer cancel()
	if err := s.lockHere(waiting); err != nil {
		return nil, err
	}
	held, err := s.acquire(waiting)
	if err != nil {
		<-s.turn
		if ctx.Err() == nil && waiting.Err() != nil {
			return nil, context.Cause(waiting)
		}
		return nil, err
	}
	s.mu.Lock()
	s.held = held
	s.mu.Unlock()
	go s.beat(held)
	return func() { s.unlock(held) }, nil
}

// lockHere waits until nobody else in this process holds the lock. If that is because a
// token is still to be saved, it does not wait for long.
func (s *TokenStore) lockHere(ctx context.Context) error {
	for {
		select {
		case s.turn <- struct{}{}:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(s.timeout):
			s.mu.Lock()
			settling := s.held == nil
			s.mu.Unlock()
			if settling {
				return fmt.Errorf("clarify: the token of %q could not be saved in Redis yet", s.user)
			}
		}
	}
}

// acquire acquires the lock in Redis.
func (s *TokenStore) acquire(ctx context.Context) (*lock, error) {
	held := &lock{owner: rand.Text(), stop: make(chan struct{})}
	var owner, beat string // who holds it
	var since time.Time    // when that was seen first
	// A call that is given up may reach Redis later, when nobody would release the lock.
	// So each says until when it is wanted, by the clock of Redis.
	clock, err := bounded(ctx, s.timeout, func(ctx context.Context) (time.Time, error) { return s.client.Time(ctx).Result() })
	if err != nil {
		return nil, s.failed(ctx, err)
	}
	read := time.Now() // not before the clock was read, so that no call is wanted too long
	for {
		var deadOwner, deadBeat string
		if owner != "" && time.Since(since) > s.lease {
			deadOwner, deadBeat = owner, beat
		}
		wanted := clock.Add(time.Since(read) + s.timeout).UnixMilli()
		r, err := s.run(ctx, scriptLock, held.owner, deadOwner, deadBeat, wanted)
		if err != nil {
			// It may have been acquired.
			go s.release(held)
			return nil, err
		}
		switch number(r, 0) {
		case 1:
			held.base = number(r, 1)
			return held, nil
		case 0:
			if text(r, 1) != owner || text(r, 2) != beat {
				owner, beat, since = text(r, 1), text(r, 2), time.Now()
			}
		default:
			clock, read = time.UnixMilli(number(r, 1)), time.Now()
		}
		select {
		case <-time.After(lockPoll):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// beat says that the lock is held, until it is not.
func (s *TokenStore) beat(held *lock) {
	ticker := time.NewTicker(s.lease / beats)
	defer ticker.Stop()
	for {
		select {
		case <-held.stop:
			return
		case <-ticker.C:
		}
		if r, err := s.run(context.Background(), scriptBeat, held.owner); err == nil && number(r, 0) == 0 {
			return
		}
	}
}

// unlock releases the lock. If a token could not be saved, that goes on in the
// background, and the lock is held until it is: another process would use the refresh
// token that was used already.
func (s *TokenStore) unlock(held *lock) {
	s.mu.Lock()
	s.held = nil
	unsaved, base := held.unsaved, held.base
	s.mu.Unlock()
	if unsaved == nil {
		close(held.stop)
		s.release(held)
		<-s.turn
		return
	}
	go func() {
		defer func() {
			close(held.stop)
			s.release(held)
			<-s.turn
		}()
		for began := time.Now(); time.Since(began) < maxSettle; time.Sleep(settleEvery) {
			if err := s.save(context.Background(), unsaved, base); err == nil || errors.Is(err, ErrChanged) {
				return
			}
		}
	}()
}

// release releases the lock in Redis. If that does not work at once, it goes on in the
// background for a lease, after which the lock is free anyway.
func (s *TokenStore) release(held *lock) {
	try := func() bool {
		_, err := s.run(context.Background(), scriptUnlock, held.owner)
		return err == nil
	}
	if try() {
		return
	}
	go func() {
		for began := time.Now(); time.Since(began) < s.lease && !try(); {
			time.Sleep(settleEvery)
		}
	}()
}
