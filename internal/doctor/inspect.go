package doctor

import (
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/clarify-go/clarify/internal/contract"
	"github.com/clarify-go/clarify/internal/doctor/report"
)

// The names of the checks that look at every response.
const (
	checkContract = "every response and the contract"
	checkLibrary  = "every response and the library"
)

// inspect looks at a response, whichever check it is for.
func (d *doctor) inspect(x *exchange) {
	d.mu.Lock()
	defer d.mu.Unlock()
	operation := d.names.Operation(x.op.ID)
	d.report.Response(operation, x.status)
	if x.request.Context().Value(noUserAgent{}) != nil {
		return // The response is not from the API: live-api.md, R1.
	}
	d.responses++
	d.limits.look(x)
	d.lookAtListing(x)
	differences := x.op.CheckResponse(x.request, x.status, x.header, x.body)
	for _, difference := range differences {
		if hasOwnCheck(x, difference) {
			continue
		}
		d.report.Add(report.Found{
			Check: checkContract, Kind: report.Contract, Operation: operation,
			Place: d.names.Place(difference.Path), What: describe(x, difference),
		})
	}
	if !x.ok() || len(x.body) == 0 {
		return
	}
	for _, lost := range d.decoder.compare(x) {
		if followsFrom(differences, lost) {
			continue
		}
		d.report.Add(report.Found{
			Check: checkLibrary, Kind: report.Library, Operation: operation,
			Place: d.names.Place(lost.path), What: lost.what,
		})
	}
}

// followsFrom tells whether something is lost because the response differs from the
// contract there: a member that is missing is added, for instance.
func followsFrom(differences []contract.Difference, l lost) bool {
	return slices.ContainsFunc(differences, func(d contract.Difference) bool {
		n := min(len(d.Path), len(l.path))
		return d.Schema != nil && n > 0 && slices.Equal(d.Path[:n], l.path[:n])
	})
}

// hasOwnCheck tells whether a difference is what another check looks at, which
// knows more of it.
func hasOwnCheck(x *exchange, d contract.Difference) bool {
	if d.Schema == nil || len(d.Path) == 0 {
		return false
	}
	if slices.Equal(d.Path, []string{"meta", "total_pages"}) {
		return d.Schema.SchemaField == "required" // live-api.md, L4.
	}
	empty, isObject := d.Schema.Value.(map[string]any)
	isUser := x.op.ID == "getUser" || x.op.ID == "getUsers"
	return isUser && isObject && len(empty) == 0 && slices.Contains(userTimes, d.Path[len(d.Path)-1]) // live-api.md, D6.
}

// describe says what a difference is without the value. What the validator says
// itself can quote it.
func describe(x *exchange, d contract.Difference) report.Phrase {
	if d.Schema == nil {
		return describeResponse(x, d.What)
	}
	shape := report.Shape(d.Schema.Value)
	switch d.Schema.SchemaField {
	case "required":
		return report.Say("is missing")
	case "type", "nullable":
		return report.Say("is %v; the contract has %v", shape, types(d.Schema.Schema))
	case "enum", "const":
		return report.Say("is %v that is not among the contract's values", shape)
	case "format", "pattern":
		return report.Say("is %v that has not the contract's format", shape)
	case "properties", "additionalProperties":
		return report.Say("is %v with a member that the contract does not have", shape)
	case "oneOf", "anyOf", "allOf", "discriminator":
		return report.Say("is %v that has none of the forms that the contract has", shape)
	case "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "minProperties", "maxProperties", "uniqueItems", "multipleOf":
		return report.Say("is %v outside the contract's bounds", shape)
	}
	return report.Say("is %v that the contract does not have", shape)
}

// describeResponse says what is wrong with a response as a whole.
func describeResponse(x *exchange, reason string) report.Phrase {
	switch {
	case strings.Contains(reason, "Content-Type"):
		return report.Say("responds with %v and a Content-Type that the contract does not have, with %v", report.Int(x.status), report.Body(x.body))
	case strings.Contains(reason, "status is not supported"):
		return report.Say("responds with %v, which the contract does not have", report.Int(x.status))
	case strings.Contains(reason, "header"):
		return report.Say("has a header that is not as the contract says")
	}
	return report.Say("responds with %v and a body that cannot be decoded, with %v", report.Int(x.status), report.Body(x.body))
}

// typeNames are the types that a schema can have.
var typeNames = map[string]report.Constant{
	openapi3.TypeString: "a string", openapi3.TypeInteger: "an integer", openapi3.TypeNumber: "a number",
	openapi3.TypeBoolean: "a boolean", openapi3.TypeArray: "an array", openapi3.TypeObject: "an object", openapi3.TypeNull: "null",
}

func types(s *openapi3.Schema) report.Operand {
	if s == nil {
		return report.Word("another type")
	}
	for _, name := range s.Type.Slice() {
		if word := typeNames[name]; word != "" {
			return report.Word(word)
		}
	}
	return report.Word("another type")
}
