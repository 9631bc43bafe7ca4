package contract_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// The tests decode and encode some 30,000 documents and keep none of them. With the
// usual setting a quarter of their time goes into collecting garbage.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
