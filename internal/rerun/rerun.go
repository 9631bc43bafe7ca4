// Package rerun tells a test whether it runs once more in another way: with the race
// detector, or with integers of 32 bits. Some of what a test goes through, in one
// goroutine, is the same to both, and the usual run has gone through all of it.
package rerun

import "strconv"

// Race reports whether the race detector is on.
const Race = race

// Stride is how far apart the cases are that a test in a loop should take: k in a run
// with the race detector or with integers of 32 bits, and 1 otherwise.
func Stride(k int) int {
	if race || strconv.IntSize == 32 {
		return k
	}
	return 1
}
