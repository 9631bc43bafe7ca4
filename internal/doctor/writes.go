package doctor

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/clarify-go/clarify/internal/doctor/report"
)

// entry is a record in a request.
func (p *probe) entry(attributes map[string]any) map[string]any {
	return map[string]any{"type": p.trial.name, "attributes": attributes}
}

// create makes a record, and returns its id, empty if that failed.
func (p *probe) create(ctx context.Context, attributes map[string]any) (*exchange, string, error) {
	x, err := p.write(ctx, "createRecord", map[string]any{"data": p.entry(attributes)}, p.trial.name)
	if err != nil {
		return nil, "", err
	}
	if !x.ok() {
		p.violates(x, "responds with %v to a record that the schema allows", report.Int(x.status))
		return x, "", nil
	}
	p.same()
	return x, recordOf(x.object()["data"]).id, nil
}

// checkNewFields adds fields to the object.
func checkNewFields(ctx context.Context, p *probe) error {
	if err := p.skipWithoutTrial(); err != nil {
		return err
	}
	x, err := p.write(ctx, "createSchemaProperties", map[string]any{"data": map[string]any{"type": "schema-properties", "attributes": laterFields}}, p.trial.name)
	if err != nil {
		return err
	}
	if !x.ok() {
		p.violates(x, "responds with %v to new fields of five kinds", report.Int(x.status))
		return nil
	}
	p.same()
	for name := range laterFields {
		if ok, err := p.waitForField(ctx, name, exists); err != nil {
			return err
		} else if !ok {
			p.breaks(x, "a field is not there after %v s", report.Int(int(p.options.Patience.Seconds())))
		}
	}
	return nil
}

// checkPlainNames is live-api.md, S5.
func checkPlainNames(ctx context.Context, p *probe) error {
	if err := p.skipWithoutTrial(); err != nil {
		return err
	}
	field := map[string]any{"extra": map[string]any{"title": "Extra", "type": []string{"string", "null"}}}
	x, err := p.write(ctx, "createSchemaProperties", map[string]any{"data": map[string]any{"type": "schema-properties", "attributes": field}}, "entities/"+p.trial.name)
	if err != nil {
		return err
	}
	p.same()
	if x.status != http.StatusNotFound {
		p.differs("S5", x, "responds with %v to an object that is named as in the id of its schema and not with 404", report.Int(x.status))
	}
	return nil
}

// checkWholeSchema replaces the schema of the object (live-api.md, S5).
func checkWholeSchema(ctx context.Context, p *probe) error {
	if err := p.skipWithoutTrial(); err != nil {
		return err
	}
	_, schemas, err := p.readSchemas(ctx)
	if err != nil {
		return err
	}
	schema := entity(schemas, p.trial.name)
	const title = "Remark"
	object(object(schema["properties"])[fieldNote])["title"] = title
	x, err := p.write(ctx, "updateEntitySchema", schema, p.trial.name)
	if err != nil {
		return err
	}
	p.same()
	if !x.ok() {
		p.differs("S5", x, "responds with %v to the whole document of an object", report.Int(x.status))
		return nil
	}
	ok, err := p.waitForField(ctx, fieldNote, func(field map[string]any) bool { return field["title"] == title })
	if err == nil && !ok {
		p.breaks(x, "a schema is not changed after %v s", report.Int(int(p.options.Patience.Seconds())))
	}
	return err
}

// checkOptions is live-api.md, S6.
func checkOptions(ctx context.Context, p *probe) error {
	if err := p.skipWithoutTrial(); err != nil {
		return err
	}
	if ok, err := p.editOptions(ctx, "append", []string{"One", "Two", "Three"}); err != nil || !ok {
		return err
	}
	_, id, err := p.create(ctx, map[string]any{fieldCode: "options", fieldStage: "Three"})
	if err != nil || id == "" {
		return err
	}
	if ok, err := p.editOptions(ctx, "remove", []string{"Three"}); err != nil || !ok {
		return err
	}
	x, ok, err := p.read(ctx, "getRecord", nil, p.trial.name, id)
	if err == nil && ok && recordOf(x.object()["data"]).attributes[fieldStage] != nil {
		p.differs("S6", x, "a record keeps an option that was removed")
	}
	return err
}

