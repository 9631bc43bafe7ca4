package clarify_test

import (
	"testing"

	"github.com/clarify-go/clarify"
)

// A response without the record is an error, and neither a record nor a panic.
func TestResponsesWithoutTheRecord(t *testing.T) {
	for _, test := range []struct{ body, want string }{
		{`{}`, "data is missing"},
		{`{"data":null}`, "data is missing"},
		{`{"data":null,"included":[]}`, "data is missing"},
		{`{"data":{}}`, "data has no id"},
		{`{"data":{"type":"person","attributes":{}}}`, "data has no id"},
		{`{"data":[]}`, "cannot unmarshal"},
	} {
		f := responding(t, 200, test.body)
		record, err := clarify.People(f.client(t)).Get(t.Context(), "x")
		if record != nil {
			t.Errorf("%s: got %+v", test.body, record)
		}
		mentions(t, err, test.want)
		wantEqual(t, test.body+": status", asError(t, err).StatusCode, 200)
	}
}
