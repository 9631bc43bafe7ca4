package clarify_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"

	"github.com/clarify-go/clarify"
)

func ExampleObjectSchema_Check() {
	client, end := connectToSandbox()
	defer end()

	schema, err := client.Schema(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	deal, ok := schema.Object("deal")
	if !ok {
		log.Fatal("there is no deal")
	}
	err = deal.Check(clarify.Fields{"name": "Acme", "stage": "won", "close_date": "1 May"})
	var e *clarify.Error
	if errors.As(err, &e) && errors.Is(err, clarify.ErrInvalid) {
		for _, problem := range e.Errors {
			fmt.Println(problem.Pointer, problem.Detail)
		}
	}
	// Output:
	// /data/attributes/close_date "1 May" is not a date, such as 2026-02-03.
	// /data/attributes/stage "won" is no option, but "Won" is: case and spaces matter.
}

func ExampleCheckedBy() {
	client, end := connectToSandbox()
	defer end()

	ctx := context.Background()
	people := clarify.People(client)
	all := []clarify.Person{
		{Name: clarify.Name{FirstName: "Barbara", LastName: "Liskov"}, EmailAddresses: clarify.Collection{"barbara@example.com"}},
		{Name: clarify.Name{FirstName: "Nobody"}, EmailAddresses: clarify.Collection{"no address"}},
	}
	schema, err := client.Schema(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for result, err := range people.Import(ctx, slices.Values(all), clarify.MatchOn("email_addresses"), clarify.CheckedBy(schema)) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(result.Input.Name, result.Outcome)
		if result.Err != nil {
			fmt.Println(result.Err)
		}
	}
	// Output:
	// Barbara Liskov created
	// Nobody refused
	// clarify: invalid attributes of person: "no address" is not an email address at /data/0/attributes/email_addresses/items/0
}
