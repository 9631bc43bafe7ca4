package login

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/clarify-go/clarify/authn"
)

// page is what the user sees in the browser. It contains nothing from a request or from
// a server.
type page struct {
	status int
	title  string
	text   string
}

var (
	loggedIn = page{http.StatusOK, "You are logged in",
		"You can close this window and go back to the program."}
	denied = page{http.StatusOK, "You are not logged in",
		"The program was not allowed to act for you. You can close this window."}
	failed = page{http.StatusBadGateway, "You are not logged in",
		"The login failed. The program that you started it from says why. You can close this window."}
	foreign = page{http.StatusBadRequest, "This is another login",
		"This URL does not belong to the login that the program is waiting for. Go back to the program and open the URL that it shows."}
	over = page{http.StatusGone, "The login is over",
		"The program is no longer waiting for a login. Go back to it and start another one."}
	notFound = page{http.StatusNotFound, "There is nothing here",
		"Go back to the program and open the URL that it shows."}
	wrongMethod = page{http.StatusMethodNotAllowed, "There is nothing here",
		"Go back to the program and open the URL that it shows."}
	wrongHost = page{http.StatusMisdirectedRequest, "There is nothing here",
		"Go back to the program and open the URL that it shows."}
)

// pageFor returns the page for the outcome of a login.
func pageFor(err error) page {
	var rejected *authn.AuthorizationError
	switch {
	case err == nil:
		return loggedIn
	case errors.As(err, &rejected) && rejected.Code == "access_denied":
		return denied
	default:
		return failed
	}
}

func (p page) write(w http.ResponseWriter) {
	body := `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>` + p.title + `</title>
</head>
<body>
<main>
<h1>` + p.title + `</h1>
<p>` + p.text + `</p>
</main>
</body>
</html>
`
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if p.status == http.StatusMethodNotAllowed {
		h.Set("Allow", http.MethodGet)
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
	w.WriteHeader(p.status)
	_, _ = io.WriteString(w, body)
}
