package clarifytest

import (
	"fmt"
	"net"
	"sync"
)

// door is a listener that can be closed and opened again.
type door struct {
	network network
	address net.Addr

	mu     sync.Mutex
	open   net.Listener  // nil while it is closed
	opened chan struct{} // closed when it is opened, or closed for good
	ended  bool
}

func newDoor(network network, listener net.Listener) *door {
	d := &door{network: network, address: listener.Addr(), open: listener, opened: make(chan struct{})}
	close(d.opened)
	return d
}

func (d *door) Addr() net.Addr { return d.address }

// Accept waits for a connection, while the door is closed as well.
func (d *door) Accept() (net.Conn, error) {
	for {
		d.mu.Lock()
		listener, opened, ended := d.open, d.opened, d.ended
		d.mu.Unlock()
		if ended {
			return nil, net.ErrClosed
		}
		if listener == nil {
			<-opened
			continue
		}
		conn, err := listener.Accept()
		if err != nil && d.isShut(listener) {
			continue
		}
		return conn, err
	}
}

// isShut tells whether a listener was closed by shut or Close.
func (d *door) isShut(listener net.Listener) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open != listener
}

// shut closes the port until reopen.
func (d *door) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open == nil || d.ended {
		return
	}
	listener := d.open
	d.open, d.opened = nil, make(chan struct{})
	_ = listener.Close()
}

func (d *door) reopen() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open != nil || d.ended {
		return nil
	}
	listener, err := d.network.listen(d.address.String())
	if err != nil {
		return err
	}
	d.open = listener
	close(d.opened)
	return nil
}

// Close closes the port for good.
func (d *door) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended {
		return nil
	}
	d.ended = true
	if d.open == nil {
		close(d.opened)
		return nil
	}
	listener := d.open
	d.open = nil
	return listener.Close()
}

// RefuseConnections closes the server's port, so that the operating system
// refuses every new connection, and closes those that are open and idle, unused
// ones included. Requests under way are answered. [Server.AcceptConnections] ends
// it.
func (s *Server) RefuseConnections() {
	s.door.shut()
	s.http.SetKeepAlivesEnabled(false)
	// What is open and has not sent anything yet does not count as idle there.
	s.fresh.refuse(true)
}

// AcceptConnections ends what [Server.RefuseConnections] began. It returns an
// error if the port cannot be had again, because another program has it now.
func (s *Server) AcceptConnections() error {
	s.http.SetKeepAlivesEnabled(true)
	s.fresh.refuse(false)
	if err := s.door.reopen(); err != nil {
		return fmt.Errorf("clarifytest: %w", err)
	}
	return nil
}
