package clarify

import (
	"errors"
	"net/http"
	"reflect"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

var errNoData = errors.New("data is missing")

// readBytes decodes the body of a response that the chain has read, and closes it.
// scan tries first; what makes it give up is left to decode.
func readBytes(rsp *http.Response, scan func(*jsonscan.Scanner), decode func([]byte) error) error {
	defer rsp.Body.Close()
	held := rsp.Body.(*heldBody)
	taken, lent := jsonscan.Scan(held.bytes, scan)
	if held.spare = taken && !lent; !taken {
		return decode(held.bytes)
	}
	return nil
}

// readResponse decodes the body of a response into v, a pointer to a zero value.
func readResponse(rsp *http.Response, v any) error {
	return readBytes(rsp, func(s *jsonscan.Scanner) { quick.Read(s, v) }, func(body []byte) error {
		reflect.ValueOf(v).Elem().SetZero()
		return unmarshal(body, v)
	})
}
