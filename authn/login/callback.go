package login

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

const (
	// readTimeout bounds the reading of one request, writeTimeout the writing of
	// one page.
	readTimeout  = 10 * time.Second
	writeTimeout = 10 * time.Second
	// maxHeader has room for the longest codes that servers issue.
	maxHeader = 1 << 16
	// closeGrace is how long a page may take to reach the browser after the login
	// has ended.
	closeGrace = 2 * time.Second
)

// receiver serves the redirect URL until the login has ended.
type receiver struct {
	ctx   context.Context // of the token request
	back  *redirect
	flow  *authn.CodeFlow
	login authn.Login

	http   *http.Server
	served sync.WaitGroup
	failed chan error    // errors of the listeners
	ended  chan struct{} // closed when there is an outcome

	mu         sync.Mutex
	over       bool           // no more requests are handled
	handling   sync.WaitGroup // requests; only added to while not over
	outcome    *outcome
	ignored    int   // callbacks that did not belong to the login
	lastReason error // of the last of them

	connsMu sync.Mutex
	unused  map[net.Conn]struct{} // connections that have not sent anything yet
}

// outcome is how the login ended.
type outcome struct {
	token    *oauth2.Token
	err      error
	panicked any // what the HTTP client of the program panicked with
}

// newReceiver starts to serve the redirect URL.
func newReceiver(ctx context.Context, back *redirect, flow *authn.CodeFlow, login authn.Login) *receiver {
	r := &receiver{
		ctx: ctx, back: back, flow: flow, login: login,
		failed: make(chan error, len(back.listeners)),
		ended:  make(chan struct{}),
		unused: map[net.Conn]struct{}{},
	}
	r.http = &http.Server{
		Handler:        r,
		ReadTimeout:    readTimeout,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       log.New(io.Discard, "", 0),
		ConnState:      r.trackConn,
	}
	// A kept connection could lose the last page: a request that nobody reads any more
	// resets the connection.
	r.http.SetKeepAlivesEnabled(false)
	for _, l := range back.listeners {
		r.served.Go(func() {
			if err := r.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				r.failed <- err
			}
		})
	}
	return r
}

// close waits until the current requests are handled and their pages sent, and closes
// the port. No goroutine outlives it.
func (r *receiver) close() {
	r.mu.Lock()
	r.over = true
	r.mu.Unlock()
	r.back.close()
	r.handling.Wait()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), closeGrace)
	defer cancel()
	// Shutdown waits for seconds for a connection that has not sent anything, such as
	// those that browsers open in advance.
	stopped := make(chan error, 1)
	go func() { stopped <- r.http.Shutdown(ctx) }()
	r.served.Wait()
	r.closeUnused()
	if err := <-stopped; err != nil {
		_ = r.http.Close()
	}
}

func (r *receiver) trackConn(conn net.Conn, state http.ConnState) {
	r.connsMu.Lock()
	defer r.connsMu.Unlock()
	if state == http.StateNew {
		r.unused[conn] = struct{}{}
	} else {
		delete(r.unused, conn)
	}
}

func (r *receiver) closeUnused() {
	r.connsMu.Lock()
	defer r.connsMu.Unlock()
	for conn := range r.unused {
		_ = conn.Close()
	}
}

// ignoredCallbacks returns a note about them for the end of an error, if there are any.
func (r *receiver) ignoredCallbacks() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ignored == 0 {
		return ""
	}
	reason := strings.TrimPrefix(r.lastReason.Error(), "authn: ")
	return fmt.Sprintf(" (ignored callbacks: %d, the last one because %s)", r.ignored, reason)
}

// ServeHTTP responds to one request. Only the callback of this login has an effect.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	if r.over {
		r.mu.Unlock()
		over.write(w)
		return
	}
	r.handling.Add(1)
	r.mu.Unlock()
	defer r.handling.Done()
	r.respond(req).write(w)
}

// respond handles a request, and returns the page for it.
func (r *receiver) respond(req *http.Request) page {
	switch {
	case canonicalHost(req.Host) != r.back.host:
		// Somebody else's name resolves to this address (DNS rebinding).
		return wrongHost
	case req.URL.Path != r.back.path:
		return notFound
	case req.Method != http.MethodGet:
		return wrongMethod
	}
	callback, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return r.ignore(errors.New("its query is malformed"))
	}
	defer func() {
		// The server would hide the panic, and Run would wait until the timeout.
		if p := recover(); p != nil {
			r.end(outcome{panicked: p})
			panic(http.ErrAbortHandler)
		}
	}()
	token, err := r.flow.Finish(r.ctx, r.login, callback)
	if errors.Is(err, authn.ErrState) {
		return r.ignore(err)
	}
	r.end(outcome{token: token, err: err})
	return pageFor(err)
}

// end ends the login. The flow ensures that there is only one outcome.
func (r *receiver) end(o outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outcome = &o
	close(r.ended)
}

func (r *receiver) ignore(reason error) page {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ignored++
	r.lastReason = reason
	return foreign
}
