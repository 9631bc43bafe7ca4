package clarify_test

import (
	"context"
	"fmt"
	"log"
	"slices"

	"github.com/clarify-go/clarify"
)

func ExampleRecords_Import() {
	client, end := connectToSandbox()
	defer end()

	ctx := context.Background()
	people := clarify.People(client)
	all := []clarify.Person{
		{Name: clarify.Name{FirstName: "Barbara", LastName: "Liskov"}, EmailAddresses: clarify.Collection{"barbara@example.com"}},
		{Name: clarify.Name{FirstName: "Nobody"}, EmailAddresses: clarify.Collection{"no address"}},
		{Name: clarify.Name{FirstName: "Tony", LastName: "Hoare"}, EmailAddresses: clarify.Collection{"tony@example.com"}},
	}
	confirmed := 0 // how many inputs need not be sent again
	for result, err := range people.Import(ctx, slices.Values(all), clarify.MatchOn("email_addresses"), clarify.Concurrency(8), clarify.Resume(confirmed)) {
		if err != nil {
			log.Fatal(err) // it ended early
		}
		if result.Err != nil { // rejected by the API, or the outcome is unknown
			fmt.Println(result.Input.Name, result.Outcome, result.Err)
		}
		confirmed = result.Confirmed
	}
	fmt.Println(confirmed, "of", len(all), "are confirmed")
	// Output:
	// Nobody refused clarify: createBulkRecords: POST /v1/workspaces/acme/objects/person/records/bulk: 422 Unprocessable Entity: The value must be an email address at /data/0/attributes/email_addresses/items/0
	// 3 of 3 are confirmed
}

func ExampleRecords_BulkUpdate() {
	client, end := connectToSandbox()
	defer end()

	ctx := context.Background()
	people := clarify.People(client)
	// What is read may be what is written: nothing is held but a few pages.
	promoted := func(yield func(clarify.Change, error) bool) {
		for person, err := range people.All(ctx, clarify.Stable(), clarify.Where("job_title", clarify.Is, "Engineer")) {
			if !yield(clarify.Change{ID: person.ID, Changes: clarify.Fields{"job_title": "Chief Engineer"}}, err) {
				return
			}
		}
	}
	for result, err := range people.BulkUpdateSeq2(ctx, promoted) {
		if err != nil {
			log.Fatal(err)
		}
		if result.Err != nil {
			fmt.Println(result.Outcome, result.Input.ID, result.Err)
			continue
		}
		fmt.Println(result.Outcome, result.Record.Attributes.Name, result.Record.Attributes.JobTitle)
	}
	// Output:
	// updated Ada Lovelace Chief Engineer
}

func ExampleRecords_BulkDelete() {
	client, end := connectToSandbox()
	defer end()

	ctx := context.Background()
	people := clarify.People(client)
	var ids []string
	for person, err := range people.All(ctx, clarify.Where("email_addresses", clarify.Contains, "@acme.com")) {
		if err != nil {
			log.Fatal(err)
		}
		ids = append(ids, person.ID)
	}
	for result, err := range people.BulkDelete(ctx, slices.Values(ids)) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(result.Outcome)
	}
	// Output:
	// deleted
	// deleted
}

func ExampleStable() {
	client, end := connectToSandbox()
	defer end()

	ctx := context.Background()
	people := clarify.People(client)
	for person, err := range people.All(ctx, clarify.Stable(), clarify.Concurrency(16)) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(person.Attributes.Name)
	}
	// Output:
	// Ada Lovelace
	// Grace Hopper
	// Alan Turing
}

func ExampleOnBatch() {
	client, end := connectToSandbox()
	defer end()

	people := clarify.People(client)
	report := func(p clarify.Progress) {
		fmt.Println(p.Done, "done,", p.Count(clarify.Created, clarify.Updated, clarify.Written), "written,", p.Count(clarify.Refused), "refused")
	}
	all := []clarify.Person{{JobTitle: "Engineer"}, {JobTitle: "Admiral"}, {JobTitle: "Professor"}}
	for _, err := range people.Import(context.Background(), slices.Values(all), clarify.BatchSize(2), clarify.OnBatch(report)) {
		if err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// 2 done, 2 written, 0 refused
	// 3 done, 3 written, 0 refused
}
