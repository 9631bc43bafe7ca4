package network

import (
	"net"
	"net/http"
	"sync"
)

// unusedConns are the connections on which nothing was sent yet. A shutdown of
// http.Server waits for seconds for those, which clients open ahead of need.
type unusedConns struct {
	mu       sync.Mutex
	conns    map[net.Conn]struct{}
	refusing bool // whether new ones are closed at once
}

// track is for http.Server.ConnState.
func (u *unusedConns) track(conn net.Conn, state http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if state != http.StateNew {
		delete(u.conns, conn)
		return
	}
	if u.refusing {
		_ = conn.Close()
		return
	}
	if u.conns == nil {
		u.conns = map[net.Conn]struct{}{}
	}
	u.conns[conn] = struct{}{}
}

// refuse sets whether new connections are closed at once, and closes those that
// there are: the listener may have accepted one just before it was closed.
func (u *unusedConns) refuse(refusing bool) {
	u.mu.Lock()
	u.refusing = refusing
	u.mu.Unlock()
	if refusing {
		u.close()
	}
}

func (u *unusedConns) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for conn := range u.conns {
		_ = conn.Close()
	}
}
