package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/mirror"
)

const aboutStatus = `Says what the database has: its tables with their rows, and for each object whether it was
read as a whole, when that was last done, and how many records wait for what belongs to
them.

` + aboutDatabase

// tableStatus is what is known of a table.
type tableStatus struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
	// These are only of objects.
	State     string `json:"state,omitempty"`
	Refreshed string `json:"refreshed,omitempty"`
	Pending   int64  `json:"pending,omitempty"`
}

func status(ctx context.Context, env *environment, args []string) (err error) {
	flags := newFlags(env, "status", "-db DATABASE [-json]", aboutStatus)
	db := databaseFlags(flags, env)
	asJSON := flags.Bool("json", false, "write JSON")
	if err := parseFlags(flags, args, 0); err != nil {
		return err
	}
	s, err := db.open(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	all, err := statusOf(ctx, s)
	if err != nil {
		return err
	}
	if *asJSON {
		encoder := json.NewEncoder(env.stdout)
		encoder.SetIndent("", "\t")
		return encoder.Encode(all)
	}
	var rows [][]string
	for _, t := range all {
		pending := ""
		if t.State != "" {
			pending = fmt.Sprint(t.Pending)
		}
		rows = append(rows, []string{t.Table, fmt.Sprint(t.Rows), t.State, t.Refreshed, pending})
	}
	writeTable(env.stdout, []string{"table", "rows", "state", "read as a whole", "pending"}, rows)
	return nil
}

func statusOf(ctx context.Context, s store) ([]tableStatus, error) {
	tables, err := s.Tables(ctx)
	if err != nil {
		return nil, err
	}
	if len(tables) == 0 {
		return nil, errors.New("the database has no mirror yet: make it with clarify-mirror run")
	}
	notes, pending := map[string]string{}, map[string]int64{}
	for row, err := range s.Rows(ctx, "_state", []string{"key", "value"}, nil) {
		if err != nil {
			return nil, err
		}
		notes[row[0].Text] = row[1].Text
	}
	for row, err := range s.Rows(ctx, "_pending", []string{"object"}, nil) {
		if err != nil {
			return nil, err
		}
		pending[row[0].Text]++
	}
	all := []tableStatus{}
	for _, t := range tables {
		if isInternal(t) {
			continue
		}
		status := tableStatus{Table: t.Name}
		if status.Rows, err = count(ctx, s, t.Name); err != nil {
			return nil, err
		}
		if text, ok := notes["cursor/"+t.Name]; ok {
			var cursor clarify.Cursor
			status.State = "loading"
			if cursor.UnmarshalText([]byte(text)) == nil && cursor.Loaded() {
				status.State = "follows changes"
			}
			if notes["sweep/"+t.Name] != "" {
				status.State = "reads everything again"
			}
			status.Refreshed, status.Pending = notes["refreshed/"+t.Name], pending[t.Name]
		}
		all = append(all, status)
	}
	return all, nil
}

// isInternal reports whether a table is of use to the mirror only.
func isInternal(t mirror.Table) bool {
	switch t.Name {
	case "_state", "_pending", "_seen", "search":
		return true
	}
	return false
}

// count counts the rows of a table.
func count(ctx context.Context, s store, table string) (n int64, err error) {
	_, rows, err := s.Query(ctx, "select count(*) from "+quote(table))
	if err != nil {
		return 0, err
	}
	for row, err := range rows {
		if err != nil {
			return 0, err
		}
		if n, err = integer(row[0]); err != nil {
			return 0, fmt.Errorf("%s: %w", strings.TrimSpace(table), err)
		}
	}
	return n, nil
}

func integer(value any) (int64, error) {
	n, ok := value.(int64)
	if !ok {
		return 0, fmt.Errorf("the count is %v, must be an integer", value)
	}
	return n, nil
}
