package clarifyredis_test

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"os"

	"github.com/redis/go-redis/v9"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	clarifyredis "github.com/clarify-go/clarify/contrib/redis"
)

// Processes that share the rate limit of their workspaces.
func ExampleNewLimiter() {
	rdb := redis.NewClient(&redis.Options{Addr: "redis.internal:6379"})
	limiter := clarifyredis.NewLimiter(rdb, clarifyredis.WithLimiterLogger(slog.Default()))
	client, err := clarify.New("acme", authn.APIKeyFromEnv(), clarify.WithLimiter(limiter))
	if err != nil {
		log.Fatal(err)
	}
	for person, err := range clarify.People(client).All(clarify.WithClass(context.Background(), clarify.Bulk)) {
		if err != nil {
			log.Fatal(err)
		}
		log.Print(person.ID)
	}
}

// A web app that acts for its users in several processes.
func ExampleNewTokenStore() {
	rdb := redis.NewClient(&redis.Options{Addr: "redis.internal:6379"})
	key := []byte(os.Getenv("TOKEN_KEY")) // 32 random bytes
	store, err := clarifyredis.NewTokenStore(rdb, "ada", [][]byte{key})
	if err != nil {
		log.Fatal(err)
	}
	config := authn.NewConfig("client", os.Getenv("CLIENT_SECRET"), "https://app.example/callback")
	client, err := clarify.New("acme", authn.TokenSource(authn.NewTokenSource(config, store)))
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.GetSchemasWithResponse(context.Background())
	if errors.Is(err, authn.ErrLoginRequired) {
		log.Print("the user has to log in again")
	}
}

// A new key: first every process gets both, then this encrypts all tokens with the new
// one, and then the old one can go.
func ExampleRotateTokens() {
	rdb := redis.NewClient(&redis.Options{Addr: "redis.internal:6379"})
	keys := [][]byte{[]byte(os.Getenv("TOKEN_KEY")), []byte(os.Getenv("OLD_TOKEN_KEY"))}
	n, err := clarifyredis.RotateTokens(context.Background(), rdb, keys)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("%d tokens were encrypted with another key", n)
}
