package clarify

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// The names of what the API sets.
const (
	createdAt = "_created_at"
	updatedAt = "_updated_at"
)

// stamped is attributes with what they say about when they were written.
type stamped[T any] struct {
	stamps
	attributes T
}

type stamps struct {
	CreatedAt time.Time `json:"_created_at"`
	UpdatedAt time.Time `json:"_updated_at"`
}

func (s *stamped[T]) UnmarshalJSON(b []byte) error {
	if err := s.read(b); err != nil {
		return err
	}
	return decode(b, &s.attributes)
}

// scan reads attributes as UnmarshalJSON does, or gives up.
func (s *stamped[T]) scan(scan *jsonscan.Scanner) {
	start := scan.Mark()
	s.stamps.scan(scan)
	scan.Return(start)
	quick.Read(scan, &s.attributes)
}

// read reads the times among attributes, and nothing else.
func (s *stamps) read(b []byte) error {
	*s = stamps{}
	if scanned, _ := jsonscan.Scan(b, s.scan); scanned {
		return nil
	}
	*s = stamps{}
	return unmarshal(b, s)
}

// scan is read where nothing is out of the ordinary. Otherwise it gives up.
func (s *stamps) scan(scan *jsonscan.Scanner) {
	for more := scan.Object(); more; more = scan.NextMember() {
		at := &s.UpdatedAt
		switch string(scan.Name()) {
		case createdAt:
			at = &s.CreatedAt
		case updatedAt:
		default:
			scan.Skip()
			continue
		}
		if text := scan.Bytes(); !at.IsZero() || text == nil || at.UnmarshalText(text) != nil {
			scan.GiveUp()
		}
	}
}

// bare returns a record with its attributes alone.
func bare[T any](r *Record[stamped[T]]) Record[T] {
	return Record[T]{Type: r.Type, ID: r.ID, Attributes: r.Attributes.attributes, Relationships: r.Relationships}
}

// stable reads records in the order of their creation. No record has another
// moment of creation later on, so this is what positions are not: what was read
// is told from what was not by a moment, the cursor. Every record that was
// created before it has come out, and none that was created at it or later.
//
// A page begins with the records of the cursor's moment, by a condition on it.
// How the API orders records of the same moment is not known, and it may end the
// page between them. So the last moment of a page is left to the next one, for
// which it is the cursor.
type stable[T any] struct {
	client  *Client
	listing *listing
	send    sender
	fixed   parameters // the same in all requests
	lower   parameters // the caller's condition that the one on the cursor replaces
	upper   parameters // the caller's condition that is replaced within a moment
	before  time.Time  // what upper says
	size    int
}

// stretch is a request for records from a moment on.
type stretch struct {
	from   time.Time // zero for the beginning
	offset int       // how many records from that moment on to leave out
	size   int
	rank   int // where it begins, counted from the same record as others in the queue
}

// read is what became of a stretch.
type read[T any] struct {
	stretch
	page *Page[stamped[T]]
	more bool // whether records follow
	left int  // how many there are from the moment on, -1 if that is not known
	err  error

	fingerprint uint64 // of the ids
}

const (
	// leastOverlap is how many records a page that is addressed by its position has
	// in common with the one before, so that a deletion in between does no harm.
	leastOverlap = 8
	// mostIdle is how many requests within a moment may bring nothing new.
	mostIdle = 100
)

func stablePages[T any](ctx context.Context, c *Client, l *listing, send sender, opts []QueryOption) iter.Seq2[*Page[T], error] {
	return func(yield func(*Page[T], error) bool) {
		q, _, err := l.readQuery(opts)
		if err == nil && ctx == nil {
			err = errNilContext
		}
		if err != nil {
			yield(nil, err)
			return
		}
		s := &stable[T]{client: c, listing: l, send: send}
		if err := s.prepare(q); err != nil {
			yield(nil, err)
			return
		}
		if q.limit != nil && *q.limit == 0 {
			return
		}
		inner, cancel := context.WithCancel(ctx)
		w := &walk[T]{
			stable:    s,
			prefetch:  newPrefetch(q.concurrency, s.fetch),
			ctx:       ctx,
			inner:     inner,
			yield:     yield,
			remaining: -1,
			overlap:   leastOverlap,
		}
		if q.limit != nil {
			w.remaining = *q.limit
		}
		defer w.wait()
		defer cancel()
		if err := w.run(); err != nil {
			yield(nil, err)
		}
	}
}

