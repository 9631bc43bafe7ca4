package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/clarify-go/clarify/internal/schemafile"
)

var pullCommand = command{"pull", "save the schema of a workspace to a file", pull}

const aboutPull = `Saves the schema of a workspace to a file, for the other commands. The file is sorted
and has nothing that changes by itself, so that a diff shows what changed in the schema.

` + aboutWorkspace

func pull(ctx context.Context, env *environment, args []string) error {
	flags := newFlags(env, "pull", "[-o FILE] [-sandbox]", aboutPull)
	path := flags.String("o", "-", "write to this `file`; - is the standard output")
	sandbox := flags.Bool("sandbox", false, "use a sandbox instead of a workspace, to try things")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	schema, err := readSchema(ctx, env, *sandbox)
	if err != nil {
		return err
	}
	if len(schema.Objects()) == 0 {
		return errors.New("the schema of the workspace has no objects")
	}
	if *path != "-" {
		return schemafile.Write(*path, schema.Documents())
	}
	b, err := schemafile.Encode(schema.Documents())
	if err != nil {
		return err
	}
	if _, err := env.stdout.Write(b); err != nil {
		return fmt.Errorf("cannot write the schema: %w", err)
	}
	return nil
}
