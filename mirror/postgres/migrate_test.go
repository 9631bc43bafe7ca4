package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/clarify-go/clarify/mirror"
)

// What others made is named if it depends on what has to go, and nothing changes.
func TestMigrateNamesWhatDependsOnAColumn(t *testing.T) {
	for name, c := range map[string]struct {
		made  string
		want  []string
		table bool // whether only dropping the table is in the way
	}{
		"a view":                   {made: `CREATE VIEW "my view" AS SELECT note FROM notes`, want: []string{`view "my view"`}},
		"a materialized view":      {made: `CREATE MATERIALIZED VIEW mine AS SELECT note FROM notes`, want: []string{"materialized view mine"}},
		"a view elsewhere":         {made: `CREATE SCHEMA IF NOT EXISTS mine; CREATE OR REPLACE VIEW mine.dashboard AS SELECT note FROM notes`, want: []string{"view mine.dashboard"}},
		"a constraint":             {made: `ALTER TABLE notes ADD CONSTRAINT mine CHECK (note <> '')`, want: []string{"constraint mine on table notes"}},
		"a generated column":       {made: `ALTER TABLE notes ADD COLUMN mine text GENERATED ALWAYS AS (upper(note)) STORED`, want: []string{"mine of table notes"}},
		"statistics":               {made: `CREATE STATISTICS mine ON _id, note FROM notes`, want: []string{"statistics object mine"}},
		"a trigger of the column":  {made: `CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; CREATE TRIGGER mine AFTER UPDATE OF note ON notes FOR EACH ROW EXECUTE FUNCTION mine()`, want: []string{"trigger mine on table notes"}},
		"a policy":                 {made: `CREATE POLICY mine ON notes USING (note <> '')`, want: []string{"policy mine on table notes"}},
		"a foreign key":            {made: `CREATE TABLE mine (note text REFERENCES notes)`, want: []string{"constraint mine_note_fkey on table mine"}, table: true},
		"a column":                 {made: `ALTER TABLE notes ADD COLUMN mine int`, want: []string{"column mine of table notes"}, table: true},
		"a view of another column": {made: `CREATE VIEW mine AS SELECT _id FROM notes`, want: []string{"view mine"}, table: true},
		"a type of the rows":       {made: `CREATE TABLE mine (n notes)`, want: []string{"mine"}, table: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDatabase(t, sharedURL(t), notes)
			d.upsert("notes", note(0, 1, "a")...)
			d.exec(c.made)
			other := without(notes, "note")
			other.Columns = append(other.Columns, mirror.Column{Name: "note", Kind: mirror.Number})
			more := mirror.Table{Name: "a first one", KeyColumns: 1, Columns: notes.Columns[:1]}
			for what, tables := range map[string][]mirror.Table{"no table": {more}, "no column": {more, without(notes, "note")}, "another kind": {more, other}} {
				if c.table && what != "no table" {
					continue
				}
				d.fails(d.store.Migrate(t.Context(), tables), append(c.want, "notes")...)
				d.has("SELECT note FROM notes", "a 0")
				all, err := d.store.Tables(t.Context())
				if err != nil || len(all) != 1 || !slices.Equal(all[0].Columns, notes.Columns) {
					t.Errorf("the tables are %v, %v", all, err)
				}
			}
		})
	}
}

func TestMigrateKeepsWhatOthersMade(t *testing.T) {
	d := newDatabase(t, sharedURL(t), notes)
	d.upsert("notes", note(0, 1, "a")...)
	d.exec(`CREATE TABLE mine (a int); INSERT INTO mine VALUES (1);
		ALTER TABLE notes ADD COLUMN mine int DEFAULT 7;
		CREATE INDEX by_mine ON notes (mine);
		CREATE INDEX by_note ON notes (note);
		CREATE VIEW all_mine AS SELECT _id, mine FROM notes`)
	if err := d.store.Migrate(t.Context(), []mirror.Table{without(notes, "note")}); err != nil {
		t.Fatal(err)
	}
	d.in(func(tx mirror.Tx) error {
		return tx.Upsert(t.Context(), "notes", []mirror.Row{row("000000", "{}"), row("1", "{}")})
	})
	d.has("SELECT a FROM mine", "1")
	d.has("SELECT _id || mine FROM all_mine ORDER BY 1", "0000007", "17")
	d.has("SELECT indexname FROM pg_indexes WHERE tablename = 'notes' AND schemaname = current_schema() ORDER BY 1", "by_mine", "notes_pkey")
}

// A table or column that others made is not taken over.
func TestMigrateTakesNothing(t *testing.T) {
	d := newDatabase(t, sharedURL(t), notes)
	d.exec(`CREATE TABLE mine (_id text); ALTER TABLE notes ADD COLUMN mine int`)
	mine := mirror.Table{Name: "mine", KeyColumns: 1, Columns: notes.Columns[:1]}
	d.fails(d.store.Migrate(t.Context(), []mirror.Table{notes, mine}), `"mine"`, "already exists")
	wider := notes
	wider.Columns = append(wider.Columns[:3:3], mirror.Column{Name: "mine", Kind: mirror.Time})
	d.fails(d.store.Migrate(t.Context(), []mirror.Table{wider}), `"mine"`, "already exists")
	d.has("SELECT count(*) FROM mine", "0")
}

