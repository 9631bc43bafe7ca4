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

// deleteBatch is how many records one request deletes, as the vendor recommends for
// bulk requests.
const deleteBatch = 100

// Delete deletes records. Deleted records stay listed by [Records.Deleted] for 30
// days.
//
// One record is deleted with deleteRecord, more with deleteRecords, 100 at a time in
// the order of ids; duplicate ids count once. If a request fails after others have
// succeeded, the error is a [DeleteError] that says which records are deleted. The API
// does not say whether it deletes a batch as a whole or not at all.
//
// A record that does not exist is an error that matches [ErrNotFound], unless the
// request is a retry after an attempt without a response, which may have deleted the
// record.
func (r *Records[T]) Delete(ctx context.Context, ids ...string) error { return r.delete(ctx, ids) }

func (r *records) delete(ctx context.Context, ids []string) error {
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

func (r *records) deleteOne(ctx context.Context, id string) error {
	rsp, err := r.client.DeleteRecord(ctx, r.object, id, &gen.DeleteRecordParams{Silent: silence(r.silent)})
	if goneBefore(err) {
		return nil
	}
	return finish(rsp, err)
}

func (r *records) deleteMany(ctx context.Context, ids []string) error {
	body, err := encode(gen.DeleteRecordsRequest{Items: ids})
	if err != nil {
		return fmt.Errorf("clarify: cannot encode the ids: %w", err)
	}
	rsp, err := r.client.DeleteRecordsWithBody(ctx, r.object, &gen.DeleteRecordsParams{Silent: silence(r.silent)}, jsonType, bytes.NewReader(body))
	if !goneBefore(err) {
		return finish(rsp, err)
	}
	// The API rejects a batch with a missing record, and an earlier attempt may have
	// deleted all of them. One by one, a missing record is no error.
	for _, id := range ids {
		failed := r.deleteOne(ctx, id)
		if failed == nil || errors.Is(failed, ErrNotFound) {
			continue
		}
		var e *Error
		if !errors.As(failed, &e) {
			errors.As(err, &e)
		}
		return e.withUnknownOutcome()
	}
	return nil
}

// goneBefore reports whether a deletion found nothing after an attempt with an unknown
// outcome.
func goneBefore(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.foundGone()
}

// finish ends a call whose response has no data.
func finish(rsp *http.Response, err error) error {
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, rsp.Body)
	return rsp.Body.Close()
}

// DeleteError says how far a deletion of many records got before it failed.
type DeleteError struct {
	// Deleted are the ids of the records that are deleted.
	Deleted []string
	// Remaining are the other ids, in order. The first 100 of them were in the request
	// that failed: some of these records may be deleted.
	Remaining []string
	// Err is what went wrong.
	Err error
}

// Error returns how far the deletion got and what went wrong.
func (e *DeleteError) Error() string {
	return fmt.Sprintf("clarify: deleted %d of %d records: %v", len(e.Deleted), len(e.Deleted)+len(e.Remaining), e.Err)
}

// Unwrap returns what went wrong.
func (e *DeleteError) Unwrap() error { return e.Err }

// Merge merges other records of the object, the sources, into the one with the id. The
// sources cease to exist. The API returns no record: [Records.Get] reads the result.
func (r *Records[T]) Merge(ctx context.Context, id string, sources ...string) error {
	return r.merge(ctx, id, sources)
}

func (r *records) merge(ctx context.Context, id string, sources []string) error {
	if err := checkIDs("sources", sources); err != nil {
		return err
	}
	if slices.Contains(sources, id) {
		return fmt.Errorf("clarify: invalid sources: a record cannot be merged into itself, got %q", id)
	}
	rsp, err := r.client.MergeRecords(ctx, r.object, id, &gen.MergeRecordsParams{Silent: silence(r.silent)}, gen.MergeRecordsRequest{
		Data: gen.RecordMerge{Type: r.object, Attributes: gen.RecordMergeAttributes{Sources: sources}},
	})
	return finish(rsp, err)
}
