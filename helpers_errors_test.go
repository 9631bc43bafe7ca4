package clarify_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
)

// wantEqual checks a value.
func wantEqual[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// asError returns the [clarify.Error] in err. It ends the test if there is none.
func asError(t testing.TB, err error) *clarify.Error {
	t.Helper()
	note(err)
	var e *clarify.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %T %v, want a *clarify.Error", err, err)
	}
	return e
}

// wantIs checks whether err is about target.
func wantIs(t testing.TB, err, target error, want bool) {
	t.Helper()
	note(err)
	if got := errors.Is(err, target); got != want {
		t.Errorf("errors.Is(err, %q) is %t, want %t: %v", target, got, want, err)
	}
}

// lacks checks that a string, such as an error message, does not contain a secret.
func lacks(t testing.TB, text, secret string) {
	t.Helper()
	if strings.Contains(text, secret) {
		t.Errorf("it contains %q: %s", secret, text)
	}
}
