package clarify

// Failure is why a request got no response that can be used. It is one of a few words,
// for the labels of metrics.
type Failure string

// The failures.
const (
	// FailureCanceled is the end of a context that was canceled.
	FailureCanceled Failure = "canceled"
	// FailureTimeout is a deadline that passed, of the context, of [WithCallTimeout], or
	// of the HTTP client.
	FailureTimeout Failure = "timeout"
	// FailureThrottled is a deadline before which the rate limit allows no request.
	// Nothing was sent.
	FailureThrottled Failure = "throttled"
	// FailureCredential is a credential that could not be had. Nothing was sent.
	FailureCredential Failure = "credential"
	// FailureInvalid is a request that is not sent, such as one to another host.
	FailureInvalid Failure = "invalid"
	// FailureName is a host name that could not be resolved.
	FailureName Failure = "name"
	// FailureTLS is a certificate that could not be verified.
	FailureTLS Failure = "tls"
	// FailureConnection is a connection that could not be made, or was lost.
	FailureConnection Failure = "connection"
	// FailureResponse is a success whose response cannot be read, is too large, or
	// differs from the contract.
	FailureResponse Failure = "response"
)
