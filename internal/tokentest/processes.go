package tokentest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/internal/processes"
)

// Load is what several processes with the tokens of many users do: each acts for all
// users, whose tokens expire soon and are refreshed by any process.
type Load struct {
	Processes int
	Workers   int // of each process
	Users     int
	Lives     time.Duration // how long an access token lives, in seconds
	Duration  time.Duration
	// Config is what the function given to [Main] makes stores of.
	Config string
	// Restarts are done in the meantime, at equal distances.
	Restarts []func() error `json:"-"`
}

// Figures are what came of it.
type Figures struct {
	Requests  int // with an access token
	Refreshes int // that the authorization server accepted
	// Reused is how many refresh tokens were sent that had been used before, and
	// Rejected how many requests with an access token that never worked.
	Reused, Rejected int
	// Lost is how many users have to log in again.
	Lost int
	// Failed is how often a process got no token, because the store could not be
	// reached, and Longest how long it did not.
	Failed  int
	Longest time.Duration
	Reason  string // the last error in that time
}

func (f Figures) String() string {
	return fmt.Sprintf("%d requests, %d refreshes, %d refresh tokens used twice, %d requests rejected, %d logins lost; %d times there was no token, for %v at most (%s)",
		f.Requests, f.Refreshes, f.Reused, f.Rejected, f.Lost, f.Failed, f.Longest.Round(time.Millisecond), f.Reason)
}

// maxPause is how long a worker pauses between requests at most.
const maxPause = 40 * time.Millisecond

// kind is the kind of the jobs.
const kind = "TOKENTEST"

type job struct {
	Load
	URL string // of the authorization server
}

type tally struct {
	Requests, Failed int
	Longest          time.Duration
	Reason           string // why that took so long
	Error            string // the first one that was not overcome
}

// Main is called first in the TestMain of a test that calls [Processes].
func Main(open func(config, user string) (authn.TokenLocker, error)) {
	processes.Main(kind, func(j job) (tally, error) { return work(j, open) })
}

func userName(i int) string { return fmt.Sprint("user-", i) }

// Processes runs a load, and returns its figures. open opens a store in this process.
func Processes(t *testing.T, load Load, open func(user string) (authn.TokenLocker, error)) Figures {
	t.Helper()
	server := newServer(load.Lives)
	defer server.Close()
	stores := make([]authn.TokenLocker, load.Users)
	for i := range stores {
		var err error
		if stores[i], err = open(userName(i)); err != nil {
			t.Fatal(err)
		}
	}
	all := processes.Start(t, load.Processes, kind, job{load, server.URL})
	for i, store := range stores {
		save(t, store, server.login(userName(i)))
	}
	processes.Run(t, all)
	for _, restart := range load.Restarts {
		time.Sleep(load.Duration / time.Duration(len(load.Restarts)+1))
		if err := restart(); err != nil {
			t.Fatal(err)
		}
	}
	var f Figures
	for _, got := range processes.Results[tally](t, all) {
		if got.Error != "" {
			t.Logf("the first error of a process is %s", got.Error)
		}
		f.Requests += got.Requests
		f.Failed += got.Failed
		if got.Longest > f.Longest {
			f.Longest, f.Reason = got.Longest, got.Reason
		}
	}
	for i := range stores {
		// Another store, as a process has it that starts now.
		store, err := open(userName(i))
		if err != nil {
			t.Fatal(err)
		}
		token, err := store.Load(t.Context())
		if err != nil {
			t.Errorf("%s: %v", userName(i), err)
			f.Lost++
		} else if token.RefreshToken != server.current(userName(i)) {
			t.Errorf("%s: the stored refresh token does not work", userName(i))
			f.Lost++
		}
	}
	f.Refreshes, f.Reused, f.Rejected = server.refreshes, server.reused, server.rejected
	return f
}

// work is what a process does.
func work(j job, open func(config, user string) (authn.TokenLocker, error)) (result tally, err error) {
	config := authn.NewConfig("client", "", "")
	config.Endpoint.TokenURL = j.URL + "/token"
	sources := make([]*authn.Source, j.Users)
	for i := range sources {
		store, err := open(j.Config, userName(i))
		if err != nil {
			return tally{}, err
		}
		sources[i] = authn.NewTokenSource(config, store)
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: j.Workers}}
	ctx, cancel := context.WithTimeout(context.Background(), j.Duration)
	defer cancel()
	var mu sync.Mutex
	var group sync.WaitGroup
	for range j.Workers {
		group.Go(func() {
			for ctx.Err() == nil {
				began := time.Now()
				token, failed, lastErr, err := try(ctx, sources[rand.N(j.Users)])
				if err == nil {
					err = use(ctx, client, j.URL, token)
				}
				mu.Lock()
				result.Requests++
				result.Failed += failed
				if took := time.Since(began); took > result.Longest {
					result.Longest, result.Reason = took, fmt.Sprint(lastErr)
				}
				if err != nil && ctx.Err() == nil && result.Error == "" {
					result.Error = err.Error()
				}
				mu.Unlock()
				time.Sleep(rand.N(maxPause))
			}
		})
	}
	group.Wait()
	// What is still to be saved is saved.
	for i := range sources {
		saving, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		if _, _, _, err := try(saving, sources[i]); err != nil {
			result.Error += fmt.Sprintf(" in the end: %v", err)
		}
		cancel()
	}
	return result, nil
}

// try gets a token, and says how often that failed before, and why the last time.
func try(ctx context.Context, source *authn.Source) (access string, failed int, reason, err error) {
	for {
		token, err := source.TokenContext(ctx)
		switch {
		case err == nil:
			return token.AccessToken, failed, reason, nil
		case ctx.Err() != nil || errors.Is(err, authn.ErrLoginRequired):
			return "", failed, reason, err
		}
		failed++
		reason = err
		time.Sleep(50 * time.Millisecond)
	}
}

func use(ctx context.Context, client *http.Client, url, access string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/use", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+access)
	rsp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer rsp.Body.Close()
	_, err = io.Copy(io.Discard, rsp.Body)
	return err
}
