package clarifytest

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// freshConns are the connections that have not sent anything yet. A shutdown
// waits for seconds for those, which a client may have opened ahead of need.
type freshConns struct {
	mu       sync.Mutex
	conns    map[net.Conn]struct{}
	refusing bool // whether those that come are closed at once
}

// track is for http.Server.ConnState.
func (f *freshConns) track(conn net.Conn, state http.ConnState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if state != http.StateNew {
		delete(f.conns, conn)
		return
	}
	if f.refusing {
		_ = conn.Close()
		return
	}
	if f.conns == nil {
		f.conns = map[net.Conn]struct{}{}
	}
	f.conns[conn] = struct{}{}
}

// refuse says whether connections that come are closed at once: the listener may
// have accepted one just before it was closed. It closes those that came.
func (f *freshConns) refuse(refusing bool) {
	f.mu.Lock()
	f.refusing = refusing
	f.mu.Unlock()
	if refusing {
		f.close()
	}
}

func (f *freshConns) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for conn := range f.conns {
		_ = conn.Close()
	}
}

// shutDown has a server finish what it is responding. served is closed once it
// accepts nothing more, and fresh tracks its connections.
func shutDown(ctx context.Context, server *http.Server, served <-chan struct{}, fresh *freshConns) {
	stopped := make(chan error, 1)
	go func() { stopped <- server.Shutdown(ctx) }()
	<-served
	fresh.close()
	if err := <-stopped; err != nil {
		_ = server.Close()
	}
}
