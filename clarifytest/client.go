package clarifytest

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/contract"
)

// Client returns an HTTP client for the server. It adds the API key of the workspace
// in the path to a request without a credential, and nothing to a request to storage.
// A request to any other host is an error. It does not follow redirects. Closing the
// server closes its connections.
func (s *Server) Client() *http.Client {
	return &http.Client{
		Transport:     &insider{s},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// API returns the generated client for the server's first workspace, with the HTTP
// client of [Server.Client]. opts are added: an editor that sets a credential replaces
// the API key. API panics if an option returns an error.
func (s *Server) API(opts ...gen.ClientOption) *gen.ClientWithResponses {
	client, err := gen.NewClientWithResponses(s.URL, append([]gen.ClientOption{gen.WithHTTPClient(s.Client())}, opts...)...)
	if err != nil {
		panic("clarifytest: API: " + err.Error())
	}
	return client
}

// insider sends requests to one server, with its credentials.
type insider struct{ server *Server }

func (i *insider) RoundTrip(r *http.Request) (*http.Response, error) {
	s := i.server
	origin := strings.TrimSuffix(s.BaseURL, "/v1")
	switch to := r.URL.Scheme + "://" + r.URL.Host; to {
	case origin:
	case s.StorageURL:
		return s.transport.RoundTrip(r)
	default:
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, fmt.Errorf("clarifytest: this client only sends requests to %s, not to %s://%s", origin, r.URL.Scheme, r.URL.Host)
	}
	if len(r.Header.Values("Authorization")) == 0 {
		if key := s.keyFor(r.URL.EscapedPath()); key != "" {
			r = r.Clone(r.Context())
			r.Header.Set("Authorization", schemeAPIKey+" "+key)
		}
	}
	return s.transport.RoundTrip(r)
}

// keyFor returns the API key of the workspace that a path names, or nothing.
func (s *Server) keyFor(path string) string {
	name, ok := contract.WorkspaceOf(path)
	if !ok {
		return ""
	}
	if w := s.findWorkspace(name); w != nil {
		return w.APIKey
	}
	return ""
}
