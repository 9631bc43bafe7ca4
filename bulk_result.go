package clarify

import "fmt"

// Outcome is the outcome of an input of [Records.Import], [Records.BulkUpdate] or
// [Records.BulkDelete].
type Outcome int

// The outcomes. All but Unknown and NotDone are certain, and final.
const (
	// NotDone is an input that was not written for a reason that has nothing to do
	// with it: no permission, no network, the end of the context. It is as if it had
	// not been among the inputs.
	NotDone Outcome = iota
	// Created is a new record.
	Created
	// Updated is a record that existed before.
	Updated
	// Written is a record that was created or updated: with [MatchOn] the API does
	// not say which, and the record's times do not tell.
	Written
	// Deleted is a record that no longer exists.
	Deleted
	// Refused is an input that the API, or a check before sending, rejected. Nothing
	// of it was written. Only if the API rejected it does Err have an [Error] with a
	// StatusCode.
	Refused
	// Unknown is an input that may have been written: it was sent, and no response
	// says whether the API accepted it.
	Unknown
)

// String returns the outcome in words, such as "not done".
func (o Outcome) String() string {
	names := [...]string{"not done", "created", "updated", "written", "deleted", "refused", "unknown"}
	if o < 0 || int(o) >= len(names) {
		return fmt.Sprintf("Outcome(%d)", int(o))
	}
	return names[o]
}

// Certain reports whether the outcome is final: the input was written or refused.
func (o Outcome) Certain() bool { return o != NotDone && o != Unknown }

// BulkResult is the result for one input of type I. T is as in [Records].
type BulkResult[I, T any] struct {
	// Index is the position of the input among all inputs, from 0. It counts those
	// that [Resume] skips.
	Index int
	// Input is the input.
	Input I
	// Outcome says whether the input was written.
	Outcome Outcome
	// Record is the record after it was created or updated. It is nil otherwise.
	Record *Record[T]
	// Err says why the input was not written, or why that is not known. It is nil
	// if the input was written. If the API rejected it, Err is an [Error] with only
	// the Errors about this input, and with pointers as if it had been sent alone:
	// they begin with /data/0. If [CheckedBy] found what is wrong, it is the same
	// without a StatusCode.
	Err error
	// Confirmed is how many inputs, counted from the first, have a certain outcome.
	// Pass it to [Resume] to continue later.
	Confirmed int
}

// ImportResult is the result for an input of [Records.Import].
type ImportResult[T any] = BulkResult[T, T]

// Progress is how far an import, bulk update or bulk deletion has come.
type Progress struct {
	// Done is how many inputs have a result. It counts those that [Resume] skipped.
	Done int
	// Confirmed is how many inputs, counted from the first, have a certain outcome.
	// Pass it to [Resume] to continue later.
	Confirmed int
	// Requests is how many requests were made. The attempts of [WithRetries] count
	// as one request.
	Requests int

	counts [Unknown + 1]int // how often each outcome occurred
}

// Count returns how many inputs have one of the outcomes. It does not count those
// that [Resume] skipped.
func (p Progress) Count(outcomes ...Outcome) int {
	n := 0
	for _, o := range outcomes {
		if o >= 0 && int(o) < len(p.counts) {
			n += p.counts[o]
		}
	}
	return n
}
