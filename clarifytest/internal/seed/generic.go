package seed

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// weights are the shares of the objects of every workspace among the records of one with
// a schema of its own. Any other object has otherWeight.
var weights = map[string]int{"person": 53, "company": 15, "deal": 15, "meeting": 10, "task": 7}

const otherWeight = 10

// divide divides n records among objects by their weights, so that each has one if n is
// large enough.
func divide(n int, objects []*schema.Object) map[string]int {
	counts, total, left := map[string]int{}, 0, n
	for _, o := range objects {
		total += cmp.Or(weights[o.Name], otherWeight)
	}
	for _, o := range objects {
		share := n * cmp.Or(weights[o.Name], otherWeight) / total
		counts[o.Name] = min(max(share, 1), left)
		left -= counts[o.Name]
	}
	if len(objects) > 0 {
		counts[objects[0].Name] += left
	}
	return counts
}

// generic makes values of fields by what their schemas say.
type generic struct {
	fields map[string]map[string]genericField // by object
}

// genericField is a field that has values.
type genericField struct {
	spec   *schema.Object
	field  *schema.Field
	target string // the object that it refers to, empty if it refers to none
	salt   uint64
	always bool // whether each record has a value
}

// lookGeneric finds the fields that have values in a workspace with a schema of its own.
func (g *seeding) lookGeneric(set *schema.Set) {
	g.generic = &generic{map[string]map[string]genericField{}}
	for _, spec := range set.Objects {
		fields := map[string]genericField{}
		for name, field := range spec.Fields {
			if strings.HasPrefix(name, "_") || name == "" || field.ReadOnly || field.ToMany() {
				continue
			}
			hash := fnv.New64a()
			_, _ = hash.Write([]byte(spec.Name + "\x00" + name))
			f := genericField{spec: spec, field: field, salt: hash.Sum64()}
			if target := spec.Reference(name); target != nil {
				f.target = target.Name
			}
			f.always = field.Required || field.Unique || field.JSON["xClarifyPrimary"] == true || spec.Needs(name)
			fields[name] = f
		}
		g.generic.fields[spec.Name] = fields
	}
}

// value is that of a field of a record: the usual one if the field takes it, and else one
// that follows from the schema.
func (g *seeding) value(object, name string, i int) any {
	f, has := g.generic.fields[object][name]
	if !has {
		return nil
	}
	if usual := fieldsOf[object][name]; usual != nil && g.has[object][name] {
		standard := schema.Standard().Find(object).Fields[name]
		value := usual(g, i)
		switch {
		case f.field.Unique && !standard.Unique:
		case value == nil && !f.always:
			return nil
		case value != nil:
			if kept, err := f.spec.CheckAttribute(name, value, ""); err == nil {
				return kept
			}
		}
	}
	if !f.always && g.dice(f.salt, i, 0)%6 == 0 {
		return nil
	}
	var value any
	if f.field.Relationship != nil {
		if records := g.records[f.target]; len(records) > 0 {
			value = records[g.dice(f.salt, i, 1)%uint64(len(records))].ID
		}
	} else {
		m := maker{g: g, salt: f.salt, number: i, name: name, unique: f.field.Unique}
		value = m.make(f.field.JSON, 0)
	}
	if value == nil {
		return nil
	}
	kept, err := f.spec.CheckAttribute(name, value, "")
	if err != nil {
		return nil
	}
	return kept
}

