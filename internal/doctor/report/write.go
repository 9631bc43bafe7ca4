package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// Text writes the report for a terminal. known says whether what is known already
// is written, too.
func (r *Report) Text(w io.Writer, known bool) error {
	d := r.finished(known)
	out := &printer{w: w}
	out.print("clarify-doctor %s, %s\n\n", d.Version, d.mode())
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range d.Facts {
		fmt.Fprintf(table, "%s\t%s\n", f.Name, f.Value)
	}
	_ = table.Flush()
	out.print("\n%s\n", d.summary())
	for _, f := range d.Findings {
		out.print("\n%s\n  %s%s\n", f.heading(), f.What, f.times())
	}
	if len(d.Quirks) > 0 {
		out.print("\nFor a sandbox that does the same:\n")
		for _, quirk := range d.Quirks {
			out.print("  clarifytest.%s\n", quirk)
		}
	}
	out.print("\nChecks\n")
	table = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range d.Checks {
		refs := strings.Join(c.Refs, ", ")
		fmt.Fprintln(table, strings.TrimRight("  "+c.Result+"\t"+c.Check+"\t"+refs, "\t"))
	}
	_ = table.Flush()
	if open := d.notChecked(); len(open) > 0 {
		out.print("\nNot checked\n")
		for _, line := range open {
			out.print("  %s\n", line)
		}
	}
	return out.err
}

// Markdown writes the report for an issue.
func (r *Report) Markdown(w io.Writer, known bool) error {
	d := r.finished(known)
	out := &printer{w: w}
	out.print("**clarify-doctor %s** (%s), %s. Values of the workspace are replaced by their types and lengths.\n\n", d.Version, d.Go, d.mode())
	for _, f := range d.Facts {
		out.print("- %s: %s\n", f.Name, cell(f.Value))
	}
	out.print("\n%s\n", d.summary())
	if len(d.Findings) > 0 {
		out.print("\n| kind | # | check | operation | place | what | times |\n|---|---|---|---|---|---|---|\n")
		for _, f := range d.Findings {
			out.print("| %s | %s | %s | %s | %s | %s | %d |\n", f.Kind, f.Ref, f.Check, code(f.Operation), code(f.Place), cell(f.What), f.Count)
		}
	}
	if len(d.Quirks) > 0 {
		out.print("\nFor a sandbox that does the same: %s\n", code(strings.Join(d.Quirks, ", ")))
	}
	out.print("\n<details><summary>Checks and operations</summary>\n\n| check | # | result | not checked |\n|---|---|---|---|\n")
	for _, c := range d.Checks {
		out.print("| %s | %s | %s | %s |\n", c.Check, strings.Join(c.Refs, ", "), c.Result, cell(strings.Join(c.NotChecked, "; ")))
	}
	out.print("\n| operation | responses |\n|---|---|\n")
	for _, id := range slices.Sorted(maps.Keys(d.Operations)) {
		out.print("| %s | %s |\n", code(id), responses(d.Operations[id]))
	}
	out.print("\n</details>\n")
	return out.err
}

// JSON writes the report as one JSON object.
func (r *Report) JSON(w io.Writer, known bool) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r.finished(known))
}

func (d *document) mode() string {
	if d.Writes {
		return "reading and writing"
	}
	return "reading only"
}

func (d *document) summary() string {
	n := 0
	for _, f := range d.Findings {
		if f.Kind != Known {
			n++
		}
	}
	if n == 0 {
		return "Nothing differs."
	}
	return count(n, "finding") + "."
}

// notChecked has a line for each thing that could not be checked.
func (d *document) notChecked() []string {
	var lines []string
	for _, c := range d.Checks {
		for _, why := range c.NotChecked {
			lines = append(lines, c.Check+": "+why)
		}
	}
	return lines
}

// headings say what a finding of a kind is.
var headings = map[Kind]string{
	Setup:    "on this side",
	LiveAPI:  "differs from docs/live-api.md",
	Contract: "differs from the contract",
	Sandbox:  "differs from what the sandbox assumes",
	Library:  "is not what the library builds on",
	Known:    "as in docs/live-api.md",
}

func (f Finding) heading() string {
	heading := f.Check + ": " + headings[f.Kind]
	if f.Ref != "" {
		heading += ", " + f.Ref
	}
	if at := strings.TrimSpace(f.Operation + " " + f.Place); at != "" {
		heading += " (" + at + ")"
	}
	return heading
}

func (f Finding) times() string {
	if f.Count == 1 {
		return ""
	}
	return fmt.Sprintf(" (%d times)", f.Count)
}

func responses(statuses map[int]int) string {
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(statuses)) {
		parts = append(parts, fmt.Sprintf("%d × %d", statuses[status], status))
	}
	return strings.Join(parts, ", ")
}

// cell escapes what would end a cell of a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + cell(s) + "`"
}

// printer keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) Write(b []byte) (int, error) {
	if p.err == nil {
		_, p.err = p.w.Write(b)
	}
	return len(b), nil
}

func (p *printer) print(format string, args ...any) { fmt.Fprintf(p, format, args...) }
