package clarify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// stableReader sends the requests of an iteration with [Stable].
type stableReader[T any] struct {
	listing *listing
	send    sender
	column  string     // _created_at or _updated_at, the order
	fixed   parameters // the same in all requests
	lower   parameters // the caller's condition that the cursor's replaces
	upper   parameters // the caller's condition that fetchSameTime replaces
	before  time.Time  // the time in upper
	size    int
}

// stableRequest is a request for records from a time on.
type stableRequest struct {
	from   time.Time // zero for the beginning
	offset int       // how many records from that time on to skip
	size   int
	rank   int // the position of its first record, counted from the same record as others in the queue
}

// stableResult is the result of a request.
type stableResult[T any] struct {
	stableRequest
	page *Page[stamped[T]]
	more bool // whether records follow
	left int  // how many records there are from the time on, -1 if that is not known
	err  error

	fingerprint uint64 // of the ids
}

// newStableReader separates the conditions, because an operator can be sent only once
// for each field.
func newStableReader[T any](l *listing, send sender, q *query) (*stableReader[T], error) {
	s := &stableReader[T]{listing: l, send: send, column: cmp.Or(q.stableBy, createdAt), size: maxPageSize}
	if q.pageSize != nil {
		s.size = *q.pageSize
	}
	var others []condition
	var err error
	for _, c := range q.conditions {
		switch {
		case c.field == s.column && c.op == IsOnOrAfter:
			s.lower, err = l.conditions([]condition{c})
		case c.field == s.column && c.op == IsBefore:
			if s.upper, err = l.conditions([]condition{c}); err == nil {
				err = s.readUpper(c)
			}
		default:
			others = append(others, c)
		}
		if err != nil {
			return nil, err
		}
	}
	s.fixed, err = l.conditions(others)
	s.fixed.addInclude(q.include)
	return s, err
}

func (s *stableReader[T]) readUpper(c condition) error {
	values, err := s.listing.values(c)
	if err != nil {
		return err
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if s.before, err = time.Parse(layout, values[0]); err == nil {
			return nil
		}
	}
	return c.wrong("with Stable the value must be a time or a day, got %q", values[0])
}

// fetch reads records in the order of the column. It calls sent when the request is
// no longer in flight.
func (s *stableReader[T]) fetch(ctx context.Context, what stableRequest, sent func()) stableResult[T] {
	params := append(parameters{}, s.fixed...)
	params = append(params, s.upper...)
	if what.from.IsZero() {
		params = append(params, s.lower...)
	} else {
		params.add(what.from.Format(timestamp), "filter", s.column, string(IsOnOrAfter))
	}
	params.add(s.column, "sortOrder", "column")
	return s.do(ctx, params, what, sent, s.checkOrder)
}

// fetchSameTime reads the records of one time, in the order of their ids.
func (s *stableReader[T]) fetchSameTime(ctx context.Context, what stableRequest) stableResult[T] {
	// The API sends milliseconds, but may store times more precisely.
	end := what.from.Add(time.Millisecond)
	// If the caller's condition is a day, the API may end it in another time zone, so
	// its own comparison decides.
	if s.upper != nil && what.from.Before(s.before) && s.before.Before(end) {
		end = s.before
	}
	params := append(parameters{}, s.fixed...)
	params.add(what.from.Format(timestamp), "filter", s.column, string(IsOnOrAfter))
	params.add(end.UTC().Format(timestamp), "filter", s.column, string(IsBefore))
	params.add("_id", "sortOrder", "column")
	return s.do(ctx, params, what, func() {}, s.checkSameTime)
}

func (s *stableReader[T]) do(ctx context.Context, params parameters, what stableRequest, sent func(), check func([]Record[stamped[T]], time.Time) error) stableResult[T] {
	params.add(string(Ascending), "sortOrder", "dir")
	if what.offset > 0 {
		params.add(strconv.Itoa(what.offset), "page", "offset")
	}
	params.add(strconv.Itoa(what.size), "page", "limit")
	rsp, err := s.send(ctx, func(_ context.Context, req *http.Request) error {
		req.URL.RawQuery = params.encode()
		return nil
	})
	sent()
	if err != nil {
		return stableResult[T]{err: err}
	}
	decoded := decodingBegins(rsp)
	page, e, err := readPage[stamped[T]](rsp)
	if err != nil {
		return stableResult[T]{err: responseError(s.listing.operation, rsp, err)}
	}
	decoded(e.count)
	r := stableResult[T]{stableRequest: what, page: page, left: e.total, fingerprint: e.fingerprint}
	if r.more, err = s.more(what, &e); err == nil {
		err = s.truncateTimes(page.Records)
	}
	if err == nil {
		err = check(page.Records, what.from)
	}
	if err != nil {
		r.err = responseError(s.listing.operation, rsp, err)
		return r
	}
	release(rsp)
	return r
}

// more reports whether records follow those of a response.
func (s *stableReader[T]) more(what stableRequest, e *envelope) (bool, error) {
	more, err := true, error(nil)
	switch {
	case e.links.next == "":
		more, err = e.more(s.listing.paging, what.size, what.offset+e.count)
	case e.count == 0:
		err = errors.New("the page is empty, but has a link to a next one")
	}
	if e.count == 0 && what.offset > 0 {
		// The records may have been deleted. Others are read from an earlier position.
		err = nil
	}
	return more, err
}

// at returns the time of a record that determines its place in the order.
func (s *stableReader[T]) at(r *Record[stamped[T]]) time.Time {
	return *r.Attributes.at(s.column)
}

// truncateTimes sets the times of the column to UTC and whole milliseconds. A record
// without one is an error.
func (s *stableReader[T]) truncateTimes(records []Record[stamped[T]]) error {
	for i := range records {
		at := records[i].Attributes.at(s.column)
		if at.IsZero() {
			return fmt.Errorf("the record %s has no %s, which the order of reading needs", records[i].ID, s.column)
		}
		*at = at.UTC().Truncate(time.Millisecond)
	}
	return nil
}

// notInOrderError is a response that is not in the order of a column.
type notInOrderError struct {
	column, id string
	after, at  time.Time
}

func (e *notInOrderError) Error() string {
	return fmt.Sprintf("the records are not in the order of %s: after %s comes the record %s with %s",
		e.column, e.after.Format(timestamp), e.id, e.at.Format(timestamp))
}

// checkOrder returns an error unless the times of the records are from or later, and
// the records are in their order.
func (s *stableReader[T]) checkOrder(records []Record[stamped[T]], from time.Time) error {
	for i := range records {
		at := s.at(&records[i])
		if at.Before(from) {
			return &notInOrderError{s.column, records[i].ID, from, at}
		}
		from = at
	}
	return nil
}

// checkSameTime returns an error unless the records have one time, and are in the
// order of their ids.
func (s *stableReader[T]) checkSameTime(records []Record[stamped[T]], at time.Time) error {
	for i := range records {
		if got := s.at(&records[i]); !got.Equal(at) {
			return fmt.Errorf("the records should be those with %s %s, but record %s has %s", s.column, at.Format(timestamp), records[i].ID, got.Format(timestamp))
		}
		if i > 0 && records[i].ID <= records[i-1].ID {
			return fmt.Errorf("the records are not in the order of _id: after %s comes %s", records[i-1].ID, records[i].ID)
		}
	}
	return nil
}