// dice returns 64 bits for a purpose of a field of a record.
func (g *seeding) dice(salt uint64, i, purpose int) uint64 {
	x := g.key ^ salt + uint64(purpose)<<40 + uint64(i)
	x *= 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// A maker makes the value of one field of a record.
type maker struct {
	g       *seeding
	salt    uint64
	number  int
	name    string // of the field or member
	unique  bool
	purpose int // how often dice was called
}

func (m *maker) pick(n int) int {
	m.purpose++
	return int(m.g.dice(m.salt, m.number, m.purpose) % uint64(n))
}

// serial is the number of the record, over all seedings.
func (m *maker) serial() int { return m.g.first + m.number + 1 }

// maxMakeDepth is how deep members and items have values.
const maxMakeDepth = 4

// make returns a value for a JSON Schema, or nil if that does not tell.
func (m *maker) make(form schema.JSON, depth int) any {
	if depth > maxMakeDepth {
		return nil
	}
	kind, _ := form["type"].(string)
	for _, one := range listOf(form["type"]) {
		if name, _ := one.(string); name != "null" {
			kind = name
		}
	}
	switch kind {
	case "boolean":
		return m.pick(2) == 0
	case "number", "integer":
		return m.makeNumber(form)
	case "string":
		return m.makeString(form)
	case "array":
		return m.makeItems(schema.Sub(form, "items"), depth)
	case "object":
		return m.makeObject(schema.Sub(form, "properties"), depth)
	case "":
		return "value " + strconv.Itoa(m.serial())
	}
	return nil
}

func listOf(value any) []any {
	list, _ := value.([]any)
	return list
}

// options returns the options of a select.
func options(form schema.JSON) []string {
	var names []string
	for _, value := range listOf(form["enum"]) {
		if name, ok := value.(string); ok && name != "" {
			names = append(names, name)
		}
	}
	if names == nil {
		names = slices.Sorted(maps.Keys(schema.Sub(form, "xClarifyEnumMetadata")))
	}
	return names
}

func (m *maker) makeString(form schema.JSON) any {
	if names := options(form); len(names) > 0 {
		if m.unique {
			if m.serial() > len(names) {
				return nil
			}
			return names[m.serial()-1]
		}
		return names[m.pick(len(names))]
	}
	number := strconv.Itoa(m.serial())
	first, last := firstNames[m.pick(len(firstNames))], lastNames[m.pick(len(lastNames))]
	host := strings.ToLower(companyFirst[m.pick(len(companyFirst))]+companySecond[m.pick(len(companySecond))]) + number + ".example"
	switch format, _ := form["format"].(string); format {
	case "date":
		return m.makeDay().Format(values.DateLayout)
	case "date-time":
		return values.FormatTime(m.makeDay())
	case "email":
		return strings.ToLower(first+"."+last) + number + "@mail.example"
	case "hostname":
		return host
	case "uri", "url":
		return "https://" + host + "/"
	case "uuid":
		return fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(m.g.dice(m.salt, m.number, 1<<10)), m.serial())
	}
	text := companyFirst[m.pick(len(companyFirst))] + companySecond[m.pick(len(companySecond))]
	switch lower := strings.ToLower(m.name); {
	case strings.HasSuffix(lower, "_url"):
		text = "https://" + host + "/"
	case strings.Contains(lower, "phone"):
		text = fmt.Sprintf("+1 %d 555 01%02d", 201+m.pick(700), m.pick(100))
	case strings.HasSuffix(lower, "owner_id"), strings.HasSuffix(lower, "assignee_id"):
		text = m.g.users[m.pick(len(m.g.users))]
	case strings.Contains(lower, "description"), strings.Contains(lower, "notes"):
		text = descriptions[m.pick(len(descriptions))]
	case strings.Contains(lower, "name"), strings.Contains(lower, "title"):
		text += " " + number
	}
	if m.unique && !strings.Contains(text, number) {
		text += " " + number
	}
	if limit, ok := numberIn(form["maxLength"]); ok && limit >= 0 && limit < 1<<20 {
		if runes := []rune(text); len(runes) > int(limit) {
			text = string(runes[len(runes)-int(limit):]) // the number stays
		}
	}
	return text
}

// makeDay returns a time within two years before and after, or a day of its own.
func (m *maker) makeDay() time.Time {
	if m.unique {
		return time.Date(2000, 1, 1, 9, 0, 0, 0, time.UTC).AddDate(0, 0, m.serial()%maxDays)
	}
	return m.g.now.AddDate(0, 0, m.pick(4*365)-2*365).Truncate(time.Minute)
}

// maxDays is so many that a day stays within the years of four digits.
const maxDays = 2_900_000

func numberIn(value any) (float64, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := number.Float64()
	return f, err == nil
}

// The bounds of numbers without bounds of their own, and those of any number: what
// DECIMAL(16,4) holds.
const (
	usualMax = 10_000
	numeric  = 999_999_999_999
)

