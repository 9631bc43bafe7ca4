package clarify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// readErrors returns the problems that a body describes, in the form of JSON:API or
// of the framework that the API is built with.
func readErrors(contentType string, body []byte) []ErrorObject {
	var document struct {
		Errors []struct {
			Status any    `json:"status"`
			Title  string `json:"title"`
			Detail string `json:"detail"`
			Source struct {
				Pointer string `json:"pointer"`
			} `json:"source"`
		} `json:"errors"`
		StatusCode any    `json:"statusCode"`
		Message    any    `json:"message"`
		Error      string `json:"error"`
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	// Members of another type are left out.
	var odd *json.UnmarshalTypeError
	if err := decoder.Decode(&document); err != nil && !errors.As(err, &odd) && len(document.Errors) == 0 {
		return explainBody(contentType, body)
	}
	var found []ErrorObject
	for _, e := range document.Errors {
		found = append(found, ErrorObject{Status: text(e.Status), Title: e.Title, Detail: e.Detail, Pointer: e.Source.Pointer})
	}
	if len(found) > 0 {
		return found
	}
	var messages []any
	switch message := document.Message.(type) {
	case []any:
		messages = message
	case string:
		messages = []any{message}
	}
	for _, message := range messages {
		found = append(found, ErrorObject{Status: text(document.StatusCode), Title: document.Error, Detail: text(message)})
	}
	if len(found) == 0 && document.Error != "" {
		found = append(found, ErrorObject{Status: text(document.StatusCode), Title: document.Error})
	}
	if len(found) == 0 && odd != nil {
		return explainBody(contentType, body)
	}
	return found
}

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// explainBody describes a body that is not an error document.
func explainBody(contentType string, body []byte) []ErrorObject {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if strings.Contains(contentType, "html") || bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		return []ErrorObject{{Detail: "got an HTML page, which comes from a gateway and not from the API"}}
	}
	const maxLength = 200
	line := oneLine(string(body))
	if len(line) > maxLength {
		line = strings.ToValidUTF8(line[:maxLength], "") + "…"
	}
	return []ErrorObject{{Detail: line}}
}
