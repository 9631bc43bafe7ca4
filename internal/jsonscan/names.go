package jsonscan

import (
	"bytes"
	"sync/atomic"
)

// Names finds the names of members. It is safe for concurrent use.
type Names struct {
	names []string
	exact map[string]int
	fold  Fold
	slot  uint32 // where a scanner has the order of these names
}

// Fold says what becomes of a name that differs from one of the names only in case.
type Fold int

const (
	// Exact names have no other spelling.
	Exact Fold = iota
	// Folded ones stand for the name, as in encoding/json.
	Folded
	// FoldedGivesUp makes the scanner give up.
	FoldedGivesUp
)

var slots atomic.Uint32

// NewNames returns names, all different.
func NewNames(fold Fold, names ...string) *Names {
	n := &Names{names: names, exact: make(map[string]int, len(names)), fold: fold, slot: slots.Add(1)}
	for i, name := range names {
		n.exact[name] = i
	}
	return n
}

// find returns the index of a name, or -1.
func (n *Names) find(s *Scanner, name []byte) int {
	if i, ok := n.exact[string(name)]; ok {
		return i
	}
	if n.fold == Exact {
		return -1
	}
	for i := range n.names {
		if bytes.EqualFold([]byte(n.names[i]), name) {
			if n.fold == FoldedGivesUp {
				s.GiveUp()
			}
			return i
		}
	}
	return -1
}

// order has the names of members in the order in which they came, which is usually the
// same for all objects of a kind.
type order struct {
	of    *Names
	steps []step
}

type step struct {
	literal string // the name with its quotes and a colon
	at      int
}

func (s *step) name() string { return s.literal[1 : len(s.literal)-2] }

const (
	// maxUnknown is how many names that no field has are remembered.
	maxUnknown = 256
	// maxName is how long a name is that is remembered.
	maxName = 128
)

// Cursor reads the names of an object's members:
//
//	c := names.Cursor(s)
//	for more := s.Object(); more; more = s.NextMember() {
//		switch c.Next() {
//		…
//		}
//	}
type Cursor struct {
	s    *Scanner
	of   *order
	next int // the step that is likely to be next
	name string
	seen [4]uint64
	more []uint64 // for names that seen has no room for
}

// Cursor returns a cursor for one object.
func (n *Names) Cursor(s *Scanner) Cursor {
	known := &s.orders[n.slot%uint32(len(s.orders))]
	if *known == nil || (*known).of != n {
		*known = &order{of: n}
	}
	return Cursor{s: s, of: *known}
}

// Next reads the name of a member and returns its index in the names, or -1. The scanner
// gives up at a name that was seen before in the object.
func (c *Cursor) Next() int {
	if c.next < len(c.of.steps) {
		step := &c.of.steps[c.next]
		if b := c.s.data[c.s.pos:]; len(b) >= len(step.literal) && string(b[:len(step.literal)]) == step.literal {
			c.s.pos += len(step.literal)
			c.next++
			if i := step.at; uint(i) < uint(len(c.seen)*64) && c.seen[i/64]&(1<<(i%64)) == 0 {
				// What found does, without a call.
				c.seen[i/64] |= 1 << (i % 64)
				c.name = step.literal
				return i
			}
			return c.found(step)
		}
	}
	return c.look()
}

func (c *Cursor) found(step *step) int {
	i := step.at
	if uint(i) < uint(len(c.seen)*64) {
		if c.seen[i/64]&(1<<(i%64)) != 0 {
			c.s.GiveUp()
		}
		c.seen[i/64] |= 1 << (i % 64)
	} else if i >= 0 {
		c.foundMore(i - len(c.seen)*64)
	}
	c.name = step.literal
	return i
}

func (c *Cursor) foundMore(i int) {
	if c.more == nil {
		c.more = make([]uint64, len(c.of.of.names)/64+1)
	}
	if c.more[i/64]&(1<<(i%64)) != 0 {
		c.s.GiveUp()
	}
	c.more[i/64] |= 1 << (i % 64)
}

// look reads a name that is not the one that was likely.
func (c *Cursor) look() int {
	s := c.s
	s.Peek()
	start := s.pos
	name := s.Bytes()
	plain := !s.failed && s.pos-start == len(name)+2 // without escapes
	if s.Peek() != ':' {
		s.GiveUp()
		return -1
	}
	s.pos++
	steps := c.of.steps
	for i := range steps {
		// Those that are likely come first.
		if i += c.next; i >= len(steps) {
			i -= len(steps)
		}
		if steps[i].name() == string(name) {
			c.next = i + 1
			return c.found(&steps[i])
		}
	}
	found := step{`"` + string(name) + `":`, c.of.of.find(s, name)}
	if plain && !s.failed && len(name) <= maxName && len(steps) < len(c.of.of.names)+maxUnknown {
		c.next = min(c.next, len(steps))
		c.of.steps = append(steps[:c.next:c.next], append([]step{found}, steps[c.next:]...)...)
		c.next++
	}
	return c.found(&found)
}

// Name returns the last name that was read.
func (c *Cursor) Name() string {
	if c.name == "" {
		return ""
	}
	return c.name[1 : len(c.name)-2]
}
