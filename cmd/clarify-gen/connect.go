package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/internal/connect"
)

// aboutWorkspace is the part of a command's help about readSchema.
const aboutWorkspace = connect.Help

// readSchema reads the schema of the workspace that the environment names, or that of a
// sandbox.
func readSchema(ctx context.Context, env *environment, sandbox bool) (*clarify.Schema, error) {
	if sandbox {
		srv, err := clarifytest.Start(clarifytest.WithMemoryNetwork())
		if err != nil {
			return nil, err
		}
		defer srv.Close()
		client, err := clarify.New(srv.Workspace, authn.APIKey(srv.APIKey), clarify.WithBaseURL(srv.BaseURL), clarify.WithHTTPClient(srv.HTTPClient()))
		if err != nil {
			return nil, err
		}
		return client.Schema(ctx)
	}
	workspace, err := connect.FromEnvironment(env.getenv)
	if errors.Is(err, connect.ErrNotSet) {
		return nil, fmt.Errorf("%w, or use -sandbox", err)
	}
	if err != nil {
		return nil, err
	}
	client, err := workspace.Client()
	if err != nil {
		return nil, err
	}
	return client.Schema(ctx)
}
