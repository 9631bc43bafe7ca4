// Command import-csv imports the rows of a CSV file as records.
//
//	import-csv -object person -match email_addresses people.csv
//
// The first row names the fields: job_title, or name.first_name for a member of
// an object. first_name and last_name are short for those of a name. A column
// without a name is left out, and so is a cell without a value. -map
// "E-Mail=email_addresses" gives a column another name. The columns are compared
// with the schema of the object before anything is written.
//
// The schema gives the types of the cells. Cells of collections, such as labels, have
// several values separated by ;. Email addresses and domains may also be separated by ,
// or |. Domains are taken out of URLs: https://www.acme.com/about becomes acme.com. A
// cell for rich text is plain text. Where the schema has no type, [] after the name of a
// column makes it a collection, and :number or :boolean makes it one of numbers or
// booleans. The file is in UTF-8.
//
// Each row is compared with the schema before it is sent, so that a wrong option, address
// or date costs no request. -dry-run does only that: it says which rows would be rejected
// and why, and how many records would be created and updated, and writes nothing. To know
// which records exist it reads all of the object.
//
// Rejected rows, and rows with an unknown outcome, go into an error report: the row, its
// line, and what is wrong. All others are written.
//
// The program can be interrupted or killed, and started again: it resumes after the last
// row with a known outcome. With -match it finds what the killed run wrote after that,
// and does not write it twice. It keeps its progress in a file beside the CSV file, and
// removes that file at the end.
//
// It imports into the workspace of CLARIFY_WORKSPACE with the key in
// CLARIFY_API_KEY. With neither of them it starts a sandbox, and without a file
// it imports made-up people.
//
// The exit status is 0 if all rows are in, 1 if the import ended early, 2 if the
// arguments are wrong, and 3 if there is something in the error report, or with -dry-run
// if rows would be rejected.
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
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/examples/internal/cli"
	"github.com/clarify-go/clarify/internal/progress"
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
	fmt.Fprintln(os.Stderr, "import-csv:", err)
	if errors.Is(err, errRows) {
		os.Exit(3)
	}
	os.Exit(1)
}

var (
	// errUsage is returned for wrong arguments, after they have been explained.
	errUsage = errors.New("wrong arguments")
	// errRows is an import of which not every row is in.
	errRows = errors.New("not all rows are in")
)

type settings struct {
	file, object, match    string
	errorFile, checkpoint  string
	separator              rune
	concurrency, batchSize int
	names                  map[string]string // columns by another name
	silent, quiet, restart bool
	dryRun                 bool
}

func parse(args []string, stderr io.Writer) (*settings, error) {
	s := &settings{separator: ',', names: map[string]string{}}
	flags := flag.NewFlagSet("import-csv", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, "Usage: import-csv [flags] [FILE.csv]\n\nImports the rows of a CSV file as records.\n\nFlags:\n")
		flags.PrintDefaults()
		fmt.Fprint(stderr, help)
	}
	flags.StringVar(&s.object, "object", "person", "the `object` that the rows are records of")
	flags.StringVar(&s.match, "match", "", "the unique `field` by which records that exist are found and updated; \"\" creates all rows (default email_addresses for person, domains for company, name for deal)")
	flags.IntVar(&s.concurrency, "concurrency", 8, "how many requests are in flight at most")
	flags.IntVar(&s.batchSize, "batch", 100, "how many rows a request has")
	flags.StringVar(&s.errorFile, "errors", "", "the `file` for rows that are not in (default FILE.errors.csv)")
	flags.StringVar(&s.checkpoint, "checkpoint", "", "the `file` that remembers how far the import is (default FILE.checkpoint)")
	flags.BoolVar(&s.restart, "restart", false, "begin at the first row, whatever the checkpoint says")
	flags.BoolVar(&s.silent, "silent", false, "keep the app and Slack from announcing the records")
	flags.BoolVar(&s.dryRun, "dry-run", false, "say what would happen, and write nothing")
	flags.BoolVar(&s.quiet, "quiet", false, "draw no progress bar")
	flags.Func("separator", "the `character` between the columns, such as \";\" or \"\\t\" (default \",\")", func(value string) error {
		if value == `\t` {
			value = "\t"
		}
		r, size := utf8.DecodeRuneInString(value)
		if size == 0 || size < len(value) || r == utf8.RuneError || r == '"' || r == '\r' || r == '\n' {
			return errors.New("it should be one character")
		}
		s.separator = r
		return nil
	})
	flags.Func("map", "give a column another `name`, as in \"E-Mail=email_addresses\"; may be repeated", func(value string) error {
		column, field, ok := strings.Cut(value, "=")
		if !ok {
			return errors.New("it should look like COLUMN=FIELD")
		}
		s.names[column] = field
		return nil
	})
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errUsage
	}
	wrong := ""
	switch {
	case flags.NArg() > 1:
		wrong = fmt.Sprintf("it takes one file, behind the flags, and there is %q as well", flags.Arg(1))
	case s.concurrency < 1:
		wrong = "-concurrency takes 1 or more"
	case s.batchSize < 1:
		wrong = "-batch takes 1 or more"
	}
	if wrong != "" {
		fmt.Fprintln(stderr, "import-csv:", wrong)
		return nil, errUsage
	}
	s.file = flags.Arg(0)
	chosen := false
	flags.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "match" })
	if !chosen {
		s.match = unique[s.object]
	}
	return s, nil
}

