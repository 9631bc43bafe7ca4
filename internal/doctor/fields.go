package doctor

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/doctor/report"
)

// schema reads the schemas as the library does.
func (p *probe) schema(ctx context.Context) (*clarify.Schema, error) {
	if p.typed == nil {
		schema, err := p.client.Schema(ctx)
		if err != nil {
			return nil, err
		}
		p.typed = schema
	}
	return p.typed, nil
}

// objectRefs stand for numbers: the table "The built-in objects" of live-api.md has
// the names of the objects.
var objectRefs = map[string]report.Constant{"person": "person", "company": "company", "deal": "deal", "task": "task", "meeting": "meeting"}

// kindWords are the kinds of fields as a report names them.
var kindWords = map[clarify.FieldKind]report.Constant{
	clarify.KindUnknown: "an unknown kind", clarify.KindText: "text", clarify.KindNumber: "number", clarify.KindCheckbox: "checkbox",
	clarify.KindDate: "date", clarify.KindDateTime: "time", clarify.KindSelect: "select", clarify.KindMultiSelect: "multi select",
	clarify.KindCollection: "collection", clarify.KindArray: "array", clarify.KindName: "name", clarify.KindRichText: "rich text",
	clarify.KindObject: "object", clarify.KindID: "id", clarify.KindToOne: "to-one relationship", clarify.KindToMany: "to-many relationship",
}

// checkBuiltIn is live-api.md, "The built-in objects".
func checkBuiltIn(ctx context.Context, p *probe) error {
	schema, err := p.schema(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(builtIn)) {
		object, ok := schema.Object(name)
		if !ok {
			continue // checkSchemaItems tells.
		}
		p.same()
		for _, field := range slices.Sorted(maps.Keys(builtIn[name])) {
			p.checkBuiltInField(object, field, builtIn[name][field])
		}
		for _, field := range gone[name] {
			if _, ok := object.Field(field); ok {
				p.differs(objectRefs[name], nil, "%v has the field %v, which is said to be gone", p.names.Object(name), p.names.Field(field))
			}
		}
	}
	return nil
}

func (p *probe) checkBuiltInField(object *clarify.ObjectSchema, name string, want clarify.FieldKind) {
	field, ok := object.Field(name)
	switch {
	case !ok:
		p.differs(objectRefs[object.Name], nil, "%v has no field %v", p.names.Object(object.Name), p.names.Field(name))
	case !fits(field.Kind, want):
		p.differs(objectRefs[object.Name], nil, "the field %v of %v is %v and not %v", p.names.Field(name), p.names.Object(object.Name),
			report.Word(kindWords[field.Kind]), report.Word(kindWords[want]))
	}
}

// fits reports whether a field may be of a kind. What the schema does not tell is
// no difference.
func fits(got, want clarify.FieldKind) bool {
	alike := map[clarify.FieldKind][]clarify.FieldKind{
		clarify.KindCollection: {clarify.KindMultiSelect},
		clarify.KindText:       {clarify.KindID, clarify.KindToOne, clarify.KindSelect},
	}
	return got == want || got == clarify.KindUnknown || slices.Contains(alike[want], got)
}

// checkNames is live-api.md, D2: only objects begin with c_, and fields that lead
// to one.
func checkNames(ctx context.Context, p *probe) error {
	schema, err := p.schema(ctx)
	if err != nil {
		return err
	}
	for _, object := range schema.Objects() {
		for _, field := range object.Fields {
			p.same()
			if strings.HasPrefix(field.Name, "c_") && field.Relationship == nil {
				p.differs("D2", nil, "a field that leads to no record begins with c_: %v", p.names.Field(field.Name))
			}
		}
	}
	return nil
}
