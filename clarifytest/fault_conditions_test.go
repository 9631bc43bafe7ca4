package clarifytest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

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
