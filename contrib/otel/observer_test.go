package clarifyotel_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

const (
	ofGet    = "clarify.object=person clarify.operation=getResource"
	ofCreate = "clarify.object=person clarify.operation=createRecord"
	get      = "  GET /objects/{object}/resources/{id}, client, "
	post     = "  POST /objects/{object}/records, client, "
)

// readNobody asks for a person who does not exist.
func readNobody(r *rig, client *clarify.Client) {
	_, _ = clarify.People(client).Get(r.t.Context(), "private-id")
}

func create(r *rig, client *clarify.Client) {
	_, _ = clarify.People(client).Create(r.t.Context(), crowd(1, 0)[0])
}

func TestARequestIsASpanWithOneForEachAttempt(t *testing.T) {
	for _, tt := range []struct {
		name   string
		faults []clarifytest.Fault
		call   func(*rig, *clarify.Client)
		spans  []string
		counts map[string]map[string]int64
	}{
		{"a success", nil, create, []string{
			"createRecord person, internal, Unset: " + ofCreate,
			post + "Unset: http.response.status_code=201",
		}, map[string]map[string]int64{
			"clarify.client.request.duration":     {ofCreate + " http.response.status_code=201": 1},
			"http.client.request.duration":        {"http.response.status_code=201": 1},
			"clarify.client.retries":              {},
			"clarify.client.unknown_outcomes":     {},
			"clarify.client.throttled.duration":   {},
			"clarify.client.rate_limit.remaining": {"clarify.operation=createRecord": 2999},
		}},
		{"a rejection", nil, readNobody, []string{
			"getResource person, internal, Error: " + ofGet + " error.type=404 http.response.status_code=404",
			get + "Error: error.type=404 http.response.status_code=404",
		}, map[string]map[string]int64{
			"clarify.client.request.duration": {ofGet + " error.type=404 http.response.status_code=404": 1},
			"http.client.request.duration":    {"error.type=404 http.response.status_code=404": 1},
		}},
		{"retries", []clarifytest.Fault{clarifytest.RateLimited(3 * time.Second), clarifytest.RateLimited(0)}, create, []string{
			"createRecord person, internal, Unset: clarify.attempts=3 clarify.delayed.duration " + ofCreate + " clarify.throttled.duration",
			post + "Error: error.type=429 http.response.status_code=429",
			post + "Error: error.type=429 http.request.resend_count=1 http.response.status_code=429",
			post + "Unset: http.request.resend_count=2 http.response.status_code=201",
		}, map[string]map[string]int64{
			"clarify.client.request.duration": {ofCreate + " http.response.status_code=201": 1},
			"http.client.request.duration":    {"http.response.status_code=201": 1, "error.type=429 http.response.status_code=429": 2},
			"clarify.client.retries":          {ofCreate + " error.type=429": 2},
		}},
		{"an unknown outcome", []clarifytest.Fault{clarifytest.ResetAfterWork()}, create, []string{
			"createRecord person, internal, Error: " + ofCreate + " clarify.outcome_unknown=true error.type=connection",
			post + "Error: error.type=connection",
		}, map[string]map[string]int64{
			"clarify.client.request.duration": {ofCreate + " error.type=connection": 1},
			"http.client.request.duration":    {"error.type=connection": 1},
			"clarify.client.unknown_outcomes": {ofCreate + " error.type=connection": 1},
			"clarify.client.retries":          {},
		}},
		{"a response that is cut", []clarifytest.Fault{clarifytest.CutBody(5)}, create, []string{
			"createRecord person, internal, Error: " + ofCreate + " clarify.outcome_unknown=true error.type=response http.response.status_code=201",
			post + "Error: error.type=response http.response.status_code=201",
		}, map[string]map[string]int64{
			"clarify.client.unknown_outcomes": {ofCreate + " error.type=response": 1},
		}},
		{"a request that the contract lacks", nil, func(r *rig, client *clarify.Client) {
			_ = client.Do(r.t.Context(), "GET", "private/pots", nil, nil, nil)
		}, []string{
			"GET, internal, Error: error.type=404 http.response.status_code=404",
			"  GET, client, Error: error.type=404 http.response.status_code=404",
		}, map[string]map[string]int64{
			"clarify.client.request.duration":     {"error.type=404 http.response.status_code=404": 1},
			"clarify.client.rate_limit.remaining": {},
		}},
		{"a request that is not sent", nil, func(r *rig, client *clarify.Client) {
			ctx, cancel := context.WithCancel(r.t.Context())
			cancel()
			_, _ = clarify.People(client).Get(ctx, "private-id")
		}, []string{
			"getResource person, internal, Error: " + ofGet + " error.type=canceled",
		}, map[string]map[string]int64{
			"clarify.client.request.duration": {ofGet + " error.type=canceled": 1},
			"http.client.request.duration":    {},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				for _, fault := range tt.faults {
					r.Inject(fault, clarifytest.Times(1))
				}
				tt.call(r, r.connect())
				for name, want := range tt.counts {
					r.wantPoints(name, want)
				}
				r.wantSpans(tt.spans...)
				r.wantNothingPersonal()
			})
		})
	}
}

func TestWaitsForTheRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, clarifytest.WithRateLimit(2))
		client := r.connect()
		for range 3 {
			readNobody(r, client)
		}
		r.wantPoints("clarify.client.throttled.duration", map[string]int64{ofGet: 1})
		attempt := get + "Error: error.type=404 http.response.status_code=404"
		r.wantSpans(
			"getResource person, internal, Error: "+ofGet+" error.type=404 http.response.status_code=404", attempt,
			"getResource person, internal, Error: "+ofGet+" error.type=404 http.response.status_code=404", attempt,
			"getResource person, internal, Error: "+ofGet+" clarify.throttled.duration error.type=404 http.response.status_code=404", attempt,
		)
		for _, tt := range []struct {
			after time.Duration
			want  map[string]int64
		}{
			{0, map[string]int64{"clarify.operation=getResource": 1}},
			{59 * time.Second, map[string]int64{"clarify.operation=getResource": 1}},
			{time.Second, map[string]int64{}},
		} {
			time.Sleep(tt.after)
			r.wantPoints("clarify.client.rate_limit.remaining", tt.want)
		}
	})
}

func TestRefreshesOfTokens(t *testing.T) {
	for _, tt := range []struct {
		result string
		times  int64
		fail   func(r *rig, tokenURL *string)
		spans  []string
	}{
		{"refreshed", 1, func(*rig, *string) {}, []string{
			"createRecord person, internal, Unset: clarify.attempts=2 " + ofCreate + " clarify.token.result=refreshed",
			post + "Error: error.type=401 http.response.status_code=401",
			post + "Unset: http.request.resend_count=1 http.response.status_code=201",
		}},
		{"failed", 4, func(_ *rig, tokenURL *string) { *tokenURL = "http://127.0.0.1:9/nowhere" }, []string{
			"createRecord person, internal, Error: " + ofCreate + " clarify.token.result=failed error.type=401 http.response.status_code=401",
			post + "Error: error.type=401 http.response.status_code=401",
		}},
		{"login_required", 1, nil, []string{
			"createRecord person, internal, Error: " + ofCreate + " clarify.token.result=login_required error.type=401 http.response.status_code=401",
			post + "Error: error.type=401 http.response.status_code=401",
		}},
	} {
		t.Run(tt.result, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				tokenURL := r.TokenURL
				if tt.fail != nil {
					tt.fail(r, &tokenURL)
				}
				source := r.grant(tokenURL)
				token, err := source.Token()
				if err != nil {
					t.Fatal(err)
				}
				r.Revoke(token.AccessToken)
				if tt.fail == nil {
					r.RevokeGrant(token.AccessToken)
				}
				create(r, r.connectAs(authn.TokenSource(source)))
				r.wantPoints("clarify.client.token.refreshes", map[string]int64{"clarify.token.result=" + tt.result: tt.times})
				r.wantNothingPersonal()
				r.wantSpans(tt.spans...)
			})
		})
	}
}

func TestPagesAndBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		people := clarify.People(r.connect())
		for _, err := range people.Import(t.Context(), slices.Values(crowd(25, 10)), clarify.BatchSize(10)) {
			if err != nil {
				t.Fatal(err)
			}
		}
		n := 0
		for _, err := range people.All(t.Context(), clarify.PageSize(10), clarify.Where("email_addresses", clarify.Contains, "private")) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		const bulk = "clarify.object=person clarify.operation=createBulkRecords clarify.outcome="
		r.wantPoints("clarify.client.records.decided", map[string]int64{bulk + "created": 22, bulk + "refused": 3})
		r.wantPoints("clarify.client.records.decoded", map[string]int64{"clarify.object=person clarify.operation=getResources": int64(n)})
		if n != 22 {
			t.Errorf("%d people were read, want 22", n)
		}
		r.wantNothingPersonal()
	})
}

// broken is a limiter that fails.
type broken struct{}

func (broken) Acquire(context.Context, clarify.LimitRequest) (int64, error) {
	return 0, errors.New("private: not reachable")
}

func (broken) Release(clarify.LimitRequest, int64, http.Header) {}

func TestFailuresOfTheLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		create(r, r.connect(r.observer(), clarify.WithLimiter(broken{})))
		r.wantPoints("clarify.client.limiter.failures", map[string]int64{"": 1})
		r.wantNothingPersonal()
	})
}

type otherKey struct{}

// Each of several observers has spans of its own.
func TestSeveralObservers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		lost := clarify.WithObserver(clarify.Observer{
			AttemptStarted: func(ctx context.Context, _ clarify.AttemptStarted) context.Context {
				return context.WithValue(ctx, otherKey{}, "value")
			},
		})
		create(r, r.connect(r.observer(), lost, r.observer()))
		r.wantSpans(
			"createRecord person, internal, Unset: "+ofCreate,
			"  createRecord person, internal, Unset: "+ofCreate,
			"  "+post+"Unset: http.response.status_code=201",
			"    "+post+"Unset: http.response.status_code=201",
		)
	})
}

// A logger that adds the trace to what it logs finds the span of the request.
func TestTheLogHasTheContextOfTheSpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		var traced tracedHandler
		create(r, r.connect(r.observer(), clarify.WithLogger(traced.logger())))
		if len(traced.spans) != 1 || traced.spans[0] != r.spans.Ended()[1].SpanContext().SpanID() {
			t.Errorf("the log has the spans %v, want that of the request", traced.spans)
		}
	})
}

func TestAnObserverIsOfManyGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		people := clarify.People(r.connect())
		for _, err := range people.Import(t.Context(), slices.Values(crowd(200, 0)), clarify.BatchSize(5), clarify.Concurrency(16)) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if started, ended := len(r.spans.Started()), len(r.spans.Ended()); started != 80 || ended != 80 {
			t.Errorf("%d spans started and %d ended, want 80", started, ended)
		}
	})
}
