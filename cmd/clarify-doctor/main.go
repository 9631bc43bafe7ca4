// Command clarify-doctor looks at how a Clarify workspace responds, and reports
// what differs from the contract of this module and from what is known of the live
// API. It is for those who have an account; who works on this module has none.
//
//	CLARIFY_WORKSPACE=acme CLARIFY_API_KEY=… clarify-doctor -markdown
//
// It reads: unless -write is given it sends GET and nothing else. The report has no
// data of the workspace: values are replaced by their types and lengths, and names
// that are not those of every workspace by field-1, object-1 and so on. What it
// looks at, what it sends and what is in the report is in docs/doctor.md.
//
// It exits with 0 if nothing differs, with 1 if something does, and with 2 if it
// could not look.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/clarify-go/clarify/internal/connect"
	"github.com/clarify-go/clarify/internal/doctor"
)

// The exit codes.
const (
	nothingDiffers   = 0
	somethingDiffers = 1
	couldNotRun      = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // A second signal ends the program.
	os.Exit(run(ctx, os.Args[1:], os.Getenv, nil, os.Stdout, os.Stderr))
}

// settings are what the flags say.
type settings struct {
	json, markdown, verbose, quiet bool
	options                        doctor.Options
}

// run is the program. transport is that of net/http if nil.
func run(ctx context.Context, args []string, getenv func(string) string, transport http.RoundTripper, stdout, stderr io.Writer) int {
	s, err := parse(args, getenv, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nothingDiffers
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return couldNotRun
	}
	s.options.Transport = transport
	s.options.Version = version()
	if !s.quiet {
		s.options.Progress = func(check string) { fmt.Fprintln(stderr, "checking", check) }
	}
	s.options.Failed = func(check string, err error) { fmt.Fprintf(stderr, "clarify-doctor: %s: %v\n", check, err) }
	s.options.Leftover = func(object string, err error) {
		fmt.Fprintf(stderr, "clarify-doctor: the custom object %s could not be removed: %v\nRemove it in the app.\n", object, err)
	}
	found, err := doctor.Run(ctx, s.options)
	if err != nil {
		fmt.Fprintln(stderr, err)
	}
	if found == nil {
		return couldNotRun
	}
	write := found.Text
	switch {
	case s.json:
		write = found.JSON
	case s.markdown:
		write = found.Markdown
	}
	if err := write(stdout, s.verbose); err != nil {
		fmt.Fprintln(stderr, "clarify-doctor:", err)
		return couldNotRun
	}
	switch {
	case err != nil:
		return couldNotRun
	case len(found.Findings(false)) > 0:
		return somethingDiffers
	}
	return nothingDiffers
}

const usage = `Usage: clarify-doctor [flags]

Looks at how a Clarify workspace responds, and reports what differs from what is
known of the API. Without -write it sends GET and nothing else. The report has no
data of the workspace and no credential.

` + connect.Help + `

Exit codes: 0 if nothing differs, 1 if something does, 2 if it could not look.

Flags:
`

func parse(args []string, getenv func(string) string, stderr io.Writer) (*settings, error) {
	s := &settings{}
	flags := flag.NewFlagSet("clarify-doctor", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.BoolVar(&s.json, "json", false, "write the report as JSON")
	flags.BoolVar(&s.markdown, "markdown", false, "write the report as Markdown, for an issue")
	flags.BoolVar(&s.verbose, "v", false, "report what is known already, too")
	flags.BoolVar(&s.quiet, "quiet", false, "do not name the checks while they are made")
	flags.BoolVar(&s.options.Write, "write", false, "try writes too, in custom objects that are made for it and removed")
	flags.DurationVar(&s.options.Patience, "patience", time.Minute, "wait for this `time` for a change of schemas that -write makes, and for the removal at the end")
	flags.IntVar(&s.options.Records, "records", 20, "look at this `number` of records of each object, from 1 to 500")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	switch o := s.options; {
	case flags.NArg() > 0:
		return nil, fmt.Errorf("clarify-doctor: there are no arguments but flags: %q", flags.Arg(0))
	case s.json && s.markdown:
		return nil, errors.New("clarify-doctor: -json and -markdown exclude each other")
	case o.Records < 1 || o.Records > 500:
		return nil, errors.New("clarify-doctor: -records must be from 1 to 500")
	case o.Patience <= 0:
		return nil, errors.New("clarify-doctor: -patience must be more than nothing")
	}
	w, err := connect.FromEnvironment(getenv)
	if err != nil {
		return nil, fmt.Errorf("clarify-doctor: %w", err)
	}
	s.options.Workspace, s.options.BaseURL, s.options.APIKey, s.options.AccessToken = w.Name, w.BaseURL, w.APIKey, w.AccessToken
	return s, nil
}

// version is that of this module.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