func TestMigrateRejectsWhatIsNoTable(t *testing.T) {
	d := newDatabase(t, sharedURL(t))
	for name, table := range map[string]mirror.Table{
		"no key":                          {Name: "a", Columns: notes.Columns},
		"more key columns than columns":   {Name: "a", KeyColumns: 4, Columns: notes.Columns},
		"a kind that does not exist":      {Name: "a", KeyColumns: 1, Columns: []mirror.Column{{Name: "a", Kind: "money"}}},
		"a key that is a number":          {Name: "a", KeyColumns: 1, Columns: []mirror.Column{{Name: "a", Kind: mirror.Number}}},
		"the name of the catalog":         {Name: "_tables", KeyColumns: 1, Columns: notes.Columns},
		"search in a column that is none": {Name: "a", KeyColumns: 1, Columns: notes.Columns, Search: []string{"b"}},
		"search in JSON":                  {Name: "a", KeyColumns: 1, Columns: notes.Columns, Search: []string{"_record"}},
	} {
		t.Run(name, func(t *testing.T) {
			d.fails(d.store.Migrate(t.Context(), []mirror.Table{table}), fmt.Sprintf("%q", table.Name))
			d.has("SELECT count(*) FROM pg_namespace WHERE nspname = current_schema()", "1")
		})
	}
}

// Several may migrate at once, also when there is no schema yet.
func TestMigrateAtOnce(t *testing.T) {
	d := &database{TB: t, url: sharedURL(t), schema: newSchema()}
	var wait sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		s := d.open()
		wait.Go(func() { errs[i] = s.Migrate(t.Context(), []mirror.Table{notes}) })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestSearch(t *testing.T) {
	search := mirror.Table{Name: "search", KeyColumns: 1, Search: []string{"title", "body"}, Columns: []mirror.Column{
		{Name: "id", Kind: mirror.Text}, {Name: "title", Kind: mirror.Text}, {Name: "body", Kind: mirror.Text},
	}}
	d := newDatabase(t, sharedURL(t), search)
	// More words than a tsvector can have, and one that is too long for it.
	var many strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&many, "w%06d ", i)
	}
	d.upsert("search", row("1", "Annual plan", "Ann and Müller"), row("2", "Lunch", many.String()), row("3", strings.Repeat("x", 1<<20), "plan"), mirror.Row{mirror.TextValue("4"), {}, {}},
		row("5", "a@example.com", "x"))
	find := func(words string) []string {
		d.Helper()
		return d.ask("SELECT id FROM search WHERE _search @@ websearch_to_tsquery('simple', $1) ORDER BY id", words)
	}
	for words, want := range map[string][]string{"plan": {"1", "3"}, "annual müller": {"1"}, `"ann and"`: {"1"}, "a@example.com": {"5"}, "lunch": {"2"}, "w000100": {"2"}, "w199999": nil, "nothing": nil} {
		if got := find(words); !slices.Equal(got, want) {
			t.Errorf("%s is in %v, must be in %v", words, got, want)
		}
	}
	d.exec("SET enable_seqscan = off")
	if plan := strings.Join(d.ask("EXPLAIN SELECT id FROM search WHERE _search @@ to_tsquery('simple', 'plan')"), "\n"); !strings.Contains(plan, "_search_search") {
		t.Errorf("the index is not used:\n%s", plan)
	}
	d.upsert("search", row("1", "Another", "text"))
	if got := find("plan"); !slices.Equal(got, []string{"3"}) {
		t.Errorf("after an update plan is in %v", got)
	}

	// The search can change, and go.
	narrow := without(search, "title")
	narrow.Search = []string{"body"}
	if err := d.store.Migrate(t.Context(), []mirror.Table{narrow}); err != nil {
		t.Fatal(err)
	}
	if got := append(find("text"), find("lunch")...); !slices.Equal(got, []string{"1"}) {
		t.Errorf("after the migration there are %v", got)
	}
	d.exec("CREATE VIEW mine AS SELECT _search FROM search")
	narrow.Search = nil
	d.fails(d.store.Migrate(t.Context(), []mirror.Table{narrow}), "view mine", "_search")
	d.exec("DROP VIEW mine")
	for _, tables := range [][]mirror.Table{{narrow}, {}, {search}, {}} {
		if err := d.store.Migrate(t.Context(), tables); err != nil {
			t.Fatal(err)
		}
	}
	d.has("SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = current_schema()", "0")
	d.has("SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = current_schema() ORDER BY 1", "_tables", "_tables_pkey")
}
