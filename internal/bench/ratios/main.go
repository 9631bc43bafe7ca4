// Command ratios runs the benchmarks, compares what belongs together, and says
// whether that is as good as it must be. It exits with 1 if it is not.
//
//	go run ./ratios                                   # about ten minutes
//	go run ./ratios -doc ../../docs/benchmarks.md     # and writes them down
//	go run ./ratios -read results.txt                 # of an earlier run
package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

const benchstat = "golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da"

// steps are run in this order, each so often. A round has all that is compared,
// so that what slows the machine down for a while slows all of it down.
var steps = []struct {
	pattern string
	time    string
	rounds  int
}{
	{"^BenchmarkRequest$", "300ms", 20},
	{"^BenchmarkObserver$", "30x", 3},
	{"^Benchmark(Page|PageDecoding)$", "500ms", 8},
	{"^Benchmark(Export|Memory|Import)$", "1x", 3},
	{"^BenchmarkRateLimit$", "1x", 1},
	{"^Benchmark(Generate|Build|Objects)$", "1x", 1},
}

func main() {
	log.SetFlags(0)
	doc := flag.String("doc", "", "write the results to this `file`, in Markdown")
	read := flag.String("read", "", "take the results from this `file` instead of running the benchmarks")
	out := flag.String("out", "", "keep the results in this `file`")
	flag.Parse()
	missed, err := run(*doc, *read, *out)
	if err != nil {
		log.Fatal(err)
	}
	if missed > 0 {
		log.Fatalf("%d of the figures are not what they must be", missed)
	}
}

func run(doc, read, out string) (missed int, err error) {
	dir, err := os.MkdirTemp("", "ratios")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if read == "" {
		if read = out; read == "" {
			read = filepath.Join(dir, "results.txt")
		}
		if err := bench(dir, read); err != nil {
			return 0, err
		}
	}
	text, err := os.ReadFile(read)
	if err != nil {
		return 0, err
	}
	all := parse(string(text))
	table, missed, err := compare(all)
	if err != nil {
		return 0, err
	}
	cmd := exec.Command("go", "run", benchstat, "this run="+read)
	cmd.Stderr = os.Stderr
	stat, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("benchstat: %w", err)
	}
	fmt.Printf("\n%s\n%s", stat, table)
	if doc != "" {
		err = os.WriteFile(doc, page(string(text), all, table, string(stat)), 0o644)
	}
	return missed, err
}

// bench runs the benchmarks and writes what they print to a file.
func bench(dir, to string) error {
	file, err := os.Create(to)
	if err != nil {
		return err
	}
	defer file.Close()
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		// Of a machine that has other things to do nothing can be told.
		before, _, _ := strings.Cut(string(load), " ")
		if _, err := fmt.Fprintf(file, "load: %s\n", before); err != nil {
			return err
		}
		fmt.Println("load average before the run:", before)
	}
	program := filepath.Join(dir, "bench.test")
	build := exec.Command("go", "test", "-c", "-o", program, ".")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return err
	}
	for _, step := range steps {
		for range step.rounds {
			cmd := exec.Command(program, "-test.run", "^$", "-test.bench", step.pattern, "-test.benchtime", step.time, "-test.timeout", "20m")
			cmd.Stdout = io.MultiWriter(os.Stdout, file)
			cmd.Stderr = os.Stderr
			if err := cmd.Run(); err != nil {
				return fmt.Errorf("%s: %w", step.pattern, err)
			}
		}
	}
	return file.Close()
}

// results are the figures of benchmarks, by name and unit, of all rounds.
type results map[string]map[string][]float64

func parse(text string) results {
	all := results{}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(words[0], "Benchmark")
		if i := strings.LastIndexByte(name, '-'); i >= 0 {
			if _, err := strconv.Atoi(name[i+1:]); err == nil && runtime.GOMAXPROCS(0) > 1 {
				// How many processors there are.
				name = name[:i]
			}
		}
		if all[name] == nil {
			all[name] = map[string][]float64{}
		}
		for i := 2; i+1 < len(words); i += 2 {
			if value, err := strconv.ParseFloat(words[i], 64); err == nil {
				all[name][words[i+1]] = append(all[name][words[i+1]], value)
			}
		}
	}
	return all
}

