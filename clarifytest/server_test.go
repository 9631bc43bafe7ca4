package clarifytest_test

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

func TestAddresses(t *testing.T) {
	a := start(t)
	expect(t, "a.srv.URL", a.srv.URL, a.srv.BaseURL+"/workspaces/acme")
	expect(t, "a.srv.Workspace", a.srv.Workspace, "acme")
	base, err := url.Parse(a.srv.BaseURL)
	if noError(t, "err", err) {
		expect(t, "base.Scheme", base.Scheme, "http")
		expect(t, "base.Hostname()", base.Hostname(), "127.0.0.1")
		expect(t, "base.Path", base.Path, "/v1")
	}
	everywhere := start(t, clarifytest.WithAddress(":0"))
	everywhere.list("person")
}

func TestRejectedOptions(t *testing.T) {
	taken := start(t)
	port := strings.TrimSuffix(strings.TrimPrefix(taken.srv.BaseURL, "http://"), "/v1")
	for name, option := range map[string]clarifytest.Option{
		"an empty workspace":      clarifytest.WithWorkspace(""),
		"a dotted workspace":      clarifytest.WithWorkspace(".."),
		"no clock":                clarifytest.WithClock(nil),
		"no requests":             clarifytest.WithRateLimit(0),
		"a key with a space":      clarifytest.WithAPIKey("a b"),
		"a key with a line break": clarifytest.WithAPIKey("a\n"),
		"a token with an umlaut":  clarifytest.WithAccessToken("ä"),
		"no token lifetime":       clarifytest.WithTokenLifetime(0),
		"half a second":           clarifytest.WithTokenLifetime(1500 * time.Millisecond),
		"an address that is none": clarifytest.WithAddress("nowhere"),
		"an address that is used": clarifytest.WithAddress(port),
	} {
		t.Run(name, func(t *testing.T) {
			srv, err := clarifytest.Start(option)
			if err == nil {
				srv.Close()
				t.Fatal("it starts")
			}
			if !strings.HasPrefix(err.Error(), "clarifytest: ") {
				t.Errorf("the error is %v", err)
			}
			defer func() {
				if recover() == nil {
					t.Error("NewServer does not panic")
				}
			}()
			clarifytest.NewServer(option).Close()
		})
	}
	if srv, err := clarifytest.Start(clarifytest.WithAPIKey("same"), clarifytest.WithAccessToken("same")); err == nil {
		srv.Close()
		t.Error("the key and the token may be the same")
	}
}

func TestSeeds(t *testing.T) {
	run := func(opts ...clarifytest.Option) []string {
		a := start(t, opts...)
		other := a.srv.AddWorkspace("globex")
		return []string{a.srv.APIKey, a.srv.AccessToken, other.APIKey, a.create("person", `{}`), a.create("deal", `{}`)}
	}
	equal(t, "the same seed", run(clarifytest.WithSeed(7)), run(clarifytest.WithSeed(7)))
	seen := map[string]bool{}
	for _, values := range [][]string{run(clarifytest.WithSeed(7)), run(clarifytest.WithSeed(8)), run(), run()} {
		for _, value := range values {
			if seen[value] {
				t.Errorf("%s comes twice", value)
			}
			seen[value] = true
		}
	}
}

func TestClose(t *testing.T) {
	a := start(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(a.srv.Close)
	}
	wg.Wait()
	if _, err := http.Get(a.url); err == nil {
		t.Error("a closed server responds")
	}
}

func TestCloseDoesNotWaitForIdleConnections(t *testing.T) {
	a := start(t)
	address, err := url.Parse(a.url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", address.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	a.list("person")
	began := time.Now()
	a.srv.Close()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("Close took %v", took)
	}
}

func TestCloseWaitsForResponses(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var armed sync.Map
	a := start(t, clarifytest.WithClock(func() time.Time {
		if _, on := armed.Load("on"); on {
			once.Do(func() {
				close(entered)
				<-leave
			})
		}
		return epoch
	}))
	armed.Store("on", true)
	status := make(chan int)
	go func() { status <- a.send("GET", "/objects/person/resources", nil).status }()
	<-entered
	closed := make(chan struct{})
	go func() {
		a.srv.Close()
		close(closed)
	}()
	close(leave)
	if got := <-status; got != 200 {
		t.Errorf("got %d", got)
	}
	<-closed
}

func TestManyClientsAtOnce(t *testing.T) {
	a := start(t)
	const clients, each = 8, 15
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range each {
				id := a.create("person", `{"job_title":"x"}`)
				a.patch(200, "person", id, `{"job_title":"y"}`, "")
				a.get("person", id)
				a.list("person", "filter[job_title]", "y", "page[limit]", "3", "include", "company_id,deals")
				a.send("POST", "/objects/company/records", `{"data":{"type":"company","attributes":{"domains":{"items":["x.example"]}}},"match_on":"domains"}`)
				a.srv.AddWorkspace("globex")
				a.srv.Requests()
				a.srv.Violations()
				a.want(204, "DELETE", "/objects/person/records/"+id, nil)
			}
		})
	}
	wg.Wait()
	if n := len(a.list("person").ids()); n != 0 {
		t.Errorf("%d people are left", n)
	}
	if n := len(a.list("company").ids()); n != 1 {
		t.Errorf("the upserts made %d companies", n)
	}
	if n := len(a.want(200, "GET", "/objects/person/deleted-resources", nil).ids()); n != clients*each {
		t.Errorf("%d deletions", n)
	}
}

func TestOneWinsTheRaceForAUniqueValue(t *testing.T) {
	a := start(t)
	var wg sync.WaitGroup
	statuses := make([]int, 16)
	for i := range statuses {
		wg.Go(func() {
			statuses[i] = a.send("POST", "/objects/deal/records", oneRecord("deal", `{"name":"Big"}`)).status
		})
	}
	wg.Wait()
	created := 0
	for _, status := range statuses {
		switch status {
		case 201:
			created++
		case 400:
		default:
			t.Errorf("got %d", status)
		}
	}
	if created != 1 {
		t.Errorf("%d were created", created)
	}
}

func TestARequestThatIsBrokenOff(t *testing.T) {
	a := start(t)
	ctx, cancel := context.WithCancel(context.Background())
	request := newRequest(t, "POST", a.url+"/objects/person/records", "").WithContext(ctx)
	body, writer := net.Pipe()
	request.Body = body
	request.ContentLength = 100
	request.Header.Set("Authorization", a.auth)
	request.Header.Set("Content-Type", "application/json")
	go func() {
		_, _ = writer.Write([]byte(`{"data":`))
		cancel()
		writer.Close()
	}()
	if _, err := http.DefaultClient.Do(request); err == nil {
		t.Error("half a request got a response")
	}
	a.srv.Close()
	a.srv.TakeViolations()
}
