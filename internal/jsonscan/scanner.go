// Package jsonscan decodes JSON into Go values in one pass over the bytes, and
// several times as fast as encoding/json.
//
// It decodes what an API usually writes, and gives up at anything unusual: a syntax
// error, a duplicate member, a value that does not fit, invalid UTF-8, a rare struct
// tag. Giving up is no error. The caller then decodes the same bytes with
// encoding/json, which determines the result or the error. So only one thing has to
// hold here: what the package decodes, it decodes to what encoding/json with UseNumber
// does.
package jsonscan

import (
	"encoding/binary"
	"encoding/json"
	"sync"
)

// maxDepth is how deeply values may be nested, as in encoding/json.
const maxDepth = 10000

// Scanner reads JSON value by value. After it has given up, it behaves as at the end of
// the input, so that loops end and what they read is empty.
//
// It is not safe for concurrent use.
type Scanner struct {
	data   []byte
	pos    int
	depth  int
	failed bool
	lent   bool

	shared shared

	unescaped []byte
	texts     [256]string // short ones that were read before
	orders    [64]*order
}

// slot returns the index, of n, for a short string. n is a power of two.
func slot(b []byte, n int) int {
	h := uint64(len(b))
	if len(b) >= 4 {
		h += uint64(binary.LittleEndian.Uint32(b))<<8 ^ uint64(binary.LittleEndian.Uint32(b[len(b)-4:]))<<32
	} else {
		h += uint64(b[0])<<8 ^ uint64(b[len(b)-1])<<32
	}
	// The multiplication mixes the highest bits best.
	return int(h*0x9e3779b97f4a7c15>>32) & (n - 1)
}

var scanners = sync.Pool{New: func() any { return new(Scanner) }}

// Scan calls read with a scanner of data, which must not change meanwhile. It reports
// whether read consumed all of data and the scanner did not give up. The scanner must
// not be used afterwards. lent reports whether a part of data was passed to an
// UnmarshalJSON or UnmarshalText that might keep it.
func Scan(data []byte, read func(*Scanner)) (taken, lent bool) {
	s := scanners.Get().(*Scanner)
	s.data, s.pos, s.depth, s.failed, s.lent = data, 0, 0, false, false
	read(s)
	taken, lent = s.end(), s.lent
	s.data = nil
	s.stopSharing()
	scanners.Put(s)
	return taken, lent
}

// GiveUp ends the scan.
func (s *Scanner) GiveUp() {
	s.failed = true
	s.data, s.pos = nil, 0
}

// end reports whether only space is left.
func (s *Scanner) end() bool {
	return s.Peek() == 0 && s.pos == len(s.data) && !s.failed
}

// Peek returns the first byte of the next value, or 0 if there is none.
func (s *Scanner) Peek() byte {
	if s.pos < len(s.data) {
		if c := s.data[s.pos]; c > ' ' {
			return c
		}
	}
	return s.peekOn()
}

// peekOn skips space.
func (s *Scanner) peekOn() byte {
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		if !isSpace(c) {
			return c
		}
		s.pos++
	}
	return 0
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// Mark returns where the scanner is.
func (s *Scanner) Mark() Mark { return Mark{s.pos, s.depth} }

// Return goes back to a mark. It does nothing after the scanner has given up.
func (s *Scanner) Return(m Mark) {
	if !s.failed {
		s.pos, s.depth = m.pos, m.depth
	}
}

// Mark is a position in the data.
type Mark struct{ pos, depth int }

// Since returns the value that was read since a mark, as a part of the data.
func (s *Scanner) Since(m Mark) []byte {
	if s.failed {
		return nil
	}
	for m.pos < s.pos && isSpace(s.data[m.pos]) {
		m.pos++
	}
	return s.data[m.pos:s.pos:s.pos]
}

// Left returns how many bytes are left.
func (s *Scanner) Left() int { return len(s.data) - s.pos }

// Object enters an object, and reports whether it has a member:
//
//	for more := s.Object(); more; more = s.NextMember() {
//		name := s.Name()
//		…
//	}
func (s *Scanner) Object() bool { return s.open('{', '}') }

// NextMember reports whether the object has another member.
func (s *Scanner) NextMember() bool { return s.next('}') }

// Array enters an array, and reports whether it has an element. Use it as
// [Scanner.Object].
func (s *Scanner) Array() bool { return s.open('[', ']') }

