package oauth

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/authn/tokenfile"
)

// programVariable holds a program in JSON. A test binary that finds it runs the
// program in place of its tests.
const programVariable = "CLARIFY_OAUTH_PROGRAM"

// program is what a process of its own does with the token in a file.
type program struct {
	Does      string // share, refresh or hang
	Server    string
	AppID     string
	AppSecret string
	TokenURL  string
	Path      string
}

func (p program) run() error {
	store, err := tokenfile.New(p.Path)
	if err != nil {
		return err
	}
	config := authn.NewConfig(p.AppID, p.AppSecret, "")
	config.Endpoint.TokenURL = p.TokenURL
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	switch p.Does {
	case "share":
		return share(authn.NewTokenSource(config, store, authn.WithLogger(logger)))
	case "refresh":
		return refreshForever(authn.NewTokenSource(config, store, authn.WithLogger(logger)), p.Server)
	case "hang":
		hanging := &watched{store, func(*oauth2.Token) {
			fmt.Println("saving")
			select {}
		}}
		_, err := authn.NewTokenSource(config, hanging, authn.WithLogger(logger)).Token()
		return err
	}
	return fmt.Errorf("no program does %q", p.Does)
}

const goroutines = 200

// share has many goroutines ask for the token once, and prints hashes of what
// they got.
func share(source *authn.Source) error {
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	var wg sync.WaitGroup
	hashes, errs := make([]string, goroutines), make([]error, goroutines)
	for i := range goroutines {
		wg.Go(func() {
			token, err := source.TokenContext(context.Background())
			if errs[i] = err; err == nil {
				hashes[i] = hash(token.AccessToken)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(hashes)
}

func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// refreshForever gets one token after the other, and reports each to the server.
func refreshForever(source *authn.Source, server string) error {
	fmt.Println("ready")
	token, err := source.Token()
	for ; err == nil; token, err = source.Renew(context.Background(), token.AccessToken) {
		response, err := http.PostForm(server+"/confirmed", url.Values{"refresh_token": {token.RefreshToken}})
		if err != nil {
			return err
		}
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
		fmt.Println("confirmed")
	}
	return err
}

// process is a running program.
type process struct {
	cmd    *exec.Cmd
	stdin  io.Writer
	stdout *bufio.Reader
}

// start runs a program in a process of its own, up to the first line of its
// output. What it prints to its standard error is noted.
func (s *server) start(does, path, firstLine string) *process {
	s.t.Helper()
	config := s.app(privateApp)
	text, err := json.Marshal(program{does, s.URL, config.ClientID, config.ClientSecret, config.Endpoint.TokenURL, path})
	if err != nil {
		s.t.Fatal(err)
	}
	p := &process{cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), programVariable+"="+string(text))
	p.cmd.Stderr = &shown
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		s.t.Fatal(err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	p.stdout = bufio.NewReader(io.TeeReader(stdout, &shown))
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(p.kill)
	if line, err := p.stdout.ReadString('\n'); line != firstLine+"\n" {
		s.t.Fatalf("a process did not start: it printed %q, then %v", line, err)
	}
	return p
}

// kill ends the process as SIGKILL does, unless it is over.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// tokenFile returns a store with a token in a file of its own.
func tokenFile(t *testing.T, token *oauth2.Token) *tokenfile.Store {
	t.Helper()
	store, err := tokenfile.New(filepath.Join(t.TempDir(), "token.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Save(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	note(store)
	return store
}

func TestProcessesWithManyGoroutinesRefreshAnExpiredTokenOnce(t *testing.T) {
	// The shorter one is due for a refresh, were it not new, when a process reads
	// what another has saved.
	for _, lives := range []time.Duration{time.Hour, authn.DefaultEarlyRefresh} {
		t.Run(lives.String(), func(t *testing.T) { refreshInProcesses(t, lives) })
	}
}

func refreshInProcesses(t *testing.T, lives time.Duration) {
	server := newServer(t)
	server.fosite.AccessTokenLifespan = lives
	first := server.loggedIn(server.flow(privateApp))
	server.tokenRequests()
	store := tokenFile(t, expired(first))

	processes := make([]*process, 8)
	for i := range processes {
		processes[i] = server.start("share", store.Path(), "ready")
	}
	for _, p := range processes {
		if _, err := fmt.Fprintln(p.stdin); err != nil {
			t.Fatal(err)
		}
	}
	var hashes []string
	for _, p := range processes {
		var got []string
		if err := json.NewDecoder(p.stdout).Decode(&got); err != nil {
			t.Fatal(err)
		}
		if err := p.cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, got...)
	}
	wantTokenRequests(t, server, refreshForm(privateApp, first.RefreshToken))

	token, err := store.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	issued, _ := server.history()
	server.wantToken(token)
	if token.RefreshToken != issued[1] {
		t.Error("the refresh token is not the one that the server issued")
	}
	if len(hashes) != len(processes)*goroutines {
		t.Fatalf("%d goroutines got a token, want %d", len(hashes), len(processes)*goroutines)
	}
	for _, got := range hashes {
		if got != hash(token.AccessToken) {
			t.Fatal("a goroutine got another token than the one in the file")
		}
	}
}

func TestATokenThatWasIssuedAndNotSavedIsLostUnlessTheServerHasGrace(t *testing.T) {
	for _, grace := range []bool{false, true} {
		t.Run(fmt.Sprintf("grace %t", grace), func(t *testing.T) {
			server := newServer(t)
			server.grace = grace
			first := server.loggedIn(server.flow(privateApp))
			store := tokenFile(t, expired(first))
			server.start("hang", store.Path(), "saving").kill()
			server.settle()
			if issued, _ := server.history(); len(issued) != 2 {
				t.Fatalf("the server has issued %d refresh tokens, want 2", len(issued))
			}
			server.tokenRequests()

			// The file is whole, and the lock is free.
			kept, err := store.Load(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if kept.RefreshToken != first.RefreshToken {
				t.Fatal("the file does not hold the old refresh token")
			}
			token, err := server.source(privateApp, store).TokenContext(t.Context())
			wantTokenRequests(t, server, refreshForm(privateApp, first.RefreshToken))
			if !grace {
				wantTokenError(t, err, 400, "invalid_grant", true)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			issued, _ := server.history()
			server.wantToken(token)
			if token.RefreshToken != issued[2] {
				t.Error("the refresh token is not the one that the server issued last")
			}
		})
	}
}

// killsVariable sets how many processes the test below kills.
const killsVariable = "CLARIFY_OAUTH_KILLS"

func TestKilledProcessesLeaveAFileWithTheLastConfirmedTokenOrALaterOne(t *testing.T) {
	kills := 200
	if value, ok := os.LookupEnv(killsVariable); ok {
		var err error
		if kills, err = strconv.Atoi(value); err != nil || kills < 1 {
			t.Fatalf("%s is %q, want a positive number", killsVariable, value)
		}
	}
	t.Run("server without grace", func(t *testing.T) { killWhileRenewing(t, false, kills) })
	t.Run("server with grace", func(t *testing.T) { killWhileRenewing(t, true, (kills+3)/4) })
}

func killWhileRenewing(t *testing.T, grace bool, kills int) {
	server := newServer(t)
	server.grace = grace
	flow := server.flow(privateApp)
	store := tokenFile(t, expired(server.loggedIn(flow)))

	// How long three refreshes take here is how long a process has at most.
	p, began := server.start("refresh", store.Path(), "ready"), time.Now()
	for range 3 {
		if line, err := p.stdout.ReadString('\n'); err != nil {
			t.Fatalf("a process does not get a token: it printed %q, then %v", line, err)
		}
	}
	most := time.Since(began)
	p.kill()
	server.settle()
	if err := store.Save(t.Context(), expired(server.loggedIn(flow))); err != nil {
		t.Fatal(err)
	}

	// Refresh tokens are counted in the order in which they were issued. saved is
	// the last one that the file has held for all that is known, and unsaved how
	// many were issued since the one that it holds.
	var lost, ahead, unsaved int
	issued, _ := server.history()
	saved := len(issued) - 1
	for i := range kills {
		p := server.start("refresh", store.Path(), "ready")
		time.Sleep(rand.N(most))
		p.kill()
		server.settle()

		kept, err := store.Load(t.Context())
		if err != nil {
			t.Fatalf("kill %d: the file cannot be read: %v", i, err)
		}
		unlock, err := store.Lock(t.Context())
		if err != nil {
			t.Fatalf("kill %d: the lock is not free: %v", i, err)
		}
		unlock()

		issued, reported := server.history()
		inFile, last := slices.Index(issued, kept.RefreshToken), len(issued)-1
		if inFile > saved {
			unsaved = 0
		}
		saved = max(saved, slices.Index(issued, reported[len(reported)-1]))
		if inFile < saved {
			t.Fatalf("kill %d: the file holds refresh token %d, and %d was saved", i, inFile, saved)
		}
		if inFile > saved {
			ahead++
		}
		saved = inFile
		switch last - inFile {
		case unsaved:
			continue
		case unsaved + 1:
			// Killed after the server's response, and before that was saved.
			lost++
			unsaved++
		default:
			t.Fatalf("kill %d: %d refresh tokens were not saved, more than one for this process", i, last-inFile-unsaved)
		}
		if grace {
			continue
		}
		_, err = server.source(privateApp, store).Renew(t.Context(), kept.AccessToken)
		wantTokenError(t, err, 400, "invalid_grant", true)
		if err := store.Save(t.Context(), expired(server.loggedIn(flow))); err != nil {
			t.Fatal(err)
		}
		saved, unsaved = len(issued), 0
	}

	kept, err := store.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	token, err := server.source(privateApp, store).Renew(t.Context(), kept.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	if !server.accepts(token.AccessToken) {
		t.Error("the server does not accept the token that the file led to")
	}
	rejected, wantRejected := 0, lost
	if grace {
		wantRejected = 0
	}
	for _, r := range server.tokenRequests() {
		if r.Status != http.StatusOK {
			rejected++
		}
	}
	if rejected != wantRejected {
		t.Errorf("the server refused %d token requests, want %d", rejected, wantRejected)
	}
	entries, err := os.ReadDir(filepath.Dir(store.Path()))
	if err != nil {
		t.Fatal(err)
	}
	temporary := 0
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", entry.Name(), info.Mode())
		}
		if filepath.Ext(entry.Name()) == ".tmp" {
			temporary++
		}
	}
	issued, reported := server.history()
	t.Logf("%d kills within %v while %d refresh tokens were issued and %d confirmed: %d times the last one was not in the file, %d times it was and had not been confirmed; %d temporary files are left",
		kills, most, len(issued), len(reported), lost, ahead, temporary)
}
