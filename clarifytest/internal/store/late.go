package store

import (
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
)

// late has the writes that collections do not show yet, as if they were read from a copy
// of the store that lags behind. Removals show in two collections, in each at a time of
// its own: the records, which lose the record, and the deletions, which gain it.
type late struct {
	after     func() time.Duration                // how long after a write it shows
	records   map[string]map[string][]lateVersion // by object and id, the oldest first
	deletions map[string]time.Time                // by id, when a deletion shows
}

// lateVersion is a write of a record.
type lateVersion struct {
	before *Record // what there was, nil if the record was created
	shows  time.Time
}

// ShowLate makes collections of records and of deletions show each write only after a
// time, which after returns.
func (s *Store) ShowLate(after func() time.Duration) {
	s.late = &late{after: after, records: map[string]map[string][]lateVersion{}, deletions: map[string]time.Time{}}
}

// delay notes what a transaction wrote.
func (l *late) delay(tx *Tx) {
	if l == nil {
		return
	}
	l.forget(tx.Now)
	done := map[string]bool{}
	for _, before := range tx.recorder.touched {
		done[before.ID] = true
		l.add(before.Object, before.ID, lateVersion{before, tx.Now.Add(l.after())})
		spec := tx.store.ObjectOf(before)
		if spec != nil && tx.store.Find(spec, before.ID) == nil {
			l.deletions[before.ID] = tx.Now.Add(l.after())
		}
	}
	for _, r := range tx.written {
		if !done[r.ID] {
			done[r.ID] = true
			l.add(r.Object, r.ID, lateVersion{nil, tx.Now.Add(l.after())})
		}
	}
}

func (l *late) add(object, id string, v lateVersion) {
	if l.records[object] == nil {
		l.records[object] = map[string][]lateVersion{}
	}
	l.records[object][id] = append(l.records[object][id], v)
}

// forget drops what shows.
func (l *late) forget(now time.Time) {
	for _, records := range l.records {
		for id, versions := range records {
			if !now.Before(versions[len(versions)-1].shows) {
				delete(records, id)
			}
		}
	}
	for id, shows := range l.deletions {
		if !now.Before(shows) {
			delete(l.deletions, id)
		}
	}
}

// shown returns the records of an object that its collection shows, given those that
// there are. They are in the order of _created_at and _id.
func (s *Store) shown(spec *schema.Object, all []*Record) []*Record {
	if s.late == nil || len(s.late.records[spec.Name]) == 0 {
		return all
	}
	now := s.now()
	written := s.late.records[spec.Name]
	var shown []*Record
	for _, r := range all {
		if _, late := written[r.ID]; !late {
			shown = append(shown, r)
		}
	}
	for id, versions := range written {
		if r := shownVersion(versions, s.Find(spec, id), now); r != nil {
			shown = append(shown, r)
		}
	}
	inOrder(shown)
	return shown
}

// shownVersion returns what shows of a record, nil if nothing does. latest is the record
// as it is, nil if it was removed.
func shownVersion(versions []lateVersion, latest *Record, now time.Time) *Record {
	for i := len(versions) - 1; i >= 0; i-- {
		if !now.Before(versions[i].shows) {
			return latest
		}
		latest = versions[i].before
	}
	return latest
}

// showsDeletion reports whether the deletion of a record shows.
func (l *late) showsDeletion(id string, now time.Time) bool {
	return l == nil || !now.Before(l.deletions[id])
}
