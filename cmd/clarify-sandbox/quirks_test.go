package main

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// What the help says of quirks is how they are, and a flag turns each around.
func TestQuirks(t *testing.T) {
	if got, want := len(regexp.MustCompile(`(?m)^  [a-z-]+=o(n|ff) `).FindAllString(quirkUsage, -1)), len(quirkOptions); got != want {
		t.Errorf("the help has %d quirks, there are %d", got, want)
	}
	const byAddress = "/v1/workspaces/acme/objects/person/resources?filter[email_addresses][Is]=a@b.example"
	const byNothing = "/v1/workspaces/acme/objects/person/resources?filter[nothing][Equals]=x"
	s := start(t)
	s.curl(200, s.root+byAddress, "Authorization: api-key "+s.key)
	if s.curl(400, s.root+byNothing, "Authorization: api-key "+s.key)["errors"] == nil {
		t.Error("an error has the form of the framework")
	}
	s = start(t, "-quirk", "collection-equality=off", "-quirk", "framework-errors=on")
	if s.curl(400, s.root+byAddress, "Authorization: api-key "+s.key)["statusCode"] != 400.0 {
		t.Error("an error has not the form of the framework")
	}
}

func TestUnknownAttributes(t *testing.T) {
	for status, args := range map[int][]string{422: nil, 201: {"-unknown-attributes"}} {
		s := start(t, args...)
		request, err := http.NewRequest("POST", s.root+"/v1/workspaces/acme/objects/deal/records", strings.NewReader(`{"data":{"type":"deal","attributes":{"flavor":"x"}}}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "api-key "+s.key)
		request.Header.Set("Content-Type", "application/json")
		s.send(status, request)
	}
}

// The flags have the quirks and the defaults of docs/live-api.md.
func TestQuirksAreThoseThatAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/live-api.md")
	if err != nil {
		t.Fatal(err)
	}
	upper := regexp.MustCompile(`(.)([A-Z][a-z]|HTTP)`)
	documented := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| \\S+ \\| `WithQuirk(\\w+)` \\| (on|off)").FindAllSubmatch(text, -1) {
		name := strings.ToLower(upper.ReplaceAllString(strings.ReplaceAll(string(row[1]), "HTTP", "Http"), "$1-$2"))
		state := string(row[2])
		if name == "http-links" {
			state = "off" // without -tls
		}
		documented[name] = true
		if quirkOptions[name] == nil {
			t.Errorf("there is no quirk %s", name)
		}
		if !strings.Contains(quirkUsage, "\n  "+name+"="+state+" ") {
			t.Errorf("the help does not say that %s is %s", name, state)
		}
	}
	for name := range quirkOptions {
		if !documented[name] {
			t.Errorf("%s is not documented", name)
		}
	}
}
