package clarify

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// The reactions are seen from outside as requests and outcomes. This table says
// which error leads to which, without a server for each.
func TestClassify(t *testing.T) {
	names := map[reaction]string{stopRun: "stop", sendAgain: "send again", sendLater: "send later", divide: "divide", keepUnknown: "keep unknown"}
	var (
		create = bulkRequest{bytes: 100, inputs: 10}
		upsert = bulkRequest{bytes: 100, inputs: 10, retryable: true}
		update = bulkRequest{bytes: 100, inputs: 10, byID: true, accepted: true}
		remove = bulkRequest{bytes: 100, inputs: 10, byID: true, retryable: true}
	)
	with := func(r bulkRequest, change func(*bulkRequest)) bulkRequest {
		change(&r)
		return r
	}
	last := func(r *bulkRequest) { r.retries = maxFailures }
	alone := func(r *bulkRequest) { r.inputs = 1 }
	known := func(status int, pointers ...string) *Error {
		e := &Error{StatusCode: status}
		for _, p := range pointers {
			e.Errors = append(e.Errors, ErrorObject{Pointer: p})
		}
		return e
	}
	unknown := func(status int) *Error { return &Error{StatusCode: status, OutcomeUnknown: true} }

	for _, tt := range []struct {
		name string
		err  error
		r    bulkRequest
		want reaction
	}{
		{"not sent", errors.New("no"), create, stopRun},
		{"too large to be sent", errors.New("no"), with(create, func(r *bulkRequest) { r.bytes = maxReplay + 1 }), divide},
		{"an error that wraps another", fmt.Errorf("auth: %w", known(422)), create, divide},

		{"no response to a create", unknown(0), create, keepUnknown},
		{"no response to an upsert", unknown(0), upsert, keepUnknown},
		{"never sent to the network", known(0), upsert, stopRun},

		{"a create rejected after a lost response", unknown(422), create, keepUnknown},
		{"an upsert rejected after a lost response", unknown(422), upsert, sendAgain},
		{"an upsert rejected after many lost responses", unknown(422), with(upsert, last), keepUnknown},
		{"a deletion not found after a lost response", unknown(404), remove, sendAgain},
		{"an upsert not found after a lost response", unknown(404), upsert, keepUnknown},
		{"an unreadable response to a create", unknown(201), create, keepUnknown},
		{"an unreadable response to an upsert", unknown(201), upsert, sendAgain},
		{"the last unreadable response to an upsert", unknown(201), with(upsert, last), keepUnknown},

		{"the API fails at a create", unknown(500), create, keepUnknown},
		{"the API fails at upserts", unknown(500), upsert, divide},
		{"the API fails at one upsert", unknown(500), with(upsert, alone), keepUnknown},
		{"the API fails, and nothing is done", known(503), upsert, stopRun},

		{"the schema is being changed", known(409), create, sendLater},
		{"the schema is being changed for long", known(409), with(create, last), stopRun},
		{"conflict after a lost response", unknown(409), upsert, keepUnknown},

		{"400", known(400), create, divide},
		{"413", known(413), create, divide},
		{"422", known(422, "/data/3/attributes/name"), create, divide},
		{"422 with a pointer of another form", known(422, "data.3"), create, divide},
		{"422 about match_on", known(422, "/match_on"), upsert, stopRun},
		{"422 about meta", known(422, "/data/1", "/meta/tags"), update, stopRun},

		{"404 for a create", known(404), create, stopRun},
		{"404 for an update", known(404), update, divide},
		{"403 for a create", known(403), with(create, func(r *bulkRequest) { r.accepted = true }), stopRun},
		{"403 for an update", known(403), update, divide},
		{"403 for the first deletion", known(403), remove, stopRun},
		{"401", known(401), update, stopRun},
		{"429", known(429), update, stopRun},
		{"402", known(402), update, stopRun},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := classify(tt.err, tt.r); got != tt.want {
				t.Errorf("got %s, want %s", names[got], names[tt.want])
			}
		})
	}
}

