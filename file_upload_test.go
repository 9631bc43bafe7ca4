package clarify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
)

func TestAnyReaderOfTheRightSizeIsUploaded(t *testing.T) {
	f := newFiles(t)
	client := f.connect()
	for _, size := range []int64{0, 1, 32 << 10, 32<<10 + 1, 1 << 20, 1<<20 + 7} {
		data := patternOf(size)
		readers := map[string]io.Reader{
			"a reader that can seek":            strings.NewReader(data),
			"a reader that cannot":              onlyReader{strings.NewReader(data)},
			"a buffer":                          bytes.NewBufferString(data),
			"a part of a file":                  partOfFile(t, data),
			"a reader of half of what is asked": iotest.HalfReader(strings.NewReader(data)),
			"a reader that ends with its data":  iotest.DataErrReader(strings.NewReader(data)),
			"a pipe":                            pipe(data),
			"a reader that is slow to begin":    io.MultiReader(emptyReads(3), strings.NewReader(data), emptyReads(3)),
		}
		if size < 1<<16 {
			readers["a reader of one byte at a time"] = iotest.OneByteReader(strings.NewReader(data))
		}
		for name, r := range readers {
			t.Run(fmt.Sprintf("%s, %d bytes", name, size), func(t *testing.T) {
				var progress reports
				if _, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", r, size, progress.option()); err != nil {
					t.Fatal(err)
				}
				progress.want(t, size, size)
				stored := f.stored()
				got := stored[len(stored)-1]
				wantEqual(t, "got.Body", got.Body, data)
				wantEqual(t, "got.Length", got.Length, size)
				wantEqual(t, "len(got.Encoding)", len(got.Encoding), 0)
			})
		}
	}
}

func TestAReaderOfAnotherSizeIsNotRegistered(t *testing.T) {
	many := strings.Repeat("x", 2<<20)
	for _, tt := range []struct {
		name   string
		reader io.Reader
		size   int64
		is     error
		want   string
	}{
		{"it ends early", strings.NewReader("hell"), 5, io.ErrUnexpectedEOF, "after 4 bytes, and 5"},
		{"it has nothing", strings.NewReader(""), 5, io.ErrUnexpectedEOF, "after 0 bytes, and 5"},
		{"it ends early, after much", strings.NewReader(many), int64(len(many)) + 1, io.ErrUnexpectedEOF, "2097152 bytes, and 2097153"},
		{"it has one byte more", strings.NewReader("hello!"), 5, nil, "more than the 5 bytes"},
		{"it has much more", onlyReader{&pattern{}}, 2 << 20, nil, "more than the 2097152 bytes"},
		{"it has something, though announced empty", strings.NewReader("!"), 0, nil, "more than the 0 bytes"},
		{"it fails at once", iotest.ErrReader(errDisk), 5, errDisk, "after 0 of 5 bytes"},
		{"it fails at once, though announced empty", iotest.ErrReader(errDisk), 0, errDisk, "after 0 of 0 bytes"},
		{"it fails in the middle", io.MultiReader(strings.NewReader("hel"), iotest.ErrReader(errDisk)), 5, errDisk, "after 3 of 5 bytes"},
		{"it fails instead of ending", io.MultiReader(strings.NewReader("hello"), iotest.ErrReader(errDisk)), 5, errDisk, "after 5 of 5 bytes"},
		{"it never yields anything", emptyReads(1 << 30), 5, io.ErrNoProgress, "after 0 of 5 bytes"},
		{"it never ends", io.MultiReader(strings.NewReader("hello"), emptyReads(1<<30)), 5, io.ErrNoProgress, "after 5 of 5 bytes"},
		{"it counts wrongly", readerFunc(func(p []byte) (int, error) { return len(p) + 1, nil }), 5, nil, "invalid count"},
		{"it counts below zero", readerFunc(func(p []byte) (int, error) { return -1, nil }), 5, nil, "invalid count"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFiles(t)
			var progress reports
			uploaded, err := f.connect().UploadAttachment(t.Context(), "deal", "d1", "a", tt.reader, tt.size, progress.option())
			wantUnsigned(t, err)
			if uploaded != nil {
				t.Errorf("%v, %v", uploaded, err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, %v", uploaded, err)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("%v, %v", uploaded, err)
			}
			var failure *clarify.StorageError
			if errors.As(err, &failure) {
				t.Error("it is blamed on storage")
			}
			steps := f.steps()
			wantEqual(t, "len(steps)", len(steps), 1)
			wantEqual(t, "len(f.stored())", len(f.stored()), 0)
			if slices.Contains(progress.done, tt.size) {
				t.Errorf("all of it is reported: %d", progress.done)
			}
		})
	}
}

