package clarifyotel

import (
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"
)

// The attributes of this package. Those of metrics and spans that have other names are
// from the semantic conventions.
const (
	operationKey = attribute.Key("clarify.operation")
	objectKey    = attribute.Key("clarify.object")
	workspaceKey = attribute.Key("clarify.workspace")
	outcomeKey   = attribute.Key("clarify.outcome")
	tokenKey     = attribute.Key("clarify.token.result")

	attemptsKey       = attribute.Key("clarify.attempts")
	throttledKey      = attribute.Key("clarify.throttled.duration")
	delayedKey        = attribute.Key("clarify.delayed.duration")
	outcomeUnknownKey = attribute.Key("clarify.outcome_unknown")
)

// The names of the metrics. The package comment says what they are.
const (
	metricRequestDuration    = "clarify.client.request.duration"
	metricThrottledDuration  = "clarify.client.throttled.duration"
	metricRetries            = "clarify.client.retries"
	metricUnknownOutcomes    = "clarify.client.unknown_outcomes"
	metricRateLimitRemaining = "clarify.client.rate_limit.remaining"
	metricRecordsDecoded     = "clarify.client.records.decoded"
	metricRecordsDecided     = "clarify.client.records.decided"
	metricTokenRefreshes     = "clarify.client.token.refreshes"
	metricLimiterFailures    = "clarify.client.limiter.failures"
)

// The boundaries of histograms, in seconds. Requests wait up to a minute for the rate
// limit and 90 seconds between attempts, which the advice of the conventions does not
// cover.
var (
	requestBuckets   = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 120}
	throttledBuckets = []float64{0.01, 0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 90}
)

// instruments are what metrics are recorded with.
type instruments struct {
	attempts        httpconv.ClientRequestDuration
	requests        metric.Float64Histogram
	throttled       metric.Float64Histogram
	retries         metric.Int64Counter
	unknown         metric.Int64Counter
	decoded         metric.Int64Counter
	decided         metric.Int64Counter
	refreshes       metric.Int64Counter
	limiterFailures metric.Int64Counter
}

// newInstruments reports errors to the handler of OpenTelemetry. An instrument that
// could not be made does nothing.
func newInstruments(m metric.Meter, b *budgets) instruments {
	var errs []error
	histogram := func(name, description string, buckets []float64) metric.Float64Histogram {
		h, err := m.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description), metric.WithExplicitBucketBoundaries(buckets...))
		errs = append(errs, err)
		return h
	}
	counter := func(name, unit, description string) metric.Int64Counter {
		c, err := m.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
		errs = append(errs, err)
		return c
	}
	attempts, err := httpconv.NewClientRequestDuration(m)
	errs = append(errs, err)
	_, err = m.Int64ObservableGauge(metricRateLimitRemaining, metric.WithUnit("{request}"),
		metric.WithDescription("Requests that the API still allows in its window."), metric.WithInt64Callback(b.observe))
	errs = append(errs, err)
	all := instruments{
		attempts:        attempts,
		requests:        histogram(metricRequestDuration, "Duration of requests, with all attempts and waiting.", requestBuckets),
		throttled:       histogram(metricThrottledDuration, "Duration of waits for the rate limit.", throttledBuckets),
		retries:         counter(metricRetries, "{retry}", "Attempts that another one follows."),
		unknown:         counter(metricUnknownOutcomes, "{request}", "Writes of which it is not known whether the API carried them out."),
		decoded:         counter(metricRecordsDecoded, "{record}", "Records of the pages of iterations."),
		decided:         counter(metricRecordsDecided, "{record}", "Inputs of bulk operations whose results are known."),
		refreshes:       counter(metricTokenRefreshes, "{refresh}", "Refreshes of access tokens."),
		limiterFailures: counter(metricLimiterFailures, "{failure}", "Failures of the limiter that processes share."),
	}
	if err := errors.Join(errs...); err != nil {
		otel.Handle(err)
	}
	return all
}
