package doctor_test

import (
	"flag"
	"os"
	"runtime/debug"
	"testing"

	"github.com/clarify-go/clarify/internal/rerun"
)

// stride leaves out most cases of the large tables in all but the usual run: what is
// concurrent is the same in all of them.
var stride int

// The tests allocate much and keep little. With the usual setting they spend much of
// their time on garbage collection.
func TestMain(m *testing.M) {
	flag.Parse()
	stride = rerun.Stride(24)
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
