// Command typed uses Go types that are generated from the schema of a workspace: package
// crm. What the schema does not have does not compile.
//
//	go run ./examples/typed
//
// It starts a sandbox for itself, whose schema the types are made from. Of a workspace of
// yours, the two commands below read the schema and make the types: see docs/typed.md.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/examples/typed/crm"
)

//go:generate go tool clarify-gen pull -sandbox -o schema.json
//go:generate go tool clarify-gen generate -schema schema.json -o crm

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "typed:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer) error {
	sandbox, err := clarifytest.Start()
	if err != nil {
		return err
	}
	defer sandbox.Close()
	client, err := clarify.New(sandbox.Workspace, authn.APIKey(sandbox.APIKey), clarify.WithBaseURL(sandbox.BaseURL))
	if err != nil {
		return err
	}
	if err := createDeals(ctx, client); err != nil {
		return err
	}
	return winDeals(ctx, w, client)
}

// createDeals creates two companies, with three deals.
func createDeals(ctx context.Context, client *clarify.Client) error {
	companies, deals := crm.Companies(client), crm.Deals(client)
	acme, err := companies.Create(ctx, crm.Company{Name: "Acme", Domains: clarify.Collection{"acme.example"}})
	if err != nil {
		return err
	}
	globex, err := companies.Create(ctx, crm.Company{Name: "Globex", Domains: clarify.Collection{"globex.example"}})
	if err != nil {
		return err
	}
	october := clarify.Date{Year: 2026, Month: time.October, Day: 1}
	for _, deal := range []crm.Deal{
		{Name: "Acme renewal", Stage: crm.DealStageProposal, Amount: "1200.50", CloseDate: october, CompanyID: crm.CompanyID(acme.ID)},
		{Name: "Acme training", Stage: crm.DealStageLead, Amount: "300", CompanyID: crm.CompanyID(acme.ID)},
		{Name: "Globex renewal", Stage: crm.DealStageProposal, Amount: "5000", CloseDate: october, CompanyID: crm.CompanyID(globex.ID)},
	} {
		if _, err := deals.Create(ctx, deal); err != nil {
			return err
		}
	}
	return nil
}

// winDeals finds the large deals with Acme that close this year, and wins them.
func winDeals(ctx context.Context, w io.Writer, client *clarify.Client) error {
	deals := crm.Deals(client)
	for deal, err := range deals.All(ctx,
		crm.DealFields.Stage.OneOf(crm.DealStageQualified, crm.DealStageProposal),
		crm.DealFields.Amount.GreaterThan(1000),
		crm.DealFields.CloseDate.IsBefore(clarify.Date{Year: 2027, Month: time.January, Day: 1}),
		crm.DealFields.Company.Name.Is("Acme"),
		crm.DealFields.CloseDate.OrderBy(clarify.Ascending),
	) {
		if err != nil {
			return err
		}
		won, err := deals.Update(ctx, deal.ID, clarify.Set(
			crm.DealFields.Stage.To(crm.DealStageWon),
			crm.DealFields.Labels.Append("renewal"),
			crm.DealFields.CloseDate.Clear(),
		))
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s: %s, %s, %s\n", won.Attributes.Name, won.Attributes.Stage, won.Attributes.Amount, won.Attributes.Labels)
	}
	return nil
}
