package login_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/authn/login"
	"github.com/clarify-go/clarify/authn/tokenfile"
)

// A program that logs its user in the first time, and again only when the grant
// has ended. Both show when the API is called.
func ExampleRun() {
	ctx := context.Background()
	config := authn.NewConfig("client-id", "", "http://127.0.0.1/callback")
	path, err := tokenfile.DefaultPath("my-program")
	if err != nil {
		fmt.Println(err)
		return
	}
	store, err := tokenfile.New(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := clarify.New("acme", authn.TokenSource(authn.NewTokenSource(config, store)))
	if err != nil {
		fmt.Println(err)
		return
	}
	schemas, err := client.GetSchemasWithResponse(ctx)
	if errors.Is(err, authn.ErrLoginRequired) {
		token, err := login.Run(ctx, config)
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := store.Save(ctx, token); err != nil {
			fmt.Println(err)
			return
		}
		schemas, err = client.GetSchemasWithResponse(ctx)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(schemas.Status())
}
