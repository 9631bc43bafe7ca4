package books

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
	"pgregory.net/rapid"
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

const (
	no is = iota
	maybe
	yes
)

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

// bulkOptions allow several small batches in flight.
func bulkOptions(o operation) []clarify.BulkOption {
	return []clarify.BulkOption{clarify.BatchSize(1 + o.Detail%5), clarify.Concurrency(1 + o.Record%3)}
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

func anyMissing(entries []*entry) bool {
	for _, e := range entries {
		if e.there != yes {
			return true
		}
	}
	return false
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

// login gets a token whose revocation can be survived.
func login(ctx context.Context, server *clarifytest.Server) (*authn.Source, error) {
	config := authn.NewConfig("books", "", "http://127.0.0.1:9/callback")
	config.Endpoint.AuthURL, config.Endpoint.TokenURL = server.AuthorizeURL, server.TokenURL
	hc := server.HTTPClient()
	flow, err := authn.NewCodeFlow(config, authn.WithHTTPClient(hc))
	if err != nil {
		return nil, err
	}
	address, started := flow.Start()
	rsp, err := hc.Get(address)
	if err != nil {
		return nil, err
	}
	defer rsp.Body.Close()
	callback, err := url.Parse(rsp.Header.Get("Location"))
	if err != nil {
		return nil, err
	}
	token, err := flow.Finish(ctx, started, callback.Query())
	if err != nil {
		return nil, err
	}
	return authn.NewTokenSource(config, authn.NewMemoryStore(token), authn.WithHTTPClient(hc)), nil
}

type totals struct{ operations, done, failed, unknown atomic.Int64 }

// runAll runs programs at the same time on one server, each with books of its
// own, and returns what was wrong.
func runAll(t *testing.T, programs [][]operation, sum *totals) (wrong []string) {
	synctest.Test(t, func(t *testing.T) {
		server := clarifytest.NewServer(clarifytest.WithMemoryNetwork(), clarifytest.WithoutValidation(), clarifytest.WithTranscript(0))
		defer server.Close()
		ctx := t.Context()
		var books []*book
		for i := range programs {
			var auth authn.RequestEditorFn
			source, err := login(ctx, server)
			if err != nil {
				wrong = append(wrong, err.Error())
				return
			}
			auth = authn.TokenSource(source)
			hc := &http.Client{Transport: owned{fmt.Sprintf("p%d", i), server.HTTPClient().Transport}}
			client, err := clarify.New(server.Workspace, auth, clarify.WithBaseURL(server.BaseURL), clarify.WithHTTPClient(hc))
			if err != nil {
				wrong = append(wrong, err.Error())
				return
			}
			books = append(books, &book{
				owner: fmt.Sprintf("p%d", i), client: client, server: server,
				people: clarify.NewRecords[contact](client, "person"),
			})
		}
		var wg sync.WaitGroup
		for i, b := range books {
			wg.Go(func() { b.run(ctx, programs[i]) })
		}
		wg.Wait()
		server.Wait()
		time.Sleep(time.Minute)
		server.RemoveFaults()
		// The response to a refresh may be lost like any other, which can end a grant. A
		// key reads what there is in spite of that.
		judge, err := clarify.New(server.Workspace, authn.APIKey(server.APIKey), clarify.WithBaseURL(server.BaseURL), clarify.WithHTTPClient(server.HTTPClient()))
		if err != nil {
			wrong = append(wrong, err.Error())
			return
		}
		for i, b := range books {
			b.people = clarify.NewRecords[contact](judge, "person")
			b.list(ctx, clarify.Where("job_title", clarify.StartsWith, b.owner+"-"))
			b.settle(ctx)
			wrong = append(wrong, b.wrong...)
			sum.operations.Add(int64(len(programs[i])))
			sum.done.Add(int64(b.known.done))
			sum.failed.Add(int64(b.known.failed))
			sum.unknown.Add(int64(b.known.unknown))
		}
	})
	return wrong
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

// Whatever goes wrong, the client reports of each write whether it was done.
func TestTheBooksAgreeWithTheSandbox(t *testing.T) {
	wanted := int64(10_000)
	if text := os.Getenv("BOOKS"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 {
			t.Fatalf("BOOKS=%s is no number of operations", text)
		}
		wanted = n
	}
	if err := flag.Set("rapid.checks", "20"); err != nil {
		t.Fatal(err)
	}
	var sum totals
	for sum.operations.Load() < wanted && !t.Failed() {
		rapid.Check(t, func(rt *rapid.T) {
			programs := rapid.SliceOfN(program, 1, 4).Draw(rt, "programs")
			if wrong := runAll(t, programs, &sum); len(wrong) > 0 {
				rt.Fatalf("%d entries are wrong:\n%s", len(wrong), strings.Join(wrong[:min(len(wrong), 20)], "\n"))
			}
		})
	}
	t.Logf("%d operations; of the writes %d done, %d failed, %d unknown", sum.operations.Load(), sum.done.Load(), sum.failed.Load(), sum.unknown.Load())
}
