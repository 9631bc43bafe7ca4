package clarify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/internal/httpx"
)

// StorageError is a file that could not be sent to storage, or got from there.
// Storage is where the API says that files are kept: hosts of others, reached by
// addresses that the API signs for a short while. Match it with [errors.As].
//
// Who has the address has the file until it expires, so no text of this error
// has its path or its query.
type StorageError struct {
	// StatusCode is the status of the response, 0 if there was none.
	StatusCode int
	// Method is the request's.
	Method string
	// Host is the host of the address, with its port if it has one.
	Host string
	// Code and Message are what storage says is wrong, and RequestID is what it
	// calls the request, if it responds in the form of S3: an XML document.
	Code, Message, RequestID string
	// Err is what went wrong underneath, such as a context's error or one of the
	// network. It is nil if the response itself is the failure.
	Err error

	passing bool // whether it may be gone the next time
}

// Unwrap returns Err.
func (e *StorageError) Unwrap() error { return e.Err }

// Error says in one line what was asked of whom, what the response was, and what
// to do.
func (e *StorageError) Error() string {
	var said []string
	if e.StatusCode != 0 {
		said = append(said, strings.TrimSpace(strconv.Itoa(e.StatusCode)+" "+http.StatusText(e.StatusCode)))
	}
	for _, text := range []string{e.Code, e.Message} {
		if text != "" {
			said = append(said, oneLine(text))
		}
	}
	if e.Err != nil {
		said = append(said, oneLine(e.Err.Error()))
	}
	text := "clarify: " + e.Method + " to storage at " + e.Host + ": " + strings.Join(said, ": ")
	if e.Err == nil {
		switch {
		case e.StatusCode/100 == 3:
			text += " (redirects of storage are not followed)"
		case e.StatusCode == http.StatusForbidden:
			text += " (the address may have expired; call again, which gets a new one)"
		}
	}
	return text
}

// Format keeps %+v and %#v from walking into the cause, whose fields are not
// ours to vouch for.
func (e *StorageError) Format(s fmt.State, verb rune) {
	fmt.Fprintf(s, fmt.FormatString(s, verb), e.Error())
}

const (
	// storageRetries is how often a transfer begins anew at most, whatever more
	// WithRetries allows: it may be of many bytes.
	storageRetries = 2
	// askBefore is from how many bytes on storage is asked whether it wants them,
	// so that a refusal comes instead of a connection that breaks.
	askBefore = 1 << 20
	// maxSaid is how much of what storage says is shown, in bytes.
	maxSaid = 200
	// unknownHost stands in errors for a host that cannot be printed.
	unknownHost = "an unknown host"
)

// signed is a signed address of storage.
type signed struct {
	method  string
	url     *url.URL
	secrets []string // what no text may have
}

// newSigned checks an address that the API gave. The secrets are those beside
// the ones in the address.
func newSigned(method, address string, secrets ...string) (*signed, error) {
	u, err := url.Parse(address)
	if err != nil {
		// Its text repeats the address.
		return nil, &StorageError{Method: method, Host: unknownHost, Err: errors.New("the address that the API gave is malformed")}
	}
	s := &signed{method: method, url: u, secrets: secretsOf(u, secrets)}
	switch {
	case u.Host == "" || u.Hostname() == "":
		return nil, s.fail(0, errors.New("the address that the API gave has no host"))
	case u.User != nil:
		// It would be sent as a credential.
		return nil, s.fail(0, errors.New("the address that the API gave names a user"))
	case strings.EqualFold(u.Scheme, "https"):
	case strings.EqualFold(u.Scheme, "http") && httpx.IsLoopback(u.Hostname()):
	default:
		return nil, s.fail(0, insecureStorage{})
	}
	return s, nil
}

type insecureStorage struct{}

func (insecureStorage) Error() string {
	return "nothing is sent there, because the address that the API gave is not https (http is for loopback hosts only)"
}

func (insecureStorage) Is(target error) bool { return target == authn.ErrInsecureAddress }

