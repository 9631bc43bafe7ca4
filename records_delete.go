package clarify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/clarify-go/clarify/gen"
)

// deleteBatch is how many records one request deletes. The vendor advises it for
// bulk requests.
const deleteBatch = 100

// Delete deletes records. Deleted records stay listed by [Records.Deleted] for 30
// days.
//
// One record is deleted by deleteRecord, more by deleteRecords, 100 at a time in
// the order of ids; an id that occurs twice counts once. If a request fails after
// others have succeeded, the error is a [DeleteError] that says which records are
// deleted. Whether the API deletes one batch as a whole or not at all, it does
// not say.
//
// A record that is not there is an error that matches [ErrNotFound], but not if
// the request was repeated because no response came to an earlier attempt, which
// may have deleted it: then it is gone as it should be.
func (r *Records[T]) Delete(ctx context.Context, ids ...string) error {
	if len(ids) == 1 {
		return r.deleteOne(ctx, ids[0])
	}
	if err := checkIDs("ids", ids); err != nil {
		return err
	}
	ids = distinctIDs(ids)
	for done := 0; done < len(ids); done += deleteBatch {
		batch := ids[done:min(done+deleteBatch, len(ids))]
		if err := r.deleteMany(ctx, batch); err != nil {
			if len(ids) <= deleteBatch {
				return err
			}
			return &DeleteError{Deleted: ids[:done], Remaining: ids[done:], Err: err}
		}
	}
	return nil
}

func distinctIDs(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	var distinct []string
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			distinct = append(distinct, id)
		}
	}
	return distinct
}

func (r *Records[T]) deleteOne(ctx context.Context, id string) error {
	rsp, err := r.client.DeleteRecord(ctx, r.object, id, &gen.DeleteRecordParams{Silent: silence(r.silent)})
	if goneBefore(err) {
		return nil
	}
	return finish(rsp, err)
}

func (r *Records[T]) deleteMany(ctx context.Context, ids []string) error {
	body, err := encode(gen.DeleteRecordsRequest{Items: ids})
	if err != nil {
		return fmt.Errorf("clarify: the ids cannot be encoded: %w", err)
	}
	rsp, err := r.client.DeleteRecordsWithBody(ctx, r.object, &gen.DeleteRecordsParams{Silent: silence(r.silent)}, jsonType, bytes.NewReader(body))
	if !goneBefore(err) {
		return finish(rsp, err)
	}
	// One that is missing refuses them all, and an earlier attempt may have
	// deleted them all. One by one it does not matter which.
	for _, id := range ids {
		again := r.deleteOne(ctx, id)
		if again == nil || errors.Is(again, ErrNotFound) {
			continue
		}
		var e *Error
		if !errors.As(again, &e) {
			errors.As(err, &e)
		}
		return e.doubtful()
	}
	return nil
}

// goneBefore reports whether a deletion found nothing after an attempt whose
// outcome is not known.
func goneBefore(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.foundGone()
}

// finish ends a call whose response says no more than that it succeeded.
func finish(rsp *http.Response, err error) error {
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, rsp.Body)
	return rsp.Body.Close()
}

// DeleteError is a deletion of many records that ended early.
type DeleteError struct {
	// Deleted are the ids of the records that are deleted.
	Deleted []string
	// Remaining are the other ids, in the order in which they were to be deleted.
	// The first 100 of them were in the request that failed: some may be gone.
	Remaining []string
	// Err is what went wrong.
	Err error
}

// Error says how far the deletion got and what went wrong.
func (e *DeleteError) Error() string {
	return fmt.Sprintf("clarify: %d of %d records are deleted, then: %v", len(e.Deleted), len(e.Deleted)+len(e.Remaining), e.Err)
}

// Unwrap returns what went wrong.
func (e *DeleteError) Unwrap() error { return e.Err }

// Merge merges records of the object into the one with the id, and they cease to
// exist. The API returns nothing more, so [Records.Get] tells what became of it.
func (r *Records[T]) Merge(ctx context.Context, id string, sources ...string) error {
	if err := checkIDs("sources", sources); err != nil {
		return err
	}
	if slices.Contains(sources, id) {
		return fmt.Errorf("clarify: the sources have the id %q itself: a record cannot be merged into itself", id)
	}
	rsp, err := r.client.MergeRecords(ctx, r.object, id, &gen.MergeRecordsParams{Silent: silence(r.silent)}, gen.MergeRecordsRequest{
		Data: gen.RecordMerge{Type: r.object, Attributes: gen.RecordMergeAttributes{Sources: sources}},
	})
	return finish(rsp, err)
}
