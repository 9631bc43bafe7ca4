package clarifytest

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// problem is one object of the API's error document.
type problem struct {
	status  int
	detail  string
	pointer string // a JSON pointer into the request body, if it is about that
}

// failure is a request that is responded with an error document. The status of
// the response is that of the first problem.
type failure struct {
	problems []problem
	header   http.Header
}

func (f *failure) status() int { return f.problems[0].status }

func (f *failure) Error() string { return f.problems[0].detail }

// failureOf returns the failure that an error of a handler is. Any other error
// is a fault of the sandbox, which is reported like a panic of a handler.
func failureOf(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	panic(err)
}

// fail makes a failure of one problem that is not about a place in the body.
func fail(status int, format string, args ...any) *failure {
	return failAt(status, "", format, args...)
}

func failAt(status int, at pointer, format string, args ...any) *failure {
	return &failure{problems: []problem{{status, fmt.Sprintf(format, args...), string(at)}}}
}

func badRequest(format string, args ...any) *failure {
	return fail(http.StatusBadRequest, format, args...)
}

func notFound(format string, args ...any) *failure {
	return fail(http.StatusNotFound, format, args...)
}

// invalid is a value in the body that the API does not accept.
func invalid(at pointer, format string, args ...any) *failure {
	return failAt(http.StatusUnprocessableEntity, at, format, args...)
}

// problems collects failures, so that one response can name all of them.
type problems []problem

func (p *problems) add(err error) {
	if err != nil {
		*p = append(*p, failureOf(err).problems...)
	}
}

func (p problems) failure() error {
	if len(p) == 0 {
		return nil
	}
	return &failure{problems: p}
}

type errorDocument struct {
	Errors []errorObject `json:"errors"`
}

type errorObject struct {
	Status string       `json:"status"`
	Title  string       `json:"title"`
	Detail string       `json:"detail"`
	Source *errorSource `json:"source,omitempty"`
}

type errorSource struct {
	Pointer string `json:"pointer"`
}

func (f *failure) document() errorDocument {
	doc := errorDocument{Errors: make([]errorObject, len(f.problems))}
	for i, p := range f.problems {
		doc.Errors[i] = errorObject{
			Status: strconv.Itoa(p.status),
			Title:  http.StatusText(p.status),
			Detail: p.detail,
		}
		if p.pointer != "" {
			doc.Errors[i].Source = &errorSource{p.pointer}
		}
	}
	return doc
}

// frameworkError is an error as the framework below the API responds it.
type frameworkError struct {
	StatusCode int    `json:"statusCode"`
	Message    any    `json:"message"` // a text, or several
	Error      string `json:"error"`
}

func newFrameworkError(status int, messages []string) frameworkError {
	e := frameworkError{StatusCode: status, Message: messages, Error: http.StatusText(status)}
	if len(messages) == 1 {
		e.Message = messages[0]
	}
	return e
}

func (f *failure) frameworkDocument() frameworkError {
	var messages []string
	for _, p := range f.problems {
		messages = append(messages, p.detail)
	}
	return newFrameworkError(f.status(), messages)
}

// pointer is a JSON pointer, RFC 6901.
type pointer string

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

func (p pointer) member(name string) pointer {
	return p + "/" + pointer(pointerEscapes.Replace(name))
}

func (p pointer) item(i int) pointer {
	return p + "/" + pointer(strconv.Itoa(i))
}
