// Package golist asks the go command about packages, and imports them by their
// export data. The tools and tests that look at the module itself use it.
package golist

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
)

// A Package is what go list says of one.
type Package struct {
	ImportPath string
	Dir        string
	Export     string // the file with its export data
	Standard   bool
	DepOnly    bool     // it is only a dependency of those that were asked for
	GoFiles    []string // without tests
	Imports    []string
	ImportMap  map[string]string
}

// Packages are those that were asked for and all that they depend on, by
// import path.
type Packages map[string]*Package

// List loads the packages that match the patterns in a directory. It compiles
// what is not in the build cache.
func List(ctx context.Context, dir string, patterns ...string) (Packages, error) {
	args := []string{"list", "-export", "-deps", "-json=ImportPath,Dir,Export,Standard,DepOnly,GoFiles,Imports,ImportMap"}
	cmd := exec.CommandContext(ctx, "go", append(args, patterns...)...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.Bytes())
	}
	all := Packages{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		p := &Package{}
		switch err := decoder.Decode(p); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("go list: %w", err)
		}
		all[p.ImportPath] = p
	}
}

// Importer returns an importer for the source files of one of the packages.
func (all Packages) Importer(fset *token.FileSet, of *Package) types.Importer {
	return importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		if mapped, ok := of.ImportMap[path]; ok {
			path = mapped
		}
		p, ok := all[path]
		if !ok || p.Export == "" {
			return nil, fmt.Errorf("no export data for %q", path)
		}
		return os.Open(p.Export)
	})
}
