package faults_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/faults"
)

// strike returns the names of the faults that strike successive requests to an
// operation.
func strike(l *faults.List, n int, operation string, storage bool) []string {
	r := httptest.NewRequest("GET", "/", nil)
	var names []string
	for range n {
		names = append(names, l.Strike(r, operation, storage).String())
	}
	return names
}

func wantStruck(t *testing.T, got []string, want string) {
	t.Helper()
	if joined := strings.Join(got, " | "); joined != want {
		t.Errorf("got the faults %q, want %q", joined, want)
	}
}

func TestAnInjectionStrikesTheRequestsThatItIsAbout(t *testing.T) {
	var l faults.List
	only := &faults.Injection{
		Fault: faults.Fault{Name: "a", Effect: faults.Respond},
		About: []func(*http.Request, string) bool{func(_ *http.Request, operation string) bool { return operation == "one" }},
	}
	second := &faults.Injection{
		Fault:   faults.Fault{Name: "b", Effect: faults.Respond},
		Counted: []func(int) bool{func(number int) bool { return number == 2 }},
		Times:   1,
	}
	stored := &faults.Injection{Fault: faults.Fault{Name: "c", Effect: faults.Respond}, Storage: true, Times: 2}
	l.Add(only)
	l.Add(second)
	l.Add(stored)
	wantStruck(t, strike(&l, 1, "one", false), "a")
	wantStruck(t, strike(&l, 2, "other", false), "b | ")
	wantStruck(t, strike(&l, 3, "one", true), "c | c | ")
	if got := l.Struck(stored); got != 2 {
		t.Errorf("struck %d requests, want 2", got)
	}
	l.Remove(only)
	wantStruck(t, strike(&l, 1, "one", false), "")
	l.Add(only)
	l.Clear()
	wantStruck(t, strike(&l, 1, "one", false), "")
}

func TestDelaysCombineWithOneOtherFault(t *testing.T) {
	var l faults.List
	for _, f := range []faults.Fault{
		{Name: "slow", Effect: faults.Delay, Delay: time.Second},
		{Name: "first", Effect: faults.Respond},
		{Name: "second", Effect: faults.Respond},
		{Name: "slower", Effect: faults.Delay, Delay: time.Second, Late: true},
	} {
		l.Add(&faults.Injection{Fault: f})
	}
	wantStruck(t, strike(&l, 1, "one", false), "slow, first, slower")
}

// runSynctest runs a subtest in a bubble of its own, where time is fake.
func runSynctest(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// job is done with 201 and remembers what happened to it.
type job struct{ done, revoked int }

func (j *job) Work() faults.Response {
	j.done++
	return faults.Response{Status: http.StatusCreated, Header: http.Header{"X-Work": {"done"}}, Body: []byte("done")}
}

func (j *job) Instead(f faults.Fault) faults.Response {
	return faults.Response{Status: f.Response.Status, Body: []byte("an error of the API")}
}

func (j *job) Revoke()  { j.revoked++ }
func (j *job) Note(int) {}

func TestADeliverySendsWhatIsPlanned(t *testing.T) {
	teapot := faults.Response{Status: http.StatusTeapot, Body: []byte("tea")}
	for _, test := range []struct {
		name   string
		fault  faults.Fault
		status int
		body   string
		want   job
	}{
		{"nothing", faults.Fault{}, 201, "done", job{done: 1}},
		{"a response", faults.Fault{Name: "f", Effect: faults.Respond, Response: teapot}, 418, "tea", job{}},
		{"a late response", faults.Fault{Name: "f", Effect: faults.Respond, Late: true, Response: teapot}, 418, "tea", job{done: 1}},
		{"an error of the API", faults.Fault{Name: "f", Effect: faults.Respond, API: true, Response: teapot}, 418, "an error of the API", job{}},
		{"a revoked credential", faults.Fault{Name: "f", Revokes: true}, 201, "done", job{done: 1, revoked: 1}},
		{"a slow body", faults.Fault{Name: "f", Effect: faults.Slow, Late: true, Bytes: 3, Delay: time.Hour}, 201, "done", job{done: 1}},
	} {
		runSynctest(t, test.name, func(t *testing.T) {
			var l faults.List
			if test.fault.Name != "" {
				l.Add(&faults.Injection{Fault: test.fault})
			}
			w, r, j := httptest.NewRecorder(), httptest.NewRequest("POST", "/", strings.NewReader("body")), &job{}
			d := faults.Delivery{Job: j, Writer: w, Request: r, Plan: l.Strike(r, "one", false), MaxBody: 2}
			d.Run()
			if w.Code != test.status {
				t.Errorf("got status %d, want %d", w.Code, test.status)
			}
			if got := w.Body.String(); got != test.body {
				t.Errorf("got %q, want %q", got, test.body)
			}
			if *j != test.want {
				t.Errorf("got %+v, want %+v", *j, test.want)
			}
			if got := string(d.Body); got != "bod" {
				t.Errorf("read %q, want one byte more than MaxBody", got)
			}
		})
	}
}

func TestARecorderKeepsTheFirstStatus(t *testing.T) {
	w := faults.NewRecorder()
	w.Header().Set("X-Work", "done")
	w.WriteHeader(http.StatusCreated)
	w.WriteHeader(http.StatusTeapot)
	_, _ = io.WriteString(w, "one ")
	_, _ = io.WriteString(w, "two")
	if w.Status != http.StatusCreated {
		t.Errorf("got status %d, want 201", w.Status)
	}
	if got := string(w.Body); got != "one two" {
		t.Errorf("got %q", got)
	}
	if got := w.Response.Header.Get("X-Work"); got != "done" {
		t.Errorf("got the header %q", got)
	}
}
