package api

import "github.com/clarify-go/clarify/clarifytest/internal/store"

// Handler carries one operation out. It is the function with the name of the
// operation's id: Handlers, which is generated, has all of them.
type Handler func(*Call) (Response, error)

// Do carries the operation out. The schemas do not change meanwhile.
func (c *Call) Do() (Response, error) {
	handle := Handlers[c.Op.ID]
	return store.HoldingSchemas(c.State.Store, func() (Response, error) {
		c.schemas = c.State.CurrentSchemas()
		return handle(c)
	})
}
