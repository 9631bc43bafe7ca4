package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		if err := runServer(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	if stopServer != nil {
		stopServer()
	}
	os.Exit(code)
}

var (
	startOnce  sync.Once
	serverBase string
	stopServer func()
	startErr   error
)

// transport has the settings that a program would choose which sends many
// requests to one host.
func transport(tb testing.TB) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	tb.Cleanup(t.CloseIdleConnections)
	return t
}

// remote returns clients of a workspace of the server.
func remote(tb testing.TB, workspace string) *peers {
	tb.Helper()
	startOnce.Do(func() { serverBase, stopServer, startErr = startServer() })
	if startErr != nil {
		tb.Fatal(startErr)
	}
	p, err := newPeers(serverBase, workspace, transport(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// ready returns clients of a workspace when all that the server responds is
// prepared.
func ready(tb testing.TB, workspace string) *peers {
	tb.Helper()
	p := remote(tb, workspace)
	if err := p.hand.read(tb.Context(), p.hand.base+"/prepare", &struct{}{}); err != nil {
		tb.Fatal(err)
	}
	return p
}

// prepared is a transport that responds by itself, and with a body that is there
// already: what is left is the decoding.
type prepared struct{ body []byte }

func (p *prepared) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		Status: "200 OK", StatusCode: 200, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		ContentLength: int64(len(p.body)), Body: io.NopCloser(bytes.NewReader(p.body)), Request: req,
	}, nil
}

func local(tb testing.TB) *peers {
	tb.Helper()
	p, err := newPeers("http://127.0.0.1:1/v1", "acme", &prepared{document(PageSize)})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// BenchmarkRequest is one request, from the call to the value.
func BenchmarkRequest(b *testing.B) {
	p := remote(b, "acme")
	id := personID(0)
	b.Run("clarify", func(b *testing.B) {
		people := clarify.NewRecords[Person](p.ours, "person")
		b.ReportAllocs()
		for b.Loop() {
			if r, err := people.Get(b.Context(), id); err != nil || r.ID != id {
				b.Fatal(r, err)
			}
		}
	})
	b.Run("by-hand", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if r, err := p.hand.get(b.Context(), id); err != nil || r.ID != id {
				b.Fatal(r, err)
			}
		}
	})
}

// BenchmarkPage is a page of 500 people, from the call to the values, of which
// the sending and receiving is a part that is the same for all.
func BenchmarkPage(b *testing.B) { benchmarkPage(b, remote(b, "acme")) }

// BenchmarkPageDecoding is the same page without sending and receiving. Libraries that
// only decode get the bytes of the page, without a client.
func BenchmarkPageDecoding(b *testing.B) {
	benchmarkPage(b, local(b))
	body := document(PageSize)
	for _, d := range decoders {
		benchmarkRead(b, d.name, func(context.Context) (int, error) {
			var page handPage
			err := d.decode(body, &page)
			return len(page.Data), err
		})
	}
}

func benchmarkPage(b *testing.B, p *peers) {
	benchmarkRead(b, "clarify", counted(pageOurs[Person](p)))
	benchmarkRead(b, "clarify-generated", counted(pageOurs[GeneratedPerson](p)))
	benchmarkRead(b, "encoding-json", counted(p.hand.page))
	benchmarkRead(b, "gen-maps", counted(p.pageGen))
	benchmarkRead(b, "ogen", counted(p.pageOgen))
}

func benchmarkRead(b *testing.B, name string, read func(ctx context.Context) (int, error)) {
	b.Run(name, func(b *testing.B) {
		b.SetBytes(int64(len(document(PageSize))))
		b.ReportAllocs()
		for b.Loop() {
			if n, err := read(b.Context()); err != nil || n != PageSize {
				b.Fatal(n, err)
			}
		}
	})
}

func counted[R any](read func(context.Context) ([]R, error)) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		records, err := read(ctx)
		return len(records), err
	}
}

