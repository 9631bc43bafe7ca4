package store

// Load puts new records into a copy of their table. One whose unique value is taken goes
// without.
func (tx *Tx) Load(object string, records []*Record) {
	spec := tx.store.Schemas.Find(object)
	t := tx.store.table(spec).clone(tx.store.epoch)
	tx.store.tables.Put(tx, object, t)
	if len(t.places) == 0 {
		t.order = make([]*Record, 0, len(records))
		t.places = make(map[string]int, len(records))
		for i := range t.unique {
			t.unique[i].ids = make(map[string]string, len(records))
		}
	}
	for _, r := range records {
		t.addFree(r)
	}
	t.sort()
}

// sort puts the records into the order of all, so that reading needs no sorting.
func (t *table) sort() {
	if !t.unsorted {
		return
	}
	t.order = t.all()
	for place, r := range t.order {
		t.places[r.ID] = place
	}
	t.unsorted = false
	t.latest = t.order[len(t.order)-1].CreatedAt
}