// median returns the median of what was measured.
func (r results) median(name, unit string) (float64, error) {
	values := slices.Sorted(slices.Values(r[name][unit]))
	if len(values) == 0 {
		return 0, fmt.Errorf("there are no %s of %s", unit, name)
	}
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2, nil
}

// figure is one that must be no more, or no less, than another.
type figure struct {
	what       string
	name, unit string
	over       string // what it is divided by, empty if by nothing
	format     string
	least      bool // whether it must be no less than the bound
	bound      string
}

var figures = []figure{
	{"One request, time: Get / by hand", "Request/clarify", "ns/op", "Request/by-hand", "%.2f", false, "1.15"},
	{"One request, allocations: Get / by hand", "Request/clarify", "allocs/op", "Request/by-hand", "%.2f", false, "1.3"},
	{"One request, time: with an observer that does nothing / without one", "Observer", "silent/none", "", "%.3f", false, "1.02"},
	{"The same: with metrics of contrib/otel, and traces of one request in ten", "Observer", "otel-tenth/none", "", "%.3f", false, "1.05"},
	{"The same: with traces of all requests", "Observer", "otel/none", "", "%.3f", false, ""},
	{"A page into a struct, time: Pages / encoding/json by hand", "Page/clarify", "ns/op", "Page/encoding-json", "%.2f", false, "0.5"},
	{"The same without the network", "PageDecoding/clarify", "ns/op", "PageDecoding/encoding-json", "%.2f", false, "0.5"},
	{"The same: Pages / sonic, ConfigFastest, of bytes that are there", "PageDecoding/clarify", "ns/op", "PageDecoding/bytes-sonic-fastest", "%.2f", false, "1.3"},
	{"The same: Pages / sonic, default", "PageDecoding/clarify", "ns/op", "PageDecoding/bytes-sonic", "%.2f", false, ""},
	{"The same: Pages / go-json-experiment", "PageDecoding/clarify", "ns/op", "PageDecoding/bytes-go-json-experiment", "%.2f", false, ""},
	{"The same: Pages / encoding/json, of bytes that are there", "PageDecoding/clarify", "ns/op", "PageDecoding/bytes-encoding-json", "%.2f", false, ""},
	{"The same, allocations: of Pages, a record", "PageDecoding/clarify", "allocs/op", "", "%.2f", false, "6"},
	{"The same: Pages / ogen", "PageDecoding/clarify", "ns/op", "PageDecoding/ogen", "%.2f", false, ""},
	{"The same: Pages / the generated client into maps", "PageDecoding/clarify", "ns/op", "PageDecoding/gen-maps", "%.2f", false, ""},
	{"The same, bytes allocated: Pages / encoding/json by hand", "PageDecoding/clarify", "B/op", "PageDecoding/encoding-json", "%.2f", false, ""},
	{"A page into a generated type, time: Pages / encoding/json by hand", "Page/clarify-generated", "ns/op", "Page/encoding-json", "%.2f", false, "0.5"},
	{"The same without the network: Pages / sonic, ConfigFastest, of bytes that are there", "PageDecoding/clarify-generated", "ns/op", "PageDecoding/bytes-sonic-fastest", "%.2f", false, "1.2"},
	{"The same: Pages / sonic, default", "PageDecoding/clarify-generated", "ns/op", "PageDecoding/bytes-sonic", "%.2f", false, ""},
	{"The same: Pages / go-json-experiment", "PageDecoding/clarify-generated", "ns/op", "PageDecoding/bytes-go-json-experiment", "%.2f", false, ""},
	{"The same: Pages / encoding/json, of bytes that are there", "PageDecoding/clarify-generated", "ns/op", "PageDecoding/bytes-encoding-json", "%.2f", false, ""},
	{"The same: Pages / ogen", "PageDecoding/clarify-generated", "ns/op", "PageDecoding/ogen", "%.2f", false, ""},
	{"The same, allocations: of Pages, a record", "PageDecoding/clarify-generated", "allocs/op", "", "%.2f", false, "6"},
	{"Export of 100,000: by hand / Concurrency(16)", "Export/by-hand", "ns/op", "Export/clarify-16", "%.1f", true, "12"},
	{"Export of 100,000: Concurrency(1) / by hand", "Export/clarify-1", "ns/op", "Export/by-hand", "%.2f", false, "1"},
	{"Peak heap: export of 1,000,000 / of 100,000", "Memory/1000000", "peak-MiB", "Memory/100000", "%.2f", false, "1.1"},
	{"Peak heap: export of 1,000,000, MiB", "Memory/1000000", "peak-MiB", "", "%.1f", false, "64"},
	{"Import of 100,000: % of the batches that latency and concurrency allow", "Import/none-bad", "%ideal", "", "%.1f", true, "90"},
	{"Import with 1 % bad, every good one in and every bad one named: time / none bad", "Import/one-percent-bad", "ns/op", "Import/none-bad", "%.2f", false, "3"},
	{"The same with CheckedBy: time / none bad", "Import/one-percent-bad-checked", "ns/op", "Import/none-bad", "%.2f", false, "1.1"},
	{"Rate limit: rejections that the client could have predicted", "RateLimit", "refused", "", "%.0f", false, "0"},
	{"`go generate ./...`, seconds", "Generate", "ns/op", "", "%.1f", false, ""},
	{"Build of a program that reads a person, where only what the one by hand needs was built before, seconds", "Build/clarify", "cold-s", "", "%.1f", false, ""},
	{"The same: with the generated client alone", "Build/gen", "cold-s", "", "%.1f", false, ""},
	{"The same: with ogen's client, which has one operation of the 76", "Build/ogen", "cold-s", "", "%.1f", false, ""},
	{"Build of it again, once its packages are built, seconds", "Build/clarify", "warm-s", "", "%.1f", false, ""},
	{"What the program gains, MB", "Build/clarify", "gained-bytes", "", "%.1f", false, ""},
	{"The same, stripped", "Build/clarify", "gained-stripped-bytes", "", "%.1f", false, ""},
	{"The same, stripped: with the generated client alone", "Build/gen", "gained-stripped-bytes", "", "%.1f", false, ""},
	{"The same, stripped: with ogen's client", "Build/ogen", "gained-stripped-bytes", "", "%.1f", false, ""},
	{"`clarify-gen generate` of a workspace with 50 objects, seconds", "Objects", "generate-s", "", "%.1f", false, ""},
	{"Build of a program that reads all of them, where clarify was built before, seconds", "Objects", "cold-s", "", "%.1f", false, ""},
	{"What it gains over one that reads a person, MB", "Objects", "gained-bytes", "", "%.1f", false, ""},
	{"The same, stripped", "Objects", "gained-stripped-bytes", "", "%.1f", false, ""},
}