// secretsOf returns what is not to be shown: all of the address but its host,
// and what comes along with it.
func secretsOf(u *url.URL, more []string) []string {
	all := append([]string{u.EscapedPath(), u.Path, u.RawQuery}, more...)
	for _, values := range u.Query() {
		all = append(all, values...)
	}
	// What contains another one goes first, or its rest would be left.
	slices.SortFunc(all, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return all
}

func (s *signed) fail(status int, err error) *StorageError {
	e := &StorageError{StatusCode: status, Method: s.method, Host: httpx.PrintableHostPort(s.url.Host, unknownHost)}
	for {
		wrapped, ok := err.(*url.Error)
		if !ok {
			break
		}
		err = wrapped.Err
	}
	e.passing = status >= 500 || status == 0 && isTransient(err)
	if err != nil {
		if text := redact(err.Error(), s.secrets); text != err.Error() {
			err = &redacted{text: text, cause: err}
		}
		e.Err = err
	}
	return e
}

// redacted is a cause whose own text has what is not to be shown.
type redacted struct {
	text  string
	cause error
}

func (r *redacted) Error() string        { return r.text }
func (r *redacted) Is(target error) bool { return errors.Is(r.cause, target) }

// refused is the error for a response that is not a success.
func (s *signed) refused(rsp *http.Response) *StorageError {
	e := s.fail(rsp.StatusCode, nil)
	body, _ := io.ReadAll(io.LimitReader(rsp.Body, maxErrorBody))
	var said struct {
		XMLName   xml.Name `xml:"Error"`
		Code      string
		Message   string
		RequestID string `xml:"RequestId"`
	}
	if xml.Unmarshal(body, &said) == nil {
		e.Code, e.Message, e.RequestID = s.said(said.Code), s.said(said.Message), s.said(said.RequestID)
	}
	return e
}

func (s *signed) said(text string) string {
	text = oneLine(redact(text, s.secrets))
	if len(text) > maxSaid {
		text = strings.ToValidUTF8(text[:maxSaid], "") + "…"
	}
	return text
}

// payload is what goes to storage: size bytes of a reader, and what has to stand
// before and after them.
type payload struct {
	reader      io.Reader
	size        int64
	head, tail  []byte
	contentType string
	progress    func(done, total int64)
}

// upload sends a payload, once more from where the reader stood if it can go
// back there and the failure may pass.
func (c *Client) upload(ctx context.Context, to *signed, p payload) error {
	retries := 0
	seeker, start, ok := position(p.reader)
	if ok {
		retries = storageRetries
	}
	progress := newProgress(p.progress, p.size)
	return c.repeat(ctx, retries, func(attempt int) (again bool, err error) {
		if attempt > 1 {
			if _, err := seeker.Seek(start, io.SeekStart); err != nil {
				return false, fmt.Errorf("clarify: what is to be uploaded cannot be read again from where it began: %w", err)
			}
		}
		return c.put(ctx, to, p, newSource(ctx, p.reader, p.size, progress), attempt)
	})
}

func position(r io.Reader) (io.Seeker, int64, bool) {
	seeker, ok := r.(io.Seeker)
	if !ok {
		return nil, 0, false
	}
	// A pipe has the method too, and fails.
	start, err := seeker.Seek(0, io.SeekCurrent)
	return seeker, start, err == nil
}

// put makes one attempt, and reports whether the reader is free for another.
func (c *Client) put(ctx context.Context, to *signed, p payload, source *source, attempt int) (free bool, err error) {
	if p.size == 0 {
		// A transport does not look at an empty body.
		_, _ = source.Read(make([]byte, 1))
		if _, unread := source.outcome(); unread != nil {
			return false, unread
		}
		if err := ctx.Err(); err != nil {
			return false, to.fail(0, err)
		}
	}
	var body io.Reader
	length := int64(len(p.head)) + p.size + int64(len(p.tail))
	if length > 0 {
		body = io.MultiReader(bytes.NewReader(p.head), source, bytes.NewReader(p.tail))
	}
	header := http.Header{}
	if p.contentType != "" {
		header.Set("Content-Type", p.contentType)
	}
	if p.size >= askBefore {
		header.Set("Expect", "100-continue")
	}
	rsp, err := c.askStorage(ctx, to, header, body, length, attempt)
	free = source.stop()
	complete, unread := source.outcome()
	if err != nil {
		if unread != nil {
			return free, unread
		}
		return free, err
	}
	defer rsp.Body.Close()
	switch {
	case rsp.StatusCode/100 != 2:
		return free, to.refused(rsp)
	case !complete:
		return free, to.fail(rsp.StatusCode, errors.New("storage responded before it had the whole file"))
	}
	return free, nil
}

// download copies what is at an address, and returns how many bytes that were.
func (c *Client) download(ctx context.Context, from *signed, w io.Writer, report func(done, total int64)) (int64, error) {
	var rsp *http.Response
	err := c.repeat(ctx, storageRetries, func(attempt int) (again bool, err error) {
		// Otherwise the transport asks for gzip, and the length is lost.
		header := http.Header{"Accept-Encoding": {"identity"}}
		rsp, err = c.askStorage(ctx, from, header, nil, 0, attempt)
		if err == nil && rsp.StatusCode != http.StatusOK {
			defer rsp.Body.Close()
			err = from.refused(rsp)
		}
		return true, err
	})
	if err != nil {
		return 0, err
	}
	defer rsp.Body.Close()
	n, writing, reading := receive(w, rsp.Body, rsp.ContentLength, report)
	if reading != nil {
		return n, from.fail(rsp.StatusCode, reading)
	}
	return n, writing
}

// askStorage sends one request. No header but those given goes along.
func (c *Client) askStorage(ctx context.Context, to *signed, header http.Header, body io.Reader, length int64, attempt int) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, to.method, to.url.String(), body)
	if err != nil {
		return nil, to.fail(0, errors.New("the address that the API gave is malformed"))
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

// repeat calls attempt until it succeeds, fails for good, or has been repeated
// often enough. What attempt reports is whether it can be called again.
func (c *Client) repeat(ctx context.Context, retries int, attempt func(n int) (again bool, err error)) error {
	retries = min(retries, c.config.retries)
	for n := 1; ; n++ {
		again, err := attempt(n)
		failure, ok := err.(*StorageError)
		if !ok || !again || n > retries || !failure.passing {
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
