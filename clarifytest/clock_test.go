package clarifytest_test

import (
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

func TestAClockStandsStillUntilItIsMoved(t *testing.T) {
	clock := clarifytest.NewClock(epoch)
	a := start(t, clarifytest.WithClock(clock.Now))
	stamps := func() []string { return a.list("deal").column("_created_at") }

	a.create("deal", `{}`)
	a.create("deal", `{}`)
	clock.Advance(90 * time.Minute)
	a.create("deal", `{}`)
	clock.Set(epoch.Add(-time.Hour))
	a.create("deal", `{}`)
	equal(t, "_created_at", stamps(), []string{
		"2026-02-03T03:05:06.789Z", "2026-02-03T04:05:06.789Z", "2026-02-03T04:05:06.789Z", "2026-02-03T05:35:06.789Z",
	})
}
