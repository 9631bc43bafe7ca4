package main

import (
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/clarify-go/clarify/internal/progress"
)

// reporter shows progress: a bar on a terminal, and otherwise a line when a step begins
// or has lasted for a while.
type reporter struct {
	w    io.Writer
	bars bool
	now  func() time.Time

	bar         *progress.Bar
	step        string
	done, total int
	written     time.Time
}

// linePause is how long no line is written about the same step.
const linePause = 10 * time.Second

func newReporter(w io.Writer) *reporter {
	return &reporter{w: w, bars: progress.IsTerminal(w), now: time.Now}
}

// report is called by one goroutine at a time.
func (r *reporter) report(step string, done, total int) {
	if step != r.step {
		r.end()
		r.step = step
		if r.bars {
			r.bar = progress.NewBar(r.w, step, 0)
		} else {
			r.line(step, done, total)
		}
	} else if !r.bars && r.now().Sub(r.written) >= linePause {
		r.line(step, done, total)
	}
	r.done, r.total = done, total
	r.bar.Draw(done, total, "")
}

func (r *reporter) line(step string, done, total int) {
	r.written = r.now()
	if total > 0 {
		fmt.Fprintf(r.w, "%s: %d of %d\n", step, done, total)
		return
	}
	fmt.Fprintf(r.w, "%s: %d\n", step, done)
}

// end ends the line of a bar.
func (r *reporter) end() {
	r.bar.End(r.done, r.total, "")
	r.bar, r.step = nil, ""
}

// optionalDuration is a flag that may not be set.
type optionalDuration struct {
	value time.Duration
	set   bool
}

var _ flag.Value = (*optionalDuration)(nil)

func (d *optionalDuration) String() string {
	if d == nil || !d.set {
		return ""
	}
	return d.value.String()
}

func (d *optionalDuration) Set(text string) (err error) {
	d.value, err = time.ParseDuration(text)
	d.set = err == nil
	return err
}
