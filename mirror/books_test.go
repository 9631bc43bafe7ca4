package mirror_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/mirror"
	"github.com/clarify-go/clarify/mirror/sqlite"
)

const (
	// visibleAfter is how late a write may show, and setBack how far the server's clock
	// is set back.
	visibleAfter = 20 * time.Second
	setBack      = 10 * time.Second
	// wideEnough is an overlap that covers both.
	wideEnough = visibleAfter + setBack
)

// books are a workspace in which writers do random things, and a mirror of it that is
// killed at random.
type books struct {
	random *rand.Rand
	server *clarifytest.Server
	clock  *clarifytest.Clock
	latest time.Time // that the clock has had
	writer *clarify.Client
	reader *clarify.Client
	turn   chan struct{}       // for what requests of the mirror do; a mutex would stop the time
	made   map[string][]string // ids, by object
	writes int
	wanted int
	pace   int // how many times as much is written between two runs

	path    string
	store   *sqlite.Store
	options []mirror.Option
	last    bool // whether nobody writes or kills any more
	runs    int
	killed  int
	applied mirror.ObjectSummary
}

var bookObjects = []string{"person", "deal", "company", "c_vehicle"}

func newBooks(t *testing.T, seed uint64, dir string, options ...mirror.Option) *books {
	b := &books{
		random: rand.New(rand.NewPCG(seed, 1)), clock: clarifytest.NewClock(time.Now()), made: map[string][]string{}, pace: 1, turn: make(chan struct{}, 1),
		path: filepath.Join(dir, "mirror.sqlite"), options: options,
	}
	b.latest = b.clock.Now()
	b.server = clarifytest.NewServer(clarifytest.WithMemoryNetwork(), clarifytest.WithoutValidation(), clarifytest.WithTranscript(0),
		clarifytest.WithClock(b.clock.Now), clarifytest.WithSeed(seed), clarifytest.WithRateLimit(1<<30), clarifytest.WithLateWrites(visibleAfter),
		clarifytest.WithSchemaLag(0, 0), clarifytest.WithQuirkCustomObjectPatch(false))
	b.writer = connect(t, b.server)
	b.reader = connectBy(t, b.server, b)
	b.open(t)
	b.do(t, "POST", "schemas/objects", `{"name":"Vehicle","plural":"Vehicles","properties":{"plate":{"type":["string","null"]}}}`)
	return b
}

func (b *books) do(t *testing.T, method, path, body string) {
	if err := b.writer.Do(t.Context(), method, path, nil, json.RawMessage(body), nil); err != nil {
		t.Fatal(err)
	}
}

func (b *books) open(t *testing.T) {
	store, err := sqlite.Open(t.Context(), b.path)
	if err != nil {
		t.Fatal(err)
	}
	b.store = store
}

// startFaults makes a tenth of the requests fail.
func (b *books) startFaults(seed uint64) {
	server := func() int { return []int{500, 502, 503, 504}[b.random.IntN(4)] }
	all := []clarifytest.Fault{
		clarifytest.RateLimited(2 * time.Second), clarifytest.Latency(300 * time.Millisecond), clarifytest.HangUp(),
		clarifytest.ResetBeforeWork(), clarifytest.ResetDuringWork(), clarifytest.ResetAfterWork(), clarifytest.CutBody(b.random.IntN(500)),
		clarifytest.HTML(server()), clarifytest.HTML(http.StatusOK), clarifytest.Status(server()), clarifytest.Status(server()).AfterWork(),
		clarifytest.Status(http.StatusForbidden), clarifytest.Status(http.StatusUnprocessableEntity),
		clarifytest.Respond(http.StatusOK, http.Header{"Content-Type": {"application/json"}}, `{"data":`).AfterWork(),
	}
	for i, fault := range all {
		b.server.Inject(fault, clarifytest.Probability(0.1/float64(len(all)), seed+uint64(i)))
	}
}

