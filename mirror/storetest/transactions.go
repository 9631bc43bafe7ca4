package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/clarify-go/clarify/mirror"
)

var errUndo = errors.New("undo")

var transactionCases = []testCase{
	{"An upsert replaces rows with the same keys", func(d *database) {
		s := d.with(notes)
		d.upsert(s, "notes", row("1", "a"), row("2", "b"))
		d.upsert(s, "notes", row("3", "c"), row("2", "B"), row("1", "a"))
		d.has(s, "1 a", "2 B", "3 c")
		d.upsert(s, "notes", mirror.Row{mirror.TextValue("2"), {}})
		d.has(s, "1 a", "2 null", "3 c")
		d.upsert(s, "notes")
		d.has(s, "1 a", "2 null", "3 c")
	}},
	{"What a transaction does counts in its order", func(d *database) {
		s := d.with(notes, pairs)
		d.in(s, func(tx mirror.Tx) error {
			return errors.Join(
				tx.Upsert(d.Context(), "notes", []mirror.Row{row("1", "a"), row("2", "b")}),
				tx.Delete(d.Context(), "notes", []mirror.Key{{"1"}, {"nothing"}}),
				tx.Upsert(d.Context(), "pairs", []mirror.Row{row("x", "y", "1")}),
				tx.Upsert(d.Context(), "notes", []mirror.Row{row("1", "again"), row("3", "c")}),
				tx.Delete(d.Context(), "notes", []mirror.Key{{"3"}}),
			)
		})
		d.has(s, "1 again", "2 b")
		d.in(s, func(tx mirror.Tx) error {
			return errors.Join(tx.Truncate(d.Context(), "notes"), tx.Upsert(d.Context(), "notes", []mirror.Row{row("4", "d")}))
		})
		d.has(s, "4 d")
	}},
	{"A part of a key deletes all rows that begin with it", func(d *database) {
		s := d.with(pairs)
		d.upsert(s, "pairs", row("a", "1", "1"), row("a", "2", "2"), row("b", "1", "3"), row("c", "1", "4"), row("c", "2", "5"))
		d.in(s, func(tx mirror.Tx) error {
			return tx.Delete(d.Context(), "pairs", []mirror.Key{{"a"}, {"c", "2"}, {"nothing"}})
		})
		var got mirror.Row
		for _, r := range d.rows(s, "pairs", []string{"n"}, nil) {
			got = append(got, r[0])
		}
		if show(got) != "3 4" {
			d.Errorf("the rows %s are left, must be 3 4", show(got))
		}
	}},
	{"Others see a transaction when it is committed, and then all of it", func(d *database) {
		s := d.with(notes)
		other := d.store()
		d.upsert(s, "notes", row("1", "a"))
		d.in(s, func(tx mirror.Tx) error {
			if err := errors.Join(tx.Upsert(d.Context(), "notes", []mirror.Row{row("2", "b")}), tx.Delete(d.Context(), "notes", []mirror.Key{{"1"}})); err != nil {
				return err
			}
			d.has(s, "1 a")
			d.has(other, "1 a")
			return nil
		})
		d.has(s, "2 b")
		d.has(other, "2 b")
	}},
	{"A rollback undoes everything", func(d *database) {
		s := d.with(notes)
		d.upsert(s, "notes", row("1", "a"))
		for _, do := range []func(tx mirror.Tx) error{
			func(tx mirror.Tx) error {
				return tx.Upsert(d.Context(), "notes", []mirror.Row{row("1", "changed"), row("2", "b")})
			},
			func(tx mirror.Tx) error { return tx.Delete(d.Context(), "notes", []mirror.Key{{"1"}}) },
			func(tx mirror.Tx) error { return tx.Truncate(d.Context(), "notes") },
		} {
			err := transact(d.Context(), s, func(tx mirror.Tx) error {
				if err := do(tx); err != nil {
					return err
				}
				return errUndo
			})
			if !errors.Is(err, errUndo) {
				d.Fatalf("%v", err)
			}
			d.has(s, "1 a")
		}
	}},
	{"A rollback after the commit does nothing", func(d *database) {
		s := d.with(notes)
		tx, err := s.Begin(d.Context())
		if err != nil {
			d.Fatalf("Begin: %v", err)
		}
		if err := errors.Join(tx.Upsert(d.Context(), "notes", []mirror.Row{row("1", "a")}), tx.Commit(d.Context()), tx.Rollback()); err != nil {
			d.Fatalf("%v", err)
		}
		d.has(s, "1 a")
		d.upsert(s, "notes", row("2", "b"))
		d.has(s, "1 a", "2 b")
	}},
	{"A transaction whose context ends leaves nothing", func(d *database) {
		s := d.with(notes)
		ctx, cancel := context.WithCancel(d.Context())
		err := transact(ctx, s, func(tx mirror.Tx) error {
			if err := tx.Upsert(ctx, "notes", []mirror.Row{row("1", "a")}); err != nil {
				return err
			}
			cancel()
			return nil
		})
		if err == nil {
			d.Errorf("it is no error")
		}
		d.has(s)
		d.upsert(s, "notes", row("2", "b"))
		d.has(s, "2 b")
	}},
	{"What cannot be written is an error, and the database remains usable", func(d *database) {
		s := d.with(notes)
		for name, do := range map[string]func(tx mirror.Tx) error{
			"a table that does not exist": func(tx mirror.Tx) error { return tx.Upsert(d.Context(), "nothing", []mirror.Row{row("1", "a")}) },
			"a row with too few values":   func(tx mirror.Tx) error { return tx.Upsert(d.Context(), "notes", []mirror.Row{row("1")}) },
			"a row with too many values":  func(tx mirror.Tx) error { return tx.Upsert(d.Context(), "notes", []mirror.Row{row("1", "a", "b")}) },
			"a key that is null":          func(tx mirror.Tx) error { return tx.Upsert(d.Context(), "notes", []mirror.Row{make(mirror.Row, 2)}) },
			"deleting from no table":      func(tx mirror.Tx) error { return tx.Delete(d.Context(), "nothing", []mirror.Key{{"1"}}) },
			"truncating no table":         func(tx mirror.Tx) error { return tx.Truncate(d.Context(), "nothing") },
			"a key with too many values":  func(tx mirror.Tx) error { return tx.Delete(d.Context(), "notes", []mirror.Key{{"1", "2"}}) },
		} {
			if err := transact(d.Context(), s, do); err == nil {
				d.Errorf("%s: no error", name)
			}
			d.has(s)
		}
		d.upsert(s, "notes", row("1", "a"))
		d.has(s, "1 a")
	}},
	{"What is committed survives the process", func(d *database) {
		s := d.with(notes)
		d.upsert(s, "notes", row("1", "a"))
		tx, err := s.Begin(d.Context())
		if err == nil {
			err = tx.Upsert(d.Context(), "notes", []mirror.Row{row("2", "b")})
		}
		if err != nil {
			d.Fatalf("%v", err)
		}
		d.Cleanup(func() { _ = tx.Rollback() })
		d.has(d.store(), "1 a")
	}},
}

