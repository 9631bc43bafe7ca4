package doctor

import (
	"context"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/internal/doctor/report"
)

// The prefixes of ids of schemas (live-api.md, S1).
const (
	entityPrefix = "https://getclarify.ai/schemas/entities/"
	corePrefix   = "https://getclarify.ai/schemas/core/"
)

// checkSchemaPages is live-api.md, L2.
func checkSchemaPages(ctx context.Context, p *probe) error {
	if _, err := p.loadSchemas(ctx); err != nil {
		return err
	}
	p.same()
	ids := map[string]int{}
	for _, x := range p.schemaPages {
		if !x.ok() {
			p.violates(x, "responds with %v to the cursor of links.next", report.Int(x.status))
			continue
		}
		if _, has := x.object()["meta"]; has {
			p.differs("L2", x, "has a meta")
		}
		for _, item := range x.items() {
			ids[text(object(item)["id"])]++
		}
		if next := text(object(x.object()["links"])["next"]); next != "" {
			p.checkCursor(x, next)
		}
	}
	if len(p.schemaPages) == 1 {
		p.notChecked("the cursor: all schemas are on one page")
	}
	if len(p.schemaPages) == maxSchemaPages {
		p.breaks(p.schemaPages[0], "the cursor does not end after %v pages", report.Int(maxSchemaPages))
	}
	for _, n := range ids {
		if n > 1 {
			p.breaks(p.schemaPages[0], "a schema is listed more than once under one id")
		}
	}
	return nil
}

func (p *probe) checkCursor(x *exchange, next string) {
	u, err := url.Parse(next)
	if err != nil || len(u.Query()) != 1 || !u.Query().Has("cursor") || path.Base(u.Path) != "schemas" {
		p.differs("L2", x, "links.next does not end in /schemas?cursor=…")
	}
}

// checkSchemaItems is live-api.md, S1 and S2.
func checkSchemaItems(ctx context.Context, p *probe) error {
	schemas, err := p.loadSchemas(ctx)
	if err != nil {
		return err
	}
	x := p.schemaPages[0]
	for _, item := range schemas {
		p.same()
		own := text(item.attributes["$id"])
		switch {
		case own != item.id:
			p.differs("S1", x, "the id of a schema is not its $id")
		case !strings.HasPrefix(own, entityPrefix) && !strings.HasPrefix(own, corePrefix):
			p.differs("S1", x, "the $id of a schema is a string of another form than the two that were seen")
		}
		if strings.Contains(item.id, "/entities/") && item.attributes["xClarifyNamespace"] != "objects" {
			p.differs("S2", x, "a schema under entities/ has an xClarifyNamespace other than objects")
		}
	}
	for name := range builtIn {
		if entity(schemas, name) == nil {
			p.differs("S2", x, "the object %v is not listed", p.names.Object(name))
		}
	}
	return nil
}

// checkReferences is live-api.md, S3.
func checkReferences(ctx context.Context, p *probe) error {
	schemas, err := p.loadSchemas(ctx)
	if err != nil {
		return err
	}
	ids := map[string]bool{}
	for _, item := range schemas {
		ids[item.id] = true
	}
	references := 0
	for _, item := range schemas {
		for ref := range referencesIn(item.attributes) {
			references++
			p.same()
			if !ids[ref] && !strings.HasPrefix(ref, "#") {
				p.known("S3", p.schemaPages[0], "a $ref leads to no schema that is listed")
			}
		}
	}
	if references == 0 {
		p.differs("S3", p.schemaPages[0], "no field refers to a definition")
	}
	return nil
}

// referencesIn returns all $ref in a schema.
func referencesIn(value any) map[string]bool {
	found := map[string]bool{}
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case map[string]any:
			if ref := text(v["$ref"]); ref != "" {
				found[ref] = true
			}
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(value)
	return found
}

// checkDeclaredTimes is live-api.md, D6: the times of the system are declared as
// objects.
func checkDeclaredTimes(ctx context.Context, p *probe) error {
	schemas, err := p.loadSchemas(ctx)
	if err != nil {
		return err
	}
	for _, item := range schemas {
		field := object(object(item.attributes["properties"])["_created_at"])
		switch {
		case !item.entity || field == nil:
		case field["format"] != "date-time":
			p.differs("D6", p.schemaPages[0], "%v of %v has not the format date-time", p.names.Field("_created_at"), p.names.Object(item.name))
		case field["type"] == "object":
			p.known("D6", p.schemaPages[0], "times of the system are declared as objects")
		default:
			p.quirk("D6", "WithQuirkObjectTimes(false)", p.schemaPages[0], "times of the system are not declared as objects")
		}
	}
	if !p.checked {
		p.notChecked("no schema has a time of the system")
	}
	return nil
}

// labelMembers and the others are what was seen where (live-api.md, S4).
var (
	labelMembers        = []string{"singular", "plural"}
	presentationMembers = []string{"rank", "hiddenInDetails"}
	relationshipMembers = []string{"kind", "entity", "field"}
	optionMembers       = []string{"id", "rank", "color"}
)

// checkAnnotations is live-api.md, S4.
func checkAnnotations(ctx context.Context, p *probe) error {
	schemas, err := p.loadSchemas(ctx)
	if err != nil {
		return err
	}
	for _, item := range schemas {
		p.same()
		p.checkMembers("a schema", item.attributes, keywords)
		p.checkMembers("xClarifyLabel", object(item.attributes["xClarifyLabel"]), labelMembers)
		fields := object(item.attributes["properties"])
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			field := object(fields[name])
			p.checkMembers("a field", field, keywords)
			p.checkMembers("xClarifyPresentation", object(field["xClarifyPresentation"]), presentationMembers)
			p.checkMembers("xClarifyRelationship", object(field["xClarifyRelationship"]), relationshipMembers)
			for _, option := range object(field["xClarifyEnumMetadata"]) {
				p.checkMembers("xClarifyEnumMetadata", object(option), optionMembers)
			}
		}
	}
	return nil
}

func (p *probe) checkMembers(of report.Constant, annotation map[string]any, seen []string) {
	for _, name := range slices.Sorted(maps.Keys(annotation)) {
		if !slices.Contains(seen, name) && !slices.Contains(p.contract.Members(), name) {
			p.differs("S4", p.schemaPages[0], "%v has a member that was not seen, %v: %v", report.Word(of), p.names.Keyword(name), report.Shape(annotation[name]))
		}
	}
}
