package main

import (
	"fmt"
	"math"
	"strconv"
)

// rect is a part of a chart.
type rect struct {
	X, Y, W, H float64
	Class      string
	Title      string
}

// label is text in a chart.
type label struct {
	X, Y float64
	Text string
}

// line is a line of the grid.
type line struct{ X1, Y1, X2, Y2 float64 }

// chart is what the template draws. What it says is in a table as well.
type chart struct {
	ID, Title, Text string
	Width, Height   float64
	Bars            []rect
	Lines           []line
	Left, Center    []label // by where their text is anchored: at its end, or in its middle
	Start           []label
}

// byMonth draws a column for each month, with a part for each stage.
func (p *pipeline) byMonth() *chart {
	const width, height, left, top, bottom = 1000, 320, 56, 12, 30
	c := &chart{ID: "months", Title: "Amounts by month and stage", Width: width, Height: height}
	var months []*period
	highest := 0.0
	for _, at := range p.Periods {
		if at.Month == "" {
			continue
		}
		months = append(months, at)
		sum := 0.0
		for _, f := range at.Stages {
			sum += drawn(f)
		}
		highest = math.Max(highest, sum)
	}
	c.Text = fmt.Sprintf("A column for each month from %s to %s, with a part for each stage.", months[0].Name, months[len(months)-1].Name)
	step, count := scale(highest)
	plot := float64(height - top - bottom)
	y := func(v float64) float64 { return top + plot - v/(step*float64(count))*plot }
	for i := range count + 1 {
		at := y(step * float64(i))
		c.Lines = append(c.Lines, line{left, round(at), width, round(at)})
		c.Left = append(c.Left, label{left - 8, round(at) + 4, short(step * float64(i))})
	}
	slot := float64(width-left) / float64(len(months))
	for i, month := range months {
		x := left + slot*float64(i)
		c.Center = append(c.Center, label{round(x + slot/2), height - 8, month.Name[:3] + " " + month.Name[len(month.Name)-2:]})
		base := 0.0
		for j, f := range month.Stages {
			v := drawn(f)
			if v == 0 {
				continue
			}
			// There is a gap above each part, but a small one is seen all the same.
			high := math.Max(y(base)-y(base+v)-1, 1)
			c.Bars = append(c.Bars, rect{
				X: round(x + slot*0.18), W: round(slot * 0.64), Y: round(y(base) - high), H: round(high), Class: p.Stages[j].Class,
				Title: fmt.Sprintf("%s, %s: %s in %s", month.Name, p.Stages[j].Name, &f.Amount, deals(f.Deals)),
			})
			base += v
		}
	}
	return c
}

// byStage draws a bar for each stage.
func (p *pipeline) byStage() *chart {
	const width, row, left, right = 1000, 36, 130, 170
	c := &chart{ID: "stages", Title: "Amounts by stage", Text: "A bar for each stage, of all deals.", Width: width, Height: float64(row * len(p.Stages))}
	highest := 0.0
	for _, s := range p.Stages {
		highest = math.Max(highest, drawn(&s.Total))
	}
	for i, s := range p.Stages {
		w, y := 0.0, float64(row*i)
		if highest > 0 {
			w = round(drawn(&s.Total) / highest * (width - left - right))
		}
		c.Left = append(c.Left, label{left - 10, y + 23, clip(s.Name, 18)})
		c.Bars = append(c.Bars, rect{left, y + 6, math.Max(w, 1), row - 12, s.Class, fmt.Sprintf("%s: %s in %s", s.Name, &s.Total.Amount, deals(s.Total.Deals))})
		c.Start = append(c.Start, label{left + w + 10, y + 23, s.Total.Amount.String()})
	}
	return c
}

// drawn returns what a figure is drawn as: a sum below zero has no height, which the
// table says.
func drawn(f *figure) float64 { return math.Max(0, f.Amount.float()) }

// scale returns steps of 1, 2 or 5 times a power of ten, and how many of them reach as
// high.
func scale(highest float64) (step float64, count int) {
	if highest <= 0 || math.IsInf(highest, 0) {
		return 1, 1
	}
	step = math.Pow(10, math.Floor(math.Log10(highest)))
	for _, part := range []float64{0.2, 0.5, 1, 2} {
		if count := int(math.Ceil(highest / (step * part))); count <= 5 {
			return step * part, count
		}
	}
	return step * 2, 5
}

// short returns a number for an axis, such as 250K.
func short(v float64) string {
	for _, unit := range []struct {
		from float64
		name string
	}{{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "K"}} {
		if v >= unit.from {
			return strconv.FormatFloat(v/unit.from, 'g', 6, 64) + unit.name
		}
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// round returns a coordinate with one digit after the point.
func round(v float64) float64 { return math.Round(v*10) / 10 }

func clip(text string, n int) string {
	if runes := []rune(text); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return text
}

func deals(n int) string { return counted(n, "deal", "deals") }

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
