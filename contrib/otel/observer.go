package clarifyotel

import (
	"runtime/debug"
	"strings"

	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/clarify-go/clarify"
)

// scope is the name of the instrumentation scope.
const scope = "github.com/clarify-go/clarify/contrib/otel"

// NewObserver returns an observer that makes traces and metrics. One is for all clients of
// the process. It is safe for concurrent use. What the SDK cannot do it reports to the
// error handler of OpenTelemetry.
func NewObserver(opts ...Option) clarify.Observer {
	config := newConfig(opts)
	version := moduleVersion()
	w := &watcher{cache: cache{workspaces: config.workspaces}}
	w.tracer = config.tracers.Tracer(scope, trace.WithInstrumentationVersion(version), trace.WithSchemaURL(semconv.SchemaURL))
	w.instruments = newInstruments(config.meters.Meter(scope, metric.WithInstrumentationVersion(version), metric.WithSchemaURL(semconv.SchemaURL)), &w.cache.budgets)
	o := clarify.Observer{
		RequestStarted:  w.requestStarted,
		AttemptFinished: w.attemptLeft,
		LimiterFailed:   w.limiterFailed,
		Retried:         w.retried,
		TokenRefreshed:  w.tokenRefreshed,
		RequestFinished: w.requestFinished,
		PageDecoded:     w.pageDecoded,
		BatchDecided:    w.batchDecided,
	}
	if config.attempts {
		o.AttemptStarted, o.AttemptFinished = w.attemptStarted, w.attemptFinished
	}
	return o
}

// moduleVersion returns the version of this module, empty if it is not known.
func moduleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path == scope && m.Version != "(devel)" {
			return strings.TrimPrefix(m.Version, "v")
		}
	}
	return ""
}

// watcher makes telemetry of events.
type watcher struct {
	tracer trace.Tracer
	cache  cache
	instruments
}
