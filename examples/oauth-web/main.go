// Command oauth-web is a small web app that acts for its users by OAuth 2.0: each
// logs in at Clarify, comes back to the app's callback, and sees people that the
// app reads with that user's token. It keeps a session for each browser and a
// token store for each user.
//
// Without an account it starts a sandbox for itself, with a login page:
//
//	go run ./examples/oauth-web
//
// With CLARIFY_CLIENT_ID, CLARIFY_CLIENT_SECRET and CLARIFY_WORKSPACE in the
// environment it uses the real Clarify, as the app that Clarify's support
// registered under that id. The redirect URL registered there is the app's
// address followed by /callback; -url says what the address is, if it is not that
// of -addr, such as that of a proxy with https. CLARIFY_AUTHORIZE_URL,
// CLARIFY_TOKEN_URL and CLARIFY_BASE_URL replace the addresses of Clarify.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch err := run(ctx, os.Args[1:], os.Stdout, os.Stderr, os.Getenv); {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "oauth-web:", err)
		os.Exit(1)
	}
}

// errUsage is returned for wrong arguments, after they have been explained.
var errUsage = errors.New("wrong arguments")

// run serves until ctx is done.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, getenv func(string) string) error {
	flags := flag.NewFlagSet("oauth-web", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:8080", "the `host:port` to listen on; port 0 takes a free one")
	public := flags.String("url", "", "the `address` under which browsers reach the app, if it is not that of -addr")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "oauth-web: there are no arguments but flags: %q\n", flags.Arg(0))
		return errUsage
	}

	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	origin, err := originOf(*public, *addr, listener)
	if err != nil {
		return err
	}
	s, err := fromEnvironment(getenv)
	if err != nil {
		return err
	}
	if s.clientID == "" {
		sandbox, err := startSandbox(ctx)
		if err != nil {
			return err
		}
		defer sandbox.Close()
		s = sandboxSettings(sandbox)
		fmt.Fprintln(stdout, "CLARIFY_CLIENT_ID is not set, so this starts a sandbox.")
		fmt.Fprintf(stdout, "Log in there as %s or %s, with the password %s.\n", clarifytest.LoginName, secondUser, clarifytest.LoginPassword)
	}
	logger := slog.New(slog.NewTextHandler(stderr, nil))
	handler, err := newApp(s, origin, logger)
	if err != nil {
		return err
	}
	logger.Info("listening", "address", listener.Addr().String())
	fmt.Fprintf(stdout, "The app is at %s/ until it is interrupted.\n", origin)
	return serve(ctx, listener, handler)
}

// settings say which app this is, and where Clarify is.
type settings struct {
	clientID, clientSecret string
	workspace              string
	authorizeURL, tokenURL string // empty for Clarify's
	options                []clarify.Option
}

func fromEnvironment(getenv func(string) string) (settings, error) {
	names := []string{"CLARIFY_CLIENT_ID", "CLARIFY_CLIENT_SECRET", "CLARIFY_WORKSPACE"}
	var missing []string
	for _, name := range names {
		if getenv(name) == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) == len(names) {
		return settings{}, nil
	}
	if len(missing) > 0 {
		return settings{}, fmt.Errorf("not set: %s: set %s for the real Clarify, or none of them for a sandbox", strings.Join(missing, ", "), strings.Join(names, ", "))
	}
	s := settings{
		clientID: getenv(names[0]), clientSecret: getenv(names[1]), workspace: getenv(names[2]),
		authorizeURL: getenv("CLARIFY_AUTHORIZE_URL"), tokenURL: getenv("CLARIFY_TOKEN_URL"),
	}
	if address := getenv("CLARIFY_BASE_URL"); address != "" {
		s.options = append(s.options, clarify.WithBaseURL(address))
	}
	return s, nil
}

// originOf returns the address under which browsers reach the app, without a
// path.
func originOf(public, addr string, listener net.Listener) (string, error) {
	if public == "" {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return "", err
		}
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			return "", errors.New("-addr listens on every interface: say with -url under which address browsers reach the app")
		}
		_, port, err := net.SplitHostPort(listener.Addr().String())
		if err != nil {
			return "", err
		}
		return "http://" + net.JoinHostPort(host, port), nil
	}
	u, err := url.Parse(public)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("-url must be an address without a path, such as https://app.example")
	}
	return u.Scheme + "://" + u.Host, nil
}

// secondUser shows that what one user does is not the other's.
const secondUser = "ada@sandbox.example"

func startSandbox(ctx context.Context) (*clarifytest.Server, error) {
	sandbox, err := clarifytest.Start(clarifytest.WithLoginPage())
	if err != nil {
		return nil, err
	}
	sandbox.AddUser(sandbox.Workspace, clarifytest.User{FirstName: "Ada", Email: secondUser})
	if err := addPeople(ctx, sandbox); err != nil {
		sandbox.Close()
		return nil, err
	}
	return sandbox, nil
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

func sandboxSettings(sandbox *clarifytest.Server) settings {
	return settings{
		clientID: "oauth-web", clientSecret: "the sandbox takes any", workspace: sandbox.Workspace,
		authorizeURL: sandbox.AuthorizeURL, tokenURL: sandbox.TokenURL,
		options: []clarify.Option{clarify.WithBaseURL(sandbox.BaseURL)},
	}
}

// serve responds to requests until ctx is done, and then finishes those in flight.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		// A page may have to wait for a token and for the API.
		WriteTimeout:   2 * time.Minute,
		IdleTimeout:    2 * time.Minute,
		MaxHeaderBytes: 1 << 16,
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		stopped <- server.Shutdown(bounded)
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
