package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/clarify-go/clarify/mirror"
	"github.com/clarify-go/clarify/mirror/postgres"
	"github.com/clarify-go/clarify/mirror/sqlite"
)

// aboutDatabase is the part of a command's help about the flag -db.
const aboutDatabase = `The database is a file of SQLite, or PostgreSQL if -db begins with postgres://. Without
-db it is the one in CLARIFY_MIRROR_DB, where a password does not show in the list of
processes.`

// database is what the flags about the database say.
type database struct {
	env        *environment
	db, schema string
}

func databaseFlags(flags *flag.FlagSet, env *environment) *database {
	d := &database{env: env}
	flags.StringVar(&d.db, "db", "", "the `database`: a file, or postgres://…")
	flags.StringVar(&d.schema, "schema", "", "the `schema` of a mirror in PostgreSQL; clarify if empty")
	return d
}

// store is a database that can be queried.
type store interface {
	mirror.Store
	mirror.Querier
}

// open opens the database. A file must exist unless it may be made.
func (d *database) open(ctx context.Context, mayBeNew bool) (store, error) {
	db := d.db
	if db == "" {
		db = d.env.getenv("CLARIFY_MIRROR_DB")
	}
	isURL := strings.HasPrefix(db, "postgres://") || strings.HasPrefix(db, "postgresql://")
	switch {
	case db == "":
		return nil, misuse("neither -db nor CLARIFY_MIRROR_DB is set: set one to a file or to postgres://…")
	case isURL:
		var opts []postgres.Option
		if d.schema != "" {
			opts = append(opts, postgres.WithSchema(d.schema))
		}
		return openAs(postgres.Open(ctx, db, opts...))
	case strings.Contains(db, "://"):
		return nil, misuse("invalid -db: must be a file or begin with postgres://")
	case d.schema != "":
		return nil, misuse("-schema is only for PostgreSQL")
	}
	if _, err := os.Stat(db); errors.Is(err, fs.ErrNotExist) && !mayBeNew {
		return nil, fmt.Errorf("the database %q does not exist: make it with clarify-mirror run", db)
	}
	return openAs(sqlite.Open(ctx, db))
}

// openAs keeps a store that is nil from becoming one that is not.
func openAs[S store](s S, err error) (store, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// quote quotes a name for SQL.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// runFlags are the flags about what a mirror has.
type runFlags struct {
	objects                          string
	history, activities, attachments bool
	files                            string
	concurrency                      int
	refresh, overlap                 optionalDuration
	noWait, quiet                    bool
}

func mirrorFlags(flags *flag.FlagSet) *runFlags {
	f := &runFlags{}
	flags.StringVar(&f.objects, "objects", "", "mirror only these `objects`, with commas between them")
	flags.BoolVar(&f.history, "history", false, "keep every version of a record")
	flags.BoolVar(&f.activities, "activities", false, "mirror activities and comments: a request for each record")
	flags.BoolVar(&f.attachments, "attachments", false, "mirror the lists of files: a request for each record")
	flags.StringVar(&f.files, "files", "", "download the files of records to this `directory`")
	flags.IntVar(&f.concurrency, "concurrency", 4, "how `many` requests are in flight")
	flags.Var(&f.refresh, "refresh", "how often to read everything again; negative is never (default 24h)")
	flags.Var(&f.overlap, "overlap", "how long a change may take to become visible (default 2m)")
	flags.BoolVar(&f.noWait, "no-wait", false, "fail if another run is writing to the database")
	flags.BoolVar(&f.quiet, "quiet", false, "write no progress")
	return f
}

// options returns the options of a run. end ends the line of a progress bar.
func (f *runFlags) options(env *environment) (opts []mirror.Option, end func()) {
	opts = []mirror.Option{mirror.WithConcurrency(f.concurrency)}
	if f.objects != "" {
		opts = append(opts, mirror.WithObjects(strings.Split(f.objects, ",")...))
	}
	for _, o := range []struct {
		set bool
		opt func() mirror.Option
	}{
		{f.history, mirror.WithHistory},
		{f.activities, mirror.WithActivities},
		{f.attachments, mirror.WithAttachments},
		{f.files != "", func() mirror.Option { return mirror.WithFiles(f.files) }},
		{f.refresh.set, func() mirror.Option { return mirror.WithRefresh(f.refresh.value) }},
		{f.overlap.set, func() mirror.Option { return mirror.WithOverlap(f.overlap.value) }},
		{f.noWait, mirror.WithoutWaiting},
	} {
		if o.set {
			opts = append(opts, o.opt())
		}
	}
	if f.quiet {
		return opts, func() {}
	}
	r := newReporter(env.stderr)
	return append(opts, mirror.WithProgress(func(p mirror.Progress) { r.report(strings.TrimSpace(p.Object+" "+p.Step), p.Done, p.Total) })), r.end
}
