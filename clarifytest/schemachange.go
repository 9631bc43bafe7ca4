package clarifytest

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// schemaLag is how long a change of the schemas is under way: until so many more
// requests to the workspace have been answered, or until the clock has moved by
// so much, whichever comes first.
type schemaLag struct {
	requests int
	time     time.Duration
}

var defaultSchemaLag = schemaLag{requests: 1, time: time.Second}

// schemaWork is a change of the schemas that is under way. It is immutable.
type schemaWork struct {
	user  string
	next  *schemas
	edits []valueEdit
	left  int       // requests that are answered before it is done
	until time.Time // when it is done in any case
}

// valueEdit is what a change of the schemas does to the values of a field, in
// all records of an object.
type valueEdit struct {
	object, field string

	// convert returns what becomes of a value, which is not null, and whether that
	// is another one. If convert is nil the field is no more: its values and links
	// go.
	convert func(value any) (any, bool)
}

// responding calls f as the response to one request, while the schemas stay what
// they are. A change of them that is under way ends before or after.
func (s *state) responding(f func() (reply, error)) (reply, error) {
	s.advanceSchemas(1)
	defer s.advanceSchemas(0)
	s.gate.RLock()
	defer s.gate.RUnlock()
	return f()
}

// advanceSchemas makes the change of the schemas that is under way if it is due,
// and else counts requests.
func (s *state) advanceSchemas(requests int) {
	s.mu.RLock()
	idle := s.work == nil
	s.mu.RUnlock()
	if idle {
		return
	}
	s.gate.Lock()
	defer s.gate.Unlock()
	s.mu.RLock()
	work := s.work
	s.mu.RUnlock()
	if work == nil {
		return
	}
	_ = s.write(work.user, func(c *change) error {
		if work.left <= 0 || !c.now.Before(work.until) {
			c.setWork(nil)
			// Records that came meanwhile may be such that the change cannot be made.
			if c.checkUnique(work.next.objects) == nil {
				c.finishSchemas(work)
			}
			return nil
		}
		counted := *work
		counted.left -= requests
		c.setWork(&counted)
		return nil
	})
}

// beginSchemas has a change of the schemas made when it has lasted as long as it
// is to. There is one at a time: see checkIdle.
func (c *change) beginSchemas(d *draft, lag schemaLag) {
	c.setWork(&schemaWork{
		user:  c.user,
		next:  newSchemas(c.state.quirks, d.objects),
		edits: d.edits,
		left:  lag.requests,
		until: c.now.Add(lag.time),
	})
}

// checkIdle is the response while a change of the schemas is under way.
func (s *state) checkIdle() error {
	if s.work != nil {
		return fail(http.StatusConflict, "The schemas are being changed by another request. Try again in a moment.")
	}
	return nil
}

func (c *change) setWork(work *schemaWork) {
	s, old := c.state, c.state.work
	s.work = work
	c.undo = append(c.undo, func() { s.work = old })
}

func (c *change) finishSchemas(work *schemaWork) {
	old := c.state.schemas
	c.setSchemas(work.next)
	for _, spec := range work.next.objects {
		c.convert(spec, slices.DeleteFunc(slices.Clone(work.edits), func(e valueEdit) bool { return e.object != spec.name }))
		if before := old.find(spec.name); before != nil && !slices.Equal(before.unique, spec.unique) {
			c.reindex(spec)
		}
	}
}

// convert changes the records of an object as the edits say.
func (c *change) convert(spec *objectSpec, edits []valueEdit) {
	if len(edits) == 0 {
		return
	}
	for _, r := range slices.Clone(c.state.table(spec).all()) {
		if changed := converted(r, edits); changed != nil {
			c.replace(r, changed)
		}
	}
}

// converted returns what edits make of a record, or nil if that is the same.
func converted(r *record, edits []valueEdit) *record {
	edited := r
	for _, e := range edits {
		value, has := edited.lookup(e.field)
		_, linked := edited.links[e.field]
		switch {
		case e.convert == nil && (has || linked):
			attributes, links := maps.Clone(edited.attributes()), maps.Clone(edited.links)
			delete(attributes, e.field)
			delete(links, e.field)
			edited = edited.with(attributes)
			edited.links = links
		case e.convert != nil && value != nil:
			if another, differs := e.convert(value); differs {
				edited = edited.with(values.With(edited.attributes(), e.field, another))
			}
		}
	}
	if edited == r {
		return nil
	}
	return edited
}

// reindex makes the indexes of unique fields anew.
func (c *change) reindex(spec *objectSpec) {
	t := c.table(spec)
	old := t.unique
	t.index(spec)
	c.undo = append(c.undo, func() { t.unique = old })
}

// draft is schemas that are being made from others.
type draft struct {
	objects []*objectSpec
	edits   []valueEdit
}

func (s *schemas) draft() *draft { return &draft{objects: slices.Clone(s.objects)} }

// find returns an object as it is so far.
func (d *draft) find(name string) *objectSpec {
	for _, o := range d.objects {
		if o.name == name {
			return o
		}
	}
	return nil
}

// put adds an object, or replaces the one of its name.
func (d *draft) put(o *objectSpec) {
	for i := range d.objects {
		if d.objects[i].name == o.name {
			d.objects[i] = o
			return
		}
	}
	d.objects = append(d.objects, o)
}

// setField adds a field to an object, or replaces the one of its name.
func (d *draft) setField(object, name string, schema jsonSchema) {
	o := d.find(object)
	fields := maps.Clone(o.fields)
	fields[name] = newField(name, schema)
	d.put(newObject(o.name, o.plural, o.document, fields))
}

// removeField removes a field, and its values and links from all records.
func (d *draft) removeField(object, name string) {
	o := d.find(object)
	fields := maps.Clone(o.fields)
	delete(fields, name)
	d.put(newObject(o.name, o.plural, o.document, fields))
	d.edits = append(d.edits, valueEdit{object: object, field: name})
}

// removeObject removes an object, and the relationships that lead to it.
func (d *draft) removeObject(name string) {
	d.objects = slices.DeleteFunc(d.objects, func(o *objectSpec) bool { return o.name == name })
	for _, o := range slices.Clone(d.objects) {
		for _, field := range slices.Sorted(maps.Keys(o.fields)) {
			if r := o.fields[field].relation; r != nil && r.object == name {
				d.removeField(o.name, field)
			}
		}
	}
}

// nextRank is the place of a field that is added to an object.
func (d *draft) nextRank(object string) int {
	last := 0
	for _, f := range d.find(object).fields {
		last = max(last, int(f.rank()))
	}
	return last + 1
}
