package clarifyotel

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/clarify-go/clarify"
)

// labels are what the telemetry of requests has in common that are alike. To make them
// takes longer than to use them, so they are kept.
type labels struct {
	*series                                  // of metrics
	request, attempt string                  // the names of spans
	onRequest        []trace.SpanStartOption // what these begin with
	onAttempt        []trace.SpanStartOption
	budget           *budget // nil if it is not reported
}

// makeLabels makes the labels of a request.
func makeLabels(r *clarify.RequestInfo, s *series, b *budget) *labels {
	l := &labels{series: s, budget: b, request: r.Operation, attempt: s.method}
	if s.method == other {
		l.attempt = "HTTP"
	}
	if l.request == "" {
		l.request = l.attempt
	}
	if r.Object != "" {
		l.request += " " + r.Object
	}
	l.attempt += prefixed(" ", r.Route)

	onAttempt := append(slices.Clone(s.ofAttempt), semconv.URLFull(address(r)))
	if s.method != r.Method {
		onAttempt = append(onAttempt, semconv.HTTPRequestMethodOriginal(r.Method))
	}
	l.onRequest = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindInternal), trace.WithAttributes(own(r.Workspace, r.Operation, r.Object)...)}
	l.onAttempt = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(onAttempt...)}
	return l
}

// prefixed returns s with a prefix, unless it is empty.
func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// own returns the attributes of this package that a request has.
func own(workspace, operation, object string) []attribute.KeyValue {
	all := make([]attribute.KeyValue, 0, 3)
	if workspace != "" {
		all = append(all, workspaceKey.String(workspace))
	}
	if operation != "" {
		all = append(all, operationKey.String(operation))
	}
	if object != "" {
		all = append(all, objectKey.String(object))
	}
	return slices.Clip(all)
}

// ofHTTP returns the attributes of the semantic conventions that an attempt has, in spans
// and metrics.
func ofHTTP(r *clarify.RequestInfo, method string) []attribute.KeyValue {
	all := []attribute.KeyValue{semconv.HTTPRequestMethodKey.String(method)}
	base, err := url.Parse(r.BaseURL)
	if err != nil {
		return all
	}
	all = append(all, semconv.ServerAddress(base.Hostname()), semconv.ServerPort(port(base)))
	if r.Route != "" {
		all = append(all, semconv.URLTemplate(base.EscapedPath()+"/workspaces/{workspace}"+r.Route))
	}
	return all
}

// knownMethod returns what stands for a method in attributes.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return method
	}
	return other
}

// address returns the URL of a request without what may be personal.
func address(r *clarify.RequestInfo) string {
	workspace := r.BaseURL + "/workspaces/" + url.PathEscape(r.Workspace)
	if r.Route == "" {
		return workspace + "/REDACTED"
	}
	segments := strings.Split(r.Route, "/")
	for i, s := range segments {
		switch {
		case s == "{object}" && r.Object != "":
			segments[i] = url.PathEscape(r.Object)
		case strings.HasPrefix(s, "{"):
			segments[i] = "REDACTED"
		}
	}
	return workspace + strings.Join(segments, "/")
}

// port returns the port of a URL, also if it is the default of the scheme.
func port(u *url.URL) int {
	if p, err := strconv.Atoi(u.Port()); err == nil {
		return p
	}
	if strings.EqualFold(u.Scheme, "http") {
		return 80
	}
	return 443
}
