package authserver

import (
	"bytes"
	"html/template"
	"net/http"
	"strings"
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

func (a authorization) page(id string) loginPage {
	return loginPage{ID: id, Client: a.client, Scopes: strings.Fields(a.scope)}
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

// decide responds to the form of the login page.
func (s *Server) decide(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The form could not be read.", http.StatusBadRequest)
		return
	}
	id, decision, name := r.PostForm.Get("login"), r.PostForm.Get("decision"), r.PostForm.Get("username")
	s.mu.Lock()
	asked, known := s.grants.logins[id]
	if known && !s.Clock().Before(asked.expires) {
		delete(s.grants.logins, id)
		known = false
	}
	s.mu.Unlock()
	switch {
	case !known:
		http.Error(w, "This login is over or never began. Start again in the app.", http.StatusBadRequest)
		return
	case decision == "deny":
		if s.finishLogin(w, id) {
			redirect(w, http.StatusSeeOther, asked.redirect("error", "access_denied", "error_description", "The user did not consent."))
		}
		return
	case decision != "allow":
		http.Error(w, "The decision must be allow or deny.", http.StatusBadRequest)
		return
	}
	user, found := s.Users.FindUser(strings.TrimSpace(name))
	if !found || r.PostForm.Get("password") != s.Password {
		page := asked.page(id)
		page.Name, page.Problem = name, "The email address or the password is wrong."
		page.write(w, http.StatusForbidden)
		return
	}
	if s.finishLogin(w, id) {
		asked.user = user
		redirect(w, http.StatusSeeOther, asked.redirect("code", s.allow(asked)))
	}
}

// finishLogin ends a login. It responds with an error and returns false if the
// login has ended before.
func (s *Server) finishLogin(w http.ResponseWriter, id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.grants.logins[id]
	delete(s.grants.logins, id)
	if !ok {
		http.Error(w, "This login is over. Start again in the app.", http.StatusBadRequest)
	}
	return ok
}
