package clarify

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/clarify-go/clarify/internal/bulk"
	"github.com/clarify-go/clarify/internal/httpx"
)

// bulkWriter is what the batches of a run share.
type bulkWriter struct {
	*bulkOperation
	queue    *bulkQueue
	accepted atomic.Bool // whether any request was
	streak   bulk.Streak
	blame    bulk.Credibility
	object   objectCheck
	newest   newestTime
}

// batchWriter writes one batch, one request after the other.
type batchWriter struct {
	*bulkWriter
	ctx      context.Context
	slot     *bulkTask
	requests int
}

// result is the result of one request.
type result int

const (
	accepted  result = iota // all its inputs are written
	rejected                // none of them is, because of one or some of them
	concluded               // each has its outcome, for a reason that is not about it alone
)

// try sends inputs in one request. If they are rejected, what to do is left to the
// caller. Otherwise they are concluded.
func (w *batchWriter) try(inputs []*input) (result, error) {
	body := w.encode(inputs)
	for retries := 0; ; retries++ {
		w.slot.Acquire()
		if err := w.queue.Err(); err != nil && (w.requests > 0 || w.ctx.Err() != nil) {
			concludeAll(inputs, NotDone, err)
			return concluded, err
		}
		started := w.streak.Start()
		err := w.request(body, inputs)
		if err == nil {
			w.streak.End(started, true)
			return accepted, nil
		}
		e := noteUnknown(inputs, err)
		switch bulk.Classify(failure(err), w.describe(body, inputs, retries)) {
		case bulk.SendAgain:
			continue
		case bulk.SendLater:
			if w.pause(e.RetryAfter, retries) {
				continue
			}
		case bulk.Divide:
			return w.reject(inputs, e, err, started)
		case bulk.KeepUnknown:
			w.end(started, false, err)
			concludeAll(inputs, Unknown, err)
			return concluded, err
		}
		w.queue.Stop(err)
		concludeAll(inputs, NotDone, err)
		return concluded, err
	}
}

// request sends a request and reads its response.
func (w *batchWriter) request(body []byte, inputs []*input) error {
	newest := w.newest.get()
	w.requests++
	rsp, err := w.send(w.ctx, bytes.NewReader(body))
	if err != nil {
		return err
	}
	// Before another request can have a response that depends on it.
	w.accepted.Store(true)
	w.slot.Release()
	newest, err = concludeWritten(w.bulkOperation, rsp, inputs, newest)
	w.newest.note(newest)
	return err
}

func (w *batchWriter) describe(body []byte, inputs []*input, retries int) bulk.Request {
	return bulk.Request{
		TooLarge: len(body) > maxReplay, Inputs: len(inputs), Retries: retries,
		Retryable: w.retryable, ByID: w.byID, Accepted: w.accepted.Load(),
	}
}

// noteUnknown keeps an error of which the outcome is unknown with its inputs. It
// returns the [Error] in err, nil if there is none.
func noteUnknown(inputs []*input, err error) *Error {
	var e *Error
	if errors.As(err, &e) && (e.OutcomeUnknown || e.foundGone()) {
		for _, in := range inputs {
			in.unknown = e.withUnknownOutcome()
		}
	}
	return e
}

// reject ends a request of which one input may be at fault. e is the [Error] in
// err, nil if the request was not sent.
func (w *batchWriter) reject(inputs []*input, e *Error, err error, started int) (result, error) {
	if e == nil {
		return rejected, err
	}
	w.end(started, !e.OutcomeUnknown, err)
	if missing := w.checkObject(e); missing != nil {
		w.queue.Stop(missing)
		concludeAll(inputs, NotDone, missing)
		return concluded, missing
	}
	return rejected, err
}

// end notes that a request ended with err.
func (w *batchWriter) end(started int, known bool, err error) {
	if w.streak.End(started, known) {
		w.queue.Stop(err)
	}
}

// pause waits before a request is sent again, as long as the API asks for or longer
// each time. It reports false if that is too long.
func (w *batchWriter) pause(asked time.Duration, retries int) bool {
	return asked <= maxDelay && httpx.Sleep(w.ctx, max(asked, fullJitter(retries+1))) == nil
}

func (w *batchWriter) encode(inputs []*input) []byte {
	items, size := make([]*item, len(inputs)), 256
	for i, in := range inputs {
		items[i] = &in.item
		size += len(in.json) + 128
	}
	body := bytes.NewBuffer(make([]byte, 0, size))
	w.body(body, items)
	return body.Bytes()
}

// objectCheck finds out once whether the object exists.
type objectCheck struct {
	mu      sync.Mutex
	done    chan struct{} // closed after the check, nil before it starts
	missing error         // the response that it does not exist
}

// checkObject returns the API's response that the object or the workspace is
// unknown, if that may be why inputs were rejected with 404. 404 is the response for
// an unknown record too, and to find out one by one that thousands of them do not
// exist takes two requests each.
func (w *batchWriter) checkObject(e *Error) error {
	if e.StatusCode != http.StatusNotFound || w.accepted.Load() {
		return nil
	}
	c := &w.object
	c.mu.Lock()
	first := c.done == nil
	if first {
		c.done = make(chan struct{})
	}
	c.mu.Unlock()
	if !first {
		<-c.done
		return c.missing
	}
	defer close(c.done)
	w.requests++
	if err := w.probe(w.ctx); errors.Is(err, ErrNotFound) {
		c.missing = err
	}
	return c.missing
}

// newestTime is the newest time in the responses so far.
type newestTime struct {
	mu sync.Mutex
	at time.Time
}

func (n *newestTime) get() time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.at
}

func (n *newestTime) note(at time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if at.After(n.at) {
		n.at = at
	}
}
