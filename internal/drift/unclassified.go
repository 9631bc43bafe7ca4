package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// unclassified returns the places at which two documents say different things of
// an operation and none of the differences that were found is about, so that what
// oasdiff has no check for does not go unnoticed.
func unclassified(base, revision *openapi3.T, found []Difference) ([]Difference, error) {
	var more []Difference
	for path, item := range base.Paths.Map() {
		other := revision.Paths.Value(path)
		if other == nil {
			continue
		}
		for method, op := range item.Operations() {
			if other.GetOperation(method) == nil {
				continue
			}
			a, errA := tree(op, item.Parameters)
			b, errB := tree(other.GetOperation(method), other.Parameters)
			if errA != nil || errB != nil {
				return nil, fmt.Errorf("%s %s: %v %v", method, path, errA, errB)
			}
			for _, d := range places(a, b, nil) {
				if !mentioned(found, op.OperationID, d.at, strings.Join(properties(d.at), "/")) {
					more = append(more, d.difference(op.OperationID))
				}
			}
		}
	}
	return more, nil
}

// tree is what an operation takes and responds with on success, as JSON.
func tree(op *openapi3.Operation, shared openapi3.Parameters) (map[string]any, error) {
	b, err := json.Marshal(op)
	if err != nil {
		return nil, err
	}
	var all map[string]any
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, err
	}
	kept := map[string]any{"parameters": map[string]any{}, "body": all["requestBody"]}
	for _, p := range append(slices.Clone(shared), op.Parameters...) {
		schema, err := json.Marshal(p.Value)
		if err != nil {
			return nil, err
		}
		var parameter map[string]any
		if err := json.Unmarshal(schema, &parameter); err != nil {
			return nil, err
		}
		name := p.Value.Name
		if p.Value.In == openapi3.ParameterInPath {
			// The name of a path parameter is the document's own.
			name = "of the path"
		}
		kept["parameters"].(map[string]any)[name] = parameter["schema"]
	}
	for status, response := range all["responses"].(map[string]any) {
		if strings.HasPrefix(status, "2") {
			kept[status] = response.(map[string]any)["content"]
		}
	}
	return kept, nil
}

// notCompared are members that say nothing about what may be sent.
var notCompared = []string{"description", "summary", "title", "readOnly", "writeOnly", "deprecated", "default"}

// place is where two trees differ.
type place struct {
	at            []string
	before, after any
}

// difference classifies what oasdiff has no check for. A limit breaks who sends
// something if it becomes tighter; of anything else somebody has to judge.
func (p place) difference(operation string) Difference {
	d := Difference{
		ID: "unclassified", Operation: operation, Breaking: true,
		Text: fmt.Sprintf("%s changed from %v to %v", strings.Join(p.at, "/"), p.before, p.after),
	}
	tighter, isLimit := map[string]float64{
		"maximum": -1, "maxLength": -1, "maxItems": -1, "minimum": 1, "minLength": 1, "minItems": 1,
	}[p.at[len(p.at)-1]]
	if isLimit {
		before, had := p.before.(float64)
		after, has := p.after.(float64)
		sent := p.at[0] == "parameters" || p.at[0] == "body"
		d.ID, d.Breaking = "limit-changed", sent && has && (!had || (after-before)*tighter > 0)
	}
	return d
}

// places returns where two trees differ.
func places(a, b any, at []string) []place {
	objectA, okA := a.(map[string]any)
	objectB, okB := b.(map[string]any)
	if okA && okB {
		var found []place
		names := map[string]bool{}
		for name := range objectA {
			names[name] = true
		}
		for name := range objectB {
			names[name] = true
		}
		inProperties := len(at) > 0 && at[len(at)-1] == "properties"
		for _, name := range slices.Sorted(maps.Keys(names)) {
			if inProperties || !slices.Contains(notCompared, name) {
				found = append(found, places(objectA[name], objectB[name], append(slices.Clone(at), name))...)
			}
		}
		return found
	}
	listA, okA := a.([]any)
	listB, okB := b.([]any)
	if okA && okB && len(listA) == len(listB) {
		if last := at[len(at)-1]; last == "enum" || last == "required" || last == "type" {
			byText := func(x, y any) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) }
			listA, listB = slices.SortedFunc(slices.Values(listA), byText), slices.SortedFunc(slices.Values(listB), byText)
		}
		var found []place
		for i := range listA {
			found = append(found, places(listA[i], listB[i], append(slices.Clone(at), fmt.Sprint(i)))...)
		}
		return found
	}
	if reflect.DeepEqual(a, b) || empty(a) && empty(b) {
		return nil
	}
	return []place{{at, a, b}}
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}

// properties is the part of a path that names members, as oasdiff writes it.
func properties(at []string) []string {
	var names []string
	for i := 1; i < len(at); i++ {
		switch {
		case at[i-1] == "properties":
			names = append(names, at[i])
		case at[i] == "items", at[i] == "additionalProperties":
			names = append(names, at[i])
		}
	}
	return names
}

// mentioned reports whether a difference at a place is among those found: one that
// names its property, or one around it.
func mentioned(found []Difference, operation string, at []string, property string) bool {
	return slices.ContainsFunc(found, func(d Difference) bool {
		if d.Operation != operation {
			return false
		}
		if at[0] == "parameters" {
			return strings.Contains(d.ID, "request-parameter") && strings.Contains(d.Text, "`"+at[1]+"`")
		}
		if at[0] == "body" == strings.HasPrefix(d.ID, "response") {
			return false
		}
		if property == "" || at[len(at)-1] == "required" {
			return true
		}
		for inner := property; inner != ""; inner = inner[:max(0, strings.LastIndex(inner, "/"))] {
			if strings.Contains(d.Text, "`"+inner+"`") || strings.Contains(d.Text, "`"+inner+"/") || strings.Contains(d.Text, "/"+inner+"`") {
				return true
			}
		}
		return false
	})
}
