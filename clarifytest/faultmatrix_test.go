package clarifytest_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// kindsOfFaults are one of each kind, and whether the work is done.
var kindsOfFaults = []struct {
	fault clarifytest.Fault
	done  bool
}{
	{clarifytest.Status(503), false},
	{clarifytest.Status(503).AfterWork(), true},
	{clarifytest.RateLimited(time.Second), false},
	{clarifytest.RateLimited(time.Second).AfterWork(), true},
	{clarifytest.Respond(200, nil, "{}"), false},
	{clarifytest.Respond(200, nil, "{}").AfterWork(), true},
	{clarifytest.HTML(502), false},
	{clarifytest.HTML(200).AfterWork(), true},
	{clarifytest.Redirect(307, "http://elsewhere.example/"), false},
	{clarifytest.Redirect(302, "http://elsewhere.example/").AfterWork(), true},
	{clarifytest.Latency(time.Millisecond), true},
	{clarifytest.Latency(time.Millisecond).AfterWork(), true},
	{clarifytest.HangUp(), false},
	{clarifytest.ResetBeforeWork(), false},
	{clarifytest.ResetDuringWork(), true},
	{clarifytest.ResetAfterWork(), true},
	{clarifytest.CutBody(3), true},
	{clarifytest.SlowBody(2, time.Millisecond), true},
}

// A request that a fault keeps from the operation is not judged by the contract,
// as one that a gateway responds; any other one is, whatever its client gets.
func TestStruckRequestsAreJudgedIfTheirWorkIsDone(t *testing.T) {
	for _, test := range kindsOfFaults {
		t.Run(test.fault.String(), func(t *testing.T) {
			a := start(t)
			a.srv.Inject(test.fault, clarifytest.Times(1))
			_, _, _ = a.attempt("POST", "/objects/deal/records?unknown=1", oneRecord("deal", `{}`))
			a.srv.Wait()
			found := a.srv.TakeViolations()
			if (len(found) == 1) != test.done || len(found) > 1 || a.latest().Done != test.done {
				t.Errorf("violations %v, transcript %+v", found, a.latest())
			}
			if deals := len(a.list("deal").ids()); (deals == 1) != test.done {
				t.Errorf("there are %d deals", deals)
			}
		})
	}
}

// Work that the operation rejects is not done, whatever strikes the request.
func TestWhatIsRejectedIsNotDone(t *testing.T) {
	for _, test := range kindsOfFaults {
		t.Run(test.fault.String(), func(t *testing.T) {
			a := start(t)
			a.srv.Inject(test.fault, clarifytest.Times(1))
			_, _, _ = a.attempt("POST", "/objects/deal/records", oneRecord("deal", `{"_id":"x"}`))
			a.srv.Wait()
			got := a.latest()
			expect(t, "done", got.Done, false)
			expect(t, "fault", got.Fault, test.fault.String())
		})
	}
}

// Every kind of fault strikes storage, too, in both directions.
func TestEveryFaultStrikesStorage(t *testing.T) {
	for _, test := range kindsOfFaults {
		t.Run(test.fault.String(), func(t *testing.T) {
			a := start(t)
			deal, _ := a.record("deal")
			at := a.attach(deal, "a", "before")
			get := a.download(deal, at)
			attempt := func(method, address, body string) (int, string, error) {
				client := &http.Client{
					Transport:     &http.Transport{DisableKeepAlives: true},
					CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
				}
				response, err := client.Do(newRequest(t, method, address, body))
				if err != nil {
					return 0, "", err
				}
				defer response.Body.Close()
				raw, err := io.ReadAll(response.Body)
				return response.StatusCode, string(raw), err
			}
			injection := a.srv.Inject(test.fault, clarifytest.ToStorage(), clarifytest.Times(2))
			status, raw, err := attempt("GET", get, "")
			a.srv.Wait()
			got := a.latest()
			expect(t, "storage", got.Storage, true)
			expect(t, "done", got.Done, test.done)
			expect(t, "fault", got.Fault, test.fault.String())
			slow := strings.HasPrefix(test.fault.String(), "slow") || strings.HasPrefix(test.fault.String(), "latency")
			if whole := status == 200 && raw == "before" && err == nil; whole != slow {
				t.Errorf("got %d %q, %v", status, raw, err)
			}
			status, raw, err = attempt("PUT", at.url, "after")
			a.srv.Wait()
			if slow != (status == 200 && raw == "" && err == nil) {
				t.Errorf("got %d %q, %v", status, raw, err)
			}
			if status == 0 && !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
				t.Errorf("the connection ended with %v", err)
			}
			if injection.Struck() != 2 {
				t.Errorf("it struck %d requests", injection.Struck())
			}
			want := "before"
			if test.done {
				want = "after"
			}
			if got := a.stores("GET", get, ""); got.raw != want {
				t.Errorf("the file is %q, want %q", got.raw, want)
			}
		})
	}
}
