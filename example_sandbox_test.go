package clarify_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

// What a program under test does if the response to a create is lost: here it
// looks for the record, and does not create it again.
func Example_testingForFaults() {
	sandbox := clarifytest.NewServer() // in a test: clarifytest.NewServer(clarifytest.WithTB(t))
	defer sandbox.Close()
	client, err := clarify.New(sandbox.Workspace, authn.APIKey(sandbox.APIKey), clarify.WithBaseURL(sandbox.BaseURL))
	if err != nil {
		log.Fatal(err)
	}
	sandbox.Inject(clarifytest.ResetAfterWork(), clarifytest.Operation("createRecord"), clarifytest.Times(1))

	ctx := context.Background()
	deals := clarify.Deals(client)
	_, err = deals.Create(ctx, clarify.Deal{Name: "Renewal"})
	fmt.Println("the outcome is not known:", errors.Is(err, clarify.ErrOutcomeUnknown))
	for deal, err := range deals.All(ctx, clarify.Where("name", clarify.Is, "Renewal")) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("it was created:", deal.Attributes.Name)
	}

	first := sandbox.Requests()[0]
	fmt.Printf("the sandbox says: %s, done: %t\n", first.Fault, first.Done)
	// Output:
	// the outcome is not known: true
	// it was created: Renewal
	// the sandbox says: reset after work, done: true
}
