package mirror

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/clarify-go/clarify"
)

// row returns the row of a record, nil if there is none.
func (r *verifier) row(ctx context.Context, o *object, id string) (Row, error) {
	// What is before the last character of an id is before the id, and not far from it.
	_, n := utf8.DecodeLastRuneInString(id)
	for row, err := range r.store.Rows(ctx, o.table.Name, columnNames(o.table), Key{id[:len(id)-n]}) {
		if err != nil {
			return nil, err
		}
		if row[0].Text >= id {
			if row[0].Text == id {
				return row, nil
			}
			break
		}
	}
	return nil, nil
}

// form returns a value in the form in which equal ones are the same.
func form(kind Kind, v Value) string {
	switch {
	case !v.Valid:
		return "null"
	case kind == Number:
		// A store keeps 15 digits of numbers that are no integers.
		if n, err := strconv.ParseFloat(v.Text, 64); err == nil {
			return strconv.FormatFloat(n, 'g', 15, 64)
		}
	}
	return strconv.Quote(v.Text)
}

// forms returns the values of a row in that form. Of a whole record only the attributes
// count: what else there is depends on how it was read.
func (o *object) forms(row Row) []string {
	all := make([]string, len(row))
	for i, v := range row {
		if i == len(row)-1 {
			r := readRecord(row[0].Text, v.Text)
			all[i] = r.attributes()
			continue
		}
		all[i] = form(o.table.Columns[i].Kind, v)
	}
	return all
}

func (o *object) digest(row Row) [8]byte {
	sum := sha256.New()
	for _, text := range o.forms(row) {
		fmt.Fprintf(sum, "%d %s", len(text), text)
	}
	return [8]byte(sum.Sum(nil))
}

// compare returns what differs between a record and its row, "" if nothing does.
func (r *verifier) compare(ctx context.Context, o *object, record *clarify.Record[json.RawMessage], row Row) (string, error) {
	rec := newRecord(record)
	want, _ := o.row(&rec)
	got := o.forms(row)
	var different []string
	for i, text := range o.forms(want) {
		if text != got[i] {
			different = append(different, o.table.Columns[i].Name)
		}
	}
	links, err := r.compareLinks(ctx, o, record)
	return strings.Join(append(different, links...), ", "), err
}

// compareLinks returns the relationships in which the links of a record differ.
func (r *verifier) compareLinks(ctx context.Context, o *object, record *clarify.Record[json.RawMessage]) (different []string, err error) {
	for _, l := range o.links {
		now, err := r.engine.links(ctx, l, record)
		if err != nil {
			return nil, err
		}
		have, err := r.engine.linked(ctx, l, cleanText(record.ID))
		if err != nil {
			return nil, err
		}
		if !slices.Equal(now, slices.Sorted(maps.Keys(have))) {
			different = append(different, l.field)
		}
	}
	return different, nil
}

// compareAll compares all records of an object. It holds 24 bytes for each one.
func (r *verifier) compareAll(ctx context.Context, o *object) (suspects []string, err error) {
	type idDigest [16]byte
	digestOf := func(id string) idDigest {
		sum := sha256.Sum256([]byte(id))
		return idDigest(sum[:16])
	}
	rows := map[idDigest][8]byte{}
	for row, err := range r.store.Rows(ctx, o.table.Name, columnNames(o.table), nil) {
		if err != nil {
			return nil, err
		}
		rows[digestOf(row[0].Text)] = o.digest(row)
	}
	compared := r.Objects[o.name]
	compared.Records = 0
	opts := append(r.listOptions(), clarify.Stable())
	for record, err := range clarify.NewRecords[json.RawMessage](r.client, o.name).All(ctx, append(opts, includedOf(o)...)...) {
		if err != nil {
			return nil, err
		}
		rec := newRecord(&record)
		row, _ := o.row(&rec)
		key := digestOf(rec.id)
		have, known := rows[key]
		delete(rows, key)
		different, err := r.compareLinks(ctx, o, &record)
		if err == nil && (r.activities || r.attachments) && len(different) == 0 {
			different, err = r.compareBelongings(ctx, o, rec.id)
		}
		if err != nil {
			return nil, err
		}
		if !known || have != o.digest(row) || len(different) > 0 {
			suspects = append(suspects, rec.id)
		}
		if compared.Records++; compared.Records%1000 == 0 {
			r.report(Progress{Object: o.name, Step: "verify", Done: compared.Records, Total: max(0, compared.API)})
		}
	}
	if len(rows) == 0 {
		return suspects, nil
	}
	for row, err := range r.store.Rows(ctx, o.table.Name, []string{columnID}, nil) {
		if err != nil {
			return nil, err
		}
		if _, left := rows[digestOf(row[0].Text)]; left {
			suspects = append(suspects, row[0].Text)
		}
	}
	return suspects, nil
}

