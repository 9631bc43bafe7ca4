package stream_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/clarify-go/clarify/internal/stream"
)

var errDisk = errors.New("the disk is gone")

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestAnAttemptYieldsTheReader(t *testing.T) {
	data := strings.Repeat("0123456789", 10_000)
	for name, r := range map[string]io.Reader{
		"as it is":       strings.NewReader(data),
		"byte by byte":   iotest.OneByteReader(strings.NewReader(data)),
		"ending early":   iotest.DataErrReader(strings.NewReader(data)),
		"in small parts": iotest.HalfReader(strings.NewReader(data)),
	} {
		t.Run(name, func(t *testing.T) {
			var last int64
			u := stream.NewUpload(r, int64(len(data)), func(done, total int64) {
				if done <= last || total != int64(len(data)) {
					t.Errorf("got %d of %d after %d", done, total, last)
				}
				last = done
			})
			a, err := u.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(a)
			if err != nil {
				t.Fatal(err)
			}
			if string(b) != data {
				t.Errorf("got %d bytes, want %d that are the same", len(b), len(data))
			}
			if got, want := a.End(), (stream.Result{Complete: true, Idle: true}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if last != int64(len(data)) {
				t.Errorf("%d bytes are reported, want %d", last, len(data))
			}
		})
	}
}

// A file that is cut off must not look complete at the other side.
func TestTheLastBytesComeOnlyAfterTheEnd(t *testing.T) {
	for _, tt := range []struct {
		name   string
		reader io.Reader
		size   int64
		is     error
		want   string
	}{
		{"too short", strings.NewReader("hell"), 5, io.ErrUnexpectedEOF, "reader ended after 4 bytes, and 5 were announced: unexpected EOF"},
		{"too long", strings.NewReader("hello!"), 5, nil, "reader has more than the 5 bytes announced"},
		{"failing", iotest.ErrReader(errDisk), 5, errDisk, "cannot read the upload after 0 of 5 bytes: the disk is gone"},
		{"failing at the end", io.MultiReader(strings.NewReader("hello"), iotest.ErrReader(errDisk)), 5, errDisk, "cannot read the upload after 5 of 5 bytes: the disk is gone"},
		{"without progress", readerFunc(func([]byte) (int, error) { return 0, nil }), 5, io.ErrNoProgress, "cannot read the upload after 0 of 5 bytes: " + io.ErrNoProgress.Error()},
		{"counting wrongly", readerFunc(func(p []byte) (int, error) { return len(p) + 1, nil }), 5, nil, "cannot read the upload after 0 of 5 bytes: reader returned an invalid count"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := stream.NewUpload(tt.reader, tt.size, nil).Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(a)
			if int64(len(b)) >= tt.size {
				t.Errorf("got all %d bytes", len(b))
			}
			if err == nil || err.Error() != tt.want {
				t.Errorf("got the error %v, want %s", err, tt.want)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("%v is not %v", err, tt.is)
			}
			if result := a.End(); result.Complete || result.Err != err || !result.Idle {
				t.Errorf("got %+v, want the error and an idle reader", result)
			}
		})
	}
}

func TestAnEmptyUploadIsCheckedAtOnce(t *testing.T) {
	a, err := stream.NewUpload(strings.NewReader(""), 0, nil).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if result := a.End(); !result.Complete {
		t.Errorf("got %+v, want it complete", result)
	}
	if _, err := stream.NewUpload(strings.NewReader("!"), 0, nil).Begin(t.Context()); err == nil {
		t.Error("a reader with a byte too many is accepted")
	}
	if _, err := stream.NewUpload(iotest.ErrReader(errDisk), 0, nil).Begin(t.Context()); !errors.Is(err, errDisk) {
		t.Errorf("got %v, want the reader's error", err)
	}
}

func TestAnUploadRestartsWhereTheReaderStood(t *testing.T) {
	r := strings.NewReader("header:hello")
	_, _ = io.CopyN(io.Discard, r, int64(len("header:")))
	var reported []int64
	u := stream.NewUpload(r, 5, func(done, _ int64) { reported = append(reported, done) })
	if !u.CanRestart() {
		t.Fatal("it cannot restart")
	}
	for range 3 {
		a, err := u.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(a)
		if string(b) != "hello" {
			t.Errorf("got %q, %v", b, err)
		}
		a.End()
	}
	if !slices.Equal(reported, []int64{5}) {
		t.Errorf("reported %d, want 5 once", reported)
	}
	pipe, _ := io.Pipe()
	if stream.NewUpload(pipe, 5, nil).CanRestart() {
		t.Error("a pipe can restart")
	}
}

