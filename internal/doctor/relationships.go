package doctor

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/doctor/report"
)

// links are the fields of an object that lead to records.
func links(object *clarify.ObjectSchema) []*clarify.FieldSchema {
	return slices.DeleteFunc(slices.Clone(object.Fields), func(f *clarify.FieldSchema) bool { return f.Relationship == nil })
}

// eachObject calls f with each object that has records to read and a schema.
func (p *probe) eachObject(ctx context.Context, f func(*sample, *clarify.ObjectSchema) error) error {
	schema, err := p.schema(ctx)
	if err != nil {
		return err
	}
	samples, err := p.samples(ctx)
	if err != nil {
		return err
	}
	for _, s := range samples {
		if object, ok := schema.Object(s.name); ok {
			if err := f(s, object); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkInclude is live-api.md, R2: include takes properties and no other names.
func checkInclude(ctx context.Context, p *probe) error {
	err := p.eachObject(ctx, func(s *sample, object *clarify.ObjectSchema) error {
		for _, field := range links(object) {
			if err := p.checkProperty(ctx, s, field); err != nil {
				return err
			}
			if err := p.checkOtherNames(ctx, s, object, field); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && !p.checked {
		p.notChecked("no object has a relationship")
	}
	return err
}

func (p *probe) include(ctx context.Context, s *sample, name string) (*exchange, error) {
	return p.get(ctx, "getResources", query("include", name, "page[limit]", "5"), s.name)
}

func (p *probe) checkProperty(ctx context.Context, s *sample, field *clarify.FieldSchema) error {
	x, err := p.include(ctx, s, field.Name)
	if err != nil {
		return err
	}
	p.same()
	if !x.ok() {
		p.differs("R2", x, "responds with %v to include=%v, a property of %v that is a relationship", report.Int(x.status), p.names.Field(field.Name), p.names.Object(s.name))
		return nil
	}
	for _, item := range x.items() {
		p.checkRelationships(x, s.name, field.Name, recordOf(item))
	}
	return nil
}

// checkOtherNames tries the name of the relationship and the plural of the object
// that it leads to.
func (p *probe) checkOtherNames(ctx context.Context, s *sample, object *clarify.ObjectSchema, field *clarify.FieldSchema) error {
	relationship, isID := strings.CutSuffix(field.Name, "_id")
	if _, builtin := plurals[field.Relationship.Object]; !isID || !builtin {
		return nil
	}
	for _, name := range []string{relationship, plurals[field.Relationship.Object]} {
		if _, property := object.Field(name); property {
			continue
		}
		x, err := p.include(ctx, s, name)
		if err != nil {
			return err
		}
		if x.ok() {
			p.quirk("R2", "WithQuirkIncludeRelationshipNames(true)", x, "include takes the names of relationships or the plurals of objects, which are no properties")
		}
	}
	return nil
}

var plurals = map[string]string{"person": "people", "company": "companies", "deal": "deals", "meeting": "meetings", "task": "tasks"}

// checkListRelationships is live-api.md, D1: records in lists have no relationships
// unless these were included.
func checkListRelationships(ctx context.Context, p *probe) error {
	samples, err := p.samples(ctx)
	if err != nil {
		return err
	}
	for _, s := range samples {
		for _, r := range s.records {
			p.same()
			if len(r.relationships) > 0 {
				p.quirk("D1", "WithQuirkListRelationships(true)", s.page, "records in lists have relationships that were not included")
			}
		}
	}
	if !p.checked {
		p.notChecked("there are no records")
	}
	return nil
}

// checkSingleRelationships is live-api.md, D1: relationships are keyed by property,
// and agree with the attributes.
func checkSingleRelationships(ctx context.Context, p *probe) error {
	seen := false
	err := p.eachObject(ctx, func(s *sample, object *clarify.ObjectSchema) error {
		for _, r := range s.records[:min(len(s.records), 3)] {
			x, ok, err := p.read(ctx, "getResource", nil, s.name, r.id)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			single := recordOf(x.object()["data"])
			for _, key := range slices.Sorted(maps.Keys(single.relationships)) {
				seen = true
				p.checkKey(x, object, key)
				p.checkRelationships(x, s.name, key, single)
			}
		}
		return nil
	})
	if err == nil && !seen {
		p.notChecked("no record has relationships")
	}
	return err
}

// checkKey looks at the name of a relationship.
func (p *probe) checkKey(x *exchange, object *clarify.ObjectSchema, key string) {
	_, property := object.Field(key)
	_, id := object.Field(key + "_id")
	switch {
	case property:
	case id:
		p.quirk("D1", "WithQuirkRelationshipNames(true)", x, "relationships are keyed by the names of relationships, not by properties")
	default:
		p.differs("D1", x, "relationships of %v have %v, which is no property", p.names.Object(object.Name), p.names.Field(key))
	}
}

// checkRelationships compares the relationship of a record with its attribute, and
// looks for the count.
func (p *probe) checkRelationships(x *exchange, of, key string, r record) {
	relationship, has := r.relationships[key]
	if !has {
		return
	}
	switch data := object(relationship)["data"].(type) {
	case map[string]any:
		if attribute, ok := r.attributes[key]; ok && attribute != data["id"] {
			p.differs("D1", x, "the relationship %v of %v does not lead to the record in the attribute", p.names.Field(key), p.names.Object(of))
		}
	case []any:
		if _, ok := integer(object(object(relationship)["meta"])["count"]); !ok {
			p.differs("D1", x, "the relationship %v of %v has no meta.count", p.names.Field(key), p.names.Object(of))
		}
	}
}

// checkRelated reads the relationships of records with an operation of its own.
func checkRelated(ctx context.Context, p *probe) error {
	err := p.eachObject(ctx, func(s *sample, object *clarify.ObjectSchema) error {
		for _, field := range links(object) {
			if len(s.records) == 0 {
				break
			}
			x, err := p.get(ctx, "getRecordRelationships", query("page[limit]", "5"), s.name, s.records[0].id, field.Name)
			if err != nil {
				return err
			}
			p.same()
			if !x.ok() {
				p.violates(x, "responds with %v to the property %v of %v, which is a relationship", report.Int(x.status), p.names.Field(field.Name), p.names.Object(s.name))
			}
		}
		return nil
	})
	if err == nil && !p.checked {
		p.notChecked("no record has a relationship")
	}
	return err
}
