package mirror

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/clarify-go/clarify"
)

// tableOf returns a table that every mirror has.
func tableOf(name string) Table {
	for _, t := range fixedTables {
		if t.Name == name {
			return t
		}
	}
	return Table{}
}

var (
	searchTable  = tableOf(tableSearch)
	historyTable = tableOf(tableHistory)
	pendingTable = tableOf(tablePending)
	seenTable    = tableOf(tableSeen)

	// relatedTables have what belongs to a record: their keys begin with the object and
	// the id.
	relatedTables = []Table{searchTable, tableOf(tableListRows), tableOf(tableActivities), tableOf(tableComments), tableOf(tableAttachments), pendingTable}
)

// seenRecord is the kind of what the table _seen has of records.
const seenRecord = "record"

// full reports whether the batch should be written.
func (b *batch) full(limit int) bool { return b.count >= limit || b.size >= batchBytes }

// putRecord writes the row of a record, and what the full-text index has of it. A record
// that is new has nothing there.
func (e *engine) putRecord(b *batch, o *object, r *record, isNew bool) {
	row, text := o.row(r)
	b.put(o.table, row)
	if text != [searchParts]string{} {
		b.put(searchTable, Row{TextValue(o.name), row[0], TextValue(text[searchTitle]), TextValue(text[searchEmails]), TextValue(text[searchText])})
	} else if !isNew {
		b.remove(searchTable, Key{o.name, r.id})
	}
}

// removeRecord removes a record and what belongs to it.
func (e *engine) removeRecord(ctx context.Context, b *batch, o *object, id string) error {
	if e.habits.deletionsFirst && b.has(o.table, Key{id}) {
		return nil
	}
	b.remove(o.table, Key{id})
	for _, t := range relatedTables {
		b.removeAll(t, Key{o.name, id})
	}
	b.remove(seenTable, Key{seenRecord, o.name, id})
	for _, l := range o.links {
		if err := e.removeLinks(ctx, b, l, id); err != nil {
			return err
		}
	}
	return nil
}

// putHistory keeps a version of a record.
func (e *engine) putHistory(b *batch, o *object, change *clarify.RecordChange[json.RawMessage], r *record) {
	if !e.history {
		return
	}
	sum := sha256.Sum256([]byte(r.json))
	at := ""
	if v := timeValue(change.At); v.Valid {
		at = v.Text
	}
	merged := Value{}
	if change.MergedInto != "" {
		merged = TextValue(cleanText(change.MergedInto))
	}
	b.put(historyTable, Row{
		TextValue(o.name), TextValue(r.id), TextValue(at), TextValue(change.Kind.String()), TextValue(hex.EncodeToString(sum[:8])),
		merged, TextValue(r.json),
	})
}

// now is the time as notes have it.
func (e *engine) now() string { return e.start.UTC().Format(timeForm) }

// due reports whether what was done at the time of a note has to be done again.
func (e *engine) due(note string) bool { return e.dueSince(e.state[note]) }

func (e *engine) dueSince(at string) bool {
	if e.refresh < 0 {
		return false
	}
	t, err := time.Parse(time.RFC3339, at)
	// A time in the future is one of another clock.
	return err != nil || t.After(e.start.Add(time.Minute)) || e.start.Sub(t) >= e.refresh
}

// has reports whether a row is written by the batch.
func (b *batch) has(t Table, key Key) bool {
	c := b.of(t)
	i, known := c.index[joinKey(key)]
	return known && c.rows[i] != nil
}
