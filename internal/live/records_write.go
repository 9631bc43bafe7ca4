package live

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// body is what a write sends.
type body struct {
	Data    json.RawMessage `json:"data"`
	MatchOn string          `json:"match_on"`
}

// entries reads the records that a write sends, and rejects attributes that the
// schema does not have.
func (s *Server) entries(w http.ResponseWriter, r *http.Request, properties map[string]any, many bool) ([]*record, string) {
	var b body
	if err := json.NewDecoder(r.Body).Decode(&b); err != nil {
		fail(w, http.StatusBadRequest, "Malformed JSON", "")
		return nil, ""
	}
	var list []*record
	if err := decode(b.Data, &list); !many {
		list = []*record{{}}
		err = decode(b.Data, list[0])
		if err != nil {
			fail(w, http.StatusUnprocessableEntity, "data is not a record", "/data")
			return nil, ""
		}
	} else if err != nil {
		fail(w, http.StatusUnprocessableEntity, "data is not a list of records", "/data")
		return nil, ""
	}
	for i, entry := range list {
		at := "/data/attributes/"
		if many {
			at = fmt.Sprintf("/data/%d/attributes/", i)
		}
		for name, value := range entry.Attributes {
			property, _ := properties[name].(map[string]any)
			options, _ := property["enum"].([]any)
			switch {
			case property == nil || strings.HasPrefix(name, "_"):
				fail(w, http.StatusUnprocessableEntity, "Unknown property "+name, at+name)
				return nil, ""
			case options != nil && value != nil && !slices.Contains(options, value):
				fail(w, http.StatusUnprocessableEntity, "Not an option of "+name, at+name)
				return nil, ""
			}
		}
	}
	return list, b.MatchOn
}

// store creates a record, or updates the one that matches.
func (s *Server) store(object string, entry *record, matchOn string) *record {
	now := time.Date(2026, 8, 1, 0, 0, s.created, 0, time.UTC).Format("2006-01-02T15:04:05.000Z")
	for _, one := range s.records[object] {
		if matchOn == "" {
			break
		}
		for _, item := range itemsOf(entry.Attributes[matchOn]) {
			if slices.Contains(itemsOf(one.Attributes[matchOn]), item) {
				s.change(one, entry.Attributes, now)
				return one
			}
		}
	}
	s.created++
	one := &record{Type: object, ID: fmt.Sprintf("0b6b2a56-6e4e-4a0f-9f0a-0000001%05d", s.created), Attributes: map[string]any{"_created_at": now}}
	one.Attributes["_id"] = one.ID
	s.change(one, entry.Attributes, now)
	s.records[object] = append(s.records[object], one)
	return one
}

func itemsOf(v any) []any {
	if collection, ok := v.(map[string]any); ok {
		items, _ := collection["items"].([]any)
		return items
	}
	if v == nil {
		return nil
	}
	return []any{v}
}

func (s *Server) change(one *record, attributes map[string]any, now string) {
	for name, value := range attributes {
		one.Attributes[name] = value
	}
	one.Attributes["_updated_at"] = now
}

func (s *Server) create(w http.ResponseWriter, r *http.Request) {
	properties := s.object(w, r)
	if properties == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if list, matchOn := s.entries(w, r, properties, false); list != nil {
		respond(w, http.StatusCreated, map[string]any{"data": s.store(r.PathValue("object"), list[0], matchOn)})
	}
}

func (s *Server) createBulk(w http.ResponseWriter, r *http.Request) {
	properties := s.object(w, r)
	if properties == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list, matchOn := s.entries(w, r, properties, true)
	if list == nil {
		return
	}
	all := []any{}
	for _, entry := range list {
		all = append(all, s.store(r.PathValue("object"), entry, matchOn))
	}
	s.written(w, http.StatusCreated, all)
}

func (s *Server) written(w http.ResponseWriter, status int, all []any) {
	respond(w, status, map[string]any{
		"data": all, "links": map[string]any{"next": nil, "prev": nil}, "meta": map[string]any{"total_records": len(all)},
	})
}

// update fails on records of custom objects (R7).
func (s *Server) update(w http.ResponseWriter, r *http.Request) {
	properties := s.object(w, r)
	if properties == nil {
		return
	}
	if strings.HasPrefix(r.PathValue("object"), "c_") {
		fail(w, http.StatusInternalServerError, "Internal server error", "")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.chosen(w, r)
	if one == nil {
		return
	}
	if list, _ := s.entries(w, r, properties, false); list != nil {
		s.change(one, list[0].Attributes, "2026-08-02T00:00:00.000Z")
		respond(w, http.StatusOK, map[string]any{"data": one})
	}
}

func (s *Server) updateBulk(w http.ResponseWriter, r *http.Request) {
	properties := s.object(w, r)
	if properties == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list, _ := s.entries(w, r, properties, true)
	if list == nil {
		return
	}
	all := []any{}
	for _, entry := range list {
		one := s.find(r.PathValue("object"), entry.ID)
		if one == nil {
			fail(w, http.StatusNotFound, "Record not found", "")
			return
		}
		s.change(one, entry.Attributes, "2026-08-02T00:00:00.000Z")
		all = append(all, one)
	}
	s.written(w, http.StatusOK, all)
}

// gone responds to a write of which there is nothing more to say (R5).
func (s *Server) gone(w http.ResponseWriter) {
	if s.options.Bodies {
		respond(w, http.StatusOK, map[string]any{"data": nil})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) remove(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.chosen(w, r); one != nil {
		object := r.PathValue("object")
		s.records[object] = slices.DeleteFunc(s.records[object], func(other *record) bool { return other == one })
		s.gone(w)
	}
}
