package clarify

import "errors"

const (
	// defaultBatch is how many records per request the vendor recommends.
	defaultBatch = 100
	// defaultInFlight is how many requests are in flight by default. Up to a latency
	// of 80 milliseconds these are enough to reach the rate limit, and a run that
	// ends early leaves few inputs with an unknown outcome.
	defaultInFlight = 4
	// maxBatchSize is far more than the vendor recommends, and small enough for
	// responses to be read.
	maxBatchSize = 10_000
)

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

// BatchSize sets how many inputs go into one request, from 1 to 10,000. The default
// is 100, which the vendor recommends for clean data; for a first import it
// recommends 25. If BatchSize is given twice, the last one counts. A request has
// fewer inputs if
//
//   - it would become larger than 4 MiB,
//   - inputs must be written one after the other, or
//   - inputs are updated in different ways.
func BatchSize(n int) BulkOption {
	return bulkOption(func(b *bulkOptions) {
		if n < 1 || n > maxBatchSize {
			b.writing.fail("BatchSize(%d): must be 1 to %d", n, maxBatchSize)
		}
		b.batchSize = n
	})
}

// Resume skips the first n inputs: those whose outcome was certain according to
// [BulkResult.Confirmed] or [Progress.Confirmed] of an earlier run. The inputs must
// be the same, in the same order. If there are fewer than n, that is an error.
//
// A run that was killed may have written inputs without reporting them. An import
// with [MatchOn] finds their records and updates them. Without MatchOn it would
// create them a second time: look at the records of the last minutes first.
func Resume(n int) BulkOption {
	return bulkOption(func(b *bulkOptions) {
		if n < 0 {
			b.writing.fail("Resume(%d): must be 0 or more", n)
		}
		b.resume = n
	})
}

// OnBatch calls f after each batch, once the loop has received the results that the
// progress counts. The loop's goroutine calls it.
func OnBatch(f func(Progress)) BulkOption {
	return bulkOption(func(b *bulkOptions) {
		if f == nil {
			b.writing.fail("OnBatch: the function is nil")
		}
		b.onBatch = f
	})
}

// readBulkOptions combines options and checks them.
func readBulkOptions(opts []BulkOption) (*bulkOptions, error) {
	o := &bulkOptions{batchSize: defaultBatch}
	for _, opt := range opts {
		if opt == nil {
			return nil, errNilOption
		}
		opt.bulk(o)
	}
	q := &o.query
	switch {
	case o.nilOption:
		return nil, errNilOption
	case o.writing.err != nil:
		return nil, o.writing.err
	case q.err != nil:
		return nil, q.err
	case q.selects():
		return nil, errors.New("clarify: bulk writes take no option of a query except Concurrency")
	}
	if q.concurrency == 0 {
		q.concurrency = defaultInFlight
	}
	return o, nil
}

// selects reports whether an option other than Concurrency was given.
func (q *query) selects() bool {
	return q.conditions != nil || q.sort != nil || q.include != nil || q.search != "" ||
		q.pageSize != nil || q.limit != nil || q.offset != nil || q.stable || q.overlap != nil
}
