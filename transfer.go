package clarify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/httpx"
)

// A TransferOption changes how bytes are moved. Uploads, downloads and exports
// take it: it is a [RecordingOption] and an [ExportOption] as well. [OnProgress]
// returns one, and so does [Silent]; other options of a write are an error.
type TransferOption interface {
	RecordingOption
	ExportOption
	forTransfer(*transferOptions) error
}

// A RecordingOption changes a call of [Client.UploadRecording] or
// [Client.AddRecordingTranscript].
type RecordingOption interface {
	forRecording(*transferOptions) error
}

// An ExportOption changes a call of [Client.ExportList].
type ExportOption interface {
	forExport(*transferOptions) error
}

type transferOptions struct {
	silent    bool
	progress  func(done, total int64)
	recording gen.MediaUploadRequest
	rows      gen.ListRowsQuery
}

type (
	transferOption  func(*transferOptions) error
	recordingOption func(*transferOptions) error
	exportOption    func(*transferOptions) error
)

func (f transferOption) forTransfer(o *transferOptions) error   { return f(o) }
func (f transferOption) forRecording(o *transferOptions) error  { return f(o) }
func (f transferOption) forExport(o *transferOptions) error     { return f(o) }
func (f recordingOption) forRecording(o *transferOptions) error { return f(o) }
func (f exportOption) forExport(o *transferOptions) error       { return f(o) }

func (f WriteOption) forTransfer(o *transferOptions) error {
	if f == nil {
		return errNilOption
	}
	var w writing
	f(&w)
	if !w.silent || w.err != nil || w.matchOn != "" || len(w.strategies) > 0 {
		return errors.New("clarify: an option is for writing a record: of those, only Silent is for files too")
	}
	o.silent = true
	return nil
}

func (f WriteOption) forRecording(o *transferOptions) error { return f.forTransfer(o) }
func (f WriteOption) forExport(o *transferOptions) error    { return f.forTransfer(o) }

// OnProgress has report called while bytes move: done of them have, out of
// total, which is -1 if it is not known. done never becomes smaller, not even
// when an upload begins anew, and a transfer that succeeds ends with a call in
// which done is all there is.
//
// The calls come one after another and none after the transfer has returned, but
// for uploads they come from another goroutine than the caller's. The transfer
// waits for report, so it should be quick.
func OnProgress(report func(done, total int64)) TransferOption {
	return transferOption(func(o *transferOptions) error {
		if report == nil {
			return errors.New("clarify: the function for OnProgress is nil")
		}
		o.progress = report
		return nil
	})
}

// progress reports how far a transfer is.
type progress struct {
	report func(done, total int64)
	total  int64 // -1 if not known
	most   int64 // what was reported last; -1 before that
}

func newProgress(report func(done, total int64), total int64) *progress {
	return &progress{report: report, total: total, most: -1}
}

func (p *progress) moved(done int64) {
	if p.report != nil && done > p.most {
		p.most = done
		p.report(done, p.total)
	}
}

// checkReader looks at what can be wrong with an upload before it begins.
func checkReader(ctx context.Context, r io.Reader, size int64) error {
	switch {
	case ctx == nil:
		return errNilContext
	case httpx.IsNil(r):
		return errors.New("clarify: the reader is nil")
	case size < 0:
		return fmt.Errorf("clarify: the size %d is not one: pass the number of bytes that the reader yields", size)
	}
	return nil
}

func checkWriter(ctx context.Context, w io.Writer) error {
	switch {
	case ctx == nil:
		return errNilContext
	case httpx.IsNil(w):
		return errors.New("clarify: the writer is nil")
	}
	return nil
}

const (
	// pieceSize is how much is read at once.
	pieceSize = 32 << 10
	// emptyReads is how often in a row a reader may return nothing, as in bufio.
	emptyReads = 100
	// lastRead is how long a transfer that has failed waits for its reader.
	lastRead = time.Second
)

// source is what an attempt reads of a caller's reader: size bytes, after which
// the reader must end. The last of them are given out only once it has ended, so
// that a file cut off is never complete at the other side.
//
// net/http waits for a Read of a body, even once the context is done. So the
// reader is read on a goroutine of its own, which nobody has to wait for.
type source struct {
	ctx      context.Context
	reader   io.Reader
	size     int64
	progress *progress
	buffer   []byte // not the transport's, which may be in other use later

	mu      sync.Mutex // guards what follows, and the calls of progress
	reading chan struct{}
	done    int64
	err     error
	stopped bool
}

func newSource(ctx context.Context, r io.Reader, size int64, p *progress) *source {
	return &source{ctx: ctx, reader: r, size: size, progress: p, buffer: make([]byte, min(size, pieceSize))}
}