// editOptions appends or removes options, and waits until that is done.
func (p *probe) editOptions(ctx context.Context, how string, options []string) (bool, error) {
	metadata := map[string]any{}
	for i, name := range options {
		metadata[name] = option(name, i+1)
	}
	x, err := p.write(ctx, "patchEnumFieldValues", map[string]any{"data": []any{map[string]any{
		"type": "schema-properties", "id": p.trial.name,
		"attributes": map[string]any{fieldStage: map[string]any{"enum": options, "xClarifyEnumMetadata": metadata}},
		"meta":       map[string]any{fieldStage: map[string]any{"enum": how}},
	}}})
	if err != nil {
		return false, err
	}
	p.same()
	results := x.items()
	if !x.ok() || len(results) != 1 || object(object(results[0])["attributes"])["isValid"] != true {
		p.differs("S6", x, "responds with %v to options, and does not accept them", report.Int(x.status))
		return false, nil
	}
	ok, err := p.waitForField(ctx, fieldStage, func(field map[string]any) bool {
		return slices.ContainsFunc(list(field["enum"]), func(o any) bool { return o == "Three" }) == (how == "append")
	})
	if err == nil && !ok {
		p.differs("S6", x, "options are not changed after %v s", report.Int(int(p.options.Patience.Seconds())))
	}
	return ok, err
}

// checkValues looks whether a record has the values that it was created with.
func checkValues(ctx context.Context, p *probe) error {
	if err := p.skipWithoutTrial(); err != nil {
		return err
	}
	sent := map[string]any{
		fieldCode: "values", fieldNote: "Ünïcode & <b>", fieldStage: "One", fieldSize: json.Number("12345678.1234"), fieldDay: "2026-02-28",
		fieldWords: map[string]any{"items": []any{"b", "a"}},
	}
	created, id, err := p.create(ctx, sent)
	if err != nil || id == "" {
		return err
	}
	read, ok, err := p.read(ctx, "getRecord", nil, p.trial.name, id)
	if err != nil || !ok {
		return err
	}
	for _, x := range []*exchange{created, read} {
		attributes := recordOf(x.object()["data"]).attributes
		for _, name := range slices.Sorted(maps.Keys(sent)) {
			if len(differences(nil, sent[name], attributes[name])) > 0 {
				p.violates(x, "the field %v reads as %v after %v was written", p.names.Field(name), report.Shape(attributes[name]), report.Shape(sent[name]))
			}
		}
	}
	return nil
}

// rejected are records that the API rejects.
var rejected = []struct {
	what       report.Constant
	status     int
	known      bool // from the contract, and not assumed
	attributes map[string]any
}{
	{"a field of the system", http.StatusUnprocessableEntity, true, map[string]any{"_created_by": "x"}},
	{"an unknown attribute", http.StatusUnprocessableEntity, false, map[string]any{"doctor_unknown": "x"}},
	{"an unknown option", http.StatusUnprocessableEntity, true, map[string]any{fieldStage: "one"}},
	{"a bare array for a collection", http.StatusUnprocessableEntity, true, map[string]any{fieldWords: []string{"x"}}},
	{"text for a number", http.StatusUnprocessableEntity, false, map[string]any{fieldSize: "x"}},
	{"no date for a date", http.StatusUnprocessableEntity, false, map[string]any{fieldDay: "tomorrow"}},
	{"a number of thirteen digits", http.StatusBadRequest, true, map[string]any{fieldSize: json.Number("1234567890123")}},
	{"a value that another record has in a unique field", http.StatusBadRequest, true, map[string]any{fieldCode: "taken"}},
}

// checkRejected sends records that are wrong.
func checkRejected(ctx context.Context, p *probe) error {
	if err := p.skipWithoutTrial(); err != nil {
		return err
	}
	if _, id, err := p.create(ctx, map[string]any{fieldCode: "taken"}); err != nil || id == "" {
		return err
	}
	for _, test := range rejected {
		x, err := p.write(ctx, "createRecord", map[string]any{"data": p.entry(test.attributes)}, p.trial.name)
		if err != nil {
			return err
		}
		p.rejects(x, test.what, test.status, test.known)
	}
	x, err := p.write(ctx, "createRecord", map[string]any{"data": map[string]any{
		"type": p.trial.name, "id": "00000000-0000-4000-8000-000000000000", "attributes": map[string]any{},
	}}, p.trial.name)
	if err == nil {
		p.rejects(x, "an id in a create", http.StatusUnprocessableEntity, true)
	}
	return err
}

