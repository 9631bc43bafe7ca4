package doctor

import (
	"context"
	"net/http"
	"slices"

	"github.com/clarify-go/clarify/internal/doctor/report"
)

// end is one end of a relationship.
func end(title, kind, entity, field string) map[string]any {
	e := map[string]any{
		"title": title, "xClarifyRelationship": map[string]any{"kind": kind, "entity": entity, "field": field},
	}
	if kind == "many-to-one" {
		e["type"] = []string{"string", "null"}
	} else {
		e["oneOf"] = []any{map[string]any{"type": "array", "items": map[string]any{"type": "string"}}}
	}
	return e
}

// checkNewRelationships makes a to-one relationship between the objects, and one that
// is many-to-many.
func checkNewRelationships(ctx context.Context, p *probe) error {
	if err := p.skipWithoutTrial(); err != nil {
		return err
	}
	t := p.trial
	if t.counterpart == "" {
		p.notChecked("there is no second custom object")
		return nil
	}
	for _, ends := range []map[string]any{
		{t.name: map[string]any{fieldLink: end("Link", "many-to-one", t.counterpart, fieldBack)},
			t.counterpart: map[string]any{fieldBack: end("Backs", "one-to-many", t.name, fieldLink)}},
		{t.name: map[string]any{fieldMany: end("Many", "many-to-many", t.counterpart, fieldMany)},
			t.counterpart: map[string]any{fieldMany: end("Many", "many-to-many", t.name, fieldMany)}},
	} {
		x, err := p.write(ctx, "createSchemaRelationshipProperties", map[string]any{"data": map[string]any{"type": "relationship", "attributes": ends}}, t.name)
		if err != nil {
			return err
		}
		if !x.ok() {
			p.violates(x, "responds with %v to a new relationship between custom objects", report.Int(x.status))
			return nil
		}
		p.same()
		for name := range object(ends[t.name]) {
			if ok, err := p.waitForField(ctx, name, exists); err != nil {
				return err
			} else if !ok {
				p.breaks(x, "a relationship is not there after %v s", report.Int(int(p.options.Patience.Seconds())))
				return nil
			}
		}
		p.trial.linked = true
	}
	return nil
}

// checkNewLinks links records, and looks at what they read as (live-api.md, D1, R2
// and R5).
func checkNewLinks(ctx context.Context, p *probe) error {
	if err := p.skipWithoutTrial(); err != nil {
		return err
	}
	if !p.trial.linked {
		p.notChecked("there is no relationship to try it with")
		return nil
	}
	x, err := p.write(ctx, "createRecord", map[string]any{"data": map[string]any{"type": p.trial.counterpart, "attributes": map[string]any{fieldCode: "linked"}}}, p.trial.counterpart)
	if err != nil || !x.ok() {
		return err
	}
	other := recordOf(x.object()["data"]).id
	_, id, err := p.create(ctx, map[string]any{fieldCode: "linking", fieldLink: other})
	if err != nil || id == "" {
		return err
	}
	refs := map[string]any{"data": []any{map[string]any{"type": p.trial.counterpart, "id": other}}}
	if x, err = p.write(ctx, "updateRecordRelationship", refs, p.trial.name, id, fieldMany); err != nil {
		return err
	}
	if !x.ok() {
		p.violates(x, "responds with %v to a link between custom objects", report.Int(x.status))
	}
	if err := p.readLinks(ctx, id, other); err != nil {
		return err
	}
	if x, err = p.write(ctx, "deleteRecordRelationship", refs, p.trial.name, id, fieldMany); err != nil {
		return err
	}
	p.checkNoContent(x)
	return nil
}

// readLinks reads a record that is linked both ways.
func (p *probe) readLinks(ctx context.Context, id, other string) error {
	x, ok, err := p.read(ctx, "getResource", query("include", fieldLink+","+fieldMany), p.trial.name, id)
	if err != nil || !ok {
		return err
	}
	r := recordOf(x.object()["data"])
	if r.attributes[fieldLink] != other {
		p.differs("D1", x, "a link to one record is no plain attribute: %v is %v", p.names.Field(fieldLink), report.Shape(r.attributes[fieldLink]))
	}
	for _, key := range []string{fieldLink, fieldMany} {
		p.checkRelationships(x, p.trial.name, key, r)
	}
	x, ok, err = p.read(ctx, "getRecordRelationships", nil, p.trial.name, id, fieldMany)
	if err == nil && ok && !slices.Contains(idsOf(x), other) {
		p.violates(x, "a record that was linked is not among those that are linked")
	}
	return err
}

// checkNoContent is live-api.md, R5.
func (p *probe) checkNoContent(x *exchange) {
	switch {
	case x.status == http.StatusNoContent && len(x.body) == 0:
		p.known("R5", x, "responds with 204 and no body")
	case x.status == http.StatusOK:
		p.quirk("R5", "WithQuirkNoContent(false)", x, "responds with 200 and %v", report.Body(x.body))
	default:
		p.differs("R5", x, "responds with %v and %v", report.Int(x.status), report.Body(x.body))
	}
}

// checkDelete deletes a record (live-api.md, R5 and O3).
func checkDelete(ctx context.Context, p *probe) error {
	if err := p.skipWithoutTrial(); err != nil {
		return err
	}
	_, id, err := p.create(ctx, map[string]any{fieldCode: "deleted"})
	if err != nil || id == "" {
		return err
	}
	x, err := p.write(ctx, "deleteRecord", nil, p.trial.name, id)
	if err != nil {
		return err
	}
	p.checkNoContent(x)
	if x, err = p.get(ctx, "getRecord", nil, p.trial.name, id); err != nil {
		return err
	}
	p.rejects(x, "a read of a deleted record", http.StatusNotFound, true)
	x, ok, err := p.read(ctx, "getDeletedResources", nil, p.trial.name)
	if err == nil && ok && !slices.Contains(idsOf(x), id) {
		p.violates(x, "a deleted record is not listed")
	}
	return err
}

// checkMerge merges two records.
func checkMerge(ctx context.Context, p *probe) error {
	if err := p.skipWithoutTrial(); err != nil {
		return err
	}
	_, target, err := p.create(ctx, map[string]any{fieldCode: "target"})
	if err != nil || target == "" {
		return err
	}
	_, source, err := p.create(ctx, map[string]any{fieldCode: "source", fieldNote: "kept"})
	if err != nil || source == "" {
		return err
	}
	x, err := p.write(ctx, "mergeRecords", map[string]any{"data": p.entry(map[string]any{"sources": []string{source}})}, p.trial.name, target)
	if err != nil {
		return err
	}
	if !x.ok() {
		p.violates(x, "responds with %v to a merge", report.Int(x.status))
		return nil
	}
	x, ok, err := p.read(ctx, "getRecord", nil, p.trial.name, target)
	if err == nil && ok && recordOf(x.object()["data"]).attributes[fieldNote] != "kept" {
		p.violates(x, "a merged record lacks a value that only the source had")
	}
	return err
}
