package books

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
)

// contact is what the programs write.
type contact struct {
	Name   *name   `json:"name,omitempty"`
	Emails *emails `json:"email_addresses,omitempty"`
	Title  string  `json:"job_title,omitempty"`
}

type name struct {
	First string `json:"first_name"`
	Last  string `json:"last_name"`
}

type emails struct {
	Items []string `json:"items"`
}

// is says whether something is there.
type is int

func (i is) String() string { return [...]string{"not there", "maybe there", "there"}[i] }

// entry is what the books have on one record.
type entry struct {
	mark   string // its first name, which nothing else has
	email  string // empty if it has none
	id     string // empty if the client never said
	there  is
	titles map[string]bool // those that it may have
	batch  *batch          // with whom it was created, if that is not known
}

// batch is a bulk create whose outcome is not known: all are there, or none.
type batch struct{ entries []*entry }

// book is a client, what it reported, and what of that was wrong.
type book struct {
	owner  string
	client *clarify.Client
	people *clarify.Records[contact]
	server *clarifytest.Server

	entries []*entry
	marks   int
	wrong   []string
	known   struct{ done, failed, unknown int }
}

func (b *book) fail(format string, args ...any) {
	b.wrong = append(b.wrong, b.owner+": "+fmt.Sprintf(format, args...))
}

func (b *book) mark() string {
	b.marks++
	return fmt.Sprintf("%s-%d", b.owner, b.marks)
}

// outcome is what the client reported of a write.
type outcome int

const (
	done outcome = iota
	failed
	unknown
)

func (b *book) outcome(err error) outcome {
	switch {
	case err == nil:
		b.known.done++
		return done
	case errors.Is(err, clarify.ErrOutcomeUnknown):
		b.known.unknown++
		return unknown
	}
	b.known.failed++
	return failed
}

// pick returns an entry by its distance from the latest, or nil.
func (b *book) pick(n int) *entry {
	if len(b.entries) == 0 {
		return nil
	}
	return b.entries[len(b.entries)-1-n%len(b.entries)]
}

// pickIDs returns up to count different entries that have an id.
func (b *book) pickIDs(from, count int) []*entry {
	var picked []*entry
	for n := range b.entries {
		if e := b.pick(from + n); e.id != "" {
			picked = append(picked, e)
		}
		if len(picked) == count {
			break
		}
	}
	return picked
}

func (b *book) run(ctx context.Context, program []operation) {
	for i, o := range program {
		before := len(b.wrong)
		var injected *clarifytest.Injection
		switch {
		case o.Fault == refused:
			b.server.RefuseConnections()
			time.AfterFunc(time.Duration(o.Detail)*10*time.Millisecond, func() {
				if err := b.server.AcceptConnections(); err != nil {
					panic(err)
				}
			})
		case o.Fault >= 0:
			injected = b.server.Inject(faults[o.Fault](o.Detail), clarifytest.Times(o.Times), clarifytest.Matching(func(r *http.Request) bool {
				return r.Header.Get("X-Owner") == b.owner
			}))
		}
		b.do(ctx, o)
		if injected != nil {
			injected.Remove()
			// What was reset while it was carried out is to be done with.
			b.server.Wait()
		}
		for n := range b.wrong[before:] {
			b.wrong[before+n] += fmt.Sprintf(" (operation %d: %v)", i, o)
		}
	}
}

func (b *book) do(ctx context.Context, o operation) {
	switch o.Kind {
	case createRecord:
		b.create(ctx, o.Count%2 == 0)
	case upsertRecord:
		e := b.pick(o.Record)
		if e == nil || e.email == "" || o.Count == 1 {
			e = b.plan(true)
		}
		b.upsert(ctx, e)
	case updateRecord:
		if picked := b.pickIDs(o.Record, 1); picked != nil {
			b.update(ctx, picked[0])
		}
	case deleteRecord:
		if picked := b.pickIDs(o.Record, 1); picked != nil {
			b.delete(ctx, picked)
		}
	case getRecord:
		if picked := b.pickIDs(o.Record, 1); picked != nil {
			b.get(ctx, picked[0])
		}
	case createMany:
		b.createMany(ctx, o.Count, "")
	case upsertMany:
		b.createMany(ctx, o.Count, "email_addresses")
	case updateMany:
		if picked := b.pickIDs(o.Record, o.Count); picked != nil {
			b.updateMany(ctx, picked)
		}
	case deleteMany:
		if picked := b.pickIDs(o.Record, o.Count); picked != nil {
			b.delete(ctx, picked)
		}
	case mergeRecords:
		// One that has an email address takes none from the other.
		if picked := b.pickIDs(o.Record, 2); len(picked) == 2 && picked[0].email != "" {
			b.merge(ctx, picked[0], picked[1])
		}
	case listRecords:
		// The filter leaves out the others', whose writes would shift the pages.
		b.list(ctx, clarify.PageSize(1+o.Record), clarify.Where("job_title", clarify.StartsWith, b.owner+"-"))
	case importRecords:
		b.importMany(ctx, o, nil)
	case importUpserts:
		b.importMany(ctx, o, b.pickUpserts(o.Record, o.Count))
	case bulkUpdate:
		b.bulkUpdate(ctx, b.pickIDs(o.Record, 2*o.Count), o)
	case bulkDelete:
		b.bulkDelete(ctx, b.pickIDs(o.Record, o.Count), o)
	case listStable:
		b.list(ctx, clarify.Stable(), clarify.PageSize(20+2*o.Record), clarify.Concurrency(o.Count))
	}
}

// plan makes an entry for a record that is to be created.
func (b *book) plan(withEmail bool) *entry {
	e := &entry{mark: b.mark(), titles: map[string]bool{}}
	if withEmail {
		e.email = e.mark + "@books.example"
	}
	b.entries = append(b.entries, e)
	return e
}

func (e *entry) attributes(title string) contact {
	c := contact{Name: &name{First: e.mark, Last: "Books"}, Title: title}
	if e.email != "" {
		c.Emails = &emails{Items: []string{e.email}}
	}
	return c
}

// wrote notes that the title was set, and that the record is there.
func (e *entry) wrote(title string) {
	e.there, e.titles, e.batch = yes, map[string]bool{title: true}, nil
}

// mayHaveWritten notes that it may have been, whatever became of those that it was
// to be created with.
func (e *entry) mayHaveWritten(title string) {
	e.there, e.batch = max(e.there, maybe), nil
	e.titles[title] = true
}

// owned marks the requests of one book.
type owned struct {
	owner string
	next  http.RoundTripper
}

func (o owned) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Owner", o.owner)
	return o.next.RoundTrip(r)
}

// settle checks that the books were compared with everything.
func (b *book) settle(ctx context.Context) {
	for _, e := range b.entries {
		if e.there == maybe {
			b.fail("%s was not looked for", e.mark)
		}
	}
	for _, e := range b.entries {
		if e.id == "" {
			continue
		}
		_, err := b.people.Get(ctx, e.id)
		if (err == nil) != (e.there == yes) {
			b.fail("%s is %v, and a read says: %v", e.mark, e.there, err)
		}
	}
}
