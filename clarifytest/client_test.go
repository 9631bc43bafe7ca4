package clarifytest_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

func TestClient(t *testing.T) {
	a := start(t)
	other := a.srv.AddWorkspace("a/b")
	client := a.srv.Client()
	for _, test := range []struct {
		name, url, authorization string
		status                   int
	}{
		{"the first workspace", a.url + "/users", "", 200},
		{"another workspace", other.URL + "/users", "", 200},
		{"a credential of one's own", a.url + "/users", "Bearer " + a.srv.AccessToken, 200},
		{"a wrong credential of one's own", a.url + "/users", "api-key wrong", 401},
		{"a workspace that is not there", a.srv.BaseURL + "/workspaces/globex/users", "", 401},
		{"no workspace", a.srv.BaseURL, "", 404},
	} {
		request := newRequest(t, "GET", test.url, "")
		if test.authorization != "" {
			request.Header.Set("Authorization", test.authorization)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		response.Body.Close()
		if response.StatusCode != test.status {
			t.Errorf("%s: got %s", test.name, response.Status)
		}
		if test.authorization == "" && request.Header.Get("Authorization") != "" {
			t.Errorf("%s: the caller's request was changed", test.name)
		}
	}
	a.srv.TakeViolations()

	a.srv.Inject(clarifytest.Redirect(302, "http://elsewhere.example/"))
	response, err := client.Get(a.url + "/users")
	if noError(t, "err", err) {
		expect(t, "response.StatusCode", response.StatusCode, 302)
	}
	for _, elsewhere := range []string{start(t).url, "https" + strings.TrimPrefix(a.url, "http")} {
		_, err := client.Post(elsewhere, "text/plain", strings.NewReader("x"))
		if expect(t, elsewhere+": err == nil", err == nil, false) {
			contains(t, elsewhere+": err.Error()", err.Error(), "only sends requests to http://")
		}
	}
}

func TestAPI(t *testing.T) {
	a := start(t)
	ctx := context.Background()
	created, err := a.srv.API().CreateRecordWithResponse(ctx, "deal", nil, gen.CreateRecordRequest{
		Data: gen.NewRecord{Type: "deal", Attributes: gen.Attributes{"name": "Big"}},
	})
	if err != nil || created.StatusCode() != http.StatusCreated {
		t.Fatalf("%v, %s", err, created.Body)
	}
	byToken := a.srv.API(gen.WithRequestEditorFn(authn.Bearer(a.srv.AccessToken)))
	got, err := byToken.GetSchemasWithResponse(ctx)
	if noError(t, "err", err) {
		expect(t, "got.StatusCode() == http.StatusUnauthorized", got.StatusCode() == http.StatusUnauthorized, false)
	}
	if got := a.latest().Scheme; got != "Bearer" {
		t.Errorf("the credential was sent as %s", got)
	}
}
