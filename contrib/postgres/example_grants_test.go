package clarifypostgres_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"log"
	"os"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	clarifypostgres "github.com/clarify-go/clarify/contrib/postgres"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/oauth2"
)

func ExampleGrants() {
	ctx := context.Background()
	var (
		pool   *pgxpool.Pool  // of the web app
		config *oauth2.Config // of authn.NewConfig
		token  *oauth2.Token  // what CodeFlow.Finish returned
	)
	key, err := base64.StdEncoding.DecodeString(os.Getenv("TOKEN_KEY")) // of openssl rand -base64 32
	if err != nil {
		log.Fatal(err)
	}
	grants, err := clarifypostgres.NewGrants(pool, config, [][]byte{key})
	if err != nil {
		log.Fatal(err)
	}

	// After a login:
	if err := grants.Save(ctx, "acme", "ada@acme.com", token); err != nil {
		log.Fatal(err)
	}

	// For a request of the user, in any process:
	source, err := grants.TokenSource("acme", "ada@acme.com")
	if err != nil {
		log.Fatal(err)
	}
	client, err := clarify.New("acme", authn.TokenSource(source))
	if err != nil {
		log.Fatal(err)
	}
	_ = client

	// Every day:
	for grant, err := range grants.LoginRequired(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(grant.Workspace, grant.User, grant.Reason)
	}
}

func ExampleNewTokenStore() {
	var pool *pgxpool.Pool
	var key []byte // 32 random bytes
	store, err := clarifypostgres.NewTokenStore(pool, [][]byte{key}, "acme", "nightly-export")
	if err != nil {
		log.Fatal(err)
	}
	source := authn.NewTokenSource(authn.NewConfig("client-id", os.Getenv("CLIENT_SECRET"), ""), store)
	client, err := clarify.New("acme", authn.TokenSource(source))
	if err != nil {
		log.Fatal(err)
	}
	_ = client
}
