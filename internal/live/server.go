// Package live serves documents in the shapes that integrations recorded of the
// live API: those that docs/live-api.md lists, by number. It was written from
// that page alone and shares no code with the library or with clarifytest, so
// that it agrees with neither by construction.
//
// It is for tests. Where the page names two forms, both are in the documents,
// or an option of [Options] chooses.
package live

import (
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

//go:embed testdata
var documents embed.FS

// The credentials that the server accepts, and the only workspace that it has.
const (
	Key       = "live-key"
	Token     = "live-token"
	Workspace = "acme"
)

// Options choose between forms that the page names both of.
type Options struct {
	// NoLinks leaves links.next null on pages of records though there are more (L3).
	NoLinks bool
	// TotalPages adds total_pages to the meta of lists, which may lack it (L4).
	TotalPages bool
	// Bodies has deletes respond with 200 and a body instead of 204 (R5).
	Bodies bool
	// FullLists has records in lists carry their relationships (D1).
	FullLists bool
	// PageSize is the maximum page size, 2 unless it is set.
	PageSize int
}

// Server is a workspace of the live API, as far as it was seen.
type Server struct {
	*httptest.Server
	options Options

	mu       sync.Mutex
	records  map[string][]*record
	comments []map[string]any
	uploaded map[string]any // transcripts, by meeting
	created  int
	requests []string
}

// NewServer starts a server on loopback, over TLS. Close it when done.
func NewServer(o Options) *Server {
	if o.PageSize == 0 {
		o.PageSize = 2
	}
	s := &Server{options: o, records: map[string][]*record{}, uploaded: map[string]any{}}
	s.must("records.json", &s.records)
	mux := http.NewServeMux()
	const root = "/v1/workspaces/" + Workspace
	for pattern, handle := range map[string]http.HandlerFunc{
		"GET /schemas":                                                   s.schemas,
		"GET /users":                                                     s.users,
		"GET /objects/{object}/resources":                                s.list,
		"GET /objects/{object}/resources/{id}":                           s.get,
		"GET /objects/{object}/records/{id}":                             s.get,
		"POST /objects/{object}/records":                                 s.create,
		"POST /objects/{object}/records/bulk":                            s.createBulk,
		"PATCH /objects/{object}/records/{id}":                           s.update,
		"PATCH /objects/{object}/records":                                s.updateBulk,
		"DELETE /objects/{object}/records/{id}":                          s.remove,
		"GET /objects/{object}/records/{id}/relationships/{property}":    s.related,
		"PATCH /objects/{object}/records/{id}/relationships/{property}":  s.link,
		"DELETE /objects/{object}/records/{id}/relationships/{property}": s.unlink,
		"POST /comments":                                                 s.comment,
		"GET /comments/{id}":                                             s.readComment,
		"POST /meetings/{meeting}/transcript":                            s.transcript,
		"DELETE /meetings/{meeting}/recording":                           s.disableRecording,
	} {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" "+root+path, handle)
	}
	s.Server = httptest.NewUnstartedServer(s.edge(mux))
	// Clients that leave early are no news.
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	return s
}

// BaseURL is what stands before /workspaces.
func (s *Server) BaseURL() string { return s.URL + "/v1" }

// Requests are the request lines that arrived, without their queries.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

// Records are the attributes of an object's records.
func (s *Server) Records(object string) []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []map[string]any
	for _, one := range s.records[object] {
		all = append(all, maps.Clone(one.Attributes))
	}
	return all
}

// Transcript is what was uploaded for a meeting, nil if nothing was.
func (s *Server) Transcript(meeting string) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.uploaded[meeting]
}

// Comments are the comments that were made.
func (s *Server) Comments() []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]map[string]any(nil), s.comments...)
}

// edge is what stands before the API: it wants a User-Agent (R1) and one of the
// two credentials, under its own scheme.
func (s *Server) edge(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r.Method+" "+r.URL.Path)
		s.mu.Unlock()
		w.Header().Set("X-RateLimit-Limit", "3000")
		w.Header().Set("X-RateLimit-Remaining", "2999")
		w.Header().Set("X-RateLimit-Reset", "60")
		switch auth := r.Header.Get("Authorization"); {
		case r.Header.Get("User-Agent") == "":
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, "<html><body>Forbidden</body></html>")
		case auth != "api-key "+Key && auth != "Bearer "+Token:
			fail(w, http.StatusUnauthorized, "Unauthorized", "")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func (s *Server) must(name string, v any) {
	b, err := documents.ReadFile("testdata/" + name)
	if err == nil {
		b = []byte(strings.ReplaceAll(string(b), "{{link}}", s.clear()))
		err = decode(b, v)
	}
	if err != nil {
		panic(name + ": " + err.Error())
	}
}

// clear is the workspace's URL as links have it, beginning with http (L1).
func (s *Server) clear() string {
	if s.Server == nil {
		return ""
	}
	return "http" + strings.TrimPrefix(s.URL, "https") + "/v1/workspaces/" + Workspace
}

func (s *Server) schemas(w http.ResponseWriter, r *http.Request) {
	name := "schemas-1.json"
	if r.URL.Query().Get("cursor") != "" {
		name = "schemas-2.json"
	}
	var page map[string]any
	s.must(name, &page)
	respond(w, http.StatusOK, page)
}

// schema is the JSON Schema of an object's entity, nil if there is none.
func (s *Server) schema(object string) map[string]any {
	for _, name := range []string{"schemas-1.json", "schemas-2.json"} {
		var page struct {
			Data []struct {
				ID         string         `json:"id"`
				Attributes map[string]any `json:"attributes"`
			} `json:"data"`
		}
		s.must(name, &page)
		for _, entry := range page.Data {
			if entry.ID == "https://getclarify.ai/schemas/entities/"+object {
				return entry.Attributes
			}
		}
	}
	return nil
}

func (s *Server) users(w http.ResponseWriter, r *http.Request) {
	var all []any
	s.must("users.json", &all)
	s.page(w, r, "/users", all, nil)
}

func respond(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func fail(w http.ResponseWriter, status int, detail, pointer string) {
	object := map[string]any{"status": fmt.Sprint(status), "detail": detail}
	if pointer != "" {
		object["source"] = map[string]any{"pointer": pointer}
	}
	respond(w, status, map[string]any{"errors": []any{object}})
}

func decode(b []byte, v any) error {
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	return d.Decode(v)
}

func decodeBody(r *http.Request, v any) error {
	d := json.NewDecoder(r.Body)
	d.UseNumber()
	return d.Decode(v)
}
