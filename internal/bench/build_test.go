package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkGenerate is go generate for the contract and its code, with the
// generator built already.
func BenchmarkGenerate(b *testing.B) {
	generate := func() {
		cmd := exec.Command("go", "generate", "./...")
		cmd.Dir = "../.."
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	generate()
	for b.Loop() {
		generate()
	}
}

// BenchmarkBuild is what programs that read a person take to be built where only
// what the one without a library needs was built before; how large they are; and
// how much larger than that one.
func BenchmarkBuild(b *testing.B) {
	without := b.TempDir()
	base := map[string]int64{
		"bytes":          build(b, without, "hand"),
		"stripped-bytes": build(b, without, "hand", stripped...),
	}
	for _, name := range []string{"clarify", "gen", "ogen"} {
		b.Run(name, func(b *testing.B) {
			var cold, warm time.Duration
			sizes := map[string]int64{}
			for b.Loop() {
				cache := b.TempDir()
				if err := os.CopyFS(cache, os.DirFS(without)); err != nil {
					b.Fatal(err)
				}
				began := time.Now()
				build(b, cache, name)
				cold += time.Since(began)
				began = time.Now()
				sizes["bytes"] = build(b, cache, name)
				warm += time.Since(began)
				sizes["stripped-bytes"] = build(b, cache, name, stripped...)
			}
			b.ReportMetric(cold.Seconds()/float64(b.N), "cold-s")
			b.ReportMetric(warm.Seconds()/float64(b.N), "warm-s")
			for unit, size := range sizes {
				b.ReportMetric(float64(size), unit)
				b.ReportMetric(float64(size-base[unit]), "gained-"+unit)
			}
		})
	}
}

var stripped = []string{"-ldflags=-s -w"}

// build builds a program with a build cache and returns its size.
func build(b *testing.B, cache, name string, flags ...string) int64 {
	b.Helper()
	out := filepath.Join(b.TempDir(), name)
	cmd := exec.Command("go", append(append([]string{"build", "-o", out}, flags...), "./programs/"+name)...)
	cmd.Env = append(os.Environ(), "GOCACHE="+cache)
	if text, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, text)
	}
	info, err := os.Stat(out)
	if err != nil {
		b.Fatal(err)
	}
	return info.Size()
}
