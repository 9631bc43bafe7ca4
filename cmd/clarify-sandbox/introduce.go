package main

import (
	"io"
	"strconv"
	"strings"
	"text/template"

	"github.com/clarify-go/clarify/clarifytest"
)

var introduction = template.Must(template.New("").Funcs(template.FuncMap{"quote": quote, "count": count}).Parse(
	`Clarify sandbox{{with .Seeded}}{{if .Total}}, with {{count .People "person" "people"}}, {{count .Companies "company" "companies"}}, {{count .Deals "deal" "deals"}}, {{count .Meetings "meeting" "meetings"}} and {{count .Tasks "task" "tasks"}}{{with .Others}}, and {{count . "other record" "other records"}}{{end}}{{end}}{{end}}.
Press Ctrl-C to end it.

base URL:      {{.BaseURL}}
workspace:     {{.Workspace}}
API key:       {{.APIKey}}
Workspace key: {{.WorkspaceKey}}
access token:  {{.AccessToken}}
authorize URL: {{.AuthorizeURL}}
{{if .LoginPage}}log in with:   {{.LoginPage}}
{{end}}token URL:     {{.TokenURL}}
storage URL:   {{.StorageURL}}
{{with .TLS}}certificate:   {{.}}
{{end}}seed:          {{.Seed}}
{{range .Faults}}fault:         {{.}}
{{end}}{{range .Others}}
workspace:     {{.Name}}
API key:       {{.APIKey}}
Workspace key: {{.WorkspaceKey}}
access token:  {{.AccessToken}}
{{end}}
For programs that read their settings from the environment:

export CLARIFY_BASE_URL={{quote .BaseURL}}
export CLARIFY_WORKSPACE={{quote .Workspace}}
export CLARIFY_API_KEY={{quote .APIKey}}
{{with .TLS}}
To trust the certificate, for programs in Go on Linux, and for Node:

export SSL_CERT_FILE={{quote .}}
export NODE_EXTRA_CA_CERTS={{quote .}}
{{end}}
With the API key, then with the access token:

curl {{template "trust" .}}-H {{quote (print "Authorization: api-key " .APIKey)}} \
  {{quote (print .URL "/objects/person/resources")}}

curl {{template "trust" .}}-H {{quote (print "Authorization: Bearer " .AccessToken)}} \
  {{quote (print .URL "/objects/person/resources")}}

To create a person:

curl {{template "trust" .}}-X POST -H {{quote (print "Authorization: api-key " .APIKey)}} \
  -H 'Content-Type: application/json' \
  -d '{"data":{"type":"person","attributes":{"name":{"first_name":"Ada","last_name":"Lovelace"}}}}' \
  {{quote (print .URL "/objects/person/records")}}

{{define "trust"}}{{with .TLS}}--cacert {{quote .}} {{end}}{{end}}`))

// introduce prints how to reach the server.
func introduce(w io.Writer, srv *clarifytest.Server, s *settings, seeded clarifytest.Seeded) error {
	var faults []string
	for _, fault := range s.faults {
		faults = append(faults, fault.text)
	}
	var others []clarifytest.Workspace
	for _, name := range s.workspaces[1:] {
		others = append(others, srv.AddWorkspace(name))
	}
	login := ""
	if s.loginPage {
		login = clarifytest.LoginName + " and the password " + clarifytest.LoginPassword
	}
	return introduction.Execute(w, introduced{srv, seeded, s.seed, faults, login, others, s.certificate})
}

// introduced is the data of the introduction.
type introduced struct {
	*clarifytest.Server
	Seeded clarifytest.Seeded
	Seed   uint64
	Faults []string

	LoginPage string // who can log in there, empty if there is none
	Others    []clarifytest.Workspace
	TLS       string // the file with the certificate to trust, empty without TLS
}

// count returns a number with the noun in singular or plural.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// quote quotes a string as one word of a shell command.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
