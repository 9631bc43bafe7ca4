package clarify

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What an error is about, for errors.Is. Each but ErrOutcomeUnknown stands for
// statuses of a response, so every [Error] matches one of them at most, and
// ErrOutcomeUnknown beside it.
var (
	// ErrUnauthorized is 401: the wrong scheme or a bad credential.
	ErrUnauthorized = errors.New("clarify: unauthorized")
	// ErrForbidden is 403: no access, or a Workspace key where the API needs a
	// Personal one.
	ErrForbidden = errors.New("clarify: forbidden")
	// ErrNotFound is 404: an unknown id, object or workspace.
	ErrNotFound = errors.New("clarify: not found")
	// ErrConflict is 409: another request is changing the schema.
	ErrConflict = errors.New("clarify: conflict")
	// ErrInvalid is 400 and 422: the API does not accept what was sent.
	ErrInvalid = errors.New("clarify: invalid")
	// ErrRateLimited is 429: too many requests.
	ErrRateLimited = errors.New("clarify: rate limited")
	// ErrOutcomeUnknown is a write that may have happened or not: it was sent, and
	// no response told what became of it. Look before you repeat it.
	ErrOutcomeUnknown = errors.New("clarify: outcome unknown")
)

// maxErrorBody is how much of a response an Error keeps, in bytes.
const maxErrorBody = 64 << 10

// Error is a request that did not succeed: the API responded something else than
// 2xx, its response is not what the contract says, or there was none.
//
// Match it with errors.As, and what it is about with errors.Is and the Err…
// variables. It shows no credential.
type Error struct {
	// StatusCode is the status of the response, 0 if there was none.
	StatusCode int
	// Method and Path are the request's. The path is escaped and has no query.
	Method, Path string
	// Operation is the vendor's id of the operation, such as createRecord. It is
	// empty for a request that is none of the contract's.
	Operation string
	// Errors is what the API says is wrong. It is empty if it does not say.
	Errors []ErrorObject
	// RetryAfter is how long the API asks to wait before the next attempt. It is
	// zero if it does not ask.
	RetryAfter time.Duration
	// RequestID is what the server calls the request, if it says so in the header
	// X-Request-Id.
	RequestID string
	// Body is the body of the response, up to 64 KiB.
	Body []byte
	// Attempts is how many attempts were made, at least one.
	Attempts int
	// OutcomeUnknown is true for a write that may have happened or not.
	OutcomeUnknown bool

	scheme    string // under which the credential was sent
	uncertain bool   // whether an earlier attempt may have been carried out
	cause     error
}

// ErrorObject is one problem, as the API describes it.
type ErrorObject struct {
	// Status is the HTTP status as text.
	Status string
	// Title is the kind of problem.
	Title string
	// Detail is what is wrong.
	Detail string
	// Pointer is a JSON Pointer (RFC 6901) to the culprit in the request's body.
	Pointer string
}

// Is reports whether the error is about target, one of the Err… variables.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrUnauthorized:
		return e.StatusCode == http.StatusUnauthorized
	case ErrForbidden:
		return e.StatusCode == http.StatusForbidden
	case ErrNotFound:
		return e.StatusCode == http.StatusNotFound
	case ErrConflict:
		return e.StatusCode == http.StatusConflict
	case ErrInvalid:
		return e.StatusCode == http.StatusBadRequest || e.StatusCode == http.StatusUnprocessableEntity
	case ErrRateLimited:
		return e.StatusCode == http.StatusTooManyRequests
	case ErrOutcomeUnknown:
		return e.OutcomeUnknown
	}
	return false
}

// Unwrap returns what went wrong underneath, such as a context's error, one of
// the network, or the reason why an access token that the API has refused was
// not renewed, for example [authn.ErrLoginRequired]. It is nil if the API responded what it is
// to respond.
func (e *Error) Unwrap() error { return e.cause }

