package mirror

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/clarify-go/clarify"
)

// Option is an option of [Run] and [Follow].
type Option func(*config)

type config struct {
	objects     []string // all if nil
	history     bool
	activities  bool
	attachments bool
	files       string
	concurrency int
	overlap     time.Duration
	pageSize    int
	batch       int
	group       int // of batches that wait may go into one transaction
	refresh     time.Duration
	wait        bool
	progress    func(Progress)
	logger      *slog.Logger
	errs        []error

	verify verifying
	habits habits
}

// habits are how a run keeps its notes. The zero value is how it is right: tests show
// that they notice any other.
type habits struct {
	cursorsFirst   bool // commits the cursor before the rows
	deletionsFirst bool // applies the deletions of a batch before what was written
	noOverlap      bool
	killed         func() bool // ends a run without a commit if it returns true
}

const (
	defaultConcurrency = 4
	defaultOverlap     = 2 * time.Minute
	defaultRefresh     = 24 * time.Hour
	// batchChanges and batchBytes are how much a batch holds at most. Two are in memory,
	// one that is filled and one that is written. A transaction takes up to batchGroup,
	// as long as the next one is there when one is written.
	batchChanges = 5000
	batchBytes   = 8 << 20
	batchGroup   = 8
)

func newConfig(opts []Option) (*config, error) {
	c := &config{concurrency: defaultConcurrency, overlap: defaultOverlap, refresh: defaultRefresh, wait: true, batch: batchChanges, group: batchGroup}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("mirror: invalid option: nil")
		}
		opt(c)
	}
	return c, errors.Join(c.errs...)
}

func (c *config) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("mirror: "+format, args...))
}

// report tells how far the run is.
func (c *config) report(p Progress) {
	if c.progress != nil {
		c.progress(p)
	}
}

// queryOptions are those of Changes.
func (c *config) queryOptions() []clarify.QueryOption {
	overlap := c.overlap
	if c.habits.noOverlap {
		overlap = 0
	}
	return append(c.listOptions(), clarify.Overlap(overlap))
}

// listOptions are those of listings.
func (c *config) listOptions() []clarify.QueryOption {
	opts := []clarify.QueryOption{clarify.Concurrency(c.concurrency)}
	if c.pageSize > 0 {
		opts = append(opts, clarify.PageSize(c.pageSize))
	}
	return opts
}

// WithObjects mirrors the records of these objects only, such as person and c_vehicle.
// The tables of others are dropped. The default is all objects of the workspace that
// have records.
func WithObjects(names ...string) Option {
	names = slices.Clone(names)
	return func(c *config) {
		if len(names) == 0 || slices.Contains(names, "") {
			c.fail("WithObjects(%q): must be the names of objects, such as person", names)
		}
		c.objects = names
	}
}

// WithHistory keeps every version of a record that a run reads, and when it was deleted
// or merged, in the table _history. Versions between two runs are not seen. Without
// this option, what the table has stays, but nothing is added.
func WithHistory() Option { return func(c *config) { c.history = true } }

// WithActivities mirrors what happened to each record, and the comments on it. That
// takes a request for each record at first, then one for each record that changed, and
// one for each new comment.
func WithActivities() Option { return func(c *config) { c.activities = true } }

// WithAttachments mirrors the lists of the records' files, without the files. That takes
// a request for each record at first, and then one for each record that changed.
func WithAttachments() Option { return func(c *config) { c.attachments = true } }

// WithFiles downloads the records' files as well, as dir/OBJECT/RECORD/FILE: the names
// are ids. The files of records that are deleted stay. It implies [WithAttachments].
func WithFiles(dir string) Option {
	return func(c *config) {
		if dir == "" {
			c.fail("WithFiles: the directory is empty")
		}
		c.attachments, c.files = true, dir
	}
}

// WithConcurrency sets how many requests are sent concurrently, see
// [clarify.Concurrency]. The default is 4.
func WithConcurrency(n int) Option {
	return func(c *config) {
		if n < 1 {
			c.fail("WithConcurrency(%d): must be 1 or more", n)
		}
		c.concurrency = n
	}
}

// WithOverlap sets how long a change may take to become visible, see [clarify.Overlap].
// The default is two minutes.
func WithOverlap(d time.Duration) Option { return func(c *config) { c.overlap = d } }

// WithPageSize sets how many records a request reads. The default is as many as the API
// allows.
func WithPageSize(n int) Option {
	return func(c *config) {
		if n < 1 {
			c.fail("WithPageSize(%d): must be 1 or more", n)
		}
		c.pageSize = n
	}
}

// WithRefresh sets how often everything is read again, because some changes cannot be
// seen in any other way: docs/mirror.md lists them. The first run after that time does
// it. 0 does it in each run, and a negative duration never. The default is 24 hours.
func WithRefresh(every time.Duration) Option { return func(c *config) { c.refresh = every } }

// WithoutWaiting makes a run return an error that matches [ErrLocked] if another one is
// writing to the database, instead of waiting for it.
func WithoutWaiting() Option { return func(c *config) { c.wait = false } }

// WithProgress sets a function that is told how far a run is. It is called after each
// transaction, by one goroutine at a time, and the run waits for it.
func WithProgress(f func(Progress)) Option { return func(c *config) { c.progress = f } }

// WithLogger sets a logger for what a run does. [clarify.WithLogger] logs the requests.
func WithLogger(l *slog.Logger) Option { return func(c *config) { c.logger = l } }
