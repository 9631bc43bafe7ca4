package clarifytest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/internal/rerun"
)

// program is a workspace whose schemas and records are changed at random.
type program struct {
	*api
	random  *rand.Rand
	schemas map[string]map[string]any // properties, by object
	records map[string][]string       // ids, by object
}

// draftedFields are what fields are made as, and draftedValues what values of
// them may be.
var (
	draftedFields = []string{
		`{"type":["number","null"]}`,
		`{"format":"date","type":["string","null"]}`,
		`{"enum":["a","b","c"],"type":["string","null"]}`,
		`{"properties":{"items":{"items":{"enum":["a","b","c"],"type":"string"},"type":"array"}},"type":["object","null"]}`,
		`{"properties":{"items":{"items":{"type":"string"},"type":"array"}},"type":["object","null"],"xClarifyUnique":true}`,
		`{"items":{"enum":["a","b","c"],"type":"string"},"type":["array","null"]}`,
		`{"type":["string","null"],"xClarifyUnique":true}`,
		`{"type":["string","null"]}`,
	}
	draftedValues = [][]string{
		{`5`, `null`}, {`"2026-02-03"`}, {`"a"`, `"b"`}, {`{"items":["a","b"]}`, `{"items":["c"]}`}, {`{"items":["a","x"]}`, `{"items":["b"]}`, `{"items":["y"]}`},
		{`["a","c"]`, `["b"]`}, {`"a"`, `"x"`, `"y"`, `"z"`, `null`}, {`"a"`, `"2026-02-03"`, `""`},
	}
)

func anyOf[T any](p *program, all []T) T { return all[p.random.IntN(len(all))] }

// object is a custom object, or one of two that are in every workspace.
func (p *program) object() string {
	objects := slices.DeleteFunc(slices.Sorted(maps.Keys(p.schemas)), func(name string) bool { return !strings.HasPrefix(name, "c_") })
	return anyOf(p, append(objects, "person", "task"))
}

// record is one of an object, or none.
func (p *program) record(object string) string {
	if len(p.records[object]) == 0 {
		return "nobody"
	}
	return anyOf(p, p.records[object])
}

// field is one of those that programs make. The object has it, or not.
func (p *program) field() string { return anyOf(p, []string{"f0", "f1", "f2"}) }

// where is one of the fields of an object whose JSON Schema has a part, or f0 if
// there is none.
func (p *program) where(object, part string) string {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(p.schemas[object])), func(name string) bool {
		return !strings.Contains(asJSON(p.t, p.schemas[object][name]), part)
	})
	return anyOf(p, append(names, "f0")[:max(1, len(names))])
}

// value is one that a field takes, or not.
func (p *program) value(object, field string) string {
	schema := orEmpty(p.schemas[object][field])
	if kind, to, _ := relationshipOf(schema); kind == "many-to-one" {
		return fmt.Sprintf("%q", p.record(to))
	}
	for i, drafted := range draftedFields {
		part := drafted[1:strings.LastIndex(drafted, "}")]
		if strings.Contains(asJSON(p.t, schema), part) && p.random.IntN(5) > 0 {
			return anyOf(p, draftedValues[i])
		}
	}
	return anyOf(p, anyOf(p, draftedValues))
}

func relationshipOf(schema any) (kind, object, field string) {
	r, _ := schema.(map[string]any)["xClarifyRelationship"].(map[string]any)
	kind, _ = r["kind"].(string)
	object, _ = r["entity"].(string)
	field, _ = r["field"].(string)
	return kind, object, field
}

