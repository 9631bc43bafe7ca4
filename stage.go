package clarify

import (
	"net/http"
	"slices"
)

// stage is one part of the chain. It passes a call on to the next one, and does
// something before or after. The last one has no next.
type stage interface {
	do(c *call, next handler) (*http.Response, error)
}

// handler is the rest of the chain.
type handler func(*call) (*http.Response, error)

// through returns a handler that passes a call through the stages, in this order.
func through(stages ...stage) handler {
	var next handler
	for _, s := range slices.Backward(stages) {
		rest := next
		next = func(c *call) (*http.Response, error) { return s.do(c, rest) }
	}
	return next
}
