// Command quickstart does the main job once: it creates people in Clarify, lists
// them page by page with an API key and again with an OAuth access token, and
// shows what happens when the two are mixed up.
//
// Without an account it starts a sandbox for itself:
//
//	go run ./examples/quickstart
//
// With CLARIFY_API_KEY and CLARIFY_WORKSPACE it reads from that workspace, and
// changes nothing there. CLARIFY_BASE_URL replaces https://api.clarify.ai/v1,
// for instance by the address of a clarify-sandbox.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"strings"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, getenv func(string) string) error {
	key, workspace := getenv("CLARIFY_API_KEY"), getenv("CLARIFY_WORKSPACE")
	switch {
	case key == "" && workspace == "":
		return withSandbox(ctx, out)
	case key == "":
		return errors.New("CLARIFY_WORKSPACE is set but CLARIFY_API_KEY is not: set both for your own workspace, or neither for a sandbox")
	case workspace == "":
		return errors.New("CLARIFY_API_KEY is set but CLARIFY_WORKSPACE is not: set both for your own workspace, or neither for a sandbox")
	}
	server, err := gen.NewServerURL(workspace)
	if err != nil {
		return err
	}
	if base := getenv("CLARIFY_BASE_URL"); base != "" {
		server = strings.TrimSuffix(base, "/") + "/workspaces/" + url.PathEscape(workspace)
	}
	return withWorkspace(ctx, out, server, key)
}

// withWorkspace only reads: the workspace is somebody's.
func withWorkspace(ctx context.Context, out io.Writer, server, key string) error {
	fmt.Fprintf(out, "Clarify is at %s. Nothing will be changed there.\n", server)
	client, err := gen.NewClientWithResponses(server, gen.WithRequestEditorFn(authn.APIKey(key)))
	if err != nil {
		return err
	}
	heading(out, "The first pages of people, with the API key")
	return listPeople(ctx, out, client, 5, 2)
}

func withSandbox(ctx context.Context, out io.Writer) error {
	sandbox := clarifytest.NewServer()
	defer sandbox.Close()
	fmt.Fprintln(out, "CLARIFY_API_KEY and CLARIFY_WORKSPACE are not set, so this starts a sandbox.")
	fmt.Fprintf(out, "Clarify is at %s for now.\n", sandbox.URL)

	withKey, err := gen.NewClientWithResponses(sandbox.URL, gen.WithRequestEditorFn(authn.APIKey(sandbox.APIKey)))
	if err != nil {
		return err
	}
	heading(out, "Create people, with the API key: authn.APIKey(key)")
	if err := createPeople(ctx, out, withKey); err != nil {
		return err
	}
	heading(out, "List them, three a page")
	if err := listPeople(ctx, out, withKey, 3, 0); err != nil {
		return err
	}

	withToken, err := gen.NewClientWithResponses(sandbox.URL, gen.WithRequestEditorFn(authn.Bearer(sandbox.AccessToken)))
	if err != nil {
		return err
	}
	heading(out, "The same with an OAuth access token: authn.Bearer(token)")
	if err := createPeople(ctx, out, withToken); err != nil {
		return err
	}
	if err := listPeople(ctx, out, withToken, 3, 0); err != nil {
		return err
	}

	mixedUp, err := gen.NewClientWithResponses(sandbox.URL, gen.WithRequestEditorFn(authn.Bearer(sandbox.APIKey)))
	if err != nil {
		return err
	}
	heading(out, "The commonest mistake, the API key sent as Bearer: authn.Bearer(key)")
	if err := listPeople(ctx, out, mixedUp, 3, 0); err == nil {
		return errors.New("the sandbox took the API key as a Bearer token")
	} else {
		fmt.Fprintf(out, "   %v\n", err)
	}

	heading(out, "A key with its scheme in front is refused before anything is sent")
	twice, err := gen.NewClientWithResponses(sandbox.URL, gen.WithRequestEditorFn(authn.APIKey("api-key "+sandbox.APIKey)))
	if err != nil {
		return err
	}
	if err := listPeople(ctx, out, twice, 3, 0); err == nil {
		return errors.New("a key with its scheme in front was sent")
	} else {
		fmt.Fprintf(out, "   %v\n", err)
	}
	return nil
}

func createPeople(ctx context.Context, out io.Writer, client *gen.ClientWithResponses) error {
	names := [][2]string{
		{"Ada", "Lovelace"}, {"Charles", "Babbage"}, {"Grace", "Hopper"}, {"Alan", "Turing"},
		{"Katherine", "Johnson"}, {"Edsger", "Dijkstra"}, {"Barbara", "Liskov"}, {"Tony", "Hoare"},
	}
	// match_on makes it safe to run again: who is there already is updated.
	request := gen.CreateRecordsRequest{MatchOn: new(string)}
	*request.MatchOn = "email_addresses"
	for _, name := range names {
		request.Data = append(request.Data, gen.NewRecord{Type: "person", Attributes: gen.Attributes{
			"name":            map[string]any{"first_name": name[0], "last_name": name[1]},
			"email_addresses": map[string]any{"items": []string{strings.ToLower(name[0]) + "@example.com"}},
		}})
	}
	res, err := client.CreateBulkRecordsWithResponse(ctx, "person", nil, request)
	if err != nil {
		return err
	}
	if res.JSON201 == nil {
		return failure(res.Status(), res.JSONDefault)
	}
	fmt.Fprintf(out, "   POST /objects/person/records/bulk answered %s: %d people\n", res.Status(), len(res.JSON201.Data))
	return nil
}

// listPeople prints pages of people, all of them if pages is 0.
func listPeople(ctx context.Context, out io.Writer, client *gen.ClientWithResponses, limit, pages int) error {
	for page := 0; pages == 0 || page < pages; page++ {
		offset := page * limit
		res, err := client.GetResourcesWithResponse(ctx, "person", &gen.GetResourcesParams{
			Page:      &gen.RecordsPage{Offset: &offset, Limit: &limit},
			SortOrder: &gen.SortOrder{Column: "_created_at", Dir: gen.SortDirectionASC},
		})
		if err != nil {
			return err
		}
		if res.JSON200 == nil {
			return failure(res.Status(), res.JSONDefault)
		}
		query, _ := url.QueryUnescape(res.HTTPResponse.Request.URL.RawQuery)
		fmt.Fprintf(out, "   GET /objects/person/resources?%s\n", query)
		for _, person := range res.JSON200.Data {
			name, _ := person.Attributes["name"].(map[string]any)
			fullName, _ := name["full_name"].(string)
			fmt.Fprintf(out, "      %s  %s\n", person.ID, fullName)
		}
		if next, err := res.JSON200.Links.Next.Get(); err != nil || next == "" {
			return nil
		}
	}
	return nil
}

// failure says what the API said.
func failure(status string, document *gen.ErrorDocument) error {
	if document == nil || document.Errors == nil || len(*document.Errors) == 0 {
		return fmt.Errorf("the API answered %s", status)
	}
	var details []string
	for _, e := range *document.Errors {
		details = append(details, e.Detail)
	}
	return fmt.Errorf("the API answered %s: %s", status, strings.Join(details, "; "))
}

func heading(out io.Writer, text string) {
	fmt.Fprintf(out, "\n%s\n", text)
}
