package clarifypostgres

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

const (
	// assumedLimit is the limit of an endpoint until a response reports it: that
	// which the API documents.
	assumedLimit = 3000
	// unconfirmed is how many requests a process may have in flight or ahead before
	// a response has reported the limit.
	unconfirmed = 20
	// lease is how long, in milliseconds, a process may use what it reserved without
	// asking again.
	lease = 3000
	// claimLasts is how long after its time to ask again a process keeps its claim
	// to room that it waits for.
	claimLasts = 300
	// horizon is the part of a window for which room is left to processes that took less
	// than others: those that are slow get their share, too.
	horizon = 4
	// bucketsInWindow is how finely the use of a window is recorded.
	bucketsInWindow = 120
	// maxLag is how many milliseconds may be between the time when the server counts a
	// request and the time when that is recorded here, usually.
	maxLag = 2000
)

// window is what all processes know of one endpoint. It is a row of the database, and
// only changes while that is locked. Its times are of the database's clock, in
// milliseconds.
//
// The server counts the requests of a rolling window. Room that a process reserves
// counts as used until the process says what it has done with it; a request counts as
// used from when its response came, which is after the server counted it, so that it
// never leaves this window before it leaves the server's. What the server counts
// beyond that is of others, who do not ask here: see learn.
type window struct {
	Format int `json:"f"`
	// Limit is the room in an empty window, 0 until a response has reported it.
	Limit int `json:"l,omitempty"`

	Others int   `json:"o,omitempty"`  // requests in the server's window that nobody recorded here
	Reset  int64 `json:"r,omitempty"`  // when the first of them leave the window
	Empty  int64 `json:"e,omitempty"`  // when all have
	Probe  bool  `json:"pr,omitempty"` // whether Others is a guess that a response has to confirm

	Used    []bucket `json:"u,omitempty"` // in the order of time
	Members []member `json:"m,omitempty"`

	length int64 // of the window
}

// bucket is how many requests were recorded in a short time. It leaves the window with
// the last of them.
type bucket [2]int64 // the number of the bucket, and the requests

// member is a process that asked lately.
type member struct {
	ID       string  `json:"i"`
	Seen     int64   `json:"s"`
	InFlight int     `json:"n,omitempty"`
	Unsent   int     `json:"u,omitempty"` // reserved, and not sent when last seen
	Load     float64 `json:"l,omitempty"` // how much it took lately, halved again and again
	Want     [2]int  `json:"w,omitzero"`  // what it still waits for, by class
	Ahead    [2]int  `json:"a,omitzero"`  // what it would use soon, if there was room
	Until    int64   `json:"t,omitempty"` // how long these claims last
}

// outstanding is what the member may have sent, or may still send.
func (m *member) outstanding() int { return m.InFlight + m.Unsent }

// The classes, as indexes.
const (
	interactive = 0
	bulk        = 1
)

// ask is what a process says and asks for.
type ask struct {
	member   string
	used     int        // requests that ended since it asked last
	inFlight int        // requests that have been sent and have not ended
	unsent   int        // what it has reserved and hands back
	want     [2]int     // what it wants reserved, by class
	rate     [2]float64 // of requests a second that it can use
	report   *report
}

// report is what a response said of the window.
type report struct {
	limit, remaining int
	reset            int64 // milliseconds after the response
	sent             int64 // milliseconds ago
	received         int64 // milliseconds ago
}

// grant is what a process gets.
type grant struct {
	credits [2]int // requests that it may send; those of the class bulk may be any
	// delay is when to ask again, in milliseconds, if it got less than it needs.
	delay int64
	// certain is whether there is no room before that.
	certain bool
	// others is whether reports of responses change how much room there is.
	others bool
	known  bool // whether the limit is known
}

const windowFormat = 1

func decodeWindow(state []byte, length int64) (*window, error) {
	w := &window{Format: windowFormat, length: length}
	if len(state) == 0 {
		return w, nil
	}
	if err := json.Unmarshal(state, w); err != nil {
		return nil, fmt.Errorf("clarify: the state of the rate limit in the database cannot be read: %w", err)
	}
	if w.Format != windowFormat {
		return nil, fmt.Errorf("clarify: the state of the rate limit in the database has format %d, want %d: update this program", w.Format, windowFormat)
	}
	return w, nil
}

func (w *window) encode() ([]byte, error) { return json.Marshal(w) }

func (w *window) bucketLength() int64 { return max(w.length/bucketsInWindow, 1) }

// recorded is when the last request of a bucket was recorded, at the latest.
func (w *window) recorded(b bucket) int64 { return (b[0] + 1) * w.bucketLength() }

// limit returns the limit that counts.
func (w *window) limit() int {
	if w.Limit == 0 {
		return assumedLimit
	}
	return w.Limit
}

