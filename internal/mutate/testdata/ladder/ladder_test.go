package ladder

import "testing"

// No test has 50 points, so that one boundary goes untested.
func TestGrade(t *testing.T) {
	for points, want := range map[int]string{95: "A", 90: "A", 89: "B", 51: "B", 49: "C", 0: "C"} {
		if got := Grade(points); got != want {
			t.Errorf("Grade(%d) = %q, want %q", points, got, want)
		}
	}
}
