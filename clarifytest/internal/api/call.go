package api

import (
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/storage"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/contract"
)

// Environment is what the calls of a server have in common.
type Environment struct {
	Contract    *contract.Contract
	Quirks      Quirks
	Scheme      string // of the server's URLs
	Storage     *storage.Storage
	SchemaLag   store.Lag
	ListMatcher func(object string, query gen.ListQuery) func(gen.Resource) bool
}

// Call is a request to an operation, from a caller who may make it.
type Call struct {
	*Environment
	Request   *http.Request
	Op        *contract.Operation
	Query     url.Values
	Body      []byte
	Workspace string // its name
	State     *State
	schemas   *schema.Set // as they are during the call
	User      string
}

// object returns the object in the path.
func (c *Call) object() (*schema.Object, error) {
	name := c.Request.PathValue("object")
	spec := c.schemas.Find(name)
	if spec == nil {
		return nil, NotFound("There is no object of this name.")
	}
	return spec, nil
}

// document returns the request body, which must be one JSON object. The contract makes
// bodies optional, so a missing body is not a violation, but the operation needs one.
func (c *Call) document() (map[string]any, error) {
	if len(c.Body) == 0 {
		return nil, BadRequest("The request body is missing: it must be a JSON object.")
	}
	if !isJSON(c.Request.Header.Get("Content-Type")) {
		return nil, Fail(http.StatusUnsupportedMediaType, "The request body must be labelled Content-Type: application/json.")
	}
	value, err := DecodeJSON(c.Body)
	if err != nil {
		return nil, BadRequest("The request body is not valid JSON: %v.", err)
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, BadRequest("The request body must be a JSON object.")
	}
	return object, nil
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// signedURL returns the URL of storage for one method and one file.
func (c *Call) signedURL(method, key string, more url.Values) string {
	return c.Storage.SignURL(c.Request.Host, method, key, more)
}
