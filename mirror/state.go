package mirror

import (
	"context"
	"maps"
	"strings"
)

// The keys of the notes in the table _state. Those that end in / are followed by the
// name of an object.
const (
	noteCursor    = "cursor/"    // where the changes resume
	noteSweep     = "sweep/"     // set while everything is read again: rows not seen will go
	noteRefreshed = "refreshed/" // when everything was read last
	noteLinks     = "links/"     // the links of all records must be read
	noteSince     = "since/"     // a time before the changes of all pending records
	noteWalk      = "walk/"      // the record up to which all were asked for what belongs to them
	noteForm      = "form/"      // how records become rows
	noteBackfill  = "backfill/"  // set while the rows are made again
	noteAbsent    = "absent/"    // the object has no records endpoint
	noteDigest    = "digest/"    // of what a table has, by table
)

// state is what the table _state has.
type state map[string]string

func readState(ctx context.Context, store Store) (state, error) {
	s := state{}
	for row, err := range store.Rows(ctx, tableState, []string{"key", "value"}, nil) {
		if err != nil {
			return nil, err
		}
		s[row[0].Text] = row[1].Text
	}
	return s, nil
}

// notes are changes of the state, to be committed with what they are about. An empty
// value removes a note.
type notes map[string]string

// write writes notes in a transaction. The state has them when it is committed.
func (n notes) write(ctx context.Context, tx Tx) error {
	var rows []Row
	var gone []Key
	for key, value := range n {
		if value == "" {
			gone = append(gone, Key{key})
		} else {
			rows = append(rows, Row{TextValue(key), TextValue(value)})
		}
	}
	if len(rows) > 0 {
		if err := tx.Upsert(ctx, tableState, rows); err != nil {
			return err
		}
	}
	if len(gone) > 0 {
		return tx.Delete(ctx, tableState, gone)
	}
	return nil
}

// take takes over notes that were committed.
func (s state) take(n notes) {
	for key, value := range n {
		if value == "" {
			delete(s, key)
		} else {
			s[key] = value
		}
	}
}

// forget returns notes that remove all of some objects.
func (s state) forget(isGone func(object string) bool) notes {
	n := notes{}
	for key := range maps.Keys(s) {
		if kind, object, ok := strings.Cut(key, "/"); ok && kind != "digest" && kind != "absent" && kind != "rows" && isGone(object) {
			n[key] = ""
		}
	}
	return n
}