// pageRecords is how many records a page has.
const pageRecords = 500

// compare returns the table of the figures, and how many are not what they must
// be.
func compare(all results) (table string, missed int, err error) {
	var b strings.Builder
	b.WriteString("| | measured | must be |\n|---|---:|---|\n")
	for _, f := range figures {
		value, err := all.median(f.name, f.unit)
		if err != nil {
			return "", 0, err
		}
		if f.over != "" {
			over, err := all.median(f.over, f.unit)
			if err != nil {
				return "", 0, err
			}
			value /= over
		}
		switch {
		case strings.HasPrefix(f.what, "`go generate"):
			value /= 1e9
		case strings.HasSuffix(f.what, "a record"):
			value /= pageRecords
		case strings.HasSuffix(f.unit, "bytes"):
			value /= 1e6
		}
		must := ""
		if f.bound != "" {
			bound, err := strconv.ParseFloat(f.bound, 64)
			if err != nil {
				return "", 0, err
			}
			if must = "at most " + f.bound; f.least {
				must = "at least " + f.bound
			}
			if f.least && value < bound || !f.least && value > bound {
				missed++
				must += ", **missed**"
			}
		}
		fmt.Fprintf(&b, "| %s | "+f.format+" | %s |\n", f.what, value, must)
	}
	return b.String(), missed, nil
}