func TestSuspects(t *testing.T) {
	for _, tt := range []struct {
		name     string
		status   int
		pointers []string
		want     []int
	}{
		{"one", 422, []string{"/data/3/attributes/name"}, []int{3}},
		{"the input itself", 422, []string{"/data/3"}, []int{3}},
		{"ids", 404, []string{"/items/4"}, []int{4}},
		{"in order and once", 422, []string{"/data/7", "/data/2/attributes", "/data/7/attributes/x"}, []int{2, 7}},
		{"beyond the inputs", 422, []string{"/data/10", "/data/9"}, []int{9}},
		{"negative", 422, []string{"/data/-1"}, nil},
		{"no number", 422, []string{"/data/x", "/data/", "/data"}, nil},
		{"elsewhere", 422, []string{"/match_on", "data/1", ""}, nil},
		{"none", 422, nil, nil},
		{"a failure of the API", 500, []string{"/data/3"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := &Error{StatusCode: tt.status}
			for _, p := range tt.pointers {
				e.Errors = append(e.Errors, ErrorObject{Pointer: p})
			}
			if got := suspects(e, 10); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	if got := suspects(errors.New("no"), 10); got != nil {
		t.Errorf("an error without a response blames %v", got)
	}
}

func TestErrorAboutOneInput(t *testing.T) {
	e := &Error{StatusCode: 422, Errors: []ErrorObject{
		{Detail: "a", Pointer: "/data/3/attributes/name"},
		{Detail: "b", Pointer: "/data/12/attributes/name"},
		{Detail: "c", Pointer: "elsewhere"},
	}}
	for _, tt := range []struct {
		i    int
		want []ErrorObject
	}{
		{3, []ErrorObject{{Detail: "a", Pointer: "/data/0/attributes/name"}, {Detail: "c", Pointer: "elsewhere"}}},
		{12, []ErrorObject{{Detail: "b", Pointer: "/data/0/attributes/name"}, {Detail: "c", Pointer: "elsewhere"}}},
		{1, []ErrorObject{{Detail: "c", Pointer: "elsewhere"}}},
	} {
		if got := e.about(tt.i).Errors; !slices.Equal(got, tt.want) {
			t.Errorf("about %d: got %v, want %v", tt.i, got, tt.want)
		}
	}
	others := &Error{StatusCode: 422, Errors: e.Errors[:2]}
	if got := others.about(1).Errors; !slices.Equal(got, others.Errors) {
		t.Errorf("nothing is about the input: got %v, want everything", got)
	}
	if got := e.Errors[0].Pointer; got != "/data/3/attributes/name" {
		t.Errorf("about changed the error itself: %s", got)
	}
}

func TestFailureStreak(t *testing.T) {
	t.Run("requests one after the other", func(t *testing.T) {
		var s failureStreak
		for i := range maxFailures {
			if got, want := s.end(s.start(), false), i == maxFailures-1; got != want {
				t.Errorf("failure %d: too long is %v, want %v", i+1, got, want)
			}
		}
	})
	t.Run("a known outcome between", func(t *testing.T) {
		var s failureStreak
		for i := range 3 * maxFailures {
			if i%(maxFailures-1) == 0 {
				s.end(s.start(), true)
			}
			if s.end(s.start(), false) {
				t.Fatalf("failure %d is one too many", i+1)
			}
		}
	})
	t.Run("requests that fail together", func(t *testing.T) {
		var s failureStreak
		for i := range maxFailures {
			started := make([]int, 10)
			for j := range started {
				started[j] = s.start()
			}
			for j, at := range started {
				if got, want := s.end(at, false), i == maxFailures-1 && j == 0; got != want {
					t.Errorf("failure %d of round %d: too long is %v, want %v", j+1, i+1, got, want)
				}
			}
		}
	})
}
