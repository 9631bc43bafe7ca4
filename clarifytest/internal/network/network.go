// Package network is what the sandbox listens on: ports of this machine or a
// network in memory, with or without TLS. Its listeners close and reopen, and its
// servers shut down without waiting for connections that were never used.
//
// It must not know what is served, and imports only the standard library.
package network

import (
	"context"
	"net"
	"strconv"
)

// A Network is where servers listen and clients dial.
type Network interface {
	// Listen listens on a TCP address, as "host:port". Port 0 is any free port.
	Listen(address string) (net.Listener, error)
	// Dial is for http.Transport.DialContext.
	Dial(ctx context.Context, network, address string) (net.Conn, error)
}

// Host is the network of this machine.
type Host struct{ dialer net.Dialer }

// Listen implements [Network].
func (*Host) Listen(address string) (net.Listener, error) { return net.Listen("tcp", address) }

// Dial implements [Network].
func (h *Host) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return h.dialer.DialContext(ctx, network, address)
}

// Reachable returns an address that a client can dial: a listener on all
// addresses of the machine has no such address of its own.
func Reachable(addr net.Addr) string {
	if Everywhere(addr) {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(addr.(*net.TCPAddr).Port))
	}
	return addr.String()
}

// Everywhere reports whether a listener listens on all addresses of the machine.
func Everywhere(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsUnspecified()
}
