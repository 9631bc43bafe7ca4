package clarify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"

	"github.com/clarify-go/clarify/gen"
)

// Outcome is what became of an input of [Records.Import], [Records.BulkUpdate] or
// [Records.BulkDelete].
type Outcome int

// The outcomes. All but Unknown and NotDone are certain, and final.
const (
	// NotDone is an input that was not written for a reason that is not its own:
	// no permission, no network, the end of the context. It is the same as if it
	// had not been among the inputs.
	NotDone Outcome = iota
	// Created is a record that is new.
	Created
	// Updated is a record that was there.
	Updated
	// Written is a record that was created or updated: with [MatchOn] the API does
	// not say which, and its times do not tell.
	Written
	// Deleted is a record that is gone.
	Deleted
	// Refused is an input that is not accepted, by the API or by what is checked
	// before anything is sent. Nothing of it was written.
	Refused
	// Unknown is an input that may have been written or not: it was sent, and no
	// response told what became of it.
	Unknown
)

// String returns the outcome in words, such as "not done".
func (o Outcome) String() string {
	names := [...]string{"not done", "created", "updated", "written", "deleted", "refused", "unknown"}
	if o < 0 || int(o) >= len(names) {
		return fmt.Sprintf("Outcome(%d)", int(o))
	}
	return names[o]
}

// Certain reports whether the outcome will not change any more: the input has
// been written or refused.
func (o Outcome) Certain() bool { return o != NotDone && o != Unknown }

// BulkResult is what became of one input of type I. T is as in [Records].
type BulkResult[I, T any] struct {
	// Index is the position of the input among all inputs, from 0. Those that
	// [Resume] leaves out count.
	Index int
	// Input is the input.
	Input I
	// Outcome is what became of it.
	Outcome Outcome
	// Record is the record as it is then, if it was created or updated. It is nil
	// otherwise.
	Record *Record[T]
	// Err says why the input was not written, or why that is not known. It is nil
	// if it was written. If the API refused it, it is an [Error] whose Errors are
	// those about this record, with pointers as if it had been sent alone: they
	// begin with /data/0.
	Err error
	// Confirmed is how many inputs from the first one on have a certain outcome.
	// It is what [Resume] takes to go on later.
	Confirmed int
}

// ImportResult is what became of an input of [Records.Import].
type ImportResult[T any] = BulkResult[T, T]

// Change is a change of one record, for [Records.BulkUpdate].
type Change struct {
	// ID is the id of the record.
	ID string
	// Changes are what [Records.Update] takes.
	Changes any
}

// Progress is how far an import, bulk update or bulk deletion has come.
type Progress struct {
	// Done is how many inputs have a result. Those that [Resume] left out count.
	Done int
	// Confirmed is how many inputs from the first one on have a certain outcome.
	// It is what [Resume] takes to go on later.
	Confirmed int
	// Requests is how many requests it took. Attempts that [WithRetries] repeats
	// count once with the first one.
	Requests int

	counts [Unknown + 1]int // how often each outcome occurred
}

// Count returns how many inputs have one of the outcomes, without those that
// [Resume] left out.
func (p Progress) Count(outcomes ...Outcome) int {
	n := 0
	for _, o := range outcomes {
		if o >= 0 && int(o) < len(p.counts) {
			n += p.counts[o]
		}
	}
	return n
}

// BulkOption changes how [Records.Import], [Records.BulkUpdate] and
// [Records.BulkDelete] work. These take [BatchSize], [Resume] and [OnBatch];
// [Concurrency]; and the options of the call for a single record, such as
// [MatchOn] and [Silent].
type BulkOption interface{ bulk(*bulkOptions) }

type bulkOptions struct {
	writing
	query
	batchSize int
	resume    int
	onBatch   func(Progress)
	nilOption bool
}

func (o WriteOption) bulk(b *bulkOptions) {
	if b.nilOption = b.nilOption || o == nil; o != nil {
		o(&b.writing)
	}
}

func (o QueryOption) bulk(b *bulkOptions) {
	if b.nilOption = b.nilOption || o == nil; o != nil {
		o(&b.query)
	}
}

