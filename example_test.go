package clarify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"testing"

	"github.com/oapi-codegen/nullable"
	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

func Example() {
	server, err := gen.NewServerURL("acme") // the slug in your app's address
	if err != nil {
		log.Fatal(err)
	}
	// For this example: a sandbox in the place of the API.
	sandbox := clarifytest.NewServer(clarifytest.WithAPIKey("key-of-the-example"))
	defer sandbox.Close()
	server = sandbox.URL

	client, err := gen.NewClientWithResponses(server, gen.WithRequestEditorFn(authn.APIKey("key-of-the-example")))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	created, err := client.CreateRecordWithResponse(ctx, "person", nil, gen.CreateRecordRequest{
		Data: gen.NewRecord{Type: "person", Attributes: gen.Attributes{
			"name": map[string]any{"first_name": "Ada", "last_name": "Lovelace"},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(created.Status())

	res, err := client.GetResourcesWithResponse(ctx, "person", nil)
	if err != nil {
		log.Fatal(err)
	}
	if res.JSON200 == nil {
		log.Fatalf("%s: %s", res.Status(), res.Body)
	}
	for _, person := range res.JSON200.Data {
		fmt.Println(person.Type, person.Attributes["name"])
	}
	// Output:
	// 201 Created
	// person map[first_name:Ada full_name:Ada Lovelace last_name:Lovelace]
}

func Example_apiKeyFromEnv() {
	server, err := gen.NewServerURL("acme") // the slug in your app's address
	if err != nil {
		log.Fatal(err)
	}
	client, err := gen.NewClientWithResponses(server, gen.WithRequestEditorFn(authn.APIKeyFromEnv()))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	res, err := client.GetResourcesWithResponse(ctx, "person", nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, person := range res.JSON200.Data {
		fmt.Println(person.ID, person.Attributes["name"])
	}
}

func Example_oAuth() {
	ctx := context.Background()
	clientID, clientSecret, state, code := "", "", "", ""
	server, err := gen.NewServerURL("acme")
	if err != nil {
		log.Fatal(err)
	}

	cfg := authn.NewConfig(clientID, clientSecret, "https://app.example/callback")
	verifier := oauth2.GenerateVerifier()
	loginURL := cfg.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier)) // send the user there
	fmt.Println(loginURL)
	token, err := cfg.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		log.Fatal(err)
	}
	client, err := gen.NewClientWithResponses(server,
		gen.WithRequestEditorFn(authn.TokenSource(cfg.TokenSource(ctx, token))))
	if err != nil {
		log.Fatal(err)
	}
	_, _ = client.GetSchemasWithResponse(ctx)
}

// An update sends what was set and nothing else.
func Example_null() {
	var update gen.ListUpdate
	update.Emoji.SetNull() // {"emoji":null}

	body, err := json.Marshal(update)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(body))

	update.Emoji = nullable.NewNullableWithValue("🎉")
	body, err = json.Marshal(update)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(body))
	// Output:
	// {"emoji":null}
	// {"emoji":"🎉"}
}

func Example_filter() {
	sandbox := clarifytest.NewServer()
	defer sandbox.Close()
	client, err := gen.NewClientWithResponses(sandbox.URL, gen.WithRequestEditorFn(authn.Bearer(sandbox.AccessToken)))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	var request gen.CreateRecordsRequest
	for _, address := range []string{"ada@acme.com", "grace@navy.example"} {
		request.Data = append(request.Data, gen.NewRecord{Type: "person", Attributes: gen.Attributes{
			"email_addresses": map[string]any{"items": []string{address}},
		}})
	}
	if _, err := client.CreateBulkRecordsWithResponse(ctx, "person", nil, request); err != nil {
		log.Fatal(err)
	}

	var acme gen.FilterCondition
	err = acme.FromFilterOperators(gen.FilterOperators{"Contains": "@acme.com"})
	if err != nil {
		log.Fatal(err)
	}
	res, err := client.GetResourcesWithResponse(ctx, "person", &gen.GetResourcesParams{
		Filter: gen.Filter{"email_addresses": acme},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, person := range res.JSON200.Data {
		fmt.Println(person.Attributes["email_addresses"])
	}
	// Output:
	// map[items:[ada@acme.com]]
}

func TestImport(t *testing.T) {
	sandbox := clarifytest.NewServer(clarifytest.WithTB(t))
	client, err := gen.NewClientWithResponses(sandbox.URL, gen.WithRequestEditorFn(authn.APIKey(sandbox.APIKey)))
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.GetResourcesWithResponse(t.Context(), "person", nil)
	if err != nil || res.JSON200 == nil || len(res.JSON200.Data) != 0 {
		t.Errorf("%+v, %v", res, err)
	}
}
