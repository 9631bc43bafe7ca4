package mirror

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/clarify-go/clarify"
)

// WithAll makes [Verify] compare everything instead of counts and samples.
func WithAll() Option { return func(c *config) { c.verify.all = true } }

// WithSamples sets how many records of each object [Verify] compares: as many chosen at
// random, and as many of the latest. The default is 25.
func WithSamples(n int) Option {
	return func(c *config) {
		if n < 1 {
			c.fail("WithSamples(%d): must be 1 or more", n)
		}
		c.verify.samples = n
	}
}

// WithRepair makes [Verify] write what the API has where the mirror differs.
func WithRepair() Option { return func(c *config) { c.verify.repair = true } }

// verifying are the options of Verify.
type verifying struct {
	all, repair bool
	samples     int
}

const (
	defaultSamples = 25
	// maxDifferences is how many differences a verification names.
	maxDifferences = 1000
)

// Verification is what [Verify] found.
type Verification struct {
	// Run is what the run did that brought the mirror up to date.
	Run Summary
	// Objects has each object, by name.
	Objects map[string]*Compared
	// Differences are the first 1000 differences, and Count is how many there are.
	Differences []Difference
	Count       int
	// Repaired is how many of them were repaired.
	Repaired int
}

// Compared is how much of an object was compared.
type Compared struct {
	// API and Mirror are how many records both have. API is -1 if the API does not say.
	API, Mirror int
	// Records is how many records were compared.
	Records int
}

// Difference is something that the mirror does not have as the API has it.
type Difference struct {
	// Table is the table, and ID the record or the key of the row.
	Table, ID string
	// Problem is "missing" if the mirror does not have it, "extra" if the API does not,
	// "different" if both have it, and "count" if the numbers of records differ.
	Problem string
	Detail  string
	// Repaired is whether the mirror has been made equal.
	Repaired bool
}

// Verify compares the mirror with the workspace: the numbers of records and samples, or
// with [WithAll] every record, link and row. It brings the mirror up to date first, as
// [Run] does. What differs is compared once more after another run, so that a change
// which was made meanwhile is no difference; in a workspace that changes all the time,
// numbers may differ all the same.
//
// It takes the options of Run, which should be those that the mirror is kept with.
// Differences are no error.
func Verify(ctx context.Context, client *clarify.Client, store Store, opts ...Option) (v *Verification, err error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	c.verify.samples = cmp.Or(c.verify.samples, defaultSamples)
	unlock, err := store.Lock(ctx, c.wait)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	v = &Verification{Objects: map[string]*Compared{}}
	r := &verifier{Verification: v, config: c, client: client, store: store}
	return v, r.verify(ctx)
}

// verifier is one call of Verify.
type verifier struct {
	*Verification
	*config
	client *clarify.Client
	store  Store
	engine *engine
}

// catchUp brings the mirror up to date.
func (r *verifier) catchUp(ctx context.Context) error {
	r.engine = newEngine(r.client, r.store, r.config)
	err := r.engine.run(ctx)
	if r.Run.Objects == nil {
		r.Run = r.engine.summary
		r.Run.Duration = time.Since(r.engine.start)
	}
	return err
}

func (r *verifier) verify(ctx context.Context) error {
	if err := r.catchUp(ctx); err != nil {
		return err
	}
	suspects := map[string][]string{} // the ids of records, by object
	miscounted := map[string]bool{}
	for _, o := range r.engine.model.objects {
		found, err := r.object(ctx, o)
		if err != nil {
			return fmt.Errorf("mirror: %s: %w", o.name, err)
		}
		if suspects[o.name] = found; r.miscounted(o.name) {
			miscounted[o.name] = true
		}
	}
	if len(miscounted) > 0 || slices.ContainsFunc(r.engine.model.objects, func(o *object) bool { return len(suspects[o.name]) > 0 }) {
		if err := r.catchUp(ctx); err != nil {
			return err
		}
		for _, o := range r.engine.model.objects {
			if err := r.confirm(ctx, o, suspects[o.name], miscounted[o.name]); err != nil {
				return fmt.Errorf("mirror: %s: %w", o.name, err)
			}
		}
	}
	if err := r.tables(ctx); err != nil {
		return err
	}
	if r.config.verify.all {
		return r.lists(ctx)
	}
	return nil
}

// object compares the records of an object, and returns the ids of those that differ.
func (r *verifier) object(ctx context.Context, o *object) ([]string, error) {
	compared := &Compared{API: -1}
	r.Objects[o.name] = compared
	if err := r.count(ctx, o); err != nil {
		return nil, err
	}
	if r.config.verify.all {
		return r.compareAll(ctx, o)
	}
	return r.compareSamples(ctx, o)
}

// count counts the records of an object on both sides.
func (r *verifier) count(ctx context.Context, o *object) error {
	compared := r.Objects[o.name]
	compared.Mirror, compared.API = 0, -1
	for _, err := range r.store.Rows(ctx, o.table.Name, []string{columnID}, nil) {
		if err != nil {
			return err
		}
		compared.Mirror++
	}
	for page, err := range clarify.NewRecords[json.RawMessage](r.client, o.name).Pages(ctx, clarify.PageSize(1), clarify.Limit(1)) {
		if err != nil {
			return err
		}
		if n := page.Meta.TotalRecords; n != nil {
			compared.API = *n
		}
	}
	return nil
}

