package main

import (
	"context"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

func env(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

func TestWithoutAnAccountItRunsAgainstASandbox(t *testing.T) {
	var out strings.Builder
	if err := run(context.Background(), &out, env(nil)); err != nil {
		t.Fatal(err)
	}
	got := out.String()
	for _, want := range []string{
		"POST /v1/workspaces/acme/objects/person/records: 201 Created",
		"page[limit]=3: 200 OK",
		"page[limit]=3&page[offset]=3",
		"page[limit]=3&page[offset]=6",
		"401 Unauthorized: An API key was sent as Bearer.",
		`the API key starts with "api-key "`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the output has no %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "page[offset]=9") {
		t.Errorf("there is a page too many:\n%s", got)
	}
	if n := strings.Count(got, "Grace Hopper"); n != 4 {
		t.Errorf("Grace Hopper occurs %d times, want to be made and listed with each scheme:\n%s", n, got)
	}
}

func TestWithAnAccountItOnlyReads(t *testing.T) {
	sandbox := clarifytest.NewServer(clarifytest.WithTB(t))
	var out strings.Builder
	err := run(context.Background(), &out, env(map[string]string{
		"CLARIFY_API_KEY":   sandbox.APIKey,
		"CLARIFY_WORKSPACE": sandbox.Workspace,
		"CLARIFY_BASE_URL":  sandbox.BaseURL,
	}))
	if err != nil {
		t.Fatal(err)
	}
	requests := sandbox.Requests()
	if len(requests) == 0 {
		t.Error("nothing was read")
	}
	for _, r := range requests {
		if r.Method != "GET" {
			t.Errorf("%s %s was sent", r.Method, r.Path)
		}
	}
	if strings.Contains(out.String(), sandbox.APIKey) {
		t.Errorf("the output shows the key:\n%s", out.String())
	}
}

func TestHalfAnAccountIsAnErrorThatNamesTheOtherHalf(t *testing.T) {
	for have, missing := range map[string]string{
		"CLARIFY_API_KEY":   "CLARIFY_WORKSPACE",
		"CLARIFY_WORKSPACE": "CLARIFY_API_KEY",
	} {
		err := run(context.Background(), &strings.Builder{}, env(map[string]string{have: "x"}))
		if err == nil || !strings.Contains(err.Error(), missing+" is not") {
			t.Errorf("with %s alone: %v", have, err)
		}
	}
}
