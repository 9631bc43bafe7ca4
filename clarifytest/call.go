package clarifytest

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

// environment is what the calls of a server have in common.
type environment struct {
	contract    *contract.Contract
	quirks      quirks
	scheme      string // of the server's URLs
	storage     *storage.Storage
	schemaLag   store.Lag
	listMatcher func(object string, query gen.ListQuery) func(gen.Resource) bool
}

// call is a request to an operation, by someone who may make it.
type call struct {
	*environment
	request   *http.Request
	op        *contract.Operation
	query     url.Values
	body      []byte
	workspace string // its name
	state     *state
	schemas   *schema.Set // as they are while the request is answered
	user      string
}

// object returns the object that the path names.
func (c *call) object() (*schema.Object, error) {
	name := c.request.PathValue("object")
	spec := c.schemas.Find(name)
	if spec == nil {
		return nil, notFound("There is no object of this name.")
	}
	return spec, nil
}

// document returns the request body, which must be one JSON object. The contract
// requires no body, so one that is missing is no violation, but nothing can be done
// without it.
func (c *call) document() (map[string]any, error) {
	if len(c.body) == 0 {
		return nil, badRequest("The request body is missing: it must be a JSON object.")
	}
	if !isJSON(c.request.Header.Get("Content-Type")) {
		return nil, fail(http.StatusUnsupportedMediaType, "The request body must be labelled Content-Type: application/json.")
	}
	value, err := decodeJSON(c.body)
	if err != nil {
		return nil, badRequest("The request body is not valid JSON: %v.", err)
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, badRequest("The request body must be a JSON object.")
	}
	return object, nil
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// signedURL returns the URL of storage for one method and one file.
func (c *call) signedURL(method, key string, more url.Values) string {
	return c.storage.SignURL(c.request.Host, method, key, more)
}
