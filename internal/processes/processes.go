// Package processes runs a test binary as several processes that do something at the
// same time.
package processes

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// variable begins the name of the environment variable with the job of a process.
const variable = "CLARIFY_PROCESS_"

// Main runs a job, if this is a process that [Start] started for jobs of that kind, and
// ends the process. Otherwise it returns. It is called first in a TestMain. The result
// of the job is encoded as JSON.
func Main[Job, Result any](kind string, run func(Job) (Result, error)) {
	text, ok := os.LookupEnv(variable + kind)
	if !ok {
		return
	}
	if err := work(text, run); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func work[Job, Result any](text string, run func(Job) (Result, error)) error {
	var job Job
	if err := json.Unmarshal([]byte(text), &job); err != nil {
		return err
	}
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	result, err := run(job)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

// Process is a process that is ready to run its job.
type Process struct {
	cmd    *exec.Cmd
	stdin  io.Writer
	stdout *bufio.Reader
	stderr bytes.Buffer
	once   sync.Once
}

// Start starts processes with the same job. They end with the test at the latest.
func Start(t testing.TB, n int, kind string, job any) []*Process {
	t.Helper()
	text, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]*Process, n)
	for i := range all {
		p := &Process{cmd: exec.Command(os.Args[0])}
		p.cmd.Env = append(os.Environ(), variable+kind+"="+string(text))
		p.cmd.Stderr = &p.stderr
		stdin, err := p.cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		stdout, err := p.cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		p.stdin, p.stdout = stdin, bufio.NewReader(stdout)
		if err := p.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Kill() })
		all[i] = p
	}
	for _, p := range all {
		if _, err := p.stdout.ReadString('\n'); err != nil {
			t.Fatalf("a process does not start: %v\n%s", err, p.Kill())
		}
	}
	return all
}

// Run lets processes run their jobs at the same time.
func Run(t testing.TB, all []*Process) {
	t.Helper()
	for _, p := range all {
		if _, err := fmt.Fprintln(p.stdin); err != nil {
			t.Fatalf("a process does not run: %v\n%s", err, p.Kill())
		}
	}
}

// Results waits for the results of processes.
func Results[Result any](t testing.TB, all []*Process) []Result {
	t.Helper()
	results := make([]Result, len(all))
	for i, p := range all {
		if err := json.NewDecoder(p.stdout).Decode(&results[i]); err != nil {
			t.Fatalf("a process has no result: %v\n%s", err, p.Kill())
		}
	}
	return results
}

// Kill ends a process, and returns what it wrote to its standard error.
func (p *Process) Kill() string {
	p.once.Do(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	return p.stderr.String()
}
