package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

// What parseFault takes, the server takes: Inject would panic.
func FuzzParseFault(f *testing.F) {
	for _, text := range []string{
		"status:503", "framework:400@after", "html:502@method=GET+PUT,p=0.5", "rate-limited:2s@at=1+2,times=3", "redirect:http://a@b/@after",
		"latency:1h@after,workspace=acme", "hang-up", "reset-before", "reset-during@operation=getUsers", "reset-after", "cut:0", "slow:1/0s", "revoke", "hang-up@storage", "revoke@storage", "framework:400@storage", "status:503@storage,operation=getUsers", "status:503@storage=x", "hang-up@method=get+", "hang-up@workspace=..",
		"status:999", "@", ":", "status:503@", "status:503@p=NaN", "redirect:%", "cut:1@after", "at=1", "slow:1/1ns@p=1e-400",
	} {
		f.Add(text)
	}
	srv := clarifytest.NewServer()
	f.Cleanup(srv.Close)
	f.Fuzz(func(t *testing.T, text string) {
		fault, err := parseFault(text)
		if err != nil {
			if err.Error() == "" {
				t.Error("the error says nothing")
			}
			return
		}
		fault.inject(srv, 1)
		srv.RemoveFaults()
	})
}

// Another flag must not change which requests the dice of -seed strike.
func TestASeedStrikesTheSameRequestsInSpiteOfLatency(t *testing.T) {
	struck := func(args ...string) string {
		s := start(t, append(args, "-seed", "3", "-fault", "status:503@p=0.5")...)
		var statuses strings.Builder
		for range 32 {
			request, err := http.NewRequest("GET", s.root+"/v1/workspaces/acme/users", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "api-key "+s.key)
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			fmt.Fprintln(&statuses, response.StatusCode)
		}
		return statuses.String()
	}
	without, with := struck(), struck("-latency", "1us")
	if without != with {
		t.Errorf("without latency the responses are %q, with it %q", without, with)
	}
}

func TestFaultsThatAreOrdered(t *testing.T) {
	s := start(t, "-latency", "1ms", "-quiet", "-validate=false", "-rate-limit", "1000000",
		"-fault", "status:503@operation=getUsers+getUser,method=GET,workspace=acme,at=1+3",
		"-fault", "framework:400@operation=getUsers,times=1",
		"-fault", "html:502@operation=getSchemas",
		"-fault", "rate-limited:2s@operation=getLists,p=1",
		"-fault", "redirect:http://user@elsewhere.example/@operation=getWorkflows",
		"-fault", "cut:5@operation=getResources", "-fault", "slow:1000/1ms@operation=getComment",
		"-fault", "hang-up@p=0", "-fault", "reset-during@p=0", "-fault", "reset-after@p=0", "-fault", "revoke@p=0",
	)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, test := range []struct {
		path   string
		status int
	}{
		{"/users", 503}, {"/users", 400}, {"/users", 503}, {"/users", 200},
		{"/schemas", 502}, {"/objects/person/lists", 429}, {"/workflows", 307}, {"/comments/1", 404},
	} {
		request, err := http.NewRequest("GET", s.root+"/v1/workspaces/acme"+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "api-key "+s.key)
		response, err := client.Do(request)
		if err != nil {
			t.Fatalf("%s: %v", test.path, err)
		}
		response.Body.Close()
		if response.StatusCode != test.status {
			t.Errorf("%s: got %s, want %d", test.path, response.Status, test.status)
		}
	}
	for _, fault := range []string{"latency:1ms", "html:502@operation=getSchemas"} {
		if !strings.Contains(s.stdout, "\nfault:         "+fault+"\n") {
			t.Errorf("%s is not printed: %s", fault, s.stdout)
		}
	}
	if got := s.stderr.String(); got != "" {
		t.Errorf("there is a log: %s", got)
	}
}

// Files go where the sandbox says that they go.
func TestFaultsOfStorage(t *testing.T) {
	s := start(t, "-fault", "rate-limited:3s@storage,method=get", "-fault", "status:503@operation=getUsers,method=post")
	response, err := http.Get(s.printed("storage URL"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 429 || response.Header.Get("Retry-After") != "3" {
		t.Errorf("got %s %v", response.Status, response.Header)
	}
	s.curl(200, s.root+"/v1/workspaces/acme/users", "Authorization: api-key "+s.key)
}
