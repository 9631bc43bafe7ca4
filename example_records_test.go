package clarify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

// connectToSandbox stands for clarify.New in the examples: it returns a client of
// a sandbox with a few records.
func connectToSandbox(opts ...clarify.Option) (client *clarify.Client, end func()) {
	sandbox := clarifytest.NewServer()
	client, err := clarify.New(sandbox.Workspace, authn.APIKey(sandbox.APIKey), append(opts, clarify.WithBaseURL(sandbox.BaseURL))...)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	acme, err := clarify.Companies(client).Create(ctx, clarify.Company{Name: "Acme", Domains: clarify.Collection{"acme.com"}})
	if err != nil {
		log.Fatal(err)
	}
	for _, person := range []clarify.Person{
		{Name: clarify.Name{FirstName: "Ada", LastName: "Lovelace"}, EmailAddresses: clarify.Collection{"ada@acme.com"}, JobTitle: "Engineer", CompanyID: acme.ID},
		{Name: clarify.Name{FirstName: "Grace", LastName: "Hopper"}, EmailAddresses: clarify.Collection{"grace@navy.example"}, JobTitle: "Admiral"},
		{Name: clarify.Name{FirstName: "Alan", LastName: "Turing"}, EmailAddresses: clarify.Collection{"alan@acme.com"}, CompanyID: acme.ID},
	} {
		if _, err := clarify.People(client).Create(ctx, person); err != nil {
			log.Fatal(err)
		}
	}
	return client, sandbox.Close
}

func ExampleRecords_All() {
	client, end := connectToSandbox()
	defer end()

	for person, err := range clarify.People(client).All(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(person.Attributes.Name, person.Attributes.EmailAddresses)
	}
	// Output:
	// Ada Lovelace [ada@acme.com]
	// Grace Hopper [grace@navy.example]
	// Alan Turing [alan@acme.com]
}

func ExampleWhere() {
	client, end := connectToSandbox()
	defer end()

	atAcme := clarify.People(client).All(context.Background(),
		clarify.Where("email_addresses", clarify.Contains, "@acme.com"),
		clarify.Where("job_title", clarify.IsNotEmpty),
		clarify.Where("_created_at", clarify.IsAfter, time.Now().AddDate(0, 0, -7)),
	)
	for person, err := range atAcme {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(person.Attributes.Name)
	}
	// Output:
	// Ada Lovelace
}

func ExampleOrderBy() {
	client, end := connectToSandbox()
	defer end()

	last := clarify.People(client).All(context.Background(), clarify.OrderBy("name", clarify.Descending), clarify.Limit(2))
	for person, err := range last {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(person.Attributes.Name)
	}
	// Output:
	// Grace Hopper
	// Alan Turing
}

func ExampleInclude() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()

	for page, err := range clarify.People(client).Pages(ctx, clarify.Include("company_id"), clarify.PageSize(100)) {
		if err != nil {
			log.Fatal(err)
		}
		companies := map[string]string{}
		for _, record := range page.Included {
			company, err := clarify.As[clarify.Company](record)
			if err != nil {
				log.Fatal(err)
			}
			companies[company.ID] = company.Attributes.Name
		}
		for _, person := range page.Records {
			fmt.Printf("%s: %q\n", person.Attributes.Name, companies[person.Attributes.CompanyID])
		}
	}
	// Output:
	// Ada Lovelace: "Acme"
	// Grace Hopper: ""
	// Alan Turing: "Acme"
}

func ExampleRecord_LinkedID() {
	client, end := connectToSandbox()
	defer end()

	for person, err := range clarify.People(client).All(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		_, linked := person.LinkedID("company_id")
		fmt.Printf("%s: %t\n", person.Attributes.Name, linked)
	}
	// Output:
	// Ada Lovelace: true
	// Grace Hopper: false
	// Alan Turing: true
}

func ExampleRecords_Pages() {
	client, end := connectToSandbox()
	defer end()

	for page, err := range clarify.People(client).Pages(context.Background(), clarify.PageSize(2)) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(page.Records), "of", *page.Meta.TotalRecords)
	}
	// Output:
	// 2 of 3
	// 1 of 3
}

func ExampleRecords_Get() {
	client, end := connectToSandbox()
	defer end()

	_, err := clarify.People(client).Get(context.Background(), "3f8f2a9e-8a55-4a35-9d52-5f1f2b8c7a01")
	if errors.Is(err, clarify.ErrNotFound) {
		fmt.Println("there is no such person")
	}
	// Output:
	// there is no such person
}

