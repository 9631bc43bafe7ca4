package clarify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
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

const (
	// maxErrorBody is how much of a response an Error keeps, in bytes.
	maxErrorBody = 64 << 10
	// maxErrorAnswer is how much of a response that reports a failure is read, in
	// bytes: of a refused bulk request it may be long.
	maxErrorResponse = 4 << 20
)

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

// readErrors reads what a body says is wrong, in the form of JSON:API or of the
// framework below the API.
func readErrors(contentType string, body []byte) []ErrorObject {
	var document struct {
		Errors []struct {
			Status any    `json:"status"`
			Title  string `json:"title"`
			Detail string `json:"detail"`
			Source struct {
				Pointer string `json:"pointer"`
			} `json:"source"`
		} `json:"errors"`
		StatusCode any    `json:"statusCode"`
		Message    any    `json:"message"`
		Error      string `json:"error"`
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	// What does not fit is left out, and the rest is read.
	var odd *json.UnmarshalTypeError
	if err := decoder.Decode(&document); err != nil && !errors.As(err, &odd) && len(document.Errors) == 0 {
		return explainBody(contentType, body)
	}
	var found []ErrorObject
	for _, e := range document.Errors {
		found = append(found, ErrorObject{Status: text(e.Status), Title: e.Title, Detail: e.Detail, Pointer: e.Source.Pointer})
	}
	if len(found) > 0 {
		return found
	}
	var messages []any
	switch message := document.Message.(type) {
	case []any:
		messages = message
	case string:
		messages = []any{message}
	}
	for _, message := range messages {
		found = append(found, ErrorObject{Status: text(document.StatusCode), Title: document.Error, Detail: text(message)})
	}
	if len(found) == 0 && document.Error != "" {
		found = append(found, ErrorObject{Status: text(document.StatusCode), Title: document.Error})
	}
	if len(found) == 0 && odd != nil {
		return explainBody(contentType, body)
	}
	return found
}

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// explainBody says what came in the place of an error document.
func explainBody(contentType string, body []byte) []ErrorObject {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if strings.Contains(contentType, "html") || bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		return []ErrorObject{{Detail: "a page of HTML was answered, as by a gateway and not by the API"}}
	}
	const enough = 200
	line := oneLine(string(body))
	if len(line) > enough {
		line = strings.ToValidUTF8(line[:enough], "") + "…"
	}
	return []ErrorObject{{Detail: line}}
}

func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r == '\u2028' || r == '\u2029' }), " ")
}

// redact takes secrets out of a text that came from elsewhere.
func redact(s string, secrets []string) string {
	for _, secret := range secrets {
		// What is shorter is nobody's credential, and stands in many words.
		if len(secret) < 8 {
			continue
		}
		for _, form := range append(inJSON(secret), secret, url.QueryEscape(secret), url.PathEscape(secret)) {
			s = strings.ReplaceAll(s, form, "[redacted]")
		}
	}
	return s
}

// redactCut is redact for a text that was cut, maybe within a secret.
func redactCut(s string, secrets []string) string {
	s = redact(s, secrets)
	for _, secret := range secrets {
		for n := len(secret) - 1; n >= 4; n-- {
			if strings.HasSuffix(s, secret[:n]) {
				s = s[:len(s)-n] + "[redacted]"
				break
			}
		}
	}
	return s
}

// inJSON returns how a text may stand in JSON.
func inJSON(s string) []string {
	b, err := json.Marshal(s)
	if err != nil {
		return nil
	}
	escaped := string(b[1 : len(b)-1])
	plain, err := encodeJSON(s)
	if err != nil {
		return []string{escaped}
	}
	unescaped := string(plain[1 : len(plain)-1])
	return []string{escaped, strings.ReplaceAll(escaped, "/", `\/`), unescaped, strings.ReplaceAll(unescaped, "/", `\/`)}
}

// clampSeconds keeps a number from elsewhere within what a Duration can hold.
func clampSeconds(seconds float64) time.Duration {
	const most = 365 * 24 * time.Hour
	switch {
	case !(seconds > 0):
		return 0
	case seconds > most.Seconds():
		return most
	}
	return time.Duration(seconds * float64(time.Second))
}
