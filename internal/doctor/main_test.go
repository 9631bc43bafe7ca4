package doctor_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// The tests allocate much and keep little. With the usual setting they spend much of
// their time on garbage collection.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
