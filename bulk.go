package clarify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/clarify-go/clarify/internal/inflight"
)

const (
	// defaultBatch is how many records the vendor advises for a request.
	defaultBatch = 100
	// defaultUnderWay is how many requests are under way at once. With these an
	// response may take 80 milliseconds before the rate limit is not what holds a run
	// up, and a run that ends early leaves little behind of which nothing is known.
	defaultUnderWay = 4
	// mostBatchSize is far beyond what the vendor advises, and little enough for
	// responds to be read.
	mostBatchSize = 10_000
	// mostBatchBytes ends a batch early, as a server takes no body of any size.
	mostBatchBytes = 4 << 20
	// batchesAhead is how many batches are held for each request under way: one
	// that has to be taken apart does not hold up the others for long.
	batchesAhead = 4
	// mostFailures is how many requests in a row may have an outcome that is not
	// known before no more are sent.
	mostFailures = 5
	// mostAccusals is how often a batch is sent again without what the API says is
	// at fault, before it is sent in halves. Of a hundred inputs, one in a hundred of
	// which is bad, hardly ever are there more.
	mostAccusals = 8
	// mostFalse is how many more inputs may turn out to be innocent than guilty of
	// those that the API says are at fault, before it is not listened to any more.
	mostFalse = 4
	// clockSkew is how far the clocks of the API's servers may be apart.
	clockSkew = time.Minute
)

// item is an input as it is sent.
type item struct {
	id   string
	text json.RawMessage // the id in JSON, where it stands beside the input
	json json.RawMessage
	keys []string        // two items that share one are written in their order
	meta json.RawMessage // how an update combines, the same for a whole request
}

// slot is an input and what became of it.
type slot[I, T any] struct {
	item
	input   I
	outcome Outcome
	record  *Record[T]
	err     error
	doubt   *Error // an attempt that may have written it, nil if there was none
}

func (s *slot[I, T]) settle(o Outcome, err error) {
	// What nobody tries any more was maybe done with others before.
	if o == NotDone && s.doubt != nil {
		o, err = Unknown, s.doubt
	}
	s.outcome, s.err = o, err
}

// batch is inputs that are sent together, if they can be.
type batch[I, T any] struct {
	all      []*slot[I, T] // all inputs in their order
	sent     []*slot[I, T] // those that can be sent
	bytes    int
	after    []*batch[I, T] // those that must have ended before
	done     chan struct{}
	turn     chan struct{} // tells that it may make requests
	has      bool          // whether it may
	begun    bool          // whether its turn came before anything ended it all
	requests int
	panicked any
	returned bool
}

// bulk writes many records. What it has to know about what it writes is in its
// first fields.
type bulk[I, T any] struct {
	operation  string
	repeatable bool // whether a request may be sent twice
	byID       bool // whether inputs name records that must be there
	deletes    bool
	prepare    func(I) (item, error)
	frame      int // how many bytes a request has beside its inputs, at most
	around     int // how many of them stand around each input, at most
	body       func(*bytes.Buffer, []*item)
	send       func(context.Context, *bytes.Reader) (*http.Response, error)
	look       func(context.Context) error // whether the object is there, if byID

	bulkOptions
	ctx   context.Context
	group sync.WaitGroup

	mu       sync.Mutex
	underWay int            // how many batches have a request under way, or are between two
	waiting  []*batch[I, T] // those that are to be next, in order
	stopped  error          // why nothing more is sent
	clock    int            // counts the beginnings and ends of requests
	failures int            // requests in a row without a known outcome, each after the one before
	failed   int            // when the last one of them ended
	latest   time.Time      // the latest time in a response
	wrote    bool           // whether anything was accepted
	innocent int            // how many more of the accused were innocent than guilty
	looked   chan struct{}  // closed after a look at the object, nil before it
	missing  error          // that the object is not there, once it was looked for

	// These are the loop's.
	window    []*batch[I, T]          // what has not been reported
	owners    map[string]*batch[I, T] // the last one in the window that has a key
	index     int
	confirmed int
	certain   bool // whether all inputs so far have a certain outcome
	progress  Progress
}

