package tokenfile_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/authn/tokenfile"
	"golang.org/x/oauth2"
)

// This test binary is also the program that several processes run.
func TestMain(m *testing.M) {
	if endpoint := os.Getenv("TOKENFILE_TEST_ENDPOINT"); endpoint != "" {
		if err := program(endpoint, os.Getenv("TOKENFILE_TEST_PATH")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// program says that it is ready, waits until it is told to start, asks for a
// token from many goroutines, and prints what they got.
func program(endpoint, path string) error {
	store, err := tokenfile.New(path)
	if err != nil {
		return err
	}
	source := authn.NewTokenSource(config(endpoint), store)
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	var wg sync.WaitGroup
	tokens := make([]string, 25)
	errs := make([]error, len(tokens))
	for i := range tokens {
		wg.Go(func() {
			token, err := source.Token()
			if errs[i] = err; err == nil {
				tokens[i] = token.AccessToken
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(tokens)
}

func config(endpoint string) *oauth2.Config {
	config := authn.NewConfig("client", "", "")
	config.Endpoint.TokenURL = endpoint
	return config
}

func TestProcessesThatShareAFileRefreshOnce(t *testing.T) {
	const processes = 8
	var mu sync.Mutex
	valid, refreshes := refresh, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if r.PostFormValue("refresh_token") != valid {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"invalid_grant"}`)
			return
		}
		refreshes++
		valid = fmt.Sprintf("rotated-%d", refreshes)
		fmt.Fprintf(w, `{"access_token":"new-access-%d","token_type":"Bearer","refresh_token":%q,"expires_in":3600}`, refreshes, valid)
	}))
	defer server.Close()

	store := newStore(t)
	expired := token()
	expired.Expiry = time.Now().Add(-time.Hour)
	if err := store.Save(t.Context(), expired); err != nil {
		t.Fatal(err)
	}
	type process struct {
		start  func() error
		finish func() ([]string, error)
	}
	var started []process
	for range processes {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), "TOKENFILE_TEST_ENDPOINT="+server.URL, "TOKENFILE_TEST_PATH="+store.Path())
		var stderr strings.Builder
		cmd.Stderr = &stderr
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		out := bufio.NewReader(stdout)
		if line, err := out.ReadString('\n'); err != nil || line != "ready\n" {
			t.Fatalf("a process did not start: %v: %s", err, stderr.String())
		}
		started = append(started, process{
			start: func() error { _, err := fmt.Fprintln(stdin); return err },
			finish: func() (tokens []string, err error) {
				err = json.NewDecoder(out).Decode(&tokens)
				if failed := cmd.Wait(); failed != nil {
					return nil, fmt.Errorf("%w: %s", failed, stderr.String())
				}
				return tokens, err
			},
		})
	}
	for _, p := range started {
		if err := p.start(); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range started {
		tokens, err := p.finish()
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range tokens {
			if got != "new-access-1" {
				t.Fatalf("a goroutine got %q", got)
			}
		}
	}
	if refreshes != 1 {
		t.Errorf("%d refreshes, want 1", refreshes)
	}
	kept, err := store.Load(t.Context())
	if err != nil {
		t.Errorf("error %v", err)
	} else if kept.RefreshToken != valid {
		t.Errorf("the stored refresh token is %q, want the valid one, %q", kept.RefreshToken, valid)
	}
}
