package clarifyotel

import (
	"net/http"
	"slices"
	"strconv"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/clarify-go/clarify"
)

// other stands for a value that is one too many, as in the semantic conventions.
const other = "_OTHER"

// series are the attributes of the metrics of requests that are alike.
type series struct {
	method      string
	attributes  []attribute.KeyValue // of this package
	ofWorkspace []attribute.KeyValue // of metrics that have no operation
	ofAttempt   []attribute.KeyValue // of the semantic conventions
	plain       []metric.AddOption
	throttled   []metric.RecordOption
	ok          *outcome // of the status 200, the most frequent one
	outcomes    sync.Map // of outcomeID: *outcome, the others
}

func makeSeries(r *clarify.RequestInfo, workspace, object string) *series {
	method := knownMethod(r.Method)
	s := &series{method: method, attributes: own(workspace, r.Operation, object), ofWorkspace: own(workspace, "", ""), ofAttempt: slices.Clip(ofHTTP(r, method))}
	s.plain, s.throttled = []metric.AddOption{with(s.attributes)}, []metric.RecordOption{with(s.attributes)}
	s.ok = s.makeOutcome(http.StatusOK, "")
	return s
}

func with(all []attribute.KeyValue, more ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(slices.Concat(all, more)...))
}

type outcomeID struct {
	status  int
	failure clarify.Failure
}

// outcome is how a request or an attempt ended.
type outcome struct {
	failed  bool
	span    []attribute.KeyValue // of spans of both
	request []metric.RecordOption
	attempt []metric.RecordOption
	counted []metric.AddOption // with error.type only
}

// outcome returns the attributes of an end. There are as many as statuses and failures.
func (s *series) outcome(status int, failure clarify.Failure) *outcome {
	if status == http.StatusOK && failure == "" {
		return s.ok
	}
	id := outcomeID{status, failure}
	if found, ok := s.outcomes.Load(id); ok {
		return found.(*outcome)
	}
	found, _ := s.outcomes.LoadOrStore(id, s.makeOutcome(status, failure))
	return found.(*outcome)
}

func (s *series) makeOutcome(status int, failure clarify.Failure) *outcome {
	made := &outcome{}
	if status != 0 {
		made.span = append(made.span, semconv.HTTPResponseStatusCode(status))
	}
	var kind []attribute.KeyValue
	switch {
	case failure != "":
		kind = append(kind, semconv.ErrorTypeKey.String(string(failure)))
	case status == 0:
		kind = append(kind, semconv.ErrorTypeOther)
	case status >= 300:
		kind = append(kind, semconv.ErrorTypeKey.String(strconv.Itoa(status)))
	}
	made.failed = kind != nil
	made.span = slices.Clip(append(made.span, kind...))
	made.request = []metric.RecordOption{with(s.attributes, made.span...)}
	made.attempt = []metric.RecordOption{with(s.ofAttempt, made.span...)}
	made.counted = []metric.AddOption{with(s.attributes, kind...)}
	return made
}
