// Package entropy makes the sandbox's ids, credentials and other random values:
// at random, or the same ones again from a seed.
//
// It must not know what the values are for, and imports only the standard
// library.
package entropy

import (
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"sync"
)

// A Source is a sequence of random values. It is safe for concurrent use.
type Source struct {
	mu   sync.Mutex
	rnd  *rand.ChaCha8
	last uint64 // the first 48 bits of the last UUID
}

// New returns a source. The same seed and purpose always give the same values;
// without a seed they are random. Sources with different purposes are
// independent of each other.
func New(seed *uint64, purpose byte) *Source {
	var key [32]byte
	if seed == nil {
		crand.Read(key[:])
	} else {
		binary.BigEndian.PutUint64(key[:], *seed)
		key[31] = purpose
	}
	s := &Source{rnd: rand.NewChaCha8(key)}
	s.last = s.rnd.Uint64() >> 18
	return s
}

// A Position is a place in the sequence of a source.
type Position struct {
	rnd  rand.ChaCha8
	last uint64
}

// Position returns the place that the source has reached.
func (s *Source) Position() Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Position{*s.rnd, s.last}
}

// Restore makes the source continue from a position.
func (s *Source) Restore(p Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rnd := p.rnd
	s.rnd, s.last = &rnd, p.last
}

// UUID returns a UUID that is greater than the one before, so that records
// created within one millisecond keep their order when they are sorted by
// _created_at and _id, and a table never needs sorting for that.
func (s *Source) UUID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last += 1 + s.rnd.Uint64()>>48

	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], s.last<<16|s.rnd.Uint64()>>48)
	binary.BigEndian.PutUint64(b[8:], s.rnd.Uint64())
	return formatUUID(b)
}

// DerivedUUID returns a UUID that follows from some strings, for things whose
// id is not worth storing.
func DerivedUUID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return formatUUID([16]byte(sum[:16]))
}

func formatUUID(b [16]byte) string {
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	var s [36]byte
	hex.Encode(s[:8], b[:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:], b[10:])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}

// Number returns a random number of 64 bits.
func (s *Source) Number() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rnd.Uint64()
}

// Hex returns 128 random bits as 32 hexadecimal digits.
func (s *Source) Hex() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], s.rnd.Uint64())
	binary.BigEndian.PutUint64(b[8:], s.rnd.Uint64())
	return hex.EncodeToString(b[:])
}

// Digits returns n random decimal digits.
func (s *Source) Digits(n int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	digits := make([]byte, n)
	for i := range digits {
		digits[i] = '0' + byte(s.rnd.Uint64()%10)
	}
	return string(digits)
}
