// Command quickstart does the main job once: it creates people in Clarify, lists
// them page by page with an API key and again with an OAuth access token, and
// shows what happens when the two are mixed up. It prints each request that is
// sent, below the call that sent it.
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
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, getenv func(string) string) error {
	out := &lockedWriter{w: w}
	key, workspace := getenv("CLARIFY_API_KEY"), getenv("CLARIFY_WORKSPACE")
	switch {
	case key == "" && workspace == "":
		return withSandbox(ctx, out)
	case key == "":
		return errors.New("CLARIFY_WORKSPACE is set but CLARIFY_API_KEY is not: set both for your own workspace, or neither for a sandbox")
	case workspace == "":
		return errors.New("CLARIFY_API_KEY is set but CLARIFY_WORKSPACE is not: set both for your own workspace, or neither for a sandbox")
	}
	return withWorkspace(ctx, out, workspace, key, getenv("CLARIFY_BASE_URL"))
}

// withWorkspace only reads: the workspace is somebody's.
func withWorkspace(ctx context.Context, out io.Writer, workspace, key, baseURL string) error {
	opts := []clarify.Option{printRequests(out)}
	if baseURL != "" {
		opts = append(opts, clarify.WithBaseURL(baseURL))
	}
	client, err := clarify.New(workspace, authn.APIKey(key), opts...)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "This reads from the workspace %s. Nothing will be changed there.\n", workspace)
	heading(out, "The first ten people, five a page, with the API key")
	return listPeople(ctx, out, client, clarify.PageSize(5), clarify.Limit(10))
}

func withSandbox(ctx context.Context, out io.Writer) error {
	sandbox := clarifytest.NewServer()
	defer sandbox.Close()
	fmt.Fprintln(out, "CLARIFY_API_KEY and CLARIFY_WORKSPACE are not set, so this starts a sandbox.")
	fmt.Fprintf(out, "Clarify is at %s for now.\n", sandbox.URL)
	connect := func(auth authn.RequestEditorFn) (*clarify.Client, error) {
		return clarify.New(sandbox.Workspace, auth, clarify.WithBaseURL(sandbox.BaseURL), printRequests(out))
	}

	withKey, err := connect(authn.APIKey(sandbox.APIKey))
	if err != nil {
		return err
	}
	heading(out, "Create people, with the API key: authn.APIKey(key)")
	if err := createPeople(ctx, out, withKey); err != nil {
		return err
	}
	heading(out, "List them, three a page")
	if err := listPeople(ctx, out, withKey, clarify.PageSize(3)); err != nil {
		return err
	}

	withToken, err := connect(authn.Bearer(sandbox.AccessToken))
	if err != nil {
		return err
	}
	heading(out, "The same with an OAuth access token: authn.Bearer(token)")
	if err := createPeople(ctx, out, withToken); err != nil {
		return err
	}
	if err := listPeople(ctx, out, withToken, clarify.PageSize(3)); err != nil {
		return err
	}

	mixedUp, err := connect(authn.Bearer(sandbox.APIKey))
	if err != nil {
		return err
	}
	heading(out, "The commonest mistake, the API key sent as Bearer: authn.Bearer(key)")
	err = listPeople(ctx, out, mixedUp)
	if !errors.Is(err, clarify.ErrUnauthorized) {
		return fmt.Errorf("the sandbox should have rejected the API key as a Bearer token: %w", err)
	}
	fmt.Fprintf(out, "   %v\n", err)

	heading(out, "A key that includes its scheme is rejected before anything is sent")
	twice, err := connect(authn.APIKey("api-key " + sandbox.APIKey))
	if err != nil {
		return err
	}
	err = listPeople(ctx, out, twice)
	if !errors.Is(err, authn.ErrCredential) {
		return fmt.Errorf("a key that includes its scheme should have been rejected: %w", err)
	}
	fmt.Fprintf(out, "   %v\n", err)
	return nil
}

func createPeople(ctx context.Context, out io.Writer, client *clarify.Client) error {
	for _, name := range []clarify.Name{
		{FirstName: "Ada", LastName: "Lovelace"}, {FirstName: "Charles", LastName: "Babbage"},
		{FirstName: "Grace", LastName: "Hopper"}, {FirstName: "Alan", LastName: "Turing"},
		{FirstName: "Katherine", LastName: "Johnson"}, {FirstName: "Edsger", LastName: "Dijkstra"},
		{FirstName: "Barbara", LastName: "Liskov"}, {FirstName: "Tony", LastName: "Hoare"},
	} {
		// MatchOn makes it safe to run again: who is there already is updated.
		person, err := clarify.People(client).Create(ctx, clarify.Person{
			Name:           name,
			EmailAddresses: clarify.Collection{strings.ToLower(name.FirstName) + "@example.com"},
		}, clarify.MatchOn("email_addresses"))
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "      %s  %s\n", person.ID, person.Attributes.Name)
	}
	return nil
}

func listPeople(ctx context.Context, out io.Writer, client *clarify.Client, opts ...clarify.QueryOption) error {
	opts = append(opts, clarify.OrderBy("_created_at", clarify.Ascending))
	for person, err := range clarify.People(client).All(ctx, opts...) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "      %s  %s\n", person.ID, person.Attributes.Name)
	}
	return nil
}

func heading(out io.Writer, text string) {
	fmt.Fprintf(out, "\n%s\n", text)
}

// lockedWriter is for the goroutine that uses a page and the one that fetches the
// next.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// printRequests prints each request with its response's status, and no credential.
func printRequests(out io.Writer) clarify.Option {
	return clarify.WithHTTPClient(&http.Client{Transport: printing{out}})
}

type printing struct{ out io.Writer }

func (p printing) RoundTrip(req *http.Request) (*http.Response, error) {
	rsp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	address := req.URL.Path
	if query, err := url.QueryUnescape(req.URL.RawQuery); err == nil && query != "" {
		address += "?" + query
	}
	fmt.Fprintf(p.out, "   %s %s: %s\n", req.Method, address, rsp.Status)
	return rsp, nil
}
