package clarifyotel_test

import (
	"context"
	"testing"
	"time"

	metricapi "go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	traceapi "go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/clarify-go/clarify"
	clarifyotel "github.com/clarify-go/clarify/contrib/otel"
)

// dropped is a processor of spans that drops them.
type dropped struct{}

func (dropped) OnStart(context.Context, trace.ReadWriteSpan) {}
func (dropped) OnEnd(trace.ReadOnlySpan)                     {}
func (dropped) Shutdown(context.Context) error               { return nil }
func (dropped) ForceFlush(context.Context) error             { return nil }

// BenchmarkEvents is what the observer is told of a request with one attempt.
func BenchmarkEvents(b *testing.B) {
	traces := trace.NewTracerProvider(trace.WithSpanProcessor(dropped{}))
	unsampled := trace.NewTracerProvider(trace.WithSampler(trace.NeverSample()), trace.WithSpanProcessor(dropped{}))
	meters := metric.NewMeterProvider(metric.WithReader(metric.NewManualReader()))
	for _, tt := range []struct {
		name   string
		traces traceapi.TracerProvider
		meters metricapi.MeterProvider
	}{
		{"none", tracenoop.NewTracerProvider(), metricnoop.NewMeterProvider()},
		{"metrics", tracenoop.NewTracerProvider(), meters},
		{"traces", traces, metricnoop.NewMeterProvider()},
		{"both", traces, meters},
		{"not-sampled", unsampled, meters},
	} {
		b.Run(tt.name, func(b *testing.B) {
			o := clarifyotel.NewObserver(clarifyotel.WithTracerProvider(tt.traces), clarifyotel.WithMeterProvider(tt.meters))
			info := clarify.RequestInfo{
				ID: 1, Workspace: "acme", BaseURL: "https://api.clarify.ai/v1", Host: "api.clarify.ai", Method: "GET",
				Operation: "getResource", Route: "/objects/{object}/resources/{id}", Object: "person",
			}
			limit := clarify.RateLimit{Known: true, Limit: 3000, Remaining: 2999, Reset: time.Minute}
			b.ReportAllocs()
			for b.Loop() {
				request := o.RequestStarted(context.Background(), clarify.RequestStarted{RequestInfo: info})
				attempt := o.AttemptStarted(request, clarify.AttemptStarted{RequestInfo: info, Attempt: 1})
				o.AttemptFinished(attempt, clarify.AttemptFinished{RequestInfo: info, Attempt: 1, Duration: time.Millisecond, Status: 200, RateLimit: limit})
				o.RequestFinished(request, clarify.RequestFinished{RequestInfo: info, Attempts: 1, Duration: time.Millisecond, Status: 200})
			}
		})
	}
}
