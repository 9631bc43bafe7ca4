package bulk_test

import (
	"slices"
	"testing"

	"github.com/clarify-go/clarify/internal/bulk"
)

// maxFailures is how many requests in a row may have an unknown outcome, and how often
// one request is sent again.
const maxFailures = 5

func TestClassify(t *testing.T) {
	names := map[bulk.Reaction]string{
		bulk.StopRun: "stop", bulk.SendAgain: "send again", bulk.SendLater: "send later", bulk.Divide: "divide", bulk.KeepUnknown: "keep unknown",
	}
	var (
		create = bulk.Request{Inputs: 10}
		upsert = bulk.Request{Inputs: 10, Retryable: true}
		update = bulk.Request{Inputs: 10, ByID: true, Accepted: true}
		remove = bulk.Request{Inputs: 10, ByID: true, Retryable: true}
	)
	with := func(r bulk.Request, change func(*bulk.Request)) bulk.Request {
		change(&r)
		return r
	}
	last := func(r *bulk.Request) { r.Retries = maxFailures }
	alone := func(r *bulk.Request) { r.Inputs = 1 }
	known := func(status int, pointers ...string) *bulk.Failure {
		return &bulk.Failure{StatusCode: status, Pointers: pointers}
	}
	unknown := func(status int) *bulk.Failure { return &bulk.Failure{StatusCode: status, OutcomeUnknown: true} }

	for _, tt := range []struct {
		name string
		f    *bulk.Failure
		r    bulk.Request
		want bulk.Reaction
	}{
		{"not sent", nil, create, bulk.StopRun},
		{"too large to be sent", nil, with(create, func(r *bulk.Request) { r.TooLarge = true }), bulk.Divide},

		{"no response to a create", unknown(0), create, bulk.KeepUnknown},
		{"no response to an upsert", unknown(0), upsert, bulk.KeepUnknown},
		{"never sent to the network", known(0), upsert, bulk.StopRun},

		{"a create rejected after a lost response", unknown(422), create, bulk.KeepUnknown},
		{"an upsert rejected after a lost response", unknown(422), upsert, bulk.SendAgain},
		{"an upsert rejected after many lost responses", unknown(422), with(upsert, last), bulk.KeepUnknown},
		{"a deletion not found after a lost response", unknown(404), remove, bulk.SendAgain},
		{"an upsert not found after a lost response", unknown(404), upsert, bulk.KeepUnknown},
		{"an unreadable response to a create", unknown(201), create, bulk.KeepUnknown},
		{"an unreadable response to an upsert", unknown(201), upsert, bulk.SendAgain},
		{"the last unreadable response to an upsert", unknown(201), with(upsert, last), bulk.KeepUnknown},

		{"the API fails at a create", unknown(500), create, bulk.KeepUnknown},
		{"the API fails at upserts", unknown(500), upsert, bulk.Divide},
		{"the API fails at one upsert", unknown(500), with(upsert, alone), bulk.KeepUnknown},
		{"the API fails, and nothing is done", known(503), upsert, bulk.StopRun},

		{"the schema is being changed", known(409), create, bulk.SendLater},
		{"the schema is being changed for long", known(409), with(create, last), bulk.StopRun},
		{"conflict after a lost response", unknown(409), upsert, bulk.KeepUnknown},

		{"400", known(400), create, bulk.Divide},
		{"413", known(413), create, bulk.Divide},
		{"422", known(422, "/data/3/attributes/name"), create, bulk.Divide},
		{"422 with a pointer of another form", known(422, "data.3"), create, bulk.Divide},
		{"422 about match_on", known(422, "/match_on"), upsert, bulk.StopRun},
		{"422 about meta", known(422, "/data/1", "/meta/tags"), update, bulk.StopRun},

		{"404 for a create", known(404), create, bulk.StopRun},
		{"404 for an update", known(404), update, bulk.Divide},
		{"403 for a create", known(403), with(create, func(r *bulk.Request) { r.Accepted = true }), bulk.StopRun},
		{"403 for an update", known(403), update, bulk.Divide},
		{"403 for the first deletion", known(403), remove, bulk.StopRun},
		{"401", known(401), update, bulk.StopRun},
		{"429", known(429), update, bulk.StopRun},
		{"402", known(402), update, bulk.StopRun},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := bulk.Classify(tt.f, tt.r); got != tt.want {
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
			f := &bulk.Failure{StatusCode: tt.status, Pointers: tt.pointers}
			if got := f.Suspects(10); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestAboutOneInput(t *testing.T) {
	f := &bulk.Failure{StatusCode: 422, Pointers: []string{"/data/3/attributes/name", "/data/12/attributes/name", "elsewhere"}}
	for _, tt := range []struct {
		i    int
		want []bulk.Pointer
	}{
		{3, []bulk.Pointer{{0, "/data/0/attributes/name"}, {2, "elsewhere"}}},
		{12, []bulk.Pointer{{1, "/data/0/attributes/name"}, {2, "elsewhere"}}},
		{1, []bulk.Pointer{{2, "elsewhere"}}},
	} {
		if got := f.About(tt.i); !slices.Equal(got, tt.want) {
			t.Errorf("about %d: got %v, want %v", tt.i, got, tt.want)
		}
	}
	others := &bulk.Failure{StatusCode: 422, Pointers: f.Pointers[:2]}
	if got, want := others.About(1), []bulk.Pointer{{0, f.Pointers[0]}, {1, f.Pointers[1]}}; !slices.Equal(got, want) {
		t.Errorf("nothing is about the input: got %v, want everything", got)
	}
}

func TestStreak(t *testing.T) {
	t.Run("requests one after the other", func(t *testing.T) {
		var s bulk.Streak
		for i := range maxFailures {
			if got, want := s.End(s.Start(), false), i == maxFailures-1; got != want {
				t.Errorf("failure %d: too long is %v, want %v", i+1, got, want)
			}
		}
	})
	t.Run("a known outcome between", func(t *testing.T) {
		var s bulk.Streak
		for i := range 3 * maxFailures {
			if i%(maxFailures-1) == 0 {
				s.End(s.Start(), true)
			}
			if s.End(s.Start(), false) {
				t.Fatalf("failure %d is one too many", i+1)
			}
		}
	})
	t.Run("requests that fail together", func(t *testing.T) {
		var s bulk.Streak
		for i := range maxFailures {
			started := make([]int, 10)
			for j := range started {
				started[j] = s.Start()
			}
			for j, at := range started {
				if got, want := s.End(at, false), i == maxFailures-1 && j == 0; got != want {
					t.Errorf("failure %d of round %d: too long is %v, want %v", j+1, i+1, got, want)
				}
			}
		}
	})
}
