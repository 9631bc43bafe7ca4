package jsonscan

import "strings"

const (
	// maxShared is how long a string is that shares memory with others.
	maxShared = 1024
	// minChunk is how much memory strings share at least.
	minChunk = 64
)

// shared is memory for the strings and the lists of one record: strings that are freed
// together are allocated together.
type shared struct {
	on     bool
	text   strings.Builder // never grown, so that strings in it stay where they are
	list   []string        // likewise
	used   int             // by the strings of this record, without those in text
	listed int             // by the lists of this record, without those in list
	// What a record is expected to need.
	usual, usualList int
}

// Share has the strings that are read from now on share memory: they belong to one
// record. Each of them keeps the others alive, and nothing else.
func (s *Scanner) Share() {
	m := &s.shared
	m.usual = max(m.used+m.text.Len(), m.usual-m.usual/8)
	m.usualList = max(m.listed+len(m.list), m.usualList-m.usualList/8)
	m.on, m.text, m.list, m.used, m.listed = true, strings.Builder{}, nil, 0, 0
}

// stopSharing ends what Share began.
func (s *Scanner) stopSharing() {
	if s.shared.on {
		s.Share()
		s.shared.on = false
	}
}

// Text reads a string.
func (s *Scanner) Text() string { return s.keep(s.Bytes()) }

// RawText reads a value and returns it as it is.
func (s *Scanner) RawText() string { return s.keep(s.Raw()) }

// keep returns b as a string.
func (s *Scanner) keep(b []byte) string {
	text := &s.shared.text
	start := text.Len()
	if len(b) > text.Cap()-start {
		return s.keepMore(b)
	}
	text.Write(b)
	return text.String()[start:]
}

// keepMore keeps a string that the shared memory has no room for.
func (s *Scanner) keepMore(b []byte) string {
	m := &s.shared
	switch {
	case !m.on:
		return s.Keep(b)
	case len(b) > maxShared:
		return string(b)
	}
	size := m.usual
	if m.text.Cap() > 0 {
		size /= 4
	}
	// What is left of the document limits what is left of the record.
	size = max(len(b), min(max(size, minChunk), len(b)+s.Left()))
	m.used += m.text.Len()
	m.text = strings.Builder{}
	m.text.Grow(size)
	m.text.Write(b)
	return m.text.String()
}

// Strings reads a list of strings, or stops at an element that is none and reports
// false.
func (s *Scanner) Strings() (list []string, ok bool) {
	start := len(s.shared.list)
	for more := s.Array(); more; more = s.NextElement() {
		if s.Peek() != '"' {
			s.shared.list = s.shared.list[:start]
			return nil, false
		}
		if len(s.shared.list) == cap(s.shared.list) {
			start = s.growList(start)
		}
		s.shared.list = append(s.shared.list, s.Text())
	}
	list = s.shared.list[start:len(s.shared.list):len(s.shared.list)]
	if !s.shared.on {
		s.shared.list = nil
	}
	if list == nil {
		list = []string{}
	}
	return list, true
}

// growList makes room for more elements of a list that begins at start, and returns
// where it begins now.
func (s *Scanner) growList(start int) int {
	m := &s.shared
	begun := m.list[start:]
	size := m.usualList
	if cap(m.list) > 0 || !m.on {
		size = 2*len(begun) + 1
	}
	m.listed += start
	m.list = append(make([]string, 0, max(size, len(begun)+1)), begun...)
	return 0
}
