package clarify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/clarify-go/clarify/gen"
)

// errLoopLeft ends a run whose loop was left.
var errLoopLeft = errors.New("clarify: the loop was left")

// changesRun is one run of Changes. It goes from phase to phase:
//
//   - load: with the zero cursor it reads all records in the order of their creation,
//     which stays the same whatever is written meanwhile.
//   - updates: it reads what was updated since the last run, in the order of
//     _updated_at. If that is one page, it is read in the phase idle.
//   - unordered: the same in the order of creation, if the API does not sort by
//     _updated_at.
//   - deletions: it reads what was deleted since the last run. They come after the
//     updates, because an update may be read of a record that is deleted already.
//
// The times that the next run begins at must not be later than what this run can be sure
// to have read. What becomes visible late may bear a time up to the overlap before the
// time by the server's clock when it was not yet visible. So the next run begins at a
// time that the clock had certainly reached when this one began to read, less the
// overlap. The latest time that was seen before is such a time, and if all updates are
// read at once, so is the latest of these.
type changesRun struct {
	records *records
	ctx     context.Context
	query   *query
	yield   func(*change, error) bool
	size    int
	overlap int64 // in milliseconds

	state  cursorState
	memory *changesMemory

	checked int64        // the cursor's, which stays the same during the run
	reading int64        // the date when this run began to read the deletions
	date    atomic.Int64 // of the latest response
}

func newChangesRun(ctx context.Context, r *records, since Cursor, opts []QueryOption, yield func(*change, error) bool) (*changesRun, error) {
	q, err := changesOptions(ctx, opts)
	if err != nil {
		return nil, err
	}
	path := r.client.workspace.path
	workspace := path[strings.LastIndexByte(path, '/')+1:]
	if err := since.check(workspace, r.object); err != nil {
		return nil, err
	}
	run := &changesRun{
		records: r,
		ctx:     ctx,
		query:   q,
		yield:   yield,
		size:    *q.pageSize,
		overlap: q.overlap.Milliseconds(),
		state:   since.state,
		memory:  newChangesMemory(since.state.log, since.state.forgotten),
		checked: since.state.checked,
	}
	run.state.workspace, run.state.object = workspace, r.object
	return run, nil
}

// do goes through the phases. If it resumes a run that was interrupted, another one
// follows: some of what has changed since may be behind the place where it resumed.
func (r *changesRun) do() error {
	resumed := r.state.phase > phaseIdle
	for {
		var err error
		switch r.state.phase {
		case phaseNone:
			err = r.begin()
		case phaseLoad:
			err = r.load()
		case phaseIdle:
			err = r.catchUp()
		case phaseUpdates:
			err = r.updates()
		case phaseUnordered:
			err = r.unordered()
		default:
			if err = r.deletions(); err != nil {
				return err
			}
			r.end()
			if !resumed {
				return r.emit(&change{kind: CaughtUp})
			}
			resumed = false
		}
		if err != nil {
			return err
		}
	}
}

// begin prepares the load.
func (r *changesRun) begin() error {
	if err := r.readLatest(0); err != nil {
		return err
	}
	s := &r.state
	r.setNext()
	s.read, s.quiet = s.next, s.nextQuiet
	s.checked = r.date.Load()
	s.phase = phaseLoad
	return nil
}

// load reads all records. What is written meanwhile is left to catchUp.
func (r *changesRun) load() error {
	if err := r.inOrderOfCreation(0, false); err != nil {
		return err
	}
	r.state.phase, r.state.at = phaseIdle, 0
	return nil
}

