package clarify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// defaultBatch is how many records the vendor advises for a request.
	defaultBatch = 100
	// mostBatchBytes ends a batch early, as a server takes no body of any size.
	mostBatchBytes = 4 << 20
	// batchesAhead is how many batches are held for each request under way: one
	// that has to be taken apart does not hold up the others for long.
	batchesAhead = 4
	// mostFailures is how many requests in a row may have an outcome that is not
	// known before no more are sent.
	mostFailures = 5
	// mostAccusals is how often a batch is sent again without what the API says is
	// at fault, before it is sent in halves.
	mostAccusals = 2
	// clockSkew is how far the clocks of the API's servers may be apart.
	clockSkew = time.Minute
)

// item is an input as it is sent.
type item struct {
	id   string
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
	gone    bool // whether an attempt to delete it may have succeeded
}

func (s *slot[I, T]) settle(o Outcome, err error) { s.outcome, s.err = o, err }

// batch is inputs that are sent together, if they can be.
type batch[I, T any] struct {
	all      []*slot[I, T] // all inputs in their order
	sent     []*slot[I, T] // those that can be sent
	bytes    int
	after    []*batch[I, T] // those that must have ended before
	done     chan struct{}
	begun    bool // whether it was started before anything ended it all
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
	body       func(*bytes.Buffer, []*item)
	send       func(context.Context, *bytes.Reader) (*http.Response, error)

	bulkOptions
	ctx   context.Context
	group sync.WaitGroup

	mu       sync.Mutex
	running  int            // how many batches are being written
	waiting  []*batch[I, T] // those that are to be written after them, in order
	stopped  error          // why nothing more is sent
	clock    int            // counts the beginnings and ends of requests
	failures int            // requests in a row without a known outcome, each after the one before
	failed   int            // when the last one of them ended
	latest   time.Time      // the latest time in an answer
	wrote    bool           // whether anything was accepted

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
		b.concurrency = max(1, o.concurrency)
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
	return to.bytes+len(s.json) <= mostBatchBytes && bytes.Equal(s.meta, to.sent[0].meta) &&
		!slices.ContainsFunc(s.keys, func(key string) bool { return b.owners[key] == to })
}

func (b *bulk[I, T]) add(to *batch[I, T], s *slot[I, T]) {
	to.all = append(to.all, s)
	if s.outcome == Refused {
		return
	}
	to.sent = append(to.sent, s)
	to.bytes += len(s.json)
	for _, key := range s.keys {
		if earlier := b.owners[key]; earlier != nil && earlier != to && !slices.Contains(to.after, earlier) {
			to.after = append(to.after, earlier)
		}
		b.owners[key] = to
	}
}

// launch begins to write a batch, and yields results until fewer than most
// batches are held. It reports false if the loop is left.
func (b *bulk[I, T]) launch(next *batch[I, T], most int, yield func(BulkResult[I, T], error) bool) bool {
	if len(next.all) > 0 {
		next.done = make(chan struct{})
		b.window = append(b.window, next)
		b.group.Add(1)
		b.mu.Lock()
		b.waiting = append(b.waiting, next)
		b.start()
		b.mu.Unlock()
	}
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
		b.progress.Counts[s.outcome]++
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

// start starts to write the batches that are next, as many as may be written at
// once. It needs the lock.
func (b *bulk[I, T]) start() {
	for b.running < b.concurrency && len(b.waiting) > 0 {
		b.running++
		// What follows an input that ended it all is not sent, and what precedes it
		// is.
		b.waiting[0].begun = b.stopped == nil
		go b.write(b.waiting[0])
		b.waiting = b.waiting[1:]
	}
}

// write writes a batch, one request after the other.
func (b *bulk[I, T]) write(of *batch[I, T]) {
	defer b.group.Done()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.running--
		b.start()
	}()
	defer close(of.done)
	defer func() {
		// What panics is code of the caller's, such as an UnmarshalJSON: the caller
		// should be able to recover.
		of.panicked = recover()
		if of.panicked == nil && !of.returned {
			b.stop(errEnded)
		}
	}()
	// They were started before this one, so they do end.
	for _, earlier := range of.after {
		<-earlier.done
	}
	of.after = nil
	if len(of.sent) > 0 {
		b.resolve(of, of.sent, mostAccusals)
	}
	of.returned = true
}

