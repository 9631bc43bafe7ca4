package mirror

import (
	"cmp"
	"slices"

	"github.com/clarify-go/clarify"
)

// The tables beside those of records and links. Their names begin with _, as no object's
// does, except for that of the full-text index.
const (
	tableSearch      = "search"
	tableHistory     = "_history"
	tableUsers       = "_users"
	tableLists       = "_lists"
	tableListRows    = "_list_rows"
	tableOptions     = "_options"
	tableSchemas     = "_schemas"
	tableWorkflows   = "_workflows"
	tableSettings    = "_settings"
	tableActivities  = "_activities"
	tableComments    = "_comments"
	tableAttachments = "_attachments"
	tableState       = "_state"
	tablePending     = "_pending"
	tableSeen        = "_seen"
)

func columns(kind Kind, names ...string) (all []Column) {
	for _, name := range names {
		all = append(all, Column{name, kind})
	}
	return all
}

// fixedTables are the tables that every mirror has.
var fixedTables = []Table{
	{Name: tableSearch, KeyColumns: 2, Columns: columns(Text, "object", "id", "title", "emails", "body"), Search: []string{"title", "emails", "body"}},
	{Name: tableHistory, KeyColumns: 5, Columns: append(columns(Text, "object", "id", "at", "change", "version", "merged_into"), Column{columnRecord, JSON})},
	{Name: tableUsers, KeyColumns: 1, Columns: []Column{{columnID, Text}, {"email", Text}, {"name", Text}, {columnCreated, Time}, {columnUpdated, Time}, {columnRecord, JSON}}},
	{Name: tableLists, KeyColumns: 1, Columns: []Column{{columnID, Text}, {"object", Text}, {"title", Text}, {"type", Text}, {"state", Text}, {columnCreated, Time}, {columnUpdated, Time}, {columnRecord, JSON}}},
	{Name: tableListRows, KeyColumns: 3, Columns: columns(Text, "object", "id", "list_id")},
	{Name: tableOptions, KeyColumns: 3, Columns: append(columns(Text, "object", "field", "value", "option_id", "color"), Column{"position", Number})},
	{Name: tableSchemas, KeyColumns: 1, Columns: append(columns(Text, columnID), Column{columnRecord, JSON})},
	{Name: tableWorkflows, KeyColumns: 1, Columns: []Column{{columnID, Text}, {"name", Text}, {"type", Text}, {"enabled", Boolean}, {columnCreated, Time}, {columnUpdated, Time}, {columnRecord, JSON}}},
	{Name: tableSettings, KeyColumns: 1, Columns: append(columns(Text, "key"), Column{"value", JSON})},
	{Name: tableActivities, KeyColumns: 3, Columns: []Column{{"object", Text}, {"id", Text}, {"activity_id", Text}, {columnCreated, Time}, {columnRecord, JSON}}},
	{Name: tableComments, KeyColumns: 3, Columns: []Column{{"object", Text}, {"id", Text}, {"comment_id", Text}, {"text", Text}, {"_created_by", Text}, {columnCreated, Time}, {columnUpdated, Time}, {columnRecord, JSON}}},
	{Name: tableAttachments, KeyColumns: 3, Columns: []Column{{"object", Text}, {"id", Text}, {"attachment_id", Text}, {"name", Text}, {"mime_type", Text}, {"size_bytes", Number}, {"file", Text}, {columnCreated, Time}, {columnRecord, JSON}}},
	{Name: tableState, KeyColumns: 1, Columns: columns(Text, "key", "value")},
	{Name: tablePending, KeyColumns: 2, Columns: columns(Text, "object", "id")},
	{Name: tableSeen, KeyColumns: 3, Columns: columns(Text, "kind", "object", "id")},
}

// link is a relationship of many records to many, from one of its ends. Each end that
// the schema has is a table, and both are always equal.
type link struct {
	field  string // the property in the schema
	to     string // the object at the other end
	table  Table
	other  *link // the other end, nil if the schema does not have it
	object *object
	// whole is whether this end is the one that is read for all records.
	whole bool
}

// model is what the mirror has of the workspace's objects.
type model struct {
	objects []*object // by name
	byName  map[string]*object
}

// newModel returns the model of some objects of a schema.
func newModel(schema *clarify.Schema, wanted func(name string) bool) *model {
	m := &model{byName: map[string]*object{}}
	var schemas []*clarify.ObjectSchema
	var names []string
	for _, s := range schema.Objects() {
		if wanted(s.Name) {
			schemas, names = append(schemas, s), append(names, s.Name)
		}
	}
	var reserved []string
	for _, t := range fixedTables {
		reserved = append(reserved, t.Name)
	}
	tables := namesFor(names, reserved...)
	for _, s := range schemas {
		o := newObject(s, tables[s.Name])
		m.objects, m.byName[o.name] = append(m.objects, o), o
	}
	slices.SortFunc(m.objects, func(a, b *object) int { return cmp.Compare(a.name, b.name) })
	for _, s := range schemas {
		m.addLinks(schema, s)
	}
	m.pairLinks(schema)
	m.nameLinks(append(reserved, names...))
	return m
}

// addLinks adds the relationships of an object that no attribute has.
func (m *model) addLinks(schema *clarify.Schema, s *clarify.ObjectSchema) {
	o := m.byName[s.Name]
	for _, f := range s.Fields {
		if f.Kind != clarify.KindToMany || f.Relationship == nil {
			continue
		}
		if other, ok := schema.Object(f.Relationship.Object); ok {
			if back, ok := other.Field(f.Relationship.Field); ok && back.Kind == clarify.KindToOne {
				continue
			}
		}
		o.links = append(o.links, &link{field: f.Name, to: f.Relationship.Object, object: o, whole: true})
	}
}

// pairLinks finds the two ends of each relationship.
func (m *model) pairLinks(schema *clarify.Schema) {
	for _, o := range m.objects {
		s, _ := schema.Object(o.name)
		for _, l := range o.links {
			f, _ := s.Field(l.field)
			to := m.byName[l.to]
			if to == nil || l.other != nil {
				continue
			}
			for _, back := range to.links {
				if back.field == f.Relationship.Field && back.to == o.name && back.other == nil && back != l {
					l.other, back.other, back.whole = back, l, false
				}
			}
		}
	}
}

// nameLinks gives each end its table, such as deal__people.
func (m *model) nameLinks(reserved []string) {
	var names []string
	for _, o := range m.objects {
		for _, l := range o.links {
			names = append(names, o.name+"__"+l.field)
		}
	}
	tables := namesFor(names, reserved...)
	for _, o := range m.objects {
		for _, l := range o.links {
			keys := []string{o.name + "_id", l.to + "_id"}
			if l.to == o.name {
				keys[1] = "other_" + keys[1]
			}
			columnsOf := namesFor(keys)
			l.table = Table{Name: tables[o.name+"__"+l.field], KeyColumns: 2, Columns: columns(Text, columnsOf[keys[0]], columnsOf[keys[1]])}
		}
	}
}

// tables are all tables, sorted by name.
func (m *model) tables() []Table {
	all := slices.Clone(fixedTables)
	for _, o := range m.objects {
		all = append(all, o.table)
		for _, l := range o.links {
			all = append(all, l.table)
		}
	}
	slices.SortFunc(all, func(a, b Table) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
