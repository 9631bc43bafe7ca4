package clarifyotel_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	traceapi "go.opentelemetry.io/otel/trace"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	clarifyotel "github.com/clarify-go/clarify/contrib/otel"
)

// rig is a sandbox, and what an SDK records of its clients.
type rig struct {
	*clarifytest.Server
	t       testing.TB
	spans   *tracetest.SpanRecorder
	traces  *trace.TracerProvider
	reader  *metric.ManualReader
	meters  *metric.MeterProvider
	secrets []string // what nothing that is recorded may have
}

func newRig(t testing.TB, opts ...clarifytest.Option) *rig {
	t.Helper()
	r := &rig{t: t, spans: tracetest.NewSpanRecorder(), reader: metric.NewManualReader()}
	r.traces = trace.NewTracerProvider(trace.WithSpanProcessor(r.spans))
	r.meters = metric.NewMeterProvider(metric.WithReader(r.reader))
	r.Server = clarifytest.NewServer(append([]clarifytest.Option{clarifytest.WithMemoryNetwork(), clarifytest.WithWorkspace("acme")}, opts...)...)
	r.secrets = []string{r.APIKey, r.AccessToken}
	t.Cleanup(r.Close)
	return r
}

// telemetry returns an observer whose telemetry the rig records.
func (r *rig) telemetry(opts ...clarifyotel.Option) clarify.Observer {
	return clarifyotel.NewObserver(append([]clarifyotel.Option{
		clarifyotel.WithTracerProvider(r.traces), clarifyotel.WithMeterProvider(r.meters),
	}, opts...)...)
}

func (r *rig) observer(opts ...clarifyotel.Option) clarify.Option {
	return clarify.WithObserver(r.telemetry(opts...))
}

// connect returns a client, with an observer unless the options have one.
func (r *rig) connect(opts ...clarify.Option) *clarify.Client {
	r.t.Helper()
	return r.connectAs(authn.APIKey(r.APIKey), opts...)
}

func (r *rig) connectAs(auth authn.RequestEditorFn, opts ...clarify.Option) *clarify.Client {
	r.t.Helper()
	base := []clarify.Option{clarify.WithBaseURL(r.BaseURL), clarify.WithHTTPClient(r.HTTPClient())}
	if len(opts) == 0 {
		opts = []clarify.Option{r.observer()}
	}
	client, err := clarify.New(r.Workspace, auth, append(base, opts...)...)
	if err != nil {
		r.t.Fatal(err)
	}
	return client
}

// grant logs a user in, and returns the source of their token, which is refreshed at a URL.
func (r *rig) grant(tokenURL string) *authn.Source {
	r.t.Helper()
	config := authn.NewConfig("client-id", "client-secret", "http://127.0.0.1:9/callback")
	config.Endpoint.AuthURL, config.Endpoint.TokenURL = r.AuthorizeURL, r.TokenURL
	own := authn.WithHTTPClient(r.HTTPClient())
	flow, err := authn.NewCodeFlow(config, own)
	if err != nil {
		r.t.Fatal(err)
	}
	address, login := flow.Start()
	hc := *r.HTTPClient()
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	rsp, err := hc.Get(address)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = rsp.Body.Close()
	back, err := url.Parse(rsp.Header.Get("Location"))
	if err != nil {
		r.t.Fatal(err)
	}
	token, err := flow.Finish(r.t.Context(), login, back.Query())
	if err != nil {
		r.t.Fatal(err)
	}
	r.secrets = append(r.secrets, token.AccessToken, token.RefreshToken)
	config.Endpoint.TokenURL = tokenURL
	return authn.NewTokenSource(config, authn.NewMemoryStore(token), own)
}

// lines describes the spans that have ended, children after their parents, indented.
func (r *rig) lines() (all []string) {
	ended := r.spans.Ended()
	var list func(parent trace.ReadOnlySpan, depth int)
	list = func(parent trace.ReadOnlySpan, depth int) {
		for _, s := range ended {
			if parent == nil && s.Parent().IsValid() || parent != nil && s.Parent().SpanID() != parent.SpanContext().SpanID() {
				continue
			}
			line := fmt.Sprintf("%s%s, %s, %s: ", strings.Repeat("  ", depth), s.Name(), s.SpanKind(), s.Status().Code)
			all = append(all, line+described(attribute.NewSet(s.Attributes()...)))
			list(s, depth+1)
		}
	}
	list(nil, 0)
	return all
}

