package clarify_test

import (
	"testing"
	"testing/synctest"
)

// runSynctest runs a subtest in a bubble of its own, where time is fake.
func runSynctest(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}
