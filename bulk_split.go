package clarify

import (
	"context"
	"errors"
	"net/http"

	"github.com/clarify-go/clarify/internal/inflight"
)

// maxBlames is how often a batch is sent without the inputs that the API blames,
// before it is sent in halves. Of a hundred inputs, one in a hundred of which is
// bad, there are hardly ever more.
const maxBlames = 8

// newBulkQueue returns a queue that writes the batches that are added to it.
func newBulkQueue(ctx context.Context, concurrency int, operation *bulkOperation) *bulkQueue {
	run := &bulkWriter{bulkOperation: operation}
	run.queue = inflight.New(ctx, concurrency, func(ctx context.Context, t *bulkTask) int {
		w := &batchWriter{bulkWriter: run, ctx: ctx, slot: t}
		if len(t.What.sent) > 0 {
			w.resolve(t.What.sent, maxBlames)
		}
		return w.requests
	})
	return run.queue
}

// resolve writes inputs: together, and if they are rejected in parts, until each one
// that is rejected stands alone. It reports whether they were accepted together.
// blames is how often to send them without blamed inputs.
func (w *batchWriter) resolve(inputs []*input, blames int) bool {
	r, err := w.try(inputs)
	if r == rejected {
		w.split(inputs, err, blames)
	}
	return r == accepted
}

// split writes inputs in parts that were rejected together with err.
func (w *batchWriter) split(inputs []*input, err error, blames int) {
	if len(inputs) == 1 {
		w.refuse(inputs[0], 0, err)
		return
	}
	suspects := suspects(err, len(inputs))
	if blames > 0 && len(suspects) > 0 && 2*len(suspects) <= len(inputs) && w.blame.Trusted() {
		w.setAside(inputs, suspects, err, blames-1)
		return
	}
	first, second := inputs[:len(inputs)/2], inputs[len(inputs)/2:]
	if !apiFailed(err) {
		// Of inputs that collide, the first one is written.
		w.resolve(first, blames)
		w.resolve(second, blames)
		return
	}
	// Both halves are sent before one is split further. The half without the input
	// that the API fails at is accepted, which ends the streak of failures: one input
	// alone must not stop the run.
	r1, err1 := w.try(first)
	r2, err2 := w.try(second)
	if r1 == rejected {
		w.split(first, err1, blames)
	}
	if r2 == rejected {
		w.split(second, err2, blames)
	}
}

// setAside writes inputs without the suspects, and then each suspect alone.
func (w *batchWriter) setAside(inputs []*input, suspects []int, err error, blames int) {
	othersAccepted := w.resolve(without(inputs, suspects), blames)
	if othersAccepted && len(suspects) == 1 {
		// The others were accepted without it, so it was at fault.
		w.refuse(inputs[suspects[0]], suspects[0], err)
		w.blame.Note(false)
		return
	}
	for _, i := range suspects {
		w.blame.Note(w.resolve(inputs[i:i+1], 0))
	}
}

// apiFailed reports whether an error is a failure of the API, which does not reject
// anything.
func apiFailed(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.StatusCode >= http.StatusInternalServerError
}

// refuse concludes an input that was rejected, as the i-th of a request.
func (w *batchWriter) refuse(in *input, i int, err error) {
	var e *Error
	switch {
	case !errors.As(err, &e):
		in.conclude(Refused, err)
	case w.deletes && in.unknown != nil && e.StatusCode == http.StatusNotFound:
		// An earlier attempt deleted it.
		in.conclude(Deleted, nil)
	default:
		in.conclude(Refused, e.about(i))
	}
}
