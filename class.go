package clarify

import "fmt"

// Class says how urgent a request is while the rate limit allows no other.
type Class int

const (
	// Interactive is the class of requests that somebody may be waiting for. It is
	// the default.
	Interactive Class = iota
	// Bulk is the class of requests that can wait. [Records.Import],
	// [Records.BulkUpdate] and [Records.BulkDelete] mark their requests as such,
	// unless [WithClass] says otherwise.
	Bulk
)

// String returns "interactive" or "bulk".
func (c Class) String() string {
	switch c {
	case Interactive:
		return "interactive"
	case Bulk:
		return "bulk"
	}
	return fmt.Sprintf("Class(%d)", int(c))
}
