package clarifytest_test

import (
	"strings"
	"testing"
)

// expect checks one value, and reports whether it is the one that is wanted.
func expect[T comparable](t testing.TB, what string, got, want T) bool {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
	return got == want
}

// contains checks that a string has a part.
func contains(t testing.TB, what, got, part string) {
	t.Helper()
	if !strings.Contains(got, part) {
		t.Errorf("%s: got %q, want %q in it", what, got, part)
	}
}

// noError checks that there is no error, and reports whether that is so.
func noError(t testing.TB, what string, err error) bool {
	t.Helper()
	if err != nil {
		t.Errorf("%s: got %v, want none", what, err)
	}
	return err == nil
}