// The export: responds come after exportDelay.
const (
	exportRecords = 100_000
	exportDelay   = "delay25"
)

// BenchmarkExport reads 100,000 people in pages of 500.
func BenchmarkExport(b *testing.B) {
	p := ready(b, fmt.Sprintf("%s-total%d", exportDelay, exportRecords))
	for _, concurrency := range []int{1, 16} {
		b.Run(fmt.Sprintf("clarify-%d", concurrency), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n, err := export(b.Context(), p.ours, concurrency); err != nil || n != exportRecords {
					b.Fatal(n, err)
				}
			}
		})
	}
	b.Run("by-hand", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			if err := p.hand.export(b.Context(), func(*handRecord) { n++ }); err != nil || n != exportRecords {
				b.Fatal(n, err)
			}
		}
	})
}

func export(ctx context.Context, client *clarify.Client, concurrency int) (n int, err error) {
	for _, err := range clarify.NewRecords[Person](client, "person").All(ctx, clarify.Concurrency(concurrency)) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// BenchmarkMemory is the most that is on the heap during an export whose loop is
// slower than the server, so that as many pages are held as ever are. The server
// is another process.
func BenchmarkMemory(b *testing.B) {
	const use = 4 * time.Millisecond // a page
	for _, total := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(total), func(b *testing.B) {
			p := ready(b, fmt.Sprintf("%s-total%d", exportDelay, total))
			peak := 0.0
			for b.Loop() {
				debug.FreeOSMemory()
				stop := watchHeap()
				n := 0
				for page, err := range clarify.NewRecords[Person](p.ours, "person").Pages(b.Context(), clarify.Concurrency(16)) {
					if err != nil {
						b.Fatal(err)
					}
					n += len(page.Records)
					time.Sleep(use)
				}
				if peak = max(peak, stop()); n != total {
					b.Fatal(n)
				}
			}
			b.ReportMetric(peak/(1<<20), "peak-MiB")
		})
	}
}

// watchHeap returns a function that returns the most that was on the heap, in
// bytes, live or not yet swept.
func watchHeap() (stop func() float64) {
	ended, peak := make(chan struct{}), make(chan float64)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		tick := time.NewTicker(500 * time.Microsecond)
		defer tick.Stop()
		most := uint64(0)
		for {
			metrics.Read(sample)
			most = max(most, sample[0].Value.Uint64())
			select {
			case <-ended:
				peak <- float64(most)
				return
			case <-tick.C:
			}
		}
	}()
	return func() float64 {
		close(ended)
		return <-peak
	}
}

// The import: responses come after importDelay, and so many requests are in flight.
const (
	importRecords     = 100_000
	importDelay       = 50 * time.Millisecond
	importConcurrency = 16
	importBatch       = 100
)

// BenchmarkImport writes 100,000 people in batches of 100, which the server
// writes or rejects as a whole.
func BenchmarkImport(b *testing.B) {
	for _, test := range []struct {
		name    string
		bad     map[int]bool
		options []clarify.BulkOption
	}{
		{"none-bad", nil, nil},
		{"one-percent-bad", someOf(importRecords, importRecords/100), nil},
		{"one-percent-bad-checked", someOf(importRecords, importRecords/100), []clarify.BulkOption{clarify.CheckedBy(schemaOfPeople(b))}},
	} {
		b.Run(test.name, func(b *testing.B) {
			p := ready(b, fmt.Sprintf("delay%d-%s", importDelay.Milliseconds(), test.name))
			var took time.Duration
			requests := 0
			b.ReportAllocs()
			for b.Loop() {
				began := time.Now()
				n, err := importPeople(b.Context(), p, importRecords, test.bad, test.options...)
				took += time.Since(began)
				if err != nil {
					b.Fatal(err)
				}
				requests += n
			}
			ideal := importDelay * importRecords / importBatch / importConcurrency
			b.ReportMetric(100*ideal.Seconds()*float64(b.N)/took.Seconds(), "%ideal")
			b.ReportMetric(float64(requests)/float64(b.N), "requests")
		})
	}
}

