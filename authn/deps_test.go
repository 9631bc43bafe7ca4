package authn_test

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

func TestThePackageNeedsOnlyTheStandardLibraryOAuth2AndHTTPX(t *testing.T) {
	const self = "github.com/clarify-go/clarify/authn"
	const httpx = "github.com/clarify-go/clarify/internal/httpx"
	cmd := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")
	cmd.Env = append(cmd.Environ(), "GOPROXY=off", "GOTOOLCHAIN=local")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%v: %s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if len(packages) < 2 {
		t.Fatalf("%q is not the whole list", packages)
	}
	for _, p := range packages {
		if p != self && p != httpx && p != "golang.org/x/oauth2" && !strings.HasPrefix(p, "golang.org/x/oauth2/") {
			t.Errorf("the package depends on %s", p)
		}
	}
}
