package clarify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/clarify-go/clarify"
)

func TestMergeLeavesOneRecord(t *testing.T) {
	client, _ := sandbox(t)
	ctx := t.Context()
	people := clarify.People(client)
	var made []string
	for _, person := range []clarify.Person{{JobTitle: "Analyst"}, {AvatarURL: "https://example.com/a.png"}, {}} {
		r, err := people.Create(ctx, person)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, r.ID)
	}
	if err := people.Merge(ctx, made[0], made[1:]...); err != nil {
		t.Fatal(err)
	}
	left, err := collect(t, people.All(ctx))
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 1 {
		t.Fatalf("len(left) is %v, want %v", len(left), 1)
	}
	wantEqual(t, "left[0].Attributes.JobTitle", left[0].Attributes.JobTitle, "Analyst")
	if left[0].Attributes.AvatarURL == "" {
		t.Errorf("got %+v, %v", left, err)
	}
}

func TestDeleteOfManyIsCutIntoBatches(t *testing.T) {
	for _, n := range []int{2, 99, 100, 101, 250} {
		f := responding(t, 200, `{}`)
		if err := clarify.People(f.client(t)).Delete(t.Context(), append(count(0, n), "0", "1")...); err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, r := range f.requests() {
			var body struct{ Items []string }
			err := json.Unmarshal([]byte(r.Body), &body)
			if err != nil {
				t.Fatal(err)
			}
			if len(body.Items) > 100 {
				t.Errorf("%d ids, %v", len(body.Items), err)
			}
			if len(body.Items) == 0 {
				t.Errorf("%d ids, %v", len(body.Items), err)
			}
			all = append(all, body.Items...)
		}
		if !slices.Equal(all, count(0, n)) {
			t.Errorf("%d: %d requests for %v", n, len(f.requests()), all)
		}
		wantEqual(t, fmt.Sprintf("%d: len(f.requests())", n), len(f.requests()), (n+99)/100)
	}
}

func TestDeletionThatEndsEarlySaysHowFarItGot(t *testing.T) {
	failing := func(n int) *fake {
		return newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
			if len(f.requests()) == n {
				respond(w, 404, `{"errors":[{"status":"404","detail":"No such record."}]}`)
				return
			}
			respond(w, 200, `{}`)
		})
	}
	ids := count(0, 250)
	err := clarify.People(failing(3).client(t)).Delete(t.Context(), ids...)
	var e *clarify.DeleteError
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	if !slices.Equal(e.Deleted, ids[:200]) {
		t.Errorf("got %v", err)
	}
	if !slices.Equal(e.Remaining, ids[200:]) {
		t.Errorf("got %v", err)
	}
	wantIs(t, err, clarify.ErrNotFound, true)
	mentions(t, err, "200 of 250", "No such record.")
	err = clarify.People(failing(1).client(t)).Delete(t.Context(), ids[:100]...)
	if errors.As(err, &e) && len(e.Deleted) != 200 {
		t.Errorf("of a single batch: %v", err)
	}
	wantIs(t, err, clarify.ErrNotFound, true)
}

func TestDeletionThatWasRetriedMayFindNothing(t *testing.T) {
	const missing = `{"errors":[{"status":"404","detail":"No such record."}]}`
	for name, test := range map[string]struct {
		ids      []string
		statuses []int // in the order of the requests; 0 hangs up
		fails    bool
	}{
		"one, not repeated":      {[]string{"x"}, []int{404}, true},
		"one, repeated":          {[]string{"x"}, []int{0, 404}, false},
		"one, repeated twice":    {[]string{"x"}, []int{503, 0, 404}, false},
		"several, not repeated":  {[]string{"x", "y"}, []int{404}, true},
		"several, all were done": {[]string{"x", "y"}, []int{502, 404, 404, 404}, false},
		"several, one was not":   {[]string{"x", "y"}, []int{0, 404, 200, 404}, false},
		"several, one may not":   {[]string{"x", "y"}, []int{0, 404, 200, 403}, true},
	} {
		runSynctest(t, name, func(t *testing.T) {
			statuses := test.statuses
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if len(statuses) == 0 {
					t.Errorf("%s %s", r.Method, r.URL)
					hangUp(w)
					return
				}
				status := statuses[0]
				statuses = statuses[1:]
				if status == 0 {
					hangUp(w)
					return
				}
				respond(w, status, missing)
			})
			err := clarify.People(s.connect(t)).Delete(t.Context(), test.ids...)
			wantEqual(t, "err != nil", err != nil, test.fails)
			wantEqual(t, "len(statuses)", len(statuses), 0)
			if unknown := test.statuses[0] == 0 && test.fails; errors.Is(err, clarify.ErrOutcomeUnknown) != unknown {
				t.Errorf("%v matches ErrOutcomeUnknown: %v", err, !unknown)
			}
		})
	}
}
