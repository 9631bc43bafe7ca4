package clarifyriver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/clarify-go/clarify"
)

const (
	// reserveBatch is how many records are noted at a time before they are sent.
	reserveBatch = 100
	// saveBatch is how many results are held before they are saved.
	saveBatch = 2000
)

// errKilled is why the outcome of a record is unknown that a killed worker may have
// sent.
var errKilled = fmt.Errorf("%w: the worker that may have sent it was killed", clarify.ErrOutcomeUnknown)

// bulkState is where a run resumes.
type bulkState struct {
	// Sent is, in a job that sends nothing twice, how many records may have been
	// sent. Those that are not done are not sent again if a run was killed.
	Sent int `json:"sent,omitempty"`
	// Ahead are the records behind the first that is not done that are done all the
	// same: each from one position to before another.
	Ahead []span `json:"ahead,omitempty"`
}

type span [2]int

// bulk is one run of an import or update. A is the type of the arguments, I that of the
// inputs, T as in [clarify.Records]. Positions count from the first record of the job.
type bulk[A river.JobArgs, I, T any] struct {
	*run[A]
	part Range
	// once is set if a record must not be sent again after an unknown outcome.
	once    bool
	records iter.Seq2[I, error] // from the position where the run resumes
	write   func(context.Context, iter.Seq2[I, error]) iter.Seq2[clarify.BulkResult[I, T], error]
	report  func(context.Context, pgx.Tx, A, []clarify.BulkResult[I, T]) error

	state bulkState
	taken []int                      // positions of the inputs whose results are awaited
	held  []clarify.BulkResult[I, T] // results that are not saved
	open  bool                       // whether a record has to be sent again
	ended bool                       // whether all records were read
	next  int                        // the position of the next record to read
	doubt int                        // those before it may have been sent by a killed run
	err   error                      // why no more records are taken
}

// newBulk prepares a run.
func newBulk[A river.JobArgs, I, T any](r *run[A], part Range, once bool) (*bulk[A, I, T], error) {
	b := &bulk[A, I, T]{run: r, part: part, once: once}
	if len(r.progress.State) > 0 {
		if err := json.Unmarshal(r.progress.State, &b.state); err != nil {
			return nil, river.JobCancel(fmt.Errorf("clarify: invalid progress of the job %d: %w", r.job.ID, err))
		}
	}
	b.next, b.doubt = r.progress.Done, b.state.Sent
	return b, nil
}

// from is the position in what the job names where the run resumes.
func (b *bulk[A, I, T]) from() int { return b.part.First + b.progress.Done }

// do writes records until all are done or the slice ends.
func (b *bulk[A, I, T]) do(ctx context.Context) (more bool, err error) {
	for result, err := range b.write(ctx, b.inputs(ctx)) {
		if err != nil {
			b.err = errors.Join(b.err, err)
			break
		}
		at := b.taken[0]
		b.taken = b.taken[1:]
		b.note(at, result)
		if len(b.held) >= saveBatch || b.due() {
			if err := b.flush(b.state.Sent); err != nil {
				b.stop(err)
			}
		}
	}
	if errors.Is(b.err, errLost) {
		return false, b.err
	}
	// Nothing is in flight any more, so what is not done was not sent, or may be sent
	// again. That does not hold for what a killed run may have sent, and was not read.
	sent := 0
	if b.next < b.doubt {
		sent = b.doubt
	}
	if err := b.flush(sent); err != nil {
		return false, errors.Join(b.err, err)
	}
	switch {
	case b.err != nil:
		return false, b.err
	case b.open:
		return false, errors.New("clarify: some records have no certain outcome yet: the next run sends them again")
	}
	return !b.ended, nil
}

// stop makes the run end because of err.
func (b *bulk[A, I, T]) stop(err error) {
	if b.err = errors.Join(b.err, err); errors.Is(err, errLost) {
		b.cancel(err)
	}
}

