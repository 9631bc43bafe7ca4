package jsonscan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// Keep returns b as a string. It allocates short strings that are frequent, such as the
// type of each record, only once.
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

// Bytes reads a string without allocating it. The bytes are valid until the next call.
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

// plain returns how many bytes at the start of a string need no unescaping. If ascii is
// true, they are all ASCII; if it is false, they may be.
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

// unescape reads a string whose first n bytes are plain, followed by a backslash.
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

// escape returns the character that an escape stands for, and the length of the escape,
// which is 0 if it is invalid or half of a surrogate pair.
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
