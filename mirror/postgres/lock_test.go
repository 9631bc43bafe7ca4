package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/clarify-go/clarify/internal/servers"
	"github.com/clarify-go/clarify/mirror"
	"github.com/clarify-go/clarify/mirror/postgres"
)

// holders is a query for the sessions that hold a lock.
const holders = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted`

// When the connection of the lock ends, another one gets the lock, and what the first
// one commits after that fails, wherever it is.
func TestALostLockFencesCommits(t *testing.T) {
	server := servers.Postgres(t)
	for name, open := range map[string]bool{"between transactions": false, "in a transaction": true} {
		t.Run(name, func(t *testing.T) {
			d := newDatabase(t, server.URL, notes)
			unlock := d.lock()
			d.upsert("notes", note(0, 1, "before")...)
			var tx mirror.Tx
			if open {
				var err error
				if tx, err = d.store.Begin(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := tx.Upsert(t.Context(), "notes", note(1, 2, "lost")); err != nil {
					t.Fatal(err)
				}
			}
			d.exec("SELECT pg_terminate_backend(pid, 10000) FROM (" + holders + ") AS h")
			other := d.open()
			unlockOther, err := other.Lock(t.Context(), false)
			if err != nil {
				t.Fatal(err)
			}
			if tx != nil {
				if err := tx.Commit(t.Context()); err == nil {
					t.Error("the commit is no error")
				}
			}
			for range 2 {
				_, err = d.store.Begin(t.Context())
				d.fails(err)
				d.fails(d.store.Migrate(t.Context(), nil))
			}
			d.has("SELECT note FROM notes", "before 0")
			if err := transact(t.Context(), other, func(tx mirror.Tx) error { return tx.Upsert(t.Context(), "notes", note(2, 3, "other")) }); err != nil {
				t.Fatal(err)
			}
			d.has("SELECT note FROM notes ORDER BY _id", "before 0", "other 2")
			// The store is usable again when the lost lock was given back.
			if err := errors.Join(unlock(), unlock(), unlockOther()); err != nil {
				t.Fatal(err)
			}
			unlock = d.lock()
			d.upsert("notes", note(3, 4, "after")...)
			if err := unlock(); err != nil {
				t.Fatal(err)
			}
			d.has("SELECT note FROM notes ORDER BY _id", "before 0", "other 2", "after 3")
		})
	}
}

// Behind a pooler, a session can lose the lock and live.
func TestALockThatIsLostInItsSession(t *testing.T) {
	config, err := pgxpool.ParseConfig(sharedURL(t))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var conns []*pgx.Conn
	config.PrepareConn = func(_ context.Context, conn *pgx.Conn) (bool, error) {
		mu.Lock()
		defer mu.Unlock()
		conns = append(conns, conn)
		return true, nil
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	s, err := postgres.New(t.Context(), pool, postgres.WithSchema(newSchema()))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	unlock, err := s.Lock(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context(), []mirror.Table{notes}); err != nil {
		t.Fatal(err)
	}
	if _, err := conns[len(conns)-1].Exec(t.Context(), "SELECT pg_advisory_unlock_all()"); err != nil {
		t.Fatal(err)
	}
	d := &database{TB: t}
	_, err = s.Begin(t.Context())
	d.fails(err, "the lock is lost")
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
}

// A role may limit how long statements take. That does not end the wait for the lock.
func TestTheWaitForTheLockHasNoLimit(t *testing.T) {
	d := newDatabase(t, sharedURL(t)+"&statement_timeout=300&lock_timeout=300&idle_session_timeout=300", notes)
	unlock := d.lock()
	got := make(chan error, 1)
	other := d.open()
	go func() {
		unlock, err := other.Lock(t.Context(), true)
		if err == nil {
			err = unlock()
		}
		got <- err
	}()
	for len(d.ask("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")) == 0 {
		time.Sleep(time.Millisecond)
	}
	d.exec("SELECT pg_sleep(0.4)")
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Fatal(err)
	}
}

// Two mirrors in one database have a lock each.
func TestEachSchemaHasALock(t *testing.T) {
	a, b := newDatabase(t, sharedURL(t), notes), newDatabase(t, sharedURL(t), notes)
	if err := errors.Join(a.lock()(), b.lock()()); err != nil {
		t.Fatal(err)
	}
	first := a.lock()
	second, err := b.store.Lock(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(first(), second()); err != nil {
		t.Fatal(err)
	}
}

// Nothing or all of a transaction survives the end of the server at any time.
func TestTheServerIsKilled(t *testing.T) {
	server := servers.Postgres(t)
	d := newDatabase(t, server.URL, notes, mirror.Table{Name: "cursor", KeyColumns: 1, Columns: notes.Columns[:2]})
	confirmed := -1
	const each = 150
	for round := range 4 {
		if round > 0 {
			d.store = d.open()
			d.connect()
			// What was confirmed is there, and of what was not all or nothing.
			got := d.ask("SELECT note FROM cursor UNION ALL SELECT 'rows ' || count(*) FROM notes")
			last := confirmed
			if want := afterCommit(confirmed, each); !slices.Equal(got, want) {
				last++
				if want := afterCommit(last, each); !slices.Equal(got, want) {
					t.Fatalf("there is %q, must be %q or one more", got, afterCommit(confirmed, each))
				}
			}
			confirmed = last
		}
		d.lock()
		stopped := make(chan error, 1)
		enough := make(chan bool)
		go func() {
			first := confirmed + 1
			for i := first; ; i++ {
				err := transact(t.Context(), d.store, func(tx mirror.Tx) error {
					return errors.Join(
						tx.Upsert(t.Context(), "notes", note(i*each, (i+1)*each, "a")),
						tx.Upsert(t.Context(), "cursor", []mirror.Row{row("cursor", fmt.Sprint("cursor ", i))}))
				})
				if err != nil {
					stopped <- err
					return
				}
				confirmed = i
				if i == first+3 {
					close(enough)
				}
			}
		}()
		<-enough
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := <-stopped; err == nil {
			t.Fatal("a transaction on a server that is gone is no error")
		}
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		if _, err := d.store.Begin(t.Context()); err == nil {
			t.Fatal("a transaction after the lock is lost is no error")
		}
	}
}

// afterCommit returns what the database must have after a transaction.
func afterCommit(i, each int) []string {
	if i < 0 {
		return []string{"rows 0"}
	}
	return []string{fmt.Sprint("cursor ", i), fmt.Sprint("rows ", (i+1)*each)}
}
