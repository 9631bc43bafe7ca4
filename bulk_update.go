package clarify

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"net/http"

	"github.com/clarify-go/clarify/gen"
)

// Change is a change of one record, for [Records.BulkUpdate].
type Change struct {
	// ID is the id of the record.
	ID string
	// Changes are what [Records.Update] takes.
	Changes any
}

// BulkUpdate changes records, many in one request, and yields a result for each
// input, in the order of the inputs. It takes the options of [Records.Update],
// [Concurrency], [BatchSize], [Resume] and [OnBatch], and otherwise works as
// [Records.Import].
//
// An input with an unknown id is [Refused], with an error that matches
// [ErrNotFound]. An unknown object ends the update early: at the first 404, if
// nothing was changed before, one request for a record finds out. Several changes of
// one record are made in their order. If no response says whether a batch was
// written, its inputs are [Unknown], and they are not sent again.
func (r *Records[T]) BulkUpdate(ctx context.Context, inputs iter.Seq[Change], opts ...BulkOption) iter.Seq2[BulkResult[Change, T], error] {
	return r.BulkUpdateSeq2(ctx, withoutErrors(inputs), opts...)
}

// BulkUpdateSeq2 is [Records.BulkUpdate] for inputs that may fail to be read, as
// [Records.ImportSeq2] is.
func (r *Records[T]) BulkUpdateSeq2(ctx context.Context, inputs iter.Seq2[Change, error], opts ...BulkOption) iter.Seq2[BulkResult[Change, T], error] {
	return runTyped[Change, T](ctx, inputs, opts, r.updating)
}

func (r *records) updating(o *bulkOptions) (*bulkOperation, error) {
	if o.matchOn != "" {
		return nil, errors.New("clarify: MatchOn is for Import; BulkUpdate takes ids")
	}
	if err := o.checkRecords(r.object, "/data/0"); err != nil {
		return nil, err
	}
	params := &gen.UpdateRecordsParams{Silent: silence(r.silent || o.silent)}
	return &bulkOperation{
		client: r.client, object: r.object, newList: r.newList,
		id:     "updateRecords",
		byID:   true,
		frame:  len(`{"data":[],"meta":}`),
		around: aroundRecord(r.object) + len(`,"id":`),
		prepare: func(input any) (item, error) {
			c, _ := input.(Change)
			if err := checkID("the id of the change", c.ID); err != nil {
				return item{}, err
			}
			a, meta, err := encodeChanges(c.Changes, &o.writing)
			if err != nil {
				return item{}, err
			}
			it := item{id: c.ID, jsonID: jsonString(c.ID), json: a.json, keys: []string{c.ID}}
			if len(meta) > 0 {
				it.meta, err = encode(meta)
			}
			return it, err
		},
		body: func(b *bytes.Buffer, items []*item) {
			writeRecords(b, r.object, items)
			if meta := items[0].meta; len(meta) > 0 {
				b.WriteString(`,"meta":`)
				b.Write(meta)
			}
			b.WriteByte('}')
		},
		send: func(ctx context.Context, body *bytes.Reader) (*http.Response, error) {
			return r.client.UpdateRecordsWithBody(ctx, r.object, params, jsonType, body)
		},
		probe: r.probe,
	}, nil
}

// probe asks for one record. Its error matches [ErrNotFound] if there is no such
// object.
func (r *records) probe(ctx context.Context) error {
	one := 1
	return finish(r.client.GetResources(ctx, r.object, &gen.GetResourcesParams{Page: &gen.RecordsPageQuery{Limit: &one}}))
}