const help = `
The first row names the fields, such as job_title, name.first_name (or first_name)
and email_addresses. Cells can hold several values with ; between them, and email
addresses and domains with , or | as well. Domains lose https:// and www.

Rejected rows are in the error report afterwards, and all others are imported.
If the program is interrupted or killed, start it again in the same way: it resumes
where it was.

Environment:
  CLARIFY_WORKSPACE  the workspace, as in the address of the app
  CLARIFY_API_KEY    a key of it
Without them it imports into a sandbox, and without a file it makes up people.

Exit status: 0 if all rows are in, 1 if the import ended early, 2 if the arguments
are wrong, 3 if there is something in the error report, or with -dry-run if rows would
be rejected.
`

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
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
		fmt.Fprintln(stdout, "CLARIFY_API_KEY and CLARIFY_WORKSPACE are not set, so this imports into a sandbox.")
	}
	if s.file == "" {
		if connection.Sandbox == nil {
			fmt.Fprintln(stderr, "import-csv: there is no file to import")
			return errUsage
		}
		dir, err := os.MkdirTemp("", "import-csv")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		s.file = filepath.Join(dir, "people.csv")
		if err := os.WriteFile(s.file, madeUp(1000), 0o600); err != nil {
			return err
		}
		fmt.Fprintln(stdout, "There is no file, so this makes up 1000 people, some of them with an email address that is none.")
		s.errorFile = filepath.Join(dir, "errors.csv")
		err = (&importer{settings: s, connection: connection, stdout: stdout, stderr: stderr}).run(ctx)
		if !errors.Is(err, errRows) || s.dryRun {
			return err
		}
		// Nobody will look into the directory.
		return show(stdout, s.errorFile)
	}
	if s.errorFile == "" {
		s.errorFile = s.file + ".errors.csv"
	}
	if s.checkpoint == "" {
		s.checkpoint = s.file + ".checkpoint"
	}
	return (&importer{settings: s, connection: connection, stdout: stdout, stderr: stderr}).run(ctx)
}

// importer is one run.
type importer struct {
	*settings
	connection     *cli.Connection
	stdout, stderr io.Writer

	rows   *rows
	schema *clarify.Schema
	state  *checkpoint
	bar    *progress.Bar
}