// someOf draws some of the numbers below n, always the same.
func someOf(n, some int) map[int]bool {
	random := rand.New(rand.NewPCG(1, 2))
	drawn := map[int]bool{}
	for len(drawn) < some {
		drawn[random.IntN(n)] = true
	}
	return drawn
}

// importPeople imports n people, some of them bad, and returns how many requests
// it took. It is an error unless each that is bad was named, and each other one is
// there once.
func importPeople(ctx context.Context, p *peers, n int, bad map[int]bool, options ...clarify.BulkOption) (requests int, err error) {
	rejected, expected := 0, 0
	options = append([]clarify.BulkOption{clarify.Concurrency(importConcurrency), clarify.OnBatch(func(p clarify.Progress) { requests = p.Requests })}, options...)
	results := clarify.NewRecords[Person](p.ours, "person").Import(ctx, rows(n, bad), options...)
	for r, err := range results {
		if err != nil {
			return requests, err
		}
		want := clarify.Created
		if bad[r.Index] {
			want = clarify.Refused
			rejected++
		}
		if r.Index != expected || r.Outcome != want {
			return requests, fmt.Errorf("row %d, at the place of %d, is %v: %w", r.Index, expected, r.Outcome, r.Err)
		}
		expected++
	}
	var tally struct{ Once, More, Writes, Refusals int }
	if err := p.hand.read(ctx, p.hand.base+"/tally", &tally); err != nil {
		return requests, err
	}
	if expected != n || rejected != len(bad) || tally.Once != n-len(bad) || tally.More != 0 || tally.Writes != requests {
		return requests, fmt.Errorf("there are %d results of %d rows, and %d rejections of %d bad rows; in %d requests the server got %+v", expected, n, rejected, len(bad), requests, tally)
	}
	return requests, nil
}

// rows are the people to be imported. To make them takes as little as that can.
func rows(n int, bad map[int]bool) iter.Seq[Person] {
	some := make([]Person, 1000)
	for i := range some {
		some[i] = person(i)
		some[i].Created, some[i].Updated = time.Time{}, time.Time{}
	}
	return func(yield func(Person) bool) {
		for i := range n {
			p := some[i%len(some)]
			kind := "row "
			if bad[i] {
				kind, p.Emails = "bad ", Items{[]string{"none"}}
			}
			p.JobTitle = kind + strconv.Itoa(1e7 + i)[1:]
			if !yield(p) {
				return
			}
		}
	}
}

// BenchmarkRateLimit reads at full speed more than the sandbox allows in a minute,
// which takes more than a minute. It counts the requests that were rejected although
// earlier responses had said that they would be.
func BenchmarkRateLimit(b *testing.B) {
	const limit, requests = 3000, 3600
	var mu sync.Mutex
	rejected := 0
	server := clarifytest.NewServer(clarifytest.WithRateLimit(limit), clarifytest.WithoutValidation(), clarifytest.WithTranscript(0), clarifytest.WithLog(func(r clarifytest.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.Status == http.StatusTooManyRequests {
			rejected++
		}
	}))
	defer server.Close()
	if n := server.Seed(b, 2*requests).People; n < requests {
		b.Fatal(n)
	}
	client, err := clarify.New(server.Workspace, authn.APIKey(server.APIKey), clarify.WithBaseURL(server.BaseURL),
		clarify.WithHTTPClient(&http.Client{Transport: transport(b)}))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		n := 0
		for _, err := range clarify.NewRecords[json.RawMessage](client, "person").All(b.Context(), clarify.PageSize(1), clarify.Limit(requests), clarify.Concurrency(16)) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != requests {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(rejected), "refused")
	b.ReportMetric(float64(requests), "requests")
}
