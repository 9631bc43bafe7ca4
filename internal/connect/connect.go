// Package connect makes the client of the workspace that the environment names, for
// programs.
package connect

import (
	"errors"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
)

// Help is the part of a program's help about the environment.
const Help = `The environment says which workspace:

  CLARIFY_WORKSPACE      its name, as in https://app.clarify.ai/NAME
  CLARIFY_API_KEY        an API key,
  CLARIFY_ACCESS_TOKEN   or an OAuth 2.0 access token
  CLARIFY_BASE_URL       what stands before /workspaces/, if not the API's own`

// Workspace is a workspace and a credential for it, as the environment has them.
type Workspace struct {
	Name                string // CLARIFY_WORKSPACE
	APIKey, AccessToken string // CLARIFY_API_KEY, CLARIFY_ACCESS_TOKEN: one is empty
	BaseURL             string // CLARIFY_BASE_URL, empty for the API's own
}

// ErrNotSet is matched by the errors about a variable that is not set.
var ErrNotSet = errors.New("not set")

type notSet string

func (e notSet) Error() string        { return string(e) }
func (e notSet) Is(target error) bool { return target == ErrNotSet }

// FromEnvironment returns the workspace that the environment names. getenv is such as
// [os.Getenv]. A variable that is missing is an error that matches [ErrNotSet].
func FromEnvironment(getenv func(string) string) (Workspace, error) {
	w := Workspace{
		Name:   getenv("CLARIFY_WORKSPACE"),
		APIKey: getenv("CLARIFY_API_KEY"), AccessToken: getenv("CLARIFY_ACCESS_TOKEN"),
		BaseURL: getenv("CLARIFY_BASE_URL"),
	}
	switch {
	case w.Name == "":
		return Workspace{}, notSet("CLARIFY_WORKSPACE is not set: set it to the name of your workspace")
	case w.APIKey == "" && w.AccessToken == "":
		return Workspace{}, notSet("neither CLARIFY_API_KEY nor CLARIFY_ACCESS_TOKEN is set: set one")
	case w.APIKey != "" && w.AccessToken != "":
		return Workspace{}, errors.New("CLARIFY_API_KEY and CLARIFY_ACCESS_TOKEN exclude each other: set one")
	}
	return w, nil
}

// IsEmpty reports whether the environment names neither a workspace nor a credential.
func IsEmpty(getenv func(string) string) bool {
	return getenv("CLARIFY_WORKSPACE") == "" && getenv("CLARIFY_API_KEY") == "" && getenv("CLARIFY_ACCESS_TOKEN") == ""
}

// Client returns a client of the workspace.
func (w Workspace) Client(opts ...clarify.Option) (*clarify.Client, error) {
	auth := authn.APIKey(w.APIKey)
	if w.AccessToken != "" {
		auth = authn.Bearer(w.AccessToken)
	}
	if w.BaseURL != "" {
		opts = append(opts[:len(opts):len(opts)], clarify.WithBaseURL(w.BaseURL))
	}
	return clarify.New(w.Name, auth, opts...)
}
