package doctor

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/doctor/report"
)

// checkTyped reads records of the built-in objects as their Go types, and encodes
// them again.
func checkTyped(ctx context.Context, p *probe) error {
	for _, read := range []func(context.Context, *probe) error{
		typedReader("person", clarify.People, func(a clarify.Person) clarify.Fields { return a.Extra }),
		typedReader("company", clarify.Companies, func(a clarify.Company) clarify.Fields { return a.Extra }),
		typedReader("deal", clarify.Deals, func(a clarify.Deal) clarify.Fields { return a.Extra }),
		typedReader("meeting", clarify.Meetings, func(a clarify.Meeting) clarify.Fields { return a.Extra }),
		typedReader("task", clarify.Tasks, func(a clarify.Task) clarify.Fields { return a.Extra }),
	} {
		if err := read(ctx, p); err != nil {
			return err
		}
	}
	if !p.checked {
		p.notChecked("there are no records of the built-in objects")
	}
	return nil
}

// typedReader reads records of one object as T, whose Extra has what T cannot
// express.
func typedReader[T any](object string, records func(*clarify.Client) *clarify.Records[T], extra func(T) clarify.Fields) func(context.Context, *probe) error {
	return func(ctx context.Context, p *probe) error {
		s, err := p.sample(ctx, object)
		if err != nil || s == nil {
			return err
		}
		options := []clarify.QueryOption{clarify.OrderBy("_created_at", clarify.Descending), clarify.PageSize(p.options.Records), clarify.Limit(p.options.Records)}
		for page, err := range records(p.client).Pages(ctx, options...) {
			if err != nil {
				return p.failedInLibrary(ctx, err, "records of a built-in object cannot be read as their type")
			}
			for _, r := range page.Records {
				compareTyped(p, s, r, extra(r.Attributes))
			}
		}
		return nil
	}
}

func compareTyped[T any](p *probe, s *sample, r clarify.Record[T], extra clarify.Fields) {
	p.same()
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		// A field that is set to its zero value is left out of JSON, so these stay there.
		if _, typed := builtIn[s.name][name]; typed && !isZero(extra[name]) {
			p.breaks(s.page, "%v of %v is %v that the Go field cannot express", p.names.Field(name), p.names.Object(s.name), report.Shape(extra[name]))
		}
	}
	i := slices.IndexFunc(s.records, func(sent record) bool { return sent.id == r.ID })
	if i < 0 {
		return // It is newer than the sample.
	}
	again, err := json.Marshal(r.Attributes)
	if err != nil {
		p.breaks(s.page, "the attributes of a record of %v cannot be encoded", p.names.Object(s.name))
		return
	}
	for _, lost := range differences(nil, s.records[i].attributes, decodeJSON(again)) {
		p.found(report.Found{Kind: report.Library, Operation: p.operation(s.page), Place: p.names.Place(lost.path), What: lost.what})
	}
}

// isZero reports whether a JSON value is the zero value of a Go field, or null.
func isZero(value any) bool {
	return value == nil || value == false || value == ""
}

// failedInLibrary notes that a call of the library failed, unless that is for the
// context's end.
func (p *probe) failedInLibrary(ctx context.Context, err error, what report.Constant) error {
	if ctx.Err() != nil {
		return err
	}
	p.breaks(nil, "%v", report.Word(what))
	return nil
}

// checkIterators reads collections with the library's iterators, and compares how
// much they read with what the API says that there is.
func checkIterators(ctx context.Context, p *probe) error {
	schemas, err := p.loadSchemas(ctx)
	if err != nil {
		return err
	}
	n := 0
	for _, err := range p.client.Schemas(ctx) {
		if err != nil {
			return p.failedInLibrary(ctx, err, "Schemas ends with an error")
		}
		n++
	}
	p.same()
	if n != len(schemas) {
		p.breaks(p.schemaPages[0], "Schemas reads %v schemas of %v", report.Int(n), report.Int(len(schemas)))
	}
	samples, err := p.samples(ctx)
	if err != nil {
		return err
	}
	for _, s := range samples {
		if s.total < 1 || s.total > maxCounted {
			continue
		}
		for _, stable := range []bool{false, true} {
			if err := p.countRecords(ctx, s, stable); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxCounted is how many records an object may have for all of them to be read.
const maxCounted = 500

// countRecords reads all records of an object, in pages of which there are a few.
func (p *probe) countRecords(ctx context.Context, s *sample, stable bool) error {
	options := []clarify.QueryOption{clarify.PageSize(max(10, s.total/3))}
	what := report.Constant("All")
	if stable {
		options, what = append(options, clarify.Stable()), "All with Stable"
	}
	n := 0
	for _, err := range clarify.NewRecords[json.RawMessage](p.client, s.name).All(ctx, options...) {
		if err != nil {
			return p.failedInLibrary(ctx, err, what+" ends with an error")
		}
		n++
	}
	if n < s.total {
		p.breaks(s.page, "%v reads fewer records than meta.total_records says", report.Word(what))
	}
	return nil
}
