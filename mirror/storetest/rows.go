package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/clarify-go/clarify/mirror"
)

var rowCases = []testCase{
	{"Rows come in the order of the bytes of their keys", func(d *database) {
		s := d.with(notes)
		ids := []string{"", " ", "-", "0", "10", "9", "A", "B", "Z", "_", "a", "a-b", "a_b", "aa", "ab", "b", "z", "Ä", "ä", "é", "日", "\uffff", "🙂"}
		if !slices.IsSorted(ids) {
			d.Fatalf("the test is wrong")
		}
		var all []mirror.Row
		for i := range ids {
			all = append(all, row(ids[(i*7)%len(ids)], "x"))
		}
		d.upsert(s, "notes", all...)
		for i := range ids {
			var got []string
			for _, r := range d.rows(s, "notes", []string{"_id"}, mirror.Key{ids[i]}) {
				got = append(got, r[0].Text)
			}
			if !slices.Equal(got, ids[i+1:]) {
				d.Errorf("after %q come %q, must be %q", ids[i], got, ids[i+1:])
			}
		}
		if n := len(d.rows(s, "notes", []string{"_id"}, nil)); n != len(ids) {
			d.Errorf("there are %d rows, must be %d", n, len(ids))
		}
		if got := d.rows(s, "notes", []string{"_id"}, mirror.Key{"a!"}); len(got) == 0 || got[0][0].Text != "a-b" {
			d.Errorf("after a key that no row has come %v", got)
		}
	}},
	{"Rows with several key columns come in their order", func(d *database) {
		s := d.with(pairs)
		d.upsert(s, "pairs", row("b", "1", "1"), row("a", "2", "2"), row("a", "10", "3"), row("a", "", "4"), row("ab", "1", "5"))
		for _, c := range []struct {
			after mirror.Key
			want  string
		}{{nil, "4 3 2 5 1"}, {mirror.Key{"a", "10"}, "2 5 1"}, {mirror.Key{"a", "2"}, "5 1"}, {mirror.Key{"ab", ""}, "5 1"}, {mirror.Key{"b", "1"}, ""}} {
			var got mirror.Row
			for _, r := range d.rows(s, "pairs", []string{"n"}, c.after) {
				got = append(got, r[0])
			}
			if show(got) != c.want {
				d.Errorf("after %q come %q, must be %q", c.after, show(got), c.want)
			}
		}
	}},
	{"Rows can be many", func(d *database) {
		s := d.with(notes, pairs)
		var all []mirror.Row
		const n = 12_345
		for i := range n {
			all = append(all, row(fmt.Sprintf("%05d", (i*7919)%n), fmt.Sprint("note ", (i*7919)%n)))
		}
		d.upsert(s, "notes", all...)
		d.upsert(s, "notes", all...)
		i := 0
		for r, err := range s.Rows(d.Context(), "notes", []string{"note", "_id"}, nil) {
			if want := fmt.Sprintf("note %d %05d", i, i); err != nil || show(r) != want {
				d.Fatalf("row %d is %q, must be %q: %v", i, show(r), want, err)
			}
			i++
			if i%5000 == 0 {
				// The loop may write.
				d.upsert(s, "pairs", row(fmt.Sprint(i), "", "1"))
				d.in(s, func(tx mirror.Tx) error {
					return tx.Delete(d.Context(), "notes", []mirror.Key{{fmt.Sprintf("%05d", i-2)}})
				})
				if len(d.rows(s, "pairs", []string{"left"}, nil)) != i/5000 {
					d.Fatalf("what the loop wrote is missing")
				}
			}
		}
		if i != n {
			d.Fatalf("there were %d rows, must be %d", i, n)
		}
		var keys []mirror.Key
		for i := range n - 1 {
			keys = append(keys, mirror.Key{fmt.Sprintf("%05d", i)})
		}
		d.in(s, func(tx mirror.Tx) error { return tx.Delete(d.Context(), "notes", keys) })
		d.has(s, fmt.Sprintf("%05d note %d", n-1, n-1))
	}},
	{"Rows remain valid after the loop", func(d *database) {
		s := d.with(notes)
		for i := range 100 {
			d.upsert(s, "notes", row(fmt.Sprintf("%02d", i), fmt.Sprint("note ", i)))
		}
		for i, r := range d.rows(s, "notes", []string{"_id", "note"}, nil) {
			if want := fmt.Sprintf("%02d note %d", i, i); show(r) != want {
				d.Errorf("row %d became %q", i, show(r))
			}
		}
	}},
	{"The loop over rows can be left", func(d *database) {
		s := d.with(notes)
		d.upsert(s, "notes", row("1", "a"), row("2", "b"))
		for range 100 {
			for range s.Rows(d.Context(), "notes", []string{"_id"}, nil) {
				break
			}
		}
		d.upsert(s, "notes", row("3", "c"))
		d.has(s, "1 a", "2 b", "3 c")
	}},
	{"Rows ends with its context", func(d *database) {
		s := d.with(notes)
		d.upsert(s, "notes", row("1", "a"))
		ctx, cancel := context.WithCancel(d.Context())
		cancel()
		failed := false
		for _, err := range s.Rows(ctx, "notes", []string{"_id"}, nil) {
			failed = failed || errors.Is(err, context.Canceled)
		}
		if !failed {
			d.Errorf("the error does not match context.Canceled")
		}
	}},
	{"Rows of a table or column that does not exist is an error", func(d *database) {
		s := d.with(notes)
		for _, c := range [][2]string{{"nothing", "_id"}, {"notes", "nothing"}} {
			failed := false
			for _, err := range s.Rows(d.Context(), c[0], []string{c[1]}, nil) {
				failed = failed || err != nil
			}
			if !failed {
				d.Errorf("the column %q of %q is no error", c[1], c[0])
			}
		}
	}},
}
