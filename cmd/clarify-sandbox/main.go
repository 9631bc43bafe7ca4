// Command clarify-sandbox serves a Clarify for experiments on a port of this
// machine: the API as package clarifytest knows it, with records in memory that
// are gone when it ends.
//
//	clarify-sandbox -people 100
//
// It prints its address and credentials, and commands to paste. Each request is
// logged in one line to standard error, without credentials, followed by what in
// it violates the contract. An interrupt ends it after the requests that are
// being answered.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "clarify-sandbox:", err)
		os.Exit(1)
	}
}

// errUsage is returned for wrong arguments, after they have been explained.
var errUsage = errors.New("wrong arguments")

// run serves until ctx is done.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	options, people, err := parse(args, stderr)
	if err != nil {
		return err
	}
	requests := &requestLog{w: stderr}
	srv, err := clarifytest.Start(append(options, clarifytest.WithLog(requests.add))...)
	if err != nil {
		return err
	}
	defer srv.Close()
	if err := addPeople(ctx, srv, people); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	requests.begin(srv)
	if err := introduce(stdout, srv, people); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func parse(args []string, stderr io.Writer) (options []clarifytest.Option, people int, err error) {
	flags := flag.NewFlagSet("clarify-sandbox", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, "Usage: clarify-sandbox [flags]\n\n"+
			"Serves a Clarify for experiments: the API of a CRM workspace, kept in memory.\n\n"+
			"Flags:\n")
		flags.PrintDefaults()
		fmt.Fprint(stderr, "\nInterrupt it (Ctrl-C) to end it. Everything in it is gone then.\n")
	}
	address := flags.String("addr", "127.0.0.1:8080", "the `host:port` to listen on; port 0 takes a free one")
	workspace := flags.String("workspace", "acme", "the `name` of the workspace")
	key := flags.String("api-key", "", "the API `key`; a random one if not given")
	token := flags.String("access-token", "", "the OAuth 2.0 access `token`; a random one if not given")
	flags.IntVar(&people, "people", 0, fmt.Sprintf("begin with this `number` of people, at most %d", maxPeople))
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, 0, err
		}
		return nil, 0, errUsage
	}
	switch {
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "clarify-sandbox: there are no arguments but flags: %q\n", flags.Arg(0))
	case people < 0 || people > maxPeople:
		fmt.Fprintf(stderr, "clarify-sandbox: -people must be from 0 to %d\n", maxPeople)
	default:
		return []clarifytest.Option{
			clarifytest.WithAddress(*address),
			clarifytest.WithWorkspace(*workspace),
			clarifytest.WithAPIKey(*key),
			clarifytest.WithAccessToken(*token),
		}, people, nil
	}
	flags.Usage()
	return nil, 0, errUsage
}

// requestLog writes a line a request, once it has begun.
type requestLog struct {
	mu  sync.Mutex
	w   io.Writer
	srv *clarifytest.Server // nil until it has begun
}

func (l *requestLog) begin(srv *clarifytest.Server) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.srv = srv
}

func (l *requestLog) add(r clarifytest.Request) {
	target := r.Path
	if r.Query != "" {
		target += "?" + r.Query
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.srv == nil {
		return
	}
	fmt.Fprintf(l.w, "%s %-6s %s %d %s\n", time.Now().Format(time.TimeOnly), r.Method, target, r.Status, r.Duration.Round(time.Microsecond))
	for _, violation := range l.srv.TakeViolations() {
		fmt.Fprintf(l.w, "         violates the contract: %v\n", violation)
	}
}