// run reads inputs, has them written, and yields what became of them.
func run[I, T any](ctx context.Context, inputs iter.Seq2[I, error], opts []BulkOption, configure func(*bulkOptions) (*bulk[I, T], error)) iter.Seq2[BulkResult[I, T], error] {
	return func(yield func(BulkResult[I, T], error) bool) {
		o := bulkOptions{batchSize: defaultBatch}
		err := o.read(opts)
		switch {
		case err != nil:
		case ctx == nil:
			err = errNilContext
		case inputs == nil:
			err = errors.New("clarify: the sequence of inputs is nil")
		}
		var b *bulk[I, T]
		if err == nil {
			b, err = configure(&o)
		}
		if err != nil {
			yield(BulkResult[I, T]{}, err)
			return
		}
		inner, cancel := context.WithCancel(ctx)
		b.bulkOptions, b.ctx = o, inner
		b.concurrency = cmp.Or(o.concurrency, defaultUnderWay)
		b.owners = map[string]*batch[I, T]{}
		b.certain = true
		// However the loop is left, no request and no goroutine outlives it.
		defer b.group.Wait()
		defer cancel()
		left := b.all(inputs, yield)
		if left {
			return
		}
		if err := b.reason(); err != nil {
			yield(BulkResult[I, T]{}, err)
		}
	}
}

// read puts options together and checks them.
func (o *bulkOptions) read(opts []BulkOption) error {
	for _, opt := range opts {
		if opt == nil {
			return errNilOption
		}
		opt.bulk(o)
	}
	q := &o.query
	switch {
	case o.nilOption:
		return errNilOption
	case o.writing.err != nil:
		return o.writing.err
	case q.err != nil:
		return q.err
	case q.conditions != nil || q.sort != nil || q.include != nil || q.search != "" || q.pageSize != nil || q.limit != nil || q.offset != nil || q.stable:
		return errors.New("clarify: what is written takes no option of a query but Concurrency")
	}
	return nil
}

// all takes the inputs and yields the results. It reports whether the loop was
// left.
func (b *bulk[I, T]) all(inputs iter.Seq2[I, error], yield func(BulkResult[I, T], error) bool) (left bool) {
	next := &batch[I, T]{}
	most := batchesAhead * b.concurrency
	taken := 0
	for input, err := range inputs {
		if taken++; taken <= b.resume {
			if b.reason() != nil {
				break
			}
			continue
		}
		s := &slot[I, T]{input: input}
		if err == nil {
			s.item, err = b.prepare(input)
		}
		if err != nil {
			s.settle(Refused, err)
		} else if !b.fits(next, s) {
			if !b.launch(next, most, yield) {
				return true
			}
			next = &batch[I, T]{}
		}
		b.add(next, s)
		// Results come out while the inputs still do, however slowly those come.
		if !b.drain(most, yield) {
			return true
		}
		if len(next.sent) >= b.batchSize || len(next.all) >= batchesAhead*b.batchSize {
			if !b.launch(next, most, yield) {
				return true
			}
			next = &batch[I, T]{}
		}
		if b.reason() != nil {
			break
		}
	}
	if taken < b.resume && b.reason() == nil {
		b.stop(fmt.Errorf("clarify: Resume(%d): there are only %d inputs, so they are not the same as before", b.resume, taken))
	}
	return !b.launch(next, 1, yield)
}

// fits reports whether an input can be sent in a request with those of a batch.
func (b *bulk[I, T]) fits(to *batch[I, T], s *slot[I, T]) bool {
	if len(to.sent) == 0 {
		return true
	}
	return to.bytes+b.size(s) <= mostBatchBytes && bytes.Equal(s.meta, to.sent[0].meta) &&
		!slices.ContainsFunc(s.keys, func(key string) bool { return b.owners[key] == to })
}

// size is how many bytes an input takes in a request, at most.
func (b *bulk[I, T]) size(s *slot[I, T]) int { return b.around + len(s.text) + len(s.json) }

func (b *bulk[I, T]) add(to *batch[I, T], s *slot[I, T]) {
	to.all = append(to.all, s)
	if s.outcome == Refused {
		return
	}
	if len(to.sent) == 0 {
		to.bytes = b.frame + len(s.meta)
	}
	to.sent = append(to.sent, s)
	to.bytes += b.size(s)
	for _, key := range s.keys {
		if earlier := b.owners[key]; earlier != nil && earlier != to && !slices.Contains(to.after, earlier) {
			to.after = append(to.after, earlier)
		}
		b.owners[key] = to
	}
}

// launch begins to write a batch, and drains.
func (b *bulk[I, T]) launch(next *batch[I, T], most int, yield func(BulkResult[I, T], error) bool) bool {
	if len(next.all) > 0 {
		next.done = make(chan struct{})
		b.window = append(b.window, next)
		next.turn = make(chan struct{}, 1)
		b.mu.Lock()
		b.waiting = append(b.waiting, next)
		b.next()
		b.mu.Unlock()
		b.group.Add(1)
		go b.write(next)
	}
	return b.drain(most, yield)
}

