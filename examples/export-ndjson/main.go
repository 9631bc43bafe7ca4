// Command export-ndjson writes all records of an object, one in a line of JSON.
//
//	export-ndjson -object person -o people.ndjson
//
// A line is a record as the API returns it: type, id, attributes, relationships. The
// records are in the order of their creation. A record that exists during the whole
// export is in the file exactly once, even if others change the workspace meanwhile.
//
// The file appears when the export is complete. Until then it has .partial after its
// name, and a file that -replace is for stays as it was.
//
// The program can be interrupted or killed, and started again with -resume: it resumes
// after the last time for which the partial file has all records. After a complete
// export, -resume adds what was created since. A failure is written to an error report,
// and the export resumes from there, up to -attempts times.
//
// It reads the workspace of CLARIFY_WORKSPACE with the key in CLARIFY_API_KEY, and
// changes nothing there. With neither of them it starts a sandbox with made-up records.
//
// The exit status is 0 if the export is complete, 1 if it is not, and 2 if the
// arguments are wrong.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/clarify-go/clarify/examples/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "export-ndjson:", err)
		os.Exit(1)
	}
}

// errUsage is returned for wrong arguments, after they have been explained.
var errUsage = errors.New("wrong arguments")

type settings struct {
	object, file, errorFile string
	since                   string
	concurrency, pageSize   int
	attempts, made          int
	resume, replace, quiet  bool
}

func parse(args []string, stderr io.Writer) (*settings, error) {
	s := &settings{}
	flags := flag.NewFlagSet("export-ndjson", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, "Usage: export-ndjson [flags]\n\nWrites all records of an object, one in a line of JSON.\n\nFlags:\n")
		flags.PrintDefaults()
		fmt.Fprint(stderr, help)
	}
	flags.StringVar(&s.object, "object", "person", "the `object` whose records are exported")
	flags.StringVar(&s.file, "o", "", "the `file` to write to (default standard output)")
	flags.StringVar(&s.errorFile, "errors", "", "the `file` in which failures are noted (default FILE.errors.ndjson)")
	flags.StringVar(&s.since, "since", "", "leave out records that were created before this `day or time`, such as 2026-01-31")
	flags.IntVar(&s.concurrency, "concurrency", 8, "how many requests are in flight at most")
	flags.IntVar(&s.pageSize, "page", 500, "how many records a request asks for")
	flags.IntVar(&s.attempts, "attempts", 5, "how often to restart after failures without progress")
	flags.IntVar(&s.made, "made-up", 5000, "how many records there are in the sandbox, if one is started")
	flags.BoolVar(&s.resume, "resume", false, "go on with an export that did not end, or add what was created since one that did")
	flags.BoolVar(&s.replace, "replace", false, "replace a file that is there")
	flags.BoolVar(&s.quiet, "quiet", false, "draw no progress bar")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errUsage
	}
	wrong := ""
	switch {
	case flags.NArg() > 0:
		wrong = fmt.Sprintf("there are no arguments but flags: %q", flags.Arg(0))
	case s.resume && s.file == "":
		wrong = "-resume takes a file, which -o names"
	case s.resume && s.replace:
		wrong = "-resume and -replace exclude each other"
	case s.attempts < 1:
		wrong = "-attempts takes 1 or more"
	case s.concurrency < 1:
		wrong = "-concurrency takes 1 or more"
	case s.pageSize < 1:
		wrong = "-page takes 1 or more"
	}
	if wrong != "" {
		fmt.Fprintln(stderr, "export-ndjson:", wrong)
		return nil, errUsage
	}
	if s.errorFile == "" && s.file != "" {
		s.errorFile = s.file + ".errors.ndjson"
	}
	return s, nil
}

const help = `
The file is written as FILE.partial until the export is complete. If the program is
interrupted or killed, start it again with -resume: it continues where it stopped.

Environment:
  CLARIFY_WORKSPACE  the workspace, as in the address of the app
  CLARIFY_API_KEY    a key of it
Without them it exports made-up records from a sandbox.

Exit status: 0 if the export is complete, 1 if it is not, 2 if the arguments are
wrong.
`

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
		connection.Sandbox.Seed(nil, s.made)
		fmt.Fprintln(stderr, "CLARIFY_API_KEY and CLARIFY_WORKSPACE are not set, so this exports from a sandbox with made-up records.")
	}
	e := &exporter{settings: s, connection: connection, stderr: stderr}
	if s.file == "" {
		e.out = bufio.NewWriter(stdout)
		return e.run(ctx)
	}
	file, err := e.open()
	if err != nil {
		return err
	}
	e.out = bufio.NewWriterSize(file, 1<<20)
	err = e.run(ctx)
	if err == nil {
		// What is there under its own name is complete, even after a power failure.
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), e.file)
}