func ExampleRecords_Create() {
	client, end := connectToSandbox()
	defer end()

	deal, err := clarify.Deals(client).Create(context.Background(), clarify.Deal{
		Name:      "Engines for Acme",
		Stage:     "Lead",
		Amount:    "12000.50",
		CloseDate: clarify.Date{Year: 2026, Month: time.October, Day: 1},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(deal.Attributes.Name, deal.Attributes.Amount, deal.Attributes.CloseDate)
	// Output:
	// Engines for Acme 12000.50 2026-10-01
}

// MatchOn makes a create update the record that is there.
func ExampleMatchOn() {
	client, end := connectToSandbox()
	defer end()

	ada := clarify.Person{EmailAddresses: clarify.Collection{"ada@acme.com"}, JobTitle: "Chief Engineer"}
	person, err := clarify.People(client).Create(context.Background(), ada, clarify.MatchOn("email_addresses"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(person.Attributes.Name, "is", person.Attributes.JobTitle)
	// Output:
	// Ada Lovelace is Chief Engineer
}

func ExampleRecords_Update() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()
	people := clarify.People(client)

	for person, err := range people.All(ctx, clarify.Where("job_title", clarify.Is, "Admiral")) {
		if err != nil {
			log.Fatal(err)
		}
		// What is not set is not sent, and stays as it is.
		updated, err := people.Update(ctx, person.ID, clarify.Person{JobTitle: "Rear Admiral"})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(updated.Attributes.Name, "is", updated.Attributes.JobTitle)
	}
	// Output:
	// Grace Hopper is Rear Admiral
}

// A nil value sends null, which clears a field.
func ExampleFields() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()
	people := clarify.People(client)

	for person, err := range people.All(ctx, clarify.Where("job_title", clarify.Is, "Engineer")) {
		if err != nil {
			log.Fatal(err)
		}
		updated, err := people.Update(ctx, person.ID, clarify.Fields{"job_title": nil})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%q\n", updated.Attributes.JobTitle)
	}
	// Output:
	// ""
}

func ExampleAppend() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()
	people := clarify.People(client)

	for person, err := range people.All(ctx, clarify.Where("job_title", clarify.Is, "Engineer")) {
		if err != nil {
			log.Fatal(err)
		}
		more := clarify.Person{EmailAddresses: clarify.Collection{"countess@lovelace.example"}}
		updated, err := people.Update(ctx, person.ID, more, clarify.Append("email_addresses"))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(updated.Attributes.EmailAddresses)
	}
	// Output:
	// [ada@acme.com countess@lovelace.example]
}

func ExampleRecords_Delete() {
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
	if err := people.Delete(ctx, ids...); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(ids), "deleted")
	// Output:
	// 2 deleted
}

// The attributes may be of any type that fits them.
func ExampleNewRecords() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()

	type opportunity struct {
		Name   string             `json:"name"`
		Labels clarify.Collection `json:"labels,omitzero"`
		Amount json.Number        `json:"amount,omitempty"`
	}
	opportunities := clarify.NewRecords[opportunity](client, "deal")
	created, err := opportunities.Create(ctx, opportunity{Name: "Engine", Labels: clarify.Collection{"Pilot"}, Amount: "12.50"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(created.Attributes.Labels, created.Attributes.Amount)

	fields, err := clarify.NewRecords[clarify.Fields](client, "deal").Get(ctx, created.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(fields.Attributes["labels"], fields.Attributes["amount"])
	// Output:
	// [Pilot] 12.50
	// map[items:[Pilot]] 12.50
}

func ExampleRecords_Deleted() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()
	people := clarify.People(client)

	for person, err := range people.All(ctx, clarify.Limit(1)) {
		if err != nil {
			log.Fatal(err)
		}
		if err := people.Delete(ctx, person.ID); err != nil {
			log.Fatal(err)
		}
	}
	for person, err := range people.Deleted(ctx, clarify.Where("_deleted_at", clarify.IsAfter, time.Now().Add(-time.Hour))) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(person.Attributes.Name, "is deleted:", !person.Attributes.DeletedAt.IsZero())
	}
	// Output:
	// Ada Lovelace is deleted: true
}