// verdict is what became of a request.
type verdict int

const (
	accepted  verdict = iota // all its inputs are written
	refused                  // none of them is, because of one or some of them
	undecided                // each has an outcome that is not about it
)

// resolve writes inputs: together, and if that is refused, in parts, until each
// one that is refused stands alone. It reports whether they were accepted
// together.
func (b *bulk[I, T]) resolve(of *batch[I, T], inputs []*slot[I, T], accusals int) bool {
	v, err := b.try(of, inputs)
	if v != refused {
		return v == accepted
	}
	if len(inputs) == 1 {
		b.refuse(inputs[0], 0, err)
		return false
	}
	guilty, others := accused(err, inputs)
	if accusals > 0 && len(guilty) > 0 && len(guilty) <= len(others) {
		proven := b.resolve(of, others, accusals-1)
		if proven && len(guilty) == 1 {
			// Without it they were accepted, so it was at fault.
			b.refuse(inputs[guilty[0]], guilty[0], err)
			return false
		}
		for _, i := range guilty {
			b.resolve(of, inputs[i:i+1], 0)
		}
		return false
	}
	half := len(inputs) / 2
	b.resolve(of, inputs[:half], accusals)
	b.resolve(of, inputs[half:], accusals)
	return false
}

// refuse gives an input, which was the i-th in a request, the outcome of one that
// was refused.
func (b *bulk[I, T]) refuse(s *slot[I, T], i int, err error) {
	var e *Error
	if !errors.As(err, &e) {
		s.settle(Refused, err)
		return
	}
	if b.deletes && s.gone && e.StatusCode == http.StatusNotFound {
		s.settle(Deleted, nil)
		return
	}
	s.settle(Refused, e.about(i))
}

// accused returns the indexes of the inputs that an error says are at fault, and
// the others.
func accused[I, T any](err error, inputs []*slot[I, T]) (guilty []int, others []*slot[I, T]) {
	var e *Error
	if !errors.As(err, &e) {
		return nil, nil
	}
	for _, problem := range e.Errors {
		if _, i, _, ok := pointedAt(problem.Pointer); ok && i < len(inputs) && !slices.Contains(guilty, i) {
			guilty = append(guilty, i)
		}
	}
	slices.Sort(guilty)
	for i, s := range inputs {
		if _, found := slices.BinarySearch(guilty, i); !found {
			others = append(others, s)
		}
	}
	return guilty, others
}

// pointedAt takes a pointer into a body apart: the list of inputs, which of them
// it leads to, and what stands after that.
func pointedAt(pointer string) (list string, i int, rest string, ok bool) {
	for _, list := range []string{"/data/", "/items/"} {
		if after, found := strings.CutPrefix(pointer, list); found {
			number, _, _ := strings.Cut(after, "/")
			i, err := strconv.Atoi(number)
			return list, i, after[len(number):], err == nil && i >= 0
		}
	}
	return "", 0, "", false
}

// about returns the error as it would be if the i-th input had been sent alone.
func (e *Error) about(i int) *Error {
	alone := *e
	alone.Errors = nil
	for _, problem := range e.Errors {
		if list, at, rest, ok := pointedAt(problem.Pointer); ok {
			if at != i {
				continue
			}
			problem.Pointer = list + "0" + rest
		}
		alone.Errors = append(alone.Errors, problem)
	}
	return &alone
}

// aboutRequest reports whether an error is about a part of the body that all
// inputs have in common, such as match_on.
func (e *Error) aboutRequest() bool {
	return slices.ContainsFunc(e.Errors, func(problem ErrorObject) bool {
		return problem.Pointer != "" && !strings.HasPrefix(problem.Pointer, "/data") && !strings.HasPrefix(problem.Pointer, "/items")
	})
}

