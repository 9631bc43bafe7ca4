package clarifyotel

import (
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// Option configures an observer.
type Option func(*config)

type config struct {
	tracers    trace.TracerProvider
	meters     metric.MeterProvider
	attempts   bool
	workspaces bool
}

func newConfig(opts []Option) config {
	c := config{tracers: otel.GetTracerProvider(), meters: otel.GetMeterProvider(), attempts: true, workspaces: true}
	for _, opt := range opts {
		if opt != nil {
			opt(&c)
		}
	}
	return c
}

// WithTracerProvider replaces the global provider of tracers. nil does not.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(c *config) {
		if p != nil {
			c.tracers = p
		}
	}
}

// WithMeterProvider replaces the global provider of meters. nil does not.
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(c *config) {
		if p != nil {
			c.meters = p
		}
	}
}

// WithoutAttempts leaves out the spans of attempts and the metric
// http.client.request.duration. It is for clients whose transport makes them, such as
// that of otelhttp.
func WithoutAttempts() Option { return func(c *config) { c.attempts = false } }

// WithoutWorkspaces leaves the attribute clarify.workspace out of metrics. It is for
// programs with hundreds of workspaces: a metric has a series for each combination of
// its attributes, and SDKs limit how many. clarify.client.rate_limit.remaining is then
// the smallest of all workspaces. Spans keep the attribute.
func WithoutWorkspaces() Option { return func(c *config) { c.workspaces = false } }
