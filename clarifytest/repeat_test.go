package clarifytest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

// Two servers with the same seed and the same time respond to the same requests
// with the same bytes: in every operation, with its ids, signatures and
// timestamps, and for records that were seeded.
func TestResponsesRepeatFromASeed(t *testing.T) {
	run := func(seed uint64) []string {
		a := start(t, atOnce, clarifytest.WithSeed(seed), clarifytest.WithClock(newClock().Now))
		a.srv.Seed(t, 40)
		w := &world{names: newWorld(a), operations: contractOperations(t)}
		w.names["<seeded>"] = a.list("meeting").ids()[0]
		here := strings.NewReplacer(a.srv.BaseURL, "api", a.srv.StorageURL, "storage")
		var responses []string
		note := func(what string, got *response) {
			responses = append(responses, fmt.Sprintf("%s %d %v %s", what, got.status, got.header["X-Ratelimit-Remaining"], here.Replace(got.raw)))
		}
		for _, op := range gen.Operations() {
			r := &operationRun{t: t, world: w, op: op, spec: w.operations[op.ID], operationTest: operationTests[op.ID]}
			note(op.ID, r.send(a, rejection{}))
		}
		for _, object := range []string{"person", "company", "deal", "meeting", "task"} {
			page := a.list(object)
			note(object, page)
			note("one "+object, a.get(object, page.ids()[0]))
			note("deleted "+object, a.want(200, "GET", "/objects/"+object+"/deleted-resources", nil))
		}
		note("activities", a.send("GET", "/objects/meeting/records/"+w.names["<seeded>"]+"/activities", nil))
		return responses
	}
	first, again, other := run(7), run(7), run(8)
	differ := 0
	for i := range first {
		if first[i] != again[i] {
			t.Errorf("the same seed responds\n%s\nand\n%s", first[i], again[i])
		}
		if first[i] != other[i] {
			differ++
		}
	}
	if differ < len(gen.Operations())/2 {
		t.Errorf("another seed responds something else %d times only", differ)
	}
}
