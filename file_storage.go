package clarify

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/internal/httpx"
)

// StorageError is a failure to send a file to storage, or to get it from there.
// Storage is where the API keeps files: hosts of third parties, reached by URLs that
// the API signs for a short time. Match it with [errors.As].
//
// Such a URL gives access to the file until it expires. So the error shows neither its
// path nor its query.
type StorageError struct {
	// StatusCode is the status of the response, 0 if there was none.
	StatusCode int
	// Method is the request's.
	Method string
	// Host is the host of the URL, with its port if it has one.
	Host string
	// Code and Message say what is wrong, and RequestID names the request, if storage
	// responds with an XML document as S3 does.
	Code, Message, RequestID string
	// Err is the cause, such as the error of a context or of the network. It is nil if
	// the response itself is the failure.
	Err error

	transient bool // whether another attempt may succeed
}

// Unwrap returns Err.
func (e *StorageError) Unwrap() error { return e.Err }

// Error returns one line: the request, the response, and what to do.
func (e *StorageError) Error() string {
	var parts []string
	if e.StatusCode != 0 {
		parts = append(parts, strings.TrimSpace(strconv.Itoa(e.StatusCode)+" "+http.StatusText(e.StatusCode)))
	}
	for _, part := range []string{e.Code, e.Message} {
		if part != "" {
			parts = append(parts, oneLine(part))
		}
	}
	if e.Err != nil {
		parts = append(parts, oneLine(e.Err.Error()))
	}
	message := "clarify: " + e.Method + " to storage at " + e.Host + ": " + strings.Join(parts, ": ")
	if e.Err == nil {
		switch {
		case e.StatusCode/100 == 3:
			message += " (redirects of storage are not followed)"
		case e.StatusCode == http.StatusForbidden:
			message += " (the URL may have expired: call again to get a new one)"
		}
	}
	return message
}

// Format prints what Error returns for every verb: %+v and %#v would show the fields
// of the cause, which may hold anything.
func (e *StorageError) Format(s fmt.State, verb rune) {
	fmt.Fprintf(s, fmt.FormatString(s, verb), e.Error())
}

const (
	// maxStorageMessage is how much of a message of storage is shown, in bytes.
	maxStorageMessage = 200
	// unknownHost replaces a host that cannot be printed in errors.
	unknownHost = "an unknown host"
)

// signed is a signed URL of storage.
type signed struct {
	method  string
	url     *url.URL
	secrets []string // must not appear in any message
}

// newSigned checks a URL that the API sent. secrets are those outside the URL.
func newSigned(method, rawURL string, secrets ...string) (*signed, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		// The message of the cause contains the URL.
		return nil, &StorageError{Method: method, Host: unknownHost, Err: errors.New("malformed storage URL")}
	}
	s := &signed{method: method, url: u, secrets: secretsOf(u, secrets)}
	switch {
	case u.Host == "" || u.Hostname() == "":
		return nil, s.fail(0, errors.New("storage URL has no host"))
	case u.User != nil:
		// It would be sent as a credential.
		return nil, s.fail(0, errors.New("storage URL has user info"))
	case strings.EqualFold(u.Scheme, "https"):
	case strings.EqualFold(u.Scheme, "http") && httpx.IsLoopback(u.Hostname()):
	default:
		return nil, s.fail(0, insecureStorage{})
	}
	return s, nil
}

type insecureStorage struct{}

func (insecureStorage) Error() string {
	return "insecure storage URL: must be https (or http to a loopback host)"
}

func (insecureStorage) Is(target error) bool { return target == authn.ErrInsecureAddress }

// secretsOf returns what must not be shown: all of the URL but its host, and more.
func secretsOf(u *url.URL, more []string) []string {
	all := append([]string{u.EscapedPath(), u.Path, u.RawQuery}, more...)
	for _, values := range u.Query() {
		all = append(all, values...)
	}
	// The longest first: if one contains another, nothing of it must be left.
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
	e.transient = status >= 500 || status == 0 && isTransient(err)
	if err != nil {
		if message := redact(err.Error(), s.secrets); message != err.Error() {
			err = &redacted{message: message, cause: err}
		}
		e.Err = err
	}
	return e
}

// redacted is a cause whose own message has a secret.
type redacted struct {
	message string
	cause   error
}

func (r *redacted) Error() string        { return r.message }
func (r *redacted) Is(target error) bool { return errors.Is(r.cause, target) }

// rejected returns the error for a response that is not a success.
func (s *signed) rejected(rsp *http.Response) *StorageError {
	e := s.fail(rsp.StatusCode, nil)
	body, _ := io.ReadAll(io.LimitReader(rsp.Body, maxErrorBody))
	var document struct {
		XMLName   xml.Name `xml:"Error"`
		Code      string
		Message   string
		RequestID string `xml:"RequestId"`
	}
	if xml.Unmarshal(body, &document) == nil {
		e.Code, e.Message, e.RequestID = s.printable(document.Code), s.printable(document.Message), s.printable(document.RequestID)
	}
	return e
}

func (s *signed) printable(message string) string {
	message = oneLine(redact(message, s.secrets))
	if len(message) > maxStorageMessage {
		message = strings.ToValidUTF8(message[:maxStorageMessage], "") + "…"
	}
	return message
}
