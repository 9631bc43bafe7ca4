package clarifytest

import (
	"net/http"
	"strings"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/api"
	"github.com/clarify-go/clarify/clarifytest/internal/faults"
)

// wantsUserAgent is how the API's edge rejects a request without a User-Agent.
var wantsUserAgent = faults.Response{
	Status: http.StatusForbidden,
	Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
	Body:   []byte("<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1><p>The request has no User-Agent. This is the sandbox's edge, see WithQuirkUserAgentRequired.</p></body></html>\n"),
}

// deviates reports whether some responses are changed after they are checked against
// the contract.
func deviates(q api.Quirks) bool { return q.NoTotalPages || q.WholeSeconds || q.EmptyUserTimes }

// deviate changes a body that has been checked against the contract. A body that is
// not a JSON object stays the same.
func deviate(q api.Quirks, body []byte) []byte {
	if !deviates(q) || len(body) == 0 || body[0] != '{' {
		return body
	}
	value, err := api.DecodeJSON(body)
	document, ok := value.(map[string]any)
	if err != nil || !ok {
		return body
	}
	if meta, ok := document["meta"].(map[string]any); ok && q.NoTotalPages {
		delete(meta, "total_pages")
	}
	if q.WholeSeconds {
		dropMilliseconds(document)
	}
	if q.EmptyUserTimes {
		emptyTimes(document["data"])
	}
	encoded, err := api.EncodeJSON(document)
	if err != nil {
		panic(err) // It was decoded from JSON.
	}
	return encoded
}

// dropMilliseconds rewrites the times that the system sets, anywhere in a value.
func dropMilliseconds(value any) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			dropMilliseconds(item)
		}
	case map[string]any:
		for name, member := range v {
			text, ok := member.(string)
			if !ok {
				dropMilliseconds(member)
				continue
			}
			if t, err := time.Parse(time.RFC3339, text); err == nil && strings.HasPrefix(name, "_") && strings.HasSuffix(name, "_at") {
				v[name] = t.UTC().Format(time.RFC3339)
			}
		}
	}
}

// emptyTimes replaces the times of users in the data of a response with {}.
func emptyTimes(data any) {
	switch v := data.(type) {
	case []any:
		for _, item := range v {
			emptyTimes(item)
		}
	case map[string]any:
		attributes, _ := v["attributes"].(map[string]any)
		if attributes == nil || v["type"] != "user" {
			return
		}
		for _, name := range []string{"_created_at", "_updated_at", "last_active_at"} {
			attributes[name] = struct{}{}
		}
	}
}
