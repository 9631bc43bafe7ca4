// Package jsonscan decodes JSON into Go values in one pass over the bytes, and
// several times as fast as encoding/json.
//
// It takes what an API writes and gives up at everything that is out of the
// ordinary: a syntax error, a member that comes twice, a value that does not
// fit, invalid UTF-8, a struct tag that is seldom used. Giving up is no error.
// Whoever called has encoding/json decode the same bytes, and that decides what
// they are or what is wrong with them. So all that has to hold here is this: what
// it does decode, it decodes to what encoding/json with UseNumber does.
package jsonscan

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep values may be nested, as in encoding/json.
const maxDepth = 10000

// Scanner reads JSON value by value. Once it has given up, everything that is
// left looks like the end of the input, so that loops end and what they read is
// empty.
//
// It is not safe for concurrent use.
type Scanner struct {
	data   []byte
	pos    int
	depth  int
	failed bool
	lent   bool

	unescaped []byte
	texts     [256]string // short ones that were read before
	members   [256]member // names that were looked up before
}

// member is what became of a name in the objects for a struct.
type member struct {
	of   *structure
	name string
	at   int
}

// slot is where among n, a power of two, something is kept for a short text.
func slot(b []byte, n int) int {
	h := uint64(len(b))
	if len(b) >= 4 {
		h += uint64(binary.LittleEndian.Uint32(b))<<8 ^ uint64(binary.LittleEndian.Uint32(b[len(b)-4:]))<<32
	} else {
		h += uint64(b[0])<<8 ^ uint64(b[len(b)-1])<<32
	}
	// The bits that the multiplication has mixed best are the highest.
	return int(h*0x9e3779b97f4a7c15>>32) & (n - 1)
}

var scanners = sync.Pool{New: func() any { return new(Scanner) }}

// Scan has read read data, which must not change meanwhile, and reports whether
// it read all of it and the scanner did not give up. The scanner is of no use
// afterwards. It reports as well whether a part of data was lent to an
// UnmarshalJSON or UnmarshalText that is not known to leave it alone afterwards.
func Scan(data []byte, read func(*Scanner)) (taken, lent bool) {
	s := scanners.Get().(*Scanner)
	s.data, s.pos, s.depth, s.failed, s.lent = data, 0, 0, false, false
	read(s)
	taken, lent = s.end(), s.lent
	s.data = nil
	scanners.Put(s)
	return taken, lent
}

// GiveUp ends the scan.
func (s *Scanner) GiveUp() {
	s.failed = true
	s.data, s.pos = nil, 0
}

// end reports whether everything was read and only space is left.
func (s *Scanner) end() bool {
	return s.Peek() == 0 && s.pos == len(s.data) && !s.failed
}

// Peek returns the first byte of what comes next, 0 if nothing does.
func (s *Scanner) Peek() byte {
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		if c > ' ' || c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c
		}
		s.pos++
	}
	return 0
}

// Mark returns where the next value begins.
func (s *Scanner) Mark() Mark {
	s.Peek()
	return Mark{s.pos, s.depth}
}

// Return goes back to where the scanner stood. It does nothing once the scanner
// has given up.
func (s *Scanner) Return(m Mark) {
	if !s.failed {
		s.pos, s.depth = m.pos, m.depth
	}
}

// Mark is a place in what is scanned.
type Mark struct{ pos, depth int }

// Since returns what was read since the scanner stood there, a part of what is
// scanned.
func (s *Scanner) Since(m Mark) []byte {
	if s.failed {
		return nil
	}
	return s.data[m.pos:s.pos:s.pos]
}

// Left returns how many bytes are left.
func (s *Scanner) Left() int { return len(s.data) - s.pos }

// Object begins an object, and reports whether it has a member:
//
//	for more := s.Object(); more; more = s.NextMember() {
//		name := s.Name()
//		…
//	}
func (s *Scanner) Object() bool { return s.open('{', '}') }

// NextMember reports whether the object has another member.
func (s *Scanner) NextMember() bool { return s.next('}') }

// Array begins an array, and reports whether it has an element, as
// [Scanner.Object] does.
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

// NameText reads the name of a member and makes a string of it.
func (s *Scanner) NameText() string { return s.Keep(s.Name()) }

