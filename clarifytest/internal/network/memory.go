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
	ip        net.IP
	mu        sync.Mutex
	listeners map[string]*memoryListener
	port      int // the last one that was assigned
}

// networks counts the networks of the process. Each has an IP of its own, so that
// no two servers have the same URL: what a client knows of one, such as its rate
// limit, must not count for another.
var networks atomic.Uint32

// NewMemory returns a network on which nobody listens. Its IP is a loopback
// address.
func NewMemory() *Memory {
	n := networks.Add(1)
	return &Memory{ip: net.IPv4(127, byte(n>>16), byte(n>>8), byte(n)), listeners: map[string]*memoryListener{}}
}

// Listen implements [Network]. It takes an address that it assigned before, if
// it is free again, and else assigns a new one.
func (m *Memory) Listen(address string) (net.Listener, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	addr, err := net.ResolveTCPAddr("tcp", address)
	if err != nil || addr.Port == 0 || !addr.IP.Equal(m.ip) || addr.Port > m.port {
		m.port++
		addr = &net.TCPAddr{IP: m.ip, Port: m.port}
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
