package clarifytest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

func rate(got *response) string {
	return fmt.Sprintf("%s/%s %ss", got.header.Get("X-RateLimit-Remaining"), got.header.Get("X-RateLimit-Limit"), got.header.Get("X-RateLimit-Reset"))
}

func TestRateLimit(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now), clarifytest.WithRateLimit(3))
	check := func(status int, want string) *response {
		t.Helper()
		got := a.want(status, "GET", "/objects/person/resources", nil)
		if rate(got) != want {
			t.Errorf("got %s, want %s", rate(got), want)
		}
		return got
	}
	check(200, "2/3 60s")
	c.Add(10500 * time.Millisecond)
	check(200, "1/3 50s")
	c.Add(time.Second)
	check(200, "0/3 49s")
	rejected := check(429, "0/3 49s")
	if got := rejected.header.Get("Retry-After"); got != "49" {
		t.Errorf("Retry-After is %q", got)
	}
	rejected.errorObject()
	c.Add(48*time.Second + 499*time.Millisecond)
	check(429, "0/3 1s")

	t.Run("the window rolls", func(t *testing.T) {
		c.Add(time.Millisecond)
		check(200, "0/3 11s")
		check(429, "0/3 11s")
	})
	t.Run("another object is the same operation", func(t *testing.T) {
		a.want(429, "GET", "/objects/deal/resources", nil)
	})
	t.Run("another operation has room", func(t *testing.T) {
		if got := a.want(404, "GET", "/objects/person/resources/1", nil); rate(got) != "2/3 60s" {
			t.Errorf("got %s", rate(got))
		}
	})
	t.Run("another workspace has room", func(t *testing.T) {
		other := a.srv.AddWorkspace("globex")
		b := &api{t: t, srv: a.srv, url: other.URL, auth: "Bearer " + other.AccessToken}
		if got := b.list("person"); rate(got) != "2/3 60s" {
			t.Errorf("got %s", rate(got))
		}
	})
	t.Run("rejected credentials do not count", func(t *testing.T) {
		b := *a
		b.auth = ""
		for range 5 {
			b.want(401, "GET", "/objects/person/deleted-resources", nil)
		}
		if got := a.want(200, "GET", "/objects/person/deleted-resources", nil); rate(got) != "2/3 60s" {
			t.Errorf("got %s", rate(got))
		}
	})
	t.Run("a minute later all is as at first", func(t *testing.T) {
		c.Add(time.Minute)
		check(200, "2/3 60s")
	})
}

func TestRateLimitDefault(t *testing.T) {
	a := start(t, clarifytest.WithClock(newClock().Now))
	for range 2 {
		a.list("person")
	}
	if got := rate(a.list("person")); got != "2997/3000 60s" {
		t.Errorf("got %s", got)
	}
}

func TestEveryResponseHasTheRateLimit(t *testing.T) {
	a := start(t)
	for _, request := range []struct{ method, path, auth string }{
		{"GET", "/objects/person/resources", a.auth},
		{"GET", "/objects/nothing/resources", a.auth},
		{"GET", "/objects/person/resources", ""},
		{"GET", "/nothing", a.auth},
		{"PUT", "/users", a.auth},
		{"GET", "/users", a.auth},
		{"POST", "/objects/person/records", a.auth},
		{"POST", "/objects/person/records/1/merges", a.auth},
	} {
		b := *a
		b.auth = request.auth
		got := b.send(request.method, request.path, nil)
		expect(t, `strings.Contains("  "+rate(got), "/ ")`, strings.Contains("  "+rate(got), "/ "), false)
		expect(t, `got.header.Get("X-RateLimit-Remaining") == ""`, got.header.Get("X-RateLimit-Remaining") == "", false)
		expect(t, `got.header.Get("X-RateLimit-Reset") == ""`, got.header.Get("X-RateLimit-Reset") == "", false)
	}
	a.srv.TakeViolations()
}

func TestAClockThatGoesBack(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now), clarifytest.WithRateLimit(2))
	a.list("person")
	c.Add(-time.Hour)
	a.list("person")
	a.want(429, "GET", "/objects/person/resources", nil)
}
