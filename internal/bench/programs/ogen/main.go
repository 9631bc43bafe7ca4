// Command ogen reads people with the client that ogen generates, which has one
// operation of the 76.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/clarify-go/clarify/internal/bench/ogenapi"
)

type key struct{}

func (key) ApiKey(context.Context, ogenapi.OperationName) (ogenapi.ApiKey, error) {
	return ogenapi.ApiKey{APIKey: "api-key " + os.Getenv("CLARIFY_API_KEY")}, nil
}

func main() {
	client, err := ogenapi.NewClient("https://api.clarify.ai/v1/workspaces/acme", key{})
	if err != nil {
		log.Fatal(err)
	}
	page, err := client.GetResources(context.Background(), ogenapi.GetResourcesParams{Object: "person"})
	if err != nil {
		log.Fatal(err)
	}
	for _, person := range page.Response.Data {
		fmt.Println(person.ID, person.Attributes.JobTitle)
	}
}
