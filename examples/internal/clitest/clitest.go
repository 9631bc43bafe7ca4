// Package clitest has what the tests of the programs among the examples share: an
// account on a sandbox, and a program that is killed and started again.
package clitest

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// asProgram makes a test binary run as the program that it tests.
const asProgram = "CLARIFY_EXAMPLE_BE_THE_PROGRAM"

// Main is for TestMain of a test that starts its program by [Killed]. main is the
// program's.
func Main(m *testing.M, main func()) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// Account is the environment of a program that has an account on a sandbox.
func Account(s *clarifytest.Server) map[string]string {
	return map[string]string{"CLARIFY_API_KEY": s.APIKey, "CLARIFY_WORKSPACE": s.Workspace, "CLARIFY_BASE_URL": s.BaseURL}
}

// Kills returns the number in an environment variable, or otherwise if it is not set.
func Kills(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%s is not how often a program can be killed", variable, text)
	}
	return n
}

// Killed runs the program with arguments, kills it at a random time, and starts it
// again, until it ends by itself. killed counts the kills; when it reaches limit, the
// program is not killed any more. It returns the exit status and the output of the last
// run.
func Killed(t *testing.T, s *clarifytest.Server, killed *int, limit int, args ...string) (status int, output string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for {
		program := exec.Command(self, args...)
		var said bytes.Buffer
		program.Stdout, program.Stderr = &said, &said
		program.Env = append(os.Environ(), asProgram+"=1")
		for name, value := range Account(s) {
			program.Env = append(program.Env, name+"="+value)
		}
		if err := program.Start(); err != nil {
			t.Fatal(err)
		}
		// It needs some time to start, and some more for its requests.
		timer := time.AfterFunc(rand.N(400*time.Millisecond), func() { _ = program.Process.Kill() })
		if *killed >= limit {
			timer.Stop()
		}
		err := program.Wait()
		timer.Stop()
		var exit *exec.ExitError
		switch {
		case errors.As(err, &exit) && !exit.Exited():
			*killed++
			continue
		case err != nil && exit == nil:
			t.Fatal(err)
		}
		return program.ProcessState.ExitCode(), said.String()
	}
}
