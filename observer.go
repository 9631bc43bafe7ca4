package clarify

import (
	"context"
	"time"
)

// An Observer is told what a client does, for traces and metrics. Each function may
// be nil, and more may be added in later versions. They are called by the goroutines
// that do the work, concurrently, so they must not block.
//
// What they are told has no personal data, no query, no body and no credential. Names
// of objects and operations are from a small set, so they can be labels of metrics.
type Observer struct {
	// RequestStarted is called when a request starts, before its first attempt. Its
	// result is the context of the whole request, in which a span can be kept; it must
	// be derived from ctx. It is the ctx of the functions that follow. nil stands for
	// ctx.
	RequestStarted func(ctx context.Context, e RequestStarted) context.Context
	// AttemptStarted is called when an attempt goes out: after it waited for the rate
	// limit, and with its credential. Its result is the context of the attempt, which
	// the transport of [WithHTTPClient] gets.
	AttemptStarted func(ctx context.Context, e AttemptStarted) context.Context
	// AttemptFinished is called when the response of an attempt was read, or there
	// will be none. ctx is that of the attempt. A response of CSV is read by the
	// caller, later.
	AttemptFinished func(ctx context.Context, e AttemptFinished)
	// Throttled is called when an attempt begins to wait for the rate limit.
	Throttled func(ctx context.Context, e Throttled)
	// LimiterFailed is called when the limiter of [WithLimiter] failed, and the one in
	// memory decides about an attempt.
	LimiterFailed func(ctx context.Context, e LimiterFailed)
	// Retried is called when another attempt will follow after a delay.
	Retried func(ctx context.Context, e Retried)
	// TokenRefreshed is called when an access token was refreshed for a request, or
	// could not be: because it was about to expire, or because the API rejected it.
	TokenRefreshed func(ctx context.Context, e TokenRefreshed)
	// RequestFinished is called when a request has ended. ctx is what RequestStarted
	// returned.
	RequestFinished func(ctx context.Context, e RequestFinished)
	// PageDecoded is called for each page of an iteration, such as [Records.All],
	// after its request has finished. ctx is what RequestStarted returned for that.
	PageDecoded func(ctx context.Context, e PageDecoded)
	// BatchDecided is called by the goroutine of the loop when it has received the
	// results of a batch of [Records.Import], [Records.BulkUpdate] or
	// [Records.BulkDelete]. ctx is that of the import.
	BatchDecided func(ctx context.Context, e BatchDecided)
}

// RequestInfo says which request an event is about.
type RequestInfo struct {
	// ID is different for each request of the process. The log has it as call.
	ID uint64
	// Workspace is the slug of the workspace.
	Workspace string
	// BaseURL is the part of the request's URL before /workspaces/, such as
	// https://api.clarify.ai/v1.
	BaseURL string
	// Host is the host of the API, with a port unless that is the default of the scheme.
	Host string
	// Method is the HTTP method.
	Method string
	// Operation is the vendor's id of the operation, such as createRecord. It is empty
	// if the contract does not have the request.
	Operation string
	// Route is the path of the operation below the workspace, with its parameters in
	// braces: /objects/{object}/records/{id}. It is empty if Operation is.
	Route string
	// Object is the name of the object in the path, such as person. It is empty if
	// there is none.
	Object string
	// Class is the class of the request.
	Class Class
}

// RequestStarted is the start of a request.
type RequestStarted struct{ RequestInfo }

// AttemptStarted is the start of an attempt.
type AttemptStarted struct {
	RequestInfo
	// Attempt is the number of the attempt, from 1.
	Attempt int
	// Waited is how long the attempt waited for the rate limit.
	Waited time.Duration
	// RequestBytes is the size of the body.
	RequestBytes int
}

