package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/schemadiff"
	"github.com/clarify-go/clarify/internal/schemafile"
)

var diffCommand = command{"diff", "compare two files", diff}

const aboutDiff = `Compares two schema files, and lists what changed from A to B: breaking changes first,
which make requests fail that were accepted, then what is compatible, then notes for people.

Exits with 0 if nothing changed, and with 1 if something did.`

func diff(_ context.Context, env *environment, args []string) error {
	flags := newFlags(env, "diff", "[-format FORMAT] A B", aboutDiff)
	format := formatFlag(flags.String)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 2 {
		return fmt.Errorf("diff takes two files, such as clarify-gen diff old.json new.json, got %d", flags.NArg())
	}
	if err := checkFormat(*format); err != nil {
		return err
	}
	var schemas [2]*clarify.Schema
	for i, path := range flags.Args() {
		documents, err := schemafile.Read(path)
		if err != nil {
			return err
		}
		schemas[i] = clarify.NewSchema(documents)
	}
	found := schemadiff.Compare(schemas[0], schemas[1])
	return report(env.stdout, *format, flags.Arg(1), found)
}

// The formats of what diff and check write.
const (
	formatText   = "text"
	formatJSON   = "json"
	formatGitHub = "github"
)

func formatFlag(define func(name, value, usage string) *string) *string {
	return define("format", formatText, "write in this `form`: text, json, or github for annotations of a workflow run")
}

func checkFormat(format string) error {
	switch format {
	case formatText, formatJSON, formatGitHub:
		return nil
	}
	return fmt.Errorf("invalid format %q: must be text, json or github", format)
}

// report writes changes, and returns errDiffers if there are any. path is the file that
// annotations are about.
func report(w io.Writer, format, path string, changes []schemadiff.Change) error {
	if err := writeReport(w, format, path, changes); err != nil {
		return fmt.Errorf("cannot write what changed: %w", err)
	}
	if len(changes) > 0 {
		return errDiffers
	}
	return nil
}

func writeReport(w io.Writer, format, path string, changes []schemadiff.Change) error {
	if format == formatJSON {
		if changes == nil {
			changes = []schemadiff.Change{}
		}
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(changes)
	}
	var b strings.Builder
	for _, c := range changes {
		if format == formatGitHub {
			fmt.Fprintf(&b, "::%s file=%s,title=%s::%s\n", annotations[c.Severity], escapeProperty(path), escapeProperty(c.Severity.String()), escapeData(c.String()))
		} else {
			fmt.Fprintf(&b, "%-10s  %s\n", c.Severity, oneLine(c.String()))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// annotations are the commands of a workflow run that annotate.
var annotations = map[schemadiff.Severity]string{
	schemadiff.Breaking:   "error",
	schemadiff.Compatible: "warning",
	schemadiff.Note:       "notice",
}

// oneLine keeps names with line breaks from looking like other changes.
func oneLine(s string) string {
	return strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(s)
}

func escapeData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func escapeProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}
