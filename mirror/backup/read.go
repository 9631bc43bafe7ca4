package backup

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

// Open reads the manifest of a backup. It is an error if the backup did not end, or has
// another version. Check looks at the files.
func Open(dir string) (*Manifest, error) {
	b, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("backup: the directory %q has no %s: must be that of a backup that ended", dir, manifestName)
	}
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("backup: %s: %w", manifestName, err)
	}
	if m.Format != Format || m.Version != Version {
		return nil, fmt.Errorf("backup: %s: the format is %q, version %d: must be %q, version %d", manifestName, m.Format, m.Version, Format, Version)
	}
	for path := range m.Files {
		if !filepath.IsLocal(filepath.FromSlash(path)) {
			return nil, fmt.Errorf("backup: %s: invalid path %q: must be within the backup", manifestName, path)
		}
	}
	return &m, nil
}

// Check reads all files of a backup, and returns an error if one of them is not as it
// was written.
func (m *Manifest) Check(ctx context.Context, dir string) error {
	for _, path := range slices.Sorted(maps.Keys(m.Files)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := m.Files[path].check(filepath.Join(dir, filepath.FromSlash(path))); err != nil {
			return fmt.Errorf("backup: %s: %w", path, err)
		}
	}
	return nil
}

func (f File) check(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, file)
	switch {
	case err != nil:
		return err
	case n != f.Bytes:
		return fmt.Errorf("the file has %d bytes, must have %d: it was changed or is damaged", n, f.Bytes)
	case hex.EncodeToString(sum.Sum(nil)) != f.SHA256:
		return errors.New("the digest is another one: the file was changed or is damaged")
	}
	return nil
}

// lines yields the lines of a file of a backup.
func lines[T any](dir, path string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		file, err := os.Open(filepath.Join(dir, filepath.FromSlash(path)))
		if err != nil {
			yield(zero, fmt.Errorf("backup: %w", err))
			return
		}
		defer file.Close()
		r := bufio.NewReaderSize(file, 256<<10)
		for n := 1; ; n++ {
			line, err := r.ReadBytes('\n')
			if len(bytes.TrimSpace(line)) > 0 {
				value := *new(T)
				if err := unmarshal(line, &value); err != nil {
					yield(zero, fmt.Errorf("backup: %s: line %d: %w", path, n, err))
					return
				}
				if !yield(value, nil) {
					return
				}
			}
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(zero, fmt.Errorf("backup: %w", err))
				return
			}
		}
	}
}

// unmarshal decodes JSON whose numbers keep their digits.
func unmarshal(raw []byte, value any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(value)
}

// schemaOf returns the schema of a backup.
func schemaOf(dir string) (*clarify.Schema, error) {
	var documents []gen.Schema
	for d, err := range lines[gen.Schema](dir, kindSchemas+".ndjson") {
		if err != nil {
			return nil, err
		}
		documents = append(documents, d)
	}
	return clarify.NewSchema(documents), nil
}

// has reports whether the backup has a file.
func (m *Manifest) has(path string) bool {
	_, ok := m.Files[path]
	return ok
}