// brokenSeeker seeks once.
type brokenSeeker struct {
	io.Reader
	seeks int
}

func (s *brokenSeeker) Seek(int64, int) (int64, error) {
	if s.seeks++; s.seeks > 1 {
		return 0, errDisk
	}
	return 0, nil
}

func TestASeekThatFailsIsAnError(t *testing.T) {
	u := stream.NewUpload(&brokenSeeker{Reader: strings.NewReader("hello")}, 5, nil)
	if _, err := u.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := u.Begin(t.Context()); !errors.Is(err, errDisk) {
		t.Errorf("got %v, want the seeker's error", err)
	}
}

// A Read cannot be canceled, so nobody waits for it.
func TestAReaderThatIsStuckIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		wake := make(chan struct{})
		reads := 0
		a, err := stream.NewUpload(readerFunc(func([]byte) (int, error) {
			reads++
			<-wake
			return 1, nil
		}), 5, func(int64, int64) { t.Error("progress is reported") }).Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			synctest.Wait()
			cancel()
		}()
		if _, err := a.Read(make([]byte, 5)); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the context's error", err)
		}
		if result := a.End(); result.Idle || result.Complete {
			t.Errorf("got %+v, want it neither idle nor complete", result)
		}
		close(wake)
		synctest.Wait()
		if reads != 1 {
			t.Errorf("got %d reads, want 1", reads)
		}
		if !a.End().Idle {
			t.Error("the reader has returned, and it is not idle")
		}
	})
}

func TestAnAttemptThatEndedYieldsNothing(t *testing.T) {
	a, err := stream.NewUpload(strings.NewReader("hello"), 5, nil).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a.End()
	if n, err := a.Read(make([]byte, 5)); n != 0 || err == nil {
		t.Errorf("got %d bytes, %v, want an error", n, err)
	}
}

func TestADownloadIsCopied(t *testing.T) {
	for _, length := range []int64{5, -1} {
		var b bytes.Buffer
		var last, total int64
		n, writeErr, readErr := stream.Download(&b, strings.NewReader("hello"), length, func(d, of int64) { last, total = d, of })
		if writeErr != nil || readErr != nil {
			t.Fatal(writeErr, readErr)
		}
		if n != 5 || b.String() != "hello" {
			t.Errorf("got %d bytes, %q", n, b.String())
		}
		if last != 5 || total != length {
			t.Errorf("reported %d of %d, want 5 of %d", last, total, length)
		}
	}
	// Also where there is nothing to copy, the end is reported.
	reports := 0
	if _, _, err := stream.Download(io.Discard, strings.NewReader(""), 0, func(int64, int64) { reports++ }); err != nil || reports != 1 {
		t.Errorf("got %v and %d reports, want 1", err, reports)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestADownloadSaysWhoFailed(t *testing.T) {
	hello := func() io.Reader { return strings.NewReader("hello") }
	for _, tt := range []struct {
		name    string
		writer  io.Writer
		body    io.Reader
		n       int64
		writing string
		reading string
	}{
		{"the writer", writerFunc(func([]byte) (int, error) { return 2, errDisk }), hello(), 2, "cannot write the response after 2 bytes: the disk is gone", ""},
		{"the writer, in silence", writerFunc(func([]byte) (int, error) { return 2, nil }), hello(), 2, "cannot write the response after 2 bytes: short write", ""},
		{"the writer's count", writerFunc(func(p []byte) (int, error) { return len(p) + 1, nil }), hello(), 0, "cannot write the response after 0 bytes: writer returned an invalid count", ""},
		{"the body", io.Discard, io.MultiReader(hello(), iotest.ErrReader(errDisk)), 5, "", "the response broke off after 5 bytes: the disk is gone"},
		{"the body, which is short", io.Discard, strings.NewReader("hell"), 4, "", "the response broke off after 4 bytes: unexpected EOF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, writeErr, readErr := stream.Download(tt.writer, tt.body, 5, nil)
			if n != tt.n {
				t.Errorf("got %d bytes, want %d", n, tt.n)
			}
			if message(writeErr) != tt.writing {
				t.Errorf("got the error %v of the writer, want %q", writeErr, tt.writing)
			}
			if message(readErr) != tt.reading {
				t.Errorf("got the error %v of the body, want %q", readErr, tt.reading)
			}
		})
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
