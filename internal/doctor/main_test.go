package doctor_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// Nearly all that the tests allocate is garbage at once. With the usual setting much of
// their time goes into collecting it.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
