package clarify_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/clarify-go/clarify"
)

func Example_typed() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()

	person := clarify.PersonFields
	people := clarify.People(client)
	for found, err := range people.All(ctx,
		person.Company.Name.Is("Acme"),
		person.JobTitle.IsNotEmpty(),
		person.CreatedAt.OrderBy(clarify.Descending),
	) {
		if err != nil {
			log.Fatal(err)
		}
		changed, err := people.Update(ctx, found.ID, clarify.Set(
			person.JobTitle.To("Countess"),
			person.CompanyID.Clear(),
			person.EmailAddresses.Append("ada@home.example"),
		))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(changed.Attributes.JobTitle, strings.Join(changed.Attributes.EmailAddresses, " "))
	}
	// Output:
	// Countess ada@acme.com ada@home.example
}

func ExampleSet() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()

	deals, deal := clarify.Deals(client), clarify.DealFields
	created, err := deals.Create(ctx, clarify.Deal{Name: "Big", Amount: "1000"}, deal.Name.MatchOn())
	if err != nil {
		log.Fatal(err)
	}
	changed, err := deals.Update(ctx, created.ID, clarify.Set(
		deal.Stage.To("Won"),
		deal.Amount.Clear(),
		deal.Labels.Append("renewal"),
	))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s %q %v\n", changed.Attributes.Stage, changed.Attributes.Amount, changed.Attributes.Labels)
	// Output:
	// Won "" [renewal]
}

func ExampleNewSelectField() {
	client, end := connectToSandbox()
	defer end()

	type TaskStatus string
	const done TaskStatus = "Done"
	status := clarify.NewSelectField[TaskStatus]("status")

	task, err := clarify.Tasks(client).Create(context.Background(), clarify.Task{Title: "Call Ada", Status: string(done)})
	if err != nil {
		log.Fatal(err)
	}
	for found, err := range clarify.Tasks(client).All(context.Background(), status.OneOf(done, "Canceled")) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(found.Attributes.Title, found.ID == task.ID)
	}
	// Output:
	// Call Ada true
}

func ExampleNumberField_Exact() {
	amount := clarify.DealFields.Amount
	change := clarify.Set(amount.Exact().To("999999999999.9999"))
	b, err := change.MarshalJSON()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(b))
	// Output:
	// {"amount":999999999999.9999}
}
