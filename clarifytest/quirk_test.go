package clarifytest_test

import (
	"slices"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

func TestQuirkOfCollections(t *testing.T) {
	for _, test := range []struct {
		name    string
		options []clarifytest.Option
		status  int
	}{
		{"as reported", nil, 200},
		{"on", []clarifytest.Option{clarifytest.WithQuirkCollectionEquality(true)}, 200},
		{"off", []clarifytest.Option{clarifytest.WithQuirkCollectionEquality(false)}, 400},
	} {
		a := start(t, test.options...)
		id := a.create("person", `{"email_addresses":{"items":["ada@acme.example"]}}`)
		for _, parameter := range []string{"filter[email_addresses][Is]", "filter[email_addresses]"} {
			got := a.want(test.status, "GET", "/objects/person/resources"+query(parameter, "ada@acme.example"), nil)
			if test.status == 200 {
				equal(t, test.name, got.ids(), []string{id})
			}
		}
		a.want(test.status, "GET", "/objects/person/resources"+query("filter[email_addresses][Is not]", "x"), nil)
		a.want(200, "GET", "/objects/person/resources"+query("filter[email_addresses][Contains]", "acme"), nil)
		a.want(200, "GET", "/objects/company/resources"+query("filter[name][Is]", "x"), nil)
	}
}

func TestQuirkOfRefreshTokens(t *testing.T) {
	refresh := func(a *api, status int, token string) *response {
		return a.token(status, "grant_type", "refresh_token", "refresh_token", token, "client_id", "client", "client_secret", "secret")
	}
	for name, options := range map[string][]clarifytest.Option{
		"as reported": nil,
		"off":         {clarifytest.WithQuirkRefreshTokenStays(false)},
		"on":          {clarifytest.WithQuirkRefreshTokenStays(true)},
	} {
		a := start(t, options...)
		first := a.redeem(200, a.authorize(nil).Query().Get("code"), "client_secret", "secret").text("refresh_token")
		got := refresh(a, 200, first)
		if name == "on" {
			got.lacks("refresh_token")
			a.as("Bearer "+refresh(a, 200, first).text("access_token")).want(200, "GET", "/users", nil)
			continue
		}
		refresh(a, 200, got.text("refresh_token"))
		refresh(a, 400, first)
	}
}

func TestQuirkOfFrameworkErrors(t *testing.T) {
	a := start(t, clarifytest.WithQuirkFrameworkErrors(true))
	one := a.want(422, "POST", "/objects/deal/records", oneRecord("deal", `{"_a":1}`))
	one.equals(`{"error":"Unprocessable Entity","message":"_a is set by the system.","statusCode":422}`)
	several := a.want(422, "POST", "/objects/deal/records", oneRecord("deal", `{"_a":1,"_b":2}`))
	several.equals(`["_a is set by the system.","_b is set by the system."]`, "message")
	a.want(400, "GET", "/objects/deal/resources?page[limit]=0", nil).equals(`400`, "statusCode")
	a.srv.TakeViolations()
	if got := a.want(404, "GET", "/objects/deal/records/x", nil).errorObject(); got.Status != "404" {
		t.Errorf("another error: got %+v, want status 404", got)
	}
	a.srv.Inject(clarifytest.FrameworkError(500), clarifytest.Times(1))
	a.want(500, "GET", "/users", nil).equals(`{"error":"Internal Server Error","message":"Internal Server Error","statusCode":500}`)
	a.srv.Inject(clarifytest.FrameworkError(429, "Slow", "down"), clarifytest.Times(1))
	limited := a.want(429, "GET", "/users", nil)
	limited.equals(`["Slow","down"]`, "message")
	if !slices.Equal(limited.header.Values("X-RateLimit-Remaining"), []string{"0"}) {
		t.Errorf("%v", limited.header)
	}
}