// exchange does what a process asks at a time.
func (w *window) exchange(now int64, a ask) grant {
	w.age(now)
	me := w.member(now, a.member)
	me.Load *= math.Exp2(-float64(now-me.Seen) / float64(w.length))
	me.Load += float64(a.used)
	me.Seen, me.InFlight, me.Unsent = now, a.inFlight, 0
	for class, rate := range a.rate {
		me.Ahead[class] = int(rate * float64(w.length) / 1000 / horizon)
	}
	w.charge(now, a.used)
	if a.report != nil {
		w.learn(now, *a.report)
	}
	g := w.share(now, me, a)
	if me.outstanding() == 0 && a.want == [2]int{} && me.Load < 1 {
		w.Members = slices.DeleteFunc(w.Members, func(m member) bool { return m.ID == a.member })
	}
	return g
}

// age forgets what has left the window. What a process reserved that has not asked for
// too long may have been sent, so it counts as used.
func (w *window) age(now int64) {
	w.Used = slices.DeleteFunc(w.Used, func(b bucket) bool {
		// Some more stay for learn. A clock that was set back forgets all.
		return w.recorded(b)+w.length+w.lag() <= now || w.recorded(b) > now+w.length
	})
	if w.Others > 0 && (now >= w.Empty || w.Empty > now+2*w.length) {
		w.Others, w.Probe = 0, false
	}
	lost := 0
	w.Members = slices.DeleteFunc(w.Members, func(m member) bool {
		silent := now - m.Seen
		if silent < 0 || silent > lease && m.outstanding() > 0 {
			lost += m.outstanding()
			return true
		}
		return silent > w.length
	})
	w.charge(now, lost)
}

func (w *window) charge(now int64, n int) {
	if n <= 0 {
		return
	}
	at := now / w.bucketLength()
	if last := len(w.Used) - 1; last >= 0 && w.Used[last][0] >= at {
		w.Used[last][1] += int64(n)
		return
	}
	w.Used = append(w.Used, bucket{at, int64(n)})
}

// member returns the process with an id.
func (w *window) member(now int64, id string) *member {
	at := slices.IndexFunc(w.Members, func(m member) bool { return m.ID == id })
	if at < 0 {
		w.Members = append(w.Members, member{ID: id, Seen: now})
		at = len(w.Members) - 1
	}
	return &w.Members[at]
}

func (m *member) claims(now int64) bool { return now <= m.Until }

// lag is how long what left the window is kept.
func (w *window) lag() int64 { return min(maxLag, w.length/4) }

// used returns how many requests recorded after one time and until another there are.
func (w *window) used(after, until int64) (n int) {
	for _, b := range w.Used {
		if at := w.recorded(b); at > after && at <= until {
			n += int(b[1])
		}
	}
	return n
}

// outstanding returns what all processes may have sent or may still send.
func (w *window) outstanding() (n int) {
	for i := range w.Members {
		n += w.Members[i].outstanding()
	}
	return n
}

// learn compares what a response reported with what is recorded. The server counted,
// at the time of the request, limit-remaining requests. Those that are recorded are
// among them, or not yet. So the number of the others has a lower and an upper bound,
// and stays as it was if it is between them: what is not known for sure changes nothing.
//
// In the bounds for the lower one, everything that may have been counted by then is
// recorded or outstanding; the process itself has handed back what it has not sent. In
// those for the upper one, what had been recorded when the request was sent had been
// counted for sure.
func (w *window) learn(now int64, r report) {
	if r.limit <= 0 {
		r.limit = max(w.Limit, r.remaining+1)
	}
	w.Limit = r.limit
	counted := r.limit - max(r.remaining, 0)
	sent := now - min(r.sent, w.lag())
	most := w.used(sent-w.length, math.MaxInt64) + w.outstanding()
	least := w.used(now-w.length+w.lag(), sent)
	lower, upper := max(counted-most, 0), max(counted-least, 0)
	before := w.Others
	w.Others = min(max(before, lower), max(upper, lower))
	w.Probe = false
	if w.Others > 0 {
		w.Reset = now - r.received + min(r.reset, w.length*3/2)
		w.Empty = now + max(min(r.reset, w.length*3/2), w.length)
	}
}

// room returns how many more requests fit into the window.
func (w *window) room(now int64) int {
	return w.limit() - w.Others - w.used(now-w.length, math.MaxInt64) - w.outstanding()
}

// reserve is how much room the class bulk leaves to others, as in memory.
func (w *window) reserve() int { return w.Limit / 100 }

// byLoad orders processes: those that took least go first.
func byLoad(a, b *member) int {
	return cmp.Or(cmp.Compare(a.Load+float64(a.outstanding()), b.Load+float64(b.outstanding())), cmp.Compare(a.ID, b.ID))
}
