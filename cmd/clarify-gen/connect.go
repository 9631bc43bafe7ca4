package main

import (
	"context"
	"errors"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

// aboutWorkspace is the part of a command's help about readSchema.
const aboutWorkspace = `The environment says which workspace:

  CLARIFY_WORKSPACE      its name, as in https://app.clarify.ai/NAME
  CLARIFY_API_KEY        an API key,
  CLARIFY_ACCESS_TOKEN   or an OAuth 2.0 access token
  CLARIFY_BASE_URL       what stands before /workspaces/, if not the API's own`

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
	client, err := connect(env)
	if err != nil {
		return nil, err
	}
	return client.Schema(ctx)
}

func connect(env *environment) (*clarify.Client, error) {
	workspace, key, token := env.getenv("CLARIFY_WORKSPACE"), env.getenv("CLARIFY_API_KEY"), env.getenv("CLARIFY_ACCESS_TOKEN")
	auth := authn.APIKey(key)
	switch {
	case workspace == "":
		return nil, errors.New("CLARIFY_WORKSPACE is not set: set it to the name of your workspace, or use -sandbox")
	case key == "" && token == "":
		return nil, errors.New("neither CLARIFY_API_KEY nor CLARIFY_ACCESS_TOKEN is set: set one, or use -sandbox")
	case key != "" && token != "":
		return nil, errors.New("CLARIFY_API_KEY and CLARIFY_ACCESS_TOKEN exclude each other: set one")
	case token != "":
		auth = authn.Bearer(token)
	}
	var opts []clarify.Option
	if base := env.getenv("CLARIFY_BASE_URL"); base != "" {
		opts = append(opts, clarify.WithBaseURL(base))
	}
	return clarify.New(workspace, auth, opts...)
}