// inputs takes the records that are not done.
func (b *bulk[A, I, T]) inputs(ctx context.Context) iter.Seq2[I, error] {
	return func(yield func(I, error) bool) {
		// The last record of a part is not read to find out whether there is another one.
		if b.ended = b.read(); b.ended {
			return
		}
		for record, err := range b.records {
			at := b.next
			send, failed := b.take(at, record, err)
			if failed != nil {
				b.stop(failed)
			}
			if b.err != nil {
				return
			}
			b.next++
			if send {
				b.taken = append(b.taken, at)
				if !yield(record, err) {
					return
				}
			}
			if b.ended = b.read(); b.ended || b.over(ctx) {
				return
			}
		}
		switch {
		case ctx.Err() != nil:
			// That may be why there are no more.
		case b.part.Count > 0:
			b.stop(river.JobCancel(fmt.Errorf("clarify: invalid job: it is for %d records, and there are only %d", b.part.Count, b.next)))
		default:
			b.ended = true
		}
	}
}

// read reports whether all records of a part were read.
func (b *bulk[A, I, T]) read() bool { return b.part.Count > 0 && b.next >= b.part.Count }

// take decides whether to send a record, which was read with err.
func (b *bulk[A, I, T]) take(at int, record I, err error) (send bool, failed error) {
	var broken *unreadable
	switch {
	case errors.As(err, &broken):
		return false, err
	case b.isAhead(at):
		return false, nil
	case b.once && at < b.doubt:
		b.note(at, clarify.BulkResult[I, T]{Input: record, Outcome: clarify.Unknown, Err: errKilled})
		return false, nil
	case b.once && at >= b.state.Sent:
		// The database says so before the record is sent.
		return true, b.flush(at + reserveBatch)
	}
	return true, nil
}

// note notes the result of a record.
func (b *bulk[A, I, T]) note(at int, result clarify.BulkResult[I, T]) {
	final := result.Outcome.Certain() || b.once && result.Outcome == clarify.Unknown
	// With a field to match on, records with the same value are written in their order
	// also by the next run: everything from here on is sent again.
	if b.open = b.open || !final; !final || b.open && !b.once {
		return
	}
	b.add(at)
	result.Index = b.part.First + at
	b.held = append(b.held, result)
}

// add notes that a record is done.
func (b *bulk[A, I, T]) add(at int) {
	all := b.state.Ahead
	i, _ := slices.BinarySearchFunc(all, at, func(s span, at int) int { return s[0] - at })
	all = slices.Insert(all, i, span{at, at + 1})
	if i+1 < len(all) && all[i+1][0] == at+1 {
		all[i][1] = all[i+1][1]
		all = slices.Delete(all, i+1, i+2)
	}
	if i > 0 && all[i-1][1] == at {
		all[i-1][1] = all[i][1]
		all = slices.Delete(all, i, i+1)
	}
	if all[0][0] == b.progress.Done {
		b.progress.Done = all[0][1]
		all = slices.Delete(all, 0, 1)
	}
	b.state.Ahead = all
}

// isAhead reports whether a record is done although one before it is not.
func (b *bulk[A, I, T]) isAhead(at int) bool {
	return slices.ContainsFunc(b.state.Ahead, func(s span) bool { return s[0] <= at && at < s[1] })
}

// flush saves the results that are held. sent is how many records may have been sent.
func (b *bulk[A, I, T]) flush(sent int) error {
	before, sentBefore := b.progress, b.state.Sent
	p := &b.progress
	p.Problems = slices.Clone(p.Problems)
	for _, result := range b.held {
		count(p, result.Index, result.Outcome, result.Err)
	}
	if b.once {
		b.state.Sent = sent
	}
	if len(b.held) > 0 {
		p.Attempt = b.job.Attempt
	}
	state, err := json.Marshal(b.state)
	if err != nil {
		return err
	}
	p.State = state
	err = b.save(func(ctx context.Context, tx pgx.Tx) error {
		if b.report == nil || len(b.held) == 0 {
			return nil
		}
		return b.report(ctx, tx, b.job.Args, b.held)
	})
	if err != nil {
		// The results stay held, for the last attempt to save them.
		*p, b.state.Sent = before, sentBefore
		return err
	}
	b.held = b.held[:0]
	return nil
}

// count counts an outcome.
func count(p *Progress, index int, outcome clarify.Outcome, err error) {
	switch outcome {
	case clarify.Created:
		p.Created++
	case clarify.Updated:
		p.Updated++
	case clarify.Refused:
		p.Refused++
	case clarify.Unknown:
		p.Unknown++
	default:
		p.Written++
	}
	if err != nil && len(p.Problems) < maxShown {
		p.Problems = append(p.Problems, Problem{index, outcome.String(), err.Error()})
	}
}
