package mirror_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/mirror"
)

// people is a server with many people, each created a second after the one before.
// It makes its responses with as little work as possible, after a delay.
type people struct {
	total    int
	delay    time.Duration
	requests atomic.Int64
	changed  int // how many of the last ones were updated
}

var begin = time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)

const (
	isoMillis   = "2006-01-02T15:04:05.000Z"
	personStart = `{"type":"person","id":"`
)

// updated is when a person was updated. The order is that of their creation.
func (p *people) updated(i int) time.Time {
	at := begin.Add(time.Duration(i) * time.Second)
	if i >= p.total-p.changed {
		at = at.Add(time.Duration(p.total) * time.Second)
	}
	return at
}

// noLimit lets every request through.
type noLimit struct{}

func (noLimit) Acquire(context.Context, clarify.LimitRequest) (int64, error) { return 0, nil }
func (noLimit) Release(clarify.LimitRequest, int64, http.Header)             {}

// record appends a person.
func (p *people) record(b []byte, i int) []byte {
	id := fmt.Appendf(nil, "%08x-%04x-4000-8000-%012d", uint32(i)*2654435761, uint16(i*40503), i)
	at := begin.Add(time.Duration(i)*time.Second).AppendFormat(nil, isoMillis)
	updated := p.updated(i).AppendFormat(nil, isoMillis)
	b = append(append(b, personStart...), id...)
	b = append(append(b, `","attributes":{"_id":"`...), id...)
	b = append(append(b, `","_created_at":"`...), at...)
	b = append(append(b, `","_created_by":"user_01HV8ZK3","_updated_at":"`...), updated...)
	b = append(b, `","_updated_by":"user_01HV8ZK3","name":{"first_name":"Ada`...)
	b = strconv.AppendInt(b, int64(i%1000), 10)
	b = append(b, `","last_name":"Lovelace","full_name":"Ada`...)
	b = strconv.AppendInt(b, int64(i%1000), 10)
	b = append(b, ` Lovelace"},"email_addresses":{"items":["ada`...)
	b = strconv.AppendInt(b, int64(i), 10)
	b = append(b, `@analytical.example"]},"phone_numbers":{"items":["+44 20 7946 0958"]},"job_title":"Head of analytical engines","avatar_url":null,"company_id":"3f2f0c6e-5f5c-4d39-9a44-0d3a9a0c1b2d","description":null,"labels":{"items":["Customer","Newsletter"]}},"relationships":{}}`...)
	return b
}

// schema of person, without relationships.
const peopleSchema = `{"data":[{"type":"schema","id":"https://getclarify.ai/schemas/entities/person","attributes":{"$id":"https://getclarify.ai/schemas/entities/person","xClarifyNamespace":"objects","properties":{
"name":{"type":["object","null"],"properties":{"first_name":{"type":["string","null"]},"last_name":{"type":["string","null"]},"full_name":{"type":"string"}}},
"email_addresses":{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string","format":"email"}}}},
"phone_numbers":{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string"}}}},
"labels":{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string"}}}},
"job_title":{"type":["string","null"]},"avatar_url":{"type":["string","null"],"format":"uri"},"description":{"type":["string","null"],"format":"none"},
"company_id":{"type":["string","null"],"xClarifyRelationship":{"kind":"many-to-one","entity":"company","field":"people"}},
"_id":{"type":"string"},"_created_at":{"type":"string","format":"date-time"},"_updated_at":{"type":"string","format":"date-time"},"_created_by":{"type":"string"},"_updated_by":{"type":"string"}}}}],"links":{"next":null,"prev":null}}`

func (p *people) RoundTrip(req *http.Request) (*http.Response, error) {
	p.requests.Add(1)
	time.Sleep(p.delay)
	var body []byte
	path := req.URL.Path
	switch {
	case strings.HasSuffix(path, "/schemas"):
		body = []byte(peopleSchema)
	case strings.HasSuffix(path, "/settings"):
		body = []byte(`{}`)
	case strings.HasSuffix(path, "/objects/person/resources"):
		body = p.page(req)
	default:
		body = []byte(`{"data":[],"links":{"next":null,"prev":null},"meta":{"total_records":0,"total_pages":0}}`)
	}
	header := http.Header{"Content-Type": {"application/json"}, "Date": {begin.Add(10_000 * time.Hour).Format(http.TimeFormat)}}
	return &http.Response{StatusCode: 200, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: req}, nil
}

