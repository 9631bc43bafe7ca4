package clarifytest

import (
	"net/http"
	"strings"
	"time"
)

// response is what is sent for a request.
type response struct {
	status int
	header http.Header
	body   []byte
}

func encoded(r reply) response {
	a := response{header: http.Header{}}
	a.status, a.body = encode(r, a.header)
	return a
}

// plan is what goes wrong with a request.
type plan struct {
	names  []string
	before time.Duration // to wait before the work
	after  time.Duration // to wait after it
	main   *Fault        // what else
}

func (p *plan) add(f Fault) {
	p.names = append(p.names, f.name)
	switch {
	case f.effect != effectDelay:
		p.main = &f
	case f.late:
		p.after += f.delay
	default:
		p.before += f.delay
	}
}

func (p plan) String() string { return strings.Join(p.names, ", ") }
