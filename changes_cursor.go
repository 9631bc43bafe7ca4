package clarify

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
)

// Cursor is a place in the changes of an object, for [Records.Changes]. It is opaque: its
// text may be stored and read by this version of the module
// and by later ones. It mostly has some 100 bytes, and 40 kB if very much has changed in the
// last minutes. The zero Cursor, whose text is empty, is before all changes.
//
// It is a value and safe for concurrent use.
type Cursor struct{ state cursorState }

// cursorState is how far the changes were yielded. Times are in milliseconds since 1970
// by the server's clock, dates in seconds according to the header Date of responses. 0
// stands for none.
type cursorState struct {
	workspace string
	object    string
	phase     cursorPhase

	// read is a time that the server's clock had reached when the last complete run read
	// the updates. What bore a time before it, less the overlap, was visible then.
	read int64
	// quiet is for how long, at least, the clock had been past that time.
	quiet int64
	// next and nextQuiet are the same for the run that is not complete.
	next      int64
	nextQuiet int64
	// at is the time of the record that was yielded last, by which the phase goes.
	at int64
	// seen is the latest time in a response, and seenOn the date when it was first seen.
	seen   int64
	seenOn int64
	// checked is the date when the last complete run read the deletions.
	checked int64

	forgotten // as in changesMemory
	log       []event
}

// cursorPhase is a step of a run.
type cursorPhase uint8

const (
	phaseNone      cursorPhase = iota // nothing was read
	phaseLoad                         // reads all records, in the order of creation
	phaseIdle                         // between two runs
	phaseUpdates                      // reads updates in their order
	phaseUnordered                    // reads updates in the order of creation
	phaseDeletions
	phases
)

const (
	cursorPrefix = "c1."
	maxCursor    = 64 << 10
	// maxMillis is the end of the year 9999.
	maxMillis = 253402300799999
)

// IsZero reports whether c is the zero Cursor.
func (c Cursor) IsZero() bool { return c.state.phase == phaseNone }

// Loaded reports whether the records that there were at first have all been yielded:
// until then, the changes that resume from c are not complete.
func (c Cursor) Loaded() bool { return c.state.phase > phaseLoad }

// String returns the cursor as text.
func (c Cursor) String() string {
	text, _ := c.MarshalText()
	return string(text)
}

// MarshalText returns the cursor as text: printable ASCII without spaces, or an empty
// text for the zero Cursor. It never fails.
func (c Cursor) MarshalText() ([]byte, error) {
	if c.IsZero() {
		return []byte{}, nil
	}
	s := &c.state
	log, forgot := latestEvents(s.log, s.forgotten, roomInText, 0)
	b := binary.AppendUvarint(nil, uint64(len(s.workspace)))
	b = append(b, s.workspace...)
	b = binary.AppendUvarint(b, uint64(len(s.object)))
	b = append(b, s.object...)
	b = append(b, byte(s.phase))
	for _, n := range []int64{s.read, s.quiet, s.next, s.nextQuiet, s.at, s.seen, s.seenOn, s.checked, forgot.update, forgot.deletion} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	b = binary.AppendUvarint(b, uint64(len(log)))
	before := int64(0)
	for _, e := range log {
		// They are in the order of their times.
		distance := uint64(e.at-before) << 1
		before = e.at
		if e.deleted {
			distance |= 1
		}
		b = binary.AppendUvarint(b, distance)
		b = binary.BigEndian.AppendUint64(b, e.id)
		if !e.deleted {
			b = binary.BigEndian.AppendUint64(b, e.digest)
		}
	}
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return base64.RawURLEncoding.AppendEncode([]byte(cursorPrefix), b), nil
}

// UnmarshalText reads what MarshalText returned. If it is malformed, the error matches
// [ErrCursorInvalid], and the cursor stays as it was.
func (c *Cursor) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*c = Cursor{}
		return nil
	}
	if len(text) > maxCursor {
		return fmt.Errorf("%w: it is longer than %d bytes", ErrCursorInvalid, maxCursor)
	}
	encoded, ok := strings.CutPrefix(string(text), cursorPrefix)
	if !ok {
		return fmt.Errorf("%w: must begin with %q, got %q", ErrCursorInvalid, cursorPrefix, text[:min(len(text), 8)])
	}
	if strings.ContainsAny(encoded, "\r\n") {
		// The decoder would skip them.
		return fmt.Errorf("%w: it has line breaks", ErrCursorInvalid)
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return fmt.Errorf("%w: it is not as it was made: %w", ErrCursorInvalid, err)
	}
	state, err := readCursor(b)
	if err != nil {
		return fmt.Errorf("%w: it is not as it was made: %w", ErrCursorInvalid, err)
	}
	c.state = state
	return nil
}

var errCursorPart = errors.New("a part is missing or wrong")

func readCursor(b []byte) (cursorState, error) {
	end := len(b) - crc32.Size
	if end < 0 || crc32.ChecksumIEEE(b[:end]) != binary.BigEndian.Uint32(b[end:]) {
		return cursorState{}, errors.New("the checksum differs")
	}
	r := cursorReader{b: b[:end]}
	s := cursorState{workspace: string(r.bytes(r.number())), object: string(r.bytes(r.number()))}
	if phase := r.bytes(1); len(phase) == 1 {
		s.phase = cursorPhase(phase[0])
	}
	for _, n := range []*int64{&s.read, &s.quiet, &s.next, &s.nextQuiet, &s.at, &s.seen, &s.seenOn, &s.checked, &s.update, &s.deletion} {
		*n = r.number()
	}
	count := r.number()
	if count > int64(len(r.b)) {
		return cursorState{}, errCursorPart
	}
	before := int64(0)
	for range count {
		distance := r.upTo(2*maxMillis + 1)
		e := event{id: r.uint64(), at: before + distance>>1, deleted: distance&1 == 1}
		if !e.deleted {
			e.digest = r.uint64()
		}
		if before = e.at; before > maxMillis {
			r.failed = true
		}
		s.log = append(s.log, e)
	}
	if r.failed || len(r.b) > 0 || s.phase == phaseNone || s.phase >= phases {
		return cursorState{}, errCursorPart
	}
	return s, nil
}

// cursorReader reads the parts of a cursor. After one that is missing all others are.
type cursorReader struct {
	b      []byte
	failed bool
}

func (r *cursorReader) bytes(n int64) []byte {
	if r.failed || n > int64(len(r.b)) {
		r.failed = true
		return nil
	}
	part := r.b[:n]
	r.b = r.b[n:]
	return part
}

// number reads a number that is not negative, and not greater than a time can be.
func (r *cursorReader) number() int64 { return r.upTo(maxMillis) }

func (r *cursorReader) upTo(limit uint64) int64 {
	n, length := binary.Uvarint(r.b)
	if r.failed || length <= 0 || n > limit {
		r.failed = true
		return 0
	}
	r.b = r.b[length:]
	return int64(n)
}

func (r *cursorReader) uint64() uint64 {
	if part := r.bytes(8); part != nil {
		return binary.BigEndian.Uint64(part)
	}
	return 0
}

// check returns an error unless the cursor is of an object in a workspace.
func (c Cursor) check(workspace, object string) error {
	s := &c.state
	switch {
	case c.IsZero():
		return nil
	case s.object != object:
		return fmt.Errorf("%w: it is of the object %q, not of %q", ErrCursorInvalid, s.object, object)
	case s.workspace != workspace:
		return fmt.Errorf("%w: it is of the workspace %q, not of %q", ErrCursorInvalid, s.workspace, workspace)
	}
	return nil
}
