package contract

import (
	"errors"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// Difference is where a value differs from what a schema says, or a response from
// what the contract says of its operation.
type Difference struct {
	Path []string // the place in the value, from the outside in
	What string   // what is wrong; it may quote the value

	// Schema is what the validator says of the value, the value and the schema
	// included. It is nil if the difference is not about a value.
	Schema *openapi3.SchemaError
}

var (
	pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")
	pointerNames   = strings.NewReplacer("~1", "/", "~0", "~")
)

// ParsePointer returns the steps of a JSON pointer, RFC 6901.
func ParsePointer(pointer string) []string {
	var path []string
	for i, step := range strings.Split(pointer, "/") {
		if i > 0 {
			path = append(path, pointerNames.Replace(step))
		}
	}
	return path
}

// Pointer is the place in the value as a JSON pointer, RFC 6901.
func (d Difference) Pointer() string {
	var b strings.Builder
	for _, step := range d.Path {
		b.WriteString("/" + pointerEscapes.Replace(step))
	}
	return b.String()
}

// String says on one line where the difference is and what it is.
func (d Difference) String() string {
	if len(d.Path) == 0 {
		return d.What
	}
	return d.Pointer() + ": " + d.What
}

func lines(differences []Difference) []string {
	var lines []string
	for _, d := range differences {
		lines = append(lines, d.String())
	}
	return lines
}

// differences reads what the validator returned for a value.
func differences(err error) []Difference {
	var one *openapi3.SchemaError
	switch e := err.(type) {
	case nil:
		return nil
	case openapi3.MultiError:
		var found []Difference
		for _, inner := range e {
			found = append(found, differences(inner)...)
		}
		return found
	case *openapi3.SchemaError:
		one = e
	default:
		line, _, _ := strings.Cut(err.Error(), "\n")
		return []Difference{{What: line}}
	}
	var branches openapi3.MultiError
	_ = errors.As(one.Origin, &branches)
	// Where a discriminator has chosen, there is only that branch to talk of.
	if one.SchemaField == "allOf" && len(branches) > 0 || one.SchemaField == "oneOf" && len(branches) == 1 {
		return differences(branches)
	}
	reason := one.Reason
	if reason == "" {
		reason = "does not match " + one.SchemaField
	}
	line, _, _ := strings.Cut(reason, "\n")
	if len(branches) > 0 {
		line += " (" + strings.Join(explain(branches), "; ") + ")"
	}
	return []Difference{{Path: one.JSONPointer(), What: line, Schema: one}}
}

// responseDifferences reads what the validator returned for a response.
func responseDifferences(err error) []Difference {
	switch e := err.(type) {
	case nil:
		return nil
	case openapi3.MultiError:
		var found []Difference
		for _, inner := range e {
			found = append(found, responseDifferences(inner)...)
		}
		return found
	case *openapi3filter.ResponseError:
		var schema *openapi3.SchemaError
		if e.Err == nil || e.Reason != "" && !errors.As(e.Err, &schema) {
			return []Difference{{What: e.Reason}}
		}
		return responseDifferences(e.Err)
	}
	return differences(err)
}
