package main

import (
	"context"
	"fmt"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/schemadiff"
	"github.com/clarify-go/clarify/internal/schemafile"
	"github.com/clarify-go/clarify/internal/typegen"
)

var checkCommand = command{"check", "compare the file with the workspace, and with the package", check}

const aboutCheck = `Compares a schema file with the schema of the workspace, and lists what changed since it
was pulled: breaking changes first, which make requests fail that were accepted, then what is
compatible, then notes for people. With -o it also compares the Go package in a directory
with what generate would make of the file now.

Exits with 0 if nothing changed, and with 1 if something did: for CI, as in
docs/schema-check.yml.

` + aboutWorkspace

func check(ctx context.Context, env *environment, args []string) error {
	flags := newFlags(env, "check", "[-schema FILE] [-o DIR] [-package NAME] [-format FORMAT] [-sandbox] [-offline]", aboutCheck)
	path := flags.String("schema", "schema.json", "compare this `file`, which pull wrote")
	dir := flags.String("o", "", "also compare the package in this `directory`")
	name := flags.String("package", "", "the `name` of the package; by default that of the directory")
	format := formatFlag(flags.String)
	sandbox := flags.Bool("sandbox", false, "use a sandbox instead of a workspace, to try things")
	offline := flags.Bool("offline", false, "ask no workspace, and compare only the package")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	switch {
	case *offline && *dir == "":
		return fmt.Errorf("-offline compares only the package: set -o to its directory")
	case *offline && *sandbox:
		return fmt.Errorf("-offline and -sandbox exclude each other")
	}
	if err := checkFormat(*format); err != nil {
		return err
	}
	documents, err := schemafile.Read(*path)
	if err != nil {
		return err
	}
	var found []schemadiff.Change
	if !*offline {
		live, err := readSchema(ctx, env, *sandbox)
		if err != nil {
			return err
		}
		if found, err = changesSince(documents, live); err != nil {
			return err
		}
	}
	if *dir != "" {
		stale, err := staleCode(*path, *dir, *name)
		if err != nil {
			return err
		}
		found = append(found, stale...)
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

// staleCode compares the files of a package with what generate would make.
func staleCode(schema, dir, name string) ([]schemadiff.Change, error) {
	files, err := filesFor(schema, dir, name)
	if err != nil {
		return nil, err
	}
	differences, err := typegen.Compare(dir, files)
	if err != nil {
		return nil, err
	}
	var stale []schemadiff.Change
	for _, d := range differences {
		sentence := fmt.Sprintf("the file %s is not what clarify-gen generate makes of the schema: run it again", d.File)
		switch d.How {
		case typegen.Missing:
			sentence = fmt.Sprintf("the file %s is missing: run clarify-gen generate", d.File)
		case typegen.Stale:
			sentence = fmt.Sprintf("the file %s is of an object that the schema does not have: run clarify-gen generate", d.File)
		}
		stale = append(stale, schemadiff.Change{Severity: schemadiff.Breaking, What: "code", Before: d.File, Sentence: sentence})
	}
	return stale, nil
}
