package clarifytest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
)

// WithMemoryNetwork has the server listen in memory, and not on a port, so that
// it can be used where time is fake, in a bubble of testing/synctest: waiting for
// such a network counts as idle. It must then be started and closed within the
// bubble. Its addresses look as ever, but only [Server.HTTPClient] and
// [Server.Client] reach them:
//
//	clarify.New(srv.Workspace, auth, clarify.WithBaseURL(srv.BaseURL), clarify.WithHTTPClient(srv.HTTPClient()))
//
// A connection that is reset just ends. WithAddress and WithStorageAddress have
// no effect.
func WithMemoryNetwork() Option {
	return func(c *config) { c.network = newMemoryNetwork() }
}

// HTTPClient returns an HTTP client that reaches the server, with
// [WithMemoryNetwork], too, and that has no credential: pass it to a client under
// test. Its connections are the server's, and end with it.
func (s *Server) HTTPClient() *http.Client {
	return &http.Client{
		Transport:     s.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// network is where servers listen.
type network interface {
	listen(address string) (net.Listener, error)
	dial(ctx context.Context, network, address string) (net.Conn, error)
}

type realNetwork struct{ net.Dialer }

func (*realNetwork) listen(address string) (net.Listener, error) {
	return net.Listen("tcp", address)
}

func (n *realNetwork) dial(ctx context.Context, network, address string) (net.Conn, error) {
	return n.DialContext(ctx, network, address)
}

type memoryNetwork struct {
	mu        sync.Mutex
	listeners map[string]*memoryListener
	port      int // the last that was given
}

func newMemoryNetwork() *memoryNetwork {
	return &memoryNetwork{listeners: map[string]*memoryListener{}}
}

// listen gives the address if it was given before and is free again, and else a
// new one.
func (n *memoryNetwork) listen(address string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	addr, err := net.ResolveTCPAddr("tcp", address)
	if err != nil || addr.Port == 0 || addr.Port > n.port {
		n.port++
		addr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: n.port}
	}
	if n.listeners[addr.String()] != nil {
		return nil, errInUse
	}
	l := &memoryListener{network: n, addr: addr, conns: make(chan net.Conn), closed: make(chan struct{})}
	n.listeners[addr.String()] = l
	return l, nil
}

func (n *memoryNetwork) dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[address]
	n.mu.Unlock()
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
	network *memoryNetwork
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
		return errors.New("clarifytest: the listener is closed already")
	}
	delete(l.network.listeners, l.addr.String())
	close(l.closed)
	return nil
}
