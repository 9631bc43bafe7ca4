package clarify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/oapi-codegen/nullable"
	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/authn/login"
	"github.com/clarify-go/clarify/authn/tokenfile"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

func Example() {
	client, err := clarify.New("acme", authn.APIKeyFromEnv()) // the slug in the URL of your workspace
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	for person, err := range clarify.People(client).All(ctx, clarify.Where("email_addresses", clarify.Contains, "@acme.com")) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(person.ID, person.Attributes.Name, person.Attributes.EmailAddresses)
	}
}

// What a newcomer does first, against a sandbox in the place of the API.
func Example_records() {
	sandbox := clarifytest.NewServer()
	defer sandbox.Close()
	client, err := clarify.New(sandbox.Workspace, authn.APIKey(sandbox.APIKey), clarify.WithBaseURL(sandbox.BaseURL))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	people := clarify.People(client)

	ada, err := people.Create(ctx, clarify.Person{
		Name:           clarify.Name{FirstName: "Ada", LastName: "Lovelace"},
		EmailAddresses: clarify.Collection{"ada@acme.com"},
	}, clarify.MatchOn("email_addresses"))
	if err != nil {
		log.Fatal(err)
	}
	ada, err = people.Update(ctx, ada.ID, clarify.Fields{"job_title": nil})
	if err != nil {
		log.Fatal(err)
	}
	ada, err = people.Update(ctx, ada.ID, clarify.Person{EmailAddresses: clarify.Collection{"ada@home.example"}}, clarify.Append("email_addresses"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ada.Attributes.Name, ada.Attributes.EmailAddresses)

	for page, err := range people.Pages(ctx,
		clarify.Where("_created_at", clarify.IsOnOrAfter, time.Now().AddDate(0, -1, 0)),
		clarify.Where("job_title", clarify.IsEmpty),
		clarify.OrderBy("_created_at", clarify.Descending),
		clarify.Include("company_id"),
		clarify.PageSize(100),
	) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(page.Records), len(page.Included))
	}

	err = people.Delete(ctx, ada.ID)
	if err != nil {
		log.Fatal(err)
	}
	ada, err = people.Get(ctx, ada.ID)
	if errors.Is(err, clarify.ErrNotFound) {
		fmt.Println("there is no such person:", ada)
	}
	// Output:
	// Ada Lovelace [ada@acme.com ada@home.example]
	// 1 0
	// there is no such person: <nil>
}

func Example_customObject() {
	client, err := clarify.New("acme", authn.APIKeyFromEnv())
	if err != nil {
		log.Fatal(err)
	}
	type Vehicle struct {
		Plate string `json:"plate,omitempty"`
	}
	vehicles := clarify.NewRecords[Vehicle](client, "c_vehicle")
	_, _ = vehicles.Get(context.Background(), "3f8f2a9e-8a55-4a35-9d52-5f1f2b8c7a01")
}

func Example_files() {
	client, err := clarify.New("acme", authn.APIKeyFromEnv())
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	ada, err := clarify.People(client).Get(ctx, "3f8f2a9e-8a55-4a35-9d52-5f1f2b8c7a01")
	if err != nil {
		log.Fatal(err)
	}
	const listID, size = "a1c3e5f7-9b0d-4f2a-8c6e-0d2f4a6b8c0b", 1 << 20
	file, out := os.Stdin, os.Stdout

	attached, err := client.UploadAttachment(ctx, "person", ada.ID, "cv.pdf", file, size)
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.DownloadAttachment(ctx, "person", ada.ID, attached.ID, out)
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.ExportList(ctx, "person", listID, out) // CSV
	if err != nil {
		log.Fatal(err)
	}
}

func Example_generatedClient() {
	server, err := gen.NewServerURL("acme")
	if err != nil {
		log.Fatal(err)
	}
	c, err := gen.NewClientWithResponses(server, gen.WithRequestEditorFn(authn.APIKeyFromEnv()))
	if err != nil {
		log.Fatal(err)
	}
	res, err := c.GetSchemasWithResponse(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	if res.JSON200 == nil {
		log.Fatalf("%s: %s", res.Status(), res.Body)
	}
}

func Example_oAuth() {
	ctx := context.Background()
	clientID, clientSecret := "client-id", "client-secret"
	session := map[string]authn.Login{}
	store, err := tokenfile.New("/var/lib/app/tokens/user-1.json")
	if err != nil {
		log.Fatal(err)
	}
	config := authn.NewConfig(clientID, clientSecret, "https://app.example/callback")
	flow, err := authn.NewCodeFlow(config)
	if err != nil {
		log.Fatal(err)
	}
	loginURL, login := flow.Start()
	session["login"] = login // and redirect the user to loginURL
	fmt.Println(loginURL)

	http.HandleFunc("GET /callback", func(w http.ResponseWriter, r *http.Request) {
		token, err := flow.Finish(ctx, session["login"], r.URL.Query())
		if err != nil {
			log.Print(err)
			return
		}
		err = store.Save(ctx, token)
		if err != nil {
			log.Print(err)
		}
	})

	client, err := clarify.New("acme", authn.TokenSource(authn.NewTokenSource(config, store)))
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.GetSchemasWithResponse(ctx)
	if errors.Is(err, authn.ErrLoginRequired) {
		// the grant has ended: send the user to a URL of flow.Start again
		return
	}
}

func Example_oAuthOnTheUsersMachine() {
	ctx := context.Background()
	clientID := "client-id"
	config := authn.NewConfig(clientID, "", "") // listens on any free port of 127.0.0.1
	path, err := tokenfile.DefaultPath("my-program")
	if err != nil {
		log.Fatal(err)
	}
	store, err := tokenfile.New(path)
	if err != nil {
		log.Fatal(err)
	}
	client, err := clarify.New("acme", authn.TokenSource(authn.NewTokenSource(config, store)))
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.GetSchemasWithResponse(ctx)
	if errors.Is(err, authn.ErrLoginRequired) { // the first time, and when the grant has ended
		token, err := login.Run(ctx, config) // opens the browser, waits for the user
		if err != nil {
			log.Fatal(err)
		}
		err = store.Save(ctx, token)
		if err != nil {
			log.Fatal(err)
		}
	}
}

func Example_testingOAuth() {
	// In a test:
	_ = func(t *testing.T, app *httptest.Server) *oauth2.Config {
		sandbox := clarifytest.NewServer(clarifytest.WithTB(t))
		config := authn.NewConfig("client-id", "client-secret", app.URL+"/callback")
		config.Endpoint.AuthURL, config.Endpoint.TokenURL = sandbox.AuthorizeURL, sandbox.TokenURL
		return config
	}
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
	client, err := clarify.New(sandbox.Workspace, authn.APIKey(sandbox.APIKey), clarify.WithBaseURL(sandbox.BaseURL))
	if err != nil {
		t.Fatal(err)
	}
	for range clarify.People(client).All(t.Context()) {
		t.Error("a new sandbox has a person")
	}
}
