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
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/clarify-go/clarify"
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

// exporter is one run.
type exporter struct {
	*settings
	connection *cli.Connection
	stderr     io.Writer
	out        *bufio.Writer

	from    time.Time       // the time to begin at, zero for the beginning
	written map[string]bool // the records of that time that are in the file
	records int             // how many are in the file
	total   int             // how many there are, as far as is known
}

// open opens the file in which the export grows, and finds out where to begin.
func (e *exporter) open() (*os.File, error) {
	partial := e.file + ".partial"
	flags := os.O_RDWR | os.O_CREATE
	copied := false
	switch {
	case e.resume:
		var err error
		if copied, err = copyUnlessThere(e.file, partial); err != nil {
			return nil, err
		}
	case e.replace:
		flags |= os.O_TRUNC
	default:
		flags |= os.O_EXCL
		if _, err := os.Lstat(e.file); err == nil {
			return nil, fmt.Errorf("%s is there already: use -resume to add to it, or -replace", e.file)
		}
	}
	file, err := os.OpenFile(partial, flags, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("%s is of an export that did not end: use -resume to go on with it, or -replace", partial)
	}
	if err != nil {
		return nil, err
	}
	if e.resume {
		err = e.goOn(file)
	}
	if err != nil && copied {
		err = errors.Join(err, os.Remove(partial))
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// copyUnlessThere makes a copy of an export that is complete, to be added to,
// unless there is one that is not, or none at all. It reports whether it did.
func copyUnlessThere(complete, partial string) (copied bool, err error) {
	if _, err := os.Lstat(partial); !errors.Is(err, os.ErrNotExist) {
		return false, err
	}
	from, err := os.Open(complete)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer from.Close()
	to, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return false, err
	}
	_, err = io.Copy(to, from)
	return true, errors.Join(err, to.Close())
}

// goOn reads what is in the file, and cuts off what may be incomplete: a line that
// has no end.
func (e *exporter) goOn(file *os.File) error {
	reader := bufio.NewReaderSize(file, 1<<20)
	var end int64
	for {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		var record struct {
			Type       string `json:"type"`
			ID         string `json:"id"`
			Attributes struct {
				CreatedAt time.Time `json:"_created_at"`
			} `json:"attributes"`
		}
		if err := json.Unmarshal(line, &record); err != nil || record.Type == "" || record.ID == "" || record.Attributes.CreatedAt.IsZero() {
			return fmt.Errorf("%s is no export: line %d is not a record", file.Name(), e.records+1)
		}
		// The API's schemas also have these two for the type of any record.
		if record.Type != e.object && record.Type != "record" && record.Type != "resource" {
			return fmt.Errorf("%s is of another object: line %d is a %s, so use -object %[3]s", file.Name(), e.records+1, record.Type)
		}
		e.note(record.ID, record.Attributes.CreatedAt)
		end += int64(len(line))
	}
	if err := file.Truncate(end); err != nil {
		return err
	}
	_, err := file.Seek(end, io.SeekStart)
	return err
}

// note notes that a record is in the file.
func (e *exporter) note(id string, created time.Time) {
	// Stable has records of the same millisecond in any order.
	created = created.Truncate(time.Millisecond)
	if !created.Equal(e.from) {
		e.from, e.written = created, map[string]bool{}
	}
	e.written[id] = true
	e.records++
}

// run exports until there is no more.
func (e *exporter) run(ctx context.Context) error {
	var bar *cli.Bar
	if !e.quiet && cli.IsTerminal(e.stderr) {
		bar = cli.NewBar(e.stderr, "records", e.records)
	}
	if e.records > 0 {
		fmt.Fprintf(e.stderr, "Going on after %d records.\n", e.records)
	}
	began := e.records
	for attempt, before := 1, e.records; ; attempt++ {
		err := errors.Join(e.export(ctx, bar), e.out.Flush())
		if err == nil {
			break
		}
		if e.records > before {
			attempt, before = 1, e.records
		}
		if noted := e.report(err); noted != nil {
			return errors.Join(err, noted)
		}
		if ctx.Err() != nil || attempt >= e.attempts || !isTransient(err) {
			bar.End(e.records, e.total, "ended early")
			if e.file == "" {
				return err
			}
			return fmt.Errorf("%w\nStart it again with -resume to continue after %d records", err, e.records)
		}
	}
	bar.End(e.records, e.records, "done")
	fmt.Fprintf(e.stderr, "%d records, %d of them new.\n", e.records, e.records-began)
	return nil
}

// isTransient reports whether a retry may succeed: after an error of the network or of
// the server, and not after a request that the API rejects.
func isTransient(err error) bool {
	var e *clarify.Error
	return errors.As(err, &e) && (e.StatusCode == 0 || e.StatusCode == 429 || e.StatusCode >= 500)
}

// line is a record as it is written, with when it was created.
type line struct {
	created time.Time
	raw     json.RawMessage
}

// UnmarshalJSON keeps the attributes as they are.
func (l *line) UnmarshalJSON(b []byte) error {
	var attributes struct {
		CreatedAt time.Time `json:"_created_at"`
	}
	l.raw = append(l.raw[:0], b...)
	err := json.Unmarshal(b, &attributes)
	l.created = attributes.CreatedAt
	return err
}

// MarshalJSON writes the attributes as they were.
func (l line) MarshalJSON() ([]byte, error) { return l.raw, nil }

// export writes the records since the last time that are not in the file.
func (e *exporter) export(ctx context.Context, bar *cli.Bar) error {
	options := []clarify.QueryOption{clarify.Stable(), clarify.Concurrency(e.concurrency), clarify.PageSize(e.pageSize)}
	switch {
	case !e.from.IsZero():
		options = append(options, clarify.Where("_created_at", clarify.IsOnOrAfter, e.from))
	case e.since != "":
		options = append(options, clarify.Where("_created_at", clarify.IsOnOrAfter, e.since))
	}
	encoder := json.NewEncoder(e.out)
	encoder.SetEscapeHTML(false)
	first := true
	for page, err := range clarify.NewRecords[line](e.connection.Client, e.object).Pages(ctx, options...) {
		if err != nil {
			return err
		}
		if first && page.Meta.TotalRecords != nil {
			e.total = e.records - len(e.written) + *page.Meta.TotalRecords
		}
		first = false
		for _, record := range page.Records {
			created := record.Attributes.created
			if created.Truncate(time.Millisecond).Equal(e.from) && e.written[record.ID] {
				continue
			}
			if err := encoder.Encode(record); err != nil {
				return err
			}
			e.note(record.ID, created)
		}
		bar.Draw(e.records, e.total, "")
	}
	return nil
}

// failure is a line of the error report.
type failure struct {
	Time    time.Time `json:"time"`
	Records int       `json:"records"` // how many were written by then
	Error   string    `json:"error"`
}

// report notes a failure.
func (e *exporter) report(err error) error {
	noted, encodeErr := json.Marshal(failure{time.Now().UTC(), e.records, err.Error()})
	if encodeErr != nil {
		return encodeErr
	}
	if e.errorFile == "" {
		_, writeErr := fmt.Fprintf(e.stderr, "%s\n", noted)
		return writeErr
	}
	file, openErr := os.OpenFile(e.errorFile, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if openErr != nil {
		return openErr
	}
	_, writeErr := fmt.Fprintf(file, "%s\n", noted)
	return errors.Join(writeErr, file.Close())
}
