package main

import (
	"strings"
	"testing"
)

func TestItWinsTheDealsThatItFinds(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "Acme renewal: Won, 1200.50, [renewal]\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
