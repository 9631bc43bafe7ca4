package clarify_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/clarify-go/clarify"
)

// OnBatch is called once for each batch, and not for one without inputs.
func TestOnBatchIsCalledOnceForEachBatch(t *testing.T) {
	for _, n := range []int{0, 1, 10, 19, 20} {
		f, _ := bulkFake(t, nil)
		var done []int
		for _, err := range clarify.People(f.client(t)).Import(t.Context(), slices.Values(crowd(n)), clarify.BatchSize(10), clarify.Concurrency(1),
			clarify.OnBatch(func(p clarify.Progress) { done = append(done, p.Done) })) {
			if err != nil {
				t.Fatal(err)
			}
		}
		var want []int
		for at := 10; at < n+10; at += 10 {
			want = append(want, min(at, n))
		}
		if !slices.Equal(done, want) {
			t.Errorf("of %d inputs were done: %d, want %d", n, done, want)
		}
	}
}

// What a run that ends early reports counts every outcome, and the request that finds
// out whether the object exists.
func TestProgressOfAnEarlyEnd(t *testing.T) {
	f := newFake(t, func(_ *fake, w http.ResponseWriter, _ *http.Request) {
		respond(w, 404, `{"errors":[{"status":"404","title":"Not Found"}]}`)
	})
	var last clarify.Progress
	ids := []string{"a", "", "c", "d"}
	err := error(nil)
	for _, err = range clarify.NewRecords[clarify.Fields](f.client(t), "c_vehicle").BulkDelete(t.Context(), slices.Values(ids), clarify.BatchSize(3),
		clarify.Concurrency(1), clarify.OnBatch(func(p clarify.Progress) { last = p })) {
	}
	wantIs(t, err, clarify.ErrNotFound, true)
	wantEqual(t, "requests", last.Requests, len(f.requests()))
	wantEqual(t, "refused", last.Count(clarify.Refused), 1)
	wantEqual(t, "not done", last.Count(clarify.NotDone), last.Done-1)
	wantEqual(t, "both", last.Count(clarify.NotDone, clarify.Refused), last.Done)
	wantEqual(t, "no outcome", last.Count(clarify.Outcome(-1), clarify.Unknown+1), 0)
	if last.Done < 3 {
		t.Errorf("%d have a result, want 3 or more", last.Done)
	}
}

func TestTheIDOfAChangeIsChecked(t *testing.T) {
	f := responding(t, 200, `{}`)
	changes := []clarify.Change{{Changes: clarify.Fields{"job_title": "x"}}}
	results, err := imported(t, clarify.People(f.client(t)).BulkUpdate(t.Context(), slices.Values(changes)))
	if err != nil || len(results) != 1 {
		t.Fatalf("got %d results, %v", len(results), err)
	}
	wantEqual(t, "outcome", results[0].Outcome, clarify.Refused)
	mentions(t, results[0].Err, "the id of the change")
	wantEqual(t, "requests", len(f.requests()), 0)
}
