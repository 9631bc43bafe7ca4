package clarifytest

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/api"
	"github.com/clarify-go/clarify/clarifytest/internal/entropy"
	"github.com/clarify-go/clarify/clarifytest/internal/faults"
	"github.com/clarify-go/clarify/clarifytest/internal/network"
	"github.com/clarify-go/clarify/clarifytest/internal/storage"
	"github.com/clarify-go/clarify/internal/contract"
)

const (
	// SignedAddressLifetime is how long a URL or form of storage is valid after the
	// API returned it, by the clock of [WithClock].
	SignedAddressLifetime = 15 * time.Minute

	// DefaultMaxFileBytes is the limit for a file in storage unless
	// [WithMaxFileBytes] sets another: 64 MiB.
	DefaultMaxFileBytes = 64 << 20
)

// startStorage starts storage on a port of its own.
func (s *Server) startStorage() error {
	c := s.config
	listener, err := network.Listen(c.network, c.storageListenAddress())
	if err != nil {
		return err
	}
	s.StorageURL = c.tls.Scheme() + "://" + network.Reachable(listener.Addr())
	s.environment.Storage = storage.New(storage.Config{
		Backend:  storedFiles{s},
		Clock:    c.clock,
		Secret:   []byte(entropy.New(c.seed, 'f').Hex()),
		Lifetime: SignedAddressLifetime,
		MaxFile:  c.maxFile,
		Origin:   s.storageOrigin(listener.Addr()),
	})
	s.files = network.Serve(listener, c.tls, http.HandlerFunc(s.serveStorage))
	return nil
}

// storageListenAddress is a free port of the host that the API listens on, unless
// an option sets another.
func (c *config) storageListenAddress() string {
	if c.storageAddress != "" {
		return c.storageAddress
	}
	host, _, err := net.SplitHostPort(c.address)
	if err != nil {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, "0")
}

// storageOrigin returns the origin of storage's URLs for a client that reached the
// API at a host: the same host, if storage listens on all addresses of the machine.
func (s *Server) storageOrigin(addr net.Addr) func(host string) string {
	if !network.Everywhere(addr) {
		return func(string) string { return s.StorageURL }
	}
	_, port, _ := net.SplitHostPort(addr.String())
	return func(host string) string {
		return s.config.tls.Scheme() + "://" + net.JoinHostPort((&url.URL{Host: host}).Hostname(), port)
	}
}

func (s *Server) serveStorage(w http.ResponseWriter, r *http.Request) {
	d := &delivery{server: s, private: true, storage: s.environment.Storage}
	d.work = func() faults.Response {
		recorder := faults.NewRecorder()
		s.environment.Storage.Serve(recorder, r, func(int) {})
		return recorder.Response
	}
	d.directly = func() {
		s.environment.Storage.Serve(w, r, func(status int) {
			d.Worked = status
			d.Note(status)
		})
	}
	d.run(w, r)
}

// storedFiles are the files of all workspaces, for storage.
type storedFiles struct{ server *Server }

// workspace returns the state of the workspace that a key is of, or nil.
func (s storedFiles) workspace(key string) *api.State {
	name, _, _ := strings.Cut(key, "/")
	if w := s.server.findWorkspace(contract.Unescape(name)); w != nil {
		return w.state
	}
	return nil
}

// Reserved implements [storage.Backend].
func (s storedFiles) Reserved(key string) bool {
	w := s.workspace(key)
	if w == nil {
		return false
	}
	_, _, reserved := w.Reserved(key)
	return reserved
}

// File implements [storage.Backend].
func (s storedFiles) File(key string) (storage.File, bool) {
	w := s.workspace(key)
	if w == nil {
		return storage.File{}, false
	}
	f, uploaded, _ := w.Reserved(key)
	return f, uploaded
}

// Upload implements [storage.Backend].
func (s storedFiles) Upload(f storage.File) bool {
	w := s.workspace(f.Key)
	return w != nil && w.Upload(f)
}

// IsCredential implements [storage.Backend].
func (s storedFiles) IsCredential(word string) bool {
	_, known := s.server.findHolder(word)
	return known
}

// CredentialSent implements [storage.Backend]. It adds a violation.
func (s storedFiles) CredentialSent(r *http.Request) {
	if !s.server.config.validate {
		return
	}
	s.server.violations.add(Violation{
		Method: r.Method,
		Path:   r.URL.EscapedPath(),
		Where:  InRequest,
		What:   "a credential was sent to storage, which is for the API only",
	})
}
