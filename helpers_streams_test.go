package clarify_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/clarify-go/clarify"
)

// wantNoGoroutine checks that none is left in a transfer. One that has just been
// told to end is given the time for it.
func wantNoGoroutine(t testing.TB) {
	t.Helper()
	stacks := make([]byte, 1<<20)
	var left []string
	for range 20000 {
		all := string(stacks[:runtime.Stack(stacks, true)])
		left = slices.DeleteFunc(strings.Split(all, "\n\n"), func(stack string) bool {
			return !strings.Contains(stack, "clarify.(*source)") && !strings.Contains(stack, "clarify.(*Client)")
		})
		if len(left) == 0 {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("left behind:\n%s", strings.Join(left, "\n\n"))
}

// reports collects what OnProgress reports.
type reports struct {
	mu    sync.Mutex
	done  []int64
	total []int64
}

func (r *reports) option() clarify.TransferOption {
	return clarify.OnProgress(func(done, total int64) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.done = append(r.done, done)
		r.total = append(r.total, total)
	})
}

// want checks that the reports rise to size, and that the total is always the
// same.
func (r *reports) want(t testing.TB, size, total int64) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.done) == 0 {
		t.Fatalf("the reports %d do not end with %d", r.done, size)
	}
	wantEqual(t, "r.done[len(r.done)-1]", r.done[len(r.done)-1], size)
	for i, done := range r.done {
		if i > 0 && done <= r.done[i-1] {
			t.Errorf("the reports %d do not rise", r.done)
			break
		}
		if r.total[i] != total {
			t.Errorf("a total of %d, want %d", r.total[i], total)
			break
		}
	}
}

// onlyReader hides what else a reader can do.
type onlyReader struct{ io.Reader }

// pattern is an endless reader whose bytes are not all the same.
type pattern struct{ at int }

var patternBytes = func() []byte {
	b := make([]byte, 251<<8)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return b
}()

func (p *pattern) Read(b []byte) (int, error) {
	n := copy(b, patternBytes[p.at:])
	p.at = (p.at + n) % len(patternBytes)
	return n, nil
}

func patternOf(size int64) string {
	b, _ := io.ReadAll(io.LimitReader(&pattern{}, size))
	return string(b)
}

// allocated returns how many bytes were allocated by f, freed or not.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// muchData is more than memory may grow by in a transfer of it.
const (
	muchData   = 64 << 20
	mostMemory = 4 << 20
)

// partOfFile returns a file with data, where what stands before has been read.
func partOfFile(t *testing.T, data string) io.Reader {
	t.Helper()
	const before = "what is not to be uploaded"
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(before+data), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if _, err := file.Seek(int64(len(before)), io.SeekStart); err != nil {
		t.Fatal(err)
	}
	return file
}

func pipe(data string) io.Reader {
	r, w := io.Pipe()
	go func() {
		_, _ = io.WriteString(w, data)
		_ = w.Close()
	}()
	return r
}

// emptyReads returns nothing some times, and ends.
func emptyReads(times int) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		if times--; times < 0 {
			return 0, io.EOF
		}
		return 0, nil
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

var errDisk = errors.New("the disk is on fire")
