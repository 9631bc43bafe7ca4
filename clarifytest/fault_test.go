package clarifytest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
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
		status int // noResponse if the connection ends first
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
				a.rejected(401, "", "GET", "/objects/deal/resources", nil)
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
	a.rejected(401, "", "GET", "/users", nil)
	a.rejected(401, "", "GET", "/users", nil)
	token = a.token(200, "grant_type", "refresh_token", "refresh_token", refresh, "client_id", "client", "client_secret", "secret").text("access_token")
	a.auth = "Bearer " + token
	a.want(200, "GET", "/users", nil)

	// The first workspace's own token is not what others are made from.
	a.srv.Revoke(a.srv.AccessToken)
	a.srv.Revoke("nothing")
	a.auth = "Bearer " + a.srv.AccessToken
	a.rejected(401, "", "GET", "/users", nil)
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
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	if _, err := http.DefaultClient.Do(newRequest(t, "POST", a.url+"/objects/deal/records", "{}").WithContext(ctx)); err == nil {
		t.Fatal("there is a response")
	}
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
	a.srv.Close() // not after an hour
	if err := <-ended; err == nil {
		t.Error("there is a response")
	}
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
