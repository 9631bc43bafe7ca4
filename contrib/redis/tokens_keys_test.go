package clarifyredis_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	clarifyredis "github.com/clarify-go/clarify/contrib/redis"
)

// withKeys returns a store with keys.
func withKeys(t *testing.T, rdb *redis.Client, user string, letters ...string) *clarifyredis.TokenStore {
	t.Helper()
	store, err := clarifyredis.NewTokenStore(rdb, user, keysOf(letters...))
	must(t, err)
	return store
}

func keysOf(letters ...string) (keys [][]byte) {
	for _, letter := range letters {
		keys = append(keys, key(letter))
	}
	return keys
}

func TestTokensCanBeReadOnlyWithTheKeyAndForTheUser(t *testing.T) {
	t.Parallel()
	_, rdb := start(t)
	must(t, withKeys(t, rdb, "ada", "a").Save(t.Context(), numbered("1")))
	all, err := rdb.HGetAll(t.Context(), "clarify:token:ada").Result()
	must(t, err)
	if shown := fmt.Sprint(all); strings.Contains(shown, "refresh-1") || strings.Contains(shown, "access-1") {
		t.Errorf("Redis shows the token: %s", shown)
	}
	must(t, rdb.HSet(t.Context(), "clarify:token:grace", all).Err())
	for name, store := range map[string]*clarifyredis.TokenStore{
		"another key":  withKeys(t, rdb, "ada", "b"),
		"another user": withKeys(t, rdb, "grace", "a"),
	} {
		if _, err := store.Load(t.Context()); !errors.Is(err, clarifyredis.ErrKey) {
			t.Errorf("%s: the error is %v, want ErrKey", name, err)
		}
	}
}

func TestKeysAreRotatedWhileTokensAreInUse(t *testing.T) {
	t.Parallel()
	_, rdb := start(t)
	users := []string{"ada", "a*", "[grace]", "日本"}
	for _, user := range users {
		must(t, withKeys(t, rdb, user, "a").Save(t.Context(), numbered(user)))
	}
	must(t, withKeys(t, rdb, "new", "b", "a").Save(t.Context(), numbered("new")))
	must(t, withKeys(t, rdb, "ada", "b", "a").Rotate(t.Context()))
	for _, want := range []int{len(users) - 1, 0} {
		n, err := clarifyredis.RotateTokens(t.Context(), rdb, keysOf("b", "a"))
		if err != nil || n != want {
			t.Errorf("%d tokens were rotated, %v, want %d", n, err, want)
		}
	}
	for _, user := range users {
		wantStored(t, withKeys(t, rdb, user, "b"), user)
	}

	t.Run("a token that cannot be decrypted does not keep others from it", func(t *testing.T) {
		must(t, withKeys(t, rdb, "lost", "x").Save(t.Context(), numbered("lost")))
		n, err := clarifyredis.RotateTokens(t.Context(), rdb, keysOf("c", "b"))
		if !errors.Is(err, clarifyredis.ErrKey) || n != len(users)+1 {
			t.Errorf("%d tokens were rotated, %v, want %d and ErrKey", n, err, len(users)+1)
		}
	})
}

func TestRotatingAKeyChangesNoToken(t *testing.T) {
	t.Parallel()
	_, rdb := start(t)
	store := withKeys(t, rdb, "ada", "a")
	must(t, store.Save(t.Context(), numbered("1")))
	unlock := locked(t, store)
	wantStored(t, store, "1")
	must(t, withKeys(t, rdb, "ada", "b", "a").Rotate(t.Context()))
	must(t, store.Save(t.Context(), numbered("2")))
	unlock()
	wantStored(t, withKeys(t, rdb, "ada", "b", "a"), "2")
}

func TestInvalidTokenStores(t *testing.T) {
	t.Parallel()
	rdb := redis.NewClient(&redis.Options{})
	defer rdb.Close()
	valid := keysOf("a")
	for name, try := range map[string]func() (*clarifyredis.TokenStore, error){
		"no client": func() (*clarifyredis.TokenStore, error) { return clarifyredis.NewTokenStore(nil, "ada", valid) },
		"no user":   func() (*clarifyredis.TokenStore, error) { return clarifyredis.NewTokenStore(rdb, "", valid) },
		"no key":    func() (*clarifyredis.TokenStore, error) { return clarifyredis.NewTokenStore(rdb, "ada", nil) },
		"a short key": func() (*clarifyredis.TokenStore, error) {
			return clarifyredis.NewTokenStore(rdb, "ada", [][]byte{[]byte("password")})
		},
		"no timeout": func() (*clarifyredis.TokenStore, error) {
			return clarifyredis.NewTokenStore(rdb, "ada", valid, clarifyredis.WithTokenTimeout(0))
		},
		"a short lease": func() (*clarifyredis.TokenStore, error) {
			return clarifyredis.NewTokenStore(rdb, "ada", valid, clarifyredis.WithLease(time.Millisecond))
		},
		"replicas of a cluster": func() (*clarifyredis.TokenStore, error) {
			cluster := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"127.0.0.1:1"}})
			defer cluster.Close()
			return clarifyredis.NewTokenStore(cluster, "ada", valid, clarifyredis.WithReplicas(1))
		},
	} {
		if store, err := try(); err == nil || store != nil || !strings.HasPrefix(err.Error(), "clarify: ") {
			t.Errorf("%s: %v, %v, want an error", name, store, err)
		}
	}
	var empty clarifyredis.TokenStore
	if _, err := empty.Load(context.Background()); err == nil {
		t.Error("an empty store has no error")
	}
}
