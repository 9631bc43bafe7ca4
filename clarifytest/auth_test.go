package clarifytest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

func TestBothSchemes(t *testing.T) {
	a := start(t)
	for _, header := range []string{
		"api-key " + a.srv.APIKey,
		"API-KEY " + a.srv.APIKey,
		"Bearer " + a.srv.AccessToken,
		"bearer  " + a.srv.AccessToken,
	} {
		a.auth = header
		a.list("person")
	}
}

func TestUnauthorized(t *testing.T) {
	a := start(t, clarifytest.WithAPIKey("the-key"), clarifytest.WithAccessToken("the-token"))
	for _, test := range []struct {
		name   string
		header string
		detail string
	}{
		{"no header", "", "The Authorization header is missing"},
		{"a key as Bearer", "Bearer the-key", "An API key was sent as Bearer"},
		{"a token as api-key", "api-key the-token", "An access token was sent as api-key"},
		{"an unknown key", "api-key another", "The API key is not valid"},
		{"an unknown token", "Bearer another", "The access token is not valid"},
		{"the key alone", "the-key", "another form"},
		{"the scheme alone", "api-key", "another form"},
		{"the scheme and a space", "api-key ", "another form"},
		{"Basic", "Basic the-key", "another form"},
		{"the key twice", "api-key the-key the-key", "The API key is not valid"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := *a
			b.t, b.auth = t, test.header
			got := b.rejected(401, "", "GET", "/objects/person/resources", nil)
			if detail := got.errorObject().Detail; !strings.Contains(detail, test.detail) {
				t.Errorf("the detail is %q, want %q in it", detail, test.detail)
			}
			for _, credential := range []string{"the-key", "the-token", "another"} {
				if strings.Contains(strings.ReplaceAll(got.raw, "another form", ""), credential) {
					t.Errorf("the response repeats the credential: %s", got.raw)
				}
			}
		})
	}
}

func TestSeveralAuthorizationHeaders(t *testing.T) {
	a := start(t)
	request, err := http.NewRequest("GET", a.url+"/objects/person/resources", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header["Authorization"] = []string{a.auth, a.auth}
	got := a.do(request)
	expect(t, "status", got.status, 401)
	contains(t, "raw", got.raw, "more than one")
}

func TestTranscriptNamesTheSchemeOnly(t *testing.T) {
	a := start(t)
	good := a.auth
	for _, header := range []string{good, "Bearer " + a.srv.AccessToken, "secret", ""} {
		a.auth = header
		a.send("GET", "/objects/person/resources?page[limit]=1", nil)
	}
	var schemes []string
	for _, r := range a.srv.Requests() {
		schemes = append(schemes, r.Scheme)
		expect(t, "r.Method", r.Method, "GET")
		expect(t, "r.Path", r.Path, "/v1/workspaces/acme/objects/person/resources")
		expect(t, "r.Query", r.Query, "page[limit]=1")
		expect(t, "r.Operation", r.Operation, "getResources")
	}
	equal(t, "schemes", schemes, []string{"api-key", "Bearer", "other", ""})
}