// described returns attributes as name=value, without those that all spans of the sandbox
// have in common.
func described(set attribute.Set) string {
	var all []string
	for _, a := range set.ToSlice() {
		switch a.Key {
		case "server.address", "server.port", "url.full", "url.template", "http.request.method", "clarify.workspace":
			continue
		case "clarify.throttled.duration", "clarify.delayed.duration": // some are random
			all = append(all, string(a.Key))
			continue
		}
		all = append(all, fmt.Sprintf("%s=%s", a.Key, a.Value.String()))
	}
	return strings.Join(all, " ")
}

// wantSpans checks the spans, and forgets them.
func (r *rig) wantSpans(want ...string) {
	r.t.Helper()
	got := r.lines()
	if !slices.Equal(got, want) {
		r.t.Errorf("the spans are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if started := len(r.spans.Started()); started != len(got) {
		r.t.Errorf("%d spans started, and %d ended", started, len(got))
	}
	r.spans.Reset()
}

// collect returns the metrics by name.
func (r *rig) collect() map[string]metricdata.Metrics {
	r.t.Helper()
	var all metricdata.ResourceMetrics
	if err := r.reader.Collect(r.t.Context(), &all); err != nil {
		r.t.Fatal(err)
	}
	found := map[string]metricdata.Metrics{}
	for _, s := range all.ScopeMetrics {
		for _, m := range s.Metrics {
			found[s.Scope.Name+" "+m.Name] = m
		}
	}
	return found
}

const scope = "github.com/clarify-go/clarify/contrib/otel"

// points returns the values of a metric, that of a histogram being its count, by its
// attributes.
func (r *rig) points(name string) map[string]int64 {
	r.t.Helper()
	values := map[string]int64{}
	switch data := r.collect()[scope+" "+name].Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			values[described(p.Attributes)] += p.Value
		}
	case metricdata.Gauge[int64]:
		for _, p := range data.DataPoints {
			values[described(p.Attributes)] += p.Value
		}
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			values[described(p.Attributes)] += int64(p.Count)
		}
	case nil:
	default:
		r.t.Fatalf("%s is a %T", name, data)
	}
	return values
}

func (r *rig) wantPoints(name string, want map[string]int64) {
	r.t.Helper()
	if got := r.points(name); fmt.Sprint(got) != fmt.Sprint(want) {
		r.t.Errorf("%s is\n%v\nwant\n%v", name, got, want)
	}
}

// crowd returns people, of which every n-th is rejected.
func crowd(count, bad int) []clarify.Person {
	people := make([]clarify.Person, count)
	for i := range people {
		people[i].EmailAddresses = clarify.Collection{fmt.Sprintf("private%d@example.com", i)}
		if bad > 0 && i%bad == 0 {
			people[i].EmailAddresses = clarify.Collection{"nobody-private"}
		}
	}
	return people
}

// wantNothingPersonal checks that nothing that was recorded since the last wantSpans has a
// credential, an id, a query, an email address or a message of an error.
func (r *rig) wantNothingPersonal() {
	r.t.Helper()
	all := fmt.Sprintf("%+v %+v", tracetest.SpanStubsFromReadOnlySpans(r.spans.Ended()), r.collect())
	for _, secret := range append(r.secrets, "private", "@", "filter", "page%5B", "page[") {
		if strings.Contains(all, secret) {
			r.t.Errorf("what is recorded has %q", secret)
		}
	}
}

// tracedHandler notes the spans of the contexts that a logger gets.
type tracedHandler struct{ spans []traceapi.SpanID }

func (h *tracedHandler) logger() *slog.Logger                     { return slog.New(h) }
func (h *tracedHandler) Enabled(context.Context, slog.Level) bool { return true }
func (h *tracedHandler) WithAttrs([]slog.Attr) slog.Handler       { return h }
func (h *tracedHandler) WithGroup(string) slog.Handler            { return h }
func (h *tracedHandler) Handle(ctx context.Context, _ slog.Record) error {
	h.spans = append(h.spans, traceapi.SpanContextFromContext(ctx).SpanID())
	return nil
}
