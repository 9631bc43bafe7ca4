package clarifyotel_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/clarify-go/clarify"
	clarifyotel "github.com/clarify-go/clarify/contrib/otel"
)

// The attempts are left to the transport, which gets the context of the request.
func TestWithoutAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		create(r, r.connect(r.observer(clarifyotel.WithoutAttempts())))
		r.wantSpans("createRecord person, internal, Unset: " + ofCreate)
		r.wantPoints("http.client.request.duration", map[string]int64{})
		r.wantPoints("clarify.client.request.duration", map[string]int64{ofCreate + " http.response.status_code=201": 1})
		r.wantPoints("clarify.client.rate_limit.remaining", map[string]int64{"clarify.operation=createRecord": 2999})
	})
}

func TestMetricsOfManyWorkspaces(t *testing.T) {
	const many = 1100
	for _, tt := range []struct {
		name      string
		opts      []clarifyotel.Option
		series    int
		exact     string // where there is one
		requests  int64  // that the others have
		remaining int
	}{
		{"with the attribute, up to a thousand", nil, 1001, "acme7", 100, 1000},
		{"WithoutWorkspaces", []clarifyotel.Option{clarifyotel.WithoutWorkspaces()}, 1, "", 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			o := r.telemetry(tt.opts...)
			for i := range many {
				send(o, clarify.RequestInfo{
					ID: uint64(10 + i), BaseURL: "https://api.clarify.ai/v1", Workspace: fmt.Sprint("acme", i),
					Method: "GET", Operation: "getResources", Route: "/objects/{object}/resources", Object: "person",
				})
			}
			data := r.collect()[scope+" clarify.client.request.duration"].Data.(metricdata.Histogram[float64])
			if len(data.DataPoints) != tt.series {
				t.Errorf("there are %d series, want %d", len(data.DataPoints), tt.series)
			}
			exact, others := 0, uint64(0)
			for _, p := range data.DataPoints {
				switch workspace, _ := p.Attributes.Value("clarify.workspace"); workspace.AsString() {
				case tt.exact:
					exact++
				case "_OTHER":
					others += p.Count
				}
			}
			if exact != 1 || int64(others) != tt.requests {
				t.Errorf("%d series are of %q, and %d requests of others, want 1 and %d", exact, tt.exact, others, tt.requests)
			}
			remaining := r.collect()[scope+" clarify.client.rate_limit.remaining"].Data.(metricdata.Gauge[int64])
			if len(remaining.DataPoints) != tt.remaining {
				t.Errorf("%d budgets are reported, want %d", len(remaining.DataPoints), tt.remaining)
			}
			smallest := int64(many)
			for _, p := range remaining.DataPoints {
				smallest = min(smallest, p.Value)
			}
			if smallest != 10 {
				t.Errorf("the smallest budget is %d, want 10", smallest)
			}
			// Spans are not metrics: they have the workspace in any case.
			last := r.spans.Ended()[2*many-1]
			if got := fmt.Sprint(last.Attributes()); !strings.Contains(got, fmt.Sprint("acme", many-1)) {
				t.Errorf("the last span has the attributes %s", got)
			}
		})
	}
}

func TestTheDefaultsAreTheGlobalProviders(t *testing.T) {
	r := newRig(t)
	traces, meters := otel.GetTracerProvider(), otel.GetMeterProvider()
	t.Cleanup(func() { otel.SetTracerProvider(traces); otel.SetMeterProvider(meters) })
	o := clarifyotel.NewObserver(nil, clarifyotel.WithTracerProvider(nil), clarifyotel.WithMeterProvider(nil))
	otel.SetTracerProvider(r.traces) // also if they are set later
	otel.SetMeterProvider(r.meters)
	send(o, clarify.RequestInfo{BaseURL: "https://api.clarify.ai/v1", Workspace: "acme", Method: "GET", Operation: "getUsers", Route: "/users"})
	if n := len(r.spans.Ended()); n != 2 {
		t.Errorf("%d spans ended, want 2", n)
	}
	r.wantPoints("clarify.client.request.duration", map[string]int64{"clarify.operation=getUsers http.response.status_code=200": 1})
}

// Without an SDK nothing is recorded, and nothing fails.
func TestWithoutAnSDK(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		create(r, r.connect(r.observer(clarifyotel.WithTracerProvider(tracenoop.NewTracerProvider()), clarifyotel.WithMeterProvider(noop.NewMeterProvider()))))
		if n := len(r.Requests()); n != 1 {
			t.Errorf("%d requests were sent, want 1", n)
		}
	})
}

// An observer that another one took the context from does nothing.
func TestALostContextIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		lost := clarify.WithObserver(clarify.Observer{
			RequestStarted: func(context.Context, clarify.RequestStarted) context.Context { return t.Context() },
		})
		create(r, r.connect(r.observer(), lost))
		if n := len(r.Requests()); n != 1 || r.Requests()[0].Status != http.StatusCreated {
			t.Errorf("the requests are %+v, want one", r.Requests())
		}
	})
}
