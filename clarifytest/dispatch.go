package clarifytest

import "github.com/clarify-go/clarify/clarifytest/internal/store"

// handler responds one operation. The one of an operation is the function that is
// called as its id: handlers, which is generated, refers to all of them.
type handler func(*call) (reply, error)

// do carries the operation out. The schemas stay what they are meanwhile.
func (c *call) do() (reply, error) {
	handle := handlers[c.op.ID]
	return store.HoldingSchemas(c.state.Store, func() (reply, error) {
		c.schemas = c.state.CurrentSchemas()
		return handle(c)
	})
}
