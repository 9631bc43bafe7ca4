package api

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
	"github.com/clarify-go/clarify/gen"
)

// getListResources: GET /objects/{object}/lists/{list}/resources
func getListResources(c *Call) (Response, error) {
	spec, err := c.object()
	if err != nil {
		return Response{}, err
	}
	return c.resources(spec, func() (store.Scope, error) {
		l, err := c.list(spec)
		if err != nil {
			return store.Scope{}, err
		}
		query, queried := l.query()
		matched := queried && c.ListMatcher != nil
		if l.Type != listStatic && !matched {
			return store.Scope{}, nil
		}
		return store.Scope{List: l.ID, Records: func() []*store.Record { return c.rows(spec, l, query, queried) }, Varies: matched}, nil
	})
}

// rows returns the records in a list: the members of a static list, or else all records
// that the query selects. It needs the state's lock.
func (c *Call) rows(spec *schema.Object, l list, query gen.ListQuery, queried bool) []*store.Record {
	s := c.State
	var rows []*store.Record
	if l.Type == listStatic {
		rows = s.members(spec, l)
	} else {
		rows = s.All(spec)
	}
	match := c.ListMatcher
	if !queried || match == nil {
		return rows
	}
	selects := match(spec.Name, query)
	if selects == nil {
		return rows
	}
	var selected []*store.Record
	for _, r := range rows {
		rendered := s.item(r)
		if selects(gen.Resource{Type: rendered.Type, ID: rendered.ID, Attributes: rendered.Attributes}) {
			selected = append(selected, r)
		}
	}
	return selected
}

// getListRowsCsv: POST /objects/{object}/lists/{list}/rows/csv
func getListRowsCsv(c *Call) (Response, error) {
	spec, err := c.object()
	if err == nil {
		err = readSilent(c.Query)
	}
	if err != nil {
		return Response{}, err
	}
	// All members of the body are optional, so the body may be missing.
	var document map[string]any
	if len(c.Body) > 0 {
		if document, err = c.document(); err == nil {
			err = c.conform(document, "ListRowsQuery", "")
		}
	}
	if err != nil {
		return Response{}, err
	}
	search, _ := document["search"].(map[string]any)
	text, _ := search["query"].(string)
	words := wordsOf(text)
	var rows []resource
	s := c.State
	err = s.Read(func() error {
		l, err := c.list(spec)
		if err != nil {
			return err
		}
		query, queried := l.query()
		if sql, ok := document["sql"].(string); ok {
			query, queried = gen.ListQuery{SQL: sql}, true
		}
		for _, r := range c.rows(spec, l, query, queried) {
			row := s.item(r)
			if containsWords(values.StringsIn(row.Attributes), words) {
				rows = append(rows, row)
			}
		}
		return nil
	})
	if err != nil {
		return Response{}, err
	}
	return Response{http.StatusOK, plain{"text/csv; charset=utf-8", csvOf(columnsOf(spec, rows), rows)}}, nil
}

// columnsOf returns the fields of the rows: the id, those that the schema has,
// in its order, those that it does not have, and the system's.
func columnsOf(spec *schema.Object, rows []resource) []string {
	columns := slices.DeleteFunc(spec.Ordered(), func(name string) bool { return spec.Fields[name].ToMany() })
	others := map[string]bool{}
	for _, row := range rows {
		for name := range row.Attributes {
			if _, known := spec.Fields[name]; !known {
				others[name] = true
			}
		}
	}
	return slices.Concat([]string{"_id"}, columns, slices.Sorted(maps.Keys(others)), schema.SystemFields[1:])
}

// csvOf writes rows as RFC 4180 has it. The standard library's writer cannot end
// lines as that demands without changing the line breaks within values.
func csvOf(columns []string, rows []resource) []byte {
	var b bytes.Buffer
	line := func(cell func(column string) string) {
		for i, column := range columns {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(quoted(cell(column)))
		}
		b.WriteString("\r\n")
	}
	line(func(column string) string { return column })
	for _, row := range rows {
		line(func(column string) string { return cellText(row.Attributes[column]) })
	}
	return b.Bytes()
}

func quoted(text string) string {
	if !strings.ContainsAny(text, "\",\r\n") && strings.TrimSpace(text) == text {
		return text
	}
	return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
}

// cellText is a value as text: a name or rich text as it reads, the items of a
// collection or an array one after the other, anything else as JSON.
func cellText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case []any:
		return joined(v)
	case map[string]any:
		if text, ok := values.StringOf(v); ok {
			return text
		}
		if items, ok := values.Items(v); ok {
			return joined(items)
		}
	}
	encoded, err := EncodeJSON(value)
	if err != nil {
		panic(err)
	}
	return string(bytes.TrimSuffix(encoded, []byte("\n")))
}

func joined(items []any) string {
	cells := make([]string, len(items))
	for i, item := range items {
		cells[i] = cellText(item)
	}
	return strings.Join(cells, ", ")
}
