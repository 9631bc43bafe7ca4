package clarify

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// maxRestarts is how often a run begins again to read the deletions.
const maxRestarts = 10

// deletions reads what was deleted since the last run. The API does not say in which
// order it lists deletions, so they are read by their position, and each page begins
// with the last ones of the page before: otherwise some may have moved to a page that
// was read already.
func (r *changesRun) deletions() error {
	from := r.from()
	size := max(2, r.size)
	offset, after, restarts, begun := 0, "", 0, false
	var previous uint64
	for {
		page, e, err := r.deletionsPage(from, offset, size)
		if err != nil {
			return err
		}
		if !begun {
			r.reading, begun = r.date.Load(), true
		}
		first, found := 0, offset == 0
		for i := 0; !found && i < page.to; i++ {
			if page.id(i) == after {
				first, found = i+1, true
			}
		}
		if !found {
			if restarts++; restarts > maxRestarts {
				return fmt.Errorf("clarify: cannot read the deleted records of %q: their list changes too fast", r.records.object)
			}
			offset, after = 0, ""
			continue
		}
		for i := first; i < page.to; i++ {
			if err := r.deleted(page, i, from); err != nil {
				return err
			}
		}
		more := e.links.next != ""
		if !more {
			if more, err = e.more(pagingAlways, size, offset+e.count); err != nil {
				return fmt.Errorf("clarify: cannot read the deleted records of %q: %w", r.records.object, err)
			}
		}
		switch {
		case !more:
			return nil
		case e.count < 2 || offset > 0 && e.fingerprint == previous:
			return fmt.Errorf("clarify: cannot read the deleted records of %q: the API says that there are more after %d, but returns no more", r.records.object, offset+e.count)
		}
		previous = e.fingerprint
		after = page.id(e.count - 1)
		offset += e.count - min(minOverlap, e.count/2)
	}
}

// deletionsPage reads a page of the deletions from a time on.
func (r *changesRun) deletionsPage(from int64, offset, size int) (*recordPage, envelope, error) {
	var conditions []condition
	if from > 0 {
		// The filter is in whole seconds.
		conditions = []condition{{deletedAt, IsAfter, []any{timeOf(from).Add(-time.Second)}}}
	}
	params, err := deletedListing.conditions(conditions)
	if err != nil {
		return nil, envelope{}, err
	}
	if offset > 0 {
		params.add(strconv.Itoa(offset), "page", "offset")
	}
	params.add(strconv.Itoa(size), "page", "limit")
	rsp, err := r.check(r.records.client.GetDeletedResources(r.ctx, r.records.object, nil, params.edit))
	if err != nil {
		return nil, envelope{}, err
	}
	page, e, err := readPage(rsp, r.records.newList, newChangedList)
	if err != nil {
		return nil, envelope{}, responseError(deletedListing.operation, rsp, err)
	}
	release(rsp)
	return page, e, nil
}

// deleted yields a deleted record, unless it was yielded.
func (r *changesRun) deleted(page *recordPage, i int, from int64) error {
	a, id := changedAt(page, i), page.id(i)
	at := millis(a.DeletedAt.Time)
	if !a.DeletedAt.IsZero() && at < from {
		// The filter is in whole seconds, and this one was yielded by an earlier run.
		return nil
	}
	r.saw(at)
	e := event{id: digestOf([]byte(id)), at: at, deleted: true}
	last, known := r.memory.of(e.id)
	switch {
	case known && last == e:
		return r.ctx.Err()
	case known && !last.deleted && last.at > at:
		// It was updated after it was deleted: either it was restored, or the server's
		// clock was set back.
		if there, err := r.exists(id); there || err != nil {
			return err
		}
	}
	if a.DeletedAt.IsZero() {
		// Without a time it cannot be told from another deletion of the same record.
		e.at = r.state.next
	}
	r.memory.add(e, r.remembered())
	return r.emit(&change{kind: RecordDeleted, record: recordAt{page.recordList, i}, at: a.DeletedAt.Time})
}

// exists reports whether there is a record.
func (r *changesRun) exists(id string) (bool, error) {
	err := finish(r.records.client.GetResource(r.ctx, r.records.object, id, nil))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