func (r *verifier) miscounted(object string) bool {
	c := r.Objects[object]
	return c.API >= 0 && c.API != c.Mirror
}

// confirm compares records that differed once more, after another run.
func (r *verifier) confirm(ctx context.Context, o *object, suspects []string, miscounted bool) error {
	if miscounted {
		if err := r.count(ctx, o); err != nil {
			return err
		}
		if miscounted = r.miscounted(o.name); miscounted && r.config.verify.repair && !r.config.verify.all {
			// All have to be compared to find the ones.
			more, err := r.compareAll(ctx, o)
			if err != nil {
				return err
			}
			suspects = append(suspects, more...)
		}
	}
	slices.Sort(suspects)
	found := r.Count
	for _, id := range slices.Compact(suspects) {
		if err := r.confirmRecord(ctx, o, id); err != nil {
			return err
		}
	}
	if miscounted && r.Count == found {
		c := r.Objects[o.name]
		r.differ(Difference{Table: o.table.Name, Problem: "count", Detail: fmt.Sprintf("the API has %d records, the mirror %d", c.API, c.Mirror)})
	}
	return nil
}

func (r *verifier) differ(d Difference) {
	r.Count++
	if d.Repaired {
		r.Repaired++
	}
	if len(r.Differences) < maxDifferences {
		r.Differences = append(r.Differences, d)
	}
}

// confirmRecord compares a record, and repairs it.
func (r *verifier) confirmRecord(ctx context.Context, o *object, id string) error {
	record, err := clarify.NewRecords[json.RawMessage](r.client, o.name).Get(ctx, id, includedOf(o)...)
	if errors.Is(err, clarify.ErrNotFound) {
		record, err = nil, nil
	}
	if err != nil {
		return err
	}
	row, err := r.row(ctx, o, id)
	if err != nil {
		return err
	}
	problem, detail := "", ""
	switch {
	case record == nil && row == nil:
		return nil
	case record == nil:
		problem = "extra"
	case row == nil:
		problem = "missing"
	default:
		if detail, err = r.compare(ctx, o, record, row); err != nil || detail == "" {
			return err
		}
		problem = "different"
	}
	d := Difference{Table: o.table.Name, ID: id, Problem: problem, Detail: detail, Repaired: r.config.verify.repair}
	if d.Repaired {
		if err := r.repair(ctx, o, id, record); err != nil {
			return err
		}
	}
	r.differ(d)
	return nil
}

func includedOf(o *object) []clarify.QueryOption {
	if len(o.links) == 0 {
		return nil
	}
	return []clarify.QueryOption{included(o.links)}
}

// repair writes a record as the API has it, or removes it if that is nil.
func (r *verifier) repair(ctx context.Context, o *object, id string, record *clarify.Record[json.RawMessage]) error {
	e, b := r.engine, newBatch()
	if record == nil {
		if err := e.removeRecord(ctx, b, o, id); err != nil {
			return err
		}
		return e.commit(ctx, b)
	}
	rec := newRecord(record)
	e.putRecord(b, o, &rec, false)
	for _, l := range o.links {
		now, err := e.links(ctx, l, record)
		if err == nil {
			err = e.setLinks(ctx, b, l, id, now)
		}
		if err != nil {
			return err
		}
	}
	all := e.askOne(ctx, o, id, false)
	if all.err != nil {
		return all.err
	}
	if err := e.putBelongings(ctx, b, o, id, &all); err != nil {
		return err
	}
	return e.commit(ctx, b)
}

// compareSamples compares records that are chosen at random from the mirror, and the
// latest ones of the API.
func (r *verifier) compareSamples(ctx context.Context, o *object) (suspects []string, err error) {
	n := r.config.verify.samples
	var sample []string
	seen := 0
	for row, err := range r.store.Rows(ctx, o.table.Name, []string{columnID}, nil) {
		if err != nil {
			return nil, err
		}
		if seen++; len(sample) < n {
			sample = append(sample, row[0].Text)
		} else if i := rand.IntN(seen); i < n {
			sample[i] = row[0].Text
		}
	}
	records := clarify.NewRecords[json.RawMessage](r.client, o.name)
	look := func(id string, record *clarify.Record[json.RawMessage]) error {
		r.Objects[o.name].Records++
		row, err := r.row(ctx, o, id)
		if err != nil {
			return err
		}
		if row == nil || record == nil {
			suspects = append(suspects, id)
			return nil
		}
		detail, err := r.compare(ctx, o, record, row)
		if detail != "" {
			suspects = append(suspects, id)
		}
		return err
	}
	for _, id := range sample {
		record, err := records.Get(ctx, id, includedOf(o)...)
		if errors.Is(err, clarify.ErrNotFound) {
			record, err = nil, nil
		}
		if err == nil {
			err = look(id, record)
		}
		if err != nil {
			return nil, err
		}
	}
	latest := append(includedOf(o), clarify.OrderBy(columnCreated, clarify.Descending), clarify.Limit(n))
	for record, err := range records.All(ctx, latest...) {
		if err == nil {
			err = look(cleanText(record.ID), &record)
		}
		if err != nil {
			return nil, err
		}
	}
	return suspects, nil
}
