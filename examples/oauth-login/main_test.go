package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

var hiddenID = regexp.MustCompile(`name="login" value="([^"]+)"`)

// user is somebody with a browser, who decides the same every time.
type user struct {
	decision string

	mu     sync.Mutex // held while the browser is busy
	logins int
	page   string // the last one that the browser showed
}

func (u *user) open(ctx context.Context, address string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.logins++
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	read := func(res *http.Response, err error) error {
		if err != nil {
			return err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		u.page = string(body)
		return err
	}
	if err := read(client.Get(address)); err != nil {
		return err
	}
	id := hiddenID.FindStringSubmatch(u.page)
	if id == nil {
		return fmt.Errorf("there is no login page at the address: %s", u.page)
	}
	form, _, _ := strings.Cut(address, "?")
	return read(client.PostForm(form, url.Values{
		"login": {id[1]}, "username": {clarifytest.LoginName}, "password": {clarifytest.LoginPassword}, "decision": {u.decision},
	}))
}

// runs runs the program with some of the environment.
func runs(t *testing.T, u *user, env map[string]string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs strings.Builder
	p := program{stdout: &out, stderr: &errs, getenv: func(name string) string { return env[name] }, open: u.open}
	err = p.run(t.Context(), args)
	u.mu.Lock()
	defer u.mu.Unlock()
	return out.String(), errs.String(), err
}

func TestWithoutAnAccountItRunsAgainstASandbox(t *testing.T) {
	u := &user{decision: "allow"}
	out, errs, err := runs(t, u, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"this starts a sandbox", "You are logged in", "Ada Lovelace", "Grace Hopper", "Barbara Liskov"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output has no %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "http://127.0.0.1") {
		t.Errorf("standard output has the URL: %s", out)
	}
	if !strings.Contains(errs, "/oauth2/authorize?") {
		t.Errorf("standard error has no URL: %s", errs)
	}
	if !strings.Contains(u.page, "You are logged in") {
		t.Errorf("the browser shows %s", u.page)
	}
	if path := regexp.MustCompile(`kept in (\S+)\.\n`).FindStringSubmatch(out); path == nil {
		t.Errorf("the output has no path: %s", out)
	} else if _, err := os.Stat(path[1]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the token of a sandbox that is gone is left in %s", path[1])
	}
}

func TestWhoDeniesIsNotLoggedIn(t *testing.T) {
	u := &user{decision: "deny"}
	out, _, err := runs(t, u, nil)
	var rejected *authn.AuthorizationError
	if !errors.As(err, &rejected) || rejected.Code != "access_denied" {
		t.Errorf("error %v", err)
	}
	if strings.Contains(out, "Ada") {
		t.Errorf("the program shows Ada: %s", out)
	}
	if !strings.Contains(u.page, "was not allowed") {
		t.Errorf("the browser does not show that the login was not allowed: %s", u.page)
	}
}

func TestWithAnAccountTheUserLogsInOnce(t *testing.T) {
	for _, secret := range []string{"", "cs-s3cr3t"} {
		sandbox := clarifytest.NewServer(clarifytest.WithTB(t), clarifytest.WithLoginPage())
		if err := addPeople(t.Context(), sandbox); err != nil {
			t.Fatal(err)
		}
		env := map[string]string{
			"CLARIFY_CLIENT_ID":     "client",
			"CLARIFY_CLIENT_SECRET": secret,
			"CLARIFY_WORKSPACE":     sandbox.Workspace,
			"CLARIFY_REDIRECT_URL":  "http://localhost/back",
			"CLARIFY_AUTHORIZE_URL": sandbox.AuthorizeURL,
			"CLARIFY_TOKEN_URL":     sandbox.TokenURL,
			"CLARIFY_BASE_URL":      sandbox.BaseURL,
		}
		file := filepath.Join(t.TempDir(), "token.json")
		u := &user{decision: "allow"}
		run := func(logins int) {
			t.Helper()
			out, errs, err := runs(t, u, env, "-token-file", file)
			if err != nil {
				t.Fatal(err)
			}
			if u.logins != logins {
				t.Errorf("%d logins, want %d", u.logins, logins)
			}
			if !strings.Contains(out, "Grace Hopper") {
				t.Errorf("Grace Hopper is not shown:\n%s", out)
			}
			for _, name := range []string{"access_token", "refresh_token"} {
				if token := kept(t, file, name); token == "" {
					t.Errorf("the %s is empty", name)
				} else if strings.Contains(out+errs+u.page, token) {
					t.Errorf("the %s is shown:\n%s\n%s", name, out, errs)
				}
			}
			if secret != "" && strings.Contains(out+errs, secret) {
				t.Errorf("the secret is shown:\n%s\n%s", out, errs)
			}
		}
		run(1)
		run(1)
		sandbox.Revoke(kept(t, file, "access_token"))
		run(1)
		sandbox.RevokeGrant(kept(t, file, "refresh_token"))
		run(2)
		for _, r := range sandbox.Requests() {
			if strings.HasPrefix(r.Path, "/v1/") && r.Method != "GET" && r.Scheme == "Bearer" {
				t.Errorf("%s %s was sent", r.Method, r.Path)
			}
		}
	}
}

// kept is a member of the file.
func kept(t *testing.T, file, name string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	value := regexp.MustCompile(`"` + name + `":\s*"([^"]+)"`).FindSubmatch(data)
	if value == nil {
		t.Fatalf("the file has no %s", name)
	}
	return string(value[1])
}

func TestNoPeopleIsSaid(t *testing.T) {
	sandbox := clarifytest.NewServer(clarifytest.WithTB(t), clarifytest.WithLoginPage())
	out, _, err := runs(t, &user{decision: "allow"}, map[string]string{
		"CLARIFY_CLIENT_ID": "client", "CLARIFY_WORKSPACE": sandbox.Workspace,
		"CLARIFY_AUTHORIZE_URL": sandbox.AuthorizeURL, "CLARIFY_TOKEN_URL": sandbox.TokenURL, "CLARIFY_BASE_URL": sandbox.BaseURL,
	}, "-token-file", filepath.Join(t.TempDir(), "token.json"))
	if err != nil || !strings.Contains(out, "There are none") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestWithoutABrowserTheAddressIsPrinted(t *testing.T) {
	read, write := io.Pipe()
	u, none := &user{decision: "allow"}, &user{}
	printed := make(chan string, 1)
	go func() {
		var text strings.Builder
		buf := make([]byte, 1<<12)
		for {
			n, err := read.Read(buf)
			text.Write(buf[:n])
			if address := regexp.MustCompile(`\s(http://\S+)\n`).FindStringSubmatch(text.String()); address != nil && u.logins == 0 {
				if err := u.open(context.Background(), address[1]); err != nil {
					t.Error(err)
				}
			}
			if err != nil {
				printed <- text.String()
				return
			}
		}
	}()
	var out strings.Builder
	p := program{stdout: &out, stderr: write, getenv: func(string) string { return "" }, open: none.open}
	err := p.run(t.Context(), []string{"-no-browser"})
	write.Close()
	<-printed
	if err != nil {
		t.Error(err)
	}
	if none.logins > 0 {
		t.Errorf("%d browsers were opened, want none", none.logins)
	}
	if !strings.Contains(out.String(), "Grace Hopper") {
		t.Errorf("Grace Hopper is not shown:\n%s", out.String())
	}
}

func TestHalfAnAccountIsAnErrorThatNamesTheOtherHalf(t *testing.T) {
	for have, missing := range map[string]string{
		"CLARIFY_CLIENT_ID":     "CLARIFY_WORKSPACE",
		"CLARIFY_WORKSPACE":     "CLARIFY_CLIENT_ID",
		"CLARIFY_CLIENT_SECRET": "CLARIFY_CLIENT_ID",
	} {
		_, _, err := runs(t, &user{}, map[string]string{have: "x"})
		if err == nil || !strings.Contains(err.Error(), missing+" is not set") {
			t.Errorf("with %s alone: %v", have, err)
		}
	}
}

func TestTheTokenOfAnAccountIsNotPutIntoASandbox(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token.json")
	const token = `{"format":1,"access_token":"access-of-the-account","refresh_token":"refresh-of-the-account"}`
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	u := &user{decision: "allow"}
	_, _, err := runs(t, u, nil, "-token-file", file)
	if err == nil || !strings.Contains(err.Error(), "CLARIFY_CLIENT_ID is not set") {
		t.Errorf(`error %v, want "CLARIFY_CLIENT_ID is not set" in it`, err)
	}
	if u.logins > 0 {
		t.Errorf("%d logins, want none", u.logins)
	}
	if kept, err := os.ReadFile(file); err != nil || string(kept) != token {
		t.Errorf("the token of the account is not in the file any more: %v", err)
	}
}

func TestArguments(t *testing.T) {
	if _, errs, err := runs(t, &user{}, nil, "-help"); !errors.Is(err, flag.ErrHelp) || !strings.Contains(errs, "-no-browser") {
		t.Errorf("-help: %v, %s", err, errs)
	}
	for _, args := range [][]string{{"-unknown"}, {"something"}} {
		if _, errs, err := runs(t, &user{}, nil, args...); !errors.Is(err, errUsage) || errs == "" {
			t.Errorf("%q: %v, %s", args, err, errs)
		}
	}
}