// prepare takes the conditions apart: one operator can be sent only once for
// each field.
func (s *stable[T]) prepare(q *query) error {
	s.size = maxPageSize
	if q.pageSize != nil {
		s.size = *q.pageSize
	}
	var others []condition
	var err error
	for _, c := range q.conditions {
		switch {
		case c.field == createdAt && c.op == IsOnOrAfter:
			s.lower, err = s.listing.conditions([]condition{c})
		case c.field == createdAt && c.op == IsBefore:
			if s.upper, err = s.listing.conditions([]condition{c}); err == nil {
				err = s.readUpper(c)
			}
		default:
			others = append(others, c)
		}
		if err != nil {
			return err
		}
	}
	s.fixed, err = s.listing.conditions(others)
	s.fixed.addInclude(q.include)
	return err
}

func (s *stable[T]) readUpper(c condition) error {
	values, err := s.listing.values(c)
	if err != nil {
		return err
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if s.before, err = time.Parse(layout, values[0]); err == nil {
			return nil
		}
	}
	return c.wrong("with Stable the value must be a moment or a day, and %q is neither", values[0])
}

// fetch reads a stretch in the order of creation.
func (s *stable[T]) fetch(ctx context.Context, what stretch, sent func()) read[T] {
	params := append(parameters{}, s.fixed...)
	params = append(params, s.upper...)
	if what.from.IsZero() {
		params = append(params, s.lower...)
	} else {
		params.add(what.from.Format(timestamp), "filter", createdAt, string(IsOnOrAfter))
	}
	params.add(createdAt, "sortOrder", "column")
	return s.ask(ctx, params, what, sent, func(records []Record[stamped[T]]) error {
		return checkCreation(records, what.from)
	})
}

// fetchMoment reads a stretch of the records that were created at a moment, in
// the order of their ids.
func (s *stable[T]) fetchTime(ctx context.Context, what stretch) read[T] {
	// To the millisecond, which is what the API shows, and however finely it counts.
	end := what.from.Add(time.Millisecond)
	// A day that ends before this moment does so elsewhere: the API says when.
	if s.upper != nil && what.from.Before(s.before) && s.before.Before(end) {
		end = s.before
	}
	params := append(parameters{}, s.fixed...)
	params.add(what.from.Format(timestamp), "filter", createdAt, string(IsOnOrAfter))
	params.add(end.UTC().Format(timestamp), "filter", createdAt, string(IsBefore))
	params.add("_id", "sortOrder", "column")
	return s.ask(ctx, params, what, func() {}, func(records []Record[stamped[T]]) error {
		return checkTime(records, what.from)
	})
}

func (s *stable[T]) ask(ctx context.Context, params parameters, what stretch, sent func(), check func([]Record[stamped[T]]) error) read[T] {
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
		return read[T]{err: err}
	}
	page, e, err := readPage[stamped[T]](rsp)
	if err != nil {
		return read[T]{err: responseError(s.listing.operation, rsp, err)}
	}
	r := read[T]{stretch: what, page: page, left: e.total, fingerprint: e.fingerprint, more: e.links.next != ""}
	switch {
	case !r.more:
		r.more, err = e.more(s.listing, what.size, what.offset+e.count)
	case e.count == 0:
		err = errors.New("the page is empty, and yet there is a next one")
	}
	if e.count == 0 && what.offset > 0 {
		// What was there may be deleted. It is read from further ahead.
		err = nil
	}
	for i := range page.Records {
		at := &page.Records[i].Attributes.CreatedAt
		if at.IsZero() {
			err = fmt.Errorf("the record %s has no %s, which Stable goes by", page.Records[i].ID, createdAt)
			break
		}
		*at = at.UTC().Truncate(time.Millisecond)
	}
	if err == nil {
		err = check(page.Records)
	}
	if err != nil {
		r.err = responseError(s.listing.operation, rsp, err)
		return r
	}
	release(rsp)
	return r
}

