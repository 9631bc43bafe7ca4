package network

import (
	"net"
	"sync"
)

// A Listener is a net.Listener that can be closed for a while. It is safe for
// concurrent use.
type Listener struct {
	network Network
	address net.Addr

	mu     sync.Mutex
	open   net.Listener  // nil while it is paused, and once it is closed
	opened chan struct{} // closed when it is resumed or closed
	closed bool
}

// Listen listens on an address of a network.
func Listen(n Network, address string) (*Listener, error) {
	listener, err := n.Listen(address)
	if err != nil {
		return nil, err
	}
	l := &Listener{network: n, address: listener.Addr(), open: listener, opened: make(chan struct{})}
	close(l.opened)
	return l, nil
}

// Addr implements net.Listener.
func (l *Listener) Addr() net.Addr { return l.address }

// Accept implements net.Listener. It keeps waiting while the listener is paused.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		l.mu.Lock()
		listener, opened, closed := l.open, l.opened, l.closed
		l.mu.Unlock()
		if closed {
			return nil, net.ErrClosed
		}
		if listener == nil {
			<-opened
			continue
		}
		conn, err := listener.Accept()
		if err != nil && l.isClosed(listener) {
			continue
		}
		return conn, err
	}
}

// isClosed reports whether Pause or Close closed a listener.
func (l *Listener) isClosed(listener net.Listener) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open != listener
}

// Pause closes the port until Resume.
func (l *Listener) Pause() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil || l.closed {
		return
	}
	listener := l.open
	l.open, l.opened = nil, make(chan struct{})
	_ = listener.Close()
}

// Resume opens the port again. It returns an error if another program has taken
// it meanwhile.
func (l *Listener) Resume() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open != nil || l.closed {
		return nil
	}
	listener, err := l.network.Listen(l.address.String())
	if err != nil {
		return err
	}
	l.open = listener
	close(l.opened)
	return nil
}

// Close closes the port for good. Closing it again has no effect.
func (l *Listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	if l.open == nil {
		close(l.opened)
		return nil
	}
	listener := l.open
	l.open = nil
	return listener.Close()
}