// checkMatchOn looks whether a create with match_on updates the record that it
// finds.
func checkMatchOn(ctx context.Context, p *probe) error {
	if err := p.skipWithoutTrial(); err != nil {
		return err
	}
	_, id, err := p.create(ctx, map[string]any{fieldCode: "matched"})
	if err != nil || id == "" {
		return err
	}
	x, err := p.write(ctx, "createRecord", map[string]any{
		"data": p.entry(map[string]any{fieldCode: "matched", fieldNote: "again"}), "match_on": fieldCode,
	}, p.trial.name)
	if err != nil {
		return err
	}
	r := recordOf(x.object()["data"])
	switch {
	case !x.ok():
		p.violates(x, "responds with %v to match_on with a unique field", report.Int(x.status))
	case r.id != id:
		p.breaks(x, "match_on makes another record although there is one with the value")
	case r.attributes[fieldNote] != "again":
		p.breaks(x, "match_on finds the record and does not change it")
	}
	return nil
}

// checkSingleUpdate is live-api.md, R7.
func checkSingleUpdate(ctx context.Context, p *probe) error {
	if err := p.skipWithoutTrial(); err != nil {
		return err
	}
	_, id, err := p.create(ctx, map[string]any{fieldCode: "single"})
	if err != nil || id == "" {
		return err
	}
	change := p.entry(map[string]any{fieldNote: "changed"})
	change["id"] = id
	x, err := p.write(ctx, "updateRecord", map[string]any{"data": change}, p.trial.name, id)
	switch {
	case err != nil:
		return err
	case x.status == http.StatusInternalServerError:
		p.known("R7", x, "responds with 500 to a change of a custom object's record")
	case x.ok():
		p.quirk("R7", "WithQuirkCustomObjectPatch(false)", x, "changes a custom object's record")
	default:
		p.differs("R7", x, "responds with %v to a change of a custom object's record", report.Int(x.status))
	}
	return nil
}

// checkBulk looks whether writes of many records are done as a whole or not at all.
func checkBulk(ctx context.Context, p *probe) error {
	if err := p.skipWithoutTrial(); err != nil {
		return err
	}
	good, bad := p.entry(map[string]any{fieldCode: "bulk"}), p.entry(map[string]any{fieldSize: "x"})
	x, err := p.write(ctx, "createBulkRecords", map[string]any{"data": []any{good, bad}}, p.trial.name)
	if err != nil {
		return err
	}
	p.rejects(x, "a batch with one record that is wrong", http.StatusUnprocessableEntity, true)
	if x, err = p.write(ctx, "createBulkRecords", map[string]any{"data": []any{good}}, p.trial.name); err != nil {
		return err
	}
	ids := idsOf(x)
	if !x.ok() || len(ids) != 1 {
		p.breaks(x, "a record cannot be created after a batch with it was rejected: %v", report.Int(x.status))
		return nil
	}
	change := func(id, note string) map[string]any {
		changed := p.entry(map[string]any{fieldNote: note})
		changed["id"] = id
		return changed
	}
	const unknown = "00000000-0000-4000-8000-000000000000"
	if x, err = p.write(ctx, "updateRecords", map[string]any{"data": []any{change(ids[0], "no"), change(unknown, "no")}}, p.trial.name); err != nil {
		return err
	}
	p.rejects(x, "changes with an unknown id among them", http.StatusNotFound, true)
	if x, err = p.write(ctx, "updateRecords", map[string]any{"data": []any{change(ids[0], "yes")}}, p.trial.name); err != nil {
		return err
	}
	if !x.ok() {
		p.violates(x, "responds with %v to changes in bulk", report.Int(x.status))
	}
	if x, ok, err := p.read(ctx, "getRecord", nil, p.trial.name, ids[0]); err != nil {
		return err
	} else if note := recordOf(x.object()["data"]).attributes[fieldNote]; ok && note != "yes" {
		p.breaks(x, "a record is not as it was changed in bulk")
	}
	if x, err = p.write(ctx, "deleteRecords", map[string]any{"items": ids}, p.trial.name); err == nil && !x.ok() {
		p.violates(x, "responds with %v to a delete in bulk", report.Int(x.status))
	}
	return err
}
