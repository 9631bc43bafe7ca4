package clarifytest

import (
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"sync"
)

// entropy is where everything random comes from. It is safe for concurrent use.
type entropy struct {
	mu   sync.Mutex
	rnd  *rand.ChaCha8
	last uint64 // the first 48 bits of the last id
}

func newEntropy(seed *uint64, purpose byte) *entropy {
	var key [32]byte
	if seed == nil {
		crand.Read(key[:])
	} else {
		binary.BigEndian.PutUint64(key[:], *seed)
		key[31] = purpose
	}
	e := &entropy{rnd: rand.NewChaCha8(key)}
	e.last = e.rnd.Uint64() >> 18
	return e
}

// sequence is a place in what an entropy gives.
type sequence struct {
	rnd  rand.ChaCha8
	last uint64
}

func (e *entropy) sequence() sequence {
	e.mu.Lock()
	defer e.mu.Unlock()
	return sequence{*e.rnd, e.last}
}

// restore has the entropy go on from a place.
func (e *entropy) restore(s sequence) {
	e.mu.Lock()
	defer e.mu.Unlock()
	rnd := s.rnd
	e.rnd, e.last = &rnd, s.last
}

// uuid returns ids that ascend, so that records made within one millisecond
// stay in the order they were made in when they are sorted by _created_at and
// _id, and a table never needs sorting for that.
func (e *entropy) uuid() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last += 1 + e.rnd.Uint64()>>48

	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], e.last<<16|e.rnd.Uint64()>>48)
	binary.BigEndian.PutUint64(b[8:], e.rnd.Uint64())
	return formatUUID(b)
}

// derivedID is a UUID that follows from some texts, for what is not worth
// keeping an id of.
func derivedID(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return formatUUID([16]byte(sum[:16]))
}

func formatUUID(b [16]byte) string {
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[:8], b[:4])
	hex.Encode(text[9:13], b[4:6])
	hex.Encode(text[14:18], b[6:8])
	hex.Encode(text[19:23], b[8:10])
	hex.Encode(text[24:], b[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

func (e *entropy) number() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.rnd.Uint64()
}

func (e *entropy) hex() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], e.rnd.Uint64())
	binary.BigEndian.PutUint64(b[8:], e.rnd.Uint64())
	return hex.EncodeToString(b[:])
}

func (e *entropy) digits(n int) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	text := make([]byte, n)
	for i := range text {
		text[i] = '0' + byte(e.rnd.Uint64()%10)
	}
	return string(text)
}
