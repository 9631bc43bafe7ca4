package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// entry is an entry of known.yaml. A difference fits it if it has one of the
// kinds and one of the operations, where any are given, and if the pattern occurs
// in its text.
type entry struct {
	Kinds      []string `yaml:"kinds"`
	Operations []string `yaml:"operations"`
	Text       string   `yaml:"text"`
	Reason     string   `yaml:"reason"`

	pattern *regexp.Regexp
}

func readKnown(file string) ([]*entry, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var known []*entry
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(&known); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for i, e := range known {
		switch {
		case e == nil || strings.TrimSpace(e.Reason) == "":
			return nil, fmt.Errorf("%s: entry %d has no reason", file, i+1)
		case len(e.Kinds) == 0 && len(e.Operations) == 0:
			return nil, fmt.Errorf("%s: entry %d fits every difference: give kinds or operations", file, i+1)
		}
		if e.pattern, err = regexp.Compile(e.Text); err != nil {
			return nil, fmt.Errorf("%s: entry %d: %w", file, i+1, err)
		}
	}
	return known, nil
}

func (e *entry) fits(d Difference) bool {
	return (len(e.Kinds) == 0 || slices.Contains(e.Kinds, d.ID)) &&
		(len(e.Operations) == 0 || slices.Contains(e.Operations, d.Operation)) &&
		e.pattern.MatchString(d.Text)
}

// report is what a comparison found.
type report struct {
	fresh []Difference
	known []knownDifference
	stale []*entry // entries that fit nothing
}

type knownDifference struct {
	Difference
	reason string
}

func sortOut(found []Difference, known []*entry) *report {
	r := &report{}
	used := map[*entry]bool{}
	for _, d := range found {
		i := slices.IndexFunc(known, func(e *entry) bool { return e.fits(d) })
		if i < 0 {
			r.fresh = append(r.fresh, d)
			continue
		}
		used[known[i]] = true
		r.known = append(r.known, knownDifference{d, known[i].Reason})
	}
	for _, e := range known {
		if !used[e] {
			r.stale = append(r.stale, e)
		}
	}
	return r
}

func (r *report) write(w io.Writer, markdown, all bool) {
	breaking := 0
	for _, d := range r.fresh {
		if d.Breaking {
			breaking++
		}
	}
	fmt.Fprintf(w, "%d new differences, %d of them breaking; %d known ones.\n", len(r.fresh), breaking, len(r.known))
	for _, part := range []struct {
		title    string
		breaking bool
	}{{"Breaking for a Go user", true}, {"Compatible", false}} {
		var lines []string
		for _, d := range r.fresh {
			if d.Breaking == part.breaking {
				lines = append(lines, d.line(markdown))
			}
		}
		section(w, part.title, lines, markdown)
	}
	if !all {
		return
	}
	var lines []string
	for _, d := range r.known {
		lines = append(lines, d.line(markdown)+" "+d.reason)
	}
	section(w, "Known", lines, markdown)
	lines = nil
	for _, e := range r.stale {
		lines = append(lines, strings.Join(slices.Concat(e.Operations, e.Kinds), ", ")+": "+e.Reason)
	}
	section(w, "Entries of known.yaml that fit nothing", lines, markdown)
}

func section(w io.Writer, title string, lines []string, markdown bool) {
	if len(lines) == 0 {
		return
	}
	heading, bullet := "\n%s:\n", "  %s\n"
	if markdown {
		heading, bullet = "\n## %s\n\n", "- %s\n"
	}
	fmt.Fprintf(w, heading, title)
	for _, line := range lines {
		fmt.Fprintf(w, bullet, line)
	}
}

func (d Difference) line(markdown bool) string {
	operation := d.Operation
	if operation == "" {
		operation = "the document"
	}
	text := strings.Join(strings.Fields(d.Text), " ")
	if markdown {
		return fmt.Sprintf("**%s**: %s (`%s`)", operation, text, d.ID)
	}
	return fmt.Sprintf("%s: %s [%s]", operation, text, d.ID)
}
