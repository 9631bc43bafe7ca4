package clarifyredis_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify/authn"
	clarifyredis "github.com/clarify-go/clarify/contrib/redis"
	"github.com/clarify-go/clarify/internal/servers"
)

// lease is the shortest one.
const lease = time.Second

func numbered(n string) *oauth2.Token {
	return &oauth2.Token{AccessToken: "access-" + n, RefreshToken: "refresh-" + n}
}

func locked(t *testing.T, store authn.TokenLocker) (unlock func()) {
	t.Helper()
	unlock, err := store.Lock(t.Context())
	must(t, err)
	return unlock
}

func wantStored(t *testing.T, store authn.TokenStore, n string) {
	t.Helper()
	token, err := store.Load(t.Context())
	must(t, err)
	if token.RefreshToken != "refresh-"+n {
		t.Errorf("the stored token is %s, want refresh-%s", token.RefreshToken, n)
	}
}

// cut is a client of Redis whose connection can be cut, as that of a process whose
// network fails, or that is paused.
type cut struct {
	*redis.Client
	off atomic.Bool
}

var errCut = errors.New("the connection is cut")

func (c *cut) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if c.off.Load() {
			return nil, errCut
		}
		return next(ctx, network, addr)
	}
}

func (c *cut) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if c.off.Load() {
			return errCut
		}
		return next(ctx, cmd)
	}
}

func (c *cut) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if c.off.Load() {
			return errCut
		}
		return next(ctx, cmds)
	}
}

func cuttable(t *testing.T, server *servers.Server) *cut {
	t.Helper()
	c := &cut{Client: connect(t, server.URL)}
	c.AddHook(c)
	return c
}

func TestTheLockOfAProcessThatIsGoneIsFreeAfterTheLease(t *testing.T) {
	t.Parallel()
	server, rdb := start(t)
	gone := cuttable(t, server)
	locked(t, openStore(t, gone.Client, "ada", clarifyredis.WithLease(lease)))
	gone.off.Store(true)
	began := time.Now()
	locked(t, openStore(t, rdb, "ada", clarifyredis.WithLease(lease)))()
	if took := time.Since(began); took < lease || took > 2*lease+slack {
		t.Errorf("another process waited %v for the lock, want about %v", took, lease)
	}
}

func TestTheLockOfALivingProcessLastsLongerThanTheLease(t *testing.T) {
	t.Parallel()
	_, rdb := start(t)
	unlock := locked(t, openStore(t, rdb, "ada", clarifyredis.WithLease(lease)))
	time.AfterFunc(3*lease, unlock)
	began := time.Now()
	locked(t, openStore(t, rdb, "ada", clarifyredis.WithLease(lease)))()
	if took := time.Since(began); took < 3*lease-100*time.Millisecond {
		t.Errorf("another process got the lock after %v, want %v", took, 3*lease)
	}
}

func TestALostLockLosesNoToken(t *testing.T) {
	for _, test := range []struct {
		name       string
		otherSaves bool
		want       string
	}{
		{"the other process has saved a token, which is newer", true, "of-other"},
		{"the other process has saved none", false, "of-lost"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server, rdb := start(t)
			broken := cuttable(t, server)
			lost := openStore(t, broken.Client, "ada", clarifyredis.WithLease(lease))
			other := openStore(t, rdb, "ada", clarifyredis.WithLease(lease))
			must(t, lost.Save(t.Context(), numbered("0")))

			unlockLost := locked(t, lost)
			wantStored(t, lost, "0")
			broken.off.Store(true)
			unlockOther := locked(t, other)
			wantStored(t, other, "0")
			if test.otherSaves {
				must(t, other.Save(t.Context(), numbered("of-other")))
			}
			broken.off.Store(false)
			err := lost.Save(t.Context(), numbered("of-lost"))
			if changed := errors.Is(err, clarifyredis.ErrChanged); changed != test.otherSaves || err != nil && !changed {
				t.Errorf("the error of Save is %v", err)
			}
			unlockLost()
			wantStored(t, other, test.want)
			// The process that has lost the lock does not release that of the other.
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			if _, err := lost.Lock(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the lock of the other process is free: %v", err)
			}
			unlockOther()
		})
	}
}

