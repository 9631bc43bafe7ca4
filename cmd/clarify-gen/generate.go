package main

import (
	"context"
	"errors"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/schemafile"
	"github.com/clarify-go/clarify/internal/typegen"
)

var generateCommand = command{"generate", "make a Go package from the file", generate}

const aboutGenerate = `Makes a Go package with the types of the objects in a schema file: a file for each
object, and one for all. It needs no network. Files that it made before for objects
that the schema no longer has are removed.`

func generate(_ context.Context, env *environment, args []string) error {
	flags := newFlags(env, "generate", "-o DIR [-schema FILE] [-package NAME]", aboutGenerate)
	schema := flags.String("schema", "schema.json", "read this `file`, which pull wrote")
	dir := flags.String("o", "", "write to this `directory`")
	name := flags.String("package", "", "the `name` of the package; by default that of the directory")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if *dir == "" {
		return errors.New("-o is missing: set it to the directory of the package, such as -o crm")
	}
	files, err := filesFor(*schema, *dir, *name)
	if err != nil {
		return err
	}
	return typegen.WriteDir(*dir, files)
}

// filesFor returns the files that belong into a directory. name is that of the package,
// empty for the one that the directory has or suggests.
func filesFor(schema, dir, name string) ([]typegen.File, error) {
	documents, err := schemafile.Read(schema)
	if err != nil {
		return nil, err
	}
	if name == "" {
		name = typegen.PackageName(dir)
	}
	return typegen.Generate(clarify.NewSchema(documents), name)
}
