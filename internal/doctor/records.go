package doctor

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/doctor/report"
)

// checkEndpoints is live-api.md, R4: some objects have no records to read.
func checkEndpoints(ctx context.Context, p *probe) error {
	samples, err := p.allSamples(ctx)
	if err != nil {
		return err
	}
	all := 0
	for _, s := range samples {
		_, standard := builtIn[s.name]
		switch {
		case s.page.ok():
			p.same()
			all++
		case s.page.status == 404 && !standard:
			p.known("R4", s.page, "responds with 404 for an object that getSchemas lists, %v", p.names.Object(s.name))
		default:
			p.violates(s.page, "responds with %v for an object that getSchemas lists, %v", report.Int(s.page.status), p.names.Object(s.name))
		}
	}
	if all == len(samples) {
		p.quirk("R4", "WithQuirkObjectsWithoutRecords(false)", nil, "all objects that getSchemas lists have records to read")
	}
	return nil
}

// checkRecords compares the attributes of records with the schema of their object.
func checkRecords(ctx context.Context, p *probe) error {
	schema, err := p.schema(ctx)
	if err != nil {
		return err
	}
	samples, err := p.samples(ctx)
	if err != nil {
		return err
	}
	for _, s := range samples {
		object, ok := schema.Object(s.name)
		if !ok {
			continue
		}
		for _, r := range s.records {
			p.same()
			if r.object != s.name {
				p.violates(s.page, "the type of a record is not its object, but %v", report.Shape(r.object))
			}
			for _, name := range slices.Sorted(maps.Keys(r.attributes)) {
				p.checkAttribute(s, object, name, r.attributes[name])
			}
		}
	}
	if !p.checked {
		p.notChecked("there are no records")
	}
	return nil
}

func (p *probe) checkAttribute(s *sample, object *clarify.ObjectSchema, name string, value any) {
	field, ok := object.Field(name)
	if !ok {
		_, companion := object.Field(strings.TrimSuffix(name, "_meta"))
		switch {
		case companion && strings.HasSuffix(name, "_meta"):
			p.known("D2", s.page, "a record has the companion of a field, %v", p.names.Field(name))
		default:
			p.violates(s.page, "a record of %v has an attribute that the schema does not have, %v: %v",
				p.names.Object(s.name), p.names.Field(name), report.Shape(value))
		}
		return
	}
	if value == nil {
		return // live-api.md, D3.
	}
	if problem := misfit(field, value); problem != "" {
		p.violates(s.page, "%v of a record of %v is %v, and %v", p.names.Field(name), p.names.Object(s.name), report.Shape(value), report.Word(problem))
	}
}

// misfit says why a value is none of a field, or nothing.
func misfit(field *clarify.FieldSchema, value any) report.Constant {
	_, isText := value.(string)
	_, isNumber := value.(json.Number)
	_, isBool := value.(bool)
	members, isObject := value.(map[string]any)
	_, isList := value.([]any)
	_, hasItems := members["items"].([]any)
	switch field.Kind {
	case clarify.KindText, clarify.KindID, clarify.KindToOne:
		return unless(isText, "the field is text")
	case clarify.KindNumber:
		return unless(isNumber, "the field is a number")
	case clarify.KindCheckbox:
		return unless(isBool, "the field is a checkbox")
	case clarify.KindDate:
		_, err := parseDate(text(value))
		return unless(err == nil, "the field is a date")
	case clarify.KindDateTime:
		_, ok := timeOf(value)
		return unless(ok, "the field is a time")
	case clarify.KindSelect:
		return cmp.Or(unless(isText, "the field is a select"), unlisted(field, value))
	case clarify.KindMultiSelect:
		if !hasItems {
			return "the field is a multi select"
		}
		return unlisted(field, list(members["items"])...)
	case clarify.KindCollection:
		return unless(hasItems, "the field is a collection")
	case clarify.KindArray:
		return unless(isList, "the field is an array")
	case clarify.KindRichText:
		_, hasText := members["text"].([]any)
		return unless(hasText, "the field is rich text")
	case clarify.KindName, clarify.KindObject:
		return unless(isObject, "the field is an object")
	case clarify.KindToMany:
		return "the field is a to-many relationship, which is no attribute"
	}
	return ""
}

func unless(ok bool, problem report.Constant) report.Constant {
	if ok {
		return ""
	}
	return problem
}

// unlisted says that a value is none of a field's options. A select without options
// takes any string.
func unlisted(field *clarify.FieldSchema, values ...any) report.Constant {
	for _, value := range values {
		if _, ok := field.Option(text(value)); !ok && len(field.Options) > 0 {
			return "that is none of the field's options"
		}
	}
	return ""
}

func parseDate(s string) (clarify.Date, error) {
	var d clarify.Date
	err := d.UnmarshalText([]byte(s))
	return d, err
}

// checkTimes is live-api.md, D6.
func checkTimes(ctx context.Context, p *probe) error {
	samples, err := p.samples(ctx)
	if err != nil {
		return err
	}
	whole, exact := 0, 0
	var seen *exchange
	for _, s := range samples {
		for _, r := range s.records {
			for _, name := range []string{"_created_at", "_updated_at"} {
				value, ok := r.attributes[name]
				if _, isTime := timeOf(value); !ok || value == nil {
					continue
				} else if !isTime {
					p.differs("D6", s.page, "%v is %v and no time in RFC 3339", p.names.Field(name), report.Shape(value))
					continue
				}
				seen = s.page
				if strings.Contains(text(value), ".") {
					exact++
				} else {
					whole++
				}
			}
		}
	}
	switch {
	case whole+exact == 0:
		p.notChecked("no record has a time")
	case exact == 0:
		p.quirk("D6", "WithQuirkWholeSeconds(true)", seen, "all times of the system come without milliseconds")
	case whole > 0:
		p.known("D6", seen, "times of the system come with and without milliseconds")
	default:
		p.same()
	}
	return nil
}

// checkEmails is live-api.md, D4.
func checkEmails(ctx context.Context, p *probe) error {
	people, err := p.sample(ctx, "person")
	if err != nil {
		return err
	}
	if people == nil || len(people.records) < 2 {
		p.notChecked("there are no two people")
		return nil
	}
	p.same()
	owners := map[string]string{}
	for _, r := range people.records {
		for _, item := range list(object(r.attributes["email_addresses"])["items"]) {
			email := strings.ToLower(text(item))
			if owner := owners[email]; email != "" && owner != "" && owner != r.id {
				p.known("D4", people.page, "two people have the same email address")
			}
			owners[email] = r.id
		}
	}
	return nil
}
