package network

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// A Server serves HTTP on a listener.
type Server struct {
	http     *http.Server
	listener *Listener
	served   chan struct{} // closed when it accepts nothing more
	unused   unusedConns
}

// Serve starts a server on a listener, which it closes when it shuts down. t is
// nil without TLS.
func Serve(l *Listener, t *TLS, h http.Handler) *Server {
	s := &Server{listener: l, served: make(chan struct{})}
	s.http = &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
		ConnState:         s.unused.track,
	}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(t.wrap(l))
	}()
	return s
}

// RefuseConnections closes the port and all connections that are idle. Requests
// in flight get their responses.
func (s *Server) RefuseConnections() {
	s.listener.Pause()
	s.http.SetKeepAlivesEnabled(false)
	// http.Server does not count a connection as idle that was never used.
	s.unused.refuse(true)
}

// AcceptConnections undoes RefuseConnections. It returns an error if another
// program has taken the port.
func (s *Server) AcceptConnections() error {
	s.http.SetKeepAlivesEnabled(true)
	s.unused.refuse(false)
	return s.listener.Resume()
}

// Close shuts the server down. It waits for requests in flight until ctx is done,
// and then closes their connections.
func (s *Server) Close(ctx context.Context) {
	stopped := make(chan error, 1)
	go func() { stopped <- s.http.Shutdown(ctx) }()
	<-s.served
	s.unused.close()
	if err := <-stopped; err != nil {
		_ = s.http.Close()
	}
}

// Disconnect takes a connection over from net/http and closes it. If reset, the
// client sees a connection that was reset, unless the network is in memory: then
// the connection just ends. A connection that is closed already stays closed.
func Disconnect(w http.ResponseWriter, reset bool) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if !reset {
		_ = conn.Close()
		return
	}
	raw := rawConn(conn)
	if tcp, ok := raw.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = raw.Close()
}
