package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Outcomes that are no test's name.
const (
	survived  = "SURVIVED"
	unreached = "SURVIVED: no test reaches it"
)

type result struct {
	mutant  mutant
	outcome string // survived, unreached, or what noticed it
	err     error
}

// trials run the tests of one source.
type trials struct {
	settings
	src     *source
	tmp     string // a directory
	covered coverage
}

// newTrials runs the tests without a change. They have to pass.
func newTrials(ctx context.Context, s settings, src *source) (*trials, error) {
	tmp, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return nil, err
	}
	t := &trials{settings: s, src: src, tmp: tmp}
	profile := filepath.Join(tmp, "cover")
	began := time.Now()
	args := append([]string{"-coverprofile", profile, "-coverpkg", src.path}, s.tests...)
	if out, err := t.goTest(ctx, "", args...); err != nil {
		t.close()
		return nil, fmt.Errorf("the tests fail without a change: %w\n%s", err, out)
	}
	if t.timeout == 0 {
		t.timeout = 5*time.Since(began) + 20*time.Second
	}
	if t.covered, err = readCoverage(profile); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *trials) close() { _ = os.RemoveAll(t.tmp) }

// all tries the changes, several at once, and yields the results in the order
// of the changes.
func (t *trials) all(ctx context.Context, mutants []mutant) iter.Seq[result] {
	return func(yield func(result) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var workers sync.WaitGroup
		defer workers.Wait()
		defer cancel()

		results := make([]chan result, len(mutants))
		for i := range results {
			results[i] = make(chan result, 1)
		}
		next := make(chan int)
		workers.Go(func() {
			defer close(next)
			for i := range mutants {
				select {
				case next <- i:
				case <-ctx.Done():
					return
				}
			}
		})
		for range t.workers {
			workers.Go(func() {
				for i := range next {
					results[i] <- t.try(ctx, i, mutants[i])
				}
			})
		}
		for _, r := range results {
			select {
			case r := <-r:
				if !yield(r) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

// try runs the tests against one change.
func (t *trials) try(ctx context.Context, i int, m mutant) result {
	if !t.covered.reaches(t.src.path+"/"+filepath.Base(m.file.name), m.line, m.startCol) {
		return result{mutant: m, outcome: unreached}
	}
	overlay, err := t.overlay(i, m)
	if err != nil {
		return result{mutant: m, err: err}
	}
	selections := [][]string{nil}
	if t.first != "" {
		selections = [][]string{{"-run", t.first}, nil}
	}
	for _, selection := range selections {
		args := append([]string{"-vet=off", "-failfast", "-timeout", t.timeout.String()}, selection...)
		out, err := t.goTest(ctx, overlay, append(args, t.tests...)...)
		var exit *exec.ExitError
		switch {
		case ctx.Err() != nil:
			return result{mutant: m, err: ctx.Err()}
		case errors.As(err, &exit):
			return result{mutant: m, outcome: noticed(out)}
		case err != nil:
			return result{mutant: m, err: err}
		}
	}
	return result{mutant: m, outcome: survived}
}

// overlay writes a change and the file that has the go command read it, and
// returns the latter's name.
func (t *trials) overlay(i int, m mutant) (string, error) {
	changed := filepath.Join(t.tmp, fmt.Sprintf("%d.go", i))
	if err := os.WriteFile(changed, []byte(m.text()), 0o600); err != nil {
		return "", err
	}
	doc, err := json.Marshal(map[string]any{"Replace": map[string]string{m.file.name: changed}})
	if err != nil {
		return "", err
	}
	name := filepath.Join(t.tmp, fmt.Sprintf("%d.json", i))
	return name, os.WriteFile(name, doc, 0o600)
}

// goTest runs go test, with as much memory as no sound test needs: a loop that
// a change has made endless may allocate.
func (t *trials) goTest(ctx context.Context, overlay string, args ...string) ([]byte, error) {
	args = append([]string{"go", "test", "-count=1"}, args...)
	if _, err := exec.LookPath("sh"); err == nil {
		args = append([]string{"sh", "-c", `ulimit -v 16000000 2>/dev/null; exec "$@"`, "sh"}, args...)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = t.dir
	if overlay != "" {
		// By the environment, as tests build programs.
		cmd.Env = append(cmd.Environ(), "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -overlay="+overlay))
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.Bytes(), err
}

var failure = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)|^(panic: [^\n]*|fatal error: [^\n]*)|^FAIL\t(.*\[(?:build|setup) failed\])`)

// noticed says what in the output of go test noticed a change.
func noticed(out []byte) string {
	found := failure.FindSubmatch(out)
	if found == nil {
		return "killed"
	}
	for _, group := range found[1:] {
		if len(group) > 0 {
			return "killed by " + string(group)
		}
	}
	return "killed"
}
