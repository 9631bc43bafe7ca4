package clarify

import (
	"bytes"
	"fmt"
	"net/http"
)

// dumpStage writes each attempt for debugging.
type dumpStage struct {
	dump      *dump
	workspace string // the slug
}

func (s dumpStage) do(c *call, next handler) (*http.Response, error) {
	rsp, err := next(c)
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s, call %d, attempt %d\n", s.workspace, c.id, c.attempts.number)
	dumpAttempt(&b, c, rsp, err)
	b.WriteByte('\n')
	s.dump.write(b.Bytes())
	return rsp, err
}
