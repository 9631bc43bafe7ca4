package clarifytest_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

func TestLateWritesShowWithinTheirLimit(t *testing.T) {
	clock := clarifytest.NewClock(epoch)
	a := start(t, clarifytest.WithClock(clock.Now), clarifytest.WithSeed(1), clarifytest.WithLateWrites(time.Minute))
	var ids []string
	for range 20 {
		ids = append(ids, a.create("deal", `{"name":null}`))
	}
	shown := func() int { return len(a.list("deal").ids()) }

	expect(t, "records that show at once", shown(), 0)
	expect(t, "the id of a record that does not show", a.get("deal", ids[0]).id(), ids[0])
	clock.Advance(30 * time.Second)
	if n := shown(); n == 0 || n == 20 {
		t.Errorf("%d of 20 records show after half of the limit, want some of them", n)
	}
	clock.Advance(30 * time.Second)
	expect(t, "records that show after the limit", shown(), 20)
	expect(t, "their latest _updated_at", slices.Max(a.list("deal").column("_updated_at")), "2026-02-03T04:05:06.789Z")

	a.patch(http.StatusOK, "deal", ids[0], `{"name":"late"}`, "")
	expect(t, "the change shows at once", slices.Contains(a.list("deal").column("name"), "late"), false)
	clock.Advance(time.Minute)
	expect(t, "the change shows after the limit", slices.Contains(a.list("deal").column("name"), "late"), true)

	a.want(http.StatusNoContent, http.MethodDelete, "/objects/deal/records/"+ids[1], nil)
	deleted := func() int {
		return len(a.want(http.StatusOK, http.MethodGet, "/objects/deal/deleted-resources", nil).ids())
	}
	expect(t, "records that show once one is deleted", shown(), 20)
	expect(t, "deletions that show at once", deleted(), 0)
	clock.Advance(time.Minute)
	expect(t, "records that show after the limit", shown(), 19)
	expect(t, "deletions that show after the limit", deleted(), 1)
}

func TestLateWritesNeedALimit(t *testing.T) {
	_, err := clarifytest.Start(clarifytest.WithLateWrites(-time.Second))
	if err == nil {
		t.Fatal("a limit of less than nothing is accepted")
	}
	contains(t, "the error", err.Error(), "limit must be 0s or more, got -1s")
}