// compareBelongings compares what belongs to a record, and repairs it.
func (r *verifier) compareBelongings(ctx context.Context, o *object, id string) ([]string, error) {
	all := r.engine.askOne(ctx, o, id, false)
	if all.err != nil {
		return nil, all.err
	}
	same := true
	for table, want := range all.rows {
		t := tableOf(table)
		got := map[string]bool{}
		for row, err := range rowsOf(ctx, r.store, t, columnNames(t), Key{o.name, id}) {
			if err != nil {
				return nil, err
			}
			got[rowForm(t, row)] = true
		}
		for _, row := range want {
			same = same && got[rowForm(t, row)]
		}
		if same = same && len(got) == len(want); same {
			continue
		}
		d := Difference{Table: table, ID: id, Problem: "different", Repaired: r.config.verify.repair}
		if d.Repaired {
			b := newBatch()
			if err := r.engine.putBelongings(ctx, b, o, id, &all); err != nil {
				return nil, err
			}
			if err := r.engine.commit(ctx, b); err != nil {
				return nil, err
			}
		}
		r.differ(d)
		return nil, nil
	}
	return nil, nil
}

func rowForm(t Table, row Row) string {
	var b strings.Builder
	for i, v := range row {
		b.WriteString(form(t.Columns[i].Kind, v))
		b.WriteByte(' ')
	}
	return b.String()
}

// tables compares the tables that are read as a whole.
func (r *verifier) tables(ctx context.Context) error {
	e := r.engine
	for _, part := range e.workspaceParts() {
		want, err := part.rows(ctx)
		if err != nil {
			return fmt.Errorf("mirror: %s: %w", part.table, err)
		}
		t := tableOf(part.table)
		rows := map[string]string{}
		for row, err := range r.store.Rows(ctx, t.Name, columnNames(t), nil) {
			if err != nil {
				return err
			}
			rows[strings.Join(row.Key(t.KeyColumns), " ")] = rowForm(t, row)
		}
		var found []Difference
		for _, row := range want {
			key := strings.Join(row.Key(t.KeyColumns), " ")
			have, known := rows[key]
			delete(rows, key)
			switch {
			case !known:
				found = append(found, Difference{Table: t.Name, ID: key, Problem: "missing"})
			case have != rowForm(t, row):
				found = append(found, Difference{Table: t.Name, ID: key, Problem: "different"})
			}
		}
		for _, key := range slices.Sorted(maps.Keys(rows)) {
			found = append(found, Difference{Table: t.Name, ID: key, Problem: "extra"})
		}
		if len(found) > 0 && r.config.verify.repair {
			delete(e.state, noteDigest+t.Name)
			if err := e.replace(ctx, t.Name, want); err != nil {
				return err
			}
		}
		for _, d := range found {
			d.Repaired = r.config.verify.repair
			r.differ(d)
		}
	}
	return nil
}

// lists compares the records in lists.
func (r *verifier) lists(ctx context.Context) error {
	for list, err := range r.store.Rows(ctx, tableLists, []string{columnID, "object", columnUpdated}, nil) {
		if err != nil {
			return err
		}
		id, o := list[0].Text, r.engine.model.byName[list[1].Text]
		if o == nil {
			continue
		}
		rows := map[string]bool{}
		for row, err := range r.engine.rowsOfList(ctx, o, id) {
			if err != nil {
				return err
			}
			rows[row[1].Text] = true
		}
		same := true
		for record, err := range clarify.NewRecords[struct{}](r.client, o.name).InList(ctx, id, r.listOptions()...) {
			if errors.Is(err, clarify.ErrNotFound) {
				break
			}
			if err != nil {
				return fmt.Errorf("mirror: the list %s: %w", id, err)
			}
			same = same && rows[cleanText(record.ID)]
			delete(rows, cleanText(record.ID))
		}
		if same && len(rows) == 0 {
			continue
		}
		d := Difference{Table: tableListRows, ID: id, Problem: "different", Repaired: r.config.verify.repair}
		if d.Repaired {
			if err := r.engine.listOf(ctx, o, id, list[2].Text); err != nil {
				return err
			}
		}
		r.differ(d)
	}
	return nil
}