// Which reads the name of a member and returns which of the names it is, -1 if it
// is another. It gives up at one that was seen before, and at one that differs in
// case alone, which to encoding/json is the same.
func (s *Scanner) Which(names []string, seen *uint) int {
	name := s.Name()
	for i, n := range names {
		if string(name) == n {
			if *seen&(1<<i) != 0 {
				break
			}
			*seen |= 1 << i
			return i
		}
	}
	for _, n := range names {
		if bytes.EqualFold(name, []byte(n)) {
			s.GiveUp()
		}
	}
	return -1
}

// Text reads a text.
func (s *Scanner) Text() string { return s.Keep(s.Bytes()) }

// Keep returns a string of b. Short ones that come again and again, such as the
// type of each record, are made once.
func (s *Scanner) Keep(b []byte) string {
	const short = 16
	if len(b) == 0 || len(b) > short {
		return string(b)
	}
	known := &s.texts[slot(b, len(s.texts))]
	if *known != string(b) {
		*known = string(b)
	}
	return *known
}

// Bytes reads a text without making a string of it. The bytes are valid until
// the next call.
func (s *Scanner) Bytes() []byte {
	if s.Peek() != '"' {
		s.GiveUp()
		return nil
	}
	b := s.data[s.pos+1:]
	n, ascii := plain(b)
	if n == len(b) || !ascii && !utf8.Valid(b[:n]) {
		s.GiveUp()
		return nil
	}
	switch b[n] {
	case '"':
		s.pos += n + 2
		return b[:n]
	case '\\':
		return s.unescape(b, n)
	}
	s.GiveUp()
	return nil
}

// plain returns how many bytes of a text stand for themselves, and whether they
// are all ASCII. If not, they may still be.
func plain(b []byte) (n int, ascii bool) {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	var high uint64
	for ; n+8 <= len(b); n += 8 {
		x := binary.LittleEndian.Uint64(b[n:])
		quote, backslash := x^ones*'"', x^ones*'\\'
		// The lowest bit that is set belongs to the first byte that is a control
		// character, a quote or a backslash. Bits above it may be set by a borrow.
		if stop := ((x-ones*' ')&^x | (quote-ones)&^quote | (backslash-ones)&^backslash) & highs; stop != 0 {
			return n + bits.TrailingZeros64(stop)/8, (high|x)&highs == 0
		}
		high |= x
	}
	for ; n < len(b); n++ {
		if c := b[n]; c < ' ' || c == '"' || c == '\\' {
			break
		}
		high |= uint64(b[n])
	}
	return n, high&highs == 0
}

// unescape reads a text of which the first n bytes are plain, and the next is a
// backslash.
func (s *Scanner) unescape(b []byte, n int) []byte {
	out := append(s.unescaped[:0], b[:n]...)
	for i := n; i < len(b); {
		if b[i] == '"' {
			s.pos += i + 2
			s.unescaped = out
			return out
		}
		if b[i] != '\\' {
			n, ascii := plain(b[i:])
			if n == 0 || !ascii && !utf8.Valid(b[i:i+n]) {
				break
			}
			out = append(out, b[i:i+n]...)
			i += n
			continue
		}
		r, size := escape(b[i:])
		if size == 0 {
			break
		}
		out = utf8.AppendRune(out, r)
		i += size
	}
	s.GiveUp()
	return nil
}

// escape returns the character that an escape stands for, and how long it is: 0
// if it is none, or one half of a character.
func escape(b []byte) (r rune, size int) {
	if len(b) < 2 {
		return 0, 0
	}
	switch c := b[1]; c {
	case '"', '\\', '/':
		return rune(c), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	r, ok := hex(b)
	if !ok || !utf16.IsSurrogate(r) {
		if !ok {
			return 0, 0
		}
		return r, 6
	}
	low, ok := hex(b[6:])
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

// hex reads \u and four digits.
func hex(b []byte) (r rune, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	for _, c := range b[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// Number reads a number and returns its digits. They are valid until the next
// call.
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

// Null reads null if it comes next, and reports whether it did.
func (s *Scanner) Null() bool { return s.word("null") }

func (s *Scanner) word(w string) bool {
	if s.Peek() != w[0] || len(s.data)-s.pos < len(w) || string(s.data[s.pos:s.pos+len(w)]) != w {
		return false
	}
	s.pos += len(w)
	return true
}

// Raw reads a value and returns it as it stands there, a part of what is
// scanned.
func (s *Scanner) Raw() []byte {
	start := s.Mark()
	s.Skip()
	return s.Since(start)
}

// Skip reads a value and forgets it.
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
	return json.Number(s.Number())
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