var errStopped = errors.New("clarify: the transfer is over")

func (s *source) Read(p []byte) (int, error) {
	s.mu.Lock()
	done, err := s.done, s.err
	if s.stopped {
		err = cmp.Or(s.ctx.Err(), errStopped)
	}
	if err != nil || len(p) == 0 {
		s.mu.Unlock()
		return 0, err
	}
	reading := make(chan struct{})
	s.reading = reading
	s.mu.Unlock()

	var n int
	go func() {
		defer close(reading)
		n, err = s.next(s.buffer[:min(len(p), len(s.buffer))], done)
	}()
	select {
	case <-reading:
	case <-s.ctx.Done():
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	// What the reader returns once the context is done does not count, whichever
	// came first.
	if over := s.ctx.Err(); over != nil {
		s.stopped = true
		return 0, over
	}
	if s.stopped {
		return 0, errStopped
	}
	copy(p, s.buffer[:n])
	s.done += int64(n)
	s.err = err
	if n > 0 || err == io.EOF {
		s.progress.moved(s.done)
	}
	return n, err
}

// next reads up to len(p) bytes. It returns io.EOF with the last of them.
func (s *source) next(p []byte, done int64) (int, error) {
	var n int
	var err error
	left := s.size - done
	if left > 0 {
		n, err = s.readSome(p[:min(int64(len(p)), left)])
		left -= int64(n)
	}
	if left == 0 && err == nil {
		var more int
		more, err = s.readSome(make([]byte, 1))
		if more > 0 {
			return 0, fmt.Errorf("clarify: the reader has more than the %d bytes that were announced", s.size)
		}
	}
	switch {
	case err == nil || err == io.EOF && left == 0:
		return n, err
	case err == io.EOF:
		return 0, fmt.Errorf("clarify: the reader ended after %d bytes, and %d were announced: %w", s.size-left, s.size, io.ErrUnexpectedEOF)
	}
	return 0, fmt.Errorf("clarify: what is to be uploaded cannot be read after %d of %d bytes: %w", s.size-left, s.size, err)
}

func (s *source) readSome(p []byte) (int, error) {
	for range emptyReads {
		if err := s.over(); err != nil {
			return 0, err
		}
		n, err := s.reader.Read(p)
		if n < 0 || n > len(p) {
			return 0, errors.New("it returned an impossible count")
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

// over is why the reader is not read any more, nil if it is.
func (s *source) over() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return errStopped
	}
	return s.ctx.Err()
}

// stop leaves the reader alone, for good. A Read that is waiting cannot be called
// off: stop waits for it, but not long and not after the context, and reports
// whether there is none left.
func (s *source) stop() bool {
	s.mu.Lock()
	s.stopped = true
	reading := s.reading
	s.mu.Unlock()
	if reading == nil {
		return true
	}
	timer := time.NewTimer(lastRead)
	defer timer.Stop()
	select {
	case <-reading:
	case <-timer.C:
	case <-s.ctx.Done():
	}
	select {
	case <-reading:
		return true
	default:
		return false
	}
}

// outcome returns whether all of the reader was read, and what is wrong with it.
func (s *source) outcome() (complete bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == io.EOF {
		return true, nil
	}
	return false, s.err
}

// sink is a caller's writer, and remembers that it failed.
type sink struct {
	writer   io.Writer
	progress *progress
	done     int64
	err      error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.writer.Write(p)
	if n < 0 || n > len(p) {
		n, err = 0, errors.New("clarify: the writer returned an impossible count")
	}
	if n < len(p) && err == nil {
		err = io.ErrShortWrite
	}
	s.done += int64(n)
	if err != nil {
		s.err = fmt.Errorf("clarify: what was received cannot be written after %d bytes: %w", s.done, err)
		return n, s.err
	}
	s.progress.moved(s.done)
	return n, nil
}

// receive copies a response's body, of length bytes or of -1 if that is not
// known. It returns how many were written, what was wrong with the writer, and
// what was wrong with the body.
func receive(w io.Writer, body io.Reader, length int64, report func(done, total int64)) (n int64, writing, reading error) {
	s := &sink{writer: w, progress: newProgress(report, length)}
	_, err := io.Copy(s, body)
	switch {
	case s.err != nil:
		return s.done, s.err, nil
	case err == nil && length >= 0 && s.done != length:
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return s.done, nil, fmt.Errorf("the response broke off after %d bytes: %w", s.done, err)
	}
	s.progress.moved(s.done)
	return s.done, nil, nil
}
