package books

import (
	"context"
	"errors"
	"slices"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

func (b *book) createMany(ctx context.Context, count int, matchOn string) {
	var request gen.CreateRecordsRequest
	if matchOn != "" {
		request.MatchOn = &matchOn
	}
	title := b.mark()
	var planned []*entry
	for range count {
		e := b.plan(matchOn != "")
		planned = append(planned, e)
		attributes := gen.Attributes{"name": map[string]any{"first_name": e.mark, "last_name": "Books"}, "job_title": title}
		if e.email != "" {
			attributes["email_addresses"] = map[string]any{"items": []string{e.email}}
		}
		request.Data = append(request.Data, gen.NewRecord{Type: "person", Attributes: attributes})
	}
	response, err := b.client.CreateBulkRecordsWithResponse(ctx, "person", nil, request)
	switch b.outcome(err) {
	case done:
		if got := len(response.JSON201.Data); got != count {
			b.fail("%d records were created, and the response has %d", count, got)
			return
		}
		for i, e := range planned {
			e.id = response.JSON201.Data[i].ID
			e.wrote(title)
		}
	case unknown:
		together := &batch{planned}
		for _, e := range planned {
			e.mayHaveWritten(title)
			e.batch = together
		}
	}
}

// pickUpserts returns up to count different entries that have an email address,
// so that they can be written whether they are there or not.
func (b *book) pickUpserts(from, count int) []*entry {
	picked := []*entry{}
	for n := range b.entries {
		if e := b.pick(from + n); e.email != "" && len(picked) < count {
			picked = append(picked, e)
		}
	}
	return picked
}

// importMany imports new records, some of which the API must reject, and known
// ones, which it is to find if they are there.
func (b *book) importMany(ctx context.Context, o operation, known []*entry) {
	title := b.mark()
	opts := bulkOptions(o)
	planned := known
	for range 2 * o.Count {
		planned = append(planned, b.plan(known != nil))
	}
	inputs := make([]contact, len(planned))
	for i, e := range planned {
		inputs[i] = e.attributes(title)
	}
	if known != nil {
		opts = append(opts, clarify.MatchOn("email_addresses"))
	}
	bad := contact{Name: &name{First: b.owner + "-bad", Last: "Books"}, Emails: &emails{Items: []string{"nobody"}}, Title: title}
	inputs = slices.Insert(inputs, o.Record%(len(inputs)+1), bad)
	results, next, early := 0, 0, false
	for r, err := range b.people.Import(ctx, slices.Values(inputs), opts...) {
		if early = err != nil; early {
			break
		}
		if r.Index != results {
			b.fail("result %d of an import is of input %d", results, r.Index)
		}
		results++
		if r.Input.Emails == bad.Emails {
			if r.Outcome != clarify.Refused && r.Outcome != clarify.Unknown && r.Outcome != clarify.NotDone {
				b.fail("what the API must reject is %v", r.Outcome)
			}
			continue
		}
		e := planned[next]
		next++
		switch r.Outcome {
		case clarify.Created, clarify.Updated, clarify.Written:
			b.known.done++
			if e.there == yes && e.id != "" && e.id != r.Record.ID {
				b.fail("the import of %s made another record", e.mark)
			}
			if e.there == yes && r.Outcome == clarify.Created && known == nil {
				b.fail("%s was created twice", e.mark)
			}
			e.id = r.Record.ID
			e.wrote(title)
			b.check(e, r.Record.Attributes)
		case clarify.Unknown:
			b.known.unknown++
			e.mayHaveWritten(title)
			e.id = b.idIfSure(e)
		default:
			b.known.failed++
			if r.Err == nil {
				b.fail("%s is %v, and it is not said why", e.mark, r.Outcome)
			}
		}
	}
	b.complete("an import", results, len(inputs), early)
}

// complete checks that what was written in bulk has a result for every input,
// unless it ended early.
func (b *book) complete(what string, results, inputs int, early bool) {
	if !early && results != inputs {
		b.fail("%s of %d inputs has %d results", what, inputs, results)
	}
}

func (b *book) bulkUpdate(ctx context.Context, picked []*entry, o operation) {
	title := b.mark()
	changes := func(yield func(clarify.Change) bool) {
		for _, e := range picked {
			if !yield(clarify.Change{ID: e.id, Changes: contact{Title: title}}) {
				return
			}
		}
	}
	results, early := 0, false
	for r, err := range b.people.BulkUpdate(ctx, changes, bulkOptions(o)...) {
		if early = err != nil; early {
			break
		}
		results++
		e := picked[r.Index]
		switch r.Outcome {
		case clarify.Updated:
			b.known.done++
			if e.there == no {
				b.fail("%s was deleted, and updated in bulk", e.mark)
			}
			e.wrote(title)
			b.check(e, r.Record.Attributes)
		case clarify.Unknown:
			b.known.unknown++
			if e.there != no {
				e.titles[title] = true
			}
		default:
			b.known.failed++
			b.notFound(e, r.Err)
		}
	}
	b.complete("a bulk update", results, len(picked), early)
}

func (b *book) bulkDelete(ctx context.Context, picked []*entry, o operation) {
	ids := func(yield func(string) bool) {
		for _, e := range picked {
			if !yield(e.id) {
				return
			}
		}
	}
	results, early := 0, false
	for r, err := range b.people.BulkDelete(ctx, ids, bulkOptions(o)...) {
		if early = err != nil; early {
			break
		}
		results++
		e := picked[r.Index]
		switch r.Outcome {
		case clarify.Deleted:
			b.known.done++
			e.there, e.batch = no, nil
		case clarify.Unknown:
			b.known.unknown++
			e.there = min(e.there, maybe)
		default:
			b.known.failed++
			b.notFound(e, r.Err)
		}
	}
	b.complete("a bulk deletion", results, len(picked), early)
}

func (b *book) updateMany(ctx context.Context, picked []*entry) {
	var request gen.UpdateRecordsRequest
	title := b.mark()
	for _, e := range picked {
		request.Data = append(request.Data, gen.RecordUpdate{Type: "person", ID: e.id, Attributes: gen.Attributes{"job_title": title}})
	}
	_, err := b.client.UpdateRecordsWithResponse(ctx, "person", nil, request)
	switch b.outcome(err) {
	case done:
		for _, e := range picked {
			if e.there == no {
				b.fail("%s was deleted, and updated in bulk", e.mark)
			}
			e.wrote(title)
		}
	case failed:
		if errors.Is(err, clarify.ErrNotFound) && !anyMissing(picked) {
			b.fail("all records are there, and were not found: %v", err)
		}
	case unknown:
		for _, e := range picked {
			if e.there != no {
				e.titles[title] = true
			}
		}
	}
}

// bulkOptions allow several small batches in flight.
func bulkOptions(o operation) []clarify.BulkOption {
	return []clarify.BulkOption{clarify.BatchSize(1 + o.Detail%5), clarify.Concurrency(1 + o.Record%3)}
}

func anyMissing(entries []*entry) bool {
	for _, e := range entries {
		if e.there != yes {
			return true
		}
	}
	return false
}