// catchUp reads what was updated since the last run if that is one page. Otherwise it
// prepares to read all pages.
func (r *changesRun) catchUp() error {
	from := r.from()
	q := *r.query
	q.stableBy = updatedAt
	reader, err := newStableReader(r.reader(), &q)
	if err != nil {
		return err
	}
	first := reader.fetch(r.ctx, stableRequest{from: timeOf(from), size: r.size}, func() {})
	var unordered *notInOrderError
	switch {
	case r.ctx.Err() != nil:
		return r.ctx.Err()
	case errors.As(first.err, &unordered):
		return r.prepare(phaseUnordered, from, 0)
	case first.err != nil:
		return first.err
	case first.more:
		// The page was read before the latest time is known, so it is read again.
		return r.prepare(phaseUpdates, from, from)
	}
	page := first.page
	for i := range page.to {
		r.saw(millis(changedAt(page, i).UpdatedAt))
	}
	r.setNext()
	for i := range page.to {
		if err := r.written(page, i, true); err != nil {
			return err
		}
	}
	r.state.phase = phaseDeletions
	return nil
}

// prepare prepares to read several pages, of the updates from a time on.
func (r *changesRun) prepare(phase cursorPhase, from, at int64) error {
	if err := r.readLatest(from); err != nil {
		return err
	}
	r.setNext()
	r.state.phase, r.state.at = phase, at
	return nil
}

// updates reads updates from where the cursor is.
func (r *changesRun) updates() error {
	err := r.read(func(q *query) { q.stableBy = updatedAt }, r.conditions(updatedAt, r.state.at), func(page *recordPage, i int) error {
		r.state.at = max(r.state.at, millis(changedAt(page, i).UpdatedAt))
		return r.written(page, i, true)
	})
	var unordered *notInOrderError
	if errors.As(err, &unordered) {
		r.state.phase, r.state.at = phaseUnordered, 0
		return nil
	}
	if err == nil {
		r.state.phase, r.state.at = phaseDeletions, 0
	}
	return err
}

// unordered reads updates in an order that does not depend on _updated_at.
func (r *changesRun) unordered() error {
	if err := r.inOrderOfCreation(r.earliest(), true); err != nil {
		return err
	}
	r.state.phase, r.state.at = phaseDeletions, 0
	return nil
}

// inOrderOfCreation reads the records that were updated at a time or later, from where
// the cursor is.
func (r *changesRun) inOrderOfCreation(from int64, merges bool) error {
	conditions := append(r.conditions(updatedAt, from), r.conditions(createdAt, r.state.at)...)
	return r.read(func(*query) {}, conditions, func(page *recordPage, i int) error {
		r.state.at = max(r.state.at, millis(changedAt(page, i).CreatedAt))
		return r.written(page, i, merges)
	})
}

// conditions are those of records with a time or a later one.
func (r *changesRun) conditions(column string, from int64) []condition {
	if from <= 0 {
		return nil
	}
	return []condition{{column, IsOnOrAfter, []any{timeOf(from)}}}
}

// reader returns what reads records and what they say about changes.
func (r *changesRun) reader() *recordReader {
	reader := r.records.reader(resourcesListing, r.send)
	reader.newFacts = newChangedList
	return reader
}

// read reads records as Stable does.
func (r *changesRun) read(order QueryOption, conditions []condition, use func(page *recordPage, i int) error) error {
	options := []QueryOption{Stable(), order, func(q *query) {
		q.pageSize, q.concurrency, q.conditions = r.query.pageSize, r.query.concurrency, conditions
	}}
	var failed error
	r.reader().run(r.ctx, options, func(page *recordPage, err error) bool {
		if failed = err; err != nil {
			return false
		}
		for i := page.from; i < page.to && failed == nil; i++ {
			if failed = r.ctx.Err(); failed == nil {
				failed = use(page, i)
			}
		}
		return failed == nil
	})
	return failed
}

// changedAt returns what a record says about changes.
func changedAt(page *recordPage, i int) *changed { return &page.facts.(*changedList).all[i] }

