package main

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/clarify-go/clarify/mirror"
)

// asked is a mirror that is asked in SQL.
type asked struct {
	store interface {
		mirror.Store
		mirror.Querier
	}
}

// rows yields the rows of a query, as text. null is empty.
func (a *asked) rows(ctx context.Context, query string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		_, rows, err := a.store.Query(ctx, query)
		if err != nil {
			yield(nil, err)
			return
		}
		for row, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			texts := make([]string, len(row))
			for i, v := range row {
				texts[i] = textOf(v)
			}
			if !yield(texts, nil) {
				return
			}
		}
	}
}

func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []byte:
		return string(v)
	case time.Time:
		return v.UTC().Format(timeForm)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// timeForm is how the mirror writes times, so that they can be compared as text.
const timeForm = "2006-01-02T15:04:05.000Z"

// literal returns text for use in SQL.
func literal(text string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(text, "\x00", ""), "'", "''") + "'"
}

func literals(texts []string) string {
	var all []string
	for _, text := range texts {
		all = append(all, literal(text))
	}
	return strings.Join(all, ", ")
}

func timeLiteral(t time.Time) string { return literal(t.UTC().Format(timeForm)) }

// catalog is what the mirror has: a workspace may lack objects, fields and links.
type catalog map[string]map[string]bool

func (a *asked) catalog(ctx context.Context) (catalog, error) {
	tables, err := a.store.Tables(ctx)
	if err != nil {
		return nil, err
	}
	all := catalog{}
	for _, t := range tables {
		columns := map[string]bool{}
		for _, c := range t.Columns {
			columns[c.Name] = true
		}
		all[t.Name] = columns
	}
	return all, nil
}

// has reports whether there is a table with these columns.
func (c catalog) has(table string, columns ...string) bool {
	have, ok := c[table]
	for _, column := range columns {
		ok = ok && have[column]
	}
	return ok
}

// column returns a column for use in SQL, null if the table does not have it.
func (c catalog) column(table, column string) string {
	if !c.has(table, column) {
		return "NULL"
	}
	return table + `."` + column + `"`
}
