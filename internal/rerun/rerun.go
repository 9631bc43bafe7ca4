// Package rerun tells a test how much of a long loop to run. The usual run has all of
// it. A run with the race detector or with integers of 32 bits comes on top of that, and
// much of what a test goes through in one goroutine is the same to both. A run with the
// flag -short is to be short.
package rerun

import (
	"strconv"
	"testing"
)

// Stride is how far apart the cases are that a test in a loop should take: 1 in the
// usual run, and k in others. The flags of the test must have been parsed.
func Stride(k int) int {
	if race || strconv.IntSize == 32 || testing.Short() {
		return k
	}
	return 1
}
