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
type stableReader struct {
	*recordReader
	column string     // _created_at or _updated_at, the order
	fixed  parameters // the same in all requests
	lower  parameters // the caller's condition that the cursor's replaces
	upper  parameters // the caller's condition that fetchSameTime replaces
	before time.Time  // the time in upper
	size   int
}

// stableRequest is a request for records from a time on.
type stableRequest struct {
	from   time.Time // zero for the beginning
	offset int       // how many records from that time on to skip
	size   int
	rank   int // the position of its first record, counted from the same record as others in the queue
}

// stableResult is the result of a request.
type stableResult struct {
	stableRequest
	page *recordPage
	more bool // whether records follow
	left int  // how many records there are from the time on, -1 if that is not known
	err  error

	fingerprint uint64 // of the ids
}

// newStableReader separates the conditions, because an operator can be sent only once
// for each field.
func newStableReader(r *recordReader, q *query) (*stableReader, error) {
	l := r.listing
	s := &stableReader{recordReader: r, column: cmp.Or(q.stableBy, createdAt), size: maxPageSize}
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

func (s *stableReader) readUpper(c condition) error {
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
func (s *stableReader) fetch(ctx context.Context, what stableRequest, sent func()) stableResult {
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
func (s *stableReader) fetchSameTime(ctx context.Context, what stableRequest) stableResult {
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

func (s *stableReader) do(ctx context.Context, params parameters, what stableRequest, sent func(), check func(*recordPage, time.Time) error) stableResult {
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
		return stableResult{err: err}
	}
	decoded := decodingBegins(rsp)
	page, e, err := readPage(rsp, s.newList, s.newFacts)
	if err != nil {
		return stableResult{err: responseError(s.listing.operation, rsp, err)}
	}
	decoded(e.count)
	r := stableResult{stableRequest: what, page: page, left: e.total, fingerprint: e.fingerprint}
	if r.more, err = s.more(what, &e); err == nil {
		err = s.truncateTimes(page)
	}
	if err == nil {
		err = check(page, what.from)
	}
	if err != nil {
		r.err = responseError(s.listing.operation, rsp, err)
		return r
	}
	release(rsp)
	return r
}

// more reports whether records follow those of a response.
func (s *stableReader) more(what stableRequest, e *envelope) (bool, error) {
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
func (s *stableReader) at(page *recordPage, i int) time.Time { return *s.timeOf(page, i) }

func (s *stableReader) timeOf(page *recordPage, i int) *time.Time {
	return page.facts.(stamped).stampsAt(i).at(s.column)
}

// truncateTimes sets the times of the column to UTC and whole milliseconds. A record
// without one is an error.
func (s *stableReader) truncateTimes(page *recordPage) error {
	for i := range page.to {
		at := s.timeOf(page, i)
		if at.IsZero() {
			return fmt.Errorf("the record %s has no %s, which the order of reading needs", page.id(i), s.column)
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
func (s *stableReader) checkOrder(page *recordPage, from time.Time) error {
	for i := range page.to {
		at := s.at(page, i)
		if at.Before(from) {
			return &notInOrderError{s.column, page.id(i), from, at}
		}
		from = at
	}
	return nil
}

// checkSameTime returns an error unless the records have one time, and are in the
// order of their ids.
func (s *stableReader) checkSameTime(page *recordPage, at time.Time) error {
	for i := range page.to {
		if got := s.at(page, i); !got.Equal(at) {
			return fmt.Errorf("the records should be those with %s %s, but record %s has %s", s.column, at.Format(timestamp), page.id(i), got.Format(timestamp))
		}
		if i > 0 && page.id(i) <= page.id(i-1) {
			return fmt.Errorf("the records are not in the order of _id: after %s comes %s", page.id(i-1), page.id(i))
		}
	}
	return nil
}
