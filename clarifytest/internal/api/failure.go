package api

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

// A Failure is an error whose response is an error document. The status of the response
// is that of the first problem.
type Failure struct {
	problems []problem
	Header   http.Header
}

// Status returns the status of the response.
func (f *Failure) Status() int { return f.problems[0].status }

func (f *Failure) Error() string { return f.problems[0].detail }

// statuses has the status for each reason of a problem.
var statuses = map[error]int{
	values.ErrInvalid:  http.StatusUnprocessableEntity,
	values.ErrRange:    http.StatusBadRequest,
	store.ErrNotFound:  http.StatusNotFound,
	store.ErrNotUnique: http.StatusBadRequest,
	store.ErrBusy:      http.StatusConflict,
	store.ErrQuery:     http.StatusBadRequest,
}

// FailureOf returns the failure for an error of a handler. An error of any other kind
// is a bug of the sandbox, which is reported like a panic of a handler.
func FailureOf(err error) *Failure {
	switch err := err.(type) {
	case *Failure:
		return err
	case *values.Problem:
		return failAt(statuses[err.Reason], err.At, "%s", err.Detail)
	case interface{ Unwrap() []error }:
		all := &Failure{}
		for _, one := range err.Unwrap() {
			all.problems = append(all.problems, FailureOf(one).problems...)
		}
		return all
	}
	panic(err)
}

// Response returns the failure as it is sent.
func (f *Failure) Response() Response { return Response{f.Status(), f.document()} }

// Fail returns a failure of one problem that is not about a place in the body.
func Fail(status int, format string, args ...any) *Failure {
	return failAt(status, "", format, args...)
}

func failAt(status int, at values.Pointer, format string, args ...any) *Failure {
	return &Failure{problems: []problem{{status, fmt.Sprintf(format, args...), string(at)}}}
}

// BadRequest returns a failure with the status 400.
func BadRequest(format string, args ...any) *Failure {
	return Fail(http.StatusBadRequest, format, args...)
}

// NotFound returns a failure with the status 404.
func NotFound(format string, args ...any) *Failure {
	return Fail(http.StatusNotFound, format, args...)
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

func (f *Failure) document() errorDocument {
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

// NewFrameworkError returns an error as the framework below the API sends it.
func NewFrameworkError(status int, messages []string) frameworkError {
	e := frameworkError{StatusCode: status, Message: messages, Error: http.StatusText(status)}
	if len(messages) == 1 {
		e.Message = messages[0]
	}
	return e
}

// FrameworkDocument returns the failure as the framework below the API sends it.
func (f *Failure) FrameworkDocument() frameworkError {
	var messages []string
	for _, p := range f.problems {
		messages = append(messages, p.detail)
	}
	return NewFrameworkError(f.Status(), messages)
}