// readLatest reads the latest time at which a record was updated, at a time or later.
// If the API does not sort as it should, that is the time of some record, and no more is
// read twice than would be otherwise.
func (r *changesRun) readLatest(from int64) error {
	params, err := resourcesListing.conditions(r.conditions(updatedAt, from))
	if err != nil {
		return err
	}
	params.add(updatedAt, "sortOrder", "column")
	params.add(string(Descending), "sortOrder", "dir")
	params.add("1", "page", "limit")
	rsp, err := r.send(r.ctx, params.edit)
	if err != nil {
		return err
	}
	page, _, err := readPage(rsp, newTypedList[struct{}], newStampsList)
	if err != nil {
		return responseError(resourcesListing.operation, rsp, err)
	}
	release(rsp)
	for i := range page.to {
		r.saw(millis(page.facts.(stamped).stampsAt(i).UpdatedAt))
	}
	return nil
}

// edit gives a request the parameters.
func (p parameters) edit(_ context.Context, req *http.Request) error {
	req.URL.RawQuery = p.encode()
	return nil
}

// send reads records.
func (r *changesRun) send(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error) {
	return r.check(r.records.client.GetResources(ctx, r.records.object, nil, editors...))
}

// check returns an error if a response shows that the cursor is too old.
func (r *changesRun) check(rsp *http.Response, err error) (*http.Response, error) {
	if err != nil {
		return nil, err
	}
	date := int64(0)
	if at, err := http.ParseTime(rsp.Header.Get("Date")); err == nil {
		date = max(0, at.Unix())
	}
	r.date.Store(date)
	if age := time.Duration(date-r.checked) * time.Second; r.checked > 0 && date > 0 && age > maxCursorAge {
		release(rsp)
		return nil, fmt.Errorf("%w: it is %d days old, and the API lists the deletions of the last 30 days only: "+
			"begin again with the zero Cursor, and remove what is not yielded until CaughtUp", ErrCursorExpired, int(age.Hours()/24))
	}
	return rsp, nil
}

// maxCursorAge leaves an hour for a run to read the deletions.
const maxCursorAge = 30*24*time.Hour - time.Hour

// end ends a run that has read everything.
func (r *changesRun) end() {
	s := &r.state
	s.read, s.quiet, s.checked = s.next, s.nextQuiet, r.reading
	s.phase, s.at = phaseIdle, 0
	r.memory.keep(r.earliest())
}

// written yields a record that was created or updated, unless it was yielded as it is.
func (r *changesRun) written(page *recordPage, i int, merges bool) error {
	a, id := changedAt(page, i), page.id(i)
	if a.UpdatedAt.IsZero() {
		return fmt.Errorf("clarify: the %s %s has no %s, which Changes needs", r.records.object, id, updatedAt)
	}
	at := millis(a.UpdatedAt)
	r.saw(at)
	e := event{id: digestOf([]byte(id)), digest: a.digest, at: at}
	last, known := r.memory.of(e.id)
	if known && last == e {
		return r.ctx.Err()
	}
	if known && last.deleted || !known && r.memory.deletion > 0 && at <= r.memory.deletion+r.overlap {
		// Either it was restored, or this is what it was before it was deleted. That must
		// not be yielded: after a run that is interrupted now, its deletion would not be
		// yielded again.
		if there, err := r.exists(id); !there || err != nil {
			return err
		}
	}
	changes := []change{{kind: RecordWritten, record: recordAt{page.recordList, i}, at: a.UpdatedAt}}
	if merges {
		object := *page.at(i).object
		for _, merged := range a.MergedIDs {
			changes = append(changes, change{kind: RecordMerged, ref: Ref{Type: object, ID: merged}, at: a.UpdatedAt, mergedInto: id})
		}
	}
	for i := range changes {
		if i == len(changes)-1 {
			// Until then, a run that resumes must meet the record again.
			r.memory.add(e, r.remembered())
		}
		if err := r.emit(&changes[i]); err != nil {
			return err
		}
	}
	return nil
}

// emit yields a change with its cursor.
func (r *changesRun) emit(c *change) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	log := r.memory.log
	r.state.log, r.state.forgotten = log[:len(log):len(log)], r.memory.forgotten
	c.cursor = Cursor{r.state}
	if !r.yield(c, nil) {
		return errLoopLeft
	}
	return nil
}