// checkCreation returns an error unless the records were created at a moment or
// later, and are in the order of their creation.
func checkCreation[T any](records []Record[stamped[T]], from time.Time) error {
	for i := range records {
		at := records[i].Attributes.CreatedAt
		if at.Before(from) {
			return fmt.Errorf("it was asked for in the order of %s, and after %s comes the record %s, which was created at %s",
				createdAt, from.Format(timestamp), records[i].ID, at.Format(timestamp))
		}
		from = at
	}
	return nil
}

// checkMoment returns an error unless the records were created at a moment, and
// are in the order of their ids.
func checkTime[T any](records []Record[stamped[T]], from time.Time) error {
	for i := range records {
		if at := records[i].Attributes.CreatedAt; !at.Equal(from) {
			return fmt.Errorf("records that were created at %s were asked for, and the record %s was at %s", from.Format(timestamp), records[i].ID, at.Format(timestamp))
		}
		if i > 0 && records[i].ID <= records[i-1].ID {
			return fmt.Errorf("it was asked for in the order of _id, and after %s comes %s", records[i-1].ID, records[i].ID)
		}
	}
	return nil
}

// walk is one iteration.
type walk[T any] struct {
	*stable[T]
	*prefetch[stretch, read[T]]
	ctx, inner context.Context
	yield      func(*Page[T], error) bool
	cursor     time.Time
	rank       int // where the first record from the cursor on is
	remaining  int // how many records are wanted yet, -1 for all
	overlap    int
	wrong      int
}

// run yields pages until there are no more, the loop is left, or an error is
// returned.
func (w *walk[T]) run() error {
	w.fill(0)
	for {
		current, err := w.take()
		if w.ctx.Err() != nil {
			return w.ctx.Err()
		}
		if err != nil {
			return err
		}
		if current.offset > 0 && !w.continues(&current) {
			w.restart()
			continue
		}
		if current.err != nil {
			return current.err
		}
		if current.offset > 0 {
			w.wrong = 0
		}
		records := current.page.Records
		first, end := w.newIn(records), len(records)
		// Where no more is wanted than is there, nothing needs to be left to a next
		// page.
		last := !current.more || w.remaining >= 0 && end-first >= w.remaining
		if !last {
			next := records[end-1].Attributes.CreatedAt
			for end > first && records[end-1].Attributes.CreatedAt.Equal(next) {
				end--
			}
			if next.Equal(w.cursor) {
				// More records than a page has were created at this moment.
				w.drop()
				over, err := w.timestamp(next)
				if over || err != nil {
					return err
				}
				w.cursor, w.rank = next.Add(time.Millisecond), 0
				w.fill(0)
				continue
			}
			w.cursor, w.rank = next, current.rank+end
			if w.remaining >= 0 {
				w.remaining -= end - first
			}
			w.fill(current.left - current.offset - end)
		} else if w.remaining >= 0 {
			end = min(end, first+w.remaining)
		}
		if !w.out(current.page, first, end) || last {
			return nil
		}
	}
}

// continues reports whether a page that is addressed by its position begins
// before the cursor, and so leaves nothing out, and leads on.
func (w *walk[T]) continues(r *read[T]) bool {
	if r.err != nil || len(r.page.Records) == 0 {
		return false
	}
	records := r.page.Records
	return records[0].Attributes.CreatedAt.Before(w.cursor) &&
		(!r.more || records[len(records)-1].Attributes.CreatedAt.After(w.cursor))
}

