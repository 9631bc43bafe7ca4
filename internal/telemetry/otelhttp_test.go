package telemetry_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	clarifyotel "github.com/clarify-go/clarify/contrib/otel"
)

// The transport of otelhttp gets the context of the attempt, or else of the request.
func TestBesideOtelhttp(t *testing.T) {
	for _, tt := range []struct {
		name  string
		opts  []clarifyotel.Option
		spans []string // each below the one before it
		here  uint64   // attempts that the observer counts
	}{
		{"with both", nil, []string{
			"createRecord person internal",
			"POST /objects/{object}/records client",
			"HTTP POST client",
		}, 1},
		{"WithoutAttempts", []clarifyotel.Option{clarifyotel.WithoutAttempts()}, []string{
			"createRecord person internal",
			"HTTP POST client",
		}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				spans, reader := tracetest.NewSpanRecorder(), metric.NewManualReader()
				traces := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
				meters := metric.NewMeterProvider(metric.WithReader(reader))
				sandbox := clarifytest.NewServer(clarifytest.WithMemoryNetwork())
				defer sandbox.Close()
				hc := *sandbox.HTTPClient()
				hc.Transport = otelhttp.NewTransport(hc.Transport, otelhttp.WithTracerProvider(traces), otelhttp.WithMeterProvider(meters))
				observer := clarifyotel.NewObserver(append(tt.opts, clarifyotel.WithTracerProvider(traces), clarifyotel.WithMeterProvider(meters))...)
				create(t, connect(t, sandbox, authn.APIKey(sandbox.APIKey), clarify.WithHTTPClient(&hc), clarify.WithObserver(observer)))

				var got []string
				ended := spans.Ended()
				slices.Reverse(ended) // parents end after their children
				for i, s := range ended {
					got = append(got, fmt.Sprint(s.Name(), " ", s.SpanKind()))
					if i > 0 && s.Parent().SpanID() != ended[i-1].SpanContext().SpanID() {
						t.Errorf("%s is not a child of %s", s.Name(), ended[i-1].Name())
					}
				}
				if !slices.Equal(got, tt.spans) {
					t.Errorf("the spans are %q, want %q", got, tt.spans)
				}

				var all metricdata.ResourceMetrics
				if err := reader.Collect(t.Context(), &all); err != nil {
					t.Fatal(err)
				}
				var here, there uint64
				for _, scope := range all.ScopeMetrics {
					for _, m := range scope.Metrics {
						if m.Name != "http.client.request.duration" {
							continue
						}
						for _, p := range m.Data.(metricdata.Histogram[float64]).DataPoints {
							if strings.HasSuffix(scope.Scope.Name, "otelhttp") {
								there += p.Count
							} else {
								here += p.Count
							}
						}
					}
				}
				if here != tt.here || there != 1 {
					t.Errorf("the observer counts %d attempts and otelhttp %d, want %d and 1", here, there, tt.here)
				}
			})
		})
	}
}
