package bench

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// objects is how many objects the workspace of BenchmarkObjects has.
const objects = 50

// BenchmarkObjects is what it takes to generate the types of a workspace with 50 objects
// like deal, and to build a program that reads all of them where clarify was built
// before; and how much larger than the one that reads a person it is.
func BenchmarkObjects(b *testing.B) {
	dir := b.TempDir()
	command := filepath.Join(dir, "clarify-gen")
	if out, err := inRoot("go", "build", "-o", command, "./cmd/clarify-gen").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	schema := filepath.Join(dir, "schema.json")
	if err := manyObjects(command, schema); err != nil {
		b.Fatal(err)
	}
	program, err := os.MkdirTemp("programs", "objects-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(program) })

	before := b.TempDir()
	base := map[string]int64{
		"bytes":          build(b, before, "clarify"),
		"stripped-bytes": build(b, before, "clarify", stripped...),
	}
	var generating, cold time.Duration
	sizes := map[string]int64{}
	for b.Loop() {
		began := time.Now()
		if out, err := exec.Command(command, "generate", "-schema", schema, "-o", filepath.Join(program, "crm")).CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		generating += time.Since(began)
		if err := writeProgram(program); err != nil {
			b.Fatal(err)
		}
		cache := b.TempDir()
		if err := os.CopyFS(cache, os.DirFS(before)); err != nil {
			b.Fatal(err)
		}
		began = time.Now()
		sizes["bytes"] = build(b, cache, filepath.Base(program))
		cold += time.Since(began)
		sizes["stripped-bytes"] = build(b, cache, filepath.Base(program), stripped...)
	}
	b.ReportMetric(generating.Seconds()/float64(b.N), "generate-s")
	b.ReportMetric(cold.Seconds()/float64(b.N), "cold-s")
	for unit, size := range sizes {
		b.ReportMetric(float64(size-base[unit]), "gained-"+unit)
	}
}

// inRoot is a command in the root of the module.
func inRoot(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = filepath.Join("..", "..")
	return cmd
}

// manyObjects writes the schema of the sandbox, in which the object deal is there 50
// times more.
func manyObjects(command, to string) error {
	out, err := exec.Command(command, "pull", "-sandbox").Output()
	if err != nil {
		return fmt.Errorf("clarify-gen pull: %w", err)
	}
	type document struct {
		ID         string         `json:"id"`
		Attributes map[string]any `json:"attributes"`
	}
	var file struct {
		Format  string     `json:"format"`
		Version int        `json:"version"`
		Schemas []document `json:"schemas"`
	}
	if err := json.Unmarshal(out, &file); err != nil {
		return err
	}
	for _, d := range file.Schemas {
		if !strings.HasSuffix(d.ID, "entities/deal") {
			continue
		}
		for i := range objects {
			attributes := maps.Clone(d.Attributes)
			id := fmt.Sprintf("%s/c_object_%d", strings.TrimSuffix(d.ID, "/deal"), i)
			attributes["$id"], attributes["title"] = id, fmt.Sprint("Object ", i)
			file.Schemas = append(file.Schemas, document{id, attributes})
		}
	}
	b, err := json.Marshal(file)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o644)
}

var constructor = regexp.MustCompile(`(?m)^func (\w+)\(\w+ \*clarify\.Client\)`)

// writeProgram writes a program that reads all objects of its package crm.
func writeProgram(dir string) error {
	var reads strings.Builder
	files, err := filepath.Glob(filepath.Join(dir, "crm", "*.go"))
	if err != nil {
		return err
	}
	n := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, found := range constructor.FindAllSubmatch(text, -1) {
			fmt.Fprintf(&reads, "\tread(crm.%s(client))\n", found[1])
			n++
		}
	}
	if n < objects {
		return fmt.Errorf("%d objects are generated, want %d or more", n, objects)
	}
	return os.WriteFile(filepath.Join(dir, "main.go"), fmt.Appendf(nil, `package main

import (
	"context"
	"fmt"
	"os"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/internal/bench/programs/%s/crm"
)

func main() {
	client, err := clarify.New(os.Args[1], authn.APIKeyFromEnv())
	if err != nil {
		fmt.Println(err)
		return
	}
%s}

func read[T any](records *clarify.Records[T]) {
	for record, err := range records.All(context.Background()) {
		fmt.Println(record, err)
	}
}
`, filepath.Base(dir), &reads), 0o644)
}
