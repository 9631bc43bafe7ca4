package jsonschema

import (
	"net/url"
	"slices"
	"strings"
)

// maxSteps is how many schemas one reader reads. A field needs a few; without a limit,
// definitions that refer to each other could need any number.
const maxSteps = 1000

// Schema holds what a part says, together with the schemas that it refers to.
type Schema struct {
	// Types are the types that it allows, without null, or none if it does not say.
	// integer becomes number.
	Types []string
	// Nullable reports whether it says that null is allowed.
	Nullable bool
	// Ambiguous reports whether it has alternatives of different types.
	Ambiguous bool
	// Partial reports whether not all of it was read: it refers to a schema that does not
	// exist, or that refers to it again, it has several alternatives, or the limit was
	// reached. A value may then have properties that Properties does not have, and
	// properties of other types.
	Partial bool
	// Definition is the name of the schema that the first reference leads to,
	// found or not.
	Definition string
	// Properties are the schemas of its properties.
	Properties map[string]Part
	// Items is the schema of its items, zero if it does not say.
	Items Part
	// Required are the properties that are required.
	Required map[string]bool

	own, inherited map[string]any // the other keywords, its own and those of references
	sure           bool           // whether it says if null is allowed
	onlyNull       bool
	targets        []target
}

// Own returns a keyword of the schema itself, not of one that it refers to.
func (s *Schema) Own(name string) any { return s.own[name] }

// Keyword returns a keyword of the schema, or else of one that it refers to.
func (s *Schema) Keyword(name string) any {
	if value, ok := s.own[name]; ok {
		return value
	}
	return s.inherited[name]
}

// Format returns the keyword format.
func (s *Schema) Format() string {
	format, _ := s.Keyword("format").(string)
	return format
}

// Is reports whether a type is the only one that it allows, except for null.
func (s *Schema) Is(name string) bool { return len(s.Types) == 1 && s.Types[0] == name }

// Reader reads schemas, up to a limit: after that, each schema is as if it were empty.
// It is not safe for concurrent use.
type Reader struct {
	set  *Set
	left int
	path []target
}

// Reader returns a reader. within are schemas that contain those that it will read.
func (s *Set) Reader(within ...*Schema) *Reader {
	r := &Reader{set: s, left: maxSteps}
	for _, schema := range within {
		r.path = append(r.path, schema.targets...)
	}
	return r
}

// Read reads a part.
func (r *Reader) Read(p Part) *Schema {
	return r.readAll(p, nil)
}

// Enter begins to read the members or items of a schema, until leave is called. It
// reports false if that is a cycle: the schema is being read already.
func (r *Reader) Enter(s *Schema) (leave func(), ok bool) {
	n := len(r.path)
	for _, t := range s.targets {
		if slices.Contains(r.path, t) {
			return func() {}, false
		}
	}
	r.path = append(r.path, s.targets...)
	return func() { r.path = r.path[:n] }, true
}

func (r *Reader) readAll(p Part, chain []target) *Schema {
	if len(p.pieces) == 0 {
		return &Schema{}
	}
	out := r.read(p.pieces[0], chain)
	for _, more := range p.pieces[1:] {
		out.fill(r.read(more, chain), false)
	}
	return out
}

// read reads a schema. chain holds the references that led to it.
func (r *Reader) read(p piece, chain []target) *Schema {
	out := &Schema{}
	members := Object(p.value)
	if members == nil || r.left == 0 {
		out.Partial = members != nil
		return out
	}
	r.left--
	out.readKeywords(members)
	out.Items = partOf(members["items"], p.doc)
	for name, value := range Object(members["properties"]) {
		if out.Properties == nil {
			out.Properties = map[string]Part{}
		}
		out.Properties[name] = Part{[]piece{{value, p.doc, false}}}
	}
	if p.whole {
		out.targets = append(out.targets, target{p.doc, ""})
	}
	if ref, ok := members["$ref"].(string); ok {
		out.Definition = nameOf(ref)
		to, part, ok := r.set.resolve(ref, p.doc)
		if ok && !slices.Contains(chain, to) {
			out.targets = append(out.targets, to)
			out.fill(r.readAll(part, append(chain[:len(chain):len(chain)], to)), true)
		} else {
			out.Partial = true
		}
	}
	for _, value := range List(members["allOf"]) {
		out.fill(r.read(piece{value, p.doc, false}, chain), false)
	}
	for _, keyword := range []string{"oneOf", "anyOf"} {
		var alternatives []*Schema
		for _, value := range List(members[keyword]) {
			alternatives = append(alternatives, r.read(piece{value, p.doc, false}, chain))
		}
		out.choose(alternatives)
	}
	return out
}

func partOf(value any, doc *document) Part {
	if Object(value) == nil {
		return Part{}
	}
	return Part{[]piece{{value, doc, false}}}
}

