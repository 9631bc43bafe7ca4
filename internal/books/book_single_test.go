package books

import (
	"context"
	"errors"
	"strings"

	"github.com/clarify-go/clarify"
)

func (b *book) create(ctx context.Context, withEmail bool) {
	e, title := b.plan(withEmail), b.mark()
	record, err := b.people.Create(ctx, e.attributes(title))
	switch b.outcome(err) {
	case done:
		e.id = record.ID
		e.wrote(title)
		b.check(e, record.Attributes)
	case unknown:
		e.mayHaveWritten(title)
	}
}

func (b *book) upsert(ctx context.Context, e *entry) {
	title := b.mark()
	record, err := b.people.Create(ctx, e.attributes(title), clarify.MatchOn("email_addresses"))
	switch b.outcome(err) {
	case done:
		if e.there == yes && e.id != "" && e.id != record.ID {
			b.fail("the upsert of %s made another record", e.mark)
		}
		e.id = record.ID
		e.wrote(title)
		b.check(e, record.Attributes)
	case unknown:
		e.mayHaveWritten(title)
		e.id = b.idIfSure(e)
	}
}

// idIfSure is the id of an entry, unless it may have got another.
func (b *book) idIfSure(e *entry) string {
	if e.there == yes {
		return e.id
	}
	return ""
}

func (b *book) update(ctx context.Context, e *entry) {
	title := b.mark()
	record, err := b.people.Update(ctx, e.id, contact{Title: title})
	switch b.outcome(err) {
	case done:
		if e.there == no {
			b.fail("%s was deleted, and updated", e.mark)
		}
		e.wrote(title)
		b.check(e, record.Attributes)
	case failed:
		b.notFound(e, err)
	case unknown:
		if e.there != no {
			e.titles[title] = true
		}
	}
}

// notFound takes note of a record that was not found.
func (b *book) notFound(e *entry, err error) {
	if !errors.Is(err, clarify.ErrNotFound) {
		return
	}
	if e.there == yes {
		b.fail("%s is there, and was not found: %v", e.mark, err)
	}
	e.there, e.batch = no, nil
}

func (b *book) delete(ctx context.Context, picked []*entry) {
	var ids []string
	for _, e := range picked {
		ids = append(ids, e.id)
	}
	err := b.people.Delete(ctx, ids...)
	switch b.outcome(err) {
	case done:
		for _, e := range picked {
			e.there, e.batch = no, nil
		}
	case failed:
		if len(picked) == 1 {
			b.notFound(picked[0], err)
		} else if errors.Is(err, clarify.ErrNotFound) && !anyMissing(picked) {
			b.fail("all records are there, and were not found: %v", err)
		}
	case unknown:
		for _, e := range picked {
			e.there = min(e.there, maybe)
		}
	}
}

func (b *book) get(ctx context.Context, e *entry) {
	record, err := b.people.Get(ctx, e.id)
	switch {
	case err == nil:
		if e.there == no {
			b.fail("%s was deleted, and read", e.mark)
		}
		e.there = yes
		b.check(e, record.Attributes)
	default:
		b.notFound(e, err)
	}
}

func (b *book) merge(ctx context.Context, into, source *entry) {
	err := b.people.Merge(ctx, into.id, source.id)
	switch b.outcome(err) {
	case done:
		if into.there == no || source.there == no {
			b.fail("%s (%v) was merged into %s (%v)", source.mark, source.there, into.mark, into.there)
		}
		into.there, into.batch = yes, nil
		source.there, source.batch = no, nil
	case failed:
		if errors.Is(err, clarify.ErrNotFound) && !anyMissing([]*entry{into, source}) {
			b.fail("both records are there, and were not found: %v", err)
		}
	case unknown:
		source.there = min(source.there, maybe)
	}
}

// list reads everything that is this book's.
func (b *book) list(ctx context.Context, opts ...clarify.QueryOption) {
	seen, all := map[string]string{}, map[string]bool{}
	for record, err := range b.people.All(ctx, opts...) {
		if err != nil {
			return
		}
		if all[record.ID] {
			b.fail("the record %s is listed twice", record.ID)
		}
		all[record.ID] = true
		if record.Attributes.Name == nil {
			b.fail("a record has no name")
			continue
		}
		mark := record.Attributes.Name.First
		if owner, _, _ := strings.Cut(mark, "-"); owner != b.owner {
			continue
		}
		if seen[mark] != "" {
			b.fail("%s is there twice", mark)
		}
		seen[mark] = record.ID
		found := false
		for _, e := range b.entries {
			if e.mark != mark {
				continue
			}
			found = true
			if e.there == no {
				b.fail("%s is listed, and the books say it is not there", mark)
			}
			if e.id != "" && e.id != record.ID {
				b.fail("%s has another id than in the response", mark)
			}
			e.id, e.there = record.ID, yes
			b.check(e, record.Attributes)
		}
		if !found {
			b.fail("%s was never written", mark)
		}
	}
	for _, e := range b.entries {
		if seen[e.mark] != "" {
			continue
		}
		if e.there == yes {
			b.fail("%s is not listed, and the books say it is there", e.mark)
		}
		if e.batch != nil {
			for _, other := range e.batch.entries {
				if seen[other.mark] != "" && other.batch == e.batch {
					b.fail("%s was created, and %s of the same request not", other.mark, e.mark)
				}
			}
		}
	}
	for _, e := range b.entries {
		if seen[e.mark] == "" {
			e.there = no
		}
		e.batch = nil
	}
}

// check compares a record with the books, which then know which title it has.
func (b *book) check(e *entry, got contact) {
	if got.Name == nil || got.Name.First != e.mark {
		b.fail("%s has another name", e.mark)
	}
	if !e.titles[got.Title] {
		b.fail("%s has the title %q, and was given %v", e.mark, got.Title, e.titles)
	}
	e.titles = map[string]bool{got.Title: true}
}
