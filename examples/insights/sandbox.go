package main

import (
	"context"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/examples/internal/cli"
)

// seeded is how many records the sandbox has, beside those that are made by hand.
const seeded = 400

// fill fills the sandbox. What is seeded has no duplicates, so some are added.
func fill(ctx context.Context, connection *cli.Connection) error {
	connection.Sandbox.Seed(nil, seeded)
	companies, people := clarify.Companies(connection.Client), clarify.People(connection.Client)
	var company string
	for _, domain := range []string{"lovelace.example", "www.lovelace.example"} {
		c, err := companies.Create(ctx, clarify.Company{Name: "Lovelace Engines", Domains: clarify.Collection{domain}})
		if err != nil {
			return err
		}
		company = c.ID
	}
	for _, person := range []clarify.Person{
		{Name: clarify.Name{FirstName: "Ada", LastName: "Lovelace"}, EmailAddresses: clarify.Collection{"ada@lovelace.example"}, CompanyID: company},
		{Name: clarify.Name{FirstName: "Ada", LastName: "King"}, EmailAddresses: clarify.Collection{"ada+crm@lovelace.example"}},
		{Name: clarify.Name{FirstName: "José", LastName: "Núñez"}, EmailAddresses: clarify.Collection{"jose@nunez.example"}},
		{Name: clarify.Name{FirstName: "Nunez,", LastName: "Jose"}},
	} {
		if _, err := people.Create(ctx, person); err != nil {
			return err
		}
	}
	return nil
}
