// Package cli has what the programs among the examples share: which Clarify to
// speak with.
package cli

import (
	"errors"
	"fmt"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/internal/connect"
)

// Connection is a client and where it leads.
type Connection struct {
	Client *clarify.Client
	// Sandbox is the sandbox that was started, nil for a workspace of somebody's.
	Sandbox *clarifytest.Server
	// Workspace is the name of the workspace.
	Workspace string
}

// Close ends the sandbox, if there is one.
func (c *Connection) Close() {
	if c.Sandbox != nil {
		c.Sandbox.Close()
	}
}

// Connect returns a client of the workspace that the environment names: its name is in
// CLARIFY_WORKSPACE, and the credential in CLARIFY_API_KEY or CLARIFY_ACCESS_TOKEN. If
// none of them is set, it starts a sandbox.
func Connect(getenv func(string) string, opts ...clarify.Option) (*Connection, error) {
	if connect.IsEmpty(getenv) {
		sandbox, err := clarifytest.Start()
		if err != nil {
			return nil, err
		}
		client, err := clarify.New(sandbox.Workspace, authn.APIKey(sandbox.APIKey), append(opts, clarify.WithBaseURL(sandbox.BaseURL))...)
		if err != nil {
			sandbox.Close()
			return nil, err
		}
		return &Connection{client, sandbox, sandbox.Workspace}, nil
	}
	workspace, err := connect.FromEnvironment(getenv)
	if errors.Is(err, connect.ErrNotSet) {
		return nil, fmt.Errorf("%w, or set nothing for a sandbox", err)
	}
	if err != nil {
		return nil, err
	}
	client, err := workspace.Client(opts...)
	if err != nil {
		return nil, err
	}
	return &Connection{client, nil, workspace.Name}, nil
}
