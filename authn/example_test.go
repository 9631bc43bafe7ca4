package authn_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

const schemas = "https://api.clarify.ai/v1/workspaces/acme/schemas"

// The generated client calls an editor for every request; here it is called by
// hand to show what it does.
func ExampleAPIKey() {
	editor := authn.APIKey("ck_123")

	req, _ := http.NewRequest(http.MethodGet, schemas, nil)
	err := editor(context.Background(), req)
	fmt.Println(req.Header.Get("Authorization"), err)
	// Output: api-key ck_123 <nil>
}

// A key that includes its scheme is invalid, and so is a URL without TLS.
func ExampleAPIKey_invalid() {
	req, _ := http.NewRequest(http.MethodGet, schemas, nil)
	err := authn.APIKey("api-key ck_123")(context.Background(), req)
	fmt.Println(errors.Is(err, authn.ErrCredential), err)

	req, _ = http.NewRequest(http.MethodGet, "http://api.clarify.ai/v1/workspaces/acme/schemas", nil)
	err = authn.APIKey("ck_123")(context.Background(), req)
	fmt.Println(errors.Is(err, authn.ErrInsecureAddress), err)
	// Output:
	// true authn: the API key starts with "api-key ": leave that out, since the scheme is added here
	// true authn: no credential is sent to api.clarify.ai over plain http: use https (http is for localhost, in lower case, and loopback addresses only)
}

func ExampleAPIKeyFunc() {
	key := "ck_123" // held by a secret store
	editor := authn.APIKeyFunc(func(context.Context) (string, error) {
		return key, nil
	})

	req, _ := http.NewRequest(http.MethodGet, schemas, nil)
	err := editor(context.Background(), req)
	fmt.Println(req.Header.Get("Authorization"), err)

	key = "ck_456" // rotated
	err = editor(context.Background(), req)
	fmt.Println(req.Header.Get("Authorization"), err)
	// Output:
	// api-key ck_123 <nil>
	// api-key ck_456 <nil>
}

func ExampleAPIKeyFromEnv() {
	os.Setenv("CLARIFY_API_KEY", "ck_123") // usually done outside the program
	defer os.Unsetenv("CLARIFY_API_KEY")
	editor := authn.APIKeyFromEnv()

	req, _ := http.NewRequest(http.MethodGet, schemas, nil)
	err := editor(context.Background(), req)
	fmt.Println(req.Header.Get("Authorization"), err)
	// Output: api-key ck_123 <nil>
}

func ExampleBearer() {
	editor := authn.Bearer("at_123")

	req, _ := http.NewRequest(http.MethodGet, schemas, nil)
	err := editor(context.Background(), req)
	fmt.Println(req.Header.Get("Authorization"), err)
	// Output: Bearer at_123 <nil>
}

// A token that was stored is sent until it expires, and then refreshed.
func ExampleTokenSource() {
	config := authn.NewConfig("client-id", "client-secret", "https://partner.example/callback")
	stored := &oauth2.Token{AccessToken: "at_123", RefreshToken: "rt_123"}
	editor := authn.TokenSource(config.TokenSource(context.Background(), stored))

	req, _ := http.NewRequest(http.MethodGet, schemas, nil)
	err := editor(context.Background(), req)
	fmt.Println(req.Header.Get("Authorization"), err)
	// Output: Bearer at_123 <nil>
}

// The configuration of a private app. A public one passes no secret.
func ExampleNewConfig() {
	config := authn.NewConfig("client-id", "client-secret", "https://partner.example/callback")

	fmt.Println(config.Endpoint.TokenURL, config.Scopes)
	// Output: https://auth1.clarify.ai/oauth2/token [openid profile email offline_access]
}

func ExampleInsecureAllowPlaintextHTTP() {
	editor := authn.InsecureAllowPlaintextHTTP(authn.APIKey("test-key"), "sandbox.test")

	for _, host := range []string{"sandbox.test:8080", "api.clarify.ai"} {
		req, _ := http.NewRequest(http.MethodGet, "http://"+host+"/v1/workspaces/acme/schemas", nil)
		err := editor(context.Background(), req)
		fmt.Printf("%q %v\n", req.Header.Get("Authorization"), err)
	}
	// Output:
	// "api-key test-key" <nil>
	// "" authn: no credential is sent to api.clarify.ai over plain http: use https (http is for localhost, in lower case, and loopback addresses only)
}
