package typegen

import (
	"strings"

	"github.com/clarify-go/clarify"
)

// model is what the names of a package are decided for.
type model struct {
	objects []*object
	byName  map[string]*object
	// foreign are the objects that fields link to and that the schema does not have.
	foreign map[string]*object
	// reached are the objects to which exactly so many links in a row lead.
	reached [maxLevels + 1]map[*object]bool
}

// object is an object of the schema, or only its name.
type object struct {
	name   string
	schema *clarify.ObjectSchema // nil if the schema does not have it

	typeName, idName, objectName, fieldsName, recordsName string
	file                                                  string

	fields []*field // those of the struct and the to-many relationships, in order
	system []*clarify.FieldSchema
}

// field is a field of an object that is not the system's.
type field struct {
	*clarify.FieldSchema
	name    string  // in Go
	through string  // the Go name that leads to the fields of the linked record
	target  *object // what it links to, nil if it is not a link
	form    form
	options *options // nil if it has none
}

// options is the type for the options of a field.
type options struct {
	typeName  string
	constants []constant
}

type constant struct{ name, value string }

// core are the objects that every workspace has. A custom object may have the same name
// behind its c_.
var core = map[string]bool{"person": true, "company": true, "deal": true, "meeting": true, "task": true, "user": true, "meeting_recording": true}

// withoutRecords are the objects that schemas list although the API has no records of
// them (docs/live-api.md, R4).
var withoutRecords = map[string]bool{"user": true, "meeting_recording": true}

// users are the fields that hold ids of users, whether their schema says so or not
// (docs/live-api.md, D5 and the built-in objects).
var users = map[[2]string]bool{{"deal", "owner_id"}: true, {"task", "assignee_id"}: true}

// reservedFields are the names that a field cannot have in a struct: those of the struct
// itself, of clarify.System, which it embeds, and of methods.
var reservedFields = map[string]bool{
	"System": true, "Extra": true,
	"ID": true, "CreatedAt": true, "UpdatedAt": true, "DeletedAt": true, "CreatedBy": true, "UpdatedBy": true,
	"MarshalJSON": true, "UnmarshalJSON": true, "AttributeAt": true,
}

func newModel(schema *clarify.Schema) *model {
	m := &model{byName: map[string]*object{}, foreign: map[string]*object{}}
	for _, s := range schema.Objects() {
		o := &object{name: s.Name, schema: s}
		m.objects = append(m.objects, o)
		m.byName[s.Name] = o
	}
	m.object("user") // _created_by links to it.
	for _, o := range m.objects {
		m.addFields(o)
	}
	m.nameAll()
	m.reach()
	return m
}

// object returns the object with a name, whether the schema has it or not.
func (m *model) object(name string) *object {
	if o, ok := m.byName[name]; ok {
		return o
	}
	if m.foreign[name] == nil {
		m.foreign[name] = &object{name: name}
	}
	return m.foreign[name]
}

func (m *model) addFields(o *object) {
	for _, s := range o.schema.Fields {
		if strings.HasPrefix(s.Name, "_") {
			o.system = append(o.system, s)
			continue
		}
		f := &field{FieldSchema: s}
		if r := s.Relationship; r != nil && r.Object != "" {
			f.target = m.object(r.Object)
		} else if s.Kind == clarify.KindText && users[[2]string{o.name, s.Name}] {
			f.target = m.object("user")
		}
		f.form = formOf(f)
		if f.form.options {
			f.options = &options{}
			for _, option := range s.Options {
				f.options.constants = append(f.options.constants, constant{value: option.Value})
			}
		}
		o.fields = append(o.fields, f)
	}
}

