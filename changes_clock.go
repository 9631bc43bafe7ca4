package clarify

import "time"

// saw notes a time in a response.
func (r *changesRun) saw(at int64) {
	if at > r.state.seen {
		r.state.seen, r.state.seenOn = at, r.date.Load()
	}
}

// setNext notes what the server's clock has certainly reached. Only what is read from
// now on counts as read after that time.
func (r *changesRun) setNext() {
	s := &r.state
	s.next, s.nextQuiet = s.seen, 0
	date := r.date.Load()
	if date > 0 && s.seenOn > 0 {
		// The dates have whole seconds.
		s.nextQuiet = max(0, (date-s.seenOn-2)*1000)
	}
	if date > 0 {
		// A date may be by another clock of the server, which differs by less than an hour.
		s.nextQuiet = max(s.nextQuiet, date*1000-s.seen-time.Hour.Milliseconds())
	}
}

// earliest is a time before all that this run has to read.
func (r *changesRun) earliest() int64 { return wholeSecond(r.state.read - r.overlap) }

// from is the time from which on this run reads. The whole overlap is read again as long
// as it is one page. If it is more, for example after an import, then it is not read
// again once nothing of it can become visible any more.
func (r *changesRun) from() int64 {
	from := r.earliest()
	if r.memory.update > 0 && r.memory.update >= from || r.memory.count(from) > r.size*4/5 {
		return wholeSecond(r.state.read - max(0, r.overlap-r.state.quiet))
	}
	return from
}

// remembered is the time from which on the next run may read.
func (r *changesRun) remembered() int64 { return wholeSecond(r.state.next - r.overlap) }

// millis returns a time in milliseconds since 1970, or 0 if it is before.
func millis(t time.Time) int64 { return max(0, t.UnixMilli()) }

// timeOf is the opposite of millis, except that 0 is the zero time.
func timeOf(ms int64) time.Time {
	if ms <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// wholeSecond returns the beginning of a second, 0 or later: the API may send times
// without their milliseconds.
func wholeSecond(ms int64) int64 { return max(0, ms-ms%1000) }
