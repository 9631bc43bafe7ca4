package live

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

func (s *Server) related(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.chosen(w, r)
	if one == nil {
		return
	}
	var all []any
	relationship, _ := one.Relationships[r.PathValue("property")].(map[string]any)
	for _, ref := range refs(relationship["data"]) {
		if linked := s.find(ref["type"], ref["id"]); linked != nil {
			all = append(all, *linked)
		}
	}
	s.page(w, r, strings.TrimPrefix(r.URL.Path, "/v1/workspaces/"+Workspace), all, nil)
}

func (s *Server) link(w http.ResponseWriter, r *http.Request)   { s.relate(w, r, true) }
func (s *Server) unlink(w http.ResponseWriter, r *http.Request) { s.relate(w, r, false) }

// relate replaces what a many-to-many relationship leads to, or takes out of it.
func (s *Server) relate(w http.ResponseWriter, r *http.Request, set bool) {
	properties := s.object(w, r)
	if properties == nil {
		return
	}
	property, _ := properties[r.PathValue("property")].(map[string]any)
	if property["xClarifyRelationship"] == nil {
		fail(w, http.StatusNotFound, "Unknown relationship "+r.PathValue("property"), "")
		return
	}
	var sent struct {
		Data []map[string]any `json:"data"`
	}
	if err := decodeBody(r, &sent); err != nil {
		fail(w, http.StatusBadRequest, "Malformed JSON", "")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.chosen(w, r)
	if one == nil {
		return
	}
	name := r.PathValue("property")
	before, _ := one.Relationships[name].(map[string]any)
	data, _ := before["data"].([]any)
	data = slices.Clone(data)
	if set {
		data = nil
	}
	for _, ref := range sent.Data {
		data = slices.DeleteFunc(data, func(old any) bool { return refs(old)[0]["id"] == text(ref["id"]) })
		if set {
			data = append(data, ref)
		}
	}
	if one.Relationships == nil {
		one.Relationships = map[string]any{}
	}
	one.Relationships[name] = map[string]any{"data": append([]any{}, data...), "meta": map[string]any{"count": len(data)}}
	if set {
		respond(w, http.StatusOK, map[string]any{"data": one})
		return
	}
	s.gone(w)
}

// comment wants rich text; a plain string is rejected.
func (s *Server) comment(w http.ResponseWriter, r *http.Request) {
	var sent map[string]any
	if err := decodeBody(r, &sent); err != nil {
		fail(w, http.StatusBadRequest, "Malformed JSON", "")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	message, ok := sent["message"].([]any)
	if !ok || len(message) == 0 {
		fail(w, http.StatusUnprocessableEntity, "message must be a list of blocks", "/message")
		return
	}
	if s.find(text(sent["entity"]), text(sent["owner_id"])) == nil {
		fail(w, http.StatusUnprocessableEntity, "no such record", "/owner_id")
		return
	}
	id := sent["_id"]
	if id == nil {
		id = fmt.Sprintf("c0000000-0000-4000-8000-%012d", len(s.comments))
	}
	made := map[string]any{
		"_id": id, "message": message, "owner_id": sent["owner_id"], "entity": sent["entity"],
		"_created_at": "2026-08-01T00:00:00Z", "_created_by": "user_01HQ2Z", "_updated_at": nil, "_updated_by": nil,
	}
	s.comments = append(s.comments, made)
	respond(w, http.StatusCreated, made)
}

func (s *Server) readComment(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, made := range s.comments {
		if made["_id"] == r.PathValue("id") {
			respond(w, http.StatusOK, made)
			return
		}
	}
	fail(w, http.StatusNotFound, "Comment not found", "")
}

// transcript takes segments with words whose times are in seconds (O4). The
// older form, an object with segments, is rejected.
func (s *Server) transcript(w http.ResponseWriter, r *http.Request) {
	var sent struct {
		Transcript []struct {
			Words []struct {
				Text  *string  `json:"text"`
				Start *float64 `json:"start_timestamp"`
				End   *float64 `json:"end_timestamp"`
			} `json:"words"`
			Speaker  *string `json:"speaker"`
			Language *string `json:"language"`
		} `json:"transcript"`
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := decodeBody(r, &sent); err != nil || len(sent.Transcript) == 0 {
		fail(w, http.StatusUnprocessableEntity, "transcript must be a list of segments", "/transcript")
		return
	}
	one := s.find("meeting", r.PathValue("meeting"))
	if one == nil {
		fail(w, http.StatusNotFound, "Meeting not found", "")
		return
	}
	for _, segment := range sent.Transcript {
		if len(segment.Words) == 0 || segment.Language == nil {
			fail(w, http.StatusUnprocessableEntity, "a segment has words and a language", "/transcript")
			return
		}
		for _, word := range segment.Words {
			// A meeting of a day would be too long: a request in milliseconds gets an error.
			if word.Text == nil || word.Start == nil || word.End == nil || *word.End < *word.Start || *word.End > 86400 {
				fail(w, http.StatusUnprocessableEntity, "a word has a text and times in seconds", "/transcript")
				return
			}
		}
	}
	s.uploaded[one.ID] = sent.Transcript
	respond(w, http.StatusCreated, map[string]any{"data": one})
}

func (s *Server) disableRecording(w http.ResponseWriter, r *http.Request) { s.gone(w) }