// NextElement reports whether the array has another element.
func (s *Scanner) NextElement() bool { return s.next(']') }

func (s *Scanner) open(first, last byte) bool {
	if s.Peek() != first || s.depth == maxDepth {
		s.GiveUp()
		return false
	}
	s.pos++
	s.depth++
	if s.Peek() != last {
		return true
	}
	s.pos++
	s.depth--
	return false
}

func (s *Scanner) next(last byte) bool {
	if s.pos < len(s.data) && s.data[s.pos] == ',' {
		s.pos++
		return true
	}
	return s.nextOrLast(last)
}

func (s *Scanner) nextOrLast(last byte) bool {
	switch s.Peek() {
	case ',':
		s.pos++
		return true
	case last:
		s.pos++
		s.depth--
	default:
		s.GiveUp()
	}
	return false
}

// Name reads the name of a member. It is valid until the next call.
func (s *Scanner) Name() []byte {
	name := s.Bytes()
	if s.Peek() != ':' {
		s.GiveUp()
		return nil
	}
	s.pos++
	return name
}

// NameText reads the name of a member as a string.
func (s *Scanner) NameText() string { return s.Keep(s.Name()) }

// Number reads a number and returns its digits, which are valid until the next call.
func (s *Scanner) Number() []byte {
	s.Peek()
	b := s.data[s.pos:]
	i := 0
	if i < len(b) && b[i] == '-' {
		i++
	}
	whole := digits(b[i:])
	if whole == 0 || whole > 1 && b[i] == '0' {
		s.GiveUp()
		return nil
	}
	i += whole
	if i < len(b) && b[i] == '.' {
		fraction := digits(b[i+1:])
		if fraction == 0 {
			s.GiveUp()
			return nil
		}
		i += 1 + fraction
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		exponent := digits(b[i:])
		if exponent == 0 {
			s.GiveUp()
			return nil
		}
		i += exponent
	}
	s.pos += i
	return b[:i]
}

// NumberText reads a number as a string.
func (s *Scanner) NumberText() json.Number { return json.Number(s.keep(s.Number())) }

func digits(b []byte) int {
	n := 0
	for n < len(b) && '0' <= b[n] && b[n] <= '9' {
		n++
	}
	return n
}

// Bool reads true or false.
func (s *Scanner) Bool() bool {
	if s.word("true") {
		return true
	}
	if !s.word("false") {
		s.GiveUp()
	}
	return false
}

// Null reads null if that is the next value, and reports whether it is.
func (s *Scanner) Null() bool { return s.Peek() == 'n' && s.word("null") }

func (s *Scanner) word(w string) bool {
	if s.Peek() != w[0] || len(s.data)-s.pos < len(w) || string(s.data[s.pos:s.pos+len(w)]) != w {
		return false
	}
	s.pos += len(w)
	return true
}

// Raw reads a value and returns it as it is, as a part of the data.
func (s *Scanner) Raw() []byte {
	start := s.Mark()
	s.Skip()
	return s.Since(start)
}

// Skip reads a value and drops it.
func (s *Scanner) Skip() {
	switch s.Peek() {
	case '{':
		for more := s.Object(); more; more = s.NextMember() {
			s.Name()
			s.Skip()
		}
	case '[':
		for more := s.Array(); more; more = s.NextElement() {
			s.Skip()
		}
	case '"':
		s.Bytes()
	case 't', 'f':
		s.Bool()
	case 'n':
		if !s.Null() {
			s.GiveUp()
		}
	default:
		s.Number()
	}
}

// Any reads a value of any kind: a map[string]any, []any, string, json.Number,
// bool or nil.
func (s *Scanner) Any() any {
	switch s.Peek() {
	case '{':
		return s.Members()
	case '[':
		list := []any{}
		for more := s.Array(); more; more = s.NextElement() {
			list = append(list, s.Any())
		}
		return list
	case '"':
		return s.Text()
	case 't', 'f':
		return s.Bool()
	case 'n':
		if !s.Null() {
			s.GiveUp()
		}
		return nil
	}
	return s.NumberText()
}

// Members reads an object.
func (s *Scanner) Members() map[string]any {
	members := map[string]any{}
	for more := s.Object(); more; more = s.NextMember() {
		name := s.NameText()
		members[name] = s.Any()
	}
	return members
}