// step sends a request. It may be rejected, by one of the documented responds.
func (p *program) step() {
	p.t.Helper()
	object := p.object()
	send := func(method, path, body string) {
		p.t.Helper()
		var sent any
		if body != "" {
			sent = body
		}
		got := p.send(method, path, sent)
		switch got.status {
		case 200, 201, 202, 204, 400, 404, 422:
		default:
			p.t.Errorf("%s %s %s: got %d: %s", method, path, body, got.status, got.raw)
		}
		for _, v := range p.srv.TakeViolations() {
			if v.Where == clarifytest.InResponse {
				p.t.Error(v)
			}
		}
	}
	records, schemas := "/objects/"+object+"/records", "/schemas/"+object
	switch p.random.IntN(14) {
	case 0:
		send("POST", "/schemas/objects", fmt.Sprintf(`{"name":"o%d","plural":"os","properties":{"f0":%s}}`, p.random.IntN(3), anyOf(p, draftedFields)))
	case 1:
		if strings.HasPrefix(object, "c_") && p.random.IntN(3) == 0 {
			send("DELETE", "/schemas/objects/"+object, "")
		}
	case 2:
		send("POST", schemas+"/properties", newFields(fmt.Sprintf(`{%q:%s}`, p.field(), anyOf(p, draftedFields))))
	case 3: // a field goes, or becomes another
		properties := maps.Clone(p.schemas[object])
		field := p.field()
		delete(properties, field)
		if p.random.IntN(2) == 0 {
			properties[field] = json.RawMessage(anyOf(p, draftedFields))
		}
		send("PUT", "/schemas/objects/"+object, withID(object, `{"properties":`+asJSON(p.t, properties)+`}`))
	case 4:
		other, n := p.object(), p.random.IntN(2)
		one, two := fmt.Sprintf("r%d", n), fmt.Sprintf("s%d", n)
		kinds := anyOf(p, [][2]string{{"many-to-one", "one-to-many"}, {"one-to-many", "many-to-one"}, {"many-to-many", "many-to-many"}})
		end := func(kind, object, field string) string {
			if kind == "many-to-one" {
				return manyToOneEnd(object, field)
			}
			return toManyEnd(kind, object, field)
		}
		ends := []string{fmt.Sprintf(`%q:{%q:%s}`, object, one, end(kinds[0], other, two)), fmt.Sprintf(`%q:{%q:%s}`, other, two, end(kinds[1], object, one))}
		if other == object {
			ends = []string{fmt.Sprintf(`%q:{%q:%s,%q:%s}`, object, one, end(kinds[0], other, two), two, end(kinds[1], object, one))}
		}
		send("POST", schemas+"/relationships", newRelationship(ends...))
	case 5:
		send("DELETE", schemas+"/relationships/"+p.where(object, `"Many"`), "")
	case 6:
		field, options := p.where(object, `"enum"`), `{"enum":["`+anyOf(p, []string{"a", "b", "x"})+`"]}`
		if !strings.Contains(asJSON(p.t, p.schemas[object][field]), `["string","null"]`) {
			options = `{"properties":{"items":{"items":` + options + `}}}`
		}
		send("PATCH", "/schemas", enumPatch(object, fmt.Sprintf(`{%q:%s}`, field, options), fmt.Sprintf(`{%q:{"enum":%q}}`, field, anyOf(p, []string{"append", "remove"}))))
	case 7, 8, 9:
		field := anyOf(p, []string{"f0", "f1", "f2", p.where(object, "many-to-one")})
		attributes := fmt.Sprintf(`{%q:%s}`, field, p.value(object, field))
		if object == "task" {
			attributes = `{"title":"Call",` + attributes[1:]
		}
		if p.random.IntN(2) == 0 {
			send("POST", records, oneRecord(object, attributes))
		} else {
			send("PATCH", records, fmt.Sprintf(`{"data":[{"type":%q,"id":%q,"attributes":%s}]}`, object, p.record(object), attributes))
		}
	case 10:
		send("DELETE", records+"/"+p.record(object), "")
	case 11:
		send("POST", records+"/"+p.record(object)+"/merges", mergeBody(object, p.record(object), p.record(object)))
	default:
		field := p.where(object, "xClarifyRelationship")
		if _, to, _ := relationshipOf(orEmpty(p.schemas[object][field])); to != "" {
			send(anyOf(p, []string{"PATCH", "PATCH", "DELETE"}), relationshipPath(object, p.record(object), field), members(to, p.record(to), p.record(to)))
		}
	}
}

func orEmpty(schema any) any {
	if schema == nil {
		return map[string]any{}
	}
	return schema
}

