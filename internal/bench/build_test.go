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

// BenchmarkBuild is what programs that read a person take to be built, how large
// they are, and how much larger than the one without a library.
func BenchmarkBuild(b *testing.B) {
	base := map[string]int64{}
	for _, name := range []string{"hand", "clarify", "gen", "ogen"} {
		b.Run(name, func(b *testing.B) {
			var cold, warm time.Duration
			sizes := map[string]int64{}
			for b.Loop() {
				dir := b.TempDir()
				cache := filepath.Join(dir, "cache")
				if name != "hand" {
					// What the program needs of the standard library anyway.
					build(b, cache, "hand", filepath.Join(dir, "hand"))
				}
				began := time.Now()
				build(b, cache, name, filepath.Join(dir, "program"))
				cold += time.Since(began)
				if err := os.Remove(filepath.Join(dir, "program")); err != nil {
					b.Fatal(err)
				}
				began = time.Now()
				sizes["bytes"] = build(b, cache, name, filepath.Join(dir, "program"))
				warm += time.Since(began)
				sizes["stripped-bytes"] = build(b, cache, name, filepath.Join(dir, "stripped"), "-trimpath", "-ldflags=-s -w")
			}
			b.ReportMetric(cold.Seconds()/float64(b.N), "cold-s")
			b.ReportMetric(warm.Seconds()/float64(b.N), "warm-s")
			for unit, size := range sizes {
				if name == "hand" {
					base[unit] = size
				}
				b.ReportMetric(float64(size), unit)
				b.ReportMetric(float64(size-base[unit]), "gained-"+unit)
			}
		})
	}
}

// build builds a program and returns its size.
func build(b *testing.B, cache, name, out string, flags ...string) int64 {
	b.Helper()
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