var lockCases = []testCase{
	{"The lock is for one", func(d *database) {
		s, other := d.store(), d.store()
		unlock := d.lock(s, true)
		for _, store := range []mirror.Store{s, other} {
			if _, err := store.Lock(d.Context(), false); !errors.Is(err, mirror.ErrLocked) {
				d.Fatalf("the second lock: %v, must match ErrLocked", err)
			}
		}
		if err := unlock(); err != nil {
			d.Fatalf("unlock: %v", err)
		}
		unlock = d.lock(other, false)
		if _, err := s.Lock(d.Context(), false); !errors.Is(err, mirror.ErrLocked) {
			d.Fatalf("the second lock: %v, must match ErrLocked", err)
		}
		if err := unlock(); err != nil {
			d.Fatalf("unlock: %v", err)
		}
	}},
	{"Lock waits", func(d *database) {
		s, other := d.store(), d.store()
		unlock := d.lock(s, true)
		got := make(chan error, 1)
		var second func() error
		go func() {
			u, err := other.Lock(d.Context(), true)
			second = u
			got <- err
		}()
		select {
		case err := <-got:
			d.Fatalf("it did not wait: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
		if err := unlock(); err != nil {
			d.Fatalf("unlock: %v", err)
		}
		if err := <-got; err != nil {
			d.Fatalf("after unlock: %v", err)
		}
		if err := second(); err != nil {
			d.Fatalf("unlock: %v", err)
		}
	}},
	{"Waiting for the lock ends with the context", func(d *database) {
		s, other := d.store(), d.store()
		unlock := d.lock(s, true)
		ctx, cancel := context.WithTimeout(d.Context(), 10*time.Millisecond)
		defer cancel()
		if _, err := other.Lock(ctx, true); !errors.Is(err, context.DeadlineExceeded) {
			d.Fatalf("%v, must match context.DeadlineExceeded", err)
		}
		if err := unlock(); err != nil {
			d.Fatalf("unlock: %v", err)
		}
	}},
	{"Who has the lock can write, and others can read", func(d *database) {
		s := d.with(notes)
		other := d.store()
		unlock := d.lock(s, true)
		d.upsert(s, "notes", row("1", "a"))
		d.has(other, "1 a")
		wider := notes
		wider.Columns = append(wider.Columns[:2:2], mirror.Column{Name: "n", Kind: mirror.Number})
		d.migrate(s, wider)
		d.hasColumns(other, []string{"_id", "n"}, "1 null")
		if err := unlock(); err != nil {
			d.Fatalf("unlock: %v", err)
		}
	}},
	{"Closing the database unlocks it", func(d *database) {
		s := d.store()
		d.lock(s, true)
		if err := s.Close(); err != nil {
			d.Fatalf("Close: %v", err)
		}
		if err := d.lock(d.store(), false)(); err != nil {
			d.Fatalf("unlock: %v", err)
		}
	}},
}

func (d *database) lock(s mirror.Store, wait bool) (unlock func() error) {
	d.Helper()
	unlock, err := s.Lock(d.Context(), wait)
	if err != nil {
		d.Fatalf("Lock: %v", err)
	}
	return unlock
}
