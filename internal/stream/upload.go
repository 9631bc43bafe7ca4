// Package stream moves bytes between a caller's readers and writers and the bodies
// of HTTP messages, without holding them in memory, and reports how far it got.
package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	// chunkSize is how many bytes at most one call reads.
	chunkSize = 32 << 10
	// maxEmptyReads is how often in a row a reader may return nothing, as in bufio.
	maxEmptyReads = 100
	// lastRead is how long an attempt that has failed waits for a Read in progress.
	lastRead = time.Second
)

var (
	errOver       = errors.New("the attempt has ended")
	errReadResult = errors.New("reader returned an invalid count")
)

// Upload is a caller's reader of a known size, to be sent in one attempt or more.
// Only one attempt may be made at a time.
type Upload struct {
	reader   io.Reader
	size     int64
	seeker   io.Seeker // nil if the reader cannot go back
	start    int64     // where the seeker stood at first
	begun    bool
	progress *progress
}

// NewUpload returns the upload of the size bytes that r yields. report is called as
// they are sent and may be nil. It is never called with fewer bytes than before, not
// even in a later attempt.
func NewUpload(r io.Reader, size int64, report func(done, total int64)) *Upload {
	u := &Upload{reader: r, size: size, progress: newProgress(report, size)}
	if seeker, ok := r.(io.Seeker); ok {
		// A pipe has the method too, and fails.
		if start, err := seeker.Seek(0, io.SeekCurrent); err == nil {
			u.seeker, u.start = seeker, start
		}
	}
	return u
}

// Size returns how many bytes an attempt yields.
func (u *Upload) Size() int64 { return u.size }

// CanRestart reports whether there can be more than one attempt: the reader is an
// [io.Seeker] that works.
func (u *Upload) CanRestart() bool { return u.seeker != nil }

// Begin begins an attempt, from the reader's first position. The previous attempt must
// not be reading any more: see [Attempt.End].
//
// If the upload is empty, it checks right away that the reader ends, because an HTTP
// transport does not read an empty body.
func (u *Upload) Begin(ctx context.Context) (*Attempt, error) {
	if u.begun {
		if _, err := u.seeker.Seek(u.start, io.SeekStart); err != nil {
			return nil, fmt.Errorf("cannot seek back to the start of the upload: %w", err)
		}
	}
	u.begun = true
	a := &Attempt{ctx: ctx, upload: u, buffer: make([]byte, min(u.size, chunkSize))}
	if u.size == 0 {
		_, _ = a.Read(make([]byte, 1))
		if a.err != nil && a.err != io.EOF {
			return nil, a.err
		}
	}
	return a, nil
}

// Attempt is the body of one request. It yields the bytes of an upload, after which
// the reader must end. It yields the last bytes only after that, so that the receiver
// never takes a truncated file for a complete one.
//
// A transport waits for a Read of a body, even once the context is done. So the
// caller's reader is read on its own goroutine, for which nobody has to wait.
type Attempt struct {
	ctx    context.Context
	upload *Upload
	buffer []byte // not the transport's, which may be in other use later

	mu      sync.Mutex // guards the fields below, and the calls of progress
	reading chan struct{}
	done    int64
	err     error
	stopped bool
}

// Read reads the next bytes. Once the context is done it returns the context's error.
func (a *Attempt) Read(p []byte) (int, error) {
	a.mu.Lock()
	done, err := a.done, a.err
	if a.stopped {
		err = cmp.Or(a.ctx.Err(), errOver)
	}
	if err != nil || len(p) == 0 {
		a.mu.Unlock()
		return 0, err
	}
	reading := make(chan struct{})
	a.reading = reading
	a.mu.Unlock()

	var n int
	go func() {
		defer close(reading)
		n, err = a.next(a.buffer[:min(len(p), len(a.buffer))], done)
	}()
	select {
	case <-reading:
	case <-a.ctx.Done():
	}

	a.mu.Lock()
	defer a.mu.Unlock()
	// Once the context is done, the reader's result is ignored, even if it came first.
	if over := a.ctx.Err(); over != nil {
		a.stopped = true
		return 0, over
	}
	if a.stopped {
		return 0, errOver
	}
	copy(p, a.buffer[:n])
	a.done += int64(n)
	a.err = err
	if n > 0 || err == io.EOF {
		a.upload.progress.moved(a.done)
	}
	return n, err
}

// next reads up to len(p) bytes. It returns io.EOF with the last of them.
func (a *Attempt) next(p []byte, done int64) (int, error) {
	var n int
	var err error
	size := a.upload.size
	left := size - done
	if left > 0 {
		n, err = a.readSome(p[:min(int64(len(p)), left)])
		left -= int64(n)
	}
	if left == 0 && err == nil {
		var more int
		more, err = a.readSome(make([]byte, 1))
		if more > 0 {
			return 0, fmt.Errorf("reader has more than the %d bytes announced", size)
		}
	}
	switch {
	case err == nil || err == io.EOF && left == 0:
		return n, err
	case err == io.EOF:
		return 0, fmt.Errorf("reader ended after %d bytes, and %d were announced: %w", size-left, size, io.ErrUnexpectedEOF)
	}
	return 0, fmt.Errorf("cannot read the upload after %d of %d bytes: %w", size-left, size, err)
}

func (a *Attempt) readSome(p []byte) (int, error) {
	for range maxEmptyReads {
		if err := a.over(); err != nil {
			return 0, err
		}
		n, err := a.upload.reader.Read(p)
		if n < 0 || n > len(p) {
			return 0, errReadResult
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

// over returns why the reader is not read any more, or nil if it still is.
func (a *Attempt) over() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped {
		return errOver
	}
	return a.ctx.Err()
}

// Result is how far an attempt got.
type Result struct {
	Complete bool  // whether all bytes were read, and then the end
	Err      error // the error of the caller's reader
	Idle     bool  // whether no Read is in progress, so that another attempt may begin
}

// End ends an attempt: the reader is not read any more. A Read in progress cannot be
// canceled. End waits for it for a second, or until the context is done.
func (a *Attempt) End() Result {
	a.mu.Lock()
	a.stopped = true
	reading := a.reading
	a.mu.Unlock()
	idle := reading == nil || a.finished(reading)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err == io.EOF {
		return Result{Complete: true, Idle: idle}
	}
	return Result{Err: a.err, Idle: idle}
}

func (a *Attempt) finished(reading <-chan struct{}) bool {
	timer := time.NewTimer(lastRead)
	defer timer.Stop()
	select {
	case <-reading:
	case <-timer.C:
	case <-a.ctx.Done():
	}
	select {
	case <-reading:
		return true
	default:
		return false
	}
}