// move moves the clock, or leaves it where it is, which is what it does most often.
func (b *books) move() {
	now := b.clock.Now()
	switch b.random.IntN(12) {
	case 0, 1:
		now = now.Add(time.Duration(b.random.IntN(5)) * time.Millisecond)
	case 2, 3:
		now = now.Add(time.Duration(b.random.IntN(5000)) * time.Millisecond)
	case 4:
		now = now.Add(time.Duration(b.random.IntN(60)) * time.Second)
	case 5:
		if b.random.IntN(10) == 0 {
			now = now.Add(time.Duration(b.random.IntN(48)) * time.Hour)
		}
	case 6:
		now = b.latest.Add(-time.Duration(b.random.Int64N(int64(setBack))))
	}
	if now.After(b.latest) {
		b.latest = now
	}
	b.clock.Set(now)
}

// write does one random thing to the workspace. Whether it succeeds does not matter.
func (b *books) write(ctx context.Context) {
	b.move()
	b.writes++
	object := bookObjects[b.random.IntN(len(bookObjects))]
	records := clarify.NewRecords[clarify.Fields](b.writer, object)
	ids := b.ids(object, 4)
	text := strconv.FormatUint(b.random.Uint64(), 36)
	field := map[string]string{"person": "job_title", "deal": "description", "company": "description", "c_vehicle": "plate"}[object]
	values := clarify.Fields{field: text}
	if object == "c_vehicle" && b.random.IntN(2) == 0 {
		values[fmt.Sprint("f", b.random.IntN(4))] = []any{text, true, json.Number("1.5"), "2026-01-02", nil}[b.random.IntN(5)]
	}
	fresh := func(n int) clarify.Fields {
		name := "name"
		if object == "person" || object == "c_vehicle" {
			name = field
		}
		return clarify.Fields{name: fmt.Sprint(text, n)}
	}
	switch n := b.random.IntN(21); {
	case n < 5 || len(ids) < 3:
		if r, err := records.Create(ctx, fresh(0)); err == nil {
			b.made[object] = append(b.made[object], r.ID)
		}
	case n < 10:
		_, _ = records.Update(ctx, ids[0], values)
	case n < 12:
		b.gone(object, records.Delete(ctx, ids[0]), ids[0])
	case n == 12:
		b.gone(object, records.Delete(ctx, ids...), ids...)
	case n == 13:
		sources := ids[1 : 2+b.random.IntN(2)]
		b.gone(object, records.Merge(ctx, ids[0], sources...), sources...)
	case n == 14:
		var all []clarify.Fields
		for i := range 1 + b.random.IntN(12) {
			all = append(all, fresh(i))
		}
		for result, err := range records.Import(ctx, slices.Values(all)) {
			if err == nil && result.Record != nil {
				b.made[object] = append(b.made[object], result.Record.ID)
			}
		}
	case n < 17:
		var all []clarify.Change
		for _, id := range ids {
			all = append(all, clarify.Change{ID: id, Changes: values})
		}
		for range records.BulkUpdate(ctx, slices.Values(all)) {
		}
	case n == 17:
		if people := b.ids("person", 2); len(people) > 0 && object == "deal" {
			refs := []clarify.Ref{{Type: "person", ID: people[0]}, {Type: "person", ID: people[len(people)-1]}}
			_ = records.Link(ctx, ids[0], "people", refs...)
		}
	case n == 18:
		b.changeSchema(ctx)
	default:
		// Created and deleted before anyone has read it.
		if r, err := records.Create(ctx, fresh(0)); err == nil {
			_ = records.Delete(ctx, r.ID)
		}
	}
}

// changeSchema adds, removes and changes fields.
func (b *books) changeSchema(ctx context.Context) {
	forms := []string{`{"type":["string","null"]}`, `{"type":["number","null"]}`, `{"type":["boolean","null"]}`, `{"type":["string","null"],"format":"date"}`}
	properties := []string{`"plate":{"type":["string","null"]}`}
	for i := range 4 {
		if b.random.IntN(2) == 0 {
			properties = append(properties, fmt.Sprintf(`"f%d":%s`, i, forms[b.random.IntN(len(forms))]))
		}
	}
	_ = b.writer.Do(ctx, "PUT", "schemas/objects/c_vehicle", nil, json.RawMessage(
		`{"$id":"https://getclarify.ai/schemas/entities/c_vehicle","properties":{`+strings.Join(properties, ",")+`}}`), nil)
}

