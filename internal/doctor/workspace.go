package doctor

import (
	"context"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/clarify-go/clarify"
)

// workspace is what was read of the workspace. Each thing is read once.
type workspace struct {
	responses int
	listings  []listing
	limits    limits

	typed       *clarify.Schema
	schemaPages []*exchange
	schemas     []schemaItem
	objects     []*sample
	feeds       []*exchange // of single records

	trial trial
}

// schemaItem is an item of getSchemas.
type schemaItem struct {
	id         string
	name       string // the last part of the id
	entity     bool   // whether it is an object (live-api.md, S2)
	attributes map[string]any
}

// sample is an object and some of its records.
type sample struct {
	name    string
	page    *exchange // of its latest records
	records []record
	total   int // how many records it has, -1 if the API did not say
}

// record is a record as it was sent.
type record struct {
	object, id    string
	attributes    map[string]any
	relationships map[string]any
}

func recordOf(value any) record {
	item := object(value)
	return record{text(item["type"]), text(item["id"]), object(item["attributes"]), object(item["relationships"])}
}

// loadSchemas reads all pages of getSchemas, once.
func (d *doctor) loadSchemas(ctx context.Context) ([]schemaItem, error) {
	if d.schemaPages == nil {
		pages, schemas, err := d.readSchemas(ctx)
		if err != nil {
			return nil, err
		}
		d.schemaPages, d.schemas = pages, schemas
	}
	return d.schemas, nil
}

// readSchemas reads all pages of getSchemas as they are now. The cursor is taken out
// of the link, so that no link is followed.
func (d *doctor) readSchemas(ctx context.Context) ([]*exchange, []schemaItem, error) {
	var pages []*exchange
	var schemas []schemaItem
	next := url.Values{}
	for len(pages) < maxSchemaPages {
		x, err := d.get(ctx, "getSchemas", next)
		if err != nil {
			return nil, nil, err
		}
		pages = append(pages, x)
		for _, item := range x.items() {
			schemas = append(schemas, newSchemaItem(object(item)))
		}
		link, err := url.Parse(text(object(x.object()["links"])["next"]))
		if !x.ok() || err != nil || link.RawQuery == "" {
			break
		}
		next = link.Query()
	}
	return pages, schemas, nil
}

// maxSchemaPages is where a cursor that never ends is given up.
const maxSchemaPages = 100

func newSchemaItem(item map[string]any) schemaItem {
	attributes := object(item["attributes"])
	id := text(item["id"])
	if id == "" {
		id = text(attributes["$id"])
	}
	one := schemaItem{id: id, name: path.Base(id), attributes: attributes}
	switch _, standard := builtIn[one.name]; {
	case strings.Contains(id, "/entities/"), attributes["xClarifyNamespace"] == "objects":
		one.entity = true
	case strings.Contains(id, "/core/"):
	default:
		// An id of another form is reported, and the object is looked at all the same.
		one.entity = standard || strings.HasPrefix(one.name, "c_")
	}
	return one
}

// samples returns the objects that have records to read, each with its latest
// records.
func (p *probe) samples(ctx context.Context) ([]*sample, error) {
	all, err := p.allSamples(ctx)
	return slices.DeleteFunc(slices.Clone(all), func(s *sample) bool { return !s.page.ok() }), err
}

// allSamples returns the objects, also those whose records cannot be read.
func (p *probe) allSamples(ctx context.Context) ([]*sample, error) {
	if p.objects != nil {
		return p.objects, nil
	}
	schemas, err := p.loadSchemas(ctx)
	if err != nil {
		return nil, err
	}
	var all []*sample
	for _, item := range schemas {
		if !item.entity || item.name == "" || slices.ContainsFunc(all, func(s *sample) bool { return s.name == item.name }) {
			continue
		}
		s := &sample{name: item.name, total: -1}
		if s.page, err = p.get(ctx, "getResources", latest(p.options.Records), item.name); err != nil {
			return nil, err
		}
		for _, item := range s.page.items() {
			s.records = append(s.records, recordOf(item))
		}
		if n, ok := integer(object(s.page.object()["meta"])["total_records"]); ok {
			s.total = n
		}
		all = append(all, s)
	}
	p.objects = all
	return all, nil
}

// entity returns the schema to use of an object that may be listed twice
// (live-api.md, S2).
func entity(schemas []schemaItem, name string) map[string]any {
	var found map[string]any
	for _, item := range schemas {
		if item.name == name && item.entity && (found == nil || strings.Contains(item.id, "/entities/")) {
			found = item.attributes
		}
	}
	return found
}

// sample returns an object that has records, nil if there is none of this name.
func (p *probe) sample(ctx context.Context, name string) (*sample, error) {
	all, err := p.samples(ctx)
	for _, s := range all {
		if s.name == name {
			return s, err
		}
	}
	return nil, err
}

// latest asks for the latest records.
func latest(n int) url.Values { return sorted("DESC", n) }

func sorted(direction string, n int) url.Values {
	return query("sortOrder[column]", "_created_at", "sortOrder[dir]", direction, "page[limit]", strconv.Itoa(n))
}

// integer reads a whole number.
func integer(value any) (int, bool) {
	number, ok := value.(interface{ String() string })
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(number.String())
	return n, err == nil
}
