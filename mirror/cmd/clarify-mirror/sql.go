package main

import (
	"context"
	"errors"
	"fmt"
)

const aboutSQL = `Runs a statement that can only read, and writes its rows as a table. The tables are
named for the objects: person, deal, c_vehicle. Links are in tables such as deal__people.

` + aboutDatabase

func askSQL(ctx context.Context, env *environment, args []string) (err error) {
	flags := newFlags(env, "sql", "-db DATABASE [-csv | -json] \"select …\"", aboutSQL)
	db := databaseFlags(flags, env)
	asCSV := flags.Bool("csv", false, "write CSV")
	asJSON := flags.Bool("json", false, "write JSON")
	if err := parseFlags(flags, args, 1); err != nil {
		return err
	}
	if *asCSV && *asJSON {
		return misuse("-csv and -json exclude each other")
	}
	s, err := db.open(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	columns, rows, err := s.Query(ctx, flags.Arg(0))
	switch {
	case err != nil:
		return err
	case *asCSV:
		return writeCSV(env.stdout, columns, rows)
	case *asJSON:
		return writeJSON(env.stdout, columns, rows)
	}
	n, err := writeAligned(env.stdout, columns, rows)
	if err == nil {
		fmt.Fprintf(env.stdout, "(%d rows)\n", n)
	}
	return err
}