// nameAll decides all names. The order of the calls of grant is that of precedence.
func (m *model) nameAll() {
	all := m.all()
	names := scope{"Objects": true}
	var types, companions, selects, constants []wish
	for _, o := range all {
		types = append(types, wish{m.typeNameOf(o.name), o.name, &o.typeName})
	}
	names.grant(types)
	for _, o := range all {
		companions = append(companions, wish{o.typeName + "ID", o.name + ".id", &o.idName})
		if o.schema == nil {
			continue
		}
		companions = append(companions,
			wish{o.typeName + "Object", o.name + ".object", &o.objectName},
			wish{o.typeName + "Fields", o.name + ".fields", &o.fieldsName})
		if !withoutRecords[o.name] {
			companions = append(companions, wish{plural(o.typeName), o.name + ".records", &o.recordsName})
		}
	}
	names.grant(companions)
	for _, o := range m.objects {
		o.nameFields()
		for _, f := range o.fields {
			if f.options != nil {
				selects = append(selects, wish{o.typeName + f.name, o.name + "." + f.Name, &f.options.typeName})
			}
		}
	}
	names.grant(selects)
	for _, o := range m.objects {
		for _, f := range o.fields {
			if f.options == nil {
				continue
			}
			for i := range f.options.constants {
				c := &f.options.constants[i]
				constants = append(constants, wish{f.options.typeName + optionName(c.value), o.name + "." + f.Name + "=" + c.value, &c.name})
			}
		}
	}
	names.grant(constants)
	m.nameFiles()
}

// all returns the objects, and those that are only linked to.
func (m *model) all() []*object {
	all := append([]*object(nil), m.objects...)
	for _, name := range sortedKeys(m.foreign) {
		all = append(all, m.foreign[name])
	}
	return all
}

// typeNameOf returns the name of the struct for an object: c_vehicle is Vehicle. A custom
// object that is called like one that every workspace has is CustomDeal. Of two others
// the custom one has the name, and the other one is CoreVehicle.
func (m *model) typeNameOf(object string) string {
	if name, custom := strings.CutPrefix(object, "c_"); custom && name != "" {
		if core[name] {
			return goName("custom_"+name, "Object", nil)
		}
		return goName(name, "Object", nil)
	}
	if m.byName["c_"+object] != nil && !core[object] {
		return goName("core_"+object, "Object", nil)
	}
	return goName(object, "Object", nil)
}

// nameFields names the fields of an object, and what leads through its links.
func (o *object) nameFields() {
	var fields, links []wish
	names := scope{}
	for _, f := range o.fields {
		fields = append(fields, wish{goName(f.Name, "Field", reservedFields), f.Name, &f.name})
	}
	names.grant(fields)
	for name := range reservedFields {
		names[name] = true
	}
	for _, f := range o.fields {
		if f.Kind != clarify.KindToOne || f.target == nil || f.target.schema == nil {
			continue
		}
		through := f.name + "_"
		if link, ok := strings.CutSuffix(f.Name, "_id"); ok && link != "" {
			through = goName(link, "Field", nil)
		}
		links = append(links, wish{through, f.Name + ".", &f.through})
	}
	names.grant(links)
}

// nameFiles names the file of each object. A file system may ignore case, the go command
// reads GOOS and GOARCH after an underscore, and Windows reserves some names.
func (m *model) nameFiles() {
	var files []wish
	for _, o := range m.objects {
		name := strings.ReplaceAll(strings.ToLower(o.typeName), "_", "-")
		if strings.ContainsFunc(name, func(r rune) bool { return r > '~' }) || len(name) > 100 {
			name = "object-" + hashOf(o.name)[:16]
		}
		files = append(files, wish{name, o.name, &o.file})
	}
	taken := scope{"objects": true, "con": true, "prn": true, "aux": true, "nul": true}
	for _, port := range []string{"com", "lpt"} {
		for digit := '0'; digit <= '9'; digit++ {
			taken[port+string(digit)] = true
		}
	}
	taken.grant(files)
	for _, o := range m.objects {
		o.file = strings.ReplaceAll(o.file, "_", "-") + ".gen.go"
	}
}
