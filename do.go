package clarify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/internal/httpx"
	"github.com/clarify-go/clarify/internal/stream"
)

// doMethods are the methods that Do sends.
var doMethods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// Do sends a request that the contract lacks, or has in another form. It goes the same
// way as all others: it is authenticated, rate limited if the contract has it, retried
// if that is safe, and its errors are an [Error].
//
// path is below the URL of the workspace, such as objects/person/records/x, with or
// without a slash before it. Its segments are data: each is escaped if it is not, so an
// id with a slash needs [url.PathEscape]. An empty segment, "." and ".." are invalid,
// and so are a query in the path and a URL.
//
// query may be nil. body is encoded as JSON, unless it is nil; a [json.RawMessage] or
// []byte is JSON already. out is a pointer that the response is decoded into, with
// numbers as [json.Number] where its type leaves them open; an [io.Writer], which gets
// the bytes of the response; or nil. A response without a body leaves out as it is.
//
// GET, HEAD, PUT and DELETE are retried after a failure with an unknown outcome, as
// idempotent methods (RFC 9110, section 9.2.2). POST and PATCH are not.
func (c *Client) Do(ctx context.Context, method, path string, query url.Values, body, out any) error {
	if ctx == nil {
		return errNilContext
	}
	if !slices.Contains(doMethods, method) {
		return fmt.Errorf("clarify: invalid method %q: must be one of %s", method, strings.Join(doMethods, ", "))
	}
	if err := checkOut(out); err != nil {
		return err
	}
	u, err := c.workspace.join(path)
	if err != nil {
		return err
	}
	u.RawQuery = query.Encode()
	content, err := encodeBody(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), content)
	if err != nil {
		return fmt.Errorf("clarify: invalid path %q: it makes no valid URL", path)
	}
	if content != nil {
		req.Header.Set("Content-Type", jsonType)
	}
	rsp, err := c.chain.Do(req)
	if err != nil {
		return err
	}
	return readInto(c.chain.routes.find(method, c.workspace.below(u)).ID, rsp, out)
}

// checkOut returns an error unless a response can be written to out.
func checkOut(out any) error {
	if out == nil {
		return nil
	}
	if httpx.IsNil(out) {
		return fmt.Errorf("clarify: invalid out: a nil %T", out)
	}
	if _, ok := out.(io.Writer); !ok && reflect.TypeOf(out).Kind() != reflect.Pointer {
		return fmt.Errorf("clarify: invalid out: must be a pointer or an io.Writer, got %T", out)
	}
	return nil
}

// encodeBody returns a body in JSON, nil if there is none.
func encodeBody(body any) (io.Reader, error) {
	switch raw := body.(type) {
	case nil:
		return nil, nil
	case []byte:
		body = json.RawMessage(raw)
	}
	b, err := encode(body)
	if err != nil {
		return nil, fmt.Errorf("clarify: cannot encode the body: %w", err)
	}
	return bytes.NewReader(b), nil
}

// readInto reads a success of an operation into out.
func readInto(operation string, rsp *http.Response, out any) error {
	defer rsp.Body.Close()
	held, read := rsp.Body.(*heldBody)
	if w, ok := out.(io.Writer); ok {
		length := rsp.ContentLength
		if read {
			// It was read to its end, or has none, as with HEAD.
			length = -1
		}
		_, writeErr, readErr := stream.Download(w, rsp.Body, length, nil)
		switch {
		case readErr != nil:
			e := responseError(operation, rsp, readErr)
			e.cause = readErr
			return e
		case writeErr != nil:
			return fmt.Errorf("clarify: %w", writeErr)
		}
		return nil
	}
	switch {
	case out == nil:
		return nil
	case !read:
		return errors.New("clarify: invalid out: the response is CSV, so it must be an io.Writer")
	case len(bytes.TrimSpace(held.bytes)) == 0:
		return nil
	}
	if err := unmarshal(held.bytes, out); err != nil {
		return responseError(operation, rsp, err)
	}
	return nil
}