// AttemptFinished is the end of an attempt.
type AttemptFinished struct {
	RequestInfo
	// Attempt is the number of the attempt, from 1.
	Attempt int
	// Duration is how long the attempt took, without waiting for the rate limit.
	Duration time.Duration
	// Status is the status of the response, 0 if there was none.
	Status int
	// Failure is why there is no response that can be used. It is empty if there is
	// one, whatever its status.
	Failure Failure
	// ResponseBytes is the size of the body, -1 if the caller reads it.
	ResponseBytes int
	// RateLimit is what the response says of the rate limit.
	RateLimit RateLimit
}

// RateLimit is what a response says of the rate limit of its endpoint.
type RateLimit struct {
	// Known is false if the response does not say.
	Known bool
	// Limit is how many requests the API allows in its window, 0 if that is unknown.
	Limit int
	// Remaining is how many it still allows in the current one.
	Remaining int
	// Reset is how long it takes until there is more room.
	Reset time.Duration
}

// Throttled is an attempt that begins to wait for the rate limit.
type Throttled struct {
	RequestInfo
	// Attempt is the number of the attempt, from 1.
	Attempt int
	// Delay is how long it is expected to wait.
	Delay time.Duration
}

// LimiterFailed is a failure of the limiter.
type LimiterFailed struct {
	RequestInfo
	// Attempt is the number of the attempt, from 1.
	Attempt int
}

// Retried is an attempt that failed, and that another one will follow.
type Retried struct {
	RequestInfo
	// Attempt is the number of the attempt that failed, from 1.
	Attempt int
	// Delay is how long to wait before the next attempt.
	Delay time.Duration
	// Status is the status of the response, 0 if there was none. With 401 the next
	// attempt has another access token.
	Status int
	// Failure is why there was no response that can be used. It is empty if there was
	// one.
	Failure Failure
}

// TokenRefreshed is a refresh of an access token.
type TokenRefreshed struct {
	RequestInfo
	// Rejected is true if the API had rejected the token, false if it was about to
	// expire.
	Rejected bool
	// OK is false if the refresh failed.
	OK bool
	// LoginRequired is true if the grant has ended: the user has to log in again.
	LoginRequired bool
}

// RequestFinished is the end of a request.
type RequestFinished struct {
	RequestInfo
	// Attempts is the number of attempts, 0 if nothing was to be sent.
	Attempts int
	// Duration is how long the request took, with all waiting.
	Duration time.Duration
	// Status is the status of the last response, 0 if there was none.
	Status int
	// Failure is why the request failed. It is empty after a success, and if all that
	// there is to say is the status.
	Failure Failure
	// OutcomeUnknown is true for a write if it is not known whether the API carried it
	// out.
	OutcomeUnknown bool
	// Throttled is how long the attempts waited for the rate limit.
	Throttled time.Duration
	// Delayed is how long the request waited between its attempts.
	Delayed time.Duration
}

// PageDecoded is a page of an iteration.
type PageDecoded struct {
	RequestInfo
	// Items is how many items the page has.
	Items int
	// Bytes is the size of the response.
	Bytes int
	// Duration is how long it took to decode it.
	Duration time.Duration
}

// BatchDecided is a batch of a bulk operation of which all results are known.
type BatchDecided struct {
	// Operation is the vendor's id of the operation, such as createBulkRecords.
	Operation string
	// Workspace is the slug of the workspace.
	Workspace string
	// Object is the name of the object, such as person.
	Object string
	// Inputs is how many inputs the batch had.
	Inputs int
	// Requests is how many requests it took.
	Requests int

	progress Progress // of the batch alone
}

// Count returns how many inputs of the batch have one of the outcomes.
func (b BatchDecided) Count(outcomes ...Outcome) int { return b.progress.Count(outcomes...) }

func (o *Observer) empty() bool {
	return o.RequestStarted == nil && o.AttemptStarted == nil && o.AttemptFinished == nil && o.Throttled == nil &&
		o.LimiterFailed == nil && o.Retried == nil && o.TokenRefreshed == nil && o.RequestFinished == nil &&
		o.PageDecoded == nil && o.BatchDecided == nil
}
