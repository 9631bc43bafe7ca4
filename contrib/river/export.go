package clarifyriver

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/riverqueue/river"

	"github.com/clarify-go/clarify"
)

// ExportArgs are the arguments of an export. They can be embedded as [ImportArgs].
type ExportArgs struct {
	// Name says where to write. Only the function Create of the worker knows what it
	// means, such as the name of a file.
	Name string `json:"name"`
	// Object is the object whose records to export, such as person.
	Object string `json:"object"`
}

// Kind returns clarify_export.
func (ExportArgs) Kind() string { return "clarify_export" }

// InsertOpts makes the job unique until it has ended.
func (ExportArgs) InsertOpts() river.InsertOpts { return unique() }

func (a ExportArgs) exportArgs() ExportArgs { return a }

// ExportJob is what the arguments of an export are: [ExportArgs], or a type that embeds
// it.
type ExportJob interface {
	river.JobArgs
	exportArgs() ExportArgs
}

// ExportWorker works exports with arguments of the type A: it writes each record of an
// object as one line of JSON, as the API returns it, in the order of creation. A record
// that exists during the whole export is written exactly once.
type ExportWorker[A ExportJob] struct {
	Config[A]
	// Create opens what the job names for writing, in each run, from an offset on: the
	// first offset bytes are those that the progress of the job counts, and what is
	// after them is of a run that was killed, and has to be cut off. It is required.
	//
	// If the writer has a method Sync, as an [os.File] has, it is called before the
	// progress is saved. Close is called at the end of each run.
	//
	// [os.File]: https://pkg.go.dev/os#File
	Create func(ctx context.Context, args A, offset int64) (io.WriteCloser, error)
	// Query, if set, are the options of the query, such as [clarify.Where]. Its
	// options must be the same in each run. Stable is always set.
	Query func(args A) []clarify.QueryOption
}

// exportState is where a run resumes.
type exportState struct {
	// From is the time of creation of the last record that was written, and Written
	// are the ids of those that were created then.
	From    time.Time `json:"from"`
	Written []string  `json:"written"`
}

// exported is the attributes of a record as the API returned them.
type exported struct {
	created time.Time
	raw     json.RawMessage
}

func (e *exported) UnmarshalJSON(b []byte) error {
	var attributes struct {
		CreatedAt time.Time `json:"_created_at"`
	}
	e.raw = append(e.raw[:0], b...)
	err := json.Unmarshal(b, &attributes)
	// Stable has records of the same millisecond in any order.
	e.created = attributes.CreatedAt.Truncate(time.Millisecond)
	return err
}

func (e exported) MarshalJSON() ([]byte, error) { return e.raw, nil }

// Work does one run of an export.
func (w *ExportWorker[A]) Work(ctx context.Context, job *river.Job[A]) error {
	args := job.Args.exportArgs()
	if err := errors.Join(checkName("name", args.Name), checkName("object", args.Object)); err != nil {
		return err
	}
	if w.Create == nil {
		return errors.New("clarify: the worker needs a function Create")
	}
	return w.work(ctx, job, func(ctx context.Context, r *run[A], client *clarify.Client) (more bool, err error) {
		e := &export[A]{run: r}
		if len(r.progress.State) > 0 {
			if err := json.Unmarshal(r.progress.State, &e.state); err != nil {
				return false, river.JobCancel(fmt.Errorf("clarify: invalid progress of the job %d: %w", job.ID, err))
			}
		}
		opts := []clarify.QueryOption{clarify.Stable()}
		if w.Query != nil {
			opts = append(opts, w.Query(job.Args)...)
		}
		if !e.state.From.IsZero() {
			opts = append(opts, clarify.Where("_created_at", clarify.IsOnOrAfter, e.state.From))
		}
		file, err := w.Create(ctx, job.Args, r.progress.Bytes)
		if err != nil {
			return false, err
		}
		e.file, e.buffer = file, bufio.NewWriterSize(file, 1<<16)
		more, err = e.do(ctx, clarify.NewRecords[exported](client, args.Object), opts)
		if closed := file.Close(); closed != nil && err == nil {
			err = fmt.Errorf("clarify: the export cannot be written: %w", closed)
		}
		return more, err
	})
}

// export is one run of an export.
type export[A ExportJob] struct {
	*run[A]
	state  exportState
	file   io.WriteCloser
	buffer *bufio.Writer
	wrote  bool // whether this run wrote a record
}

func (e *export[A]) do(ctx context.Context, records *clarify.Records[exported], opts []clarify.QueryOption) (more bool, err error) {
	written := map[string]bool{}
	for _, id := range e.state.Written {
		written[id] = true
	}
	var ended error
	for page, err := range records.Pages(ctx, opts...) {
		if err != nil {
			ended = err
			break
		}
		for _, record := range page.Records {
			if record.Attributes.created.Equal(e.state.From) && written[record.ID] {
				continue
			}
			if err := e.write(record); err != nil {
				return false, err
			}
		}
		if e.due() {
			if err := e.flush(); err != nil {
				return false, err
			}
		}
		// A run writes something, however short its slice is.
		if more = e.over(ctx) && e.wrote; more {
			break
		}
	}
	return more, errors.Join(ended, e.flush())
}

// write writes a record.
func (e *export[A]) write(record clarify.Record[exported]) error {
	line, err := json.Marshal(record)
	if err != nil {
		return err
	}
	if _, err := e.buffer.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("clarify: the export cannot be written: %w", err)
	}
	if at := record.Attributes.created; !at.Equal(e.state.From) {
		e.state = exportState{From: at}
	}
	e.state.Written = append(e.state.Written, record.ID)
	e.wrote = true
	e.progress.Done++
	e.progress.Bytes += int64(len(line)) + 1
	e.progress.Attempt = e.job.Attempt
	return nil
}

// flush saves the progress, once what it counts is written.
func (e *export[A]) flush() error {
	err := e.buffer.Flush()
	if file, ok := e.file.(interface{ Sync() error }); ok && err == nil {
		err = file.Sync()
	}
	if err != nil {
		return fmt.Errorf("clarify: the export cannot be written: %w", err)
	}
	if e.progress.State, err = json.Marshal(e.state); err != nil {
		return err
	}
	return e.save(nil)
}
