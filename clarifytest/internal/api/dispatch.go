package api

import "github.com/clarify-go/clarify/clarifytest/internal/store"

// Handler responds one operation. The one of an operation is the function that is
// called as its id: handlers, which is generated, refers to all of them.
type Handler func(*Call) (Reply, error)

// Do carries the operation out. The schemas stay what they are meanwhile.
func (c *Call) Do() (Reply, error) {
	handle := Handlers[c.Op.ID]
	return store.HoldingSchemas(c.State.Store, func() (Reply, error) {
		c.schemas = c.State.CurrentSchemas()
		return handle(c)
	})
}
