package tokenfile_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/authn/tokenfile"
	"golang.org/x/oauth2"
)

func Example() {
	dir, err := os.MkdirTemp("", "example") // a program would take tokenfile.DefaultPath("its-name")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	store, err := tokenfile.New(filepath.Join(dir, "token.json"))
	if err != nil {
		fmt.Println(err)
		return
	}
	source := authn.NewTokenSource(authn.NewConfig("client-id", "", ""), store)

	_, err = source.Token()
	fmt.Println("login required:", errors.Is(err, authn.ErrLoginRequired))

	// What a login yields is saved once. From then on the source keeps it.
	login := &oauth2.Token{AccessToken: "at_1", RefreshToken: "rt_1", Expiry: time.Now().Add(time.Hour)}
	if err := store.Save(context.Background(), login); err != nil {
		fmt.Println(err)
		return
	}
	token, err := source.Token()
	fmt.Println(token.AccessToken, err)
	// Output:
	// login required: true
	// at_1 <nil>
}
