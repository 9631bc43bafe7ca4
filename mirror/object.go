package mirror

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/jsonscan"
)

// The columns that each table of records has beside those of the fields.
const (
	columnID      = "_id"
	columnCreated = "_created_at"
	columnUpdated = "_updated_at"
	columnRecord  = "_record"
)

// object is what is known of an object: its table, and how a record becomes a row.
type object struct {
	name   string
	table  Table
	links  []*link
	names  []string        // of the fields, in the order of columns
	fields *jsonscan.Names // the same
	column []int           // the column of a field, or -1
	search []searchPart    // what the full-text index takes of a field
	form   string          // is another one if records become other rows
}

// searchPart is a column of the full-text index.
type searchPart int

const (
	notSearched searchPart = iota
	searchTitle
	searchEmails
	searchText
	searchParts
)

// newObject returns an object whose table has a name.
func newObject(schema *clarify.ObjectSchema, tableName string) *object {
	o := &object{name: schema.Name, table: Table{Name: tableName, KeyColumns: 1, Columns: []Column{{columnID, Text}}}}
	kinds := map[string]Kind{columnCreated: Time, columnUpdated: Time}
	parts := map[string]searchPart{}
	for _, f := range schema.Fields {
		switch f.Name {
		case columnID, columnCreated, columnUpdated:
			continue
		}
		parts[f.Name] = searchPartOf(f)
		if f.Kind != clarify.KindToMany {
			kinds[f.Name] = kindOf(f)
		}
	}
	var names []string
	for name := range kinds {
		names = append(names, name)
	}
	// System columns come last.
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(isSystem(a), isSystem(b)), cmp.Compare(a, b))
	})
	columns := namesFor(names, columnID, columnRecord)
	for i, name := range names {
		o.table.Columns = append(o.table.Columns, Column{columns[name], kinds[name]})
		o.column = append(o.column, i+1)
		o.search = append(o.search, parts[name])
	}
	o.table.Columns = append(o.table.Columns, Column{columnRecord, JSON})
	o.names, o.fields = names, jsonscan.NewNames(jsonscan.Exact, names...)
	sum := sha256.Sum256(fmt.Append(nil, rowVersion, names, o.column, o.search, o.table))
	o.form = hex.EncodeToString(sum[:12])
	return o
}

// rowVersion changes whenever the code makes other rows of the same records.
const rowVersion = 1

func isSystem(name string) int {
	if strings.HasPrefix(name, "_") {
		return 1
	}
	return 0
}

// searchPartOf says what the full-text index takes of a field.
func searchPartOf(f *clarify.FieldSchema) searchPart {
	switch {
	case strings.HasPrefix(f.Name, "_"):
		return notSearched
	case f.Primary, f.Kind == clarify.KindName, f.Name == "name" || f.Name == "title":
		return searchTitle
	case f.Format == "email", f.Items != nil && f.Items.Format == "email", hasEmails(f.Items):
		return searchEmails
	case f.Kind == clarify.KindText && f.Format == "", f.Kind == clarify.KindRichText:
		return searchText
	}
	return notSearched
}

func hasEmails(items *clarify.FieldSchema) bool {
	if items == nil {
		return false
	}
	_, ok := items.Member("email")
	return ok
}
