package authn_test

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

func TestThePackageNeedsTheStandardLibraryAndOAuth2Alone(t *testing.T) {
	const self = "github.com/clarify-go/clarify/authn"
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
		if p != self && p != "golang.org/x/oauth2" && !strings.HasPrefix(p, "golang.org/x/oauth2/") {
			t.Errorf("the package depends on %s", p)
		}
	}
}
