// Command insights shows what a workspace does not tell by itself, on a web page for
// one's own browser:
//
//   - the pipeline by stage and month;
//   - open deals that nobody has touched for a while;
//   - people and companies that are likely there twice, with the call that merges them,
//     and a button that makes it;
//   - meetings after which nobody planned anything.
//
// It asks a mirror of the workspace, which is a file of SQLite: no page costs a request,
// and all questions are SQL. The mirror is brought up to date when the program starts,
// after that once in a while (-every), and after each merge.
//
//	insights -db clarify.sqlite -listen 127.0.0.1:8080
//
// The workspace is that of CLARIFY_WORKSPACE, with the key in CLARIFY_API_KEY or the token
// in CLARIFY_ACCESS_TOKEN. CLARIFY_BASE_URL replaces https://api.clarify.ai/v1. If nothing
// is set, it starts a sandbox with some deals, people, companies and meetings.
//
// Whoever reaches the page sees the CRM, so that it is served to this machine only.
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
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/clarify-go/clarify/examples/internal/cli"
	"github.com/clarify-go/clarify/internal/connect"
	"github.com/clarify-go/clarify/mirror"
	"github.com/clarify-go/clarify/mirror/sqlite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return
	case errors.Is(err, errUsage):
		os.Exit(2)
	}
	fmt.Fprintln(os.Stderr, "insights:", err)
	os.Exit(1)
}

// errUsage is returned for wrong arguments, after they have been explained.
var errUsage = errors.New("wrong arguments")

type settings struct {
	db         string
	listen     string
	every      time.Duration
	activities bool
	closed     []string
}

func parse(args []string, stderr io.Writer) (*settings, error) {
	s := &settings{}
	flags := flag.NewFlagSet("insights", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, "Usage: insights [flags]\n\nShows the pipeline, stale deals, likely duplicates and meetings without follow-up\nof a workspace in the browser.\n\nFlags:\n")
		flags.PrintDefaults()
		fmt.Fprintf(stderr, "\n%s\n\nIf nothing is set, it starts a sandbox.\n", connect.Help)
	}
	flags.StringVar(&s.db, "db", "", "the `file` of the mirror, which is created if there is none (default a temporary one)")
	flags.StringVar(&s.listen, "listen", "127.0.0.1:0", "the `address` of the page, which must be of this machine only")
	flags.DurationVar(&s.every, "every", time.Minute, "how often the mirror is brought up to date")
	flags.BoolVar(&s.activities, "activities", false, "mirror activities and comments too, so that they count as life in a deal: takes a request for each record")
	closed := flags.String("closed", "Won,Lost,Closed Won,Closed Lost", "the `stages` in which a deal is closed, so that it cannot be stale")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errUsage
	}
	for stage := range strings.SplitSeq(*closed, ",") {
		if stage = strings.TrimSpace(stage); stage != "" {
			s.closed = append(s.closed, stage)
		}
	}
	wrong := ""
	switch {
	case flags.NArg() > 0:
		wrong = fmt.Sprintf("there are no arguments but flags: %q", flags.Arg(0))
	case s.every <= 0:
		wrong = "-every takes more than 0s"
	case !isLoopback(s.listen):
		wrong = fmt.Sprintf("-listen takes an address of this machine only, such as 127.0.0.1:8080, got %q", s.listen)
	}
	if wrong != "" {
		fmt.Fprintln(stderr, "insights:", wrong)
		return nil, errUsage
	}
	return s, nil
}

// isLoopback reports whether only this machine reaches an address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// run serves the page until the context ends.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) (err error) {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	connection, err := cli.Connect(getenv)
	if err != nil {
		return err
	}
	defer connection.Close()
	if connection.Sandbox != nil {
		fmt.Fprintln(stdout, "CLARIFY_API_KEY and CLARIFY_WORKSPACE are not set, so this shows a sandbox.")
		if err := fill(ctx, connection); err != nil {
			return err
		}
	}
	if s.db == "" {
		dir, err := os.MkdirTemp("", "clarify-insights-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		s.db = filepath.Join(dir, "mirror.sqlite")
	}
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	store, err := sqlite.Open(ctx, s.db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	copying := newCopying(connection.Client, store, s.options(), slog.New(slog.NewTextHandler(stderr, nil)))
	fmt.Fprintf(stdout, "Copying the workspace %s…\n", connection.Workspace)
	if err := copying.now(ctx); err != nil {
		return interrupted(ctx, err)
	}
	handler, err := newApp(app{
		workspace: connection.Workspace, client: connection.Client, copying: copying, mirror: &asked{store},
		closed: s.closed, now: time.Now, logger: copying.logger,
	}, listener.Addr().String())
	if err != nil {
		return err
	}
	// The copying ends before the store is closed, whatever ends the program.
	following, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		defer stop()
		ended <- copying.follow(following, s.every)
	}()
	fmt.Fprintf(stdout, "The page is at http://%s/ until it is interrupted.\n", listener.Addr())
	served := serve(following, listener, handler)
	stop()
	return errors.Join(served, interrupted(ctx, <-ended))
}

// options are those of the mirror.
func (s *settings) options() []mirror.Option {
	if s.activities {
		return []mirror.Option{mirror.WithActivities()}
	}
	return nil
}

// interrupted returns an error, unless it is that the program was interrupted.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// serve responds to requests until ctx is done, and then finishes those in flight.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		// A merge waits for the API, and for the mirror.
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
