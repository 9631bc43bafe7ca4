package clarify

import (
	"context"
	"errors"
	"iter"
	"time"
)

// RecordChange is what [Records.Changes] yields: something that happened to a record,
// and the cursor that resumes after it.
type RecordChange[T any] struct {
	// Kind says what happened.
	Kind ChangeKind
	// Record is the record: as it is now, or, if it was deleted, as it was then. Of a
	// record that was merged it has the type and id only, and with [CaughtUp] it is
	// zero.
	Record Record[T]
	// At is when that happened, by the server's clock: the record's _updated_at, or
	// _deleted_at. Of a record that was merged it is when the other one was last
	// updated.
	At time.Time
	// MergedInto is the id of the record that this one was merged into. It is empty
	// unless the kind is [RecordMerged].
	MergedInto string
	// Cursor resumes after this change. Store it after the change is applied, or both
	// in one transaction.
	Cursor Cursor
}

// ChangeKind says what a [RecordChange] is about.
type ChangeKind int

// The kinds of changes.
const (
	// RecordWritten is a record that was created or updated.
	RecordWritten ChangeKind = iota + 1
	// RecordDeleted is a record that was deleted. It may be one that was never yielded,
	// because it was created and deleted between two runs.
	RecordDeleted
	// RecordMerged is a record that ceased to exist because it was merged into another
	// one, which was yielded before. Only deals have the ids of those that were merged
	// into them; of other objects the API lists such records as deleted, if at all. A
	// deal may be yielded as merged and as deleted, and as merged again whenever the
	// other one changes.
	RecordMerged
	// CaughtUp is not about a record: all that had changed when the run began has been
	// yielded. It is the last of each run, also if nothing changed. Its cursor is worth
	// storing, because the age of a cursor counts.
	CaughtUp
)

// String returns written, deleted, merged or caught up.
func (k ChangeKind) String() string {
	switch k {
	case RecordWritten:
		return "written"
	case RecordDeleted:
		return "deleted"
	case RecordMerged:
		return "merged"
	case CaughtUp:
		return "caught up"
	}
	return "invalid"
}

// ErrCursorExpired is a [Cursor] of more than 30 days ago. The API lists the records
// that were deleted in the last 30 days, so others may be missing. Begin again with the
// zero Cursor, and remove from the copy what is not yielded until [CaughtUp].
var ErrCursorExpired = errors.New("clarify: cursor expired")

// ErrCursorInvalid is a [Cursor] that is malformed, or of another object or workspace.
var ErrCursorInvalid = errors.New("clarify: invalid cursor")

// Changes yields what has changed since a cursor, for a copy of the records elsewhere:
// records that were created or updated, then those that were deleted, and at the end
// [CaughtUp]. The zero Cursor begins with all records, for a copy that is empty.
//
//	for change, err := range people.Changes(ctx, cursor) {
//		if err != nil {
//			return err
//		}
//		switch change.Kind {
//		case clarify.RecordWritten:
//			…
//		case clarify.RecordDeleted, clarify.RecordMerged:
//			…
//		}
//		// Store change.Cursor once the change is applied.
//	}
//
// Each change is yielded at least once, and what is applied in the order of the loop
// ends as the workspace. A change may be yielded again, in particular after a run that
// was interrupted. An error ends the loop; call Changes with the last cursor to resume.
//
// Its basis are the times _updated_at and _deleted_at that the server sets; no time of
// the client matters. A run reads again what happened in the last two minutes before
// the latest time that was seen, because a change may become visible some time after
// the one that it bears; see [Overlap]. The cursor remembers what it yielded of these, and
// what has not changed since is not yielded again. Changes that do not set _updated_at,
// such as links of many-to-many relationships and comments, are not seen:
// docs/changes.md says what is known of them.
//
// If nothing has changed, a run takes two requests. It takes [PageSize], [Concurrency]
// and [Overlap]. A cursor that is more than 30 days old is an error that matches
// [ErrCursorExpired], and a record without _updated_at is an error.
func (r *Records[T]) Changes(ctx context.Context, since Cursor, opts ...QueryOption) iter.Seq2[RecordChange[T], error] {
	return typedChanges[T](func(yield func(*change, error) bool) { r.changes(ctx, since, opts, yield) })
}

// change is a [RecordChange], whatever the type of the record's attributes.
type change struct {
	kind       ChangeKind
	record     recordAt
	ref        Ref // of a record of which nothing else is known
	at         time.Time
	mergedInto string
	cursor     Cursor
}

// typedChanges yields the changes of records with attributes of type T.
func typedChanges[T any](run func(yield func(*change, error) bool)) iter.Seq2[RecordChange[T], error] {
	return func(yield func(RecordChange[T], error) bool) {
		run(func(c *change, err error) bool {
			if err != nil {
				return yield(RecordChange[T]{}, err)
			}
			typed := RecordChange[T]{Kind: c.kind, Record: Record[T]{Type: c.ref.Type, ID: c.ref.ID}, At: c.at, MergedInto: c.mergedInto, Cursor: c.cursor}
			if r := pointerTo[T](c.record); r != nil {
				typed.Record = *r
			}
			return yield(typed, nil)
		})
	}
}

// changes does one run.
func (r *records) changes(ctx context.Context, since Cursor, opts []QueryOption, yield func(*change, error) bool) {
	run, err := newChangesRun(ctx, r, since, opts, yield)
	if err == nil {
		err = run.do()
	}
	if err != nil && !errors.Is(err, errLoopLeft) {
		yield(nil, err)
	}
}

// Overlap sets how long after the time that it bears a change may become visible, for
// [Records.Changes] and [Records.Follow]. It is also how far the server's clock may be
// set back. A longer one costs little where little changes; a shorter one may miss
// changes. The default is two minutes. The last one of several counts.
func Overlap(d time.Duration) QueryOption {
	return func(q *query) {
		if d < 0 || d > maxChangesOverlap {
			q.fail("Overlap(%v): must be 0s to %v", d, maxChangesOverlap)
		}
		q.overlap = &d
	}
}

const (
	defaultChangesOverlap = 2 * time.Minute
	maxChangesOverlap     = 24 * time.Hour
)

var changesListing = &listing{operation: "Changes", overlap: true}

// changesOptions reads the options of Changes.
func changesOptions(ctx context.Context, opts []QueryOption) (*query, error) {
	q, _, err := changesListing.readOptions(ctx, opts)
	switch {
	case err != nil:
		return nil, err
	case q.limit != nil:
		return nil, changesListing.lacks("Limit")
	case q.offset != nil:
		return nil, changesListing.lacks("Offset")
	}
	if q.pageSize == nil {
		size := maxPageSize
		q.pageSize = &size
	}
	if q.overlap == nil {
		overlap := defaultChangesOverlap
		q.overlap = &overlap
	}
	return q, nil
}
