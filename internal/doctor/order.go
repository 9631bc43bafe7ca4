package doctor

import (
	"context"
	"strings"
	"time"
)

// timeOf reads a time of a record.
func timeOf(value any) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, text(value))
	return t, err == nil
}

// checkOrder looks whether sorting by _created_at holds, on which reading by
// offset builds.
func checkOrder(ctx context.Context, p *probe) error {
	samples, err := p.samples(ctx)
	if err != nil {
		return err
	}
	for _, s := range samples {
		if len(s.records) < 2 {
			continue
		}
		earliest, ok, err := p.read(ctx, "getResources", sorted("ASC", p.options.Records), s.name)
		if err != nil {
			return err
		}
		if ok && !isSorted(earliest.items(), 1) || !isSorted(s.page.items(), -1) {
			p.breaks(s.page, "records are not sorted by _created_at although that was asked for")
		}
	}
	if !p.checked {
		p.notChecked("no object has two records")
	}
	return nil
}

// isSorted reports whether records are in the order of _created_at, or in the
// reverse if direction is -1.
func isSorted(items []any, direction int) bool {
	var last time.Time
	for i, item := range items {
		t, ok := timeOf(recordOf(item).attributes["_created_at"])
		if !ok || i > 0 && t.Compare(last)*direction < 0 {
			return false
		}
		last = t
	}
	return true
}

// checkTimeFilters looks whether "Is on or after" and "Is after" compare times and
// not days. Reading while others write builds on that, and so does polling for
// changes (live-api.md, O3).
func checkTimeFilters(ctx context.Context, p *probe) error {
	samples, err := p.samples(ctx)
	if err != nil {
		return err
	}
	for _, s := range samples {
		_, later, ok := sameDay(s.records, "_created_at")
		if !ok {
			continue
		}
		if err := p.checkOnOrAfter(ctx, s, later); err != nil {
			return err
		}
		if earlier, later, ok := sameDay(s.records, "_updated_at"); ok {
			return p.checkAfter(ctx, s, earlier, later)
		}
		return nil
	}
	p.notChecked("no object has two records that were created at different times of one day")
	return nil
}

// earliest sends a filter, and returns the earliest time of a field in what it
// finds. It is zero if nothing is found.
func (p *probe) earliest(ctx context.Context, s *sample, field, operator, value string) (*exchange, time.Time, bool, error) {
	q := query("sortOrder[column]", field, "sortOrder[dir]", "ASC", "page[limit]", "1", "filter["+field+"]["+operator+"]", value)
	x, ok, err := p.read(ctx, "getResources", q, s.name)
	if err != nil || !ok {
		return nil, time.Time{}, false, err
	}
	if len(x.items()) == 0 {
		return x, time.Time{}, true, nil
	}
	first, ok := timeOf(recordOf(x.items()[0]).attributes[field])
	if !ok {
		p.breaks(x, "a record that a filter for a time finds has no such time")
	}
	return x, first, ok, nil
}

func (p *probe) checkOnOrAfter(ctx context.Context, s *sample, later string) error {
	x, first, ok, err := p.earliest(ctx, s, "_created_at", "Is on or after", later)
	if err != nil || !ok {
		return err
	}
	limit, _ := timeOf(later)
	switch {
	case !first.IsZero() && first.Before(limit):
		p.breaks(x, "Is on or after finds records of the same day that are before the time: it compares days")
	case !first.Equal(limit):
		p.breaks(x, "Is on or after does not find the record that has the time itself")
	}
	return nil
}

func (p *probe) checkAfter(ctx context.Context, s *sample, earlier, later string) error {
	x, first, ok, err := p.earliest(ctx, s, "_updated_at", "Is after", earlier)
	if err != nil || !ok {
		return err
	}
	from, _ := timeOf(earlier)
	to, _ := timeOf(later)
	switch {
	case first.IsZero() || first.After(to):
		p.breaks(x, "Is after does not find a record of the same day that is after the time: it compares days")
	case first.Equal(from) && !strings.Contains(earlier, "."):
		// What is cut off the time may make it later.
	case !first.After(from):
		p.breaks(x, "Is after finds a record that is not after the time")
	}
	return nil
}

// sameDay returns two different values of a field of times, on one day.
func sameDay(records []record, field string) (earlier, later string, ok bool) {
	for i, r := range records {
		a, ok := timeOf(r.attributes[field])
		if !ok {
			continue
		}
		for _, other := range records[i+1:] {
			b, ok := timeOf(other.attributes[field])
			if !ok || a.Equal(b) || a.UTC().Format(time.DateOnly) != b.UTC().Format(time.DateOnly) {
				continue
			}
			earlier, later = text(r.attributes[field]), text(other.attributes[field])
			if b.Before(a) {
				earlier, later = later, earlier
			}
			return earlier, later, true
		}
	}
	return "", "", false
}
