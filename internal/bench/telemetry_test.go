package bench

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	clarifyotel "github.com/clarify-go/clarify/contrib/otel"
)

// discarded are spans that an exporter sends nowhere.
type discarded struct{}

func (discarded) ExportSpans(context.Context, []trace.ReadOnlySpan) error { return nil }
func (discarded) Shutdown(context.Context) error                          { return nil }

// silent is an observer that does nothing with what it is told.
func silent() clarify.Observer {
	return clarify.Observer{
		RequestStarted:  func(ctx context.Context, _ clarify.RequestStarted) context.Context { return ctx },
		AttemptStarted:  func(ctx context.Context, _ clarify.AttemptStarted) context.Context { return ctx },
		AttemptFinished: func(context.Context, clarify.AttemptFinished) {},
		RequestFinished: func(context.Context, clarify.RequestFinished) {},
	}
}

// telemetry is an observer with the SDK of OpenTelemetry, which counts each request and
// each attempt, and traces a part of the requests.
func telemetry(tb testing.TB, traced float64) clarify.Observer {
	tracers := trace.NewTracerProvider(trace.WithBatcher(discarded{}), trace.WithSampler(trace.ParentBased(trace.TraceIDRatioBased(traced))))
	meters := metric.NewMeterProvider(metric.WithReader(metric.NewManualReader()))
	tb.Cleanup(func() {
		_ = tracers.Shutdown(context.Background())
		_ = meters.Shutdown(context.Background())
	})
	return clarifyotel.NewObserver(clarifyotel.WithTracerProvider(tracers), clarifyotel.WithMeterProvider(meters))
}

// BenchmarkObserver is one request without an observer, with one that does nothing, and
// with that of OpenTelemetry, which traces one request in ten or all of them. Each round sends some hundred of each kind, enough for the
// garbage collector to run, in changing order, so that what slows the machine down does
// so to all. The results are the medians of the ratios of the rounds.
func BenchmarkObserver(b *testing.B) {
	const requests = 400
	remote(b, "acme") // starts the server
	hc := clarify.WithHTTPClient(&http.Client{Transport: transport(b)})
	var kinds []*clarify.Records[Person]
	for _, opts := range [][]clarify.Option{nil, {clarify.WithObserver(silent())}, {clarify.WithObserver(telemetry(b, 0.1))}, {clarify.WithObserver(telemetry(b, 1))}} {
		client, err := clarify.New("acme", authn.APIKey(key), append(opts, clarify.WithBaseURL(serverBase), hc)...)
		if err != nil {
			b.Fatal(err)
		}
		kinds = append(kinds, clarify.NewRecords[Person](client, "person"))
	}
	id := personID(0)
	ratios := make([][]float64, len(kinds))
	for round := 0; b.Loop(); round++ {
		took := make([]float64, len(kinds))
		for i := range kinds {
			kind := (i + round) % len(kinds)
			began := time.Now()
			for range requests {
				if r, err := kinds[kind].Get(b.Context(), id); err != nil || r.ID != id {
					b.Fatal(r, err)
				}
			}
			took[kind] = time.Since(began).Seconds()
		}
		for kind := range kinds {
			ratios[kind] = append(ratios[kind], took[kind]/took[0])
		}
	}
	median := func(all []float64) float64 {
		slices.Sort(all)
		return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
	}
	b.ReportMetric(median(ratios[1]), "silent/none")
	b.ReportMetric(median(ratios[2]), "otel-tenth/none")
	b.ReportMetric(median(ratios[3]), "otel/none")
}
