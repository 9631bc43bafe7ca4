package clarifytest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/api"
	"github.com/clarify-go/clarify/clarifytest/internal/authserver"
	"github.com/clarify-go/clarify/clarifytest/internal/entropy"
	"github.com/clarify-go/clarify/clarifytest/internal/faults"
	"github.com/clarify-go/clarify/clarifytest/internal/network"
	"github.com/clarify-go/clarify/internal/contract"
)

// closeGrace is how long Close waits for requests in flight.
const closeGrace = 5 * time.Second

// A Server is a Clarify of its own that listens on a port. Its methods are safe for
// concurrent use. [Start] sets its fields; do not change them.
type Server struct {
	BaseURL     string // the part before /workspaces/, for example "http://127.0.0.1:53721/v1"
	URL         string // of the first workspace: BaseURL + "/workspaces/" + Workspace, escaped
	Workspace   string // the name of the first workspace
	APIKey      string // of the first workspace: for "Authorization: api-key APIKEY"; a Personal key
	AccessToken string // of the first workspace: for "Authorization: Bearer ACCESSTOKEN"; does not expire

	WorkspaceKey string // of the first workspace: an API key of the kind Workspace, which the access operations reject

	StorageURL   string // scheme, host and port of storage, where the signed URLs of the API upload and download files
	AuthorizeURL string // the authorization endpoint of OAuth 2.0; it consents at once, unless WithLoginPage is given
	TokenURL     string // the token endpoint of OAuth 2.0, for codes and refresh tokens

	config      *config
	environment api.Environment // of calls
	ids         *entropy.Source
	credentials *entropy.Source
	seeds       *entropy.Source // for the values of seeded records
	delays      *entropy.Source // for WithLateWrites
	limiter     *limiter
	auth        *authserver.Server
	violations  violations
	transcript  transcript
	faults      faults.List
	busy        busy

	registry   sync.Mutex            // held while workspaces come and go, before a state's lock
	mu         sync.RWMutex          // held briefly, after a state's lock
	workspaces map[string]*workspace // by name
	holders    map[string]holder     // by credential

	transport *http.Transport // of clients
	files     *network.Server // serves storage
	api       *network.Server
	closing   chan struct{} // closed when delays are to end
	closeOnce sync.Once
}

// NewServer is [Start] for tests: it panics if Start returns an error.
func NewServer(opts ...Option) *Server {
	s, err := Start(opts...)
	if err != nil {
		panic(err)
	}
	return s
}

// Start starts a server with one workspace. Close it when done. Start returns an
// error if an option is invalid or the server cannot listen on the address.
func Start(opts ...Option) (*Server, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, fmt.Errorf("clarifytest: %w", err)
	}
	known, err := contract.Load()
	if err != nil {
		return nil, fmt.Errorf("clarifytest: %w", err)
	}
	listener, err := network.Listen(c.network, c.address)
	if err != nil {
		return nil, fmt.Errorf("clarifytest: %w", err)
	}
	origin := c.tls.Scheme() + "://" + network.Reachable(listener.Addr())
	s := &Server{
		BaseURL:      origin + "/v1",
		Workspace:    c.workspace,
		AuthorizeURL: origin + authserver.AuthorizePath,
		TokenURL:     origin + authserver.TokenPath,
		config:       c,
		ids:          entropy.New(c.seed, 'i'),
		credentials:  entropy.New(c.seed, 'c'),
		seeds:        entropy.New(c.seed, 's'),
		delays:       entropy.New(c.seed, 'd'),
		limiter:      newLimiter(c.rateLimit),
		violations:   violations{tb: c.tb},
		transcript:   transcript{size: c.transcript},
		workspaces:   map[string]*workspace{},
		holders:      map[string]holder{},
		transport:    &http.Transport{DialContext: c.network.Dial, TLSClientConfig: c.tls.Client()},
		closing:      make(chan struct{}),
	}
	if c.tls != nil {
		c.tls.ClearText = s.sentInClearText
	}
	s.environment = api.Environment{
		Contract:    known,
		Quirks:      c.quirks,
		Scheme:      c.tls.Scheme(),
		SchemaLag:   c.schemaLag,
		ListMatcher: c.listMatcher,
	}
	if err := s.startStorage(); err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("clarifytest: %w", err)
	}
	s.auth = s.newAuthServer()
	if c.snapshot != nil {
		s.restore(c.snapshot)
	}
	first := s.addWorkspace(c.workspace, c.apiKey, c.accessToken)
	s.URL, s.APIKey, s.AccessToken, s.WorkspaceKey = first.URL, first.APIKey, first.AccessToken, first.WorkspaceKey
	s.api = network.Serve(listener, c.tls, s.handler())
	if c.tb != nil {
		c.tb.Cleanup(func() {
			s.Close()
			s.AssertNoViolations(c.tb)
		})
	}
	return s, nil
}

func (s *Server) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case authserver.AuthorizePath, authserver.TokenPath:
			s.serveOAuth(w, r)
		default:
			s.serve(w, r)
		}
	})
}

// Close stops the server: it accepts no more requests, waits up to 5 seconds for
// those in flight, and closes all connections. Close may be called more than once;
// each call returns when the server is closed.
func (s *Server) Close() {
	s.closeOnce.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
		defer cancel()
		close(s.closing)
		s.transport.CloseIdleConnections()
		s.api.Close(ctx)
		// Work may continue for a request whose connection is gone.
		select {
		case <-s.busy.idle():
		case <-ctx.Done():
		}
		s.files.Close(ctx)
	})
}

func (s *Server) workspaceURL(name string) string {
	return s.BaseURL + "/workspaces/" + url.PathEscape(name)
}

// Wait returns once no request is in flight and no work is left to do. A test whose
// client lost a response calls it before it looks at the server's records: the work
// continues after the connection is gone. Do not call it while other requests keep
// arriving, nor from [Matching] or [WithLog].
func (s *Server) Wait() { <-s.busy.idle() }
