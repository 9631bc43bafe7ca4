package network

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
)

// Memory is a network in memory. Waiting for it counts as idle in a bubble of
// testing/synctest. Only [Memory.Dial] reaches its listeners.
type Memory struct {
	mu        sync.Mutex
	assigned  map[string]bool
	listeners map[string]*memoryListener
}

// addresses counts the addresses that were assigned in the process. All differ, so
// that no two servers have the same URL: what a client knows of one, such as its
// rate limit, must not count for another.
var addresses atomic.Uint32

const maxPort = 65535

// NewMemory returns a network on which nobody listens. Its addresses are loopback
// addresses.
func NewMemory() *Memory {
	return &Memory{assigned: map[string]bool{}, listeners: map[string]*memoryListener{}}
}

// Listen implements [Network]. It takes an address that it assigned before, if
// it is free again, and else assigns a new one.
func (m *Memory) Listen(address string) (net.Listener, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	addr, err := net.ResolveTCPAddr("tcp", address)
	if err != nil || !m.assigned[addr.String()] {
		n := addresses.Add(1) - 1
		addr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1+byte(n/maxPort)), Port: 1 + int(n%maxPort)}
		m.assigned[addr.String()] = true
	}
	if m.listeners[addr.String()] != nil {
		return nil, errInUse
	}
	l := &memoryListener{network: m, addr: addr, conns: make(chan net.Conn), closed: make(chan struct{})}
	m.listeners[addr.String()] = l
	return l, nil
}

// Dial implements [Network].
func (m *Memory) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	m.mu.Lock()
	l := m.listeners[address]
	m.mu.Unlock()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errRefused}
	if l == nil {
		return nil, refused
	}
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type memoryListener struct {
	network *Memory
	addr    net.Addr
	conns   chan net.Conn
	closed  chan struct{}
}

func (l *memoryListener) Addr() net.Addr { return l.addr }

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error {
	l.network.mu.Lock()
	defer l.network.mu.Unlock()
	if l.network.listeners[l.addr.String()] != l {
		return errors.New("the listener is already closed")
	}
	delete(l.network.listeners, l.addr.String())
	close(l.closed)
	return nil
}