func (im *importer) run(ctx context.Context) (err error) {
	file, err := os.Open(im.file)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := im.checkFiles(file); err != nil {
		return err
	}
	total, err := countRows(file, im.separator)
	if err != nil {
		return err
	}
	if im.rows, err = newRows(file, im.separator, im.names); err != nil {
		return err
	}
	object, err := im.readSchema(ctx)
	if err != nil {
		return err
	}
	if err := im.rows.check(object, im.match); err != nil {
		return err
	}
	if im.dryRun {
		return im.rehearse(ctx, object)
	}
	if err := im.resume(file); err != nil {
		return err
	}
	report, err := openReport(im.errorFile, im.rows.header, im.state.ReportBytes)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, report.close()) }()
	if im.state.Confirmed > 0 {
		fmt.Fprintf(im.stdout, "Going on after row %d of %d.\n", im.state.Confirmed, total)
		if im.match == "" {
			fmt.Fprintln(im.stdout, "Without -match, rows after that which a killed run has written will be there twice.")
		}
	}
	if !im.quiet && progress.IsTerminal(im.stderr) {
		im.bar = progress.NewBar(im.stderr, "rows", im.state.Confirmed)
	}

	ended := im.write(ctx, total, report)
	im.bar.End(im.state.done, total, im.state.String())
	if err := im.save(report); err != nil {
		return errors.Join(ended, err)
	}
	fmt.Fprintf(im.stdout, "%d of %d rows: %v.\n", im.state.done, total, im.state)
	switch {
	case ended != nil:
		return im.early(ended)
	case im.rows.err != nil:
		return fmt.Errorf("after row %d the file cannot be read: %w", im.state.done, im.rows.err)
	}
	n := im.state.notIn()
	if n > 0 {
		err = fmt.Errorf("%w: %d are in %s", errRows, n, im.errorFile)
	}
	if im.state.Confirmed < total {
		return im.early(err)
	}
	return errors.Join(err, im.state.remove())
}

// early is the error of an import that ended early, and says how to go on.
func (im *importer) early(err error) error {
	if im.state.path == "" || im.state.Confirmed == 0 {
		return err
	}
	return fmt.Errorf("%w\nStart it again to go on after row %d", err, im.state.Confirmed)
}

// checkFiles returns an error if what is to be written would replace what is to
// be read.
func (im *importer) checkFiles(file *os.File) error {
	input, err := file.Stat()
	if err != nil {
		return err
	}
	if input.IsDir() {
		return fmt.Errorf("%s is a directory", im.file)
	}
	for _, path := range []string{im.errorFile, im.checkpoint} {
		if other, err := os.Stat(path); err == nil && os.SameFile(input, other) {
			return fmt.Errorf("%s is the file to import: the error report and the checkpoint need files of their own", path)
		}
	}
	if filepath.Clean(im.errorFile) == filepath.Clean(im.checkpoint) {
		return fmt.Errorf("%s cannot be both the error report and the checkpoint", im.errorFile)
	}
	return nil
}

// resume finds out where to begin.
func (im *importer) resume(file *os.File) error {
	path := im.checkpoint
	if im.connection.Sandbox != nil {
		path = "" // it ends with the program, and all that was written with it
	}
	identity, err := identify(file)
	if err != nil {
		return err
	}
	im.state = &checkpoint{path: path, File: identity, Workspace: im.connection.Workspace, Object: im.object, Match: im.match}
	if im.restart {
		return nil
	}
	return im.state.load()
}

// write imports the rows, and returns why it ended early, if it did.
func (im *importer) write(ctx context.Context, total int, report *report) error {
	options := []clarify.BulkOption{
		clarify.Concurrency(im.concurrency),
		clarify.BatchSize(im.batchSize),
		clarify.CheckedBy(im.schema),
		clarify.Resume(im.state.Confirmed),
		clarify.OnBatch(func(clarify.Progress) { im.bar.Draw(im.state.done, total, im.state.String()) }),
	}
	if im.match != "" {
		options = append(options, clarify.MatchOn(im.match))
	}
	if im.silent {
		options = append(options, clarify.Silent())
	}
	im.state.begin()
	records := clarify.NewRecords[row](im.connection.Client, im.object)
	saved := 0
	for result, err := range records.ImportSeq2(ctx, im.rows.all(), options...) {
		if err != nil {
			return err
		}
		if !written(result.Outcome) {
			if err := report.add(result.Input, result.Outcome, result.Err); err != nil {
				return err
			}
		}
		im.state.note(result.Outcome, result.Confirmed, report.size)
		// Should the program be killed now, what is not saved is done again.
		if saved++; saved >= im.batchSize {
			saved = 0
			if err := im.save(report); err != nil {
				return err
			}
		}
	}
	return nil
}

// save keeps how far the import has come. What the checkpoint says of the error
// report must be in the report by then.
func (im *importer) save(report *report) error {
	if err := report.flush(); err != nil {
		return err
	}
	return im.state.save()
}

func written(o clarify.Outcome) bool {
	return o == clarify.Created || o == clarify.Updated || o == clarify.Written
}

func show(w io.Writer, path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "The error report:\n%s", content)
	return err
}
