package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/clarify-go/clarify"
)

// checkpoint is the progress of an import, as it is stored in a file.
type checkpoint struct {
	// What is imported, where, and how. A checkpoint of another import is ignored.
	File, Workspace, Object, Match string
	// Confirmed is how many rows from the first one on have a known outcome.
	Confirmed int
	// ReportBytes is the length of the error report about these rows.
	ReportBytes int64
	// The number of these rows by outcome.
	In, Refused, Unknown int

	path string // empty if it is not stored

	// The number of all rows that have a result.
	done, in, refused, unknown, notDone int
	open                                bool // whether there is one to retry
}

// identify returns what distinguishes a file from others.
func identify(file *os.File) (string, error) {
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(file, 0, info.Size())); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// load reads the file, if there is one.
func (c *checkpoint) load() error {
	if c.path == "" {
		return nil
	}
	content, err := os.ReadFile(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var saved checkpoint
	if err := json.Unmarshal(content, &saved); err != nil {
		return fmt.Errorf("%s is not a checkpoint: %w", c.path, err)
	}
	if saved.File != c.File || saved.Workspace != c.Workspace || saved.Object != c.Object || saved.Match != c.Match {
		return fmt.Errorf("%s is of another import, or the file has changed since: use -restart to begin at the first row", c.path)
	}
	saved.path = c.path
	*c = saved
	return nil
}

// begin takes up the counts.
func (c *checkpoint) begin() {
	c.done, c.in, c.refused, c.unknown = c.Confirmed, c.In, c.Refused, c.Unknown
}

// note counts a result. size is how long the error report is with it.
func (c *checkpoint) note(o clarify.Outcome, confirmed int, size int64) {
	c.done++
	switch o {
	case clarify.Refused:
		c.refused++
	case clarify.Unknown:
		c.unknown++
	case clarify.NotDone:
		c.notDone++
	default:
		c.in++
	}
	// Without a field to match on, a row that may be in must not be sent again.
	// Somebody has to look, and it is in the report.
	final := confirmed == c.done || c.Match == "" && o != clarify.NotDone
	if c.open = c.open || !final; !c.open {
		c.Confirmed, c.ReportBytes, c.In, c.Refused, c.Unknown = c.done, size, c.in, c.refused, c.unknown
	}
}

// notIn is how many rows are not known to be in.
func (c *checkpoint) notIn() int { return c.refused + c.unknown + c.notDone }

// String says how many rows had which outcome.
func (c *checkpoint) String() string {
	text := fmt.Sprintf("%d in, %d refused", c.in, c.refused)
	if c.unknown > 0 {
		text += fmt.Sprintf(", %d unknown", c.unknown)
	}
	if c.notDone > 0 {
		text += fmt.Sprintf(", %d not done", c.notDone)
	}
	return text
}

// save writes the file anew and puts it in the place of the old one, so that at
// any time there is a whole one.
func (c *checkpoint) save() error {
	if c.path == "" {
		return nil
	}
	if c.Confirmed == 0 {
		// There is nothing to resume, and another import may follow.
		return c.remove()
	}
	content, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.path+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(c.path+".new", c.path)
}

func (c *checkpoint) remove() error {
	if c.path == "" {
		return nil
	}
	for _, path := range []string{c.path, c.path + ".new"} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// report is the file with the rows that are not in.
type report struct {
	file    *os.File
	buffer  *bufio.Writer
	columns int
	size    int64
}

// openReport opens the file. What stands in it beyond size is of rows that are
// done again, and is cut off. What is missing before that cannot be had again.
func openReport(path string, header []string, size int64) (*report, error) {
	flags := os.O_RDWR
	if size == 0 {
		flags |= os.O_CREATE
	}
	file, err := os.OpenFile(path, flags, 0o600)
	if err != nil && size > 0 {
		return nil, fmt.Errorf("the error report of the rows that are done cannot be gone on with: %w: use -restart to begin at the first row", err)
	}
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && info.Size() < size {
		err = fmt.Errorf("%s has less in it than was written of the rows that are done: use -restart to begin at the first row", path)
	}
	if err == nil {
		err = file.Truncate(size)
	}
	if err == nil {
		_, err = file.Seek(size, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	r := &report{file: file, buffer: bufio.NewWriter(file), columns: len(header), size: size}
	if size == 0 {
		err = r.write(append([]string{"line", "outcome", "error"}, header...))
	}
	return r, err
}

// add adds a row that is not in.
func (r *report) add(of row, o clarify.Outcome, reason error) error {
	cells := append([]string{strconv.Itoa(of.line), o.String(), explain(reason)}, of.cells...)
	for len(cells) < 3+r.columns {
		cells = append(cells, "")
	}
	return r.write(cells)
}

// explain says what is wrong with a row, in the API's words if it was the API that
// said so.
func explain(reason error) string {
	var e *clarify.Error
	if !errors.As(reason, &e) || len(e.Errors) == 0 || e.OutcomeUnknown {
		return fmt.Sprint(reason)
	}
	var said []string
	for _, problem := range e.Errors {
		what := problem.Detail
		if what == "" {
			what = problem.Title
		}
		if field, ok := strings.CutPrefix(problem.Pointer, "/data/0/attributes/"); ok {
			what = field + ": " + what
		}
		said = append(said, what)
	}
	return strings.Join(said, " ")
}

func (r *report) write(cells []string) error {
	w := csv.NewWriter(io.MultiWriter(r.buffer, (*counter)(&r.size)))
	_ = w.Write(cells)
	w.Flush()
	return w.Error()
}

func (r *report) flush() error { return r.buffer.Flush() }

func (r *report) close() error { return errors.Join(r.flush(), r.file.Close()) }

// counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