func TestWhichUploadsAreRetried(t *testing.T) {
	const before, data = "before ", "hello, world"
	seeker := func() io.Reader {
		r := strings.NewReader(before + data)
		_, _ = r.Seek(int64(len(before)), io.SeekStart)
		return r
	}
	fail := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			rejectFile(w, status, "Failed", "for now")
		}
	}
	gone := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadFull(r.Body, make([]byte, 3))
		hangUp(w)
	}
	for _, tt := range []struct {
		name     string
		reader   func() io.Reader
		failures []http.HandlerFunc
		opts     []clarify.Option
		attempts int
		status   int // 200 for a success
	}{
		{"500, 503, success", seeker, []http.HandlerFunc{fail(500), fail(503)}, nil, 3, 200},
		{"a connection that breaks, success", seeker, []http.HandlerFunc{gone}, nil, 2, 200},
		{"three failures", seeker, []http.HandlerFunc{fail(500), fail(502), fail(503), fail(504)}, nil, 3, 503},
		{"three failures, though more retries are allowed", seeker, []http.HandlerFunc{fail(500), fail(502), fail(503), fail(504)}, []clarify.Option{clarify.WithRetries(9)}, 3, 503},
		{"connections that break", seeker, []http.HandlerFunc{gone, gone, gone, gone}, nil, 3, 0},
		{"not 403", seeker, []http.HandlerFunc{fail(403)}, nil, 1, 403},
		{"not 429", seeker, []http.HandlerFunc{fail(429)}, nil, 1, 429},
		{"not without retries", seeker, []http.HandlerFunc{fail(500)}, []clarify.Option{clarify.WithRetries(0)}, 1, 500},
		{"not more often than allowed", seeker, []http.HandlerFunc{fail(500), fail(500)}, []clarify.Option{clarify.WithRetries(1)}, 2, 500},
		{"not what cannot go back", func() io.Reader { return onlyReader{seeker()} }, []http.HandlerFunc{fail(500)}, nil, 1, 500},
		{"not what says that it can and cannot", func() io.Reader { return &seekless{Reader: seeker(), fails: 1} }, []http.HandlerFunc{fail(500)}, nil, 1, 500},
	} {
		runSynctest(t, tt.name, func(t *testing.T) {
			f := newFilesInMemory(t)
			attempts := 0
			f.put = func(w http.ResponseWriter, r *http.Request) {
				attempts++
				if attempts <= len(tt.failures) {
					tt.failures[attempts-1](w, r)
					return
				}
				f.store(w, r)
			}
			var progress reports
			_, err := f.connect(tt.opts...).UploadAttachment(t.Context(), "deal", "d1", "a", tt.reader(), int64(len(data)), progress.option())
			if attempts != tt.attempts {
				t.Errorf("%d attempts, want %d", attempts, tt.attempts)
			}
			if tt.status != 200 {
				wantStorageError(t, err, tt.status)
				if got := len(f.steps()); got != 1 {
					t.Errorf("the API was asked %q", f.steps())
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			stored := f.stored()
			if len(stored) != 1 {
				t.Fatalf("len(stored) is %v, want %v", len(stored), 1)
			}
			wantEqual(t, "stored[0].Body", stored[0].Body, data)
			progress.want(t, int64(len(data)), int64(len(data)))
		})
	}
}

// seekless has the method and fails, the first time or a later one.
type seekless struct {
	io.Reader
	seeks, fails int
}

func (s *seekless) Seek(int64, int) (int64, error) {
	if s.seeks++; s.seeks >= s.fails {
		return 0, errDisk
	}
	return 0, nil
}

func TestAReaderThatCannotGoBackAfterAllEndsTheUpload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFilesInMemory(t)
		f.put = func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }
		_, err := f.connect().UploadAttachment(t.Context(), "deal", "d1", "a", &seekless{Reader: strings.NewReader("hello"), fails: 2}, 5)
		wantIs(t, err, errDisk, true)
		wantEqual(t, "len(f.steps())", len(f.steps()), 1)
		wantUnsigned(t, err)
	})
}

func TestAnUploadEndsWithItsContext(t *testing.T) {
	data := strings.Repeat("x", 4<<20)
	for _, tt := range []struct {
		name   string
		during func(f *files, cancel func()) (r io.Reader, opts []clarify.TransferOption)
	}{
		{"before it begins", func(f *files, cancel func()) (io.Reader, []clarify.TransferOption) {
			cancel()
			return strings.NewReader(data), nil
		}},
		{"while the file is read", func(f *files, cancel func()) (io.Reader, []clarify.TransferOption) {
			half := io.MultiReader(strings.NewReader(data[:len(data)/2]), readerFunc(func([]byte) (int, error) {
				cancel()
				return 0, nil
			}))
			return half, nil
		}},
		{"while progress is reported", func(f *files, cancel func()) (io.Reader, []clarify.TransferOption) {
			return strings.NewReader(data), []clarify.TransferOption{clarify.OnProgress(func(done, total int64) {
				if done > total/2 {
					cancel()
				}
			})}
		}},
		{"while storage is silent", func(f *files, cancel func()) (io.Reader, []clarify.TransferOption) {
			f.put = func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				cancel()
				<-r.Context().Done()
			}
			return strings.NewReader(data), nil
		}},
		{"between two attempts", func(f *files, cancel func()) (io.Reader, []clarify.TransferOption) {
			f.put = func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				time.AfterFunc(time.Nanosecond, cancel)
				w.WriteHeader(503)
			}
			return strings.NewReader(data), nil
		}},
	} {
		runSynctest(t, tt.name, func(t *testing.T) {
			f := newFilesInMemory(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r, opts := tt.during(f, cancel)
			uploaded, err := f.connect().UploadAttachment(ctx, "deal", "d1", "a", r, int64(len(data)), opts...)
			if uploaded != nil {
				t.Errorf("%v, %v, %d files", uploaded, err, len(f.stored()))
			}
			wantIs(t, err, context.Canceled, true)
			wantEqual(t, "len(f.stored())", len(f.stored()), 0)
			wantUnsigned(t, err)
			if steps := f.steps(); len(steps) > 1 {
				t.Errorf("the API was asked %q", steps)
			}
		})
	}
}

