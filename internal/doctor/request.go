package doctor

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/contract"
)

// request makes a request to an operation. The path parameters are in the order in
// which the path has them.
func (d *doctor) request(operation string, query url.Values, body []byte, path ...string) (*http.Request, error) {
	method, target := "", strings.TrimSuffix(d.sender.Server, "/")
	for _, op := range gen.Operations() {
		if op.ID != operation {
			continue
		}
		method = op.Method
		for segment := range strings.SplitSeq(strings.TrimPrefix(op.Path, "/"), "/") {
			if strings.HasPrefix(segment, "{") {
				if len(path) == 0 || path[0] == "" || path[0] == "." || path[0] == ".." {
					return nil, fmt.Errorf("clarify-doctor: %s cannot be called with what the API named", operation)
				}
				segment, path = url.PathEscape(path[0]), path[1:]
			}
			target += "/" + segment
		}
	}
	if method == "" {
		return nil, fmt.Errorf("clarify-doctor: there is no operation %s", operation)
	}
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(body)
	}
	request, err := http.NewRequest(method, target, content)
	if err != nil {
		return nil, err
	}
	request.URL.RawQuery = query.Encode()
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

// query makes a query of names and values in turn.
func query(pairs ...string) url.Values {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return q
}

func operationIDs(c *contract.Contract) []string {
	var ids []string
	for _, op := range c.Operations() {
		ids = append(ids, op.ID)
	}
	return ids
}
