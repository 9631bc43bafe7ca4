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

// bulkOperation is what to write, and how.
type bulkOperation struct {
	client    *Client
	object    string
	id        string // the vendor's
	retryable bool   // whether a request whose outcome is unknown may be sent again
	byID      bool   // whether inputs name records that must exist
	deletes   bool
	matchOn   string // the field of MatchOn, if any
	newList   func() recordList
	prepare   func(input any) (item, error)
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
type input struct {
	item
	value   any
	outcome Outcome
	record  recordAt
	err     error
	unknown *Error // an attempt that may have written it, nil if there was none
}

// conclude sets the outcome. An input that is given up after an attempt with an
// unknown outcome has that outcome.
func (in *input) conclude(o Outcome, err error) {
	if o == NotDone && in.unknown != nil {
		o, err = Unknown, in.unknown
	}
	in.outcome, in.err = o, err
}

func (in *input) concluded() bool { return in.outcome != NotDone || in.err != nil }

func concludeAll(inputs []*input, o Outcome, err error) {
	for _, in := range inputs {
		in.conclude(o, err)
	}
}

// batch is inputs that are sent together, if possible.
type batch struct {
	all   []*input // all inputs in their order
	sent  []*input // those that can be sent
	bytes int      // the size of the request, at most
	after []*batch // batches that must end before this one starts
	task  *bulkTask
}

// The queue of a run has its batches. The result of one is how many requests it took.
type (
	bulkQueue = inflight.Queue[*batch, int]
	bulkTask  = inflight.Task[*batch, int]
)

// abandon concludes the inputs of a batch that was not written to its end.
func (of *batch) abandon(o Outcome, err error) {
	for _, in := range of.sent {
		if !in.concluded() {
			in.conclude(o, err)
		}
	}
}

// batcher puts inputs into batches.
type batcher struct {
	*bulkOperation
	size   int               // how many inputs a request has, at most
	next   *batch            // the one that is being filled
	owners map[string]*batch // the last batch with each key, of those that are held
}

// fits reports whether an input can be sent in a request with those of the next
// batch.
func (b *batcher) fits(in *input) bool {
	if len(b.next.sent) == 0 {
		return true
	}
	return b.next.bytes+b.bytesOf(in) <= maxBatchBytes && bytes.Equal(in.meta, b.next.sent[0].meta) &&
		!slices.ContainsFunc(in.keys, func(key string) bool { return b.owners[key] == b.next })
}

// full reports whether the next batch takes no more inputs.
func (b *batcher) full() bool {
	return len(b.next.sent) >= b.size || len(b.next.all) >= batchesAhead*b.size
}

// bytesOf returns how many bytes an input takes in a request, at most.
func (b *batcher) bytesOf(in *input) int { return b.around + len(in.jsonID) + len(in.json) }

// add adds an input to the next batch.
func (b *batcher) add(in *input) {
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
func (b *batcher) forget(ended *batch) {
	for _, in := range ended.sent {
		for _, key := range in.keys {
			if b.owners[key] == ended {
				delete(b.owners, key)
			}
		}
	}
}
