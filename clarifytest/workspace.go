package clarifytest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/api"
)

// EventLimit is how many of the latest events a workspace remembers at least,
// beside that records were created and deleted. A program that changes records
// for hours would otherwise fill the memory with what it did.
const EventLimit = 100_000

// A Workspace has its own records and credentials.
type Workspace struct {
	Name        string
	URL         string // for gen.NewClient: the server's BaseURL, then the escaped name
	APIKey      string // of the kind Personal: it acts as the workspace's first user
	AccessToken string // it acts as the workspace's first user

	WorkspaceKey string // an API key of the kind Workspace: it acts as nobody
}

// workspace is a workspace's state.
type workspace struct {
	Workspace
	state *api.State
}

// holder is the workspace and user of a credential.
type holder struct {
	workspace string // its name
	scheme    string
	user      string    // api.SystemUser if it acts as nobody
	grant     string    // of the OAuth 2.0 flow, or empty
	expires   time.Time // never if zero
	revoked   bool
}

// AddWorkspace adds an empty workspace with its own credentials, or returns the one that
// already has the name. It panics if the name is "", "." or "..", which cannot be a
// segment of a path.
func (s *Server) AddWorkspace(name string) Workspace {
	if err := checkWorkspaceName(name); err != nil {
		panic("clarifytest: " + err.Error())
	}
	return s.addWorkspace(name, "", "")
}

func (s *Server) addWorkspace(name, key, token string) Workspace {
	s.registry.Lock()
	defer s.registry.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.workspaces[name]; w != nil {
		return w.Workspace
	}
	if key == "" {
		key = "sandbox-key-" + s.credentials.Hex()
	}
	if token == "" {
		token = "sandbox-token-" + s.credentials.Hex()
	}
	w := &workspace{
		Workspace: Workspace{
			Name:        name,
			URL:         s.workspaceURL(name),
			APIKey:      key,
			AccessToken: token,

			WorkspaceKey: workspaceKey(key),
		},
		state: s.newState(),
	}
	first := s.newUserID(0)
	_ = w.state.AddMember(api.Member{ID: first, FirstName: "Sandbox", LastName: "Admin", Email: LoginName, Admin: true})
	s.workspaces[name] = w
	s.holders[key] = holder{workspace: name, scheme: schemeAPIKey, user: first}
	s.holders[token] = holder{workspace: name, scheme: schemeBearer, user: first}
	s.holders[w.WorkspaceKey] = holder{workspace: name, scheme: schemeAPIKey, user: api.SystemUser}
	return w.Workspace
}

// workspaceKey is the key of the kind Workspace that goes with a Personal one.
// Being made from it, it is the same wherever that is.
func workspaceKey(personal string) string {
	sum := sha256.Sum256([]byte(personal))
	return "sandbox-workspace-key-" + hex.EncodeToString(sum[:16])
}

func (s *Server) newState() *api.State {
	state := api.NewState(s.config.clock, s.ids.UUID, s.config.quirks, EventLimit, s.config.schemas)
	if limit := s.config.lateWrites; limit > 0 {
		state.ShowLate(func() time.Duration { return time.Duration(s.delays.Number() % uint64(limit+1)) })
	}
	return state
}

// Revoke revokes an API key or access token: requests with it get 401. The refresh token
// of an access token stays valid, so that a client can refresh. [Server.Restore] makes
// a credential valid again that was valid at the snapshot.
func (s *Server) Revoke(credential string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h, ok := s.holders[credential]; ok {
		h.revoked = true
		s.holders[credential] = h
	}
}

func (s *Server) findWorkspace(name string) *workspace {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.workspaces[name]
}

func (s *Server) findHolder(credential string) (holder, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	h, ok := s.holders[credential]
	if h.revoked || ok && !h.expires.IsZero() && !s.config.clock().Before(h.expires) {
		return holder{}, false
	}
	return h, ok
}

// mustFindWorkspace is for methods of the server that tests call.
func (s *Server) mustFindWorkspace(method, name string) *workspace {
	w := s.findWorkspace(name)
	if w == nil {
		panic(fmt.Sprintf("clarifytest: %s: there is no workspace %q", method, name))
	}
	return w
}
