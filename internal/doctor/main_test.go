package doctor_test

import (
	"os"
	"runtime/debug"
	"testing"

	"github.com/clarify-go/clarify/internal/rerun"
)

// stride leaves out most cases of the large tables in a rerun: what is concurrent is
// the same in all of them.
var stride = rerun.Stride(6)

// The tests allocate much and keep little. With the usual setting they spend much of
// their time on garbage collection.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
