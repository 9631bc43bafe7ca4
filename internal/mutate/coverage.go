package main

import (
	"fmt"
	"os"
	"strings"
)

// coverage has the statements of a package by file, and how often each was run.
type coverage map[string][]block

type block struct {
	fromLine, fromCol, toLine, toCol int
	count                            int
}

func readCoverage(name string) (coverage, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	c := coverage{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "mode:") {
			continue
		}
		file, rest, _ := strings.Cut(line, ":")
		var b block
		var statements int
		if _, err := fmt.Sscanf(rest, "%d.%d,%d.%d %d %d", &b.fromLine, &b.fromCol, &b.toLine, &b.toCol, &statements, &b.count); err != nil {
			return nil, fmt.Errorf("coverage profile: %q: %w", line, err)
		}
		c[file] = append(c[file], b)
	}
	return c, nil
}

// reaches reports whether a test runs what is at a place of a file. What is in
// no function, such as a constant, is reached.
func (c coverage) reaches(file string, line, col int) bool {
	inside := false
	for _, b := range c[file] {
		if before(b.fromLine, b.fromCol, line, col) && before(line, col, b.toLine, b.toCol) {
			if b.count > 0 {
				return true
			}
			inside = true
		}
	}
	return !inside
}

func before(line, col, thenLine, thenCol int) bool {
	return line < thenLine || line == thenLine && col <= thenCol
}