// try sends inputs in one request. What is refused is left to the caller; all
// else is settled.
func (b *bulk[I, T]) try(of *batch[I, T], inputs []*slot[I, T]) (verdict, error) {
	body := b.encode(inputs)
	for repeats := 0; ; repeats++ {
		if err := b.reason(); err != nil && (!of.begun || of.requests > 0 || b.ctx.Err() != nil) {
			return settleAll(inputs, NotDone, err)
		}
		began, latest := b.begin()
		of.requests++
		rsp, err := b.send(b.ctx, bytes.NewReader(body))
		if err == nil {
			err = b.accept(rsp, inputs, latest)
		}
		if err == nil {
			b.end(began, true, nil)
			return accepted, nil
		}
		var e *Error
		switch {
		case !errors.As(err, &e):
			// It was not sent. One by one the inputs may not be too large.
			if len(body) > maxReplay {
				return refused, err
			}
			b.stop(err)
			return settleAll(inputs, NotDone, err)
		case e.OutcomeUnknown && b.repeatable && repeats < mostFailures && (b.isRefusal(e) || e.StatusCode/100 == 2):
			// An earlier attempt had no answer, and this one was refused: what is
			// refused once more was not done before. Or the answer cannot be read.
			continue
		case e.OutcomeUnknown && b.repeatable && e.StatusCode >= 500 && len(inputs) > 1:
			// Maybe one of them is what the API fails at.
			b.end(began, false, err)
			return refused, err
		case e.OutcomeUnknown:
			b.end(began, false, err)
			return settleAll(inputs, Unknown, err)
		case b.isRefusal(e) && !e.aboutRequest():
			b.end(began, true, nil)
			if e.foundGone() {
				for _, s := range inputs {
					s.gone = true
				}
			}
			return refused, err
		default:
			b.stop(err)
			return settleAll(inputs, NotDone, err)
		}
	}
}

func settleAll[I, T any](inputs []*slot[I, T], o Outcome, err error) (verdict, error) {
	for _, s := range inputs {
		s.settle(o, err)
	}
	return undecided, err
}

func (b *bulk[I, T]) encode(inputs []*slot[I, T]) []byte {
	items, size := make([]*item, len(inputs)), 256
	for i, s := range inputs {
		items[i] = &s.item
		size += len(s.json) + 128
	}
	body := bytes.NewBuffer(make([]byte, 0, size))
	b.body(body, items)
	return body.Bytes()
}

// isRefusal reports whether an answer says that an input is not accepted.
func (b *bulk[I, T]) isRefusal(e *Error) bool {
	switch e.StatusCode {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		return true
	case http.StatusNotFound:
		return b.byID
	case http.StatusForbidden:
		// If nothing was accepted yet, it is the credential that is not.
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.byID && b.wrote
	}
	return false
}

// begin notes that a request begins. It returns when, and the latest time that
// answers had by then.
func (b *bulk[I, T]) begin() (at int, latest time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock++
	return b.clock, b.latest
}

// end notes that a request ended, and whether its outcome is known.
func (b *bulk[I, T]) end(began int, known bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock++
	switch {
	case known:
		b.failures = 0
	case began > b.failed:
		// Those that failed together failed for one reason.
		b.failed = b.clock
		if b.failures++; b.failures >= mostFailures && b.stopped == nil {
			b.stopped = err
		}
	}
}

// written is attributes as they are answered to a write.
type written[T any] struct {
	stamps
	raw        json.RawMessage
	attributes T
}

func (w *written[T]) UnmarshalJSON(raw []byte) error {
	if err := decode(raw, &w.stamps); err != nil {
		return err
	}
	w.raw = bytes.Clone(raw)
	return decode(raw, &w.attributes)
}

