package main

import (
	"bytes"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
)

// app returns the app's requests.
type app struct {
	flow      *authn.CodeFlow
	sessions  *sessions
	users     *users
	workspace string
	logger    *slog.Logger
}

// newApp returns the app that browsers reach at origin.
func newApp(s settings, origin string, logger *slog.Logger) (http.Handler, error) {
	config := authn.NewConfig(s.clientID, s.clientSecret, origin+"/callback")
	if s.authorizeURL != "" {
		config.Endpoint.AuthURL = s.authorizeURL
	}
	if s.tokenURL != "" {
		config.Endpoint.TokenURL = s.tokenURL
	}
	flow, err := authn.NewCodeFlow(config)
	if err != nil {
		return nil, err
	}
	users := &users{config: config, workspace: s.workspace, options: s.options, clients: map[string]*clarify.Client{}}
	// What the settings lack should show now, and not when somebody has logged in.
	nobody, err := users.add(nil)
	if err != nil {
		return nil, err
	}
	users.remove(nobody)
	a := &app{
		flow:      flow,
		sessions:  newSessions(time.Now, strings.HasPrefix(origin, "https:"), users.remove),
		users:     users,
		workspace: s.workspace,
		logger:    logger,
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.home)
	mux.HandleFunc("GET /login", a.login)
	mux.HandleFunc("GET /callback", a.callback)
	mux.HandleFunc("POST /logout", a.logout)
	// It rejects requests from pages of other sites that change something.
	forgery := http.NewCrossOriginProtection()
	if err := forgery.AddTrustedOrigin(origin); err != nil {
		return nil, err
	}
	return a.logged(withHeaders(forgery.Handler(mux))), nil
}

// home lists people for a user who is logged in.
func (a *app) home(w http.ResponseWriter, r *http.Request) {
	_, session, _ := a.sessions.get(r)
	client := a.users.client(session.user)
	if client == nil {
		a.show(w, http.StatusOK, page{Title: "You are not logged in", Login: true})
		return
	}
	var names []string
	for person, err := range clarify.People(client).All(r.Context(), clarify.OrderBy("_created_at", clarify.Ascending), clarify.Limit(20)) {
		switch {
		case errors.Is(err, authn.ErrLoginRequired):
			// The grant has ended, so the token is good for nothing.
			a.logger.Info("a user has to log in again", "error", err)
			a.sessions.end(w, r)
			a.show(w, http.StatusOK, page{Title: "Please log in again", Text: "Clarify does not let the app act for you any more.", Login: true})
			return
		case err != nil:
			a.logger.Error("people were not listed", "error", err)
			a.show(w, http.StatusBadGateway, page{Title: "Clarify did not respond", Text: "Please try again in a moment.", Logout: true})
			return
		}
		names = append(names, person.Attributes.Name.String())
	}
	a.show(w, http.StatusOK, page{Title: "People in " + a.workspace, People: names, Listed: true, Logout: true})
}

// login sends the user to the authorization server.
func (a *app) login(w http.ResponseWriter, r *http.Request) {
	address, login := a.flow.Start()
	_, begun, _ := a.sessions.get(r)
	begun.logins = append(slices.Clone(begun.logins[max(0, len(begun.logins)+1-maxLogins):]), login)
	if begun.user == "" {
		begun.expires = login.Expires
	}
	if !a.sessions.begin(w, r, begun) {
		a.show(w, http.StatusServiceUnavailable, page{Title: "There are too many visitors", Text: "Please try again in a few minutes."})
		return
	}
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// callback is where the authorization server sends the user back to.
func (a *app) callback(w http.ResponseWriter, r *http.Request) {
	id, _, _ := a.sessions.get(r)
	query := r.URL.Query()
	// Finish compares the states once more, in constant time.
	token, err := a.flow.Finish(r.Context(), a.sessions.takeLogin(id, query.Get("state")), query)
	var rejected *authn.AuthorizationError
	switch {
	case errors.As(err, &rejected) && rejected.Code == "access_denied":
		a.show(w, http.StatusOK, page{Title: "You are not logged in", Text: "You did not allow the app to act for you.", Login: true})
		return
	case errors.Is(err, authn.ErrState):
		a.logger.Warn("a callback was ignored", "error", err)
		a.show(w, http.StatusBadRequest, page{Title: "This login is over", Text: "It took too long, was finished before, or was begun in another browser.", Login: true})
		return
	case err != nil:
		a.logger.Error("a login failed", "error", err)
		a.show(w, http.StatusBadGateway, page{Title: "The login failed", Text: "Please try again.", Login: true})
		return
	}
	user, err := a.users.add(token)
	if err != nil {
		a.logger.Error("a user was not added", "error", err)
		a.show(w, http.StatusInternalServerError, page{Title: "The login failed", Text: "Please try again.", Login: true})
		return
	}
	if !a.sessions.begin(w, r, session{user: user, expires: time.Now().Add(userLife)}) {
		a.users.remove(user)
		a.show(w, http.StatusServiceUnavailable, page{Title: "There are too many visitors", Text: "Please try again in a few minutes."})
		return
	}
	// On from here, so that the code does not stay in the address bar.
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// logout ends the session, and forgets the token.
func (a *app) logout(w http.ResponseWriter, r *http.Request) {
	a.sessions.end(w, r)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// page is what a browser shows. Nothing that came with a callback gets into one.
type page struct {
	Title  string
	Text   string
	People []string
	Listed bool // whether People is a list, if an empty one
	Login  bool // whether the user can log in here
	Logout bool
}

var pageTemplate = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{.Title}}</title>
</head>
<body>
<main>
<h1>{{.Title}}</h1>
{{with .Text}}<p>{{.}}</p>
{{end}}{{if .Listed}}<ul>
{{range .People}}<li>{{.}}</li>
{{else}}<li>nobody yet</li>
{{end}}</ul>
{{end}}{{if .Login}}<p><a id="login" href="/login">Log in with Clarify</a></p>
{{end}}{{if .Logout}}<form method="post" action="/logout"><button id="logout">Log out</button></form>
{{end}}</main>
</body>
</html>
`))

func (a *app) show(w http.ResponseWriter, status int, p page) {
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, p); err != nil {
		a.logger.Error("a page was not made", "error", err)
		http.Error(w, "The page was not made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

// withHeaders sets what holds for every response. The pages are of one user.
func withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// logged logs each request without its query, which in a callback has the code.
func (a *app) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		next.ServeHTTP(w, r)
		a.logger.Info("request", "method", r.Method, "path", r.URL.Path, "took", time.Since(began).Round(time.Millisecond))
	})
}
