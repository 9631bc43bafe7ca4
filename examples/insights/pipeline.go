package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// figure is a number of deals, and the sum of their amounts.
type figure struct {
	Deals  int
	Amount amount
}

func (f *figure) plus(g *figure) {
	f.Deals += g.Deals
	f.Amount.plus(&g.Amount)
}

// stage is a stage of deals.
type stage struct {
	Name  string
	Class string // of its color
	Total figure
}

// period is a month, or all before or after the months that are shown.
type period struct {
	Name   string
	Month  string // 2006-01, empty for what is no month
	Stages []*figure
	Total  figure
}

// pipeline is the deals by stage and by the month in which they are to close.
type pipeline struct {
	Stages  []*stage
	Periods []*period
	Total   figure
	// Without is how many deals have no amount.
	Without int
}

const (
	monthsBefore = 5
	monthsAfter  = 6
	noStage      = "No stage"
)

// pipeline asks for all deals.
func (a *asked) pipeline(ctx context.Context, now time.Time) (*pipeline, error) {
	c, err := a.catalog(ctx)
	if err != nil || !c.has("deal") {
		return nil, err
	}
	p := &pipeline{}
	if p.Stages, err = a.stages(ctx); err != nil {
		return nil, err
	}
	earlier, later, undated := &period{Name: "Earlier"}, &period{Name: "Later"}, &period{Name: "No close date"}
	p.Periods = append(p.Periods, earlier)
	first := time.Date(now.Year(), now.Month()-monthsBefore, 1, 0, 0, 0, 0, time.UTC)
	for i := range monthsBefore + 1 + monthsAfter {
		month := first.AddDate(0, i, 0)
		p.Periods = append(p.Periods, &period{Name: month.Format("Jan 2006"), Month: month.Format("2006-01")})
	}
	p.Periods = append(p.Periods, later, undated)
	of := func(month string) *period {
		switch {
		case month == "":
			return undated
		case month < p.Periods[1].Month:
			return earlier
		}
		for _, period := range p.Periods {
			if period.Month == month {
				return period
			}
		}
		return later
	}
	// The column is a binary fraction in SQLite. The record has the number as it was sent.
	exact := "NULL"
	if c.has("deal", "amount") {
		exact = `CASE WHEN amount IS NOT NULL THEN _record -> '$.attributes.amount' END`
	}
	query := fmt.Sprintf(`SELECT %s, substr(%s, 1, 7), %s, _id FROM deal`, c.column("deal", "stage"), c.column("deal", "close_date"), exact)
	for row, err := range a.rows(ctx, query) {
		if err != nil {
			return nil, err
		}
		one := figure{Deals: 1}
		if !one.Amount.add(row[2]) {
			p.Without++
		}
		i, at := p.stage(row[0]), of(row[1])
		for len(at.Stages) <= i {
			at.Stages = append(at.Stages, &figure{})
		}
		at.Stages[i].plus(&one)
		at.Total.plus(&one)
		p.Stages[i].Total.plus(&one)
		p.Total.plus(&one)
	}
	p.Periods = slices.DeleteFunc(p.Periods, func(at *period) bool { return at.Month == "" && at.Total.Deals == 0 })
	for _, at := range p.Periods {
		for len(at.Stages) < len(p.Stages) {
			at.Stages = append(at.Stages, &figure{})
		}
	}
	return p, nil
}

// stage returns the place of a stage, which may be one that is no option any more.
func (p *pipeline) stage(name string) int {
	if name == "" {
		name = noStage
	}
	i := slices.IndexFunc(p.Stages, func(s *stage) bool { return s.Name == name })
	if i < 0 {
		i = len(p.Stages)
		p.Stages = append(p.Stages, &stage{Name: name, Class: colorOf(p.Stages, "")})
	}
	return i
}

// stages asks for the options of the field, in their order.
func (a *asked) stages(ctx context.Context) (all []*stage, err error) {
	for row, err := range a.rows(ctx, `SELECT value, color FROM _options WHERE object = 'deal' AND field = 'stage' ORDER BY position, value`) {
		if err != nil {
			return nil, err
		}
		all = append(all, &stage{Name: row[0], Class: colorOf(all, row[1])})
	}
	return all, nil
}

// colors are the colors that the style sheet has.
var colors = []string{"sky", "amber", "green", "red", "purple", "teal", "pink", "orange", "neutral"}

// colorOf returns the class of a stage after others: of its own color, or else of one that
// none of them has.
func colorOf(others []*stage, color string) string {
	free := func(color string) bool {
		return !slices.ContainsFunc(others, func(s *stage) bool { return s.Class == "c-"+color })
	}
	if slices.Contains(colors, color) && free(color) {
		return "c-" + color
	}
	for _, color := range colors {
		if free(color) {
			return "c-" + color
		}
	}
	return "c-neutral"
}
