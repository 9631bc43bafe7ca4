package main

import (
	"fmt"
	"strings"
	"testing"
)

// measured is the output of a run in which the figures are as told, and 1 where
// nothing is told.
func measured(told map[string]float64) string {
	var b strings.Builder
	b.WriteString("goos: linux\ncpu: A Fast One\n")
	line := func(name, unit string) {
		value, ok := told[name+" "+unit]
		if !ok {
			value = 1
		}
		fmt.Fprintf(&b, "Benchmark%s-2 \t 10\t %v %s\t 5 other\n", name, value, unit)
	}
	for _, f := range figures {
		line(f.name, f.unit)
		if f.over != "" {
			line(f.over, f.unit)
		}
	}
	return b.String()
}

func TestFiguresAreHeldToTheirBounds(t *testing.T) {
	good := map[string]float64{
		"Page/encoding-json ns/op": 2, "PageDecoding/encoding-json ns/op": 2, "Export/by-hand ns/op": 12,
		"Import/none-bad %ideal": 90, "RateLimit refused": 0,
	}
	if table, missed, err := compare(parse(measured(good))); err != nil || missed != 0 || strings.Contains(table, "missed") {
		t.Fatalf("%d are missed: %v\n%s", missed, err, table)
	}
	for figure, value := range map[string]float64{
		"Request/clarify ns/op": 1.3, "Request/clarify allocs/op": 1.4, "Page/clarify ns/op": 1.1, "Export/clarify-16 ns/op": 1.1,
		"Export/clarify-1 ns/op": 13, "Memory/100000 peak-MiB": 0.5, "Import/none-bad %ideal": 89, "Import/one-percent-bad ns/op": 3.5, "Import/one-percent-bad-checked ns/op": 1.2, "RateLimit refused": 1,
		"PageDecoding/bytes-sonic-fastest ns/op": 0.8, "PageDecoding/clarify allocs/op": 3001, "PageDecoding/clarify-generated allocs/op": 3500,
	} {
		bad := map[string]float64{figure: value}
		for name, value := range good {
			if name != figure {
				bad[name] = value
			}
		}
		if table, missed, err := compare(parse(measured(bad))); err != nil || missed != 1 || strings.Count(table, "**missed**") != 1 {
			t.Errorf("%s is %v, and %d are missed: %v\n%s", figure, value, missed, err, table)
		}
	}
}

func TestAFigureThatWasNotMeasuredIsAnError(t *testing.T) {
	text := strings.ReplaceAll(measured(nil), "RateLimit", "Other")
	if _, _, err := compare(parse(text)); err == nil || !strings.Contains(err.Error(), "RateLimit") {
		t.Errorf("got %v", err)
	}
}

func TestTheMedianIsThatOfTheRounds(t *testing.T) {
	all := parse("BenchmarkA/x-16-2 1 5 ns/op\nBenchmarkA/x-16-2 1 1 ns/op\nBenchmarkA/x-16-2 1 100 ns/op\nBenchmarkA/x-16-2 1 7 ns/op\nPASS\n")
	if got, err := all.median("A/x-16", "ns/op"); err != nil || got != 6 {
		t.Errorf("got %v, %v", got, err)
	}
}
