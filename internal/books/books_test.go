package books

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"pgregory.net/rapid"
)

const (
	no is = iota
	maybe
	yes
)

// login gets a token whose revocation can be survived.
func login(ctx context.Context, server *clarifytest.Server) (*authn.Source, error) {
	config := authn.NewConfig("books", "", "http://127.0.0.1:9/callback")
	config.Endpoint.AuthURL, config.Endpoint.TokenURL = server.AuthorizeURL, server.TokenURL
	hc := server.HTTPClient()
	flow, err := authn.NewCodeFlow(config, authn.WithHTTPClient(hc))
	if err != nil {
		return nil, err
	}
	address, started := flow.Start()
	rsp, err := hc.Get(address)
	if err != nil {
		return nil, err
	}
	defer rsp.Body.Close()
	callback, err := url.Parse(rsp.Header.Get("Location"))
	if err != nil {
		return nil, err
	}
	token, err := flow.Finish(ctx, started, callback.Query())
	if err != nil {
		return nil, err
	}
	return authn.NewTokenSource(config, authn.NewMemoryStore(token), authn.WithHTTPClient(hc)), nil
}

type totals struct{ operations, done, failed, unknown atomic.Int64 }

// runAll runs programs at the same time on one server, each with books of its
// own, and returns what was wrong.
func runAll(t *testing.T, programs [][]operation, sum *totals) (wrong []string) {
	synctest.Test(t, func(t *testing.T) {
		server := clarifytest.NewServer(clarifytest.WithMemoryNetwork(), clarifytest.WithoutValidation(), clarifytest.WithTranscript(0))
		defer server.Close()
		ctx := t.Context()
		var books []*book
		for i := range programs {
			var auth authn.RequestEditorFn
			source, err := login(ctx, server)
			if err != nil {
				wrong = append(wrong, err.Error())
				return
			}
			auth = authn.TokenSource(source)
			hc := &http.Client{Transport: owned{fmt.Sprintf("p%d", i), server.HTTPClient().Transport}}
			client, err := clarify.New(server.Workspace, auth, clarify.WithBaseURL(server.BaseURL), clarify.WithHTTPClient(hc))
			if err != nil {
				wrong = append(wrong, err.Error())
				return
			}
			books = append(books, &book{
				owner: fmt.Sprintf("p%d", i), client: client, server: server,
				people: clarify.NewRecords[contact](client, "person"),
			})
		}
		var wg sync.WaitGroup
		for i, b := range books {
			wg.Go(func() { b.run(ctx, programs[i]) })
		}
		wg.Wait()
		server.Wait()
		time.Sleep(time.Minute)
		server.RemoveFaults()
		// The response to a refresh may be lost like any other, which can end a grant. A
		// key reads what there is in spite of that.
		judge, err := clarify.New(server.Workspace, authn.APIKey(server.APIKey), clarify.WithBaseURL(server.BaseURL), clarify.WithHTTPClient(server.HTTPClient()))
		if err != nil {
			wrong = append(wrong, err.Error())
			return
		}
		for i, b := range books {
			b.people = clarify.NewRecords[contact](judge, "person")
			b.list(ctx, clarify.Where("job_title", clarify.StartsWith, b.owner+"-"))
			b.settle(ctx)
			wrong = append(wrong, b.wrong...)
			sum.operations.Add(int64(len(programs[i])))
			sum.done.Add(int64(b.known.done))
			sum.failed.Add(int64(b.known.failed))
			sum.unknown.Add(int64(b.known.unknown))
		}
	})
	return wrong
}

// Whatever goes wrong, the client reports of each write whether it was done.
func TestTheBooksAgreeWithTheSandbox(t *testing.T) {
	wanted := int64(10_000)
	if text := os.Getenv("BOOKS"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 {
			t.Fatalf("BOOKS=%s is no number of operations", text)
		}
		wanted = n
	}
	if err := flag.Set("rapid.checks", "20"); err != nil {
		t.Fatal(err)
	}
	var sum totals
	for sum.operations.Load() < wanted && !t.Failed() {
		rapid.Check(t, func(rt *rapid.T) {
			programs := rapid.SliceOfN(program, 1, 4).Draw(rt, "programs")
			if wrong := runAll(t, programs, &sum); len(wrong) > 0 {
				rt.Fatalf("%d entries are wrong:\n%s", len(wrong), strings.Join(wrong[:min(len(wrong), 20)], "\n"))
			}
		})
	}
	t.Logf("%d operations; of the writes %d done, %d failed, %d unknown", sum.operations.Load(), sum.done.Load(), sum.failed.Load(), sum.unknown.Load())
}
