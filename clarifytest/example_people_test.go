package clarifytest_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

// connect returns a client for an address and a key.
func connect(url, key string) *gen.ClientWithResponses {
	client, err := gen.NewClientWithResponses(url, gen.WithRequestEditorFn(authn.APIKey(key)))
	if err != nil {
		log.Fatal(err)
	}
	return client
}

// newPerson creates a person and returns the id.
func newPerson(client *gen.ClientWithResponses, firstName string) string {
	created, err := client.CreateRecordWithResponse(context.Background(), "person", nil, gen.CreateRecordRequest{
		Data: gen.NewRecord{Type: "person", Attributes: gen.Attributes{"name": map[string]any{"first_name": firstName}}},
	})
	if err != nil || created.JSON201 == nil {
		log.Fatal(err)
	}
	return created.JSON201.Data.ID
}

// Comments can be changed by their authors only.
func ExampleServer_AddUser() {
	srv := clarifytest.NewServer()
	defer srv.Close()
	ctx := context.Background()
	client := connect(srv.URL, srv.APIKey)
	ada := newPerson(client, "Ada")
	comment, err := client.CreateCommentWithResponse(ctx, nil, gen.NewComment{
		Entity: "person", OwnerID: ada, Message: []gen.RichTextBlock{{"type": "paragraph"}},
	})
	if err != nil {
		log.Fatal(err)
	}

	bob := srv.AddUser(srv.Workspace, clarifytest.User{FirstName: "Bob", Email: "bob@acme.example"})
	change := gen.CommentUpdate{Message: []gen.RichTextBlock{}}
	response, err := connect(srv.URL, bob.APIKey).UpdateCommentWithResponse(ctx, *comment.JSON201.ID, nil, change)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.HTTPResponse.Status)
	// Output: 403 Forbidden
}

func ExampleServer_AddToList() {
	srv := clarifytest.NewServer()
	defer srv.Close()
	ctx := context.Background()
	client := connect(srv.URL, srv.APIKey)
	list, err := client.CreateListWithResponse(ctx, "person", nil, gen.NewList{
		Title: "Guests", Layout: gen.ListLayoutTable, Type: gen.NewListTypeStatic,
	})
	if err != nil {
		log.Fatal(err)
	}
	newPerson(client, "Ada")
	srv.AddToList(srv.Workspace, list.JSON201.Data.ID, newPerson(client, "Bob"))

	guests, err := client.GetListResourcesWithResponse(ctx, "person", list.JSON201.Data.ID, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, guest := range guests.JSON200.Data {
		fmt.Println(guest.Attributes["name"].(map[string]any)["first_name"])
	}
	// Output: Bob
}

func ExampleWithListMatcher() {
	srv := clarifytest.NewServer(clarifytest.WithListMatcher(func(object string, query gen.ListQuery) func(gen.Resource) bool {
		_, name, found := strings.Cut(query.SQL, "first_name = ")
		if !found {
			return nil
		}
		return func(r gen.Resource) bool {
			return r.Attributes["name"].(map[string]any)["first_name"] == strings.Trim(name, "'")
		}
	}))
	defer srv.Close()
	ctx := context.Background()
	client := connect(srv.URL, srv.APIKey)
	newPerson(client, "Ada")
	newPerson(client, "Bob")
	adas := gen.NewList{Title: "Adas", Layout: gen.ListLayoutTable, Type: gen.NewListTypeDynamic}
	adas.Query.Set(gen.ListQuery{SQL: "select * from person where first_name = 'Ada'"})
	list, err := client.CreateListWithResponse(ctx, "person", nil, adas)
	if err != nil {
		log.Fatal(err)
	}
	records, err := client.GetListResourcesWithResponse(ctx, "person", list.JSON201.Data.ID, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(records.JSON200.Data))
	// Output: 1
}

func ExampleServer_AddRecipients() {
	srv := clarifytest.NewServer()
	defer srv.Close()
	ctx := context.Background()
	client := connect(srv.URL, srv.APIKey)
	var definition gen.CreateWorkflowRequest
	definition.Data.Type = "workflow"
	definition.Data.Attributes = gen.NewWorkflowAttributes{
		Name: "Follow up", Type: gen.NewWorkflowTypeSequence, Blocks: gen.WorkflowBlocks{},
		Trigger: gen.WorkflowBlock{ID: "t", PluginID: "on:manual:execution", Filters: []gen.BlockFilter{}, Input: gen.Object{}},
	}
	campaign, err := client.CreateWorkflowWithResponse(ctx, nil, definition)
	if err != nil || campaign.JSON201 == nil {
		log.Fatal(err, string(campaign.Body))
	}
	srv.AddRecipients(srv.Workspace, campaign.JSON201.Data.ID,
		clarifytest.Recipient{PersonID: newPerson(client, "Ada"), Status: gen.RecipientStatusWaiting, LastOpenedAt: time.Now()},
		clarifytest.Recipient{PersonID: newPerson(client, "Bob")},
	)
	opened, err := client.GetRecipientsWithResponse(ctx, campaign.JSON201.Data.ID, &gen.GetRecipientsParams{
		Filter: &gen.RecipientFilter{Event: &[]gen.RecipientEvent{gen.RecipientEventOpened}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, recipient := range opened.JSON200.Data {
		fmt.Println(recipient.Attributes.Status)
	}
	// Output: waiting
}