// ids returns up to n of the records of an object that the writers made. Some may be gone.
func (b *books) ids(object string, n int) []string {
	all := b.made[object]
	var ids []string
	for range min(n, len(all)) {
		ids = append(ids, all[b.random.IntN(len(all))])
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// gone forgets the ids of records that were deleted.
func (b *books) gone(object string, err error, ids ...string) {
	if err == nil {
		b.made[object] = slices.DeleteFunc(b.made[object], func(id string) bool { return slices.Contains(ids, id) })
	}
}

// run does a run, which is killed at some transaction, and during which others write.
func (b *books) run(t *testing.T, opts ...mirror.Option) error {
	left := -1
	if !b.last && b.random.IntN(2) == 0 {
		left = b.random.IntN(12)
	}
	opts = slices.Concat([]mirror.Option{
		mirror.WithOverlap(wideEnough), mirror.WithRefresh(-1), mirror.WithObjects(bookObjects...), mirror.WithConcurrency(1 + b.random.IntN(4)),
		mirror.WithPageSize(4 + b.random.IntN(30)*min(b.pace, 10)), mirror.BatchSize(1 + b.random.IntN(12*b.pace)),
		mirror.KilledWhen(func() bool {
			b.turn <- struct{}{}
			defer func() { <-b.turn }()
			left--
			return left == -1
		}),
	}, b.options, opts)
	b.runs++
	summary, err := mirror.Run(t.Context(), b.reader, b.store, opts...)
	total := summary.Total()
	b.applied.Written += total.Written
	b.applied.Deleted += total.Deleted
	b.applied.Merged += total.Merged
	b.applied.Swept += total.Swept
	if errors.Is(err, mirror.ErrKilled) {
		b.killed++
		if b.random.IntN(4) == 0 {
			// The next process has another connection.
			if err := b.store.Close(); err != nil {
				t.Fatal(err)
			}
			b.open(t)
		}
	}
	return err
}

// RoundTrip lets others write between the requests of a run.
func (b *books) RoundTrip(req *http.Request) (*http.Response, error) {
	b.turn <- struct{}{}
	if !b.last && b.random.IntN(6) == 0 {
		for n := 1 + b.random.IntN(b.pace); n > 0 && b.writes < b.wanted; n-- {
			b.write(context.WithoutCancel(req.Context()))
		}
	}
	<-b.turn
	return b.server.HTTPClient().Transport.RoundTrip(req)
}

// settled returns attributes without what changes although _updated_at stays: references
// to other records, and the fields of a schema that changed.
func settled(attributes json.RawMessage) string {
	var all map[string]json.RawMessage
	_ = json.Unmarshal(attributes, &all)
	for name := range all {
		if name == "company_id" || len(name) == 2 && name[0] == 'f' {
			delete(all, name)
		}
	}
	b, _ := json.Marshal(all)
	return string(b)
}

// settle does the last runs when nobody writes any more, and returns what mirror and
// workspace do not have in common.
func (b *books) settle(t *testing.T) []string {
	b.server.Wait()
	b.server.RemoveFaults()
	b.last = true
	b.clock.Set(b.latest.Add(visibleAfter))
	var all []string
	for _, c := range []struct {
		what string
		form func(json.RawMessage) string
		opts []mirror.Option
	}{
		{"after a run", settled, nil},
		{"after a refresh", same, []mirror.Option{mirror.WithRefresh(0)}},
	} {
		if err := b.run(t, c.opts...); err != nil {
			t.Fatalf("the last run: %v", err)
		}
		differences, err := compare(t.Context(), b.reader, b.store, c.form)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range differences {
			if c.what == "after a refresh" || !strings.Contains(d, "__") {
				all = append(all, c.what+": "+d)
			}
		}
	}
	return append(all, b.searched(t)...)
}

// searched returns the records that the full-text index has or lacks wrongly.
func (b *books) searched(t *testing.T) (wrong []string) {
	_, rows, err := b.store.Query(t.Context(), `
		SELECT 'not indexed: ' || _id FROM person WHERE job_title IS NOT NULL AND _id NOT IN (SELECT id FROM search WHERE object = 'person')
		UNION ALL SELECT 'indexed: ' || id FROM search WHERE object = 'person' AND id NOT IN (SELECT _id FROM person)
		UNION ALL SELECT 'not found: ' || _id FROM person p WHERE job_title IS NOT NULL AND _id NOT IN (SELECT id FROM search WHERE search MATCH '"' || p.job_title || '"')
		UNION ALL SELECT 'pending: ' || object || ' ' || id FROM _pending
		UNION ALL SELECT 'seen: ' || kind || ' ' || id FROM _seen`)
	if err != nil {
		t.Fatal(err)
	}
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		wrong = append(wrong, fmt.Sprint(row...))
	}
	return wrong
}

// live lets writers and the mirror go on until so many things were written. At the pace 1
// a run follows some ten writes.
func live(t *testing.T, seed uint64, writes, pace int, options ...mirror.Option) (b *books, differences []string) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b = newBooks(t, seed, dir)
		b.options, b.wanted, b.pace = append(b.options, options...), writes, pace
		defer b.server.Close()
		defer func() { _ = b.store.Close() }()
		b.startFaults(seed)
		for b.writes < writes {
			if b.random.IntN(8*b.pace) > 0 {
				b.write(t.Context())
				continue
			}
			if err := b.run(t); errors.Is(err, clarify.ErrCursorExpired) || errors.Is(err, clarify.ErrCursorInvalid) {
				t.Fatal(err)
			}
		}
		differences = b.settle(t)
	})
	return b, differences
}

