package clarifytest_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

func Example() {
	srv := clarifytest.NewServer() // in a test: clarifytest.NewServer(clarifytest.WithTB(t))
	defer srv.Close()
	client, err := gen.NewClientWithResponses(srv.URL, gen.WithRequestEditorFn(authn.APIKey(srv.APIKey)))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	ada := gen.CreateRecordRequest{Data: gen.NewRecord{Type: "person", Attributes: gen.Attributes{
		"name":            map[string]any{"first_name": "Ada", "last_name": "Lovelace"},
		"email_addresses": map[string]any{"items": []string{"ada@analytical.example"}},
	}}}
	for range 2 {
		created, err := client.CreateRecordWithResponse(ctx, "person", nil, ada)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(created.HTTPResponse.Status)
	}
	people, err := client.GetResourcesWithResponse(ctx, "person", nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(people.JSON200.Data), "person")
	// Output:
	// 201 Created
	// 400 Bad Request
	// 1 person
}

// A minute later there is room again, without waiting for it.
func ExampleWithClock() {
	clock := clarifytest.NewClock(time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC))
	srv := clarifytest.NewServer(clarifytest.WithClock(clock.Now), clarifytest.WithRateLimit(1))
	defer srv.Close()
	list := func() {
		response, err := srv.Client().Get(srv.URL + "/objects/person/resources")
		if err != nil {
			log.Fatal(err)
		}
		defer response.Body.Close()
		fmt.Printf("%s; left: %s\n", response.Status, response.Header.Get("X-RateLimit-Remaining"))
	}
	list()
	list()
	clock.Advance(time.Minute)
	list()
	// Output:
	// 200 OK; left: 0
	// 429 Too Many Requests; left: 0
	// 200 OK; left: 0
}

// What is costly to set up is made once. Each test goes on from there, one after
// another on the same server or at once on servers of their own.
func ExampleServer_Snapshot() {
	ctx := context.Background()
	count := func(srv *clarifytest.Server) int {
		people, err := srv.API().GetResourcesWithResponse(ctx, "person", nil)
		if err != nil {
			log.Fatal(err)
		}
		return int(*people.JSON200.Meta.TotalRecords)
	}
	srv := clarifytest.NewServer(clarifytest.WithSeed(1))
	defer srv.Close()
	fmt.Println(srv.Seed(nil, 100).People, "people were seeded")
	snapshot := srv.Snapshot()

	created, err := srv.API().CreateRecordWithResponse(ctx, "person", nil, gen.CreateRecordRequest{
		Data: gen.NewRecord{Type: "person", Attributes: gen.Attributes{}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(created.HTTPResponse.Status, count(srv))
	srv.Restore(snapshot)
	fmt.Println("restored:", count(srv))

	another := clarifytest.NewServer(clarifytest.WithSnapshot(snapshot))
	defer another.Close()
	fmt.Println("another server:", count(another))
	// Output:
	// 53 people were seeded
	// 201 Created 54
	// restored: 53
	// another server: 53
}

func ExampleServer_TakeViolations() {
	srv := clarifytest.NewServer()
	defer srv.Close()
	request, err := http.NewRequest("GET", srv.URL+"/objects/person/resources?page[limit]=0", nil)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Authorization", "api-key "+srv.APIKey)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	fmt.Println(response.Status)
	for _, violation := range srv.TakeViolations() {
		fmt.Println(violation)
	}
	// Output:
	// 400 Bad Request
	// request of GET /v1/workspaces/acme/objects/person/resources: query parameter "page": /limit: number must be at least 1
}

func ExampleServer_AddWorkspace() {
	srv := clarifytest.NewServer()
	defer srv.Close()
	globex := srv.AddWorkspace("globex")
	for _, url := range []string{globex.URL, srv.URL} {
		client, err := gen.NewClientWithResponses(url, gen.WithRequestEditorFn(authn.APIKey(globex.APIKey)))
		if err != nil {
			log.Fatal(err)
		}
		response, err := client.GetResourcesWithResponse(context.Background(), "person", nil)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(response.HTTPResponse.Status)
	}
	// Output:
	// 200 OK
	// 403 Forbidden
}

// The generated client decodes what the sandbox responds, and the sandbox
// understands what it sends.
func TestTheGeneratedClient(t *testing.T) {
	srv := clarifytest.NewServer(clarifytest.WithTB(t))
	client, err := gen.NewClientWithResponses(srv.URL, gen.WithRequestEditorFn(authn.Bearer(srv.AccessToken)))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	company, err := client.CreateRecordWithResponse(ctx, "company", nil, gen.CreateRecordRequest{
		Data: gen.NewRecord{Type: "company", Attributes: gen.Attributes{"name": "Acme"}},
	})
	if err != nil || company.JSON201 == nil {
		t.Fatalf("%v: %s", err, company.Body)
	}
	for _, name := range []string{"Ada", "Grace"} {
		person, err := client.CreateRecordWithResponse(ctx, "person", nil, gen.CreateRecordRequest{
			Data: gen.NewRecord{Type: "person", Attributes: gen.Attributes{
				"name":       map[string]any{"first_name": name},
				"company_id": company.JSON201.Data.ID,
			}},
		})
		if err != nil || person.JSON201 == nil {
			t.Fatalf("%v: %s", err, person.Body)
		}
	}
	var condition gen.FilterCondition
	if err := condition.FromFilterOperators(gen.FilterOperators{"Starts with": "Gr", "Is not": "Great & small"}); err != nil {
		t.Fatal(err)
	}
	include := gen.Include("company_id")
	people, err := client.GetResourcesWithResponse(ctx, "person", &gen.GetResourcesParams{
		Filter:  gen.Filter{"name": condition},
		Include: &include,
	})
	if err != nil || people.JSON200 == nil {
		t.Fatalf("%v: %s", err, people.Body)
	}
	if len(people.JSON200.Data) != 1 || len(people.JSON200.Included) != 1 || people.JSON200.Included[0].Attributes["name"] != "Acme" {
		t.Errorf("got %s", people.Body)
	}
	missing, err := client.GetRecordWithResponse(ctx, "person", "a/b|ü", nil)
	if err != nil || missing.JSONDefault == nil || !strings.Contains(string(missing.Body), "There is no person with this id.") {
		t.Errorf("%v: %s", err, missing.Body)
	}
}
