// Package clarifyredis lets the processes of a program share, in Redis, the rate limit
// of a workspace and the tokens of users:
//
//	client, err := clarify.New("acme", auth,
//		clarify.WithLimiter(clarifyredis.NewLimiter(rdb)))
//
//	store, err := clarifyredis.NewTokenStore(rdb, "ada", [][]byte{key})
//	source := authn.NewTokenSource(config, store)
//
// It needs Redis from 5 on, or Valkey. In a cluster each key is on one node. Redis must
// not evict keys that are in use: set maxmemory-policy to noeviction or to one of the
// volatile ones. For tokens it must keep what it has confirmed: set appendonly to yes.
package clarifyredis
