package clarify

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Sentinel errors for errors.Is. An [Error] matches at most one of those that stand
// for statuses, and may match ErrOutcomeUnknown as well.
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
	// ErrInvalid is 400 and 422: the API does not accept what was sent. It is also what
	// [ObjectSchema.Check] and [CheckedBy] find before anything is sent.
	ErrInvalid = errors.New("clarify: invalid")
	// ErrRateLimited is 429: too many requests.
	ErrRateLimited = errors.New("clarify: rate limited")
	// ErrOutcomeUnknown is a write whose outcome is unknown: it was sent, and no
	// response says whether the API carried it out. Check before you retry it.
	ErrOutcomeUnknown = errors.New("clarify: outcome unknown")
)

// maxErrorBody is how much of a response an Error keeps, in bytes.
const maxErrorBody = 64 << 10

// Error is a request that failed: there was no response, its status is not 2xx, or
// it differs from the contract. It is also a record that [ObjectSchema.Check] or
// [CheckedBy] found to be invalid: then there was no request, and only Errors is set.
//
// Use errors.As to get it, and errors.Is with the Err… variables to tell what it is
// about. It contains no credential.
type Error struct {
	// StatusCode is the status of the response, 0 if there was none.
	StatusCode int
	// Method and Path are the request's. The path is escaped and has no query.
	Method, Path string
	// Operation is the vendor's id of the operation, such as createRecord. It is
	// empty if the contract does not have the request.
	Operation string
	// Errors are the problems according to the API. There may be none.
	Errors []ErrorObject
	// RetryAfter is how long to wait before the next attempt, according to the API.
	// It is zero if the API does not say.
	RetryAfter time.Duration
	// RequestID is the header X-Request-Id of the response. It may be empty.
	RequestID string
	// Body is the body of the response, up to 64 KiB.
	Body []byte
	// Attempts is the number of attempts, 1 or more if there was a request.
	Attempts int
	// OutcomeUnknown is true for a write if it is not known whether the API carried
	// it out.
	OutcomeUnknown bool

	unsent         string // what was not sent, because it is invalid
	scheme         string // under which the credential was sent
	earlierUnknown bool   // whether an earlier attempt may have been carried out
	failure        Failure
	cause          error
}

// ErrorObject is one problem, as the API describes it.
type ErrorObject struct {
	// Status is the HTTP status as a string, such as 422.
	Status string
	// Title is the kind of problem.
	Title string
	// Detail is what is wrong.
	Detail string
	// Pointer is a JSON Pointer (RFC 6901) to the invalid part of the request's body.
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
		return e.StatusCode == http.StatusBadRequest || e.StatusCode == http.StatusUnprocessableEntity || e.unsent != ""
	case ErrRateLimited:
		return e.StatusCode == http.StatusTooManyRequests
	case ErrOutcomeUnknown:
		return e.OutcomeUnknown
	}
	return false
}

// Unwrap returns the cause: an error of the context or the network, or the reason
// why an access token that the API rejected was not refreshed, for example
// [authn.ErrLoginRequired]. It is nil if the response of the API is all there is.
func (e *Error) Unwrap() error { return e.cause }

// Error returns one line with the request, the response, and advice.
func (e *Error) Error() string {
	if e.unsent != "" {
		return "clarify: " + e.unsent + ": " + strings.Join(e.problems(), "; ")
	}
	var b strings.Builder
	b.WriteString("clarify: ")
	if e.Operation != "" {
		b.WriteString(e.Operation + ": ")
	}
	b.WriteString(e.Method + " " + e.Path + ": ")
	if e.StatusCode != 0 {
		b.WriteString(strings.TrimSpace(strconv.Itoa(e.StatusCode) + " " + http.StatusText(e.StatusCode)))
	}
	problems := e.problems()
	if e.cause != nil {
		problems = append(problems, oneLine(e.cause.Error()))
	}
	if len(problems) > 0 {
		if e.StatusCode != 0 {
			b.WriteString(": ")
		}
		b.WriteString(strings.Join(problems, "; "))
	}
	if advice := e.advice(); advice != "" {
		b.WriteString(" (" + advice + ")")
	}
	return b.String()
}

// Format makes %+v and %#v print the same as %v. The body may be long, and the cause
// may have fields that must not be printed.
func (e *Error) Format(s fmt.State, verb rune) {
	fmt.Fprintf(s, fmt.FormatString(s, verb), e.Error())
}

// problems returns one line for each of the errors.
func (e *Error) problems() []string {
	var problems []string
	for _, object := range e.Errors {
		text := object.Detail
		if text == "" {
			text = object.Title
		}
		if object.Pointer != "" {
			text = strings.TrimSuffix(text, ".") + " at " + object.Pointer
		}
		if text != "" {
			problems = append(problems, oneLine(text))
		}
	}
	return problems
}

// advice returns what to do about the error, or what often causes it.
func (e *Error) advice() string {
	switch {
	case e.OutcomeUnknown:
		return "the outcome is unknown: check before you retry it"
	case e.StatusCode == http.StatusUnauthorized:
		return e.adviceOnCredential()
	case e.StatusCode == http.StatusForbidden && strings.Contains(e.Path, "/access"):
		return "this operation needs a Personal key; a Workspace key is not enough"
	case e.StatusCode == http.StatusForbidden:
		return "the credential has no access; a key is for one workspace"
	case e.foundGone():
		return "an earlier attempt may have deleted it"
	case e.StatusCode == http.StatusNotFound:
		return "check the id, the object's name, the workspace, and that the base URL ends in /v1"
	case e.StatusCode == http.StatusConflict:
		return "another request is changing the schema; retry later"
	case e.StatusCode == http.StatusBadRequest && e.isDuplicate():
		return "to update the record that has the value, use MatchOn with that field"
	case e.StatusCode == http.StatusTooManyRequests && e.RetryAfter > 0:
		return "retry in " + e.RetryAfter.String()
	case e.StatusCode/100 == 3:
		return "redirects are not followed; check the base URL"
	}
	return ""
}

// foundGone reports whether a deletion found nothing, after an earlier attempt that
// may have deleted it.
func (e *Error) foundGone() bool {
	return e.StatusCode == http.StatusNotFound && e.Method == http.MethodDelete && e.earlierUnknown
}

// withUnknownOutcome returns a copy of the error with an unknown outcome.
func (e *Error) withUnknownOutcome() *Error {
	c := *e
	c.OutcomeUnknown = true
	return &c
}

func (e *Error) adviceOnCredential() string {
	const expected = `the API expects "api-key KEY" for an API key (authn.APIKey) and "Bearer TOKEN" for an OAuth access token (authn.Bearer, authn.TokenSource)`
	switch {
	case e.scheme == "":
		return "no credential was sent; " + expected
	case strings.EqualFold(e.scheme, "api-key"):
		return "sent as api-key; " + expected + "; a key may be wrong, revoked, or of another workspace"
	case strings.EqualFold(e.scheme, "Bearer"):
		return "sent as Bearer; " + expected + "; a token may have expired or been revoked"
	}
	return "sent as " + e.scheme + "; " + expected
}

func (e *Error) isDuplicate() bool {
	if e.Operation != "createRecord" && e.Operation != "createBulkRecords" && e.Operation != "createResource" {
		return false
	}
	text := strings.ToLower(strings.Join(e.problems(), " "))
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
