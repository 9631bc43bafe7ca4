package clarifytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// WithTLS has the server speak TLS, the API as well as storage, with a
// certificate that it makes for itself: all its URLs are https then.
// [Server.HTTPClient] and [Server.Client] trust the certificate, and so does
// whoever is given [Server.Certificate]:
//
//	clarify.New(srv.Workspace, auth, clarify.WithBaseURL(srv.BaseURL), clarify.WithHTTPClient(srv.HTTPClient()))
//
// It also switches on what the API does where it is reached by TLS, the links
// of [WithQuirkHTTPLinks], unless that option says otherwise. A request that is
// sent without TLS gets 400 and is a [Violation]: whatever it held was sent in
// clear text.
func WithTLS() Option {
	return func(c *config) { c.tls = true }
}

// Certificate returns the certificate of a server [WithTLS], for a
// [x509.CertPool]. It is nil without that option.
func (s *Server) Certificate() *x509.Certificate {
	if s.config.identity == nil {
		return nil
	}
	return s.config.identity.Leaf
}

// certificateLife is how long a certificate is valid. Some systems reject one
// that is valid for more than 825 days.
const certificateLife = 365 * 24 * time.Hour

// newIdentity makes a key and a certificate, which is its own root, for this
// machine and the host of an address to listen on.
func newIdentity(address string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "clarify-sandbox"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(certificateLife),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	for _, host := range namesOf(address) {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// namesOf returns what a server that listens on an address is called, besides
// localhost: the host of the address, or the machine if it listens everywhere.
func namesOf(address string) []string {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && host != "" && (ip == nil || !ip.IsUnspecified()) {
		return []string{host}
	}
	if name, err := os.Hostname(); err == nil && name != "" {
		return []string{name}
	}
	return nil
}

// scheme is that of the server's URLs.
func (c *config) scheme() string {
	if c.tls {
		return "https"
	}
	return "http"
}

// clientTLS is how the server's own clients speak TLS.
func (c *config) clientTLS() *tls.Config {
	if !c.tls {
		return nil
	}
	roots := x509.NewCertPool()
	roots.AddCert(c.identity.Leaf)
	return &tls.Config{RootCAs: roots}
}

// secured returns a listener whose connections speak TLS if the server does.
func (s *Server) secured(listener net.Listener) net.Listener {
	if !s.config.tls {
		return listener
	}
	// Faults take connections over, which HTTP/2 does not allow.
	return tls.NewListener(&clearTextListener{listener, s}, &tls.Config{
		Certificates: []tls.Certificate{*s.config.identity},
		NextProtos:   []string{"http/1.1"},
	})
}

// clearTextListener reports the connections on which a client does not speak
// TLS.
type clearTextListener struct {
	net.Listener
	server *Server
}

func (l *clearTextListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &clearTextConn{Conn: conn, server: l.server}, nil
}

type clearTextConn struct {
	net.Conn
	server *Server
	first  sync.Once
}

func (c *clearTextConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.first.Do(func() { c.server.checkTLS(p[:n]) })
	}
	return n, err
}

// checkTLS reports a connection that begins with a line of HTTP.
func (s *Server) checkTLS(begins []byte) {
	line, _, _ := strings.Cut(string(begins), "\r\n")
	method, rest, ok := strings.Cut(line, " ")
	if !ok || !isMethod(method) || !s.config.validate {
		return
	}
	path, _, _ := strings.Cut(rest, " ")
	path, _, _ = strings.Cut(path, "?")
	s.violations.add(Violation{Method: method, Path: printable(path), Where: InRequest, What: "it was sent in clear text to a port that speaks TLS"})
}

// isMethod tells whether a word may be the method of a request: a connection
// that begins with TLS has other bytes there.
func isMethod(word string) bool {
	return word != "" && !strings.ContainsFunc(word, func(r rune) bool { return r < 'A' || r > 'Z' })
}

// rawConn is the connection below TLS.
func rawConn(conn net.Conn) net.Conn {
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	if watched, ok := conn.(*clearTextConn); ok {
		conn = watched.Conn
	}
	return conn
}
