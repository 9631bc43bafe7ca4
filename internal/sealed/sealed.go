// Package sealed encrypts what is kept in places that others can read, such as the
// tokens in a database, with AES-GCM and keys of the caller. Keys can be rotated.
package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"fmt"
)

// ErrKey is matched, by [errors.Is], when a value was sealed with none of the keys,
// or for another place, or was changed since.
var ErrKey = errors.New("it was not sealed with one of the keys for this place")

const (
	// version is the first byte of a sealed value.
	version = 1
	// idSize is how many bytes say which key a value was sealed with.
	idSize = 4
	header = 1 + idSize
)

// Box seals and opens values. It is safe for concurrent use.
type Box struct{ keys []key } // the first one seals

type key struct {
	id   [idSize]byte
	aead cipher.AEAD // puts a random nonce before the ciphertext
}

// New returns a Box. The first key seals, and all of them open: to rotate keys, put the
// new one before the old one, and remove that when nothing is sealed with it. A key
// has 16, 24 or 32 random bytes.
func New(keys ...[]byte) (*Box, error) {
	if len(keys) == 0 {
		return nil, errors.New("there is no key: pass one of 32 random bytes")
	}
	b := &Box{}
	for i, k := range keys {
		block, err := aes.NewCipher(k)
		if err != nil {
			return nil, fmt.Errorf("key %d has %d bytes, want 16, 24 or 32", i+1, len(k))
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(append([]byte("clarify-go sealed key\x00"), k...))
		b.keys = append(b.keys, key{[idSize]byte(sum[:]), aead})
	}
	return b, nil
}

// Seal encrypts a value for a place, such as the name of a user: it opens only there,
// so that nobody can move it to another one.
func (b *Box) Seal(value []byte, place string) []byte {
	first := b.keys[0]
	sealed := append([]byte{version}, first.id[:]...)
	return first.aead.Seal(sealed, nil, value, append(sealed[:header:header], place...))
}

// Open decrypts what Seal returned for the same place. The error matches ErrKey.
func (b *Box) Open(sealed []byte, place string) ([]byte, error) {
	if len(sealed) < header || sealed[0] != version {
		return nil, ErrKey
	}
	for _, k := range b.keys {
		if k.id != [idSize]byte(sealed[1:]) {
			continue
		}
		if value, err := k.aead.Open(nil, nil, sealed[header:], append(sealed[:header:header], place...)); err == nil {
			return value, nil
		}
	}
	return nil, ErrKey
}

// Current reports whether a value was sealed with the first key, so that it need not be
// sealed again.
func (b *Box) Current(sealed []byte) bool {
	return len(sealed) >= header && sealed[0] == version && b.keys[0].id == [idSize]byte(sealed[1:])
}
