package clarify_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
)

func ExampleNew() {
	client, err := clarify.New("acme", authn.APIKeyFromEnv(),
		clarify.WithHTTPClient(&http.Client{Timeout: 30 * time.Second}),
		clarify.WithLogger(slog.Default()),
		clarify.WithRetries(5),
	)
	if err != nil {
		log.Fatal(err)
	}
	res, err := client.GetSchemasWithResponse(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, schema := range res.JSON200.Data {
		fmt.Println(schema.ID)
	}
}

func ExampleError() {
	client, end := connectToSandbox()
	defer end()

	_, err := clarify.People(client).Create(context.Background(), clarify.Person{EmailAddresses: clarify.Collection{"no address"}})
	var e *clarify.Error
	switch {
	case errors.Is(err, clarify.ErrOutcomeUnknown):
		fmt.Println("look whether it is there before trying again")
	case errors.As(err, &e):
		fmt.Println(e.StatusCode, e.Operation)
		for _, problem := range e.Errors {
			fmt.Println(problem.Pointer, problem.Detail)
		}
	}
	// Output:
	// 422 createRecord
	// /data/attributes/email_addresses/items/0 The value must be an email address.
}

func ExampleAs() {
	client, end := connectToSandbox()
	defer end()

	for page, err := range clarify.People(client).Pages(context.Background(), clarify.Include("company_id")) {
		if err != nil {
			log.Fatal(err)
		}
		for _, included := range page.Included {
			company, err := clarify.As[clarify.Company](included)
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println(company.Attributes.Name, company.Attributes.Domains)
		}
	}
	// Output:
	// Acme [acme.com]
}

func ExampleRecords_Merge() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()
	people := clarify.People(client)

	var ids []string
	for person, err := range people.All(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		ids = append(ids, person.ID)
	}
	// The last of them are merged into the first, and cease to exist.
	if err := people.Merge(ctx, ids[0], ids[1:]...); err != nil {
		log.Fatal(err)
	}
	for person, err := range people.All(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(person.Attributes.Name)
	}
	// Output:
	// Ada Lovelace
}

func ExampleRecords_Link() {
	ctx := context.Background()
	client, err := clarify.New("acme", authn.APIKeyFromEnv())
	if err != nil {
		log.Fatal(err)
	}
	people := clarify.People(client)
	const ada, deal = "3f8f2a9e-8a55-4a35-9d52-5f1f2b8c7a01", "9d1f0c3e-6f39-4b7e-9a53-0c2f8a1d5e10"
	if err := people.Link(ctx, ada, "deals", clarify.Ref{Type: "deal", ID: deal}); err != nil {
		log.Fatal(err)
	}
	if err := people.Unlink(ctx, ada, "deals", clarify.Ref{Type: "deal", ID: deal}); err != nil {
		log.Fatal(err)
	}
}

func ExampleRecords_Related() {
	client, err := clarify.New("acme", authn.APIKeyFromEnv())
	if err != nil {
		log.Fatal(err)
	}
	const ada = "3f8f2a9e-8a55-4a35-9d52-5f1f2b8c7a01"
	for related, err := range clarify.People(client).Related(context.Background(), ada, "deals") {
		if err != nil {
			log.Fatal(err)
		}
		deal, err := clarify.As[clarify.Deal](related)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(deal.Attributes.Name, deal.Attributes.Amount)
	}
}

func ExampleRecords_InList() {
	client, err := clarify.New("acme", authn.APIKeyFromEnv())
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	for list, err := range client.Lists(ctx, "person", clarify.Where("state", clarify.Is, "published")) {
		if err != nil {
			log.Fatal(err)
		}
		for person, err := range clarify.People(client).InList(ctx, list.ID) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println(list.Attributes.Title, person.Attributes.Name)
		}
	}
}

func ExampleClient_Users() {
	client, err := clarify.New("acme", authn.APIKeyFromEnv())
	if err != nil {
		log.Fatal(err)
	}
	for user, err := range client.Users(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(user.ID, user.Attributes.Name.FirstName)
	}
}

func ExampleOnProgress() {
	client, err := clarify.New("acme", authn.APIKeyFromEnv())
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.ExportList(context.Background(), "person", "a1c3e5f7-9b0d-4f2a-8c6e-0d2f4a6b8c0b", os.Stdout,
		clarify.OnProgress(func(done, total int64) { fmt.Fprintf(os.Stderr, "\r%d of %d bytes", done, total) }))
	if err != nil {
		log.Fatal(err)
	}
}

func ExampleDateOf() {
	birthday := clarify.DateOf(time.Date(1815, 12, 10, 9, 30, 0, 0, time.UTC))
	fmt.Println(birthday)
	_ = clarify.Where("birthday", clarify.IsOnOrBefore, birthday)
	// Output:
	// 1815-12-10
}

func ExampleRemove() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()
	people := clarify.People(client)

	for person, err := range people.All(ctx, clarify.Where("email_addresses", clarify.Contains, "ada@acme.com")) {
		if err != nil {
			log.Fatal(err)
		}
		changed, err := people.Update(ctx, person.ID, clarify.Person{EmailAddresses: clarify.Collection{"ada@acme.com"}}, clarify.Remove("email_addresses"))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(changed.Attributes.EmailAddresses))
	}
	// Output:
	// 0
}
