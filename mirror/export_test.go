package mirror

// What tests break or bring about.

// CommitsCursorsFirst commits each cursor before the rows that it comes after.
func CommitsCursorsFirst() Option { return func(c *config) { c.habits.cursorsFirst = true } }

// DeletesFirst applies the deletions of a batch before what was written.
func DeletesFirst() Option { return func(c *config) { c.habits.deletionsFirst = true } }

// WithoutOverlap reads nothing again.
func WithoutOverlap() Option { return func(c *config) { c.habits.noOverlap = true } }

// KilledWhen ends a run before a commit, when the function says so.
func KilledWhen(f func() bool) Option { return func(c *config) { c.habits.killed = f } }

// BatchSize sets how many changes a transaction has.
func BatchSize(n int) Option { return func(c *config) { c.batch, c.group = n, 1 } }

// ErrKilled is the error of a run that was killed.
var ErrKilled = errKilled
