package main

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/clarify-go/clarify"
)

//go:embed static
var static embed.FS

//go:embed pages
var layouts embed.FS

// pages are the templates, by name.
var pages = func() map[string]*template.Template {
	all := map[string]*template.Template{}
	functions := template.FuncMap{"counted": counted}
	for _, name := range []string{"pipeline", "stale", "duplicates", "merge", "meetings", "problem"} {
		all[name] = template.Must(template.New("").Funcs(functions).ParseFS(layouts, "pages/layout.html", "pages/"+name+".html"))
	}
	return all
}()

// app is the page. It has no login: newApp sees to it that only pages of its own, on this
// machine, reach it.
type app struct {
	workspace string
	client    *clarify.Client
	copying   *copying
	mirror    *asked
	closed    []string
	now       func() time.Time
	logger    *slog.Logger
}

// newApp returns the app that browsers reach at an address.
func newApp(a app, address string) (http.Handler, error) {
	files, err := fs.Sub(static, "static")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.pipelinePage)
	mux.HandleFunc("GET /stale", a.stalePage)
	mux.HandleFunc("GET /duplicates", a.duplicatesPage)
	mux.HandleFunc("GET /merge", a.confirmPage)
	mux.HandleFunc("POST /merge", a.merge)
	mux.HandleFunc("GET /meetings", a.meetingsPage)
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(files)))
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	// A page of another site could have its name lead to this machine, and then read.
	hosts := []string{address, net.JoinHostPort("localhost", port)}
	// And it could send a form.
	forgery := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		if !slices.Contains(hosts, r.Host) {
			http.Error(w, "This page is not here.", http.StatusMisdirectedRequest)
			return
		}
		forgery.Handler(mux).ServeHTTP(w, r)
	}), nil
}

// view is what a page shows.
type view struct {
	Title     string
	Path      string // of the entry in the menu
	Workspace string
	AsOf      time.Time
	Failed    bool   // whether the mirror could not be brought up to date since
	Notice    string // of what was just done
	Content   any    // nil if the workspace does not have what the page is about
}

func (a *app) pipelinePage(w http.ResponseWriter, r *http.Request) {
	p, err := a.mirror.pipeline(r.Context(), a.now())
	if err != nil {
		a.broken(w, r, err)
		return
	}
	v := view{Title: "Pipeline", Path: "/"}
	if p != nil {
		v.Content = struct {
			*pipeline
			Charts []*chart
		}{p, []*chart{p.byMonth(), p.byStage()}}
	}
	a.show(w, http.StatusOK, "pipeline", v)
}

func (a *app) stalePage(w http.ResponseWriter, r *http.Request) {
	days := daysOf(r)
	now := a.now()
	s, err := a.mirror.stale(r.Context(), now.AddDate(0, 0, -days), now, a.closed)
	if err != nil {
		a.broken(w, r, err)
		return
	}
	v := view{Title: "Stale deals", Path: "/stale"}
	if s != nil {
		v.Content = struct {
			*stale
			Days int
		}{s, days}
	}
	a.show(w, http.StatusOK, "stale", v)
}

func (a *app) meetingsPage(w http.ResponseWriter, r *http.Request) {
	days := daysOf(r)
	now := a.now()
	m, err := a.mirror.meetings(r.Context(), now.AddDate(0, 0, -days), now)
	if err != nil {
		a.broken(w, r, err)
		return
	}
	v := view{Title: "Meetings without follow-up", Path: "/meetings"}
	if m != nil {
		v.Content = struct {
			*meetings
			Days int
		}{m, days}
	}
	a.show(w, http.StatusOK, "meetings", v)
}

const (
	defaultDays = 30
	maxDays     = 3650
)

// daysOf returns the days that a page is asked for.
func daysOf(r *http.Request) int {
	days, err := strconv.Atoi(r.URL.Query().Get("days"))
	if err != nil {
		return defaultDays
	}
	return min(max(days, 1), maxDays)
}

func (a *app) broken(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // the browser has gone
	}
	a.logger.Error("the mirror was not read", "path", r.URL.Path, "error", err)
	a.problem(w, http.StatusInternalServerError, "The mirror was not read", "The log of the program says why.")
}

func (a *app) problem(w http.ResponseWriter, status int, title, text string) {
	a.show(w, status, "problem", view{Title: title, Content: text})
}

func (a *app) show(w http.ResponseWriter, status int, page string, v view) {
	v.Workspace = a.workspace
	v.AsOf, v.Failed = a.copying.state()
	var body bytes.Buffer
	if err := pages[page].ExecuteTemplate(&body, "layout.html", v); err != nil {
		a.logger.Error("a page was not made", "page", page, "error", err)
		http.Error(w, "The page was not made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w)
}
