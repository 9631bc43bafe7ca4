package clarifykeyring_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/clarify-go/clarify/authn"
	clarifykeyring "github.com/clarify-go/clarify/contrib/keyring"
	"github.com/zalando/go-keyring"
	"golang.org/x/oauth2"
)

func Example() {
	keyring.MockInit() // a program leaves this out
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	store, err := clarifykeyring.New("my-program", "acme", clarifykeyring.WithLockDir(dir))
	if err != nil {
		log.Fatal(err)
	}
	source := authn.NewTokenSource(authn.NewConfig("client-id", "", ""), store)

	_, err = source.Token()
	fmt.Println("login required:", errors.Is(err, authn.ErrLoginRequired))

	// What a login yields is saved once. From then on the source keeps it.
	login := &oauth2.Token{AccessToken: "at_1", RefreshToken: "rt_1", Expiry: time.Now().Add(time.Hour)}
	if err := store.Save(context.Background(), login); err != nil {
		log.Fatal(err)
	}
	token, err := source.Token()
	fmt.Println(token.AccessToken, err)
	// Output:
	// login required: true
	// at_1 <nil>
}
