package progress

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBarDrawsOneLine(t *testing.T) {
	var out strings.Builder
	b := NewBar(&out, "rows", 100)
	now := b.began
	b.now = func() time.Time { return now }
	b.Draw(100, 1000, "a long note")
	b.Draw(150, 1000, "too soon to be drawn")
	now = now.Add(10 * time.Second)
	b.Draw(600, 1000, "")
	b.End(1000, 1000, "done")
	lines := strings.Split(out.String(), "\r")
	want := []string{
		"",
		"[##......................] 100 of 1000 rows, a long note",
		"[##############..........] 600 of 1000 rows, 50/s, 8s left",
		"[########################] 1000 of 1000 rows, 90/s, done",
	}
	if len(lines) != len(want) {
		t.Fatalf("got %q", lines)
	}
	for i := range want {
		if strings.TrimRight(lines[i], " \n") != want[i] {
			t.Errorf("got %q, want %q", lines[i], want[i])
		}
	}
	out.Reset()
	b.Draw(7, 0, "")
	now = now.Add(time.Second)
	b.Draw(7, 0, "")
	if got := strings.TrimRight(out.String(), " "); got != "\r7 rows" {
		t.Errorf("without a total: %q", got)
	}
	// A line that is wrapped would not be drawn over.
	out.Reset()
	b.width = 0
	b.End(100_000, 1_000_000, "99000 in, 1000 refused")
	b.End(1, 2, strings.Repeat("long ", 40))
	for line := range strings.SplitSeq(out.String(), "\n") {
		if n := len(strings.TrimPrefix(line, "\r")); n > 79 {
			t.Errorf("%d wide: %q", n, line)
		}
	}
	if !strings.Contains(out.String(), "[#") {
		t.Errorf("there is no bar: %q", out.String())
	}
	if IsTerminal(&out) {
		t.Error("a text is taken for a terminal")
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if IsTerminal(file) {
		t.Error("a file is taken for a terminal")
	}
	var none *Bar
	none.Draw(1, 2, "")
	none.End(1, 2, "")
}
