package clarifyotel

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// rateLimitWindow is the window of the API's rate limit. What a response said longer ago
// says nothing about the present.
const rateLimitWindow = time.Minute

// budget is what is left of the rate limit of an operation of a workspace.
type budget struct {
	attributes attribute.Set
	remaining  atomic.Int64
	seen       atomic.Int64 // when, in nanoseconds since 1970
}

// set notes what a response said.
func (b *budget) set(remaining int) {
	b.remaining.Store(int64(remaining))
	b.seen.Store(time.Now().UnixNano())
}

// budgets are those of which a response said something.
type budgets struct {
	mu  sync.Mutex
	all map[budgetKey]*budget
}

type budgetKey struct{ base, workspace, operation string }

// maxBudgets is how many budgets there may be.
const maxBudgets = 10_000

// find returns the budget that a key has, nil if there are too many. attributes are those
// that it is reported with.
func (b *budgets) find(key budgetKey, attributes attribute.Set) *budget {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := b.all[key]
	if found == nil && len(b.all) < maxBudgets {
		found = &budget{attributes: attributes}
		if b.all == nil {
			b.all = map[budgetKey]*budget{}
		}
		b.all[key] = found
	}
	return found
}

// observe reports the budgets. Of those with the same attributes it is the smallest.
func (b *budgets) observe(_ context.Context, o metric.Int64Observer) error {
	oldest := time.Now().Add(-rateLimitWindow).UnixNano()
	smallest := map[attribute.Distinct]*budget{}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, found := range b.all {
		if found.seen.Load() <= oldest {
			continue
		}
		other := smallest[found.attributes.Equivalent()]
		if other == nil || found.remaining.Load() < other.remaining.Load() {
			smallest[found.attributes.Equivalent()] = found
		}
	}
	for _, found := range smallest {
		o.Observe(found.remaining.Load(), metric.WithAttributeSet(found.attributes))
	}
	return nil
}
