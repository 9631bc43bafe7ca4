package clarify

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/clarify-go/clarify/internal/inflight"
)

// bulkLoop takes the inputs of a run, has them written, and yields the results. Only
// the goroutine of the caller's loop uses it.
type bulkLoop struct {
	batcher
	ctx     context.Context
	queue   *bulkQueue
	options *bulkOptions
	yield   func(bulkResult, error) bool
	max     int // how many batches are held

	index     int // of the next result
	confirmed int
	certain   bool // whether all outcomes so far are certain
	progress  Progress
}

// bulkResult is a [BulkResult], whatever the types of its input and its record.
type bulkResult struct {
	*input
	index, confirmed int
}

// runTyped writes inputs of type I by the operation that configure returns, to records
// with attributes of type T.
func runTyped[I, T any](ctx context.Context, inputs iter.Seq2[I, error], opts []BulkOption, configure func(*bulkOptions) (*bulkOperation, error)) iter.Seq2[BulkResult[I, T], error] {
	var untyped iter.Seq2[any, error]
	if inputs != nil {
		untyped = func(yield func(any, error) bool) {
			for input, err := range inputs {
				if !yield(input, err) {
					return
				}
			}
		}
	}
	return func(yield func(BulkResult[I, T], error) bool) {
		runBulk(ctx, untyped, opts, configure, func(r bulkResult, err error) bool {
			if err != nil {
				return yield(BulkResult[I, T]{}, err)
			}
			value, _ := r.value.(I)
			return yield(BulkResult[I, T]{
				Index: r.index, Input: value, Outcome: r.outcome, Record: pointerTo[T](r.record), Err: r.err, Confirmed: r.confirmed,
			}, nil)
		})
	}
}

// runBulk writes inputs by the operation that configure returns.
func runBulk(ctx context.Context, inputs iter.Seq2[any, error], opts []BulkOption, configure func(*bulkOptions) (*bulkOperation, error), yield func(bulkResult, error) bool) {
	o, err := readBulkOptions(opts)
	switch {
	case err != nil:
	case ctx == nil:
		err = errNilContext
	case inputs == nil:
		err = errors.New("clarify: the sequence of inputs is nil")
	}
	var operation *bulkOperation
	if err == nil {
		operation, err = configure(o)
	}
	if err != nil {
		yield(bulkResult{}, err)
		return
	}
	queue := newBulkQueue(forBulk(ctx), o.concurrency, operation)
	// However the loop is left, no request and no goroutine outlives it.
	defer queue.Close()
	l := &bulkLoop{
		batcher: batcher{
			bulkOperation: operation, size: o.batchSize, next: &batch{}, owners: map[string]*batch{},
		},
		ctx: ctx, queue: queue, options: o, yield: yield, max: batchesAhead * o.concurrency, certain: true,
	}
	if !l.run(inputs) {
		return
	}
	if err := queue.Err(); err != nil {
		yield(bulkResult{}, err)
	}
}

// run reports false if the caller left the loop, as the functions that it calls do.
func (l *bulkLoop) run(inputs iter.Seq2[any, error]) bool {
	taken := 0
	for value, err := range inputs {
		if taken++; taken > l.options.resume && !l.take(value, err) {
			return false
		}
		if l.queue.Err() != nil {
			break
		}
	}
	if taken < l.options.resume && l.queue.Err() == nil {
		l.queue.Stop(fmt.Errorf("clarify: Resume(%d): there are only %d inputs, so they are not the same as before", l.options.resume, taken))
	}
	return l.launch() && l.drain(1)
}

// take adds an input to the batches. err is why it could not be read.
func (l *bulkLoop) take(value any, err error) bool {
	in := &input{value: value}
	if err == nil {
		in.item, err = l.prepare(value)
	}
	if err != nil {
		in.conclude(Refused, err)
	} else if !l.fits(in) && !l.launch() {
		return false
	}
	l.add(in)
	if l.full() {
		return l.launch()
	}
	// However slowly inputs come, results do not wait for them.
	return l.drain(l.max)
}

// launch starts to write the next batch.
func (l *bulkLoop) launch() bool {
	if of := l.next; len(of.all) > 0 {
		l.next = &batch{}
		var after []*bulkTask
		for _, earlier := range of.after {
			after = append(after, earlier.task)
		}
		of.after = nil // so that earlier batches can be collected
		of.task = l.queue.Add(of, after...)
	}
	return l.drain(l.max)
}

// drain yields the results that are there, in the order of the inputs. It waits
// until fewer than max batches are held.
func (l *bulkLoop) drain(max int) bool {
	for l.queue.Len() > 0 && (l.queue.Len() >= max || l.queue.Ready()) {
		of := l.queue.First()
		requests, err := l.queue.Take()
		switch {
		case errors.Is(err, inflight.ErrExited):
			of.abandon(Unknown, err)
		case err != nil:
			of.abandon(NotDone, err)
		}
		l.forget(of)
		if !l.report(of, requests) {
			return false
		}
	}
	return true
}

// report yields the results of a batch.
func (l *bulkLoop) report(of *batch, requests int) bool {
	resume, before := l.options.resume, l.progress.counts
	for i, in := range of.all {
		at := resume + l.index
		l.index++
		if l.certain = l.certain && in.outcome.Certain(); l.certain {
			l.confirmed = l.index
		}
		l.progress.counts[in.outcome]++
		of.all[i] = nil
		if !l.yield(bulkResult{in, at, resume + l.confirmed}, nil) {
			return false
		}
	}
	l.progress.Done, l.progress.Confirmed = resume+l.index, resume+l.confirmed
	l.progress.Requests += requests
	l.observe(len(of.all), requests, before)
	if l.options.onBatch != nil {
		l.options.onBatch(l.progress)
	}
	return true
}

// observe tells the observers of a batch. before is how often each outcome occurred
// before it.
func (l *bulkLoop) observe(inputs, requests int, before [Unknown + 1]int) {
	told := l.client.config.observers
	if !told.active() {
		return
	}
	e := BatchDecided{Operation: l.id, Workspace: l.client.slug, Object: l.object, Inputs: inputs, Requests: requests}
	for o, n := range l.progress.counts {
		e.progress.counts[o] = n - before[o]
	}
	told.batchDecided(l.ctx, e)
}
