package main

import (
	"context"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/schemadiff"
	"github.com/clarify-go/clarify/internal/schemafile"
)

var checkCommand = command{"check", "compare the file with the workspace", check}

const aboutCheck = `Compares a schema file with the schema of the workspace, and lists what changed since it
was pulled: breaking changes first, which make requests fail that were accepted, then what is
compatible, then notes for people.

Exits with 0 if nothing changed, and with 1 if something did: for CI, as in
docs/schema-check.yml.

` + aboutWorkspace

func check(ctx context.Context, env *environment, args []string) error {
	flags := newFlags(env, "check", "[-schema FILE] [-format FORMAT] [-sandbox]", aboutCheck)
	path := flags.String("schema", "schema.json", "compare this `file`, which pull wrote")
	format := formatFlag(flags.String)
	sandbox := flags.Bool("sandbox", false, "use a sandbox instead of a workspace, to try things")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if err := checkFormat(*format); err != nil {
		return err
	}
	documents, err := schemafile.Read(*path)
	if err != nil {
		return err
	}
	live, err := readSchema(ctx, env, *sandbox)
	if err != nil {
		return err
	}
	found, err := changesSince(documents, live)
	if err != nil {
		return err
	}
	return report(env.stdout, *format, *path, found)
}

// changesSince compares a file with a schema. That goes through the form of a file, too,
// which leaves out what changes by itself.
func changesSince(file []gen.Schema, live *clarify.Schema) ([]schemadiff.Change, error) {
	b, err := schemafile.Encode(live.Documents())
	if err != nil {
		return nil, err
	}
	now, err := schemafile.Decode(b)
	if err != nil {
		return nil, err
	}
	return schemadiff.Compare(clarify.NewSchema(file), clarify.NewSchema(now)), nil
}