// accept settles inputs by the answer to a request that wrote them. latest is the
// latest time that answers had before.
func (b *bulk[I, T]) accept(rsp *http.Response, inputs []*slot[I, T], latest time.Time) error {
	if b.deletes {
		if err := finish(rsp, nil); err != nil {
			return err
		}
		for _, s := range inputs {
			s.settle(Deleted, nil)
		}
		b.note(latest)
		return nil
	}
	page, _, err := readPage[written[T]](rsp)
	var places []int
	if err == nil {
		places, err = b.assign(page.Records, inputs)
	}
	if err != nil {
		return answerError(b.operation, rsp, err)
	}
	uncertain := wasUncertain(rsp)
	for i, s := range inputs {
		r := &page.Records[places[i]]
		s.record = &Record[T]{Type: r.Type, ID: r.ID, Attributes: r.Attributes.attributes, Relationships: r.Relationships}
		s.settle(b.outcome(r.Attributes.stamps, latest, uncertain), nil)
	}
	for i := range page.Records {
		for _, at := range []time.Time{page.Records[i].Attributes.CreatedAt, page.Records[i].Attributes.UpdatedAt} {
			if at.After(latest) {
				latest = at
			}
		}
	}
	b.note(latest)
	return nil
}

// note notes that something was written, and the latest time that answers had.
func (b *bulk[I, T]) note(latest time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wrote = true
	if latest.After(b.latest) {
		b.latest = latest
	}
}

// wasUncertain reports whether a request had earlier attempts that may have been
// carried out.
func wasUncertain(rsp *http.Response) bool {
	held, ok := rsp.Body.(*heldBody)
	if !ok {
		return false
	}
	var e Error
	held.describe(&e)
	return e.uncertain
}

// outcome tells what a write did by the times of the record that it answered.
// latest is the latest time that answers had before the request.
func (b *bulk[I, T]) outcome(s stamps, latest time.Time, uncertain bool) Outcome {
	switch {
	case b.byID:
		return Updated
	case b.matchOn == "":
		return Created
	case s.CreatedAt.IsZero():
		return Written
	case s.CreatedAt.Before(latest.Add(-clockSkew)):
		return Updated
	case s.UpdatedAt.IsZero() || s.UpdatedAt.Equal(s.CreatedAt):
		return Created
	case uncertain || s.UpdatedAt.Sub(s.CreatedAt).Abs() < time.Second && !s.CreatedAt.Before(latest):
		// An attempt that had no answer may have created it, or the API may take the
		// two times one after the other.
		return Written
	}
	return Updated
}

// assign returns where in an answer the record of each input is.
func (b *bulk[I, T]) assign(records []Record[written[T]], inputs []*slot[I, T]) ([]int, error) {
	places := make([]int, len(inputs))
	if b.byID {
		byID := make(map[string]int, len(records))
		for i := range records {
			byID[records[i].ID] = i
		}
		for i, s := range inputs {
			place, ok := byID[s.id]
			if !ok {
				return nil, fmt.Errorf("it does not have the record %s, which was updated", s.id)
			}
			places[i] = place
		}
		return places, nil
	}
	if len(records) != len(inputs) {
		return nil, fmt.Errorf("it has %d records, and %d were written", len(records), len(inputs))
	}
	byKey := map[string]int{}
	if b.matchOn != "" {
		for i := range records {
			var members map[string]json.RawMessage
			if err := json.Unmarshal(records[i].Attributes.raw, &members); err != nil {
				return nil, err
			}
			for _, key := range keysOf(members[b.matchOn]) {
				byKey[key] = i
			}
		}
	}
	taken := make([]bool, len(records))
	for i, s := range inputs {
		places[i] = i
		for _, key := range s.keys {
			if place, ok := byKey[key]; ok {
				places[i] = place
				break
			}
		}
		if taken[places[i]] {
			return nil, fmt.Errorf("the record %s in it is that of several inputs", records[places[i]].ID)
		}
		taken[places[i]] = true
	}
	return places, nil
}
