package books

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

const (
	// visibleAfter is how late a write may show, and setBack how far the server's clock
	// is set back.
	visibleAfter = 20 * time.Second
	setBack      = 10 * time.Second
	// wideEnough is an overlap that covers both.
	wideEnough = visibleAfter + setBack
)

// habits are how a reader of changes works. The zero value is one that does it right.
type habits struct {
	noOverlap    bool
	cursorsFirst bool // stores the cursor of a change before it applies the change
}

// world is a sandbox, writers, and a copy for each object that is written.
type world struct {
	habits
	random *rand.Rand
	server *clarifytest.Server
	clock  *clarifytest.Clock
	latest time.Time // that the clock has had
	writer *clarify.Client
	copies []*replica
	made   map[string][]string // ids, by object
	done   int

	requests atomic.Int64
}

// replica is a copy of the records of one object, and what a program keeps on disk.
type replica struct {
	object  string
	records *clarify.Records[json.RawMessage]
	rows    map[string]string
	cursor  string
	merged  map[string]bool
	changes int
}

func newWorld(t *testing.T, seed uint64, h habits) *world {
	w := &world{habits: h, random: rand.New(rand.NewPCG(seed, 1)), clock: clarifytest.NewClock(time.Now()), made: map[string][]string{}}
	w.latest = w.clock.Now()
	w.server = clarifytest.NewServer(clarifytest.WithMemoryNetwork(), clarifytest.WithoutValidation(), clarifytest.WithTranscript(0),
		clarifytest.WithClock(w.clock.Now), clarifytest.WithSeed(seed), clarifytest.WithRateLimit(1<<30), clarifytest.WithLateWrites(visibleAfter),
		clarifytest.WithLog(func(clarifytest.Request) { w.requests.Add(1) }))
	connect := func(retries int) *clarify.Client {
		client, err := clarify.New(w.server.Workspace, authn.APIKey(w.server.APIKey), clarify.WithBaseURL(w.server.BaseURL),
			clarify.WithHTTPClient(w.server.HTTPClient()), clarify.WithRetries(retries))
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	w.writer = connect(1)
	reader := connect(1)
	for _, object := range []string{"person", "deal", "company"} {
		w.copies = append(w.copies, &replica{
			object: object, records: clarify.NewRecords[json.RawMessage](reader, object),
			rows: map[string]string{}, merged: map[string]bool{},
		})
	}
	for i := range faults {
		fault := faults[i](w.random.IntN(500))
		if fault.String() == "revoke" {
			continue
		}
		w.server.Inject(fault, clarifytest.Probability(0.1/float64(len(faults)), seed+uint64(i)))
	}
	return w
}

// move moves the clock, or leaves it where it is, which is what it does most often.
func (w *world) move() {
	now := w.clock.Now()
	switch w.random.IntN(12) {
	case 0, 1:
		now = now.Add(time.Duration(w.random.IntN(5)) * time.Millisecond)
	case 2, 3:
		now = now.Add(time.Duration(w.random.IntN(5000)) * time.Millisecond)
	case 4:
		now = now.Add(time.Duration(w.random.IntN(60)) * time.Second)
	case 5:
		if w.random.IntN(10) == 0 {
			now = now.Add(time.Duration(w.random.IntN(48)) * time.Hour)
		}
	case 6:
		now = w.latest.Add(-time.Duration(w.random.Int64N(int64(setBack))))
	}
	if now.After(w.latest) {
		w.latest = now
	}
	w.clock.Set(now)
}

// write does one random thing to the workspace. Whether it succeeds does not matter.
func (w *world) write(ctx context.Context) {
	w.move()
	w.done++
	c := w.copies[w.random.IntN(len(w.copies))]
	records := clarify.NewRecords[clarify.Fields](w.writer, c.object)
	ids := w.ids(c.object, 4)
	text := strconv.FormatUint(w.random.Uint64(), 36)
	values := clarify.Fields{"description": text}
	fresh := func(n int) clarify.Fields {
		if c.object == "person" {
			return clarify.Fields{"job_title": fmt.Sprint(text, n)}
		}
		return clarify.Fields{"name": fmt.Sprint(text, n)}
	}
	switch n := w.random.IntN(20); {
	case n < 5 || len(ids) < 3:
		if r, err := records.Create(ctx, fresh(0)); err == nil {
			w.made[c.object] = append(w.made[c.object], r.ID)
		}
	case n < 10:
		_, _ = records.Update(ctx, ids[0], values)
	case n < 12:
		w.gone(c.object, records.Delete(ctx, ids[0]), ids[0])
	case n == 12:
		w.gone(c.object, records.Delete(ctx, ids...), ids...)
	case n == 13:
		sources := ids[1 : 2+w.random.IntN(2)]
		w.gone(c.object, records.Merge(ctx, ids[0], sources...), sources...)
	case n == 14:
		var all []clarify.Fields
		for i := range 1 + w.random.IntN(12) {
			all = append(all, fresh(i))
		}
		for result, err := range records.Import(ctx, slices.Values(all)) {
			if err == nil && result.Record != nil {
				w.made[c.object] = append(w.made[c.object], result.Record.ID)
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
		if people := w.ids("person", 1); len(people) > 0 && c.object == "deal" {
			_ = records.Link(ctx, ids[0], "people", clarify.Ref{Type: "person", ID: people[0]})
		}
	default:
		// Created and deleted before anyone has read it.
		if r, err := records.Create(ctx, fresh(0)); err == nil {
			_ = records.Delete(ctx, r.ID)
		}
	}
}

// ids returns up to n of the records of an object that the writers made. Some may be gone.
func (w *world) ids(object string, n int) []string {
	all := w.made[object]
	var ids []string
	for range min(n, len(all)) {
		ids = append(ids, all[w.random.IntN(len(all))])
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// gone forgets the ids of records that were deleted.
func (w *world) gone(object string, err error, ids ...string) {
	if err == nil {
		w.made[object] = slices.DeleteFunc(w.made[object], func(id string) bool { return slices.Contains(ids, id) })
	}
}

var errKilled = errors.New("killed")

// read does a run, which is killed after some changes, and during which others write.
func (w *world) read(ctx context.Context, c *replica, last bool) error {
	var since clarify.Cursor
	if err := since.UnmarshalText([]byte(c.cursor)); err != nil {
		return err
	}
	if since.IsZero() {
		clear(c.rows)
	}
	overlap := wideEnough
	if w.noOverlap {
		overlap = 0
	}
	kill := -1
	if !last && w.random.IntN(2) == 0 {
		kill = w.random.IntN(30)
	}
	options := []clarify.QueryOption{clarify.Overlap(overlap), clarify.PageSize(1 + w.random.IntN(30)), clarify.Concurrency(1 + w.random.IntN(4))}
	for change, err := range c.records.Changes(ctx, since, options...) {
		if err != nil {
			return err
		}
		c.changes++
		if w.cursorsFirst {
			c.cursor = change.Cursor.String()
		}
		if kill == 0 {
			return errKilled
		}
		kill--
		c.apply(change)
		// A program may store only some of the cursors.
		if w.random.IntN(4) > 0 || change.Kind == clarify.CaughtUp {
			c.cursor = change.Cursor.String()
		}
		if !last && w.random.IntN(8) == 0 {
			w.write(ctx)
		}
	}
	return nil
}

func (c *replica) apply(change clarify.RecordChange[json.RawMessage]) {
	switch change.Kind {
	case clarify.RecordWritten:
		c.rows[change.Record.ID] = comparable(change.Record.Attributes)
	case clarify.RecordMerged:
		c.merged[change.Record.ID] = true
		delete(c.rows, change.Record.ID)
	case clarify.RecordDeleted:
		delete(c.rows, change.Record.ID)
	}
}

// comparable returns attributes without references to other records: these follow what
// becomes of the others, and the record has no other _updated_at for it.
func comparable(attributes json.RawMessage) string {
	var all map[string]json.RawMessage
	_ = json.Unmarshal(attributes, &all)
	delete(all, "company_id")
	b, _ := json.Marshal(all)
	return string(b)
}

// settle does a last run of each copy when nobody writes any more, and returns what the
// copies and the workspace do not have in common.
func (w *world) settle(ctx context.Context) (differences []string, err error) {
	w.server.Wait()
	w.server.RemoveFaults()
	w.clock.Set(w.latest.Add(visibleAfter))
	for _, c := range w.copies {
		if err := w.read(ctx, c, true); err != nil {
			return nil, fmt.Errorf("the last run of %s: %w", c.object, err)
		}
		rows := map[string]string{}
		for record, err := range c.records.All(ctx) {
			if err != nil {
				return nil, err
			}
			rows[record.ID] = comparable(record.Attributes)
		}
		for id, row := range rows {
			if c.rows[id] == "" {
				differences = append(differences, fmt.Sprintf("%s %s is missing", c.object, id))
			} else if c.rows[id] != row {
				differences = append(differences, fmt.Sprintf("%s %s is %s, should be %s", c.object, id, c.rows[id], row))
			}
		}
		for id := range c.rows {
			if rows[id] == "" {
				differences = append(differences, fmt.Sprintf("%s %s does not exist", c.object, id))
			}
		}
		differences = append(differences, w.again(ctx, c)...)
	}
	return differences, nil
}

// again does another run, although nothing has changed.
func (w *world) again(ctx context.Context, c *replica) (wrong []string) {
	var since clarify.Cursor
	if err := since.UnmarshalText([]byte(c.cursor)); err != nil {
		return []string{err.Error()}
	}
	before := w.requests.Load()
	for change, err := range c.records.Changes(ctx, since, clarify.Overlap(wideEnough)) {
		if err != nil {
			return []string{err.Error()}
		}
		if change.Kind != clarify.CaughtUp {
			wrong = append(wrong, fmt.Sprintf("%s %s is %v again", c.object, change.Record.ID, change.Kind))
		}
	}
	if n := w.requests.Load() - before; n > 2 {
		wrong = append(wrong, fmt.Sprintf("%s: a run took %d requests though nothing had changed", c.object, n))
	}
	return wrong
}

// live lets writers and readers go on until so many things were written.
func live(t *testing.T, seed uint64, writes int, h habits) (w *world, differences []string) {
	synctest.Test(t, func(t *testing.T) {
		w = newWorld(t, seed, h)
		defer w.server.Close()
		for w.done < writes {
			if w.random.IntN(4) > 0 {
				w.write(t.Context())
				continue
			}
			c := w.copies[w.random.IntN(len(w.copies))]
			err := w.read(t.Context(), c, false)
			if errors.Is(err, clarify.ErrCursorExpired) || errors.Is(err, clarify.ErrCursorInvalid) {
				t.Fatal(err)
			}
		}
		var err error
		if differences, err = w.settle(t.Context()); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	})
	return w, differences
}

// Whatever the writers do, the server's clock shows, and the network loses, a copy that
// is kept by Changes equals the workspace.
func TestCopiesKeptByChangesEqualTheWorkspace(t *testing.T) {
	wanted := 3_000
	if text := os.Getenv("BOOKS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("BOOKS=%s is no number of operations", text)
		}
		wanted = n
	}
	writes, changes, records := 0, 0, 0
	for seed := uint64(1); writes < wanted; seed++ {
		w, differences := live(t, seed, min(wanted-writes, 300+int(seed%5)*200), habits{})
		if len(differences) > 0 {
			t.Fatalf("seed %d: %d differences:\n%s", seed, len(differences), strings.Join(differences[:min(len(differences), 10)], "\n"))
		}
		writes += w.done
		for _, c := range w.copies {
			changes += c.changes
			records += len(c.rows)
		}
	}
	t.Logf("%d writes, %d changes read, %d records in the copies at the end, 0 differences", writes, changes, records)
}

// A test that a wrong reader passes would prove nothing.
func TestReadersThatLoseChangesAreCaught(t *testing.T) {
	for name, h := range map[string]habits{
		"without an overlap":                      {noOverlap: true},
		"that store the cursor before the change": {cursorsFirst: true},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := uint64(1); seed <= 10; seed++ {
				if _, differences := live(t, seed, 200, h); len(differences) > 0 {
					t.Logf("seed %d: %d differences, such as: %s", seed, len(differences), differences[0])
					return
				}
			}
			t.Error("no difference was found in 2,000 writes")
		})
	}
}