// Whatever the writers do, the server's clock shows, and the network loses, the mirror
// equals the workspace when they stop.
func TestAMirrorThatIsKilledEqualsTheWorkspace(t *testing.T) {
	wanted := 500
	if text := os.Getenv("MIRROR_BOOKS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("MIRROR_BOOKS=%s is no number of writes", text)
		}
		wanted = n
	}
	writes, runs, killed := 0, 0, 0
	var applied mirror.ObjectSummary
	for seed := uint64(1); writes < wanted; seed++ {
		pace := 1
		if wanted > 100_000 && seed%4 > 0 {
			pace = 1 + int(seed*7919%60)
		}
		b, differences := live(t, seed, min(wanted-writes, pace*(300+int(seed%5)*200)), pace)
		if n := len(differences); n > 0 {
			t.Fatalf("seed %d: %d differences:\n%s", seed, n, strings.Join(differences[:min(n, 10)], "\n"))
		}
		writes, runs, killed = writes+b.writes, runs+b.runs, killed+b.killed
		applied.Written += b.applied.Written
		applied.Deleted += b.applied.Deleted
		applied.Merged += b.applied.Merged
		applied.Swept += b.applied.Swept
	}
	t.Logf("%d writes, %d runs of which %d were killed, %+v, 0 differences", writes, runs, killed, applied)
}

// A test that a wrong mirror passes would prove nothing.
func TestMirrorsThatLoseChangesAreCaught(t *testing.T) {
	for name, options := range map[string][]mirror.Option{
		"without an overlap":                           {mirror.WithoutOverlap()},
		"that commit the cursor before the rows":       {mirror.CommitsCursorsFirst()},
		"that apply deletions before what was written": {mirror.DeletesFirst(), mirror.BatchSize(1000)},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := uint64(1); seed <= 10; seed++ {
				if _, differences := live(t, seed, 200, 1, options...); len(differences) > 0 {
					t.Logf("seed %d: %d differences, such as: %s", seed, len(differences), differences[0])
					return
				}
			}
			t.Error("no difference was found in 2,000 writes")
		})
	}
}
