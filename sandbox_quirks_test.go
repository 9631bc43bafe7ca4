package clarify_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/internal/rerun"
)

// The client works with each form of a response that docs/live-api.md lists, over
// TLS where links begin with http://. A request in clear text is a violation.
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
	for i, name := range slices.Sorted(maps.Keys(quirks)) {
		quirk := quirks[name]
		for j, on := range []bool{true, false} {
			if (i+j)%rerun.Stride(4) != 0 {
				continue
			}
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

// doTheDay does what programs do every day, in a workspace with count people.
func doTheDay(t *testing.T, client *clarify.Client, count int) {
	t.Helper()
	ctx := context.Background()
	people := clarify.People(client)
	all, err := collect(t, people.All(ctx, clarify.PageSize(7)))
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "people", len(all), count)
	all, err = collect(t, people.All(ctx, clarify.PageSize(7), clarify.Concurrency(3)))
	if err != nil {
		t.Errorf("with concurrent requests: %v", err)
	}
	wantEqual(t, "people with concurrent requests", len(all), count)
	users, err := collect(t, client.Users(ctx))
	if err != nil {
		t.Error(err)
	}
	wantEqual(t, "users", len(users), 1)
	schema, err := client.Schema(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(schema.Objects()); n < 5 {
		t.Errorf("%d objects, want 5 or more", n)
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
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Included) == 1 {
		wantEqual(t, "included record", got.Included[0].ID, company.ID)
	} else {
		t.Errorf("%d included records, want 1", len(got.Included))
	}
	ref, ok := got.Relationships.One("company_id")
	if !ok {
		t.Error("there is no company")
	}
	wantEqual(t, "company", ref.ID, company.ID)
	deal, err := clarify.Deals(client).Create(ctx, clarify.Deal{Name: "Engine"})
	if err != nil {
		t.Fatal(err)
	}
	to := clarify.Ref{Type: "deal", ID: deal.ID}
	if err := errors.Join(people.Link(ctx, ada.ID, "deals", to), people.Unlink(ctx, ada.ID, "deals", to), people.Delete(ctx, ada.ID)); err != nil {
		t.Error(err)
	}
	_, err = people.Get(ctx, ada.ID)
	wantIs(t, err, clarify.ErrNotFound, true)
}
