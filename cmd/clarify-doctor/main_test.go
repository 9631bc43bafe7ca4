package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

// program is one run of the program.
type program struct {
	code           int
	stdout, stderr string
}

func start(t *testing.T, transport http.RoundTripper, environment map[string]string, args ...string) program {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, func(name string) string { return environment[name] }, transport, &stdout, &stderr)
	return program{code, stdout.String(), stderr.String()}
}

func environmentOf(srv *clarifytest.Server) map[string]string {
	return map[string]string{"CLARIFY_WORKSPACE": srv.Workspace, "CLARIFY_API_KEY": srv.APIKey, "CLARIFY_BASE_URL": srv.BaseURL}
}

func (p program) check(t *testing.T, code int, stdout, stderr string) {
	t.Helper()
	if p.code != code {
		t.Errorf("it exited with %d, want %d: %s", p.code, code, p.stderr)
	}
	if !strings.Contains(p.stdout, stdout) || stdout == "" && p.stdout != "" {
		t.Errorf("it wrote %q, want %q", p.stdout, stdout)
	}
	if !strings.Contains(p.stderr, stderr) {
		t.Errorf("it wrote to stderr %q, want %q", p.stderr, stderr)
	}
}

func TestExitCodes(t *testing.T) {
	srv := clarifytest.NewServer(clarifytest.WithTB(t))
	transport := srv.HTTPClient().Transport
	environment := environmentOf(srv)
	start(t, transport, environment).check(t, nothingDiffers, "Nothing differs.", "checking filters\n")
	start(t, transport, environment, "-quiet").check(t, nothingDiffers, "clarify-doctor devel, reading only\n", "")

	framework := clarifytest.NewServer(clarifytest.WithTB(t), clarifytest.WithQuirkFrameworkErrors(true))
	start(t, framework.HTTPClient().Transport, environmentOf(framework)).check(t, somethingDiffers, "clarifytest.WithQuirkFrameworkErrors(true)", "")

	srv.Close()
	start(t, transport, environment).check(t, couldNotRun, "", "refused")
}

func TestForms(t *testing.T) {
	srv := clarifytest.NewServer(clarifytest.WithTB(t))
	transport := srv.HTTPClient().Transport
	environment := environmentOf(srv)
	p := start(t, transport, environment, "-json", "-v")
	var d struct {
		Version  string
		Findings []struct{ Kind, Ref string }
		Checks   []struct{ Check, Result string }
	}
	if err := json.Unmarshal([]byte(p.stdout), &d); err != nil || p.code != nothingDiffers {
		t.Fatalf("%d %v %s", p.code, err, p.stdout)
	}
	if d.Version != "devel" || len(d.Checks) < 30 || len(d.Findings) == 0 || d.Findings[0].Kind != "known" {
		t.Errorf("%+v", d)
	}
	start(t, transport, environment, "-markdown").check(t, nothingDiffers, "**clarify-doctor devel**", "")
}

func TestAccessToken(t *testing.T) {
	srv := clarifytest.NewServer(clarifytest.WithTB(t))
	transport := srv.HTTPClient().Transport
	environment := environmentOf(srv)
	delete(environment, "CLARIFY_API_KEY")
	environment["CLARIFY_ACCESS_TOKEN"] = srv.AccessToken
	start(t, transport, environment).check(t, nothingDiffers, "an access token\n", "")
	environment["CLARIFY_ACCESS_TOKEN"] = srv.APIKey
	start(t, transport, environment).check(t, couldNotRun, "", "CLARIFY_ACCESS_TOKEN holds an API key: set CLARIFY_API_KEY instead")
}

func TestKinds(t *testing.T) {
	srv := clarifytest.NewServer(clarifytest.WithTB(t))
	environment := environmentOf(srv)
	start(t, srv.HTTPClient().Transport, environment).check(t, nothingDiffers, "an API key, of the kind Personal\n", "")
	environment["CLARIFY_API_KEY"] = srv.WorkspaceKey
	start(t, srv.HTTPClient().Transport, environment).check(t, nothingDiffers, "an API key, of the kind Workspace\n", "")
}

func TestWhatCannotBeLookedAt(t *testing.T) {
	srv := clarifytest.NewServer(clarifytest.WithTB(t))
	srv.AddWorkspace("other")
	for _, test := range []struct{ name, value, says string }{
		{"CLARIFY_API_KEY", srv.AccessToken, "CLARIFY_API_KEY holds an access token: set CLARIFY_ACCESS_TOKEN instead"},
		{"CLARIFY_API_KEY", "wrong", "the credential is not valid, neither as an API key nor as an access token"},
		{"CLARIFY_WORKSPACE", "nowhere", `there is no workspace "nowhere"`},
		{"CLARIFY_WORKSPACE", "other", `the credential belongs to another workspace than "other"`},
		{"CLARIFY_BASE_URL", strings.TrimSuffix(srv.BaseURL, "/v1"), "the base URL lacks its /v1"},
		{"CLARIFY_WORKSPACE", "", "CLARIFY_WORKSPACE is not set"},
		{"CLARIFY_API_KEY", "", "neither CLARIFY_API_KEY nor CLARIFY_ACCESS_TOKEN is set"},
		{"CLARIFY_ACCESS_TOKEN", "x", "exclude each other"},
		{"CLARIFY_WORKSPACE", "..", "workspace"},
		{"CLARIFY_BASE_URL", "ftp://x", "https://api.clarify.ai/v1"},
	} {
		environment := environmentOf(srv)
		environment[test.name] = test.value
		p := start(t, srv.HTTPClient().Transport, environment, "-quiet")
		p.check(t, couldNotRun, "", test.says)
		for _, credential := range []string{srv.APIKey, srv.AccessToken} {
			if strings.Contains(p.stderr, credential) {
				t.Errorf("the credential is in %s", p.stderr)
			}
		}
	}
	srv.TakeViolations() // of the URL without /v1
}

func TestWrongArguments(t *testing.T) {
	for _, args := range [][]string{{"-nothing"}, {"extra"}, {"-json", "-markdown"}, {"-records", "0"}, {"-records", "501"}, {"-patience", "0"}} {
		if p := start(t, nil, map[string]string{"CLARIFY_WORKSPACE": "w", "CLARIFY_API_KEY": "k"}, args...); p.code != couldNotRun || p.stderr == "" || p.stdout != "" {
			t.Errorf("%q: %+v", args, p)
		}
	}
	p := start(t, nil, nil, "-help")
	p.check(t, nothingDiffers, "", "Usage: clarify-doctor")
	for _, name := range []string{"CLARIFY_ACCESS_TOKEN", "-markdown", "-write", "-records number"} {
		if !strings.Contains(p.stderr, name) {
			t.Errorf("%q is not in the help: %s", name, p.stderr)
		}
	}
}
