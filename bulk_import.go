package clarify

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"net/http"

	"github.com/clarify-go/clarify/gen"
)

// Import creates a record for each input. It sends many inputs in one request and
// several requests concurrently, and yields a result for each input, in the order of
// the inputs:
//
//	for result, err := range people.Import(ctx, slices.Values(all), clarify.MatchOn("email_addresses"), clarify.Concurrency(8)) {
//		if err != nil {
//			return err // the import ended early
//		}
//		if result.Err != nil {
//			log.Printf("input %d is %v: %v", result.Index, result.Outcome, result.Err)
//		}
//	}
//
// With [MatchOn] it updates the records that have the same value of a unique
// field. An input without a value for the field is [Refused]. Inputs with the same
// value, ignoring case, are written in their order, so that the last one counts.
// Import also takes [CheckedBy], [Silent], [Concurrency], [BatchSize], [Resume] and
// [OnBatch].
//
// By default four requests are in flight. Their batches are written in any order;
// with Concurrency(1) everything is written in the order of the inputs.
//
// The API writes a batch as a whole or rejects it as a whole. A batch that is
// rejected is sent again without the inputs that the API blames, or in halves, so
// that the other inputs are written. An input is [Refused] if the API rejected it
// alone, or rejected a batch and then accepted the batch without it. With [CheckedBy]
// most of those are found before a batch is sent, at no cost.
//
// If no response says whether a batch was written, its inputs are [Unknown], and
// they are not sent again. With MatchOn they are sent again first, as often as
// [WithRetries] says, or up to five times after a response that cannot be read.
// While the schema is being changed, to which the API responds with 409, a batch
// waits and is sent again up to five times.
//
// With MatchOn the API does not say whether it created a record or updated one. If
// the record was updated later than it was created, the outcome is [Updated], and if
// both times are the same, [Created]. It is not documented that a response has the
// records in the order of the request. With MatchOn they are assigned to the inputs
// by their values, and otherwise by their order.
//
// However the import ends, every input that was taken has its result. If it ends
// early, an error follows that says why: an invalid option, with nothing sent; the
// end of ctx; a response that has nothing to do with the records, such as one that
// matches [ErrUnauthorized]; a network that cannot be reached; or five requests in a
// row with an unknown outcome. If the caller leaves the loop, the requests in flight
// are canceled, and their outcome is unknown.
//
// Nothing happens before the loop starts, and each loop is a new import. It holds
// four batches for each request that may be in flight. The loop's goroutine takes
// the inputs and calls their MarshalJSON, between two iterations. Several imports
// may run concurrently.
func (r *Records[T]) Import(ctx context.Context, inputs iter.Seq[T], opts ...BulkOption) iter.Seq2[ImportResult[T], error] {
	return r.ImportSeq2(ctx, withoutErrors(inputs), opts...)
}

// ImportSeq2 is [Records.Import] for inputs that may fail to be read, such as the
// rows of a file. An input that comes with an error is [Refused], with that error. It
// counts for [Resume]. The import continues with the next input, if there is one. A
// sequence that cannot be read to its end should stop instead, and keep its error
// until the loop has ended.
func (r *Records[T]) ImportSeq2(ctx context.Context, inputs iter.Seq2[T, error], opts ...BulkOption) iter.Seq2[ImportResult[T], error] {
	return runTyped[T, T](ctx, inputs, opts, r.importing)
}

func (r *records) importing(o *bulkOptions) (*bulkOperation, error) {
	if len(o.strategies) > 0 {
		return nil, fmt.Errorf("clarify: %s is for BulkUpdate, not for Import", o.strategies[0].option)
	}
	if err := o.checkRecords(r.object, "/data/0"); err != nil {
		return nil, err
	}
	params := &gen.CreateBulkRecordsParams{Silent: silence(r.silent || o.silent)}
	return &bulkOperation{
		client: r.client, object: r.object, newList: r.newList,
		id: "createBulkRecords",
		// With MatchOn, a second request finds the records of the first one.
		retryable: o.matchOn != "",
		matchOn:   o.matchOn,
		frame:     len(`{"data":[],"match_on":}`) + len(jsonString(o.matchOn)),
		around:    aroundRecord(r.object),
		prepare: func(attributes any) (item, error) {
			a, err := encodeNew(attributes, &o.writing)
			if err != nil {
				return item{}, err
			}
			it := item{json: a.json}
			if o.matchOn != "" {
				value, _ := a.members.get(o.matchOn)
				it.keys = keysOf(value)
			}
			return it, nil
		},
		body: func(b *bytes.Buffer, items []*item) {
			writeRecords(b, r.object, items)
			if o.matchOn != "" {
				b.WriteString(`,"match_on":`)
				b.Write(jsonString(o.matchOn))
			}
			b.WriteByte('}')
		},
		send: func(ctx context.Context, body *bytes.Reader) (*http.Response, error) {
			return r.client.CreateBulkRecordsWithBody(ctx, r.object, params, jsonType, body)
		},
	}, nil
}

func withoutErrors[I any](inputs iter.Seq[I]) iter.Seq2[I, error] {
	if inputs == nil {
		return nil
	}
	return func(yield func(I, error) bool) {
		for input := range inputs {
			if !yield(input, nil) {
				return
			}
		}
	}
}