// readKeywords reads the keywords that do not contain or refer to other schemas.
func (s *Schema) readKeywords(members map[string]any) {
	s.own = map[string]any{}
	for name, value := range members {
		switch name {
		case "$ref", "allOf", "oneOf", "anyOf", "items", "properties":
		default:
			s.own[name] = value
		}
	}
	names := List(members["type"])
	if name, ok := members["type"].(string); ok {
		names = []any{name}
	}
	for _, value := range names {
		name, ok := value.(string)
		switch {
		case !ok:
			continue
		case name == "null":
			s.Nullable = true
		case name == "integer":
			name = "number"
			fallthrough
		default:
			if !slices.Contains(s.Types, name) {
				s.Types = append(s.Types, name)
			}
		}
		s.sure = true
	}
	s.onlyNull = s.Nullable && len(s.Types) == 0
	options := List(members["enum"])
	if constant, ok := members["const"]; ok {
		options = append(options, constant)
	}
	if slices.Contains(options, nil) {
		s.Nullable, s.sure = true, true
		s.onlyNull = s.onlyNull || !slices.ContainsFunc(options, func(value any) bool { return value != nil })
	}
	if members["nullable"] == true {
		s.Nullable, s.sure = true, true
	}
	for _, value := range List(members["required"]) {
		if name, ok := value.(string); ok {
			s.require(name)
		}
	}
}

func (s *Schema) require(name string) {
	if s.Required == nil {
		s.Required = map[string]bool{}
	}
	s.Required[name] = true
}

// fill adds what another schema, which applies as well, says and this one does not.
func (s *Schema) fill(other *Schema, referred bool) {
	if len(s.Types) == 0 {
		s.Types = other.Types
		s.onlyNull = s.onlyNull || other.onlyNull
	}
	if !s.sure {
		s.Nullable, s.sure = other.Nullable, other.sure
	}
	s.Ambiguous = s.Ambiguous || other.Ambiguous
	s.Partial = s.Partial || other.Partial
	if s.Definition == "" {
		s.Definition = other.Definition
	}
	s.targets = append(s.targets, other.targets...)
	s.Items = s.Items.with(other.Items)
	s.Properties = union(s.Properties, other.Properties, Part.with)
	for name := range other.Required {
		s.require(name)
	}
	first := func(have, _ any) any { return have }
	s.inherited = union(s.inherited, other.inherited, first)
	if referred {
		s.inherited = union(s.inherited, other.own, first)
	} else {
		s.own = union(s.own, other.own, first)
	}
}

// union adds the entries of other to have. It may change have, but not other.
func union[V any](have, other map[string]V, both func(V, V) V) map[string]V {
	if have == nil && len(other) > 0 {
		have = make(map[string]V, len(other))
	}
	for name, value := range other {
		if known, ok := have[name]; ok {
			value = both(known, value)
		}
		have[name] = value
	}
	return have
}

// choose adds what alternatives have in common.
func (s *Schema) choose(alternatives []*Schema) {
	others := slices.DeleteFunc(slices.Clone(alternatives), func(a *Schema) bool { return a.onlyNull })
	admitsNull := len(others) < len(alternatives) || slices.ContainsFunc(others, func(a *Schema) bool { return a.Nullable })
	if admitsNull && !s.sure {
		s.Nullable, s.sure = true, true
	}
	s.Partial = s.Partial || len(others) > 1
	switch {
	case len(others) == 1:
		s.fill(others[0], false)
	case len(others) == 0 || len(s.Types) > 0:
		s.onlyNull = s.onlyNull || len(alternatives) > 0 && len(s.Types) == 0
	case slices.ContainsFunc(others, func(a *Schema) bool {
		return len(a.Types) != 1 || a.Ambiguous || !slices.Equal(a.Types, others[0].Types) || a.Format() != others[0].Format()
	}):
		s.Ambiguous = true
	default:
		common := &Schema{Types: others[0].Types}
		if format := others[0].Format(); format != "" {
			common.own = map[string]any{"format": format}
		}
		for _, a := range others {
			common.Properties = union(common.Properties, a.Properties, func(have, _ Part) Part { return have })
			common.targets = append(common.targets, a.targets...)
		}
		s.fill(common, false)
	}
}

// nameOf returns the last part of a reference, empty if it leads to the document itself.
func nameOf(ref string) string {
	ref = normal(ref)
	name := ref[strings.LastIndexAny(ref, "/#")+1:]
	if unescaped, err := url.PathUnescape(name); err == nil {
		name = unescaped
	}
	if strings.Contains(ref, "#") {
		name = unescapeToken(name)
	}
	return name
}

// Object returns the members of an object, or nil if the value is not an object.
func Object(value any) map[string]any {
	members, _ := value.(map[string]any)
	return members
}

// List returns the items of a list, or nil if the value is not a list.
func List(value any) []any {
	items, _ := value.([]any)
	return items
}
