package storetest

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/clarify-go/clarify/mirror"
)

func TestASoundStorePasses(t *testing.T) {
	Run(t, func(*testing.T) func() (mirror.Store, error) { return newMemory("").open })
}

// Tests that a wrong store passes would prove nothing.
func TestDefectsAreFound(t *testing.T) {
	for _, defect := range []string{
		"Close does not unlock", "no lock", "Lock does not wait", "Lock ignores the context", "Tables forgets Search",
		"Migrate drops nothing", "Migrate loses rows", "Migrate ignores kinds", "Migrate ignores keys",
		"Rows ignores the context", "Rows reuses rows", "Rows ends early", "the order of keys ignores case", "Rows includes the key after which it begins",
		"no transactions", "Upsert does not count values", "a key can be null", "Upsert does not replace",
		"an empty text is null", "null is an empty text", "numbers are float32", "times have whole seconds", "JSON is made compact", "text is trimmed",
		"Delete needs the whole key", "Truncate does nothing", "Commit ignores the context", "Commit does nothing",
	} {
		t.Run(defect, func(t *testing.T) {
			t.Parallel()
			for _, c := range cases {
				if failure := failureOf(t, c, newMemory(defect).open); failure != "" {
					t.Logf("%s: %s", c.name, failure)
					return
				}
			}
			t.Error("no test failed")
		})
	}
}

// failureOf runs a test and returns its first failure. A test that does not end in time
// has failed.
func failureOf(t *testing.T, c testCase, open func() (mirror.Store, error)) string {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := &recorder{ctx: ctx}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.test(&database{tb: r, open: open})
	}()
	select {
	case <-done:
		return r.failure
	case <-time.After(2 * time.Second):
		return "it does not end"
	}
}

// recorder notes failures.
type recorder struct {
	ctx     context.Context
	failure string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Cleanup(func())           {}

func (r *recorder) Errorf(format string, args ...any) {
	if r.failure == "" {
		r.failure = fmt.Sprintf(format, args...)
	}
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}
