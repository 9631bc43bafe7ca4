package clarifypostgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// lostAfter is how long a lock shows no sign of life before another process takes
	// it over. Its process shows four in that time.
	lostAfter = 6 * time.Second
	// pollFirst doubles up to pollMax while another process has the lock.
	pollFirst = 5 * time.Millisecond
	pollMax   = 100 * time.Millisecond
)

const (
	insertLock = `INSERT INTO {schema}.grant_locks (workspace, user_id, holder, beat) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING`
	selectLock = `SELECT holder, beat FROM {schema}.grant_locks WHERE workspace = $1 AND user_id = $2`
	takeLock   = `UPDATE {schema}.grant_locks SET holder = $3, beat = beat + 1 WHERE workspace = $1 AND user_id = $2 AND holder = $4 AND beat = $5`
	beatLock   = `UPDATE {schema}.grant_locks SET beat = beat + 1 WHERE workspace = $1 AND user_id = $2 AND holder = $3`
	deleteLock = `DELETE FROM {schema}.grant_locks WHERE workspace = $1 AND user_id = $2 AND holder = $3`
)

// A lock is a row that a process has inserted, and that is on disk before the process
// sends the refresh token. So it outlives what a lock of PostgreSQL's own does not: the
// end of a connection, and of the database. While the process lives it changes the row
// now and then. Another process takes the row over once it has itself seen it unchanged
// for some time, during which the database could be asked. So after an outage, however
// long, a process that has a token to save has the time to do so, and no clock matters.

// observed is what a process has seen of the lock of another.
type observed struct {
	holder string
	beat   int64
	since  time.Time
}

// tryLock inserts the row of a lock, or takes it over. What it has seen before is
// updated.
func (t *tokenTable) tryLock(ctx context.Context, u user, holder string, seen *observed) (ok bool, err error) {
	began := time.Now()
	inserted := false
	var now observed
	found := true
	var batch pgx.Batch
	batch.Queue(expand(insertLock, t.o), u.workspace, u.id, holder).Exec(func(tag commandTag) error {
		inserted = tag.RowsAffected() == 1
		return nil
	})
	batch.Queue(expand(selectLock, t.o), u.workspace, u.id).QueryRow(func(row pgx.Row) error {
		err := row.Scan(&now.holder, &now.beat)
		if err == pgx.ErrNoRows {
			found, err = false, nil
		}
		return err
	})
	if err := t.pool.SendBatch(ctx, &batch).Close(); err != nil {
		*seen = observed{}
		return false, databaseError(err)
	}
	switch {
	case inserted:
		return true, nil
	case !found: // it was released just now
		*seen = observed{}
		return false, nil
	case now.holder == holder:
		return true, nil // the response to an earlier try was lost
	case now.holder != seen.holder || now.beat != seen.beat:
		now.since = time.Now()
		*seen = now
		return false, nil
	case began.Sub(seen.since) < t.o.lost:
		return false, nil
	}
	tag, err := t.pool.Exec(ctx, expand(takeLock, t.o), u.workspace, u.id, holder, now.holder, now.beat)
	if err != nil {
		*seen = observed{}
		return false, databaseError(err)
	}
	return tag.RowsAffected() == 1, nil
}

// beat shows a sign of life. It reports false if the lock is lost.
func (t *tokenTable) beat(ctx context.Context, u user, holder string) (held bool, err error) {
	tag, err := t.pool.Exec(ctx, expand(beatLock, t.o), u.workspace, u.id, holder)
	return err == nil && tag.RowsAffected() == 1, err
}

func (t *tokenTable) unlock(ctx context.Context, u user, holder string) error {
	_, err := t.pool.Exec(ctx, expand(deleteLock, t.o), u.workspace, u.id, holder)
	return databaseError(err)
}
