// Command clarify reads a person with the package clarify.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
)

func main() {
	client, err := clarify.New("acme", authn.APIKeyFromEnv())
	if err != nil {
		log.Fatal(err)
	}
	person, err := clarify.People(client).Get(context.Background(), os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(person.ID, person.Attributes.JobTitle)
}
