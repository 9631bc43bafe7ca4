package clarifypostgres_test

import (
	"context"
	"log"
	"os"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	clarifypostgres "github.com/clarify-go/clarify/contrib/postgres"
	"github.com/jackc/pgx/v5/pgxpool"
)

func ExampleNewLimiter() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	if err := clarifypostgres.Migrate(ctx, pool); err != nil {
		log.Fatal(err)
	}
	limiter := clarifypostgres.NewLimiter(pool)
	defer limiter.Close(ctx)
	client, err := clarify.New("acme", authn.APIKeyFromEnv(), clarify.WithLimiter(limiter))
	if err != nil {
		log.Fatal(err)
	}
	_ = client
}
