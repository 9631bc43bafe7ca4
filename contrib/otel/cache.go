package clarifyotel

import (
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"

	"github.com/clarify-go/clarify"
)

// maxKept is how many labels and how many series are kept. SDKs limit the series of a
// metric to about as many.
const maxKept = 1000

// cache has the labels of requests by what they depend on.
type cache struct {
	workspaces bool // whether metrics have them
	budgets    budgets
	labels     kept[*labels]
	series     kept[*series]
}

type labelKey struct{ base, workspace, method, operation, object string }

// find returns the labels of a request.
func (c *cache) find(r *clarify.RequestInfo) *labels {
	key := labelKey{r.BaseURL, r.Workspace, r.Method, r.Operation, r.Object}
	if found, ok := c.labels.load(key); ok {
		return found
	}
	s, exact := c.findSeries(r)
	var b *budget
	if r.Operation != "" && (exact || !c.workspaces) {
		workspace := r.Workspace
		if !c.workspaces {
			workspace = ""
		}
		b = c.budgets.find(budgetKey{r.BaseURL, r.Workspace, r.Operation}, attribute.NewSet(own(workspace, r.Operation, "")...))
	}
	return c.labels.store(key, makeLabels(r, s, b))
}

// findSeries returns the series of a request. If there are too many, its workspace and
// its object are not exact.
func (c *cache) findSeries(r *clarify.RequestInfo) (found *series, exact bool) {
	workspace, object := r.Workspace, r.Object
	if !c.workspaces {
		workspace = ""
	}
	key := labelKey{r.BaseURL, workspace, r.Method, r.Operation, object}
	if found, ok := c.series.load(key); ok {
		return found, true
	}
	if !c.series.full() {
		return c.series.store(key, makeSeries(r, workspace, object)), true
	}
	if workspace != "" {
		workspace = other
	}
	if object != "" {
		object = other
	}
	return makeSeries(r, workspace, object), false
}

// kept is a map that does not grow beyond maxKept. It is safe for concurrent use.
type kept[V any] struct {
	values sync.Map // of labelKey: V
	count  atomic.Int64
}

func (k *kept[V]) load(key labelKey) (found V, ok bool) {
	if v, ok := k.values.Load(key); ok {
		return v.(V), true
	}
	return found, false
}

func (k *kept[V]) full() bool { return k.count.Load() >= maxKept }

// store keeps a value, unless there are too many, and returns the one that is kept.
func (k *kept[V]) store(key labelKey, made V) V {
	if k.count.Add(1) > maxKept {
		k.count.Add(-1)
		return made
	}
	v, loaded := k.values.LoadOrStore(key, made)
	if loaded {
		k.count.Add(-1)
	}
	return v.(V)
}
