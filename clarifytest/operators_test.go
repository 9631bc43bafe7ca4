package clarifytest_test

import (
	"slices"
	"testing"
)

// The operators of a field follow from its schema, before any record has a value
// for it.
func TestOperatorsOfDeclaredFields(t *testing.T) {
	text := []string{"Is", "Is not", "Contains", "Does not contain", "Starts with", "Ends with", "Is empty", "Is not empty"}
	number := []string{"Is", "Is not", "Greater than", "Greater than or equal", "Less than", "Less than or equal", "Is empty", "Is not empty"}
	date := []string{"Is", "Is not", "Is before", "Is on or before", "Is after", "Is on or after", "Is empty", "Is not empty"}
	fields := []struct {
		name, schema, operand string
		operators             []string
		shorthand             map[string]int // the status for each
	}{
		{"text", `{"type":["string","null"]}`, "x", text, map[string]int{"*x*": 200, "a,b": 400, ">1": 400, "null": 200}},
		{"number", `{"type":["number","null"]}`, "1", number, map[string]int{"*1*": 400, ">1": 200, "<=1.5": 200, "one": 400, "!null": 200}},
		{"integer", `{"type":["integer","null"]}`, "1", number, map[string]int{">=1": 200, "!=1": 200, "1e99": 400}},
		{"day", `{"type":["string","null"],"format":"date"}`, "2026-01-01", date, map[string]int{">2026-01-01": 200, "today": 400, "2026*": 400}},
		{"select", `{"type":["string","null"],"enum":["A","B"]}`, "A", []string{"Is", "Is not", "One of", "Not one of", "Is empty", "Is not empty"}, map[string]int{"A,B": 200, "A*": 400, "!=A": 200}},
		{"tags", `{"type":["array","null"],"items":{"type":"string","enum":["A","B"]}}`, "A", []string{"Contains", "Does not contain", "Is empty", "Is not empty"}, map[string]int{"*A*": 200, "A": 400, "null": 200}},
		{"done", `{"type":"boolean"}`, "true", []string{"Is", "Is not", "Is set", "Is not set"}, map[string]int{"true": 200, "!=false": 200, "yes": 400, "null": 400}},
		{"place", `{"type":["object","null"]}`, "x", []string{"Contains", "Does not contain"}, map[string]int{"*x*": 200, "x": 400, "null": 400}},
		{"emails", `{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string","format":"email"}}}}`, "x",
			[]string{"Contains", "Does not contain", "Is", "Is not", "Is empty", "Is not empty"}, map[string]int{"*x*": 200, "x": 200, "x*": 400}},
	}
	a := start(t)
	properties := ""
	for i, field := range fields {
		if i > 0 {
			properties += ","
		}
		properties += `"` + field.name + `":` + field.schema
	}
	a.customObject("{" + properties + "}")
	id := a.create("c_vehicle", `{"done":false}`)
	status := func(parameter, operand string) int {
		got := a.send("GET", "/objects/c_vehicle/resources"+query(parameter, operand), nil)
		a.srv.TakeViolations()
		return got.status
	}
	for _, field := range fields {
		t.Run(field.name, func(t *testing.T) {
			for _, operator := range append(slices.Clone(allOperators), "Equals", "is", "") {
				want := 400
				if slices.Contains(field.operators, operator) {
					want = 200
				}
				for _, name := range []string{field.name, "c_vehicle." + field.name} {
					if got := status("filter["+name+"]["+operator+"]", field.operand); got != want {
						t.Errorf("%s %q: got %d, want %d", name, operator, got, want)
					}
				}
			}
			for operand, want := range field.shorthand {
				if got := status("filter["+field.name+"]", operand); got != want {
					t.Errorf("the shorthand %q: got %d, want %d", operand, got, want)
				}
			}
		})
	}
	equal(t, "a range of two operators", a.list("c_vehicle", "filter[_created_at][Is after]", "2000-01-01", "filter[_created_at][Is before]", "2100-01-01").ids(), []string{id})
}
