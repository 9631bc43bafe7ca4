// Command gen reads a person with the generated client alone.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/gen"
)

func main() {
	client, err := gen.NewClientWithResponses("https://api.clarify.ai/v1/workspaces/acme", gen.WithRequestEditorFn(authn.APIKeyFromEnv()))
	if err != nil {
		log.Fatal(err)
	}
	rsp, err := client.GetResourceWithResponse(context.Background(), "person", os.Args[1], nil)
	if err != nil {
		log.Fatal(err)
	}
	if rsp.JSON200 == nil {
		log.Fatal(rsp.Status())
	}
	fmt.Println(rsp.JSON200.Data.ID, rsp.JSON200.Data.Attributes["job_title"])
}
