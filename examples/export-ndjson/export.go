package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/examples/internal/cli"
	"github.com/clarify-go/clarify/internal/progress"
)

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
	var bar *progress.Bar
	if !e.quiet && progress.IsTerminal(e.stderr) {
		bar = progress.NewBar(e.stderr, "records", e.records)
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
func (e *exporter) export(ctx context.Context, bar *progress.Bar) error {
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
