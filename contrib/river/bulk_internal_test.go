package clarifyriver

import (
	"math/rand/v2"
	"testing"
)

// In whatever order records are done, it is known of each whether it is.
func TestWhatIsDoneIsKnownInWhateverOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		b := &bulk[ImportArgs, int, int]{run: &run[ImportArgs]{}}
		n := 1 + random.IntN(30)
		done := map[int]bool{}
		for _, at := range random.Perm(n) {
			b.add(at)
			done[at] = true
			first := 0
			for done[first] {
				first++
			}
			if b.progress.Done != first {
				t.Fatalf("with %v done, the first %d are, want %d", done, b.progress.Done, first)
			}
			for i := first; i < n; i++ {
				if b.isAhead(i) != done[i] {
					t.Fatalf("with %v done, %d is ahead: %v, of %v", done, i, b.isAhead(i), b.state.Ahead)
				}
			}
			for i := 1; i < len(b.state.Ahead); i++ {
				if b.state.Ahead[i-1][1] >= b.state.Ahead[i][0] {
					t.Fatalf("the spans %v are not apart", b.state.Ahead)
				}
			}
		}
		if b.progress.Done != n || len(b.state.Ahead) != 0 {
			t.Fatalf("all are done, and %d are, with %v ahead", b.progress.Done, b.state.Ahead)
		}
	}
}
