package clarify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/httpx"
)

// reportStage turns everything but a success into an [Error].
type reportStage struct{}

func (reportStage) do(c *call, next handler) (*http.Response, error) {
	rsp, err := next(c)
	switch {
	case err != nil:
		return nil, c.failed(err)
	case rsp.StatusCode/100 != 2:
		return nil, c.rejected(rsp)
	}
	if err := checkSuccess(c.operation, rsp); err != nil {
		return nil, responseError(c.operation.ID, rsp, err)
	}
	return rsp, nil
}

// failed returns the error of a call that got no response, or an unreadable one.
func (c *call) failed(err error) error {
	e := &Error{cause: err, failure: failureOf(err)}
	var response *unreadable
	if errors.As(err, &response) {
		e.StatusCode = response.rsp.StatusCode
		e.RequestID = response.rsp.Header.Get("X-Request-Id")
	}
	var final *nonRetryable
	if errors.As(err, &final) {
		e.cause = final.err
	}
	var limited *ThrottledError
	if errors.As(err, &limited) {
		e.RetryAfter = limited.Delay
	}
	e.OutcomeUnknown = !c.reads() && c.attempts.outcomeUnknown
	c.describe(e)
	return e
}

// rejected returns the error of a call whose response is no 2xx.
func (c *call) rejected(rsp *http.Response) error {
	body, _ := io.ReadAll(rsp.Body)
	// The body is still whole here.
	body = []byte(redactCut(string(body), c.credential.secrets))
	e := &Error{
		StatusCode: rsp.StatusCode,
		RetryAfter: httpx.RetryAfter(rsp.Header, time.Now()),
		RequestID:  rsp.Header.Get("X-Request-Id"),
		Body:       body,
		Errors:     readErrors(rsp.Header.Get("Content-Type"), body),
		cause:      c.renewal.failure,
	}
	e.OutcomeUnknown = !c.reads() && c.attempts.outcomeUnknown
	c.describe(e)
	if e.foundGone() {
		e.OutcomeUnknown = false
	}
	return e
}

// checkSuccess returns an error if a success is not what the contract says.
func checkSuccess(op gen.Operation, rsp *http.Response) error {
	contentType := rsp.Header.Get("Content-Type")
	if op.ContentType == "text/csv" {
		if strings.Contains(contentType, "csv") {
			return nil
		}
		_ = rsp.Body.Close()
		return fmt.Errorf("content type is %q, not CSV", contentType)
	}
	held, ok := rsp.Body.(*heldBody)
	empty := ok && len(bytes.TrimSpace(held.bytes)) == 0
	isJSON := strings.Contains(contentType, "json")
	switch {
	case op.Method == http.MethodDelete && empty:
		// There is nothing to read, and the operation was carried out
		// (live-api.md, R5).
		return nil
	case op.ContentType == "application/json" && !op.Unspecified:
		if empty {
			return errors.New("the response has no body")
		}
		if isJSON {
			return nil
		}
	case op.ID == "" || !ok || empty || isJSON && json.Valid(held.bytes):
		// A body may be missing. One that is not JSON does not come from the API.
		return nil
	}
	return fmt.Errorf("content type is %q, not JSON", contentType)
}

// respondsWithURL are the operations that change nothing that anybody sees, and
// respond with signed URLs, which no error may show.
var respondsWithURL = map[string]bool{
	"getRecordAttachment":                   true,
	"getRecordingArtifacts":                 true,
	"getSignedUrlForRecordAttachmentUpload": true,
	"initMediaUpload":                       true,
}

// responseError returns the error for a success that is not what the contract
// says. The operation was carried out, as far as anybody can tell.
func responseError(operation string, rsp *http.Response, err error) *Error {
	e := &Error{
		Operation:  operation,
		StatusCode: rsp.StatusCode,
		RequestID:  rsp.Header.Get("X-Request-Id"),
		Attempts:   1,
		failure:    FailureResponse,
		cause:      fmt.Errorf("the response is not what the contract says: %w", err),
	}
	if req := rsp.Request; req != nil {
		e.Method, e.Path = req.Method, req.URL.EscapedPath()
	}
	if held, ok := rsp.Body.(*heldBody); ok {
		if !respondsWithURL[operation] {
			e.Body = held.bytes
		}
		e.OutcomeUnknown = !held.reads && !respondsWithURL[operation]
		held.describe(e)
	}
	return e
}
