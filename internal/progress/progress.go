// Package progress draws progress bars.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// Bar is a progress bar in one line of a terminal, which it draws again at most
// ten times a second. A Bar that is nil draws nothing.
type Bar struct {
	w     io.Writer
	unit  string
	now   func() time.Time
	began time.Time
	first int // where it began

	mu    sync.Mutex
	drawn time.Time
	width int // of the line that is there
}

// NewBar returns a bar that counts things of a unit, such as rows, from first on.
func NewBar(w io.Writer, unit string, first int) *Bar {
	return &Bar{w: w, unit: unit, now: time.Now, began: time.Now(), first: first}
}

// IsTerminal reports whether somebody may be looking at what is written to w.
func IsTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

const (
	maxCells = 24
	// A line that is longer than the terminal is wide cannot be drawn over.
	maxWidth = 79
)

// Draw draws the bar for done of total, which is 0 if it is not known, with a
// note behind it.
func (b *Bar) Draw(done, total int, note string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if now.Sub(b.drawn) < 100*time.Millisecond {
		return
	}
	b.drawn = now
	b.line(done, total, note, now)
}

// End draws the bar once more and ends its line.
func (b *Bar) End(done, total int, note string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.line(done, total, note, b.now())
	fmt.Fprintln(b.w)
}

func (b *Bar) line(done, total int, note string, now time.Time) {
	var line strings.Builder
	if total > 0 {
		fmt.Fprintf(&line, "%d of %d %s", done, total, b.unit)
	} else {
		fmt.Fprintf(&line, "%d %s", done, b.unit)
	}
	if took := now.Sub(b.began); took >= time.Second && done > b.first {
		speed := float64(done-b.first) / took.Seconds()
		fmt.Fprintf(&line, ", %.0f/s", speed)
		if left := float64(max(0, total-done)) / speed; total > done && left < 1e6 {
			fmt.Fprintf(&line, ", %v left", time.Duration(left*float64(time.Second)).Round(time.Second))
		}
	}
	if note != "" {
		line.WriteString(", " + note)
	}
	text := line.String()
	if cells := min(maxCells, maxWidth-len("[] ")-len(text)); total > 0 && cells >= maxCells/4 {
		full := min(cells, cells*done/total)
		text = "[" + strings.Repeat("#", full) + strings.Repeat(".", cells-full) + "] " + text
	}
	text = text[:min(len(text), maxWidth)]
	// What is left of a longer line is wiped out.
	fmt.Fprint(b.w, "\r", text, strings.Repeat(" ", max(0, b.width-len(text))))
	b.width = len(text)
}
