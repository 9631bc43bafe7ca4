package clarify

import (
	"context"
	"fmt"
	"sort"
	"time"
)

// stableWalk is an iteration over records in the order of their creation. The
// position of a record changes, but its time of creation never does. So a time, the
// cursor, separates the records that were yielded, which were created before it, from
// those that were not, which were created at that time or later.
//
// It can also be in the order of the last update. A record that is updated meanwhile
// then moves towards the end, and is yielded again.
//
// A condition makes a page begin with the records of the cursor's time. The order of
// records with the same time is not known, and a page may end between them. So the
// records with the last time on a page are left to the next page, and that time
// becomes the cursor.
type stableWalk struct {
	*stableReader
	ahead[stableRequest, stableResult]
	ctx       context.Context
	yield     func(*recordPage, error) bool
	cursor    time.Time
	rank      int // the position of the first record from the cursor on
	remaining int // how many records are still wanted, -1 for all
	overlap   int
	wrong     int
}

const (
	// minOverlap is how many records a page that is requested by its position has in
	// common with the previous one, so that no record is lost if others are deleted.
	minOverlap = 8
	// maxIdle is how many requests in a row for the records of one time may return
	// nothing new.
	maxIdle = 100
)

// stablePages reads the pages of one iteration with [Stable].
func (r *recordReader) stablePages(ctx context.Context, q *query, yield func(*recordPage, error) bool) {
	s, err := newStableReader(r, q)
	if err != nil {
		yield(nil, err)
		return
	}
	if q.limit != nil && *q.limit == 0 {
		return
	}
	w := &stableWalk{
		stableReader: s,
		ahead:        fetchAhead(ctx, q.concurrency, s.fetch),
		ctx:          ctx,
		yield:        yield,
		remaining:    -1,
		overlap:      minOverlap,
	}
	if q.limit != nil {
		w.remaining = *q.limit
	}
	defer w.Close()
	w.fill(0)
	for more := true; more && err == nil; {
		more, err = w.step()
	}
	if err != nil {
		yield(nil, err)
	}
}

// step uses the next page of the queue. It reports whether there may be more.
func (w *stableWalk) step() (more bool, err error) {
	current, err := w.Take()
	switch {
	case w.ctx.Err() != nil:
		return false, w.ctx.Err()
	case err != nil:
		return false, err
	case current.offset > 0 && !w.continues(&current):
		w.restart()
		return true, nil
	case current.err != nil:
		return false, current.err
	}
	if current.offset > 0 {
		w.wrong = 0
	}
	return w.use(&current)
}

// use yields the new records of a page, except those of its last time if more
// records follow.
func (w *stableWalk) use(current *stableResult) (more bool, err error) {
	page := current.page
	first, end := w.firstNew(page), page.to
	if !current.more || w.remaining >= 0 && end-first >= w.remaining {
		// This is the last page.
		if w.remaining >= 0 {
			end = min(end, first+w.remaining)
		}
		w.out(page, first, end)
		return false, nil
	}
	last := w.at(page, end-1)
	for end > first && w.at(page, end-1).Equal(last) {
		end--
	}
	if last.Equal(w.cursor) {
		// More records were created at this time than a page holds.
		w.Drop()
		if more, err := w.sameTime(last); !more || err != nil {
			return false, err
		}
		w.cursor, w.rank = last.Add(time.Millisecond), 0
		w.fill(0)
		return true, nil
	}
	w.cursor, w.rank = last, current.rank+end
	if w.remaining >= 0 {
		w.remaining -= end - first
	}
	w.fill(current.left - current.offset - end)
	return w.out(page, first, end), nil
}

// continues reports whether a page that was requested by its position begins before
// the cursor, so that no record is missing, and ends after it.
func (w *stableWalk) continues(r *stableResult) bool {
	if r.err != nil || r.page.to == 0 {
		return false
	}
	return w.at(r.page, 0).Before(w.cursor) &&
		(!r.more || w.at(r.page, r.page.to-1).After(w.cursor))
}

// restart resumes at the cursor with a condition, because positions failed.
func (w *stableWalk) restart() {
	w.Drop()
	if w.wrong++; w.wrong == maxWrong {
		w.max = 1
	}
	// There were deletions, or many records of the same time.
	w.overlap = min(4*w.overlap, w.size/2)
	w.rank = 0
	w.fill(0)
}

// firstNew returns the index of the first record that was not yielded.
func (w *stableWalk) firstNew(page *recordPage) int {
	return sort.Search(page.to, func(i int) bool { return !w.at(page, i).Before(w.cursor) })
}

// fill starts to fetch the page at the cursor, unless it is in flight, and those that
// are expected to follow. left is how many records there are from the cursor on, as
// far as is known.
func (w *stableWalk) fill(left int) {
	wanted := w.size
	if w.remaining >= 0 {
		wanted = min(wanted, w.remaining)
		left = min(left, w.remaining)
	}
	if w.Len() == 0 {
		w.Add(stableRequest{from: w.cursor, size: wanted, rank: w.rank})
	}
	for w.Len() < w.max && wanted == w.size && w.overlap < w.size {
		next := stableRequest{from: w.cursor, size: w.size}
		next.rank = w.Last().rank + w.size - w.overlap
		// The condition on the cursor keeps positions small.
		next.offset = next.rank - w.rank
		if next.offset <= 0 || next.offset >= left {
			break
		}
		w.Add(next)
	}
}

// sameTime yields the records that were created at one time, in the order of their
// ids, if a page does not hold them all. It reports whether more records are wanted.
// It has to read them by position. A page is used only if it begins with records that
// were yielded, so that no record is missing if others were deleted.
func (w *stableWalk) sameTime(at time.Time) (more bool, err error) {
	size := max(2, w.size)
	after, offset := "", 0
	var previous stableResult
	for idle := 0; idle < maxIdle; idle++ {
		current := w.fetchSameTime(w.ctx, stableRequest{from: at, offset: offset, size: size})
		if w.ctx.Err() != nil {
			return false, w.ctx.Err()
		}
		if current.err != nil {
			return false, current.err
		}
		page := current.page
		if idle > 0 && current.more && current.offset == previous.offset && current.fingerprint == previous.fingerprint {
			return false, fmt.Errorf("clarify: the API says that more than %d records have %s %s, but returns no more", offset+page.to, w.column, at.Format(timestamp))
		}
		previous = current
		if offset > 0 && (page.to == 0 || page.id(0) > after) {
			offset = max(0, offset-size+1)
			continue
		}
		first, end := 0, page.to
		for first < end && page.id(first) <= after {
			first++
		}
		if w.remaining >= 0 {
			end = min(end, first+w.remaining)
			w.remaining -= end - first
		}
		if !w.out(page, first, end) || w.remaining == 0 {
			return false, nil
		}
		if !current.more {
			return true, nil
		}
		if end > first {
			after, idle = page.id(end-1), -1
		}
		offset += page.to - 1
	}
	return false, fmt.Errorf("clarify: cannot read the records with %s %s: they change too fast, and %d requests in a row returned nothing new", w.column, at.Format(timestamp), maxIdle)
}

// out yields the records from first to end, if there are any, and reports whether
// the loop continues.
func (w *stableWalk) out(from *recordPage, first, end int) bool {
	if first >= end {
		return true
	}
	page := *from
	page.from, page.to = first, end
	return w.yield(&page, nil)
}
