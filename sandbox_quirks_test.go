package clarify_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

// The client does its work whichever form of a response the API has, of those that
// docs/live-api.md lists, over TLS where links begin with http://. A request in
// clear text would be a violation.
func TestTheClientWorksWithEachQuirk(t *testing.T) {
	quirks := map[string]func(bool) clarifytest.Option{
		"http links":                 clarifytest.WithQuirkHTTPLinks,
		"no links":                   clarifytest.WithQuirkNoLinks,
		"no total pages":             clarifytest.WithQuirkNoTotalPages,
		"user agent required":        clarifytest.WithQuirkUserAgentRequired,
		"include relationship names": clarifytest.WithQuirkIncludeRelationshipNames,
		"no content":                 clarifytest.WithQuirkNoContent,
		"list relationships":         clarifytest.WithQuirkListRelationships,
		"relationship names":         clarifytest.WithQuirkRelationshipNames,
		"shared email addresses":     clarifytest.WithQuirkSharedEmailAddresses,
		"whole seconds":              clarifytest.WithQuirkWholeSeconds,
		"empty user times":           clarifytest.WithQuirkEmptyUserTimes,
		"list query migrated":        clarifytest.WithQuirkListQueryMigrated,
		"list query stays":           clarifytest.WithQuirkListQueryStays,
		"read-only meetings":         clarifytest.WithQuirkReadOnlyMeetings,
		"object times":               clarifytest.WithQuirkObjectTimes,
		"objects without records":    clarifytest.WithQuirkObjectsWithoutRecords,
	}
	for name, quirk := range quirks {
		for _, on := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s is %v", name, on), func(t *testing.T) {
				srv := clarifytest.NewServer(clarifytest.WithTB(t), clarifytest.WithTLS(), quirk(on))
				client, err := clarify.New(srv.Workspace, authn.APIKey(srv.APIKey), clarify.WithBaseURL(srv.BaseURL), clarify.WithHTTPClient(srv.HTTPClient()))
				if err != nil {
					t.Fatal(err)
				}
				seeded := srv.Seed(t, 40)
				doTheDay(t, client, seeded.People)
			})
		}
	}
}

// doTheDay does what programs do every day, in a workspace with so many people.
func doTheDay(t *testing.T, client *clarify.Client, count int) {
	t.Helper()
	ctx := context.Background()
	people := clarify.People(client)
	all, err := collect(t, people.All(ctx, clarify.PageSize(7)))
	if err != nil || len(all) != count {
		t.Fatalf("%d of %d people, %v", len(all), count, err)
	}
	if all, err = collect(t, people.All(ctx, clarify.PageSize(7), clarify.Concurrency(3))); err != nil || len(all) != count {
		t.Errorf("with several requests: %d of %d people, %v", len(all), count, err)
	}
	users, err := collect(t, client.Users(ctx))
	if err != nil || len(users) != 1 {
		t.Errorf("%d users, %v", len(users), err)
	}
	schema, err := client.Schema(ctx)
	if err != nil || len(schema.Objects()) < 5 {
		t.Errorf("the schema is %v, %v", schema, err)
	}

	company, err := clarify.Companies(client).Create(ctx, clarify.Company{Name: "Acme"})
	if err != nil {
		t.Fatal(err)
	}
	ada, err := people.Create(ctx, clarify.Person{Name: clarify.Name{FirstName: "Ada"}, CompanyID: company.ID})
	if err != nil {
		t.Fatal(err)
	}
	got, err := people.Get(ctx, ada.ID, clarify.Include("company_id"))
	if err != nil || len(got.Included) != 1 || got.Included[0].ID != company.ID {
		t.Errorf("got %+v, %v", got, err)
	}
	if ref, ok := got.Relationships.One("company_id"); !ok || ref.ID != company.ID {
		t.Errorf("the company is %v, %v", ref, ok)
	}
	deal, err := clarify.Deals(client).Create(ctx, clarify.Deal{Name: "Engine"})
	if err != nil {
		t.Fatal(err)
	}
	to := clarify.Ref{Type: "deal", ID: deal.ID}
	if err := errors.Join(people.Link(ctx, ada.ID, "deals", to), people.Unlink(ctx, ada.ID, "deals", to), people.Delete(ctx, ada.ID)); err != nil {
		t.Error(err)
	}
	if _, err := people.Get(ctx, ada.ID); !errors.Is(err, clarify.ErrNotFound) {
		t.Errorf("a person who was deleted: %v", err)
	}
}
