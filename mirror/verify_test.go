package mirror_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/mirror"
)

// damage changes rows behind the mirror's back.
func (w *world) damage(do func(tx mirror.Tx) error) {
	w.Helper()
	tx, err := w.store.Begin(w.Context())
	if err == nil {
		err = do(tx)
	}
	if err == nil {
		err = tx.Commit(w.Context())
	}
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) verify(opts ...mirror.Option) *mirror.Verification {
	w.Helper()
	v, err := mirror.Verify(w.Context(), w.client, w.store, opts...)
	if err != nil {
		w.Fatal(err)
	}
	return v
}

// found returns the table and the problem of each difference, sorted.
func found(v *mirror.Verification) (all []string) {
	for _, d := range v.Differences {
		all = append(all, strings.TrimSpace(d.Table+" "+d.Problem+" "+d.Detail))
	}
	slices.Sort(all)
	return all
}

func TestVerifyFindsAndRepairsWhatDiffers(t *testing.T) {
	w := newWorld(t)
	w.server.Seed(t, 60)
	people := w.peopleIDs()
	if err := clarify.NewRecords[clarify.Fields](w.client, "person").Link(t.Context(), people[0], "deals", w.refs("deal")...); err != nil {
		t.Fatal(err)
	}
	w.run()
	if v := w.verify(mirror.WithAll()); v.Count != 0 || v.Objects["person"].Records != len(people) || v.Objects["person"].API != len(people) {
		t.Fatalf("an equal mirror: %+v, %v", v.Objects["person"], v.Differences)
	}
	damage := func() {
		w.damage(func(tx mirror.Tx) error {
			table, row := w.rowOf("person", people[1])
			i := slices.IndexFunc(table.Columns, func(c mirror.Column) bool { return c.Name == "job_title" })
			row[i] = mirror.TextValue("damaged")
			extra := slices.Clone(row)
			extra[0] = mirror.TextValue("zzz")
			for _, err := range []error{
				tx.Upsert(t.Context(), "person", []mirror.Row{row, extra}),
				tx.Delete(t.Context(), "person", []mirror.Key{{people[2]}}),
				tx.Delete(t.Context(), "person__deals", []mirror.Key{{people[0]}}),
				tx.Truncate(t.Context(), "_users"),
			} {
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	want := []string{"_users missing", "deal different people", "person different deals", "person different job_title", "person extra", "person missing"}
	damage()
	v := w.verify(mirror.WithAll())
	got := slices.Compact(found(v))
	got = slices.DeleteFunc(got, func(d string) bool { return d == "deal different people" })
	want = slices.DeleteFunc(want, func(d string) bool { return d == "deal different people" })
	if !slices.Equal(got, want) || v.Repaired != 0 {
		t.Errorf("found %q, want %q", got, want)
	}
	if v := w.verify(mirror.WithAll(), mirror.WithRepair()); v.Count == 0 || v.Repaired != v.Count {
		t.Errorf("%d of %d were repaired", v.Repaired, v.Count)
	}
	w.equal()
	if v := w.verify(mirror.WithAll()); v.Count != 0 {
		t.Errorf("after the repair: %v", v.Differences)
	}

	// Samples of everything find the same.
	damage()
	if got := slices.Compact(found(w.verify(mirror.WithSamples(100)))); len(got) < 4 {
		t.Errorf("samples found %q", got)
	}
	// A count that differs has all records compared, to be repaired.
	if v := w.verify(mirror.WithSamples(1), mirror.WithRepair()); v.Repaired != v.Count {
		t.Errorf("%d of %d were repaired: %q", v.Repaired, v.Count, found(v))
	}
}

func TestVerifyFindsWhatIsMissingAmongManyByTheirNumber(t *testing.T) {
	w := newWorld(t)
	w.server.Seed(t, 200)
	w.run()
	people := w.peopleIDs()
	w.damage(func(tx mirror.Tx) error {
		return tx.Delete(t.Context(), "person", []mirror.Key{{people[len(people)/2]}})
	})
	v := w.verify(mirror.WithSamples(1))
	if got := found(v); len(got) != 1 || !strings.HasPrefix(got[0], "person count the API has ") && got[0] != "person missing" {
		t.Errorf("found %q", got)
	}
	if v := w.verify(mirror.WithSamples(1), mirror.WithRepair()); v.Repaired != 1 {
		t.Errorf("%+v", v)
	}
	w.equal()
}

func (w *world) peopleIDs() (ids []string) {
	w.Helper()
	for _, ref := range w.refs("person") {
		ids = append(ids, ref.ID)
	}
	return ids
}

func (w *world) refs(object string) (refs []clarify.Ref) {
	w.Helper()
	for record, err := range clarify.NewRecords[clarify.Fields](w.client, object).All(w.Context()) {
		if err != nil {
			w.Fatal(err)
		}
		refs = append(refs, clarify.Ref{Type: object, ID: record.ID})
	}
	return refs
}

// rowOf returns a table and one of its rows.
func (w *world) rowOf(name, id string) (mirror.Table, mirror.Row) {
	w.Helper()
	tables, err := w.store.Tables(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	i := slices.IndexFunc(tables, func(t mirror.Table) bool { return t.Name == name })
	var columns []string
	for _, c := range tables[i].Columns {
		columns = append(columns, c.Name)
	}
	for row, err := range w.store.Rows(w.Context(), name, columns, nil) {
		if err != nil {
			w.Fatal(err)
		}
		if row[0].Text == id {
			return tables[i], slices.Clone(row)
		}
	}
	w.Fatalf("%s has no row %s", name, id)
	return mirror.Table{}, nil
}
