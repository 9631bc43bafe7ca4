// Command oauth-login is a program on a user's machine that acts for that user
// by OAuth 2.0: it logs the user in, in the browser and with PKCE, keeps the token
// in a file, and lists people. Run again it uses the token from the file, and
// refreshes it when that is due.
//
// Without an account it starts a sandbox for itself, with a login page:
//
//	go run ./examples/oauth-login
//
// With CLARIFY_CLIENT_ID and CLARIFY_WORKSPACE in the environment it uses the
// real Clarify, as the app that Clarify's support registered under that id, with
// CLARIFY_CLIENT_SECRET if the app has one. The app's redirect URL must be a
// loopback one; CLARIFY_REDIRECT_URL says which, if it is not
// http://127.0.0.1/callback with any port. CLARIFY_AUTHORIZE_URL,
// CLARIFY_TOKEN_URL and CLARIFY_BASE_URL replace the addresses of Clarify.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/authn/login"
	"github.com/clarify-go/clarify/authn/tokenfile"
	"github.com/clarify-go/clarify/clarifytest"
	"golang.org/x/oauth2"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	p := program{stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, open: login.OpenBrowser}
	switch err := p.run(ctx, os.Args[1:]); {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "oauth-login:", err)
		os.Exit(1)
	}
}

// errUsage is returned for wrong arguments, after they have been explained.
var errUsage = errors.New("wrong arguments")

// program is what the program has around it.
type program struct {
	stdout, stderr io.Writer
	getenv         func(string) string
	open           func(ctx context.Context, address string) error
}

// app is which app asks for access, to what, and where its token is kept.
type app struct {
	config    *oauth2.Config
	workspace string
	baseURL   string // empty for Clarify's
	tokenFile string
}

func (p program) run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("oauth-login", flag.ContinueOnError)
	flags.SetOutput(p.stderr)
	noBrowser := flags.Bool("no-browser", false, "print the address of the login page, and open no browser")
	tokenFile := flags.String("token-file", "", "the `path` of the file for the token, with an account; one in your configuration folder if not given")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(p.stderr, "oauth-login: there are no arguments but flags: %q\n", flags.Arg(0))
		return errUsage
	}
	if *noBrowser {
		p.open = nil
	}

	id, secret, workspace := p.getenv("CLARIFY_CLIENT_ID"), p.getenv("CLARIFY_CLIENT_SECRET"), p.getenv("CLARIFY_WORKSPACE")
	switch {
	case id == "" && secret == "" && workspace == "":
		if *tokenFile != "" {
			// It may hold the token of an account, which a login at a sandbox would replace.
			return errors.New("CLARIFY_CLIENT_ID is not set: set it and CLARIFY_WORKSPACE for the real Clarify, or leave out -token-file for a sandbox")
		}
		return p.withSandbox(ctx)
	case id == "":
		return errors.New("CLARIFY_CLIENT_ID is not set: set it and CLARIFY_WORKSPACE for the real Clarify, or nothing for a sandbox")
	case workspace == "":
		return errors.New("CLARIFY_WORKSPACE is not set: set it and CLARIFY_CLIENT_ID for the real Clarify, or nothing for a sandbox")
	}
	path := *tokenFile
	if path == "" {
		var err error
		if path, err = tokenfile.DefaultPath("clarify-oauth-login"); err != nil {
			return err
		}
	}
	config := authn.NewConfig(id, secret, p.getenv("CLARIFY_REDIRECT_URL"))
	if address := p.getenv("CLARIFY_AUTHORIZE_URL"); address != "" {
		config.Endpoint.AuthURL = address
	}
	if address := p.getenv("CLARIFY_TOKEN_URL"); address != "" {
		config.Endpoint.TokenURL = address
	}
	return p.list(ctx, app{config, workspace, p.getenv("CLARIFY_BASE_URL"), path})
}

// withSandbox has an authorization server and a workspace of its own. The token
// is good for nothing once they are gone, so it goes into a folder that is
// removed.
func (p program) withSandbox(ctx context.Context) error {
	sandbox := clarifytest.NewServer(clarifytest.WithLoginPage())
	defer sandbox.Close()
	if err := addPeople(ctx, sandbox); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "clarify-oauth-login-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintln(p.stdout, "CLARIFY_CLIENT_ID and CLARIFY_WORKSPACE are not set, so this starts a sandbox.")
	fmt.Fprintf(p.stdout, "Log in there as %s with the password %s.\n\n", clarifytest.LoginName, clarifytest.LoginPassword)

	config := authn.NewConfig("oauth-login", "", "")
	config.Endpoint.AuthURL, config.Endpoint.TokenURL = sandbox.AuthorizeURL, sandbox.TokenURL
	return p.list(ctx, app{config, sandbox.Workspace, sandbox.BaseURL, filepath.Join(dir, "token.json")})
}

// list lists people. The user logs in if only that helps: the first time, and
// when the grant has ended.
func (p program) list(ctx context.Context, a app) error {
	store, err := tokenfile.New(a.tokenFile)
	if err != nil {
		return err
	}
	var opts []clarify.Option
	if a.baseURL != "" {
		opts = append(opts, clarify.WithBaseURL(a.baseURL))
	}
	client, err := clarify.New(a.workspace, authn.TokenSource(authn.NewTokenSource(a.config, store)), opts...)
	if err != nil {
		return err
	}
	people, err := firstPeople(ctx, client)
	if errors.Is(err, authn.ErrLoginRequired) {
		if err := p.login(ctx, a.config, store); err != nil {
			return err
		}
		people, err = firstPeople(ctx, client)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "The first people in the workspace %s:\n", a.workspace)
	for _, person := range people {
		fmt.Fprintf(p.stdout, "   %s\n", person.Attributes.Name)
	}
	if len(people) == 0 {
		fmt.Fprintln(p.stdout, "   There are none.")
	}
	return nil
}

// login has the user log in, and keeps the token.
func (p program) login(ctx context.Context, config *oauth2.Config, store *tokenfile.Store) error {
	token, err := login.Run(ctx, config, login.WithBrowser(p.open), login.WithOutput(p.stderr))
	if err != nil {
		return err
	}
	if err := store.Save(ctx, token); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "You are logged in. The token is kept in %s.\n\n", store.Path())
	return nil
}

func firstPeople(ctx context.Context, client *clarify.Client) ([]clarify.Record[clarify.Person], error) {
	var people []clarify.Record[clarify.Person]
	for person, err := range clarify.People(client).All(ctx, clarify.OrderBy("_created_at", clarify.Ascending), clarify.Limit(10)) {
		if err != nil {
			return nil, err
		}
		people = append(people, person)
	}
	return people, nil
}

func addPeople(ctx context.Context, sandbox *clarifytest.Server) error {
	client, err := clarify.New(sandbox.Workspace, authn.APIKey(sandbox.APIKey), clarify.WithBaseURL(sandbox.BaseURL))
	if err != nil {
		return err
	}
	for _, name := range []clarify.Name{
		{FirstName: "Ada", LastName: "Lovelace"}, {FirstName: "Grace", LastName: "Hopper"}, {FirstName: "Barbara", LastName: "Liskov"},
	} {
		if _, err := clarify.People(client).Create(ctx, clarify.Person{Name: name}); err != nil {
			return err
		}
	}
	return nil
}
