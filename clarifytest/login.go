package clarifytest

import (
	"bytes"
	"html/template"
	"net/http"
	"strings"
)

const (
	// LoginName is the email address of the user that each workspace begins with,
	// who can log in at the page of [WithLoginPage].
	LoginName = "admin@sandbox.example"
	// LoginPassword is everybody's password there.
	LoginPassword = "sandbox"
)

// loginPage is the page on which a user logs in and decides.
type loginPage struct {
	ID      string
	Client  string
	Scopes  []string
	Name    string // as it was typed before
	Problem string
}

var loginTemplate = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Log in to the Clarify sandbox</title>
</head>
<body>
<main>
<h1>Log in to the Clarify sandbox</h1>
<p>The app <strong>{{.Client}}</strong> wants to act for you. It asks for:</p>
<ul>
{{range .Scopes}}<li>{{.}}</li>
{{else}}<li>nothing in particular</li>
{{end}}</ul>
{{with .Problem}}<p role="alert">{{.}}</p>
{{end}}<form method="post">
<input type="hidden" name="login" value="{{.ID}}">
<p><label for="username">Email address</label><br>
<input id="username" name="username" type="email" autocomplete="username" value="{{.Name}}"></p>
<p><label for="password">Password</label><br>
<input id="password" name="password" type="password" autocomplete="current-password"></p>
<p><button id="allow" name="decision" value="allow">Log in and allow</button>
<button id="deny" name="decision" value="deny" formnovalidate>Deny</button></p>
</form>
</main>
</body>
</html>
`))

func (z authorization) page(id string) loginPage {
	return loginPage{ID: id, Client: z.client, Scopes: strings.Fields(z.scope)}
}

func (p loginPage) write(w http.ResponseWriter, status int) {
	var body bytes.Buffer
	if err := loginTemplate.Execute(&body, p); err != nil {
		panic(err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	// No form-action: browsers hold the redirect after the form to it, too.
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

// decide takes what the user did on the login page.
func (a *authServer) decide(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The form could not be read.", http.StatusBadRequest)
		return
	}
	id, decision, name := r.PostForm.Get("login"), r.PostForm.Get("decision"), r.PostForm.Get("username")
	a.mu.Lock()
	asked, known := a.logins[id]
	if known && !a.clock().Before(asked.expires) {
		delete(a.logins, id)
		known = false
	}
	a.mu.Unlock()
	switch {
	case !known:
		http.Error(w, "This login is over or never began. Start again in the app.", http.StatusBadRequest)
		return
	case decision == "deny":
		if a.finishLogin(w, id) {
			sendBack(w, http.StatusSeeOther, asked.back("error", "access_denied", "error_description", "The user did not consent."))
		}
		return
	case decision != "allow":
		http.Error(w, "The decision must be allow or deny.", http.StatusBadRequest)
		return
	}
	user, found := a.findUser(strings.TrimSpace(name))
	if !found || r.PostForm.Get("password") != LoginPassword {
		page := asked.page(id)
		page.Name, page.Problem = name, "The email address or the password is wrong."
		page.write(w, http.StatusForbidden)
		return
	}
	if a.finishLogin(w, id) {
		asked.user = user
		sendBack(w, http.StatusSeeOther, asked.back("code", a.allow(asked)))
	}
}

// finishLogin ends a login, which can be done once.
func (a *authServer) finishLogin(w http.ResponseWriter, id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, there := a.logins[id]
	delete(a.logins, id)
	if !there {
		http.Error(w, "This login is over. Start again in the app.", http.StatusBadRequest)
	}
	return there
}

// findMember returns the id of the first workspace's member with an email
// address.
func (s *Server) findMember(email string) (id string, found bool) {
	w := s.findWorkspace(s.Workspace)
	_ = w.state.read(func() error {
		for _, u := range w.state.users.all() {
			if email != "" && strings.EqualFold(u.Email, email) {
				id, found = u.ID, true
				return nil
			}
		}
		return nil
	})
	return id, found
}
