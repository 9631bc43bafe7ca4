package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/clarify-go/clarify/internal/connect"
	"github.com/clarify-go/clarify/mirror"
)

const aboutRun = `Brings the database up to date with the workspace. The first run reads everything. With
-follow it does so again after each interval until it is interrupted.

` + aboutDatabase + `

` + connect.Help

func runMirror(ctx context.Context, env *environment, args []string) (err error) {
	flags := newFlags(env, "run", "-db DATABASE [-follow INTERVAL] [flags]", aboutRun)
	db, what := databaseFlags(flags, env), mirrorFlags(flags)
	follow := flags.Duration("follow", 0, "run again after this `interval`, until interrupted")
	if err := parseFlags(flags, args, 0); err != nil {
		return err
	}
	if *follow < 0 {
		return misuse("-follow must be more than 0s")
	}
	client, _, err := connected(env)
	if err != nil {
		return err
	}
	s, err := db.open(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	opts, end := what.options(env)
	if *follow == 0 {
		summary, err := mirror.Run(ctx, client, s, opts...)
		end()
		if err == nil {
			writeSummary(env.stdout, summary)
		}
		return err
	}
	err = mirror.Follow(ctx, client, s, *follow, func(summary mirror.Summary, err error) {
		end()
		switch {
		case err == nil:
			writeTotal(env.stdout, summary)
		case ctx.Err() == nil:
			fmt.Fprintln(env.stderr, "clarify-mirror: a run failed:", err)
		}
	}, opts...)
	if ctx.Err() != nil {
		return nil // which is how it ends
	}
	return err
}

// writeTotal writes a line about a run.
func writeTotal(w io.Writer, s mirror.Summary) {
	total := s.Total()
	fmt.Fprintf(w, "%s: %d written, %d deleted, %d merged, %d swept in %v\n", time.Now().UTC().Format(time.RFC3339),
		total.Written, total.Deleted, total.Merged, total.Swept, s.Duration.Round(time.Millisecond))
}

// writeSummary writes what a run did.
func writeSummary(w io.Writer, s mirror.Summary) {
	rows := [][]string{}
	for _, name := range slices.Sorted(maps.Keys(s.Objects)) {
		o := s.Objects[name]
		refreshed := ""
		if o.Refreshed {
			refreshed = "yes"
		}
		rows = append(rows, []string{name, fmt.Sprint(o.Written), fmt.Sprint(o.Deleted), fmt.Sprint(o.Merged), fmt.Sprint(o.Swept), refreshed})
	}
	writeTable(w, []string{"object", "written", "deleted", "merged", "swept", "read as a whole"}, rows)
	if len(s.Migrated) > 0 {
		fmt.Fprintf(w, "%d tables were made or changed.\n", len(s.Migrated))
	}
	if s.Skipped > 0 {
		fmt.Fprintf(w, "What belongs to %d records could not be read. The next run tries again.\n", s.Skipped)
	}
	writeTotal(w, s)
}
