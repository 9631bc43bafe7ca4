package clarify

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clarify-go/clarify/internal/httpx"
)

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
	if v == refused {
		b.split(of, inputs, err, accusals)
	}
	return v == accepted
}

// split writes inputs that were refused together, with err, in parts.
func (b *bulk[I, T]) split(of *batch[I, T], inputs []*slot[I, T], err error, accusals int) {
	if len(inputs) == 1 {
		b.refuse(inputs[0], 0, err)
		return
	}
	guilty, others := accused(err, inputs)
	if accusals > 0 && len(guilty) > 0 && len(guilty) <= len(others) && b.believes() {
		proven := b.resolve(of, others, accusals-1)
		if proven && len(guilty) == 1 {
			// Without it they were accepted, so it was at fault.
			b.refuse(inputs[guilty[0]], guilty[0], err)
			b.judge(true)
			return
		}
		for _, i := range guilty {
			b.judge(!b.resolve(of, inputs[i:i+1], 0))
		}
		return
	}
	first, second := inputs[:len(inputs)/2], inputs[len(inputs)/2:]
	if !failed(err) {
		// Of inputs that collide the first one is written.
		b.resolve(of, first, accusals)
		b.resolve(of, second, accusals)
		return
	}
	// The half without the input that the API fails at shows that it fails at no
	// other, before that one is looked for further: one alone is to end nothing.
	v1, err1 := b.try(of, first)
	v2, err2 := b.try(of, second)
	if v1 == refused {
		b.split(of, first, err1, accusals)
	}
	if v2 == refused {
		b.split(of, second, err2, accusals)
	}
}

// failed reports whether an error is the API's failure, and no refusal.
func failed(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.StatusCode >= 500
}

// believes reports whether what the API says is at fault is worth looking at.
func (b *bulk[I, T]) believes() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.innocent <= mostFalse
}

// judge notes whether an input that the API said was at fault was so.
func (b *bulk[I, T]) judge(guilty bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if guilty {
		b.innocent--
	} else {
		b.innocent++
	}
}

// refuse gives an input, which was the i-th in a request, the outcome of one that
// was refused.
func (b *bulk[I, T]) refuse(s *slot[I, T], i int, err error) {
	var e *Error
	if !errors.As(err, &e) {
		s.settle(Refused, err)
		return
	}
	if b.deletes && s.doubt != nil && e.StatusCode == http.StatusNotFound {
		s.settle(Deleted, nil)
		return
	}
	s.settle(Refused, e.about(i))
}

// accused returns the indexes of the inputs that an error says are at fault, and
// the others.
func accused[I, T any](err error, inputs []*slot[I, T]) (guilty []int, others []*slot[I, T]) {
	var e *Error
	if !errors.As(err, &e) || e.StatusCode >= 500 {
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

// about returns the error as it would be if the i-th input had been sent alone. If
// nothing in it is about that one, it says all that the API did.
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
	if len(alone.Errors) == 0 {
		alone.Errors = e.Errors
	}
	return &alone
}

// aboutRequest reports whether an error is about a part of the body that all
// inputs have in common. A pointer that leads to no part of it, because it has
// another form or begins elsewhere, does not say so: what is refused may be one
// input.
func (e *Error) aboutRequest() bool {
	return slices.ContainsFunc(e.Errors, func(problem ErrorObject) bool {
		after, rooted := strings.CutPrefix(problem.Pointer, "/")
		member, _, _ := strings.Cut(after, "/")
		return rooted && (member == "match_on" || member == "meta")
	})
}

// try sends inputs in one request. What is refused is left to the caller; all
// else is settled.
func (b *bulk[I, T]) try(of *batch[I, T], inputs []*slot[I, T]) (verdict, error) {
	body := b.encode(inputs)
	for repeats := 0; ; repeats++ {
		b.take(of)
		if err := b.reason(); err != nil && (!of.begun || of.requests > 0 || b.ctx.Err() != nil) {
			return settleAll(inputs, NotDone, err)
		}
		began, latest := b.begin()
		of.requests++
		rsp, err := b.send(b.ctx, bytes.NewReader(body))
		if err == nil {
			b.noteWrote()
			// To read the response takes no request.
			b.pass(of)
			err = b.accept(rsp, inputs, latest)
		}
		if err == nil {
			b.end(began, true, nil)
			return accepted, nil
		}
		var e *Error
		if errors.As(err, &e) && (e.OutcomeUnknown || e.foundGone()) {
			for _, s := range inputs {
				s.doubt = e.doubtful()
			}
		}
		switch {
		case e == nil:
			// It was not sent. One by one the inputs may not be too large.
			if len(body) > maxReplay {
				return refused, err
			}
			b.stop(err)
			return settleAll(inputs, NotDone, err)
		case e.OutcomeUnknown && b.repeatable && repeats < mostFailures && (b.isRefusal(e) || e.StatusCode/100 == 2):
			// An earlier attempt had no response, and this one was refused: what is
			// refused once more was not done before. Or the response cannot be read.
			continue
		case e.StatusCode == http.StatusConflict && !e.OutcomeUnknown && repeats < mostFailures && b.pause(e.RetryAfter, repeats):
			// The schema is being changed, so nothing was done.
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
			if missing := b.find(of, e); missing != nil {
				b.stop(missing)
				return settleAll(inputs, NotDone, missing)
			}
			return refused, err
		default:
			b.stop(err)
			return settleAll(inputs, NotDone, err)
		}
	}
}

// pause waits before a request is repeated, as long as the API asks for or longer
// each time. It reports false if that is too long.
func (b *bulk[I, T]) pause(asked time.Duration, repeats int) bool {
	return asked <= maxDelay && httpx.Sleep(b.ctx, max(asked, fullJitter(repeats+1))) == nil
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

// isRefusal reports whether a response says that an input is not accepted.
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

// find returns the API's response that the object is unknown, or the workspace, if
// that may be why inputs were refused. 404 says as much of an unknown record, and
// to find out that there is none of thousands takes two requests each.
func (b *bulk[I, T]) find(of *batch[I, T], e *Error) error {
	if e.StatusCode != http.StatusNotFound {
		return nil
	}
	b.mu.Lock()
	wrote, first := b.wrote, b.looked == nil
	if first && !wrote {
		b.looked = make(chan struct{})
	}
	b.mu.Unlock()
	if wrote {
		return nil
	}
	if !first {
		<-b.looked
		return b.missing
	}
	defer close(b.looked)
	of.requests++
	if err := b.look(b.ctx); errors.Is(err, ErrNotFound) {
		b.missing = err
	}
	return b.missing
}

// noteWrote notes that something was written, before another request can be answered
// that depends on it.
func (b *bulk[I, T]) noteWrote() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wrote = true
}

// begin notes that a request begins. It returns when, and the latest time that
// responds had by then.
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
