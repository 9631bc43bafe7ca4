package sealed_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/internal/sealed"
)

func box(t testing.TB, keys ...string) *sealed.Box {
	t.Helper()
	var all [][]byte
	for _, k := range keys {
		all = append(all, []byte(strings.Repeat(k, 32)))
	}
	b, err := sealed.New(all...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOnlyTheSameKeyOpensAValueAtTheSamePlace(t *testing.T) {
	value := []byte("the refresh token")
	b := box(t, "a")
	kept := b.Seal(value, "ada")
	if bytes.Contains(kept, value) {
		t.Error("the value can be read")
	}
	if bytes.Equal(kept, b.Seal(value, "ada")) {
		t.Error("the same value is sealed to the same bytes")
	}
	if got, err := b.Open(kept, "ada"); err != nil || !bytes.Equal(got, value) {
		t.Errorf("it opens as %q, %v", got, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another key":   func() ([]byte, error) { return box(t, "b").Open(kept, "ada") },
		"another place": func() ([]byte, error) { return b.Open(kept, "grace") },
		"nothing":       func() ([]byte, error) { return b.Open(nil, "ada") },
		"a part":        func() ([]byte, error) { return b.Open(kept[:len(kept)-1], "ada") },
	} {
		if got, err := open(); !errors.Is(err, sealed.ErrKey) || got != nil {
			t.Errorf("%s: %q, %v, want ErrKey", name, got, err)
		}
	}
	for i := range kept {
		changed := bytes.Clone(kept)
		changed[i] ^= 1
		if _, err := b.Open(changed, "ada"); !errors.Is(err, sealed.ErrKey) {
			t.Errorf("with another byte %d: %v, want ErrKey", i, err)
		}
	}
}

func TestKeysAreRotated(t *testing.T) {
	old, both := box(t, "a"), box(t, "b", "a")
	kept := old.Seal([]byte("token"), "ada")
	if !old.Current(kept) || both.Current(kept) {
		t.Error("Current is not that of the first key")
	}
	value, err := both.Open(kept, "ada")
	if err != nil {
		t.Fatal(err)
	}
	again := both.Seal(value, "ada")
	if !both.Current(again) {
		t.Error("it was not sealed with the first key")
	}
	if got, err := box(t, "b").Open(again, "ada"); err != nil || string(got) != "token" {
		t.Errorf("without the old key: %q, %v", got, err)
	}
}

func TestKeysOfAnotherLengthAreInvalid(t *testing.T) {
	for _, keys := range [][][]byte{nil, {nil}, {make([]byte, 31)}, {make([]byte, 32), []byte("password")}} {
		if _, err := sealed.New(keys...); err == nil {
			t.Errorf("no error for keys of %v", keys)
		}
	}
}

func FuzzOpen(f *testing.F) {
	b := box(f, "a")
	f.Add(b.Seal([]byte("token"), "ada"), "ada")
	f.Fuzz(func(t *testing.T, kept []byte, place string) {
		value, err := b.Open(kept, place)
		if err != nil && !errors.Is(err, sealed.ErrKey) {
			t.Error(err)
		}
		if err == nil && place != "ada" {
			t.Errorf("it opened %q", value)
		}
		if got, err := b.Open(b.Seal(kept, place), place); err != nil || !bytes.Equal(got, kept) {
			t.Errorf("%q opens as %q, %v", kept, got, err)
		}
	})
}
