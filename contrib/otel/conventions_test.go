package clarifyotel_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
)

// The attributes of the conventions for HTTP clients that are used: those of spans, and
// of http.client.request.duration.
var (
	ofSpans = []attribute.Key{
		semconv.HTTPRequestMethodKey, semconv.ServerAddressKey, semconv.ServerPortKey, semconv.URLFullKey, semconv.URLTemplateKey,
		semconv.ErrorTypeKey, semconv.HTTPResponseStatusCodeKey, semconv.HTTPRequestResendCountKey, semconv.HTTPRequestMethodOriginalKey,
	}
	required  = []attribute.Key{semconv.HTTPRequestMethodKey, semconv.ServerAddressKey, semconv.ServerPortKey}
	ofMetrics = append(slices.Clone(required), semconv.URLTemplateKey, semconv.ErrorTypeKey, semconv.HTTPResponseStatusCodeKey)
)

func TestNamesAreThoseOfTheSemanticConventions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.Inject(clarifytest.RateLimited(time.Second), clarifytest.Times(1))
		client := r.connect()
		create(r, client)
		readNobody(r, client)
		for _, s := range r.spans.Ended() {
			if s.InstrumentationScope().Name != scope || s.InstrumentationScope().SchemaURL != semconv.SchemaURL {
				t.Errorf("%s has the scope %v", s.Name(), s.InstrumentationScope())
			}
			set := attribute.NewSet(s.Attributes()...)
			if set.Len() != len(s.Attributes()) {
				t.Errorf("%s has an attribute twice: %v", s.Name(), s.Attributes())
			}
			for _, a := range set.ToSlice() {
				if !slices.Contains(ofSpans, a.Key) && !strings.HasPrefix(string(a.Key), "clarify.") {
					t.Errorf("%s has the attribute %s, which is neither of the conventions nor of this package", s.Name(), a.Key)
				}
			}
			if s.SpanKind().String() != "client" {
				continue
			}
			for _, key := range append(slices.Clone(required), semconv.URLFullKey) {
				if !set.HasValue(key) {
					t.Errorf("%s lacks %s", s.Name(), key)
				}
			}
		}

		var duration httpconv.ClientRequestDuration
		m := r.collect()[scope+" "+duration.Name()]
		if m.Unit != duration.Unit() || m.Description != duration.Description() {
			t.Errorf("%s is in %q: %q", m.Name, m.Unit, m.Description)
		}
		data := m.Data.(metricdata.Histogram[float64])
		for _, p := range data.DataPoints {
			// https://opentelemetry.io/docs/specs/semconv/http/http-metrics
			if want := []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}; !slices.Equal(p.Bounds, want) {
				t.Errorf("%s has the boundaries %v", m.Name, p.Bounds)
			}
			for _, key := range required {
				if !p.Attributes.HasValue(key) {
					t.Errorf("%s lacks %s", m.Name, key)
				}
			}
			for _, a := range p.Attributes.ToSlice() {
				if !slices.Contains(ofMetrics, a.Key) {
					t.Errorf("%s has the attribute %s", m.Name, a.Key)
				}
			}
		}
	})
}

func TestWhereARequestGoes(t *testing.T) {
	const port = 65000
	for _, tt := range []struct {
		name string
		info clarify.RequestInfo
		want []attribute.KeyValue
	}{
		{"the API", clarify.RequestInfo{BaseURL: "https://api.clarify.ai/v1", Workspace: "acme", Method: "PATCH", Operation: "updateRecord", Route: "/objects/{object}/records/{id}", Object: "person"}, []attribute.KeyValue{
			semconv.HTTPRequestMethodPatch, semconv.ServerAddress("api.clarify.ai"), semconv.ServerPort(443),
			semconv.URLFull("https://api.clarify.ai/v1/workspaces/acme/objects/person/records/REDACTED"),
			semconv.URLTemplate("/v1/workspaces/{workspace}/objects/{object}/records/{id}"),
		}},
		{"another port and an odd object", clarify.RequestInfo{BaseURL: "http://[::1]:65000", Workspace: "a b", Method: "GET", Operation: "getResources", Route: "/objects/{object}/resources", Object: "x/y"}, []attribute.KeyValue{
			semconv.HTTPRequestMethodGet, semconv.ServerAddress("::1"), semconv.ServerPort(port),
			semconv.URLFull("http://[::1]:65000/workspaces/a%20b/objects/x%2Fy/resources"),
			semconv.URLTemplate("/workspaces/{workspace}/objects/{object}/resources"),
		}},
		{"plain HTTP", clarify.RequestInfo{BaseURL: "http://localhost/v1", Workspace: "acme", Method: "GET", Operation: "getUsers", Route: "/users"}, []attribute.KeyValue{
			semconv.HTTPRequestMethodGet, semconv.ServerAddress("localhost"), semconv.ServerPort(80),
			semconv.URLFull("http://localhost/v1/workspaces/acme/users"), semconv.URLTemplate("/v1/workspaces/{workspace}/users"),
		}},
		{"what the contract lacks", clarify.RequestInfo{BaseURL: "https://api.clarify.ai/v1", Workspace: "acme", Method: "BREW"}, []attribute.KeyValue{
			semconv.HTTPRequestMethodOther, semconv.ServerAddress("api.clarify.ai"), semconv.ServerPort(443),
			semconv.URLFull("https://api.clarify.ai/v1/workspaces/acme/REDACTED"), semconv.HTTPRequestMethodOriginal("BREW"),
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			send(r.telemetry(), tt.info)
			got := attribute.NewSet(r.spans.Ended()[0].Attributes()...)
			if want := attribute.NewSet(append(tt.want, semconv.HTTPResponseStatusCode(200))...); got.Equivalent() != want.Equivalent() {
				t.Errorf("the attributes are\n%v\nwant\n%v", got.ToSlice(), want.ToSlice())
			}
		})
	}
}

// send tells an observer of a request with one attempt.
func send(o clarify.Observer, info clarify.RequestInfo) {
	limit := clarify.RateLimit{Known: true, Limit: 3000, Remaining: int(info.ID), Reset: time.Minute}
	request := o.RequestStarted(context.Background(), clarify.RequestStarted{RequestInfo: info})
	attempt := request
	if o.AttemptStarted != nil {
		attempt = o.AttemptStarted(request, clarify.AttemptStarted{RequestInfo: info, Attempt: 1})
	}
	o.AttemptFinished(attempt, clarify.AttemptFinished{RequestInfo: info, Attempt: 1, Duration: time.Millisecond, Status: 200, RateLimit: limit})
	o.RequestFinished(request, clarify.RequestFinished{RequestInfo: info, Attempts: 1, Duration: time.Millisecond, Status: 200})
}