// restart goes on by a condition on the cursor, where positions did not do.
func (w *walk[T]) restart() {
	w.drop()
	if w.wrong++; w.wrong == mostWrong {
		w.most = 1
	}
	// There were deletions, or many records of the same moment.
	w.overlap = min(4*w.overlap, w.size/2)
	w.rank = 0
	w.fill(0)
}

// newIn returns the index of the first record that has not come out.
func (w *walk[T]) newIn(records []Record[stamped[T]]) int {
	i, _ := slices.BinarySearchFunc(records, w.cursor, func(r Record[stamped[T]], at time.Time) int {
		return r.Attributes.CreatedAt.Compare(at)
	})
	return i
}

// fill starts to fetch the page at the cursor, unless one is being fetched, and
// those that are expected to come after it. left is how many records there are
// from the cursor on, as far as is known.
func (w *walk[T]) fill(left int) {
	wanted := w.size
	if w.remaining >= 0 {
		wanted = min(wanted, w.remaining)
		left = min(left, w.remaining)
	}
	if len(w.queue) == 0 {
		w.start(w.inner, stretch{from: w.cursor, size: wanted, rank: w.rank})
	}
	for len(w.queue) < w.most && wanted == w.size && w.overlap < w.size {
		next := stretch{from: w.cursor, size: w.size}
		next.rank = w.queue[len(w.queue)-1].what.rank + w.size - w.overlap
		// By a condition on the cursor the position is never a large one.
		next.offset = next.rank - w.rank
		if next.offset <= 0 || next.offset >= left {
			break
		}
		w.start(w.inner, next)
	}
}

// moment yields the records that were created at a moment of which a page does
// not hold them all, in the order of their ids. Within these, positions are
// what there is to go by: a page counts only if it begins with what has come out,
// so that nothing is left out by deletions.
func (w *walk[T]) timestamp(at time.Time) (over bool, err error) {
	size := max(2, w.size)
	after, offset := "", 0
	var before read[T]
	for idle := 0; idle < mostIdle; idle++ {
		current := w.fetchTime(w.inner, stretch{from: at, offset: offset, size: size})
		if w.ctx.Err() != nil {
			return true, w.ctx.Err()
		}
		if current.err != nil {
			return true, current.err
		}
		records := current.page.Records
		if idle > 0 && current.more && current.offset == before.offset && current.fingerprint == before.fingerprint {
			return true, fmt.Errorf("clarify: of the records that were created at %s come no more than %d, and the API says that there are more", at.Format(timestamp), offset+len(records))
		}
		before = current
		if offset > 0 && (len(records) == 0 || records[0].ID > after) {
			offset = max(0, offset-size+1)
			continue
		}
		first := 0
		for first < len(records) && records[first].ID <= after {
			first++
		}
		end := len(records)
		if w.remaining >= 0 {
			end = min(end, first+w.remaining)
			w.remaining -= end - first
		}
		if !w.out(current.page, first, end) || w.remaining == 0 {
			return true, nil
		}
		if !current.more {
			return false, nil
		}
		if end > first {
			after, idle = records[end-1].ID, -1
		}
		offset += len(records) - 1
	}
	return true, fmt.Errorf("clarify: records that were created at %s come and go too fast for Stable: %d requests in a row brought nothing new", at.Format(timestamp), mostIdle)
}

// out yields the records from first to end, if there are any, and reports whether
// the loop goes on.
func (w *walk[T]) out(from *Page[stamped[T]], first, end int) bool {
	if first >= end {
		return true
	}
	page := &Page[T]{Records: make([]Record[T], 0, end-first), Included: from.Included, Meta: from.Meta}
	for i := first; i < end; i++ {
		page.Records = append(page.Records, bare(&from.Records[i]))
	}
	return w.yield(page, nil)
}
