package clarify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/clarify-go/clarify/internal/httpx"
	"github.com/clarify-go/clarify/internal/stream"
)

const (
	// storageRetries is the most a transfer is retried, whatever WithRetries allows: it
	// may be of many bytes.
	storageRetries = 2
	// expectContinue is from how many bytes on storage is asked whether it wants them,
	// so that a rejection arrives instead of a broken connection.
	expectContinue = 1 << 20
)

// payload is what is sent to storage: a file, and the bytes before and after it.
type payload struct {
	file        *stream.Upload
	head, tail  []byte
	contentType string
}

// upload sends a payload. If the reader can go back, transient failures are retried.
func (c *Client) upload(ctx context.Context, to *signed, p payload) error {
	retries := 0
	if p.file.CanRestart() {
		retries = storageRetries
	}
	return c.retryStorage(ctx, retries, func(attempt int) (again bool, err error) {
		body, err := p.file.Begin(ctx)
		if err != nil {
			return false, fmt.Errorf("clarify: %w", err)
		}
		return c.put(ctx, to, p, body, attempt)
	})
}

// put makes one attempt, and reports whether it may be retried.
func (c *Client) put(ctx context.Context, to *signed, p payload, file *stream.Attempt, attempt int) (again bool, err error) {
	// The transport would not look at an empty body, nor at the context then.
	if err := ctx.Err(); err != nil && p.file.Size() == 0 {
		return false, to.fail(0, err)
	}
	var body io.Reader
	length := int64(len(p.head)) + p.file.Size() + int64(len(p.tail))
	if length > 0 {
		body = io.MultiReader(bytes.NewReader(p.head), file, bytes.NewReader(p.tail))
	}
	header := http.Header{}
	if p.contentType != "" {
		header.Set("Content-Type", p.contentType)
	}
	if p.file.Size() >= expectContinue {
		header.Set("Expect", "100-continue")
	}
	rsp, err := c.sendToStorage(ctx, to, header, body, length, attempt)
	result := file.End()
	if err != nil {
		if result.Err != nil {
			err = fmt.Errorf("clarify: %w", result.Err)
		}
		return result.Idle, err
	}
	defer rsp.Body.Close()
	switch {
	case rsp.StatusCode/100 != 2:
		return result.Idle, to.rejected(rsp)
	case !result.Complete:
		return result.Idle, to.fail(rsp.StatusCode, errors.New("storage responded before it had received the whole file"))
	}
	return result.Idle, nil
}

// download copies the file at a URL to w, and returns how many bytes were written.
func (c *Client) download(ctx context.Context, from *signed, w io.Writer, report func(done, total int64)) (int64, error) {
	var rsp *http.Response
	err := c.retryStorage(ctx, storageRetries, func(attempt int) (again bool, err error) {
		// Otherwise the transport asks for gzip, and the length is lost.
		header := http.Header{"Accept-Encoding": {"identity"}}
		rsp, err = c.sendToStorage(ctx, from, header, nil, 0, attempt)
		if err == nil && rsp.StatusCode != http.StatusOK {
			defer rsp.Body.Close()
			err = from.rejected(rsp)
		}
		return true, err
	})
	if err != nil {
		return 0, err
	}
	defer rsp.Body.Close()
	n, writeErr, readErr := stream.Download(w, rsp.Body, rsp.ContentLength, report)
	switch {
	case readErr != nil:
		return n, from.fail(rsp.StatusCode, readErr)
	case writeErr != nil:
		return n, fmt.Errorf("clarify: %w", writeErr)
	}
	return n, nil
}

// sendToStorage sends one request, with no other header than those given.
func (c *Client) sendToStorage(ctx context.Context, to *signed, header http.Header, body io.Reader, length int64, attempt int) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, to.method, to.url.String(), body)
	if err != nil {
		return nil, to.fail(0, errors.New("malformed storage URL"))
	}
	req.Header = header
	req.ContentLength = length
	began := time.Now()
	rsp, err := c.storage.Do(req)
	var failure *StorageError
	if err != nil {
		failure = to.fail(0, err)
	}
	if logger := c.config.logger; logger != nil {
		attrs := []slog.Attr{
			slog.String("method", to.method),
			slog.String("host", httpx.PrintableHostPort(to.url.Host, unknownHost)),
			slog.Int("attempt", attempt),
			slog.Duration("duration", time.Since(began)),
		}
		if failure != nil {
			attrs = append(attrs, slog.String("error", failure.Error()))
		} else {
			attrs = append(attrs, slog.Int("status", rsp.StatusCode))
		}
		logger.LogAttrs(ctx, slog.LevelDebug, "clarify: request to storage", attrs...)
	}
	if failure != nil {
		return nil, failure
	}
	return rsp, nil
}

// retryStorage calls attempt until it succeeds, or must not be retried, or has been
// retried often enough. again reports whether it may be retried.
func (c *Client) retryStorage(ctx context.Context, retries int, attempt func(n int) (again bool, err error)) error {
	retries = min(retries, c.retriesIn(ctx))
	for n := 1; ; n++ {
		again, err := attempt(n)
		failure, ok := err.(*StorageError)
		if !ok || !again || n > retries || !failure.transient {
			return err
		}
		delay := fullJitter(n)
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < delay {
			return err
		}
		if stopped := httpx.Sleep(ctx, delay); stopped != nil {
			failure.Err = stopped
			return failure
		}
	}
}
