// Package clarifyotel makes traces and metrics of what a clarify client does, with
// OpenTelemetry.
//
//	client, err := clarify.New("acme", auth, clarify.WithObserver(clarifyotel.NewObserver()))
//
// One observer is for all clients of a process. The package needs the API of
// OpenTelemetry only; the program chooses the SDK.
//
// # Traces
//
// Each request of the client is a span of the kind internal, named after its operation
// and object, such as "updateRecord person". Each of its attempts is a child of the kind
// client, by the semantic conventions for HTTP. These ask for a span for each attempt,
// and for no client span around them, so the outer one is internal.
//
// The span of a request has clarify.operation, clarify.object and clarify.workspace. Where
// they apply it has clarify.attempts, if there were several, clarify.throttled.duration and
// clarify.delayed.duration, in seconds, clarify.token.result and clarify.outcome_unknown,
// and if it failed http.response.status_code and error.type. The span of an attempt has
// http.request.method, server.address, server.port, url.full and url.template, and where
// they apply http.response.status_code, http.request.resend_count and error.type.
//
// error.type is a status such as 404, or a [clarify.Failure] such as timeout.
//
// Nothing is personal: in url.full all parameters but the workspace and the object are
// REDACTED, and it has no query. No attribute has an id, a body or a credential.
//
// # Metrics
//
// By the semantic conventions for HTTP, with http.request.method, server.address,
// server.port, url.template, http.response.status_code and error.type:
//
//   - http.client.request.duration: how long an attempt took, a histogram in seconds.
//
// With clarify.workspace, clarify.operation, and clarify.object if there is one:
//
//   - clarify.client.request.duration: how long a request took, with all attempts and
//     waiting, a histogram in seconds, with http.response.status_code and error.type.
//     Its count is the number of requests.
//   - clarify.client.throttled.duration: how long a request waited for the rate limit, if
//     it did, a histogram in seconds.
//   - clarify.client.retries: attempts that another one follows, with error.type.
//   - clarify.client.unknown_outcomes: writes of which it is not known whether the API
//     carried them out, with error.type.
//   - clarify.client.records.decoded: the records, or other items, of the pages of
//     iterations.
//   - clarify.client.records.decided: the inputs of bulk operations whose results are
//     known, with clarify.outcome: created, updated, written, deleted, refused, unknown
//     or not_done, as [clarify.Outcome] has them.
//   - clarify.client.rate_limit.remaining: how many requests the API still allows, a gauge
//     without clarify.object. It has no value when there was no response for a minute,
//     the window of the rate limit.
//
// With clarify.workspace:
//
//   - clarify.client.token.refreshes: refreshes of access tokens, with
//     clarify.token.result: refreshed, failed or login_required.
//   - clarify.client.limiter.failures: failures of the limiter of [clarify.WithLimiter].
//
// A program with more than a thousand combinations of workspace, operation and object has
// the others as _OTHER. [WithoutWorkspaces] is for those with many workspaces.
//
// # Beside otelhttp
//
// The transport of otelhttp may be used with the client. It adds the header traceparent,
// which this package does not, and its spans are children of those here. Since both
// make spans of attempts and http.client.request.duration, [WithoutAttempts] leaves them
// to it. Its url.full has ids and the query, with which filters can be personal.
package clarifyotel
