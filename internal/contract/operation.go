package contract

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// Operation is one operation of the contract.
type Operation struct {
	ID         string
	Method     string
	segments   []string // of the path below the workspace, {name} for parameters
	pathParams []string
	Query      map[string]*openapi3.Parameter // its query parameters, by name
	route      *routers.Route
}

// Load reads the contract. That takes far longer than anything else here, so a
// process does it once.
var Load = sync.OnceValues(func() (*Contract, error) {
	text, err := Document()
	if err != nil {
		return nil, fmt.Errorf("reading the contract: %w", err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, fmt.Errorf("reading the contract: %w", err)
	}
	if err := doc.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
		return nil, fmt.Errorf("the contract is not a valid OpenAPI document: %w", err)
	}
	if err := simplify(doc); err != nil {
		return nil, fmt.Errorf("reading the schemas of the contract: %w", err)
	}
	var ops []*Operation
	for _, path := range doc.Paths.InMatchingOrder() {
		item := doc.Paths.Value(path)
		for method, op := range item.Operations() {
			ops = append(ops, newOperation(doc, path, method, item, op))
		}
	}
	return newContract(doc, ops), nil
})

func newOperation(doc *openapi3.T, path, method string, item *openapi3.PathItem, spec *openapi3.Operation) *Operation {
	op := &Operation{
		ID:       spec.OperationID,
		Method:   method,
		segments: strings.Split(strings.TrimPrefix(path, "/"), "/"),
		Query:    map[string]*openapi3.Parameter{},
		route: &routers.Route{
			Spec:      doc,
			Server:    doc.Servers[0],
			Path:      path,
			PathItem:  item,
			Method:    method,
			Operation: spec,
		},
	}
	for _, p := range op.parameters() {
		switch p.In {
		case openapi3.ParameterInPath:
			op.pathParams = append(op.pathParams, p.Name)
		case openapi3.ParameterInQuery:
			op.Query[p.Name] = p
		}
	}
	return op
}

// parameters are those of the path and of the operation, which override them.
func (op *Operation) parameters() []*openapi3.Parameter {
	var all []*openapi3.Parameter
	own := op.route.Operation.Parameters
	for _, p := range op.route.PathItem.Parameters {
		if own.GetByInAndName(p.Value.In, p.Value.Name) == nil {
			all = append(all, p.Value)
		}
	}
	for _, p := range own {
		all = append(all, p.Value)
	}
	return all
}
