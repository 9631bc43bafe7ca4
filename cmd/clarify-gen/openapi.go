package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/schemafile"
	"github.com/clarify-go/clarify/internal/schemaopenapi"
)

var openapiCommand = command{"openapi", "write the contract with the types of the file's objects", openapi}

const aboutOpenAPI = `Writes the API's contract, OpenAPI 3.1, with the objects of a schema file in it, for generators
of other languages. The paths of records exist for each object, such as
/objects/person/records, with the types of its attributes, beside those of any object.
It needs no network.`

func openapi(_ context.Context, env *environment, args []string) error {
	flags := newFlags(env, "openapi", "[-schema FILE] [-o FILE]", aboutOpenAPI)
	path := flags.String("schema", "schema.json", "read this `file`, which pull wrote")
	out := flags.String("o", "-", "write to this `file`, as JSON if its name ends in .json; - is the standard output")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	documents, err := schemafile.Read(*path)
	if err != nil {
		return err
	}
	document, err := schemaopenapi.Document(clarify.NewSchema(documents))
	if err != nil {
		return err
	}
	encode := schemaopenapi.YAML
	if strings.HasSuffix(*out, ".json") {
		encode = schemaopenapi.JSON
	}
	b, err := encode(document)
	if err != nil {
		return err
	}
	if *out == "-" {
		_, err = env.stdout.Write(b)
	} else {
		err = os.WriteFile(*out, b, 0o644)
	}
	if err != nil {
		return fmt.Errorf("cannot write the contract: %w", err)
	}
	return nil
}
