package postgres_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/mirror"
)

// wide is a table like that of an object.
var wide = func() mirror.Table {
	t := mirror.Table{Name: "person", KeyColumns: 1, Columns: []mirror.Column{{Name: "_id", Kind: mirror.Text}}}
	for i := range 18 {
		t.Columns = append(t.Columns, mirror.Column{Name: fmt.Sprint("c", i), Kind: []mirror.Kind{mirror.Text, mirror.Number, mirror.Time}[i%3]})
	}
	t.Columns = append(t.Columns, mirror.Column{Name: "_record", Kind: mirror.JSON})
	return t
}()

// person returns a row of wide.
func person(i, version int) mirror.Row {
	r := mirror.Row{mirror.TextValue(fmt.Sprintf("0197%08x-%d", uint32(i)*2654435761, i))}
	for j := range 18 {
		r = append(r, mirror.TextValue([]string{fmt.Sprint("value ", i, j, version), fmt.Sprint(i, ".5"), "2026-01-02T15:04:05.678Z"}[j%3]))
	}
	return append(r, mirror.TextValue(fmt.Sprintf(`{"version":%d,"text":"%s"}`, version, strings.Repeat("x y ", 250))))
}

const (
	batchRows = 2000 // as many as a run writes in a transaction
	tableRows = 50_000
)

// BenchmarkLoad writes new rows.
func BenchmarkLoad(b *testing.B) {
	d := newDatabase(b, sharedURL(b), wide)
	d.lock()
	n := 0
	for b.Loop() {
		b.StopTimer()
		var rows []mirror.Row
		for range batchRows {
			rows = append(rows, person(n, 0))
			n++
		}
		b.StartTimer()
		d.upsert("person", rows...)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkChanges changes rows of a large table: as a run does, and in a transaction
// for each row. The server of the tests does not wait for the disk, for which the latter
// would wait most of its time.
func BenchmarkChanges(b *testing.B) {
	d := newDatabase(b, sharedURL(b), wide)
	d.lock()
	for i := 0; i < tableRows; i += batchRows {
		var rows []mirror.Row
		for j := range batchRows {
			rows = append(rows, person(i+j, 0))
		}
		d.upsert("person", rows...)
	}
	version := 0
	for _, size := range []int{batchRows, 100, 1} {
		b.Run(fmt.Sprint("rows=", size), func(b *testing.B) {
			n := 0
			for b.Loop() {
				b.StopTimer()
				version++
				var rows []mirror.Row
				for range size {
					rows = append(rows, person(n*7919%tableRows, version))
					n++
				}
				b.StartTimer()
				d.upsert("person", rows...)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
