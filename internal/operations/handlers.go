package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/format"
	"io"
	"slices"

	"github.com/clarify-go/clarify/gen"
)

// writeHandlers writes the table from which the sandbox is served. It refers to
// a function for each operation, so that without one the sandbox does not
// compile.
func writeHandlers(w io.Writer) error {
	operations := gen.Operations()
	slices.SortFunc(operations, func(a, b gen.Operation) int { return cmp.Compare(a.ID, b.ID) })
	var code bytes.Buffer
	fmt.Fprint(&code, `// Code generated from openapi.yaml by internal/operations. DO NOT EDIT.

package api

// Handlers are those of all operations of the contract, by id.
var Handlers = map[string]Handler{
`)
	for _, op := range operations {
		fmt.Fprintf(&code, "%q: %s, // %s %s\n", op.ID, op.ID, op.Method, op.Path)
	}
	fmt.Fprint(&code, "}\n")
	formatted, err := format.Source(code.Bytes())
	if err != nil {
		return err
	}
	_, err = w.Write(formatted)
	return err
}
