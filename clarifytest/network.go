package clarifytest

import (
	"crypto/x509"
	"fmt"
	"net/http"

	"github.com/clarify-go/clarify/clarifytest/internal/network"
)

// WithTLS makes the server speak TLS, for the API and for storage, with a
// certificate that it makes for itself. All its URLs are https then.
// [Server.HTTPClient] and [Server.Client] trust the certificate, and so does a
// client that is given [Server.Certificate]:
//
//	clarify.New(srv.Workspace, auth, clarify.WithBaseURL(srv.BaseURL), clarify.WithHTTPClient(srv.HTTPClient()))
//
// It also switches [WithQuirkHTTPLinks] on, because the API behaves that way over
// TLS, unless that option says otherwise. A request that is sent without TLS gets
// 400 and is a [Violation]: everything in it was sent in clear text.
func WithTLS() Option {
	return func(c *config) { c.useTLS = true }
}

// Certificate returns the certificate of a server [WithTLS], for a
// [x509.CertPool]. It is nil without that option.
func (s *Server) Certificate() *x509.Certificate { return s.config.tls.Certificate() }

// WithMemoryNetwork makes the server listen in memory, not on a port, so that it
// works with fake time, in a bubble of testing/synctest: waiting for such a
// network counts as idle. Start and close the server within the bubble. Its URLs
// look the same, but only [Server.HTTPClient] and [Server.Client] reach them:
//
//	clarify.New(srv.Workspace, auth, clarify.WithBaseURL(srv.BaseURL), clarify.WithHTTPClient(srv.HTTPClient()))
//
// A connection that is reset just ends. WithAddress and WithStorageAddress have
// no effect.
func WithMemoryNetwork() Option {
	return func(c *config) { c.network = network.NewMemory() }
}

// HTTPClient returns an HTTP client without a credential that reaches the server,
// also [WithMemoryNetwork]. Pass it to a client under test. Closing the server
// closes its connections.
func (s *Server) HTTPClient() *http.Client {
	return &http.Client{
		Transport:     s.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// RefuseConnections closes the server's port, so that the operating system
// refuses new connections, and closes all connections that are idle or were never
// used. Requests in flight get their responses. [Server.AcceptConnections] undoes
// it.
func (s *Server) RefuseConnections() { s.api.RefuseConnections() }

// AcceptConnections undoes [Server.RefuseConnections]. It returns an error if
// another program has taken the port.
func (s *Server) AcceptConnections() error {
	if err := s.api.AcceptConnections(); err != nil {
		return fmt.Errorf("clarifytest: %w", err)
	}
	return nil
}
