package clarify

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/httpx"
)

// A TransferOption changes an upload, a download or an export: it is a
// [RecordingOption] and an [ExportOption] as well. [OnProgress] returns one, and so
// does [Silent]; the other options of a write are an error.
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
	if !w.silent || w.err != nil || w.matchOn != "" || len(w.strategies) > 0 || w.checkedBy != nil {
		return errors.New("clarify: invalid option for a file: of the options of a write, only Silent is for files")
	}
	o.silent = true
	return nil
}

func (f WriteOption) forRecording(o *transferOptions) error { return f.forTransfer(o) }
func (f WriteOption) forExport(o *transferOptions) error    { return f.forTransfer(o) }

// OnProgress calls report as bytes move: done of total bytes have been moved, where
// total is -1 if it is not known. done never decreases, not even when an upload is
// retried. A transfer that succeeds ends with a call in which done is the number of
// all bytes.
//
// Calls do not overlap, and there is none after the transfer has returned. For
// uploads they come from another goroutine than the caller's. The transfer waits for
// report, so it should be quick.
func OnProgress(report func(done, total int64)) TransferOption {
	return transferOption(func(o *transferOptions) error {
		if report == nil {
			return errors.New("clarify: OnProgress: the function is nil")
		}
		o.progress = report
		return nil
	})
}

// checkReader checks the arguments of an upload.
func checkReader(ctx context.Context, r io.Reader, size int64) error {
	switch {
	case ctx == nil:
		return errNilContext
	case httpx.IsNil(r):
		return errors.New("clarify: the reader is nil")
	case size < 0:
		return fmt.Errorf("clarify: size must be the number of bytes that the reader yields, got %d", size)
	}
	return nil
}

// checkWriter checks the arguments of a download.
func checkWriter(ctx context.Context, w io.Writer) error {
	switch {
	case ctx == nil:
		return errNilContext
	case httpx.IsNil(w):
		return errors.New("clarify: the writer is nil")
	}
	return nil
}