// page is the document about a run.
func page(text string, all results, table, stat string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `# Benchmarks

What the library costs, compared with what one would write or generate instead. Made by `+"`make benchdoc`"+` on %s;
`+"`make bench`"+` measures it again in about ten minutes, and fails if a figure is not what it must be.

%s
Each figure is the median of its rounds, and each ratio is one of medians. What is compared runs alternately, in the same
run.

## What is measured

- **By hand** is net/http and encoding/json, as one writes them who needs nothing else: a request with the header
  Authorization, a look at the status, a decoder, a struct. It has no retries and no rate limit.
- All send through transports with the same settings, to a server that is a process of its own on the same machine
  and returns prepared responses. The allocations are those of the client.
- **An observer** that does nothing has a function for each event of a request. That of `+"`contrib/otel`"+` has an SDK with
  exporters that send nothing. Rounds of 400 requests of each kind alternate. A trace of a request is two spans, and most of
  what these take is the SDK's.
- **A page** is 500 people with 15 fields, %d kB. "Without the network" is the same call with a transport that has
  the response in memory. **ogen**'s client is generated from the operation in `+"`openapi.yaml`"+`, with the 15 fields as
  its attributes. ogen does not accept the whole document.
- **sonic** and **go-json-experiment** decode the bytes of that page, and do nothing else: they are compared with the whole
  call. sonic compiles a decoder to machine code, in part from assembly, and uses package unsafe. With ConfigFastest its
  strings are parts of the page, so that each keeps all of it alive, and it validates less.
- **A generated type** is as `+"`clarify-gen`"+` makes it for these fields. It keeps what the struct with tags
  leaves out: null, unknown attributes, and the digits of numbers.
- **The export** is 200 pages, each with a latency of 25 ms. By hand it follows links.next. For the memory the loop takes
  4 ms a page, longer than it takes to fetch one, so that the client holds as many pages as it ever does. The peak is that of
  the heap, with what is not yet swept.
- **The import** is 1,000 batches of 100, with 16 in flight and a latency of 50 ms: without any other cost that is 3.1 s. The
  server rejects a batch with a bad record and names the first one, and it counts what arrives. With a server that named none
  the client would send batches in halves, which takes about 14 requests for each bad record instead of two. With CheckedBy
  the client compares each record with the schema and does not send the bad ones.
- **The rate limit** is that of the sandbox, 3,000 requests in any 60 seconds. 3,600 are sent as fast as it allows.
- **A workspace with 50 objects** is that of the sandbox, with deal there 50 times more. The program iterates over the
  records of each object.
- **Sizes and times to build** are those of the programs in `+"`internal/bench/programs`"+`, compared with the one by hand.

## The machine and the versions

%s
## All figures

`+"```\n%s\n```\n", time.Now().UTC().Format(time.DateOnly), table, pageBytes(all)/1000, versions(text), strings.TrimSpace(stat))
	return b.Bytes()
}

// pageBytes is how long a page is, by the speed at which it was read.
func pageBytes(all results) int {
	speed, err := all.median("PageDecoding/clarify", "MB/s")
	took, errTook := all.median("PageDecoding/clarify", "ns/op")
	if err = errors.Join(err, errTook); err != nil {
		return 0
	}
	return int(speed * took / 1e3)
}

// versions is a list of what was measured on and against what.
func versions(text string) string {
	var b strings.Builder
	found := map[string]string{"cpu": "unknown", "load": "unknown"}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ": ")
		if found[name] != "" {
			found[name] = strings.TrimSpace(value)
		}
	}
	system := runtime.GOOS
	if release, err := os.ReadFile("/etc/os-release"); err == nil {
		for line := range strings.Lines(string(release)) {
			if name, ok := strings.CutPrefix(line, "PRETTY_NAME="); ok {
				system = strings.Trim(strings.TrimSpace(name), `"`)
			}
		}
	}
	fmt.Fprintf(&b, "- %s, %d cores, %s; %s, %s\n", found["cpu"], runtime.NumCPU(), runtime.GOARCH, system, runtime.Version())
	fmt.Fprintf(&b, "- load average before the run: %s (above a few tenths the machine was busy with other things, and\n  only what is counted is reliable)\n", found["load"])
	for _, module := range []string{"github.com/ogen-go/ogen", "github.com/oapi-codegen/runtime", "github.com/bytedance/sonic", "github.com/go-json-experiment/json"} {
		out, err := exec.Command("go", "list", "-m", module).Output()
		if err == nil {
			fmt.Fprintf(&b, "- %s\n", strings.TrimSpace(string(out)))
		}
	}
	return b.String()
}
