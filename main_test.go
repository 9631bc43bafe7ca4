package clarify_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMain fails if the tests leave goroutines behind, or noted a credential.
func TestMain(m *testing.M) {
	code := m.Run()
	for _, secret := range slices.Concat(fileSecrets, partnerSecrets, []string{testKey}) {
		if shown.contains(secret) {
			fmt.Println("FAIL: a credential appears in an error, a log line or a formatted value")
			code = 1
		}
	}
	if left := leftover(); left != "" {
		fmt.Println("FAIL: goroutines are left after all tests:\n\n" + left)
		code = 1
	}
	os.Exit(code)
}

// leftover returns the goroutines that do not end within five seconds.
func leftover() string {
	var left []string
	for range 100 {
		left = nil
		buf := make([]byte, 4<<20)
		for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if strings.Contains(g, "clarify-go/clarify") && !strings.Contains(g, "clarify_test.leftover") ||
				strings.Contains(g, "net/http.(*persistConn)") || strings.Contains(g, "net/http.(*conn).serve") {
				left = append(left, g)
			}
		}
		if len(left) == 0 {
			return ""
		}
		time.Sleep(50 * time.Millisecond)
	}
	return strings.Join(left, "\n\n")
}

// shown collects what users would see.
var shown recorder

type recorder struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (r *recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(p)
}

func (r *recorder) contains(s string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Contains(r.buf.String(), s)
}

// noted is the logger of the clients in the tests.
var noted = slog.New(slog.NewTextHandler(&shown, &slog.HandlerOptions{Level: slog.LevelDebug}))

// note adds an error and its causes to shown, in every format.
func note(err error) {
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(&shown, "%v %+v %#v %q\n", err, err, err, err.Error())
	}
}