func (m *maker) makeNumber(form schema.JSON) any {
	from, hasFrom := numberIn(form["minimum"])
	to, hasTo := numberIn(form["maximum"])
	switch {
	case !hasFrom && !hasTo:
		from, to = 0, usualMax
	case !hasFrom:
		from = to - usualMax
	case !hasTo:
		to = from + usualMax
	}
	step := int64(1)
	if multiple, ok := numberIn(form["multipleOf"]); ok && multiple >= 1 && multiple == math.Trunc(multiple) && multiple < numeric {
		step = int64(multiple)
	}
	first := int64(math.Ceil(max(from, -numeric) / float64(step)))
	last := int64(math.Floor(min(to, numeric) / float64(step)))
	if m.unique && !hasTo {
		last = numeric / step
	}
	switch n := last - first + 1; {
	case n < 1 && from <= to && math.Abs(from) < numeric:
		return json.Number(strconv.FormatFloat((from+to)/2, 'f', 4, 64))
	case n < 1:
		return nil
	case m.unique:
		if int64(m.serial()) > n {
			return nil
		}
		first += int64(m.serial()) - 1
	default:
		first += int64(m.pick(int(n)))
	}
	return json.Number(strconv.FormatInt(first*step, 10))
}

// makeItems returns a list whose items are as a JSON Schema says.
func (m *maker) makeItems(item schema.JSON, depth int) any {
	items := []any{}
	n := 1 + m.pick(2)
	if m.unique {
		n = 1
	}
	for range n {
		value := any("value " + strconv.Itoa(m.serial()))
		if len(item) > 0 {
			value = m.make(item, depth+1)
		}
		twice := slices.ContainsFunc(items, func(other any) bool { return fmt.Sprint(other) == fmt.Sprint(value) })
		if value != nil && !twice {
			items = append(items, value)
		}
	}
	return items
}

// makeObject returns an object whose members are as JSON Schemas say.
func (m *maker) makeObject(properties schema.JSON, depth int) any {
	if blocks := schema.Sub(properties, "text"); blocks["type"] == "array" || slices.Contains(listOf(blocks["type"]), any("array")) {
		text := descriptions[m.pick(len(descriptions))]
		return map[string]any{"text": []any{map[string]any{"type": "paragraph", "children": []any{map[string]any{"text": text}}}}}
	}
	if properties["first_name"] != nil && properties["last_name"] != nil {
		return map[string]any{"first_name": firstNames[m.pick(len(firstNames))], "last_name": lastNames[m.pick(len(lastNames))]}
	}
	object := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		member := schema.Sub(properties, name)
		if member["readOnly"] == true {
			continue
		}
		inner := *m
		inner.name = name
		if value := inner.make(member, depth+1); value != nil {
			object[name] = value
		}
		m.purpose = inner.purpose
	}
	return object
}

// linkGeneric links the records by the many-to-many relationships that records were not
// linked by.
func (g *seeding) linkGeneric(set *schema.Set, done map[[2]string]bool) {
	for _, spec := range set.Objects {
		for _, field := range slices.Sorted(maps.Keys(spec.Fields)) {
			by := spec.RelationOf(field)
			if by == nil || by.Kind != schema.ManyToMany || done[[2]string{spec.Name, field}] {
				continue
			}
			done[[2]string{spec.Name, field}] = true
			done[[2]string{by.Target.Name, by.Inverse}] = true
			others := g.records[by.Target.Name]
			hash := fnv.New64a()
			_, _ = hash.Write([]byte(spec.Name + "\x00" + field))
			for i, r := range g.records[spec.Name] {
				if len(others) == 0 || g.dice(hash.Sum64(), i, 0)%3 == 0 {
					continue
				}
				if other := others[g.dice(hash.Sum64(), i, 1)%uint64(len(others))]; other != r {
					link(r, field, other, by.Inverse)
				}
			}
		}
	}
}

// link links two records that are not in a table yet, at the ends that there are.
func link(r *store.Record, field string, other *store.Record, inverse string) {
	for _, end := range []struct {
		from, to *store.Record
		field    string
	}{{r, other, field}, {other, r, inverse}} {
		if end.field == "" || slices.Contains(end.from.Links[end.field], end.to.ID) {
			continue
		}
		if end.from.Links == nil {
			end.from.Links = map[string][]string{}
		}
		end.from.Links[end.field] = append(end.from.Links[end.field], end.to.ID)
	}
}
