package sqlite_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/mirror"
	"github.com/clarify-go/clarify/mirror/sqlite"
)

var wide = mirror.Table{Name: "person", KeyColumns: 1, Columns: []mirror.Column{{Name: "_id", Kind: mirror.Text}, {Name: "title", Kind: mirror.Text}, {Name: "age", Kind: mirror.Number}}}

// What a user made in the file stays, or is in the way and is named.
func TestMigrateKeepsWhatOthersMade(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "mirror.sqlite")
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	other, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	do := func(query string) {
		t.Helper()
		if _, err := other.ExecContext(ctx, query); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Migrate(ctx, []mirror.Table{wide}); err != nil {
		t.Fatal(err)
	}
	do("CREATE TABLE mine (a)")
	do("CREATE INDEX by_age ON person (age)")
	do("CREATE INDEX by_title ON person (title)")
	narrow := wide
	narrow.Columns = wide.Columns[:2]
	if err := store.Migrate(ctx, []mirror.Table{narrow}); err != nil {
		t.Fatal(err)
	}
	names := ""
	if err := other.QueryRowContext(ctx, "SELECT group_concat(name) FROM (SELECT name FROM sqlite_master WHERE name IN ('mine', 'by_age', 'by_title') ORDER BY name)").Scan(&names); err != nil || names != "by_title,mine" {
		t.Errorf("%s are left, must be by_title,mine: %v", names, err)
	}
	do("CREATE VIEW titles AS SELECT title FROM person")
	none := wide
	none.Columns = wide.Columns[:1]
	if err := store.Migrate(ctx, []mirror.Table{none}); err == nil || !strings.Contains(err.Error(), "titles") {
		t.Errorf("the error is %v, must name the view titles", err)
	}
	if tables, err := store.Tables(ctx); err != nil || len(tables) != 1 || len(tables[0].Columns) != 2 {
		t.Errorf("the tables are %v: %v", tables, err)
	}
}

func TestAFileThatCannotBeOpenedIsAnError(t *testing.T) {
	dir := t.TempDir()
	if _, err := sqlite.Open(t.Context(), filepath.Join(dir, "nothing", "mirror.sqlite")); err == nil {
		t.Error("a directory that does not exist is no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sqlite.Open(ctx, filepath.Join(dir, "mirror.sqlite")); err == nil {
		t.Error("a context that has ended is no error")
	}
}
