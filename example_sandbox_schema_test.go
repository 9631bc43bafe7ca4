package clarify_test

import (
	"context"
	"fmt"
	"log"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

// The sandbox with the objects and fields of a workspace, as clarify-gen pull saved them.
func Example_schemaOfAWorkspace() {
	sandbox := clarifytest.NewServer(clarifytest.WithSchemaFile("testdata/schemas/boats.json"), clarifytest.WithSeed(1))
	defer sandbox.Close()
	seeded := sandbox.Seed(nil, 100)
	fmt.Println(seeded.Others, "records of other objects")

	client, err := clarify.New(sandbox.Workspace, authn.APIKey(sandbox.APIKey), clarify.WithBaseURL(sandbox.BaseURL))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	boats := clarify.NewRecords[clarify.Fields](client, "c_boat")
	_, err = boats.Create(ctx, clarify.Fields{"rig": "Ketch"})
	fmt.Println(err)
	// Output:
	// 100 records of other objects
	// clarify: createRecord: POST /v1/workspaces/acme/objects/c_boat/records: 422 Unprocessable Entity: "Ketch" is none of the options, whose case matters: Sloop at /data/attributes/rig
}