func TestATokenThatCannotBeSavedIsSavedBeforeTheLockIsFree(t *testing.T) {
	for name, restart := range map[string]struct{ begin, end func(*servers.Server) error }{
		"killed": {(*servers.Server).Kill, (*servers.Server).Restart},
		"paused": {(*servers.Server).Pause, (*servers.Server).Resume},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, rdb := start(t)
			options := []clarifyredis.TokenOption{clarifyredis.WithLease(lease), clarifyredis.WithTokenTimeout(200 * time.Millisecond)}
			store := openStore(t, rdb, "ada", options...)
			other := openStore(t, connect(t, server.URL), "ada", options...)
			must(t, store.Save(t.Context(), numbered("0")))
			unlock := locked(t, store)
			wantStored(t, store, "0")
			must(t, restart.begin(server))
			began := time.Now()
			if err := store.Save(t.Context(), numbered("1")); err == nil {
				t.Error("a token was saved in a server that is gone")
			}
			unlock()
			if _, err := store.Lock(t.Context()); err == nil {
				t.Error("there is a second lock")
			}
			if _, err := other.Load(t.Context()); err == nil || errors.Is(err, authn.ErrNoToken) {
				t.Errorf("the error of Load is %v", err)
			}
			if took := time.Since(began); took > 5*200*time.Millisecond+slack {
				t.Errorf("calls that fail took %v", took)
			}
			time.Sleep(2 * lease) // an outage that is longer than the lease
			must(t, restart.end(server))
			// Whoever gets the lock next has the new token.
			var unlockOther func()
			for began := time.Now(); unlockOther == nil; {
				var err error
				if unlockOther, err = other.Lock(t.Context()); err != nil && time.Since(began) > 10*time.Second {
					t.Fatal(err)
				}
			}
			wantStored(t, other, "1")
			unlockOther()
			locked(t, store)()
		})
	}
}

func TestAStoreThatHasSeenATokenPutsItBack(t *testing.T) {
	t.Parallel()
	_, rdb := start(t)
	first, second := openStore(t, rdb, "ada"), openStore(t, rdb, "ada")
	must(t, first.Save(t.Context(), numbered("1")))
	must(t, rdb.FlushAll(t.Context()).Err())
	wantStored(t, first, "1")
	wantStored(t, second, "1")

	t.Run("but not a token that is older than a login since", func(t *testing.T) {
		must(t, rdb.FlushAll(t.Context()).Err())
		must(t, second.Save(t.Context(), numbered("2")))
		wantStored(t, first, "2")
	})
	t.Run("but not one that was deleted", func(t *testing.T) {
		must(t, second.Delete(t.Context()))
		for _, store := range []*clarifyredis.TokenStore{first, second, openStore(t, rdb, "ada")} {
			if _, err := store.Load(t.Context()); !errors.Is(err, authn.ErrNoToken) {
				t.Errorf("the error of Load is %v, want ErrNoToken", err)
			}
		}
		must(t, first.Save(t.Context(), numbered("3")))
		wantStored(t, second, "3")
		if ttl := rdb.TTL(t.Context(), "clarify:token:ada").Val(); ttl > 0 {
			t.Errorf("the token ends in %v", ttl)
		}
	})
}

func TestATokenIsOnAReplicaOnceItIsSaved(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	primary := servers.Redis(t, "--port", port, "--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1")
	rdb := connect(t, primary.URL)
	store := openStore(t, rdb, "ada", clarifyredis.WithReplicas(1), clarifyredis.WithTokenTimeout(400*time.Millisecond))
	if err := store.Save(t.Context(), numbered("1")); err == nil {
		t.Error("there is no replica, and no error")
	}
	replica := servers.Redis(t, "--replicaof", "127.0.0.1 "+port)
	for began := time.Now(); ; {
		err := store.Save(t.Context(), numbered("2"))
		if err == nil {
			break
		}
		if time.Since(began) > 20*time.Second {
			t.Fatal(err)
		}
	}
	must(t, primary.Kill())
	wantStored(t, openStore(t, connect(t, replica.URL), "ada"), "2")
}
