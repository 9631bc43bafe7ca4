package contract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

var filterOptions = &openapi3filter.Options{
	AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc,
	IncludeResponseStatus: true,
	MultiError:            true,
	SkipSettingDefaults:   true,
}

// SchemaCursor is the query parameter by which links.next of getSchemas leads to
// the next page. The vendor's contract does not have it: docs/live-api.md, L2.
const SchemaCursor = "cursor"

// CheckRequest returns how a request differs from what the contract says of op, a
// line for each difference. The path values of r are those of the operation's
// parameters. Credentials are not checked: the server judges those, for every
// operation alike.
func (op *Operation) CheckRequest(r *http.Request, query url.Values, body []byte) []string {
	input := op.filterInput(r, query, body)
	var found []string
	for _, p := range op.parameters() {
		if p.In == openapi3.ParameterInQuery && p.Style == openapi3.SerializationDeepObject {
			found = append(found, op.checkDeepObject(query, p)...)
			continue
		}
		if err := openapi3filter.ValidateParameter(input.Request.Context(), input, p); err != nil {
			found = append(found, explain(err)...)
		}
	}
	for key := range query {
		if name, _, _ := Bracketed(key); op.Query[name] == nil && (op.ID != "getSchemas" || name != SchemaCursor) {
			found = append(found, fmt.Sprintf("query parameter %q is not in the contract", name))
		}
	}
	if spec := op.route.Operation.RequestBody; spec != nil {
		if err := openapi3filter.ValidateRequestBody(input.Request.Context(), input, spec.Value); err != nil {
			found = append(found, explain(err)...)
		}
	} else if len(body) > 0 {
		found = append(found, "the operation takes no body")
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// CheckResponse returns how a response to r differs from what the contract says of
// op.
func (op *Operation) CheckResponse(r *http.Request, status int, header http.Header, body []byte) []Difference {
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: op.filterInput(r, nil, nil),
		Status:                 status,
		Header:                 header,
		Options:                filterOptions,
	}
	input.SetBodyBytes(body)
	return responseDifferences(openapi3filter.ValidateResponse(context.Background(), input))
}

func (op *Operation) filterInput(r *http.Request, query url.Values, body []byte) *openapi3filter.RequestValidationInput {
	params := make(map[string]string, len(op.pathParams))
	for _, name := range op.pathParams {
		params[name] = r.PathValue(name)
	}
	// A copy, because the validator puts bodies of its own into the request.
	request := r.WithContext(context.Background())
	request.Body = io.NopCloser(bytes.NewReader(body))
	request.GetBody = nil
	return &openapi3filter.RequestValidationInput{
		Request:     request,
		PathParams:  params,
		QueryParams: query,
		Route:       op.route,
		Options:     filterOptions,
	}
}

func (op *Operation) checkDeepObject(query url.Values, p *openapi3.Parameter) []string {
	value, sent, err := DecodeDeepObject(query, p.Name, p.Schema.Value)
	switch {
	case err != nil:
		return []string{fmt.Sprintf("query parameter %q: %v", p.Name, err)}
	case !sent && p.Required:
		return []string{fmt.Sprintf("query parameter %q is missing", p.Name)}
	case !sent:
		return nil
	}
	opts := []openapi3.SchemaValidationOption{openapi3.MultiErrors()}
	if op.route.Spec.IsOpenAPI31OrLater() {
		opts = append(opts, openapi3.EnableJSONSchema2020())
	}
	var found []string
	for _, what := range explain(p.Schema.Value.VisitJSON(value, opts...)) {
		found = append(found, fmt.Sprintf("query parameter %q: %s", p.Name, what))
	}
	return found
}

// explain turns what the validator returned into a line a difference. It leaves
// out the schemas and values that the validator's own messages repeat.
func explain(err error) []string {
	switch e := err.(type) {
	case nil:
		return nil
	case openapi3.MultiError:
		var found []string
		for _, inner := range e {
			found = append(found, explain(inner)...)
		}
		return found
	case *openapi3filter.RequestError:
		place := "body"
		if e.Parameter != nil {
			place = fmt.Sprintf("%s parameter %q", e.Parameter.In, e.Parameter.Name)
		}
		return within(place, e.Reason, e.Err)
	case *openapi3.SchemaError:
		return lines(differences(e))
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return []string{line}
}

func within(place, reason string, err error) []string {
	inner := explain(err)
	var schema *openapi3.SchemaError
	if len(inner) == 0 || reason != "" && !errors.As(err, &schema) {
		inner = []string{reason}
	}
	for i := range inner {
		inner[i] = place + ": " + inner[i]
	}
	return inner
}
