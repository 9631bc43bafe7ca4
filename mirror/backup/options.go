package backup

import (
	"errors"
	"fmt"
	"time"
)

// Option is an option of [Write] and [Restore].
type Option func(*config)

type config struct {
	files       bool
	grants      bool
	activities  bool
	attachments bool

	nonEmpty  bool
	workflows bool
	journal   string
	patience  time.Duration

	concurrency int
	progress    func(Progress)
	errs        []error

	wait func(time.Duration) <-chan time.Time
}

func newConfig(opts []Option) (*config, error) {
	c := &config{activities: true, attachments: true, concurrency: 4, patience: 5 * time.Minute, wait: time.After}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("backup: invalid option: nil")
		}
		opt(c)
	}
	return c, errors.Join(c.errs...)
}

func (c *config) report(p Progress) {
	if c.progress != nil {
		c.progress(p)
	}
}

// Progress is how far a backup or a restore is.
type Progress struct {
	// Step is what it does, such as "records", and Object the object that it does so for.
	Step, Object string
	Done         int
	// Total is how much there is, or 0 if it is not known.
	Total int
}

// WithFiles has [Write] download the files of records. [Restore] uploads those that the
// backup has, without an option.
func WithFiles() Option { return func(c *config) { c.files = true } }

// WithGrants has [Write] read who has access to each record, which takes a request for
// each one and a Personal key. [Restore] grants what the backup has, without an option.
func WithGrants() Option { return func(c *config) { c.grants = true } }

// WithoutActivities has [Write] leave out activities and comments, which take a request
// for each record.
func WithoutActivities() Option { return func(c *config) { c.activities = false } }

// WithoutAttachments has [Write] leave out the lists of the records' files, which take a
// request for each record, and the files.
func WithoutAttachments() Option { return func(c *config) { c.attachments = false } }

// IntoNonEmpty has [Restore] write into a workspace that is not empty. What is there
// stays; what has the same name or the same unique value is not restored.
func IntoNonEmpty() Option { return func(c *config) { c.nonEmpty = true } }

// EnableWorkflows has [Restore] enable the workflows that were enabled. Without it all are
// disabled, because they send emails and call webhooks.
func EnableWorkflows() Option { return func(c *config) { c.workflows = true } }

// WithJournal sets the file in which [Restore] notes what it has done. The default is
// restore.journal in the directory of the backup. A restore into another workspace needs
// another file.
func WithJournal(path string) Option {
	return func(c *config) {
		if path == "" {
			c.errs = append(c.errs, errors.New("backup: WithJournal: the path is empty"))
		}
		c.journal = path
	}
}

// WithPatience sets how long [Restore] waits for a change of a schema, which the API
// makes in the background. The default is five minutes.
func WithPatience(d time.Duration) Option {
	return func(c *config) {
		if d <= 0 {
			c.errs = append(c.errs, fmt.Errorf("backup: WithPatience(%v): must be more than 0s", d))
		}
		c.patience = d
	}
}

// WithConcurrency sets how many requests are in flight. The default is 4.
func WithConcurrency(n int) Option {
	return func(c *config) {
		if n < 1 {
			c.errs = append(c.errs, fmt.Errorf("backup: WithConcurrency(%d): must be 1 or more", n))
		}
		c.concurrency = n
	}
}

// WithProgress sets a function that is told how far it is, by one goroutine at a time.
func WithProgress(f func(Progress)) Option { return func(c *config) { c.progress = f } }
