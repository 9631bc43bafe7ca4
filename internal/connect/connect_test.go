package connect_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/internal/connect"
)

func getenv(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func TestTheEnvironmentNamesTheWorkspace(t *testing.T) {
	srv := clarifytest.NewServer(clarifytest.WithTB(t))
	for name, variables := range map[string]map[string]string{
		"a key":   {"CLARIFY_WORKSPACE": srv.Workspace, "CLARIFY_API_KEY": srv.APIKey, "CLARIFY_BASE_URL": srv.BaseURL},
		"a token": {"CLARIFY_WORKSPACE": srv.Workspace, "CLARIFY_ACCESS_TOKEN": srv.AccessToken, "CLARIFY_BASE_URL": srv.BaseURL},
	} {
		w, err := connect.FromEnvironment(getenv(variables))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		client, err := w.Client(clarify.WithRetries(0))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := client.Schema(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheEnvironmentSaysWhatIsMissing(t *testing.T) {
	for _, test := range []struct {
		workspace, key, token, want string
		notSet                      bool
	}{
		{"", "k", "", "CLARIFY_WORKSPACE is not set: set it to the name of your workspace", true},
		{"acme", "", "", "neither CLARIFY_API_KEY nor CLARIFY_ACCESS_TOKEN is set: set one", true},
		{"acme", "k", "t", "CLARIFY_API_KEY and CLARIFY_ACCESS_TOKEN exclude each other: set one", false},
	} {
		variables := map[string]string{"CLARIFY_WORKSPACE": test.workspace, "CLARIFY_API_KEY": test.key, "CLARIFY_ACCESS_TOKEN": test.token}
		_, err := connect.FromEnvironment(getenv(variables))
		if err == nil || err.Error() != test.want || errors.Is(err, connect.ErrNotSet) != test.notSet {
			t.Errorf("%v: got %v", variables, err)
		}
		if connect.IsEmpty(getenv(variables)) {
			t.Errorf("%v: is said to be empty", variables)
		}
		for name := range variables {
			if !strings.Contains(connect.Help, name) {
				t.Errorf("the help lacks %s", name)
			}
		}
	}
	if !connect.IsEmpty(getenv(nil)) {
		t.Error("nothing is not empty")
	}
}