// Error says in one line what was asked, what the response was, and what to do.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("clarify: ")
	if e.Operation != "" {
		b.WriteString(e.Operation + ": ")
	}
	b.WriteString(e.Method + " " + e.Path + ": ")
	if e.StatusCode != 0 {
		b.WriteString(strings.TrimSpace(strconv.Itoa(e.StatusCode) + " " + http.StatusText(e.StatusCode)))
	}
	said := e.said()
	if e.cause != nil {
		said = append(said, oneLine(e.cause.Error()))
	}
	if len(said) > 0 {
		if e.StatusCode != 0 {
			b.WriteString(": ")
		}
		b.WriteString(strings.Join(said, "; "))
	}
	if advice := e.advice(); advice != "" {
		b.WriteString(" (" + advice + ")")
	}
	return b.String()
}

// Format keeps %+v and %#v from printing the fields, of which the body may be
// long and the cause is not ours to vouch for.
func (e *Error) Format(s fmt.State, verb rune) {
	fmt.Fprintf(s, fmt.FormatString(s, verb), e.Error())
}

func (e *Error) said() []string {
	var said []string
	for _, object := range e.Errors {
		text := object.Detail
		if text == "" {
			text = object.Title
		}
		if object.Pointer != "" {
			text = strings.TrimSuffix(text, ".") + " at " + object.Pointer
		}
		if text != "" {
			said = append(said, oneLine(text))
		}
	}
	return said
}

// advice is what else is often wrong.
func (e *Error) advice() string {
	switch {
	case e.OutcomeUnknown:
		return "it is not known whether this was done: look before you repeat it"
	case e.StatusCode == http.StatusUnauthorized:
		return e.adviceOnCredential()
	case e.StatusCode == http.StatusForbidden && strings.Contains(e.Path, "/access"):
		return "this operation needs a Personal key; a Workspace key is not enough"
	case e.StatusCode == http.StatusForbidden:
		return "the credential has no access; a key is for one workspace"
	case e.foundGone():
		return "an earlier attempt may have deleted it"
	case e.StatusCode == http.StatusNotFound:
		return "besides the id check the object's name, the workspace, and that the base URL ends in /v1"
	case e.StatusCode == http.StatusConflict:
		return "another request is changing the schema; try again in a moment"
	case e.StatusCode == http.StatusBadRequest && e.isDuplicate():
		return "to update the record that has the value, use MatchOn with that field"
	case e.StatusCode == http.StatusTooManyRequests && e.RetryAfter > 0:
		return "try again in " + e.RetryAfter.String()
	case e.StatusCode/100 == 3:
		return "redirects are not followed; check the base URL"
	}
	return ""
}

// foundGone reports whether a deletion found nothing after an attempt that may
// have deleted it.
func (e *Error) foundGone() bool {
	return e.StatusCode == http.StatusNotFound && e.Method == http.MethodDelete && e.uncertain
}

// doubtful returns the error as that of a write that may have happened.
func (e *Error) doubtful() *Error {
	d := *e
	d.OutcomeUnknown = true
	return &d
}

func (e *Error) adviceOnCredential() string {
	const expected = `the API expects "api-key KEY" for an API key (authn.APIKey) and "Bearer TOKEN" for an OAuth access token (authn.Bearer, authn.TokenSource)`
	switch {
	case e.scheme == "":
		return "no credential was sent; " + expected
	case strings.EqualFold(e.scheme, "api-key"):
		return "sent as api-key; " + expected + "; if it is a key, it is wrong, revoked, or of another workspace"
	case strings.EqualFold(e.scheme, "Bearer"):
		return "sent as Bearer; " + expected + "; if it is a token, it has expired or was revoked"
	}
	return "sent as " + e.scheme + "; " + expected
}

func (e *Error) isDuplicate() bool {
	if e.Operation != "createRecord" && e.Operation != "createBulkRecords" && e.Operation != "createResource" {
		return false
	}
	text := strings.ToLower(strings.Join(e.said(), " "))
	for _, word := range []string{"already", "duplicate", "unique", "exists", "collid"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r == '\u2028' || r == '\u2029' }), " ")
}
