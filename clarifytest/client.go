package clarifytest

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/contract"
)

// Client returns an HTTP client for the server. A request without a credential
// gets the API key of the workspace that its path names, one to storage goes as
// it is; a request to any other host is an error. It does not follow redirects. Its
// connections are closed with the server.
func (s *Server) Client() *http.Client {
	return &http.Client{
		Transport:     &insider{s},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// API returns the generated client for the server's first workspace, with an
// HTTP client as [Server.Client] returns it. opts are added to that: an editor
// that sets the credential takes the place of the API key.
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
		return nil, fmt.Errorf("clarifytest: the client of a sandbox goes to %s only, not to %s://%s", origin, r.URL.Scheme, r.URL.Host)
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
