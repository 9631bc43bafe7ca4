package backup_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/mirror/backup"
)

func TestARestoredWorkspaceIsEqualButForIDsAndWhatTheSystemSets(t *testing.T) {
	from := newServer(t, clarifytest.WithSeed(1))
	rich(t, from, 120)
	source := connect(t, from, nil)
	dir := filepath.Join(t.TempDir(), "backup")
	manifest := must[*backup.Manifest](t)(backup.Write(t.Context(), source, dir, backup.WithFiles(), backup.WithGrants()))
	if len(manifest.Skipped) > 0 {
		t.Errorf("%+v", manifest.Skipped)
	}

	t.Run("at once", func(t *testing.T) {
		to := newServer(t, clarifytest.WithSeed(2), clarifytest.WithWorkspace("copy"))
		target := connect(t, to, nil)
		journal := filepath.Join(t.TempDir(), "journal")
		report, err := backup.Restore(t.Context(), target, dir, backup.EnableWorkflows(), backup.WithJournal(journal))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range report.Problems {
			t.Logf("%+v", p)
		}
		t.Logf("%v", report.Restored)
		equal(t, from, to, dir, journal)
		from.AssertNoViolations(t)
		to.AssertNoViolations(t)
	})
	t.Run("killed after each kind of write", func(t *testing.T) {
		killed := map[string]bool{}
		restoreKilled(t, from, dir, true, func() func(*http.Request) bool {
			return func(req *http.Request) bool {
				kind := kindOf(req)
				if kind == "" || killed[kind] {
					return false
				}
				killed[kind] = true
				t.Log(kind)
				return true
			}
		})
		if len(killed) < 20 {
			t.Errorf("it was killed %d times only", len(killed))
		}
	})
	t.Run("killed at random", func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 7))
		kills := 0
		restoreKilled(t, from, dir, false, func() func(*http.Request) bool {
			kills++
			left := 2 + random.IntN(60) + 4*kills
			return func(*http.Request) bool { left--; return left < 0 }
		})
	})
}

// restoreKilled restores a backup with a killer in each attempt, until one survives.
func restoreKilled(t *testing.T, from *clarifytest.Server, dir string, after bool, when func() func(*http.Request) bool) {
	t.Helper()
	to := newServer(t, clarifytest.WithSeed(3), clarifytest.WithWorkspace("copy"))
	journal := filepath.Join(t.TempDir(), "journal")
	kills := 0
	for {
		ctx, cancel := context.WithCancel(t.Context())
		k := &killer{RoundTripper: to.HTTPClient().Transport, after: after, kill: cancel, when: when()}
		_, err := backup.Restore(ctx, connect(t, to, k), dir, backup.EnableWorkflows(), backup.WithJournal(journal))
		cancel()
		if err == nil {
			break
		}
		if !k.killed || kills > 200 {
			t.Fatalf("after %d kills: %v", kills, err)
		}
		kills++
	}
	t.Logf("killed %d times", kills)
	equal(t, from, to, dir, journal)
}

// equal fails the test unless a workspace has what a backup of another one has.
func equal(t *testing.T, from, to *clarifytest.Server, dir, journal string) {
	t.Helper()
	source, target := connect(t, from, nil), connect(t, to, nil)
	copied := filepath.Join(t.TempDir(), "copy")
	must[*backup.Manifest](t)(backup.Write(t.Context(), target, copied, backup.WithFiles(), backup.WithGrants()))
	if d := compareBackups(t, source, target, dir, copied, journal); len(d) > 0 {
		t.Errorf("%d differences:\n%s", len(d), strings.Join(d[:min(20, len(d))], "\n"))
	}
}
