package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/internal/connect"
	"github.com/clarify-go/clarify/mirror/backup"
)

const aboutBackup = `Writes everything that the API lets a program read to a new directory: schemas, records,
links, lists, comments, activities, the lists of files, users, workflows and settings.
The directory has a manifest.json when the backup is complete.

` + connect.Help

func writeBackup(ctx context.Context, env *environment, args []string) error {
	flags := newFlags(env, "backup", "-dir DIRECTORY [flags]", aboutBackup)
	dir := flags.String("dir", "", "write to this `directory`, which must be empty or not exist")
	files := flags.Bool("files", false, "download the files of records")
	grants := flags.Bool("grants", false, "read who has access to each record: needs a Personal key")
	noActivities := flags.Bool("no-activities", false, "leave out activities and comments, which take a request for each record")
	noAttachments := flags.Bool("no-attachments", false, "leave out the files and their lists, which take a request for each record")
	concurrency := flags.Int("concurrency", 4, "how `many` requests are in flight")
	quiet := flags.Bool("quiet", false, "write no progress")
	if err := parseFlags(flags, args, 0); err != nil {
		return err
	}
	if *dir == "" {
		return misuse("-dir is not set: set it to a directory")
	}
	client, _, err := connected(env)
	if err != nil {
		return err
	}
	opts, end := backupOptions(env, *concurrency, *quiet)
	for _, o := range []struct {
		set bool
		opt func() backup.Option
	}{
		{*files, backup.WithFiles}, {*grants, backup.WithGrants},
		{*noActivities, backup.WithoutActivities}, {*noAttachments, backup.WithoutAttachments},
	} {
		if o.set {
			opts = append(opts, o.opt())
		}
	}
	m, err := backup.Write(ctx, client, *dir, opts...)
	end()
	if err != nil {
		return err
	}
	lines, size := map[string]int{}, int64(0)
	for _, f := range m.Files {
		name := strings.TrimSuffix(f.Kind+" "+f.Object, " ")
		if f.Kind == "file" {
			name = "files"
		}
		lines[name] += max(1, f.Lines)
		if f.Lines == 0 && f.Kind != "file" {
			lines[name]--
		}
		size += f.Bytes
	}
	writeCounts(env.stdout, lines)
	writeProblems(env.stdout, "Not in the backup:", m.Skipped)
	fmt.Fprintf(env.stdout, "%d files, %d bytes in %s\n", len(m.Files), size, *dir)
	return nil
}

// backupOptions are the options that backup and restore have in common. end ends the line
// of a progress bar.
func backupOptions(env *environment, concurrency int, quiet bool) (opts []backup.Option, end func()) {
	opts = []backup.Option{backup.WithConcurrency(concurrency)}
	if quiet {
		return opts, func() {}
	}
	r := newReporter(env.stderr)
	return append(opts, backup.WithProgress(func(p backup.Progress) { r.report(strings.TrimSpace(p.Object+" "+p.Step), p.Done, p.Total) })), r.end
}

func writeCounts(w io.Writer, counts map[string]int) {
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if counts[name] > 0 {
			rows = append(rows, []string{name, fmt.Sprint(counts[name])})
		}
	}
	writeTable(w, []string{"what", "how many"}, rows)
}

func writeProblems(w io.Writer, title string, problems []backup.Problem) {
	if len(problems) == 0 {
		return
	}
	var rows [][]string
	for _, p := range problems {
		rows = append(rows, []string{p.What, p.Object, p.Field, fmt.Sprint(p.Count), cell(p.Reason)})
	}
	fmt.Fprintf(w, "\n%s\n", title)
	writeTable(w, []string{"what", "object", "field", "how many", "why"}, rows)
	fmt.Fprintln(w)
}

const aboutRestore = `Creates what a backup has in the workspace, which must be empty, and says what could not be
restored and why. What has been done is noted in a journal. If it ends early, the same
command resumes. Until it has ended, nobody else should write to the workspace.

` + connect.Help

func restoreBackup(ctx context.Context, env *environment, args []string) error {
	flags := newFlags(env, "restore", "-dir DIRECTORY [flags]", aboutRestore)
	dir := flags.String("dir", "", "restore the backup in this `directory`")
	journal := flags.String("journal", "", "the `file` that notes what has been done (default restore-WORKSPACE.journal in the directory)")
	nonEmpty := flags.Bool("non-empty", false, "write into a workspace that is not empty")
	workflows := flags.Bool("enable-workflows", false, "enable the workflows that were enabled: they send emails and call webhooks")
	report := flags.String("report", "", "write the report as JSON to this `file`")
	concurrency := flags.Int("concurrency", 4, "how `many` requests are in flight")
	quiet := flags.Bool("quiet", false, "write no progress")
	if err := parseFlags(flags, args, 0); err != nil {
		return err
	}
	if *dir == "" {
		return misuse("-dir is not set: set it to the directory of a backup")
	}
	client, workspace, err := connected(env)
	if err != nil {
		return err
	}
	if *journal == "" {
		*journal = filepath.Join(*dir, "restore-"+url.QueryEscape(workspace.Name)+".journal")
	}
	opts, end := backupOptions(env, *concurrency, *quiet)
	opts = append(opts, backup.WithJournal(*journal))
	if *nonEmpty {
		opts = append(opts, backup.IntoNonEmpty())
	}
	if *workflows {
		opts = append(opts, backup.EnableWorkflows())
	}
	result, err := backup.Restore(ctx, client, *dir, opts...)
	end()
	if result == nil || err != nil && len(result.Restored) == 0 {
		return err
	}
	writeCounts(env.stdout, result.Restored)
	writeProblems(env.stdout, "Not restored, or not as it was:", result.Problems)
	if *report != "" {
		b, failed := json.MarshalIndent(result, "", "\t")
		if failed == nil {
			failed = os.WriteFile(*report, append(b, '\n'), 0o600)
		}
		err = errors.Join(err, failed)
	}
	return err
}
