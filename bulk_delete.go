package clarify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"

	"github.com/clarify-go/clarify/gen"
)

// BulkDelete deletes the records with the ids, many in one request, and yields a
// result for each id, in the order of the ids. It takes [Silent], [Concurrency],
// [BatchSize], [Resume] and [OnBatch], and otherwise works as [Records.Import].
//
// An unknown id is [Refused], with an error that matches [ErrNotFound], unless the
// request was retried after an attempt without a response, which may have deleted
// the record: then it is [Deleted]. An unknown object ends the deletion early, as it
// does [Records.BulkUpdate].
func (r *Records[T]) BulkDelete(ctx context.Context, ids iter.Seq[string], opts ...BulkOption) iter.Seq2[BulkResult[string, T], error] {
	return r.BulkDeleteSeq2(ctx, withoutErrors(ids), opts...)
}

// BulkDeleteSeq2 is [Records.BulkDelete] for ids that may fail to be read, as
// [Records.ImportSeq2] is.
func (r *Records[T]) BulkDeleteSeq2(ctx context.Context, ids iter.Seq2[string, error], opts ...BulkOption) iter.Seq2[BulkResult[string, T], error] {
	return runTyped[string, T](ctx, ids, opts, r.deleting)
}

func (r *records) deleting(o *bulkOptions) (*bulkOperation, error) {
	switch {
	case o.matchOn != "":
		return nil, errors.New("clarify: MatchOn is for Import; BulkDelete takes ids")
	case o.checkedBy != nil:
		return nil, errors.New("clarify: CheckedBy is for Import and BulkUpdate; BulkDelete takes ids")
	case len(o.strategies) > 0:
		return nil, fmt.Errorf("clarify: %s is for BulkUpdate, not for BulkDelete", o.strategies[0].option)
	}
	params := &gen.DeleteRecordsParams{Silent: silence(r.silent || o.silent)}
	return &bulkOperation{
		client: r.client, object: r.object, newList: r.newList,
		id:        "deleteRecords",
		byID:      true,
		deletes:   true,
		retryable: true,
		frame:     len(`{"items":[]}`),
		around:    len(`,`),
		prepare: func(input any) (item, error) {
			id, _ := input.(string)
			if err := checkID("the id", id); err != nil {
				return item{}, err
			}
			return item{id: id, json: jsonString(id), keys: []string{id}}, nil
		},
		body: writeIDs,
		send: func(ctx context.Context, body *bytes.Reader) (*http.Response, error) {
			return r.client.DeleteRecordsWithBody(ctx, r.object, params, jsonType, body)
		},
		probe: r.probe,
	}, nil
}