// Whatever the Read returns in which the context ends, it is the last one, and the
// error is the context's.
func TestTheReadInWhichTheContextEndsIsTheLast(t *testing.T) {
	for name, last := range map[string]struct {
		n   int
		err error
	}{
		"nothing":   {0, nil},
		"bytes":     {1, nil},
		"the end":   {1, io.EOF},
		"too early": {0, io.EOF},
		"an error":  {0, errors.New("the disk is gone")},
	} {
		for _, size := range []int64{0, 1, 5, muchData} {
			runSynctest(t, fmt.Sprintf("%s/%d", name, size), func(t *testing.T) {
				f := newFilesInMemory(t)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				reads := 0
				r := readerFunc(func(p []byte) (int, error) {
					reads++
					cancel()
					return last.n, last.err
				})
				_, err := f.connect().UploadAttachment(ctx, "deal", "d1", "a", r, size)
				wantIs(t, err, context.Canceled, true)
				wantEqual(t, "len(f.stored())", len(f.stored()), 0)
				synctest.Wait()
				if reads != 1 {
					t.Errorf("%d reads", reads)
				}
			})
		}
	}
}

// What waits for the reader does not outwait the context, and once the reader
// wakes up it is left alone.
func TestAReaderThatIsStuckDoesNotDelayTheCall(t *testing.T) {
	for _, size := range []int64{0, 5, muchData} {
		runSynctest(t, fmt.Sprint(size), func(t *testing.T) {
			f := newFilesInMemory(t)
			ctx, cancel := context.WithCancel(t.Context())
			wake := make(chan struct{})
			reads := 0
			stuck := readerFunc(func(p []byte) (int, error) {
				reads++
				cancel()
				<-wake
				return 1, nil
			})
			_, err := f.connect().UploadAttachment(ctx, "deal", "d1", "a", stuck, size, clarify.OnProgress(func(int64, int64) {
				t.Error("progress is reported")
			}))
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
			close(wake)
			synctest.Wait()
			if reads != 1 {
				t.Errorf("%d reads", reads)
			}
		})
	}
}

// Nor is the upload begun again while the reader may be in use.
func TestAReaderThatIsStuckDoesNotDelayARejection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFilesInMemory(t)
		r := &stuckSeeker{stuck: make(chan struct{}), wake: make(chan struct{})}
		f.put = func(w http.ResponseWriter, req *http.Request) {
			// What the first Read yields must be taken, or there is no second.
			_, _ = io.CopyN(io.Discard, req.Body, 32<<10)
			<-r.stuck
			rejectFile(w, 500, "InternalError", "no")
		}
		_, err := f.connect().UploadAttachment(t.Context(), "deal", "d1", "a", r, 1<<20-1)
		wantStorageError(t, err, 500)
		synctest.Wait()
		wantEqual(t, "r.reads", r.reads, 2)
		wantEqual(t, "r.seeks", r.seeks, 1)
		close(r.wake)
	})
}

// stuckSeeker waits in its second Read.
type stuckSeeker struct {
	stuck, wake  chan struct{}
	reads, seeks int
}

func (s *stuckSeeker) Seek(int64, int) (int64, error) {
	s.seeks++
	return 0, nil
}

func (s *stuckSeeker) Read(p []byte) (int, error) {
	if s.reads++; s.reads == 2 {
		close(s.stuck)
		<-s.wake
		return 0, io.EOF
	}
	return len(p), nil
}

func TestMemoryDoesNotGrowWithAnUpload(t *testing.T) {
	f := newFiles(t)
	f.put = func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		wantEqual(t, "n", n, muchData)
		if err != nil {
			t.Error(err)
		}
	}
	client := f.connect()
	n := allocated(func() {
		if _, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", io.LimitReader(&pattern{}, muchData), muchData); err != nil {
			t.Error(err)
		}
	})
	if n > mostMemory {
		t.Errorf("%d bytes were allocated for %d", n, muchData)
	}
}
