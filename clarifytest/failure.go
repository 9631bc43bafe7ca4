package clarifytest

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// problem is one object of the API's error document.
type problem struct {
	status  int
	detail  string
	pointer string // a JSON pointer into the request body, if it is about that
}

// failure is an error whose response is an error document. The status of the response
// is that of the first problem.
type failure struct {
	problems []problem
	header   http.Header
}

func (f *failure) status() int { return f.problems[0].status }

func (f *failure) Error() string { return f.problems[0].detail }

// statuses has the status for each reason of a problem.
var statuses = map[error]int{
	values.ErrInvalid:  http.StatusUnprocessableEntity,
	values.ErrRange:    http.StatusBadRequest,
	store.ErrNotFound:  http.StatusNotFound,
	store.ErrNotUnique: http.StatusBadRequest,
	store.ErrBusy:      http.StatusConflict,
	store.ErrQuery:     http.StatusBadRequest,
}

// failureOf returns the failure for an error of a handler. An error of any other kind
// is a bug of the sandbox, which is reported like a panic of a handler.
func failureOf(err error) *failure {
	switch err := err.(type) {
	case *failure:
		return err
	case *values.Problem:
		return failAt(statuses[err.Reason], err.At, "%s", err.Detail)
	case interface{ Unwrap() []error }:
		all := &failure{}
		for _, one := range err.Unwrap() {
			all.problems = append(all.problems, failureOf(one).problems...)
		}
		return all
	}
	panic(err)
}

// fail returns a failure of one problem that is not about a place in the body.
func fail(status int, format string, args ...any) *failure {
	return failAt(status, "", format, args...)
}

func failAt(status int, at values.Pointer, format string, args ...any) *failure {
	return &failure{problems: []problem{{status, fmt.Sprintf(format, args...), string(at)}}}
}

func badRequest(format string, args ...any) *failure {
	return fail(http.StatusBadRequest, format, args...)
}

func notFound(format string, args ...any) *failure {
	return fail(http.StatusNotFound, format, args...)
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

// frameworkError is an error document of the framework below the API.
type frameworkError struct {
	StatusCode int    `json:"statusCode"`
	Message    any    `json:"message"` // a string, or several
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
