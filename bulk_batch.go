package clarify

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/clarify-go/clarify/internal/inflight"
)

const (
	// maxBatchBytes ends a batch early, as servers limit the size of a body.
	maxBatchBytes = 4 << 20
	// batchesAhead is how many batches are held for each request in flight. A batch
	// that has to be split does not delay the others for long.
	batchesAhead = 4
)

// bulkOperation is what to write, and how, for inputs of type I.
type bulkOperation[I any] struct {
	client    *Client
	object    string
	id        string // the vendor's
	retryable bool   // whether a request whose outcome is unknown may be sent again
	byID      bool   // whether inputs name records that must exist
	deletes   bool
	matchOn   string // the field of MatchOn, if any
	prepare   func(I) (item, error)
	frame     int // how many bytes a request has beside its inputs, at most
	around    int // how many of them surround each input, at most
	body      func(*bytes.Buffer, []*item)
	send      func(context.Context, *bytes.Reader) (*http.Response, error)
	probe     func(context.Context) error // finds out whether the object exists, if byID
}

// item is an input as it is sent.
type item struct {
	id     string
	jsonID json.RawMessage // the id in JSON, if it is sent beside the input
	json   json.RawMessage
	keys   []string        // inputs that share a key are written in their order
	meta   json.RawMessage // how an update combines, the same for a whole request
}

// input is an input and its result.
type input[I, T any] struct {
	item
	value   I
	outcome Outcome
	record  *Record[T]
	err     error
	unknown *Error // an attempt that may have written it, nil if there was none
}

// conclude sets the outcome. An input that is given up after an attempt with an
// unknown outcome has that outcome.
func (in *input[I, T]) conclude(o Outcome, err error) {
	if o == NotDone && in.unknown != nil {
		o, err = Unknown, in.unknown
	}
	in.outcome, in.err = o, err
}

func (in *input[I, T]) concluded() bool { return in.outcome != NotDone || in.err != nil }

func concludeAll[I, T any](inputs []*input[I, T], o Outcome, err error) {
	for _, in := range inputs {
		in.conclude(o, err)
	}
}

// batch is inputs that are sent together, if possible.
type batch[I, T any] struct {
	all   []*input[I, T] // all inputs in their order
	sent  []*input[I, T] // those that can be sent
	bytes int            // the size of the request, at most
	after []*batch[I, T] // batches that must end before this one starts
	task  *bulkTask[I, T]
}

// The queue of a run has its batches. The result of one is how many requests it took.
type (
	bulkQueue[I, T any] = inflight.Queue[*batch[I, T], int]
	bulkTask[I, T any]  = inflight.Task[*batch[I, T], int]
)

// abandon concludes the inputs of a batch that was not written to its end.
func (of *batch[I, T]) abandon(o Outcome, err error) {
	for _, in := range of.sent {
		if !in.concluded() {
			in.conclude(o, err)
		}
	}
}

// batcher puts inputs into batches.
type batcher[I, T any] struct {
	*bulkOperation[I]
	size   int                     // how many inputs a request has, at most
	next   *batch[I, T]            // the one that is being filled
	owners map[string]*batch[I, T] // the last batch with each key, of those that are held
}

// fits reports whether an input can be sent in a request with those of the next
// batch.
func (b *batcher[I, T]) fits(in *input[I, T]) bool {
	if len(b.next.sent) == 0 {
		return true
	}
	return b.next.bytes+b.bytesOf(in) <= maxBatchBytes && bytes.Equal(in.meta, b.next.sent[0].meta) &&
		!slices.ContainsFunc(in.keys, func(key string) bool { return b.owners[key] == b.next })
}

// full reports whether the next batch takes no more inputs.
func (b *batcher[I, T]) full() bool {
	return len(b.next.sent) >= b.size || len(b.next.all) >= batchesAhead*b.size
}

// bytesOf returns how many bytes an input takes in a request, at most.
func (b *batcher[I, T]) bytesOf(in *input[I, T]) int { return b.around + len(in.jsonID) + len(in.json) }

// add adds an input to the next batch.
func (b *batcher[I, T]) add(in *input[I, T]) {
	to := b.next
	to.all = append(to.all, in)
	if in.outcome == Refused {
		return
	}
	if len(to.sent) == 0 {
		to.bytes = b.frame + len(in.meta)
	}
	to.sent = append(to.sent, in)
	to.bytes += b.bytesOf(in)
	for _, key := range in.keys {
		if earlier := b.owners[key]; earlier != nil && earlier != to && !slices.Contains(to.after, earlier) {
			to.after = append(to.after, earlier)
		}
		b.owners[key] = to
	}
}

// forget removes a batch that has ended from the owners.
func (b *batcher[I, T]) forget(ended *batch[I, T]) {
	for _, in := range ended.sent {
		for _, key := range in.keys {
			if b.owners[key] == ended {
				delete(b.owners, key)
			}
		}
	}
}
