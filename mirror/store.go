package mirror

import (
	"context"
	"errors"
	"iter"
)

// Store is a database that holds a mirror. The packages sqlite and postgres have one
// each. The package storetest tests whether another one does as it says here.
//
// A Store has no say in what the tables are: [Run] tells it, keeps its own notes in one
// of them, and gives all values as text. What is committed in one [Tx] must become
// visible and durable as a whole, or not at all.
//
// Lock, Tables, Migrate, Begin and Rows may be called by several goroutines. There is
// one Tx at a time.
type Store interface {
	// Lock makes the caller the only one that writes, in all processes, until unlock is
	// called or the process ends. If another one has the lock, Lock waits for it, or
	// returns an error that matches [ErrLocked] if wait is false. Reading needs no lock.
	//
	// If the lock can be lost, for example with a connection, then a Tx that is
	// committed after that must fail.
	Lock(ctx context.Context, wait bool) (unlock func() error, err error)

	// Tables returns the tables that Migrate made, as it was given them, sorted by
	// name. A new database has none.
	Tables(ctx context.Context) ([]Table, error)

	// Migrate makes the mirror's tables equal to those given, and keeps their rows:
	//
	//   - A table or column that is missing is created. The column is null in all rows.
	//   - A table or column that is not given is dropped, if Migrate made it.
	//   - A column whose kind differs is replaced by one that is null in all rows.
	//   - A table whose key differs is replaced by one without rows.
	//
	// It does all of that or nothing. What others made stays as it is, except that the
	// indexes on a column go with it. If something else, such as a view, depends on a
	// column that has to go, then Migrate fails with an error that names it. To call
	// Migrate again with the same tables changes nothing.
	Migrate(ctx context.Context, tables []Table) error

	// Begin begins a transaction. Its end is Commit or Rollback. If ctx ends before,
	// the transaction fails and nothing of it remains.
	Begin(ctx context.Context) (Tx, error)

	// Rows yields the rows of a table, with the columns named, in the order of their
	// keys: that of the bytes, in PostgreSQL COLLATE "C". It begins after a key, which
	// may be one that no row has, or with the first row if after is nil.
	//
	// Rows sees what was committed before it was called, and may see what is committed
	// later. The loop may call every other method. The rows remain valid after the loop.
	Rows(ctx context.Context, table string, columns []string, after Key) iter.Seq2[Row, error]

	// Transient reports whether an error of the store may pass, so that a later run may
	// succeed: a lost connection, a database that restarts.
	Transient(err error) bool

	// Close closes the database.
	Close() error
}

// Tx is a transaction. It is for one goroutine. After an error of any method only
// Rollback is of use.
type Tx interface {
	// Upsert writes rows, which replace those with the same keys. Each row has a value
	// for each column of the table, in the order that Migrate was given. No two rows of
	// one call have the same key. Upsert does not keep rows.
	Upsert(ctx context.Context, table string, rows []Row) error

	// Delete deletes the rows with the keys, as far as there are any. A key that has
	// fewer values than the table's key stands for all rows that begin with these.
	Delete(ctx context.Context, table string, keys []Key) error

	// Truncate deletes all rows of a table.
	Truncate(ctx context.Context, table string) error

	// Commit makes what was written visible and durable.
	Commit(ctx context.Context) error

	// Rollback undoes everything. After Commit it does nothing.
	Rollback() error
}

// ErrLocked is what [Store.Lock] returns if another run is writing to the database.
var ErrLocked = errors.New("mirror: another run is writing to the database")

// Table is a table of a mirror. Its name and those of its columns have 1 to 63 bytes of
// any UTF-8 without U+0000, so that they must be quoted in SQL, and differ from each
// other in more than the case of ASCII letters.
type Table struct {
	Name string
	// Columns are the columns of the table, in their order. The first ones are the key.
	Columns []Column
	// KeyColumns is how many columns are the key: 1 or more, all of the kind Text and
	// never null.
	KeyColumns int
	// Search names the columns over which the store offers full-text search, in
	// whatever way it has. It may offer none. Only the table search has any.
	Search []string
}

// Column is a column of a [Table].
type Column struct {
	Name string
	Kind Kind
}

// Kind is what the values of a column are.
type Kind string

// The kinds of columns. The text of each [Value] is valid UTF-8 without U+0000, in the
// form given here, and Rows returns the same text except for Number and Time.
const (
	// Text is any text.
	Text Kind = "text"
	// Number is a number in JSON, such as 12, -0.50 or 1e+20, of less than 1e+300. A
	// store keeps integers of up to 18 digits exactly, and of others at least 15 digits.
	// Rows returns the number in any of its forms.
	Number Kind = "number"
	// Boolean is true or false.
	Boolean Kind = "boolean"
	// Date is a day from 0001-01-01 to 9999-12-31.
	Date Kind = "date"
	// Time is a time in UTC of the years 1 to 9999, such as 2006-01-02T15:04:05.000Z,
	// always with three digits after the seconds. Rows returns this form.
	Time Kind = "time"
	// JSON is valid JSON, kept byte for byte: in PostgreSQL json, not jsonb.
	JSON Kind = "json"
)

// Value is a value of a column. The zero Value is null.
type Value struct {
	Text  string
	Valid bool // whether it is not null
}

// TextValue returns a value that is not null.
func TextValue(text string) Value { return Value{text, true} }

// Row is a row of a table. Its values may share memory: one that is kept may keep those
// of its row.
type Row []Value

// Key is the key of a row, or the first values of one.
type Key []string

// Key returns the key of a row that begins with n key columns.
func (r Row) Key(n int) Key {
	key := make(Key, n)
	for i := range key {
		key[i] = r[i].Text
	}
	return key
}

// Querier is a [Store] that can be queried in SQL.
type Querier interface {
	// Query runs one statement that can only read: one that would write is an error,
	// and writes nothing. It returns the names of the columns and the rows. The values
	// are nil, bool, int64, float64, string, []byte or time.Time. The rows must be
	// ranged over once; the query ends with the loop.
	Query(ctx context.Context, query string) (columns []string, rows iter.Seq2[[]any, error], err error)
}
