package typegen

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// WriteDir makes a directory have exactly these generated files. It creates the directory
// if there is none, leaves alone what is up to date, and removes generated files that are
// no longer needed. It is an error if it would overwrite a file that has not the Header.
func WriteDir(dir string, files []File) error {
	changes, err := Compare(dir, files)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("clarify: cannot write the package: %w", err)
	}
	for _, change := range changes {
		path := filepath.Join(dir, change.File)
		var err error
		if change.How == Stale {
			err = os.Remove(path)
		} else {
			err = os.WriteFile(path, change.content, 0o644)
		}
		if err != nil {
			return fmt.Errorf("clarify: cannot write the package: %w", err)
		}
	}
	return nil
}

// How a file differs. A stale one is of an object that the schema does not have.
const (
	Missing = "missing"
	Changed = "changed"
	Stale   = "stale"
)

// Difference is how a file in a directory differs from what would be generated.
type Difference struct {
	File    string
	How     string // Missing, Changed or Stale
	content []byte
}

// Compare returns how a directory differs from what would be generated, sorted by file.
// A directory that does not exist has no files.
func Compare(dir string, files []File) ([]Difference, error) {
	var all []Difference
	for _, f := range files {
		present, err := os.ReadFile(filepath.Join(dir, f.Name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			all = append(all, Difference{f.Name, Missing, f.Content})
		case err != nil:
			return nil, fmt.Errorf("clarify: cannot read the package: %w", err)
		case bytes.Equal(present, f.Content):
		case !isGenerated(present):
			return nil, fmt.Errorf("clarify: cannot generate %s: clarify-gen did not write the file that is there; move it", filepath.Join(dir, f.Name))
		default:
			all = append(all, Difference{f.Name, Changed, f.Content})
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("clarify: cannot read the package: %w", err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasSuffix(name, ".gen.go") || slices.ContainsFunc(files, func(f File) bool { return f.Name == name }) {
			continue
		}
		present, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("clarify: cannot read the package: %w", err)
		}
		if isGenerated(present) {
			all = append(all, Difference{name, Stale, nil})
		}
	}
	slices.SortFunc(all, func(a, b Difference) int { return strings.Compare(a.File, b.File) })
	return all, nil
}

func isGenerated(content []byte) bool { return bytes.HasPrefix(content, []byte(Header)) }
