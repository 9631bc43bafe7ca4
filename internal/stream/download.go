package stream

import (
	"errors"
	"fmt"
	"io"
)

var errWriteResult = errors.New("writer returned an invalid count")

// Download copies a body of length bytes, or of -1 if that is not known, to a
// caller's writer. report is called as bytes are written and may be nil.
//
// It returns how many bytes were written, also with an error: writeErr is the writer's,
// readErr the body's, which matches io.ErrUnexpectedEOF if the body ends too early.
func Download(w io.Writer, body io.Reader, length int64, report func(done, total int64)) (n int64, writeErr, readErr error) {
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

// sink writes to a caller's writer, and remembers its error.
type sink struct {
	writer   io.Writer
	progress *progress
	done     int64
	err      error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.writer.Write(p)
	if n < 0 || n > len(p) {
		n, err = 0, errWriteResult
	}
	if n < len(p) && err == nil {
		err = io.ErrShortWrite
	}
	s.done += int64(n)
	if err != nil {
		s.err = fmt.Errorf("cannot write the response after %d bytes: %w", s.done, err)
		return n, s.err
	}
	s.progress.moved(s.done)
	return n, nil
}

// progress reports how far a transfer has got.
type progress struct {
	report func(done, total int64)
	total  int64 // -1 if not known
	max    int64 // what was reported last; -1 before that
}

func newProgress(report func(done, total int64), total int64) *progress {
	return &progress{report: report, total: total, max: -1}
}

func (p *progress) moved(done int64) {
	if p.report != nil && done > p.max {
		p.max = done
		p.report(done, p.total)
	}
}
