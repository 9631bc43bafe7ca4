package cli

import (
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
)

func TestConnect(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	for name, test := range map[string]struct {
		env     map[string]string
		sandbox bool
		wrong   string
	}{
		"nothing":                {nil, true, ""},
		"a workspace":            {map[string]string{"CLARIFY_API_KEY": server.APIKey, "CLARIFY_WORKSPACE": server.Workspace, "CLARIFY_BASE_URL": server.BaseURL}, false, ""},
		"no base URL":            {map[string]string{"CLARIFY_API_KEY": "k", "CLARIFY_WORKSPACE": "acme"}, false, ""},
		"no key":                 {map[string]string{"CLARIFY_WORKSPACE": "acme"}, false, "neither CLARIFY_API_KEY nor CLARIFY_ACCESS_TOKEN is set: set one, or set nothing for a sandbox"},
		"no workspace":           {map[string]string{"CLARIFY_API_KEY": "k"}, false, "CLARIFY_WORKSPACE is not"},
		"a base URL that is not": {map[string]string{"CLARIFY_API_KEY": "k", "CLARIFY_WORKSPACE": "acme", "CLARIFY_BASE_URL": "here"}, false, "base URL"},
	} {
		c, err := Connect(func(name string) string { return test.env[name] })
		if test.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), test.wrong) {
				t.Errorf("%s: got %v", name, err)
			}
			continue
		}
		if err != nil || (c.Sandbox != nil) != test.sandbox {
			t.Errorf("%s: got %+v, %v", name, c, err)
			continue
		}
		if test.sandbox || test.env["CLARIFY_BASE_URL"] != "" {
			if _, err := c.Client.GetSchemasWithResponse(t.Context()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		c.Close()
	}
	if _, err := Connect(func(string) string { return "" }, clarify.WithRetries(-1)); err == nil {
		t.Error("an option with a wrong value is taken")
	}
}
