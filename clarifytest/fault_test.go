package clarifytest_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// attempt sends a request on a connection of its own, and does not mind if no
// response comes.
func (a *api) attempt(method, target string, body any) (*http.Response, string, error) {
	a.t.Helper()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	text := ""
	if body != nil {
		text = fmt.Sprint(body)
	}
	request := newRequest(a.t, method, a.url+target, text)
	request.Header.Set("Authorization", a.auth)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	return response, string(raw), err
}

// createDeal tries to create a deal.
func (a *api) createDeal() (*http.Response, string, error) {
	return a.attempt("POST", "/objects/deal/records", oneRecord("deal", `{"stage":"Won"}`))
}

func (a *api) latest() clarifytest.Request {
	a.t.Helper()
	requests := a.srv.Requests()
	if len(requests) == 0 {
		a.t.Fatal("the transcript is empty")
	}
	return requests[len(requests)-1]
}

func TestFaults(t *testing.T) {
	lost := func(err error) bool {
		return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	}
	const noResponse = 0
	for _, test := range []struct {
		fault  clarifytest.Fault
		name   string
		status int // noAnswer if the connection ends first
		done   bool
		check  func(t *testing.T, response *http.Response, body string, err error)
	}{
		{clarifytest.Status(503), "status 503", 503, false, func(t *testing.T, r *http.Response, body string, err error) {
			contains(t, "body", body, `"status":"503"`)
			expect(t, "X-RateLimit-Limit", r.Header.Get("X-RateLimit-Limit"), "3000")
			expect(t, "Retry-After", r.Header.Get("Retry-After"), "")
		}},
		{clarifytest.Status(500).AfterWork(), "status 500 after work", 500, true, nil},
		{clarifytest.Status(429), "status 429", 429, false, func(t *testing.T, r *http.Response, body string, err error) {
			expect(t, "Retry-After", r.Header.Get("Retry-After"), "")
			expect(t, "X-RateLimit-Remaining", r.Header.Get("X-RateLimit-Remaining"), "0")
		}},
		{clarifytest.RateLimited(1500 * time.Millisecond), "rate limited", 429, false, func(t *testing.T, r *http.Response, body string, err error) {
			expect(t, "Retry-After", r.Header.Get("Retry-After"), "2")
			expect(t, "X-RateLimit-Remaining", r.Header.Get("X-RateLimit-Remaining"), "0")
			expect(t, "X-RateLimit-Reset", r.Header.Get("X-RateLimit-Reset"), "2")
		}},
		{clarifytest.Respond(299, http.Header{"X-A": {"b", "c"}}, "text"), "respond 299", 299, false, func(t *testing.T, r *http.Response, body string, err error) {
			expect(t, `slices.Equal(r.Header.Values("X-A"), []string{"b", "c"})`, slices.Equal(r.Header.Values("X-A"), []string{"b", "c"}), true)
			expect(t, "body", body, "text")
			expect(t, "X-RateLimit-Limit", r.Header.Get("X-RateLimit-Limit"), "")
		}},
		{clarifytest.Respond(200, http.Header{"content-type": {"text/csv"}}, "a,b"), "respond 200", 200, false, func(t *testing.T, r *http.Response, body string, err error) {
			if !slices.Equal(r.Header.Values("Content-Type"), []string{"text/csv"}) {
				t.Errorf("%v", r.Header)
			}
		}},
		{clarifytest.Respond(200, nil, "").AfterWork(), "respond 200 after work", 200, true, nil},
		{clarifytest.HTML(502), "HTML 502", 502, false, func(t *testing.T, r *http.Response, body string, err error) {
			expect(t, "Content-Type", r.Header.Get("Content-Type"), "text/html; charset=utf-8")
			contains(t, "body", body, "<h1>Bad Gateway</h1>")
		}},
		{clarifytest.Redirect(307, "http://elsewhere.example/"), "redirect 307", 307, false, func(t *testing.T, r *http.Response, body string, err error) {
			if r.Header.Get("Location") != "http://elsewhere.example/" {
				t.Errorf("%v", r.Header)
			}
		}},
		{clarifytest.Latency(time.Millisecond), "latency 1ms", 201, true, nil},
		{clarifytest.Latency(time.Millisecond).AfterWork(), "latency 1ms after work", 201, true, nil},
		{clarifytest.Revoke(), "revoke", 401, false, nil},
		{clarifytest.HangUp(), "hang up", noResponse, false, func(t *testing.T, _ *http.Response, _ string, err error) {
			if !lost(err) {
				t.Errorf("%v", err)
			}
		}},
		{clarifytest.ResetBeforeWork(), "reset before work", noResponse, false, nil},
		{clarifytest.ResetDuringWork(), "reset during work", noResponse, true, nil},
		{clarifytest.ResetAfterWork(), "reset after work", noResponse, true, func(t *testing.T, _ *http.Response, _ string, err error) {
			if !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%v", err)
			}
		}},
		{clarifytest.CutBody(10), "cut body", 201, true, func(t *testing.T, _ *http.Response, body string, err error) {
			if expect(t, "len(body)", len(body), 10) {
				expect(t, "errors.Is(err, io.ErrUnexpectedEOF)", errors.Is(err, io.ErrUnexpectedEOF), true)
			}
		}},
		{clarifytest.CutBody(0), "cut body", 201, true, nil},
		{clarifytest.CutBody(1 << 20), "cut body", 201, true, func(t *testing.T, r *http.Response, body string, err error) {
			expect(t, "int64(len(body))", int64(len(body)), r.ContentLength-1)
			expect(t, "errors.Is(err, io.ErrUnexpectedEOF)", errors.Is(err, io.ErrUnexpectedEOF), true)
		}},
		{clarifytest.SlowBody(100, time.Millisecond), "slow body", 201, true, func(t *testing.T, r *http.Response, body string, err error) {
			expect(t, "int64(len(body))", int64(len(body)), r.ContentLength)
			if noError(t, "err", err) {
				contains(t, "body", body, `"stage":"Won"`)
			}
		}},
	} {
		t.Run(test.fault.String(), func(t *testing.T) {
			a := start(t)
			injection := a.srv.Inject(test.fault, clarifytest.Operation("createRecord"), clarifytest.Times(1))
			response, body, err := a.createDeal()
			a.srv.Wait()
			switch {
			case test.status == noResponse && err == nil:
				t.Fatalf("there is a response: %s", body)
			case test.status != noResponse && response == nil:
				t.Fatalf("there is no response: %v", err)
			case test.status != noResponse && response.StatusCode != test.status:
				t.Fatalf("got %s: %s", response.Status, body)
			}
			if test.check != nil {
				test.check(t, response, body, err)
			}
			got := a.latest()
			expect(t, "fault", got.Fault, test.name)
			expect(t, "done", got.Done, test.done)
			expect(t, "status", got.Status, test.status)
			expect(t, "operation", got.Operation, "createRecord")
			if injection.Struck() != 1 {
				t.Errorf("it struck %d times", injection.Struck())
			}

			if test.name == "revoke" {
				a.refused(401, "", "GET", "/objects/deal/resources", nil)
				a.auth = "Bearer " + a.srv.AccessToken
			}
			if deals := len(a.list("deal").ids()); (deals == 1) != test.done {
				t.Errorf("there are %d deals", deals)
			}
			// Once was enough.
			a.create("deal", `{}`)
			got = a.latest()
			expect(t, "fault", got.Fault, "")
			expect(t, "done", got.Done, true)
		})
	}
}

