// Package ladder is what the tests of mutate change.
package ladder

// Grade returns the grade for a number of points.
func Grade(points int) string {
	if points >= 90 {
		return "A"
	}
	if points >= 50 && points < 90 {
		return "B"
	}
	return "C"
}

// Untested is called by no test.
func Untested(n int) int {
	return n + 1
}
