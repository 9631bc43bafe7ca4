package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

type settings struct {
	dir     string        // where the go command runs
	pkg     string        // the package to change
	files   []string      // patterns of names of its files
	tests   []string      // the packages whose tests are run
	first   string        // the tests to try first, as for go test -run
	n       int           // how many changes to try; 0 for all
	seed    uint64        // chooses them
	workers int           // how many to try at once
	timeout time.Duration // for the tests of one change; 0 for a multiple of what they take without
	dry     bool          // list the changes only
}

func main() {
	var s settings
	files := flag.String("files", "*.go", "the files to change, as `patterns` of their names, separated by commas")
	tests := flag.String("tests", "", "the `packages` whose tests are run, separated by commas (default: the one that is changed)")
	flag.StringVar(&s.pkg, "pkg", ".", "the `package` to change")
	flag.StringVar(&s.first, "first", "", "try the tests that match this `regexp` first")
	flag.IntVar(&s.n, "n", 50, "how many changes to try; 0 for all")
	flag.Uint64Var(&s.seed, "seed", 1, "chooses the changes")
	flag.IntVar(&s.workers, "workers", 2, "how many changes to try at once")
	flag.DurationVar(&s.timeout, "timeout", 0, "for the tests of one change (default: five times what they take without it, and 20s)")
	flag.BoolVar(&s.dry, "list", false, "list the changes and run nothing")
	flag.Parse()
	s.files = strings.Split(*files, ",")
	s.tests = []string{s.pkg}
	if *tests != "" {
		s.tests = strings.Split(*tests, ",")
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if _, err := run(ctx, s, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

// A tally counts the changes that were tried.
type tally struct {
	killed, survived, unreached int
}

// run tries the changes and writes a line for each, and a diff of each survivor.
func run(ctx context.Context, s settings, out io.Writer) (tally, error) {
	var total tally
	if s.n < 0 || s.workers < 1 {
		return total, fmt.Errorf("-n must be 0 or more and -workers 1 or more, got %d and %d", s.n, s.workers)
	}
	src, err := load(ctx, s.dir, s.pkg)
	if err != nil {
		return total, err
	}
	chosen, err := choose(src, s)
	if err != nil {
		return total, err
	}
	if s.dry {
		for _, m := range chosen {
			fmt.Fprintf(out, "%s\n%s", m, m.diff())
		}
		return total, nil
	}

	trials, err := newTrials(ctx, s, src)
	if err != nil {
		return total, err
	}
	defer trials.close()
	done := 0
	for result := range trials.all(ctx, chosen) {
		if result.err != nil {
			return total, result.err
		}
		done++
		fmt.Fprintf(out, "%*d/%d %s: %s\n", len(fmt.Sprint(len(chosen))), done, len(chosen), result.mutant, result.outcome)
		switch {
		case result.outcome == unreached:
			total.unreached++
			total.survived++
		case result.outcome == survived:
			total.survived++
		default:
			total.killed++
			continue
		}
		fmt.Fprint(out, result.mutant.diff())
	}
	if err := ctx.Err(); err != nil {
		return total, err
	}
	fmt.Fprintf(out, "%d changes, %d noticed, %d survived, of which the tests reach %d\n",
		done, total.killed, total.survived, total.survived-total.unreached)
	return total, nil
}

// choose returns the changes to try, in the order in which they are tried.
func choose(src *source, s settings) ([]mutant, error) {
	var all []mutant
	for _, file := range src.files {
		if s.matches(filepath.Base(file.name)) {
			all = append(all, src.mutants(file)...)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("nothing to change in %s that matches %q", s.pkg, s.files)
	}
	rng := rand.New(rand.NewPCG(s.seed, 0))
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var chosen []mutant
	for _, m := range all {
		if s.n > 0 && len(chosen) == s.n {
			break
		}
		if src.compiles(m) {
			chosen = append(chosen, m)
		}
	}
	if len(chosen) == 0 {
		return nil, errors.New("no change compiles")
	}
	return chosen, nil
}

// matches reports whether a file is to be changed. Generated files are only if
// they are named.
func (s settings) matches(name string) bool {
	for _, pattern := range s.files {
		if pattern == name {
			return true
		}
		if ok, _ := filepath.Match(pattern, name); ok && !strings.HasSuffix(name, ".gen.go") {
			return true
		}
	}
	return false
}