type bulkOption func(*bulkOptions)

func (o bulkOption) bulk(b *bulkOptions) { o(b) }

// BatchSize sets how many inputs go into one request, from 1 to 10,000: 100 unless
// this says otherwise, which is what the vendor advises for clean data, with 25 for
// a first import. Of two, the last one counts. A request has fewer if it would
// become larger than 4 MiB, if inputs must be written one after the other, or if
// they are updated in different ways.
func BatchSize(n int) BulkOption {
	return bulkOption(func(b *bulkOptions) {
		if n < 1 || n > mostBatchSize {
			b.writing.fail("BatchSize(%d): it takes 1 to %d", n, mostBatchSize)
		}
		b.batchSize = n
	})
}

// Resume leaves out the first n inputs: those of which an earlier run has said, by
// [BulkResult.Confirmed] or [Progress.Confirmed], that their outcome is certain.
// The inputs must be the same, in the same order. If there are fewer than n, that
// is an error.
//
// A run that was killed may have written inputs that it did not get to report. An
// import with [MatchOn] finds these and updates them. One without would create
// them again: look at the records of the last moments first.
func Resume(n int) BulkOption {
	return bulkOption(func(b *bulkOptions) {
		if n < 0 {
			b.writing.fail("Resume(%d): it takes 0 or more", n)
		}
		b.resume = n
	})
}

// OnBatch has f called after each batch, when the loop has seen the results
// that it counts. It is called by the goroutine of the loop.
func OnBatch(f func(Progress)) BulkOption {
	return bulkOption(func(b *bulkOptions) {
		if f == nil {
			b.writing.fail("OnBatch: the function is nil")
		}
		b.onBatch = f
	})
}

// Import creates a record for each input, many in one request and several requests
// at once, and returns a result for each, in the order of the inputs:
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
// field. A record of the input that has no value for it is refused, and inputs
// with the same value, in which letters of either case are the same, are written
// in their order, so that the last one counts. Besides it takes [Silent],
// [Concurrency], [BatchSize], [Resume] and [OnBatch].
//
// Four requests are under way at once unless Concurrency says otherwise. Batches
// that are, are written in any order; with Concurrency(1) all are written in the
// order of the inputs.
//
// The API writes a batch as a whole or refuses it as a whole. A batch that is
// refused is sent again without what the API says is at fault, or in halves, so
// that the others are written. An input is [Refused] if the API refused it alone,
// or refused a batch that it then took without it.
//
// If no response tells what became of a batch, its inputs are [Unknown], and they
// are not sent again. With MatchOn they are sent again first, as often as
// [WithRetries] says, or up to five times after a response that cannot be read.
// While the schema is being changed, which the API responds with 409 to, a batch waits and
// is sent again up to five times.
//
// With MatchOn the API does not say whether it created a record or updated one.
// One that was updated later than it was created counts as [Updated], and one
// that has the same time for both as [Created]. That a response has the records in
// the order in which they were sent is not documented; with MatchOn they are
// assigned by its values, and otherwise by their order.
//
// However it ends, every input that was taken has its result. What ends it early
// comes as an error after that: what is wrong with an option, with nothing sent;
// the end of ctx; a response that has nothing to do with the records, such as one
// that matches [ErrUnauthorized]; a network that cannot be reached; or five
// requests in a row whose outcome is not known. If the loop is left, the requests
// under way are cancelled, and what became of them is not known.
//
// Nothing happens before the loop begins, and each loop is an import of its own. It
// holds four batches for each request that may be under way. The inputs are taken,
// and their MarshalJSON is called, by the goroutine of the loop and between its
// turns. Several imports may run at once.
func (r *Records[T]) Import(ctx context.Context, inputs iter.Seq[T], opts ...BulkOption) iter.Seq2[ImportResult[T], error] {
	return r.ImportSeq2(ctx, withoutErrors(inputs), opts...)
}

