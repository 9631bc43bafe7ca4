package clarify_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
)

func TestPeopleAreFoundByTheirWholeAddress(t *testing.T) {
	client, s := sandbox(t)
	created := map[string]string{}
	for name, emails := range map[string][]string{
		"Ada":         {"ada@acme.com", "ada@home.example"},
		"Granada":     {"granada@acme.com"},
		"Ada's agent": {"ada@acme.com.example"},
	} {
		person, err := clarify.People(client).Create(t.Context(), clarify.Person{Name: clarify.Name{FirstName: name}, EmailAddresses: emails})
		if err != nil {
			t.Fatal(err)
		}
		created[name] = person.ID
	}
	found, err := client.PeopleByEmail(t.Context(), "ADA@acme.com", " ada@acme.com ", "ada@home.example", "nobody@acme.com", "ADA@acme.com")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 4 {
		t.Errorf("there are %d entries: %+v", len(found), found)
	}
	for email, want := range map[string][]string{
		"ADA@acme.com": {created["Ada"]}, " ada@acme.com ": {created["Ada"]}, "ada@home.example": {created["Ada"]}, "nobody@acme.com": nil,
	} {
		people, ok := found[email]
		got := ids(people)
		if !ok {
			t.Fatalf("%q: got %q, want %q", email, got, want)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", email, got, want)
		}
	}
	asked := 0
	for _, r := range s.Requests() {
		if r.Operation == "getResources" {
			asked++
		}
	}
	if asked != 3 {
		t.Errorf("%d requests for 3 addresses", asked)
	}
}

// Mail and calendar make two people of one (docs/live-api.md, D4).
func TestSeveralPeopleMayHaveAnAddress(t *testing.T) {
	f := responding(t, 200, `{"data":[
		{"type":"person","id":"newer","attributes":{"_created_at":"2026-02-01T00:00:00.000Z","email_addresses":{"items":["x@acme.com","Ada@Acme.com"]}}},
		{"type":"person","id":"b","attributes":{"_created_at":"2026-01-01T00:00:00Z","email_addresses":{"items":["ada@acme.com"]}}},
		{"type":"person","id":"a","attributes":{"_created_at":"2026-01-01T00:00:00.000Z","email_addresses":{"items":["ada@acme.com"],"more":1}}},
		{"type":"person","id":"null","attributes":{"email_addresses":null}},
		{"type":"person","id":"other","attributes":{"email_addresses":{"items":["granada@acme.com"]}}}],"links":{"next":null}}`)
	found, err := f.client(t).PeopleByEmail(t.Context(), "ada@acme.com")
	got := ids(found["ada@acme.com"])
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, []string{"a", "b", "newer"}) {
		t.Errorf("got %q, %v", got, err)
	}
	if got := f.parameters(t).Get("filter[email_addresses][Contains]"); got != "ada@acme.com" {
		t.Errorf("asked for %q", got)
	}
}

func TestInvalidEmailAddressesAreNotSearchedFor(t *testing.T) {
	f := responding(t, 200, emptyPage)
	client := f.client(t)
	for _, email := range []string{"", " ", "ada", "@acme.com", "ada@", "ada@acme.com,grace@acme.com", "Ada <ada@acme.com>", "a b@acme.com", "ada@acme.com\nx", "ada@@acme.com"} {
		_, err := client.PeopleByEmail(t.Context(), "grace@acme.com", email)
		wantNotSent(t, f, err, "invalid email address")
	}
	found, err := client.PeopleByEmail(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "len(found)", len(found), 0)
	wantEqual(t, "len(f.requests())", len(f.requests()), 0)
}

func addresses(n int) []string {
	var all []string
	for i := range n {
		all = append(all, strings.Repeat("a", i+1)+"@acme.com")
	}
	return all
}

func TestUpToEightSearchesForAddressesAreInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var inFlight, most, all atomic.Int32
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			all.Add(1)
			most.Store(max(most.Load(), inFlight.Add(1)))
			time.Sleep(time.Second)
			inFlight.Add(-1)
			respond(w, 200, emptyPage)
		})
		found, err := s.connect(t).PeopleByEmail(t.Context(), addresses(100)...)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "len(found)", len(found), 100)
		wantEqual(t, "all.Load()", all.Load(), 100)
		wantEqual(t, "most.Load()", most.Load(), 8)
	})
}

func TestOneErrorEndsTheSearch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all atomic.Int32
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if all.Add(1) == 3 {
				respond(w, 403, `{"errors":[{"status":"403","detail":"No."}]}`)
				return
			}
			select {
			case <-time.After(time.Hour):
			case <-r.Context().Done():
			}
		})
		client := s.connect(t)
		began := time.Now()
		found, err := client.PeopleByEmail(t.Context(), addresses(100)...)
		if found != nil {
			t.Errorf("%v, %v after %d requests", found, err, all.Load())
		}
		wantIs(t, err, clarify.ErrForbidden, true)
		if all.Load() > 8 {
			t.Errorf("%v, %v after %d requests", found, err, all.Load())
		}
		if time.Since(began) > time.Minute {
			t.Errorf("%v, %v after %d requests", found, err, all.Load())
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		all.Store(3)
		if _, err := client.PeopleByEmail(ctx, addresses(100)...); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		cancel()
		before := all.Load()
		if _, err := client.PeopleByEmail(ctx, addresses(2)...); err == nil || all.Load() != before {
			t.Errorf("%v after %d requests more", err, all.Load()-before)
		}
	})
}

// Code of the caller's runs on goroutines that are not the caller's.
func TestAPanicInASearchIsTheCallers(t *testing.T) {
	f := responding(t, 200, emptyPage)
	client := clientOf(t, f.URL+"/v1", testKey, clarify.WithHTTPClient(&http.Client{Transport: panicking{}}))
	defer func() {
		if r := recover(); r != "the transport" {
			t.Errorf("recovered %v", r)
		}
	}()
	_, err := client.PeopleByEmail(t.Context(), addresses(20)...)
	t.Errorf("it returned %v", err)
}

type panicking struct{}

func (panicking) RoundTrip(*http.Request) (*http.Response, error) { panic("the transport") }
