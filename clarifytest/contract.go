package clarifytest

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"

	"github.com/clarify-go/clarify/internal/contract"
)

// operation is one operation of the contract.
type operation struct {
	id         string
	method     string
	segments   []string // of the path below the workspace, {name} for parameters
	pathParams []string
	query      map[string]*openapi3.Parameter
	route      *routers.Route
}

// operations routes to the operations of the contract. Reading the contract
// takes far longer than anything else here, so a process does it once.
var operations = sync.OnceValues(func() (*router, error) {
	text, err := contract.Document()
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
	var ops []*operation
	for _, path := range doc.Paths.InMatchingOrder() {
		item := doc.Paths.Value(path)
		for method, op := range item.Operations() {
			ops = append(ops, newOperation(doc, path, method, item, op))
		}
	}
	rt := newRouter(ops)
	rt.schemas = doc.Components.Schemas
	return rt, nil
})

func newOperation(doc *openapi3.T, path, method string, item *openapi3.PathItem, spec *openapi3.Operation) *operation {
	op := &operation{
		id:       spec.OperationID,
		method:   method,
		segments: strings.Split(strings.TrimPrefix(path, "/"), "/"),
		query:    map[string]*openapi3.Parameter{},
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
			op.query[p.Name] = p
		}
	}
	return op
}

// parameters are those of the path and of the operation, which override them.
func (op *operation) parameters() []*openapi3.Parameter {
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