// A response without a body has nothing to cut but its head.
func TestACutResponseWithoutABodyIsLost(t *testing.T) {
	a := start(t)
	first, second := a.create("deal", `{}`), a.create("deal", `{}`)
	a.srv.Inject(clarifytest.CutBody(5))
	_, _, err := a.attempt("POST", "/objects/deal/records/"+first+"/merges", fmt.Sprintf(`{"data":{"type":"deal","attributes":{"sources":[%q]}}}`, second))
	if err == nil {
		t.Error("there is a response")
	}
	got := a.latest()
	expect(t, "status", got.Status, 0)
	expect(t, "done", got.Done, true)
}

func TestConditions(t *testing.T) {
	isFirst := clarifytest.Matching(func(r *http.Request) bool { return r.URL.Query().Get("page[limit]") == "1" })
	for _, test := range []struct {
		name string
		when []clarifytest.Condition
		want string // what becomes of the requests below
	}{
		{"none", nil, "xxxxxx"},
		{"an operation", []clarifytest.Condition{clarifytest.Operation("createRecord", "deleteRecord")}, "x..x.."},
		{"a method", []clarifytest.Condition{clarifytest.Method("GET", "PUT")}, ".xx.xx"},
		{"a predicate", []clarifytest.Condition{isFirst}, ".x..x."},
		{"all of several", []clarifytest.Condition{clarifytest.Method("GET"), isFirst, clarifytest.Times(1)}, ".x...."},
		{"a workspace", []clarifytest.Condition{clarifytest.InWorkspace("acme")}, "xxxxxx"},
		{"another workspace", []clarifytest.Condition{clarifytest.InWorkspace("globex")}, "......"},
		{"numbers", []clarifytest.Condition{clarifytest.At(2, 6, 9)}, ".x...x"},
		{"numbers of what is left", []clarifytest.Condition{clarifytest.At(2), clarifytest.Method("GET")}, "..x..."},
		{"times", []clarifytest.Condition{clarifytest.Times(4)}, "xxxx.."},
		{"times of what is left", []clarifytest.Condition{clarifytest.Times(3), clarifytest.Method("GET")}, ".xx.x."},
		{"never", []clarifytest.Condition{clarifytest.Probability(0, 1)}, "......"},
		{"always", []clarifytest.Condition{clarifytest.Probability(1, 1)}, "xxxxxx"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := start(t)
			a.srv.Inject(clarifytest.Status(503), test.when...)
			got := ""
			for range 2 {
				for _, send := range []func() *response{
					func() *response { return a.send("POST", "/objects/deal/records", oneRecord("deal", `{}`)) },
					func() *response { return a.send("GET", "/objects/deal/resources?page[limit]=1", nil) },
					func() *response { return a.send("GET", "/objects/deal/resources", nil) },
				} {
					if send().status == 503 {
						got += "x"
					} else {
						got += "."
					}
				}
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestProbabilityRepeatsFromItsSeed(t *testing.T) {
	struck := func(seed uint64, more ...clarifytest.Condition) string {
		a := start(t)
		a.srv.Inject(clarifytest.Status(503), append(more, clarifytest.Probability(0.3, seed))...)
		got := ""
		for range 200 {
			got += fmt.Sprint(a.send("GET", "/users", nil).status, " ")
		}
		return got
	}
	first := struck(1)
	expect(t, "struck(1)", struck(1), first)
	expect(t, "struck(2) == first", struck(2) == first, false)
	// Other conditions take some of the requests away that the dice choose, and do
	// not change the dice.
	var numbers []int
	for n := 2; n <= 200; n += 2 {
		numbers = append(numbers, n)
	}
	alone := strings.Fields(first)
	for i, status := range strings.Fields(struck(1, clarifytest.At(numbers...))) {
		if want := i%2 == 1 && alone[i] == "503"; (status == "503") != want {
			t.Errorf("request %d got %s", i+1, status)
		}
	}
	if n := strings.Count(first, "503"); n < 30 || n > 90 {
		t.Errorf("%d of 200 requests were struck with a probability of 0.3", n)
	}
}

func TestSeveralFaults(t *testing.T) {
	a := start(t)
	slow := a.srv.Inject(clarifytest.Latency(time.Millisecond))
	first := a.srv.Inject(clarifytest.Status(503), clarifytest.Times(1))
	second := a.srv.Inject(clarifytest.Status(500))
	late := a.srv.Inject(clarifytest.Latency(2 * time.Millisecond).AfterWork())

	a.want(503, "GET", "/users", nil)
	if got := a.latest().Fault; got != "latency 1ms, status 503, latency 2ms after work" {
		t.Errorf("the transcript has %q", got)
	}
	if got := a.latest().Duration; got < 3*time.Millisecond {
		t.Errorf("it took %v", got)
	}
	a.want(500, "GET", "/users", nil)
	second.Remove()
	second.Remove()
	a.want(200, "GET", "/users", nil)
	expect(t, "slow.Struck()", slow.Struck(), 3)
	expect(t, "first.Struck()", first.Struck(), 1)
	expect(t, "second.Struck()", second.Struck(), 1)
	expect(t, "late.Struck()", late.Struck(), 3)
	a.srv.RemoveFaults()
	a.want(200, "GET", "/users", nil)
	if got := a.latest().Fault; got != "" {
		t.Errorf("the transcript has %q", got)
	}
}

// What was sent before does not make the headers of the rate limit say something
// else than Retry-After.
func TestRateLimitedSaysOneTime(t *testing.T) {
	a := start(t)
	a.want(200, "GET", "/users", nil)
	a.srv.Inject(clarifytest.RateLimited(2*time.Second), clarifytest.Times(1))
	got := a.want(429, "GET", "/users", nil).header
	expect(t, `got.Get("Retry-After")`, got.Get("Retry-After"), "2")
	expect(t, `got.Get("X-RateLimit-Reset")`, got.Get("X-RateLimit-Reset"), "2")
	expect(t, `got.Get("X-RateLimit-Remaining")`, got.Get("X-RateLimit-Remaining"), "0")
	a.srv.Inject(clarifytest.Status(429), clarifytest.Times(1))
	got = a.want(429, "GET", "/users", nil).header
	expect(t, `got.Get("Retry-After")`, got.Get("Retry-After"), "")
	expect(t, `got.Get("X-RateLimit-Reset")`, got.Get("X-RateLimit-Reset"), "60")
	expect(t, `got.Get("X-RateLimit-Remaining")`, got.Get("X-RateLimit-Remaining"), "0")
	if got := a.want(200, "GET", "/users", nil).header.Get("X-RateLimit-Remaining"); got != "2998" {
		t.Errorf("%s are left", got)
	}
}

// Latency goes together with every other fault, one that never reads the request
// included.
func TestLatencyComesBeforeAHangUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := clarifytest.NewServer(clarifytest.WithMemoryNetwork(), clarifytest.WithTB(t))
		defer srv.Close()
		srv.Inject(clarifytest.HangUp())
		srv.Inject(clarifytest.Latency(time.Hour))
		began := time.Now()
		if _, err := getSchemas(srv, srv.Client()); err == nil {
			t.Error("there is a response")
		}
		if took := time.Since(began); took != time.Hour {
			t.Errorf("the connection ended after %v", took)
		}
	})
}

// A fault that is removed while a request is looked at does not strike it.
func TestAFaultThatIsRemovedStrikesNothing(t *testing.T) {
	a := start(t)
	var injection *clarifytest.Injection
	injection = a.srv.Inject(clarifytest.Status(503), clarifytest.Matching(func(*http.Request) bool {
		injection.Remove()
		return true
	}))
	a.want(200, "GET", "/users", nil)
	if n := injection.Struck(); n != 0 {
		t.Errorf("it struck %d requests", n)
	}
}

// A predicate that panics is told of, because its request only gets lost.
func TestAPredicateThatPanicsIsReported(t *testing.T) {
	tb := &failures{}
	srv := clarifytest.NewServer(clarifytest.WithTB(tb))
	defer srv.Close()
	srv.Inject(clarifytest.Status(503), clarifytest.Matching(func(*http.Request) bool { panic("oops") }), clarifytest.Times(1))
	if _, err := getSchemas(srv, srv.Client()); err == nil {
		t.Error("there is a response")
	}
	srv.Wait()
	if expect(t, "len(tb.messages)", len(tb.messages), 1) {
		contains(t, "tb.messages[0]", tb.messages[0], "GET /v1/workspaces/acme/schemas")
		contains(t, "tb.messages[0]", tb.messages[0], "panicked: oops")
	}
}

func TestFaultsOfTheOAuthFlow(t *testing.T) {
	a := start(t)
	a.srv.Inject(clarifytest.HTML(502), clarifytest.Matching(func(r *http.Request) bool { return r.URL.Path == "/oauth2/token" }))
	response, err := http.Post(a.srv.TokenURL, "application/x-www-form-urlencoded", strings.NewReader("code=secret"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got := a.latest()
	expect(t, "response.StatusCode", response.StatusCode, 502)
	expect(t, "path", got.Path, "/oauth2/token")
	expect(t, "fault", got.Fault, "HTML 502")
	expect(t, "got.Body == nil", got.Body == nil, true)
	expect(t, "query", got.Query, "")
	a.want(200, "GET", "/users", nil)
}

// A token that is revoked in the middle of things is replaced by a refresh.
func TestARevokedTokenIsReplacedByARefresh(t *testing.T) {
	a := start(t)
	login := func() (token, refresh string) {
		got := a.redeem(200, a.authorize(nil).Query().Get("code"), "client_secret", "secret")
		return got.text("access_token"), got.text("refresh_token")
	}
	token, refresh := login()
	a.auth = "Bearer " + token
	a.want(200, "GET", "/users", nil)
	a.srv.Inject(clarifytest.Revoke(), clarifytest.Times(1))
	a.refused(401, "", "GET", "/users", nil)
	a.refused(401, "", "GET", "/users", nil)
	token = a.token(200, "grant_type", "refresh_token", "refresh_token", refresh, "client_id", "client", "client_secret", "secret").text("access_token")
	a.auth = "Bearer " + token
	a.want(200, "GET", "/users", nil)

	// The first workspace's own token is not what others are made from.
	a.srv.Revoke(a.srv.AccessToken)
	a.srv.Revoke("nothing")
	a.auth = "Bearer " + a.srv.AccessToken
	a.refused(401, "", "GET", "/users", nil)
	token, _ = login()
	a.auth = "Bearer " + token
	a.want(200, "GET", "/users", nil)
}

func TestLatencyEndsWithTheClientAndTheServer(t *testing.T) {
	a := start(t)
	arrived := make(chan struct{}, 2)
	a.srv.Inject(clarifytest.Latency(time.Hour), clarifytest.Matching(func(*http.Request) bool {
		arrived <- struct{}{}
		return true
	}))
	client := &http.Client{Timeout: 50 * time.Millisecond}
	if _, err := client.Do(newRequest(t, "POST", a.url+"/objects/deal/records", "{}")); err == nil {
		t.Fatal("there is a response")
	}
	<-arrived
	a.srv.Wait()
	got := a.latest()
	expect(t, "status", got.Status, 0)
	expect(t, "done", got.Done, false)
	expect(t, "fault", got.Fault, "latency 1h0m0s")

	ended := make(chan error)
	go func() {
		_, err := http.Get(a.url)
		ended <- err
	}()
	<-arrived
	began := time.Now()
	a.srv.Close()
	if err := <-ended; err == nil || time.Since(began) > 3*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

func TestRefusedConnections(t *testing.T) {
	a := start(t)
	a.want(200, "GET", "/users", nil)
	a.srv.RefuseConnections()
	a.srv.RefuseConnections()
	if _, err := http.Get(a.url); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v", err)
	}
	if err := a.srv.AcceptConnections(); err != nil {
		t.Fatal(err)
	}
	if err := a.srv.AcceptConnections(); err != nil {
		t.Fatal(err)
	}
	// Connections are kept open again.
	response, _, err := a.attempt("GET", "/users", nil)
	if noError(t, "err", err) {
		expect(t, "response.StatusCode", response.StatusCode, 200)
		expect(t, "response.Close", response.Close, false)
	}
	a.srv.RefuseConnections()
	a.srv.Close()
	if _, err := http.Get(a.url); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v", err)
	}
}

// A client may have a connection open that it has not used yet.
func TestRefusedConnectionsAreUnusedOnesToo(t *testing.T) {
	a := start(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(strings.TrimSuffix(a.srv.BaseURL, "/v1"), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// Connections are accepted in their order, so that the first one is now.
	if _, _, err := a.attempt("GET", "/users", nil); err != nil {
		t.Fatal(err)
	}
	a.srv.RefuseConnections()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	if got, _ := io.ReadAll(conn); len(got) > 0 {
		t.Errorf("there is a response: %s", got)
	}
	if err := a.srv.AcceptConnections(); err != nil {
		t.Fatal(err)
	}
	a.want(200, "GET", "/users", nil)
}

func TestFaultsForManyAtOnce(t *testing.T) {
	a := start(t)
	faults := []clarifytest.Fault{
		clarifytest.Status(503), clarifytest.ResetBeforeWork(), clarifytest.ResetDuringWork(), clarifytest.ResetAfterWork(),
		clarifytest.CutBody(5), clarifytest.HangUp(), clarifytest.HTML(200).AfterWork(), clarifytest.Latency(time.Millisecond),
	}
	for i, fault := range faults {
		a.srv.Inject(fault, clarifytest.Operation("createRecord"), clarifytest.Probability(0.1, uint64(i)))
	}
	const clients, each = 8, 25
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range each {
				_, _, _ = a.createDeal()
			}
		})
		wg.Go(func() { a.srv.Inject(clarifytest.Status(500), clarifytest.Operation("getUser")).Remove() })
	}
	wg.Wait()
	a.srv.Wait()
	done, struck := 0, 0
	requests := a.srv.Requests()
	for _, r := range requests {
		if r.Done {
			done++
		}
		if r.Fault != "" {
			struck++
		}
	}
	if expect(t, "len(requests)", len(requests), clients*each) {
		expect(t, "struck == 0", struck == 0, false)
	}
	if deals := len(a.list("deal").ids()); deals != done {
		t.Errorf("there are %d deals, and the transcript has %d that were created", deals, done)
	}
}

func TestFaultsThatCannotBe(t *testing.T) {
	a := start(t)
	ok := clarifytest.Status(503)
	for want, inject := range map[string]func(){
		"Status: status must be an error, 400 to 599, got 200":                                    func() { a.srv.Inject(clarifytest.Status(200)) },
		"Respond: status must be 200 to 599, got 99":                                              func() { a.srv.Inject(clarifytest.Respond(99, nil, "")) },
		"HTML: status must be 200 to 599, got 600":                                                func() { a.srv.Inject(clarifytest.HTML(600)) },
		"Redirect: status must be a redirect, 300 to 399, got 200":                                func() { a.srv.Inject(clarifytest.Redirect(200, "/")) },
		"Redirect: the location":                                                                  func() { a.srv.Inject(clarifytest.Redirect(302, "")) },
		"RateLimited: time must be 0s or more, got -1s":                                           func() { a.srv.Inject(clarifytest.RateLimited(-time.Second)) },
		"Latency: time must be 0s or more, got -1s":                                               func() { a.srv.Inject(clarifytest.Latency(-time.Second)) },
		"CutBody: bytes must be 0 or more, got -1":                                                func() { a.srv.Inject(clarifytest.CutBody(-1)) },
		"SlowBody: pieces must have 1 byte or more and the wait must be 0s or more, got 0 and 0s": func() { a.srv.Inject(clarifytest.SlowBody(0, 0)) },
		`AfterWork: fault must respond or wait, got "reset before work"`:                          func() { a.srv.Inject(clarifytest.ResetBeforeWork().AfterWork()) },
		`Operation: the contract has`:                                                             func() { a.srv.Inject(ok, clarifytest.Operation("createRecords")) },
		"Matching: the function":                                                                  func() { a.srv.Inject(ok, clarifytest.Matching(nil)) },
		"At: numbers must be 1 or more, got [0]":                                                  func() { a.srv.Inject(ok, clarifytest.At(0)) },
		"Operation: no operation":                                                                 func() { a.srv.Inject(ok, clarifytest.Operation()) },
		"Method: no method":                                                                       func() { a.srv.Inject(ok, clarifytest.Method()) },
		`Method: invalid method "get": must be one such as GET, in capitals`:                      func() { a.srv.Inject(ok, clarifytest.Method("get")) },
		`Method: invalid method ""`:                                                               func() { a.srv.Inject(ok, clarifytest.Method("GET", "")) },
		`InWorkspace: invalid workspace ""`:                                                       func() { a.srv.Inject(ok, clarifytest.InWorkspace("")) },
		"ToStorage: Operation":                                                                    func() { a.srv.Inject(ok, clarifytest.ToStorage(), clarifytest.Operation("getUsers")) },
		"ToStorage: InWorkspace":                                                                  func() { a.srv.Inject(ok, clarifytest.InWorkspace("acme"), clarifytest.ToStorage()) },
		"ToStorage: the fault revoke":                                                             func() { a.srv.Inject(clarifytest.Revoke(), clarifytest.ToStorage()) },
		"ToStorage: the fault framewor":                                                           func() { a.srv.Inject(clarifytest.FrameworkError(400), clarifytest.ToStorage()) },
		"Times: times must be 1 or more, got 0":                                                   func() { a.srv.Inject(ok, clarifytest.Times(0)) },
		"Probability: probability must be 0 to 1, got 1.5":                                        func() { a.srv.Inject(ok, clarifytest.Probability(1.5, 0)) },
		"Inject: the fault is the zero":                                                           func() { a.srv.Inject(clarifytest.Fault{}) },
		"Inject: a condition is nil":                                                              func() { a.srv.Inject(ok, clarifytest.Times(1), nil) },
	} {
		func() {
			defer func() {
				if got, _ := recover().(string); !strings.HasPrefix(got, "clarifytest: "+want) {
					t.Errorf("got %q, want %q", got, want)
				}
			}()
			inject()
		}()
	}
	a.want(200, "GET", "/users", nil)
	if _, err := clarifytest.Start(clarifytest.WithTranscript(-1)); err == nil {
		t.Error("WithTranscript takes -1")
	}
}

func TestTheTranscriptHasWhatWasSent(t *testing.T) {
	a := start(t, clarifytest.WithTranscript(2))
	a.list("deal")
	request := newRequest(t, "POST", a.url+"/objects/deal/records?silent=true", oneRecord("deal", `{}`))
	request.Header.Set("Authorization", a.auth)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Cookie", "a=secret")
	request.Header.Set("X-Request", "7")
	a.do(request)
	got := a.latest()
	expect(t, "string(got.Body)", string(got.Body), oneRecord("deal", `{}`))
	expect(t, "query", got.Query, "silent=true")
	expect(t, "X-Request", got.Header.Get("X-Request"), "7")
	expect(t, "Authorization", got.Header.Get("Authorization"), "")
	expect(t, "Cookie", got.Header.Get("Cookie"), "")
	expect(t, "scheme", got.Scheme, "api-key")
	long := oneRecord("deal", fmt.Sprintf(`{"description":%q}`, strings.Repeat("x", 2*clarifytest.MaxTranscriptBody)))
	a.want(201, "POST", "/objects/deal/records", long)
	if got := a.latest(); string(got.Body) != long[:clarifytest.MaxTranscriptBody] {
		t.Errorf("%d bytes are kept", len(got.Body))
	}
	a.list("deal")
	if n := len(a.srv.Requests()); n != 2 {
		t.Errorf("%d requests are kept", n)
	}
	none := start(t, clarifytest.WithTranscript(0))
	none.list("deal")
	if n := len(none.srv.Requests()); n != 0 {
		t.Errorf("%d requests are kept", n)
	}
}

func TestARequestReadsWell(t *testing.T) {
	for want, r := range map[string]clarifytest.Request{
		"GET /v1/a?page[limit]=1 200 1.5ms":                         {Method: "GET", Path: "/v1/a", Query: "page%5Blimit%5d=1", Status: 200, Done: true, Duration: 1500 * time.Microsecond},
		"POST /v1/a no response 2s [reset after work; it was done]": {Method: "POST", Path: "/v1/a", Fault: "reset after work", Done: true, Duration: 2 * time.Second},
		"POST /v1/a no response 2s [reset before work]":             {Method: "POST", Path: "/v1/a", Fault: "reset before work", Duration: 2 * time.Second},
		"POST /v1/a 200 2s [respond 200; it was not done]":          {Method: "POST", Path: "/v1/a", Status: 200, Fault: "respond 200", Duration: 2 * time.Second},
		"POST /v1/a 503 2s [status 503]":                            {Method: "POST", Path: "/v1/a", Status: 503, Fault: "status 503", Duration: 2 * time.Second},
		"PUT storage: /f 200 2s [slow body]":                        {Method: "PUT", Path: "/f", Storage: true, Status: 200, Fault: "slow body", Done: true, Duration: 2 * time.Second},
	} {
		if got := r.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