// ImportSeq2 is [Records.Import] for inputs that may fail to be read, such as the
// rows of a file. An input that comes with an error is [Refused], with that error;
// whether others follow is the sequence's to say. It counts as an input, which
// [Resume] leaves out: a sequence that cannot be read to its end should rather stop
// there, and keep its error for after the loop.
func (r *Records[T]) ImportSeq2(ctx context.Context, inputs iter.Seq2[T, error], opts ...BulkOption) iter.Seq2[ImportResult[T], error] {
	return run(ctx, inputs, opts, func(o *bulkOptions) (*bulk[T, T], error) {
		if len(o.strategies) > 0 {
			return nil, fmt.Errorf("clarify: %s is for BulkUpdate, not for Import", o.strategies[0].option)
		}
		params := &gen.CreateBulkRecordsParams{Silent: silence(r.silent || o.silent)}
		return &bulk[T, T]{
			operation: "createBulkRecords",
			// What is found by its value can be sent twice.
			repeatable: o.matchOn != "",
			frame:      len(`{"data":[],"match_on":}`) + len(jsonString(o.matchOn)),
			around:     r.aroundEntry(),
			prepare: func(attributes T) (item, error) {
				a, err := encodeNew(attributes, o.matchOn)
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
				r.writeEntries(b, items)
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
	})
}

// BulkUpdate changes records, many in one request, and returns a result for each
// input, in the order of the inputs. It takes the options of [Records.Update],
// [Concurrency], [BatchSize], [Resume] and [OnBatch], and is otherwise as
// [Records.Import].
//
// An id that is unknown has its input [Refused], with an error that matches
// [ErrNotFound]. An object that is unknown ends it early: the first time that
// something is not found, and nothing was changed so far, it reads a page of one
// record to see. Several changes of one record are made in their order. If no
// response tells what became of a batch, its inputs are [Unknown], and they are not
// sent again.
func (r *Records[T]) BulkUpdate(ctx context.Context, inputs iter.Seq[Change], opts ...BulkOption) iter.Seq2[BulkResult[Change, T], error] {
	return r.BulkUpdateSeq2(ctx, withoutErrors(inputs), opts...)
}

// BulkUpdateSeq2 is [Records.BulkUpdate] for inputs that may fail to be read, as
// [Records.ImportSeq2] is.
func (r *Records[T]) BulkUpdateSeq2(ctx context.Context, inputs iter.Seq2[Change, error], opts ...BulkOption) iter.Seq2[BulkResult[Change, T], error] {
	return run(ctx, inputs, opts, func(o *bulkOptions) (*bulk[Change, T], error) {
		if o.matchOn != "" {
			return nil, errors.New("clarify: MatchOn is for Import; BulkUpdate takes ids")
		}
		params := &gen.UpdateRecordsParams{Silent: silence(r.silent || o.silent)}
		return &bulk[Change, T]{
			operation: "updateRecords",
			byID:      true,
			frame:     len(`{"data":[],"meta":}`),
			around:    r.aroundEntry() + len(`,"id":`),
			prepare: func(c Change) (item, error) {
				if err := checkID("the id of the change", c.ID); err != nil {
					return item{}, err
				}
				a, meta, err := encodeChanges(c.Changes, &o.writing)
				if err != nil {
					return item{}, err
				}
				it := item{id: c.ID, text: jsonString(c.ID), json: a.json, keys: []string{c.ID}}
				if len(meta) > 0 {
					it.meta, err = encode(meta)
				}
				return it, err
			},
			body: func(b *bytes.Buffer, items []*item) {
				r.writeEntries(b, items)
				if meta := items[0].meta; len(meta) > 0 {
					b.WriteString(`,"meta":`)
					b.Write(meta)
				}
				b.WriteByte('}')
			},
			send: func(ctx context.Context, body *bytes.Reader) (*http.Response, error) {
				return r.client.UpdateRecordsWithBody(ctx, r.object, params, jsonType, body)
			},
			look: r.look,
		}, nil
	})
}

// BulkDelete deletes the records with the ids, many in one request, and returns a
// result for each id, in the order of the ids. It takes [Silent], [Concurrency],
// [BatchSize], [Resume] and [OnBatch], and is otherwise as [Records.Import].
//
// An id that is unknown is [Refused], with an error that matches [ErrNotFound],
// unless a request was repeated because no response came to an earlier attempt,
// which may have deleted it: then it is [Deleted]. An object that is unknown ends
// it early, as it does [Records.BulkUpdate].
func (r *Records[T]) BulkDelete(ctx context.Context, ids iter.Seq[string], opts ...BulkOption) iter.Seq2[BulkResult[string, T], error] {
	return r.BulkDeleteSeq2(ctx, withoutErrors(ids), opts...)
}

// BulkDeleteSeq2 is [Records.BulkDelete] for ids that may fail to be read, as
// [Records.ImportSeq2] is.
func (r *Records[T]) BulkDeleteSeq2(ctx context.Context, ids iter.Seq2[string, error], opts ...BulkOption) iter.Seq2[BulkResult[string, T], error] {
	return run(ctx, ids, opts, func(o *bulkOptions) (*bulk[string, T], error) {
		switch {
		case o.matchOn != "":
			return nil, errors.New("clarify: MatchOn is for Import; BulkDelete takes ids")
		case len(o.strategies) > 0:
			return nil, fmt.Errorf("clarify: %s is for BulkUpdate, not for BulkDelete", o.strategies[0].option)
		}
		params := &gen.DeleteRecordsParams{Silent: silence(r.silent || o.silent)}
		return &bulk[string, T]{
			operation:  "deleteRecords",
			byID:       true,
			deletes:    true,
			repeatable: true,
			frame:      len(`{"items":[]}`),
			around:     len(`,`),
			prepare: func(id string) (item, error) {
				if err := checkID("the id", id); err != nil {
					return item{}, err
				}
				return item{id: id, json: jsonString(id), keys: []string{id}}, nil
			},
			body: func(b *bytes.Buffer, items []*item) {
				b.WriteString(`{"items":[`)
				for i, it := range items {
					if i > 0 {
						b.WriteByte(',')
					}
					b.Write(it.json)
				}
				b.WriteString(`]}`)
			},
			send: func(ctx context.Context, body *bytes.Reader) (*http.Response, error) {
				return r.client.DeleteRecordsWithBody(ctx, r.object, params, jsonType, body)
			},
			look: r.look,
		}, nil
	})
}

// look asks for one record. Its error matches [ErrNotFound] if there is no such
// object.
func (r *Records[T]) look(ctx context.Context) error {
	one := 1
	return finish(r.client.GetResources(ctx, r.object, &gen.GetResourcesParams{Page: &gen.RecordsPageQuery{Limit: &one}}))
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

// writeEntries begins a body with the records in its data.
func (r *Records[T]) writeEntries(b *bytes.Buffer, items []*item) {
	object := jsonString(r.object)
	b.WriteString(`{"data":[`)
	for i, it := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"type":`)
		b.Write(object)
		if it.id != "" {
			b.WriteString(`,"id":`)
			b.Write(it.text)
		}
		b.WriteString(`,"attributes":`)
		b.Write(it.json)
		b.WriteByte('}')
	}
	b.WriteByte(']')
}

// aroundEntry is how many bytes writeEntries writes around a record without an id.
func (r *Records[T]) aroundEntry() int {
	return len(`,{"type":,"attributes":}`) + len(jsonString(r.object))
}

// keysOf returns what the API compares a value of a unique field by. As it is
// known to ignore the case of some, all are taken to be the same in either.
func keysOf(value json.RawMessage) []string {
	var keys []string
	switch {
	case len(value) == 0:
		return nil
	case value[0] == '"':
		keys = make([]string, 1)
		if decode(value, &keys[0]) != nil {
			return []string{string(value)}
		}
	case value[0] == '{':
		var collection Collection
		if decode(value, &collection) != nil || collection == nil {
			return []string{string(value)}
		}
		keys = collection
	default:
		return []string{string(value)}
	}
	for i, key := range keys {
		keys[i] = strings.ToLower(key)
	}
	return keys
}