// drain yields the results that there are in their order, and waits for them until
// fewer than most batches are held. It reports false if the loop is left.
func (b *bulk[I, T]) drain(most int, yield func(BulkResult[I, T], error) bool) bool {
	for len(b.window) > 0 {
		head := b.window[0]
		if len(b.window) < most {
			select {
			case <-head.done:
			default:
				return true
			}
		}
		<-head.done
		b.window[0] = nil
		b.window = b.window[1:]
		if head.panicked != nil {
			panic(head.panicked)
		}
		if !b.report(head, yield) {
			return false
		}
	}
	return true
}

// report yields the results of a batch that has ended.
func (b *bulk[I, T]) report(of *batch[I, T], yield func(BulkResult[I, T], error) bool) bool {
	for _, s := range of.sent {
		for _, key := range s.keys {
			if b.owners[key] == of {
				delete(b.owners, key)
			}
		}
	}
	for i, s := range of.all {
		at := b.resume + b.index
		b.index++
		if b.certain = b.certain && s.outcome.Certain(); b.certain {
			b.confirmed = b.index
		}
		b.progress.counts[s.outcome]++
		of.all[i] = nil
		if !yield(BulkResult[I, T]{
			Index: at, Input: s.input, Outcome: s.outcome, Record: s.record, Err: s.err, Confirmed: b.resume + b.confirmed,
		}, nil) {
			return false
		}
	}
	b.progress.Done, b.progress.Confirmed = b.resume+b.index, b.resume+b.confirmed
	b.progress.Requests += of.requests
	if b.onBatch != nil {
		b.onBatch(b.progress)
	}
	return true
}

// reason is why nothing more is sent, nil if there is no reason.
func (b *bulk[I, T]) reason() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped == nil && b.ctx.Err() != nil {
		b.stopped = b.ctx.Err()
	}
	return b.stopped
}

func (b *bulk[I, T]) stop(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped == nil {
		b.stopped = err
	}
}

// next has the batches make requests whose turn it is, as many as may be under
// way. It needs the lock.
func (b *bulk[I, T]) next() {
	for at := 0; b.underWay < b.concurrency && at < len(b.waiting); {
		of := b.waiting[at]
		// What follows an input that ended it all is not sent, and what precedes it
		// is.
		of.begun = of.begun || of.requests > 0 || b.stopped == nil
		if !of.ready() {
			// Whom it waits for may need another turn, so it must not hold one.
			at++
			continue
		}
		b.waiting = slices.Delete(b.waiting, at, at+1)
		b.underWay++
		of.turn <- struct{}{}
	}
}

// ready reports whether all batches have ended that must have before.
func (of *batch[I, T]) ready() bool {
	for _, earlier := range of.after {
		select {
		case <-earlier.done:
		default:
			return false
		}
	}
	of.after = nil
	return true
}

// take returns when a batch may make a request. One that has made others does not
// wait for those that have not.
func (b *bulk[I, T]) take(of *batch[I, T]) {
	if of.has {
		return
	}
	if of.requests > 0 {
		b.mu.Lock()
		b.waiting = slices.Insert(b.waiting, 0, of)
		b.next()
		b.mu.Unlock()
	}
	<-of.turn
	of.has = true
}

// give lets another batch make requests when this one has ended, though its turn
// may not have come.
func (b *bulk[I, T]) give(of *batch[I, T]) {
	if of.requests == 0 {
		b.take(of)
	}
	b.pass(of)
}

// pass lets another batch make requests.
func (b *bulk[I, T]) pass(of *batch[I, T]) {
	if !of.has {
		return
	}
	of.has = false
	b.mu.Lock()
	defer b.mu.Unlock()
	b.underWay--
	b.next()
}

// ended tells that there is no more to come of a batch, for which others may wait.
func (b *bulk[I, T]) ended(of *batch[I, T]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(of.done)
	b.next()
}

// write writes a batch, one request after the other.
func (b *bulk[I, T]) write(of *batch[I, T]) {
	defer b.group.Done()
	defer b.ended(of)
	defer func() {
		// What panics is code of the caller's, such as an UnmarshalJSON: the caller
		// should be able to recover.
		of.panicked = recover()
		if of.panicked == nil && !of.returned {
			b.stop(inflight.ErrExited)
		}
	}()
	defer b.give(of)
	if len(of.sent) > 0 {
		b.resolve(of, of.sent, mostAccusals)
	}
	of.returned = true
}
