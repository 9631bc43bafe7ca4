package clarify

import (
	"net/http"
	"time"
)

// clockSkew is how far the clocks of the API's servers may be apart.
const clockSkew = time.Minute

// concludeWritten concludes inputs by the response to a request that wrote them.
// newest is the newest time in the responses before the request. It returns the
// newest one with this response.
func concludeWritten(op *bulkOperation, rsp *http.Response, inputs []*input, newest time.Time) (time.Time, error) {
	if op.deletes {
		if err := finish(rsp, nil); err != nil {
			return newest, err
		}
		concludeAll(inputs, Deleted, nil)
		return newest, nil
	}
	records, times, err := readWritten(op, rsp, inputs)
	if err != nil {
		return newest, responseError(op.id, rsp, err)
	}
	earlierUnknown := hadUnknownOutcome(rsp)
	release(rsp)
	for i, in := range inputs {
		in.record = records[i]
		switch {
		case op.byID:
			in.conclude(Updated, nil)
		case op.matchOn == "":
			in.conclude(Created, nil)
		default:
			in.conclude(upserted(times[i], newest, earlierUnknown || in.unknown != nil), nil)
		}
	}
	for _, t := range times {
		newest = later(newest, later(t.CreatedAt, t.UpdatedAt))
	}
	return newest, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// readWritten reads a response and returns the record of each input, with MatchOn
// also its times.
func readWritten(op *bulkOperation, rsp *http.Response, inputs []*input) ([]recordAt, []stamps, error) {
	var newFacts func() facts
	if op.matchOn != "" {
		newFacts = newWrittenList
	}
	page, _, err := readPage(rsp, op.newList, newFacts)
	if err != nil {
		return nil, nil, err
	}
	var places []int
	if op.matchOn == "" {
		places, err = assign(op.byID, page, inputs)
	} else {
		places, err = match(op.matchOn, page, inputs)
	}
	if err != nil {
		return nil, nil, err
	}
	records, taken := make([]recordAt, len(inputs)), make([]bool, page.to)
	for i, place := range places {
		if records[i] = (recordAt{page.recordList, place}); taken[place] {
			// With MatchOn, several inputs may be of one record.
			records[i] = records[i].copy(op.newList)
		}
		taken[place] = true
	}
	if op.matchOn == "" {
		return records, nil, nil
	}
	times := make([]stamps, len(inputs))
	for i, place := range places {
		times[i] = page.facts.(*writtenList).all[place].stamps
	}
	return records, times, nil
}

// hadUnknownOutcome reports whether a request had earlier attempts that may have
// been carried out.
func hadUnknownOutcome(rsp *http.Response) bool {
	held, ok := rsp.Body.(*heldBody)
	if !ok {
		return false
	}
	var e Error
	held.describe(&e)
	return e.earlierUnknown
}

// upserted returns the outcome of a write according to the times of the record in
// its response. newest is the newest time in the responses before the request, and
// earlierUnknown whether an earlier attempt may have been carried out.
func upserted(t stamps, newest time.Time, earlierUnknown bool) Outcome {
	switch {
	case t.CreatedAt.IsZero():
		return Written
	case t.CreatedAt.Before(newest.Add(-clockSkew)):
		return Updated
	case t.UpdatedAt.IsZero() || t.UpdatedAt.Equal(t.CreatedAt):
		return Created
	case earlierUnknown || t.UpdatedAt.Sub(t.CreatedAt).Abs() < time.Second && !t.CreatedAt.Before(newest):
		// An attempt without a response may have created it, or the API may set the two
		// times one after the other.
		return Written
	}
	return Updated
}
