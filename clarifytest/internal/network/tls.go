package network

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

// certificateLife is how long a certificate is valid. Some systems reject one
// that is valid for more than 825 days.
const certificateLife = 365 * 24 * time.Hour

// TLS is how servers speak TLS. A nil TLS is none.
type TLS struct {
	identity *tls.Certificate

	// ClearText, if set, is called for each request that is sent without TLS, with
	// its method and path as they were sent. Set it before the first server starts.
	ClearText func(method, path string)
}

// NewTLS makes a key and a certificate, which is its own root, for this machine
// and the host of an address to listen on.
func NewTLS(address string) (*TLS, error) {
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
	return &TLS{identity: &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}}, nil
}

// namesOf returns the names of a server that listens on an address, besides
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

// Scheme is that of the servers' URLs.
func (t *TLS) Scheme() string {
	if t == nil {
		return "http"
	}
	return "https"
}

// Certificate returns the servers' certificate, or nil without TLS.
func (t *TLS) Certificate() *x509.Certificate {
	if t == nil {
		return nil
	}
	return t.identity.Leaf
}

// Client returns a configuration that trusts the certificate, or nil without TLS.
func (t *TLS) Client() *tls.Config {
	if t == nil {
		return nil
	}
	roots := x509.NewCertPool()
	roots.AddCert(t.identity.Leaf)
	return &tls.Config{RootCAs: roots}
}

// wrap returns a listener whose connections speak TLS.
func (t *TLS) wrap(listener net.Listener) net.Listener {
	if t == nil {
		return listener
	}
	// Disconnect takes connections over, which HTTP/2 does not allow.
	return tls.NewListener(&clearTextListener{listener, t}, &tls.Config{
		Certificates: []tls.Certificate{*t.identity},
		NextProtos:   []string{"http/1.1"},
	})
}

// clearTextListener reports the connections on which a client does not speak
// TLS.
type clearTextListener struct {
	net.Listener
	tls *TLS
}

func (l *clearTextListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &clearTextConn{Conn: conn, tls: l.tls}, nil
}

type clearTextConn struct {
	net.Conn
	tls   *TLS
	first sync.Once
}

func (c *clearTextConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.first.Do(func() { c.tls.check(p[:n]) })
	}
	return n, err
}

// check reports a connection that begins with a line of HTTP.
func (t *TLS) check(begins []byte) {
	line, _, _ := strings.Cut(string(begins), "\r\n")
	method, rest, ok := strings.Cut(line, " ")
	if !ok || !isMethod(method) || t.ClearText == nil {
		return
	}
	path, _, _ := strings.Cut(rest, " ")
	path, _, _ = strings.Cut(path, "?")
	t.ClearText(method, path)
}

// isMethod reports whether a word may be the method of a request: a connection
// that begins with TLS has other bytes there.
func isMethod(word string) bool {
	return word != "" && !strings.ContainsFunc(word, func(r rune) bool { return r < 'A' || r > 'Z' })
}

// rawConn returns the connection below TLS.
func rawConn(conn net.Conn) net.Conn {
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	if watched, ok := conn.(*clearTextConn); ok {
		conn = watched.Conn
	}
	return conn
}