func (p *people) page(req *http.Request) []byte {
	q := req.URL.Query()
	first, end := 0, p.total
	index := func(text string) int {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			panic(err)
		}
		return max(0, min(p.total, int(at.Sub(begin).Seconds())))
	}
	if from := q.Get("filter[_created_at][Is on or after]"); from != "" {
		first = index(from)
	}
	if text := q.Get("filter[_updated_at][Is on or after]"); text != "" {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			panic(err)
		}
		first = max(first, sort.Search(p.total, func(i int) bool { return !p.updated(i).Before(at) }))
	}
	if q.Get("sortOrder[dir]") == "DESC" {
		first = p.total - 1
	}
	offset, _ := strconv.Atoi(q.Get("page[offset]"))
	limit, _ := strconv.Atoi(q.Get("page[limit]"))
	total := end - first
	from := min(first+offset, end)
	to := min(from+limit, end)
	next := "null"
	if to < end {
		u := *req.URL
		q.Set("page[offset]", strconv.Itoa(offset+limit))
		u.RawQuery = q.Encode()
		b, _ := json.Marshal(u.String())
		next = string(b)
	}
	b := make([]byte, 0, 800*(to-from)+500)
	b = append(b, `{"data":[`...)
	for i := from; i < to; i++ {
		if i > from {
			b = append(b, ',')
		}
		b = p.record(b, i)
	}
	return fmt.Appendf(b, `],"links":{"next":%s,"prev":null},"meta":{"total_records":%d,"total_pages":%d}}`, next, total, (total+limit-1)/max(limit, 1))
}

func (p *people) client(t testing.TB) *clarify.Client {
	client, err := clarify.New("acme", authn.APIKey("key"), clarify.WithBaseURL("http://127.0.0.1:9/v1"), clarify.WithHTTPClient(&http.Client{Transport: p}), clarify.WithLimiter(noLimit{}))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// peakHeap samples the heap while a function runs, and returns the largest one.
func peakHeap(do func()) (peak uint64) {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		var m runtime.MemStats
		for {
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	do()
	close(stop)
	<-done
	return peak
}

func TestAFirstLoadTakesLittleMoreThanReading(t *testing.T) {
	total := 5_000
	if text := os.Getenv("MIRROR_LOAD"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("MIRROR_LOAD=%s is no number of records", text)
		}
		total = n
	}
	p := &people{total: total, delay: 100 * time.Millisecond}
	client := p.client(t)
	start, read := time.Now(), 0
	for _, err := range clarify.NewRecords[json.RawMessage](client, "person").All(t.Context(), clarify.Concurrency(8), clarify.PageSize(500)) {
		if err != nil {
			t.Fatal(err)
		}
		read++
	}
	reading := time.Since(start)
	store := open(t, filepath.Join(t.TempDir(), "mirror.sqlite"))
	var summary mirror.Summary
	var loading time.Duration
	peak := peakHeap(func() {
		start := time.Now()
		var err error
		if summary, err = mirror.Run(t.Context(), client, store, mirror.WithConcurrency(8)); err != nil {
			t.Fatal(err)
		}
		loading = time.Since(start)
	})
	n := 0
	for _, err := range store.Rows(t.Context(), "person", []string{"_id"}, nil) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if read != total || n != total || summary.Objects["person"].Written != total {
		t.Fatalf("read %d, mirrored %d of %d: %+v", read, n, total, summary.Objects["person"])
	}
	t.Logf("%d records: read in %v, mirrored in %v, %.2f times as long, at most %d MiB of heap", total, reading, loading, float64(loading)/float64(reading), peak>>20)
	if peak > 96<<20 {
		t.Errorf("the heap had %d MiB", peak>>20)
	}
	before := p.requests.Load()
	if _, err := mirror.Run(t.Context(), client, store, mirror.WithConcurrency(8)); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d requests when nothing changed", p.requests.Load()-before)
}

// The measure is one transaction for each row.
func TestBatchesAreFasterThanATransactionForEachRow(t *testing.T) {
	changes := 200
	if text := os.Getenv("MIRROR_APPLY"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("MIRROR_APPLY=%s is no number of changes", text)
		}
		changes = n
	}
	p := &people{total: 2 * changes}
	client := p.client(t)
	apply := func(opts ...mirror.Option) time.Duration {
		p.changed = 0
		store := open(t, filepath.Join(t.TempDir(), "mirror.sqlite"))
		var took time.Duration
		for _, p.changed = range []int{0, changes} {
			start := time.Now()
			summary, err := mirror.Run(t.Context(), client, store, append(opts, mirror.WithRefresh(-1))...)
			if err != nil {
				t.Fatal(err)
			}
			took = time.Since(start)
			if n := summary.Objects["person"].Written; p.changed > 0 && n != changes {
				t.Fatalf("%d changes were applied, want %d", n, changes)
			}
		}
		return took
	}
	batches := apply()
	rows := apply(mirror.BatchSize(1))
	t.Logf("%d changes: %v in batches, %v with a transaction for each, %.1f times as long", changes, batches, rows, float64(rows)/float64(batches))
	if 2*rows < 3*batches {
		t.Errorf("a transaction for each takes %v, batches take %v", rows, batches)
	}
}
