package live

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

type record struct {
	Type          string         `json:"type"`
	ID            string         `json:"id"`
	Attributes    map[string]any `json:"attributes"`
	Relationships map[string]any `json:"relationships,omitempty"`
}

// withoutRecords are objects that the schemas list and that have no records
// endpoint (R4).
var withoutRecords = []string{"meeting_recording", "user"}

// object returns the properties of the object in the path. It responds with 404
// and returns nil if there is no such object.
func (s *Server) object(w http.ResponseWriter, r *http.Request) map[string]any {
	name := r.PathValue("object")
	schema := s.schema(name)
	if schema == nil || slices.Contains(withoutRecords, name) {
		fail(w, http.StatusNotFound, "Not found: "+name, "")
		return nil
	}
	properties, _ := schema["properties"].(map[string]any)
	return properties
}

var filterKey = regexp.MustCompile(`^filter\[([^\]]+)\](?:\[([^\]]+)\])?$`)

func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	properties := s.object(w, r)
	if properties == nil || !s.includes(w, r, properties) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := slices.Clone(s.records[r.PathValue("object")])
	for key, values := range r.URL.Query() {
		parts := filterKey.FindStringSubmatch(key)
		if parts == nil {
			continue
		}
		if properties[parts[1]] == nil {
			fail(w, http.StatusBadRequest, "Unknown field "+parts[1], "")
			return
		}
		var err error
		found = slices.DeleteFunc(found, func(one *record) bool {
			holds, wrong := matches(one.Attributes[parts[1]], parts[2], values[0])
			if wrong != nil {
				err = wrong
			}
			return !holds
		})
		if err != nil {
			fail(w, http.StatusBadRequest, err.Error(), "")
			return
		}
	}
	if column := r.URL.Query().Get("sortOrder[column]"); column != "" {
		if properties[column] == nil {
			fail(w, http.StatusBadRequest, "Unknown column "+column, "")
			return
		}
		slices.SortStableFunc(found, func(a, b *record) int {
			return strings.Compare(instant(a.Attributes[column]), instant(b.Attributes[column]))
		})
		if r.URL.Query().Get("sortOrder[dir]") == "DESC" {
			slices.Reverse(found)
		}
	}
	var all, included []any
	for _, one := range found {
		shown := *one
		if !s.options.FullLists && r.URL.Query().Get("include") == "" {
			shown.Relationships = nil
		}
		all = append(all, shown)
	}
	if r.URL.Query().Get("include") != "" {
		included = s.included(r, found)
	}
	s.page(w, r, strings.TrimPrefix(r.URL.Path, "/v1/workspaces/"+Workspace), all, included)
}

// includes rejects what is not a relationship property of the object (R2).
func (s *Server) includes(w http.ResponseWriter, r *http.Request, properties map[string]any) bool {
	for name := range strings.SplitSeq(r.URL.Query().Get("include"), ",") {
		property, _ := properties[name].(map[string]any)
		if name != "" && property["xClarifyRelationship"] == nil {
			fail(w, http.StatusBadRequest, "Cannot include "+name, "")
			return false
		}
	}
	return true
}

func (s *Server) included(r *http.Request, of []*record) []any {
	included := []any{}
	for _, one := range of {
		for name := range strings.SplitSeq(r.URL.Query().Get("include"), ",") {
			relationship, _ := one.Relationships[name].(map[string]any)
			for _, ref := range refs(relationship["data"]) {
				if linked := s.find(ref["type"], ref["id"]); linked != nil {
					included = append(included, *linked)
				}
			}
		}
	}
	return included
}

// page responds with the page of entries that the query asks for.
func (s *Server) page(w http.ResponseWriter, r *http.Request, path string, all, included []any) {
	query := r.URL.Query()
	offset, _ := strconv.Atoi(query.Get("page[offset]"))
	limit, err := strconv.Atoi(query.Get("page[limit]"))
	if err != nil {
		limit = 500
	}
	if limit > 500 || limit < 1 || offset < 0 {
		fail(w, http.StatusBadRequest, "page[limit] must be 1 to 500", "")
		return
	}
	limit = min(limit, s.options.PageSize)
	meta := map[string]any{"total_records": len(all), "offset": offset, "limit": limit}
	if s.options.TotalPages {
		meta["total_pages"] = (len(all) + limit - 1) / limit
	}
	links := map[string]any{"next": nil, "prev": nil}
	end := min(len(all), offset+limit)
	if end < len(all) && !s.options.NoLinks {
		query.Set("page[offset]", strconv.Itoa(end))
		query.Set("page[limit]", strconv.Itoa(limit))
		links["next"] = s.clear() + path + "?" + query.Encode()
	}
	page := map[string]any{"data": append([]any{}, all[min(offset, len(all)):end]...), "links": links, "meta": meta}
	if included != nil || strings.HasPrefix(path, "/objects/") {
		page["included"] = append([]any{}, included...)
	}
	respond(w, http.StatusOK, page)
}

// matches reports whether a value passes a filter.
func matches(value any, operator, want string) (bool, error) {
	collection, _ := value.(map[string]any)
	items, isList := collection["items"].([]any)
	switch operator {
	case "Contains":
		if isList {
			return slices.ContainsFunc(items, func(item any) bool { return strings.Contains(text(item), want) }), nil
		}
		return strings.Contains(text(value), want), nil
	case "Is", "":
		if isList {
			return slices.ContainsFunc(items, func(item any) bool { return text(item) == want }), nil
		}
		return text(value) == want || value != nil && instant(value) == instant(want), nil
	case "Is empty":
		return value == nil || isList && len(items) == 0, nil
	case "Is on or after":
		return value != nil && instant(value) >= instant(want), nil
	case "Is on or before":
		return value != nil && instant(value) <= instant(want), nil
	case "Is after":
		return value != nil && instant(value) > instant(want), nil
	case "Is before":
		return value != nil && instant(value) < instant(want), nil
	}
	return false, fmt.Errorf("unknown operator %s", operator)
}

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// instant is a time in a form that sorts, or the value as it is.
func instant(v any) string {
	t, err := time.Parse(time.RFC3339, text(v))
	if err != nil {
		return text(v)
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000000Z")
}

func refs(data any) []map[string]string {
	list, ok := data.([]any)
	if !ok {
		list = []any{data}
	}
	var found []map[string]string
	for _, entry := range list {
		if ref, ok := entry.(map[string]any); ok {
			found = append(found, map[string]string{"type": text(ref["type"]), "id": text(ref["id"])})
		}
	}
	return found
}

func (s *Server) find(object, id string) *record {
	for _, one := range s.records[object] {
		if one.ID == id {
			return one
		}
	}
	return nil
}

// chosen is the record that the path names. It responds with 404 and returns nil
// if there is none. The caller holds the lock.
func (s *Server) chosen(w http.ResponseWriter, r *http.Request) *record {
	one := s.find(r.PathValue("object"), r.PathValue("id"))
	if one == nil {
		fail(w, http.StatusNotFound, "Record not found", "")
	}
	return one
}

func (s *Server) get(w http.ResponseWriter, r *http.Request) {
	properties := s.object(w, r)
	if properties == nil || !s.includes(w, r, properties) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.chosen(w, r); one != nil {
		respond(w, http.StatusOK, map[string]any{"data": one, "included": s.included(r, []*record{one}), "meta": map[string]any{}})
	}
}
