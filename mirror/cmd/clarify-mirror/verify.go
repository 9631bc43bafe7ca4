package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/clarify-go/clarify/internal/connect"
	"github.com/clarify-go/clarify/mirror"
)

const aboutVerify = `Brings the database up to date, and compares it with the workspace: the numbers of records,
the tables that are small, and samples of records with their links. Use the flags that the
mirror is kept with. It exits with 3 if there are differences that are not repaired.

` + aboutDatabase + `

` + connect.Help

func verify(ctx context.Context, env *environment, args []string) (err error) {
	flags := newFlags(env, "verify", "-db DATABASE [-all] [-repair] [flags]", aboutVerify)
	db, what := databaseFlags(flags, env), mirrorFlags(flags)
	all := flags.Bool("all", false, "compare everything")
	samples := flags.Int("samples", 25, "compare this `number` of records of each object, and as many of the latest")
	repair := flags.Bool("repair", false, "write what the API has where the database differs")
	if err := parseFlags(flags, args, 0); err != nil {
		return err
	}
	if *samples < 1 {
		return misuse("-samples must be 1 or more")
	}
	client, _, err := connected(env)
	if err != nil {
		return err
	}
	s, err := db.open(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	opts, end := what.options(env)
	opts = append(opts, mirror.WithSamples(*samples))
	if *all {
		opts = append(opts, mirror.WithAll())
	}
	if *repair {
		opts = append(opts, mirror.WithRepair())
	}
	v, err := mirror.Verify(ctx, client, s, opts...)
	end()
	if err != nil {
		return err
	}
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(v.Objects)) {
		o := v.Objects[name]
		api := fmt.Sprint(o.API)
		if o.API < 0 {
			api = "unknown"
		}
		rows = append(rows, []string{name, api, fmt.Sprint(o.Mirror), fmt.Sprint(o.Records)})
	}
	writeTable(env.stdout, []string{"object", "API", "mirror", "compared"}, rows)
	if v.Count == 0 {
		fmt.Fprintln(env.stdout, "no differences")
		return nil
	}
	rows = nil
	for _, d := range v.Differences {
		repaired := ""
		if d.Repaired {
			repaired = "repaired"
		}
		rows = append(rows, []string{d.Table, d.ID, d.Problem, d.Detail, repaired})
	}
	fmt.Fprintln(env.stdout)
	writeTable(env.stdout, []string{"table", "id", "problem", "detail", ""}, rows)
	fmt.Fprintf(env.stdout, "%d differences, %d repaired\n", v.Count, v.Repaired)
	if v.Repaired < v.Count {
		return errDiffers
	}
	return nil
}