// look reads all there is, and checks what holds whatever was sent before.
func (p *program) look() {
	p.t.Helper()
	p.schemas, p.records = map[string]map[string]any{}, map[string][]string{}
	linked := map[string][]string{} // by object, field and id
	p.eachSchema(func(id string, attributes map[string]any) bool {
		if name, ok := strings.CutPrefix(id, entities); ok {
			p.schemas[name] = attributes["properties"].(map[string]any)
		}
		return true
	})
	for object := range p.schemas {
		var toMany []string
		for name, schema := range p.schemas[object] {
			if kind, _, _ := relationshipOf(schema); kind != "" && kind != "many-to-one" {
				toMany = append(toMany, name)
			}
		}
		all := p.list(object, "include", strings.Join(toMany, ","))
		p.records[object] = all.ids()
		for j, id := range p.records[object] {
			for _, name := range toMany {
				for k := range all.at("data", j, "relationships", name, "data").([]any) {
					key := object + " " + name + " " + id
					linked[key] = append(linked[key], all.text("data", j, "relationships", name, "data", k, "id"))
				}
			}
			for name, value := range all.at("data", j, "attributes").(map[string]any) {
				if kind, _, _ := relationshipOf(orEmpty(p.schemas[object][name])); kind == "many-to-one" && value != nil {
					linked[object+" "+name+" "+id] = []string{value.(string)}
				}
			}
		}
		p.checkUnique(object, all)
	}
	for object, properties := range p.schemas {
		for name, schema := range properties {
			kind, other, inverse := relationshipOf(schema)
			if kind == "" {
				continue
			}
			opposite := map[string]string{"many-to-one": "one-to-many", "one-to-many": "many-to-one", "many-to-many": "many-to-many"}[kind]
			if k, o, f := relationshipOf(orEmpty(p.schemas[other][inverse])); k != opposite || o != object || f != name {
				p.t.Errorf("%s.%s is %s with %s.%s, which is %s with %s.%s", object, name, kind, other, inverse, k, o, f)
			}
			for _, id := range p.records[object] {
				for _, to := range linked[object+" "+name+" "+id] {
					if !slices.Contains(linked[other+" "+inverse+" "+to], id) {
						p.t.Errorf("%s leads from %s to %s, and %s does not lead back", name, id, to, inverse)
					}
				}
			}
		}
	}
}

// checkUnique checks that no two records share a value that is to be unique.
func (p *program) checkUnique(object string, all *response) {
	p.t.Helper()
	for name, schema := range p.schemas[object] {
		if schema.(map[string]any)["xClarifyUnique"] != true {
			continue
		}
		seen := map[string]bool{}
		for i := range p.records[object] {
			value := all.at("data", i, "attributes").(map[string]any)[name]
			values := []any{value}
			if object, ok := value.(map[string]any); ok {
				values, _ = object["items"].([]any)
			}
			for _, one := range values {
				if text, ok := one.(string); ok && seen[text] {
					p.t.Errorf("two records have the %s.%s %q", object, name, text)
				} else if ok {
					seen[text] = true
				}
			}
		}
	}
}

// Whatever is done to the schemas and the records, relationships have two ends
// that say the same, unique values are, and every response keeps the contract. A
// rejected request and a Restore leave nothing of what they undo. The programs have
// the seeds from 0 on; CLARIFY_SCHEMA_PROGRAMS asks for more than 4.
func TestProgramsOfSchemas(t *testing.T) {
	programs := 4 / rerun.Stride(4)
	if text := os.Getenv("CLARIFY_SCHEMA_PROGRAMS"); text != "" {
		var err error
		if programs, err = strconv.Atoi(text); err != nil || programs < 1 {
			t.Fatalf("CLARIFY_SCHEMA_PROGRAMS=%s is no number of programs", text)
		}
	}
	run := func(t *testing.T, seed uint64) {
		p := &program{
			api:    start(t, atOnce, clarifytest.WithQuirkObjectsWithoutRecords(false), clarifytest.WithSeed(seed), clarifytest.WithRateLimit(1<<30)),
			random: rand.New(rand.NewPCG(seed, 0)),
		}
		p.customObject(`{"f0":{"type":["string","null"]}}`)
		p.srv.Seed(t, 8)
		for range 4 {
			p.create("c_vehicle", `{}`)
			p.create("task", `{"title":"Call"}`)
		}
		p.look()
		var snapshot *clarifytest.Snapshot
		var before string
		for range 60 {
			p.step()
			p.look()
			state := asJSON(t, []any{p.schemas, p.records})
			switch {
			case snapshot == nil || p.random.IntN(10) == 0:
				snapshot, before = p.srv.Snapshot(), state
			case p.random.IntN(10) == 0:
				p.srv.Restore(snapshot)
				p.look()
				if state := asJSON(t, []any{p.schemas, p.records}); state != before {
					t.Errorf("after Restore there is\n%s\nbefore there was\n%s", state, before)
				}
			}
		}
	}
	for seed := range uint64(programs) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { run(t, seed) })
	}
}
