package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/examples/internal/clitest"
)

// pair adds two people who are likely the same.
func (w *world) pair() (kept, source string) {
	w.Helper()
	kept = w.person("Ada Lovelace", "", "ada@acme.example")
	w.clock.Advance(time.Minute)
	return kept, w.person("Ada King", "", "ada+crm@acme.example")
}

func TestAMergeIsConfirmedAndDone(t *testing.T) {
	w := newWorld(t)
	kept, source := w.pair()
	first := w.company(clarify.Company{Name: "Acme", Domains: clarify.Collection{"acme.example"}})
	w.clock.Advance(time.Minute)
	second := w.company(clarify.Company{Name: "Acme", Domains: clarify.Collection{"www.acme.example"}})
	w.copy()
	list := w.get("/duplicates").Body.String()
	for _, call := range []string{
		`err := clarify.People(client).Merge(ctx, &#34;` + kept + `&#34;, &#34;` + source + `&#34;)`,
		`err := clarify.Companies(client).Merge(ctx, &#34;` + first + `&#34;, &#34;` + second + `&#34;)`,
	} {
		if !strings.Contains(list, call) {
			t.Errorf("the page lacks %s:\n%s", call, list)
		}
	}
	for _, test := range []struct{ object, kept, source string }{{"person", source, kept}, {"company", first, second}} {
		query := url.Values{"object": {test.object}, "id": {test.kept, test.source}}
		if rsp := w.get("/merge?" + query.Encode()); rsp.Code != http.StatusOK || !strings.Contains(rsp.Body.String(), `<form method="post" action="/merge"`) {
			t.Errorf("the page that confirms is %d:\n%s", rsp.Code, rsp.Body)
		}
		query.Set("keep", test.kept)
		if rsp := w.post(query); rsp.Code != http.StatusSeeOther || rsp.Header().Get("Location") != "/duplicates?merged=now" {
			t.Fatalf("merging is %d:\n%s", rsp.Code, rsp.Body)
		}
		var err error
		if test.object == "person" {
			_, err = clarify.People(w.client).Get(t.Context(), test.source)
		} else {
			_, err = clarify.Companies(w.client).Get(t.Context(), test.source)
		}
		var e *clarify.Error
		if !errors.As(err, &e) || e.StatusCode != http.StatusNotFound {
			t.Errorf("the source of the merge is there: %v", err)
		}
		if after := w.get("/duplicates?merged=now").Body.String(); strings.Contains(after, test.source) || !strings.Contains(after, "The records are merged.") {
			t.Errorf("the page after it is\n%s", after)
		}
		if rsp := w.post(query); rsp.Code != http.StatusConflict {
			t.Errorf("merging once more is %d", rsp.Code)
		}
	}
}

// merges counts the requests that merged something.
func (w *world) merges() (n int) {
	for _, r := range w.server.Requests() {
		if r.Operation == "mergeRecords" {
			n++
		}
	}
	return n
}

func TestWhatIsNotConfirmedIsNotMerged(t *testing.T) {
	w := newWorld(t)
	kept, source := w.pair()
	other := w.person("Bob Smith", "")
	w.copy()
	form := func(object, keep string, ids ...string) url.Values {
		return url.Values{"object": {object}, "keep": {keep}, "id": ids}
	}
	from := func(name, value string) *http.Request {
		r := postOf(form("person", kept, kept, source))
		r.Header.Set(name, value)
		return r
	}
	elsewhere := from("Sec-Fetch-Site", "same-origin")
	elsewhere.Host = "rebound.example:8080"
	old := from("Origin", "https://evil.example")
	old.Header.Del("Sec-Fetch-Site")
	long := postOf(url.Values{"object": {"person"}, "id": {strings.Repeat("x", 1<<17)}})
	for name, test := range map[string]struct {
		request *http.Request
		status  int
	}{
		"from another site":                {from("Sec-Fetch-Site", "cross-site"), http.StatusForbidden},
		"from another site, an old one":    {old, http.StatusForbidden},
		"under another name":               {elsewhere, http.StatusMisdirectedRequest},
		"no duplicates":                    {postOf(form("person", kept, kept, other)), http.StatusConflict},
		"one of them only":                 {postOf(form("person", kept, kept)), http.StatusConflict},
		"another object":                   {postOf(form("company", kept, kept, source)), http.StatusConflict},
		"an object without duplicates":     {postOf(form("deal", kept, kept, source)), http.StatusConflict},
		"into one that is not among them":  {postOf(form("person", other, kept, source)), http.StatusBadRequest},
		"into none":                        {postOf(form("person", "", kept, source)), http.StatusBadRequest},
		"a form that is too long":          {long, http.StatusBadRequest},
		"by a request that should be safe": {httptest.NewRequest(http.MethodGet, "http://"+address+"/merge?"+form("person", kept, kept, source).Encode(), nil), http.StatusOK},
	} {
		if rsp := w.do(test.request); rsp.Code != test.status {
			t.Errorf("%s: got %d, want %d:\n%s", name, rsp.Code, test.status, rsp.Body)
		}
	}
	if n := w.merges(); n != 0 {
		t.Errorf("%d merges were sent", n)
	}
	if rsp := w.post(form("person", kept, kept, source)); rsp.Code != http.StatusSeeOther || w.merges() != 1 {
		t.Errorf("merging what may be merged is %d, by %d requests", rsp.Code, w.merges())
	}
}

func TestFailuresAreSaid(t *testing.T) {
	w := newWorld(t)
	kept, source := w.pair()
	w.copy()
	form := url.Values{"object": {"person"}, "keep": {kept}, "id": {kept, source}}
	refused := w.server.Inject(clarifytest.Status(http.StatusForbidden), clarifytest.Operation("mergeRecords"))
	if rsp := w.post(form); rsp.Code != http.StatusBadGateway || !strings.Contains(rsp.Body.String(), "403") {
		t.Errorf("a merge that Clarify refuses is %d:\n%s", rsp.Code, rsp.Body)
	}
	refused.Remove()
	w.server.Inject(clarifytest.Status(http.StatusInternalServerError), clarifytest.Operation("getSchemas"))
	rsp := w.post(form)
	if rsp.Code != http.StatusSeeOther || rsp.Header().Get("Location") != "/duplicates?merged=later" {
		t.Errorf("a merge after which nothing can be read is %d, to %s", rsp.Code, rsp.Header().Get("Location"))
	}
	if body := w.get("/duplicates?merged=later").Body.String(); !strings.Contains(body, "could not be brought up to date, so that") || !strings.Contains(body, "could not be brought up to date since") {
		t.Errorf("the page after it is\n%s", body)
	}
}

func TestAWorkspaceWithoutAnything(t *testing.T) {
	w := newWorld(t)
	for range 2 {
		for _, path := range []string{"/", "/stale", "/duplicates", "/meetings"} {
			if rsp := w.get(path); rsp.Code != http.StatusOK {
				t.Errorf("%s is %d:\n%s", path, rsp.Code, rsp.Body)
			}
		}
		w.copy() // before it there are no tables
	}
}

// inline is what a strict policy would not run, and what nobody should write.
var inline = regexp.MustCompile(`(?i)<script|<style|\sstyle=|\son[a-z]+=|javascript:`)

func TestPagesHaveNoMarkupOfRecords(t *testing.T) {
	w := newWorld(t)
	const evil = `<script>alert(1)</script>"><img src=x onerror=alert(1)>' --`
	company := w.company(clarify.Company{Name: evil, Domains: clarify.Collection{"acme.example"}})
	w.company(clarify.Company{Name: evil, Domains: clarify.Collection{"www.acme.example"}})
	one := w.person("Ada "+evil, company)
	two := w.person("Ada "+evil, company)
	w.deal(clarify.Deal{Name: evil, Stage: "Lead", Amount: "1", CompanyID: company, CloseDate: day("2026-03-01")})
	w.meeting(evil, clarify.Ref{Type: "person", ID: one})
	w.clock.Advance(24 * time.Hour)
	w.copy()
	w.on("2026-01-20")
	const escaped = `&lt;script&gt;alert(1)&lt;/script&gt;&#34;&gt;&lt;img src=x onerror=alert(1)&gt;&#39; --`
	for path, has := range map[string]bool{
		"/": false, "/stale?days=3": true, "/duplicates": true, "/meetings": true,
		"/merge?object=person&id=" + one + "&id=" + two:                                 true,
		"/merge?object=" + url.QueryEscape(evil) + "&id=" + url.QueryEscape(evil):       false,
		"/stale?days=" + url.QueryEscape(evil):                                          false,
		"/duplicates?merged=" + url.QueryEscape(evil):                                   true,
		"/meetings?days=" + url.QueryEscape(`1') UNION SELECT value FROM _state WHERE`): true,
	} {
		rsp := w.get(path)
		body := rsp.Body.String()
		if strings.Contains(body, escaped) != has {
			t.Errorf("%s: shows the names: %v, want %v:\n%s", path, !has, has, body)
		}
		if found := inline.FindString(strings.ReplaceAll(body, escaped, "")); found != "" {
			t.Errorf("%s has %q:\n%s", path, found, body)
		}
		policy := rsp.Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; style-src 'self';") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s has the policy %q", path, policy)
		}
	}
}

func TestNamesThatAreSQL(t *testing.T) {
	w := newWorld(t)
	w.deal(clarify.Deal{Name: "a", Stage: "Lead"})
	w.copy()
	now := w.clock.Now().Add(90 * 24 * time.Hour)
	for closed, want := range map[string]int{"Lead": 0, "') OR 1=1 --": 1, "'": 1, "\x00Lead": 0} {
		s, err := w.mirror.stale(t.Context(), now, now, []string{closed})
		if err != nil || s.Count != want {
			t.Errorf("%q: %+v, %v, want %d deals", closed, s, err, want)
		}
	}
}

func TestArguments(t *testing.T) {
	for _, args := range [][]string{
		{"-listen", "0.0.0.0:8080"}, {"-listen", ":8080"}, {"-listen", "192.0.2.1:80"}, {"-listen", "here"},
		{"-every", "0s"}, {"-every", "x"}, {"more"}, {"-unknown"},
	} {
		var said strings.Builder
		if err := run(t.Context(), args, func(string) string { return "" }, io.Discard, &said); !errors.Is(err, errUsage) || said.Len() == 0 {
			t.Errorf("%q: got %v, and it says %q", args, err, &said)
		}
	}
	var help strings.Builder
	if _, err := parse([]string{"-h"}, &help); !errors.Is(err, flag.ErrHelp) || !strings.Contains(help.String(), "CLARIFY_WORKSPACE") {
		t.Errorf("-h: got %v:\n%s", err, &help)
	}
	for _, listen := range []string{"127.0.0.1:0", "[::1]:80", "localhost:80"} {
		if _, err := parse([]string{"-listen", listen}, io.Discard); err != nil {
			t.Errorf("%s: %v", listen, err)
		}
	}
	s, err := parse([]string{"-closed", " Done ,,Gone"}, io.Discard)
	if err != nil || !slices.Equal(s.closed, []string{"Done", "Gone"}) {
		t.Errorf("got %+v, %v", s, err)
	}
}

// program runs the program until the test ends, and returns the address of its page.
func program(t *testing.T, env map[string]string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	said, stdout := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, args, func(name string) string { return env[name] }, stdout, t.Output())
		stdout.CloseWithError(err)
		ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("interrupted, it ends with %v", err)
		}
	})
	var text strings.Builder
	buffer := make([]byte, 1024)
	found := regexp.MustCompile(`The page is at (http://\S+/) until`)
	for {
		n, err := said.Read(buffer)
		text.Write(buffer[:n])
		if match := found.FindStringSubmatch(text.String()); match != nil {
			go func() { _, _ = io.Copy(io.Discard, said) }()
			return match[1]
		}
		if err != nil {
			t.Fatalf("it ended with %v:\n%s", err, &text)
		}
	}
}

func read(t *testing.T, address string) string {
	t.Helper()
	rsp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(rsp.Body)
	if err != nil || rsp.StatusCode != http.StatusOK {
		t.Fatalf("%s is %s, %v:\n%s", address, rsp.Status, err, body)
	}
	return string(body)
}

func TestTheProgramStartsASandbox(t *testing.T) {
	origin := program(t, nil)
	for path, want := range map[string]string{
		"":                 `<svg id="months"`,
		"stale":            "<h1>Stale deals</h1>",
		"duplicates":       "José Núñez",
		"meetings":         "<h1>Meetings without follow-up</h1>",
		"static/style.css": "prefers-color-scheme: dark",
		"static/icon.svg":  "<svg",
	} {
		if body := read(t, origin+path); !strings.Contains(body, want) {
			t.Errorf("/%s lacks %q:\n%s", path, want, body)
		}
	}
}

func TestTheProgramFollowsAWorkspace(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t), clarifytest.WithRateLimit(1<<20))
	db := filepath.Join(t.TempDir(), "mirror.sqlite")
	origin := program(t, clitest.Account(server), "-db", db, "-every", "50ms", "-activities")
	if body := read(t, origin+"duplicates"); strings.Contains(body, "Lovelace") {
		t.Fatalf("somebody is there:\n%s", body)
	}
	server.Seed(t, 20)
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(read(t, origin), "<dd>3</dd>"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the page does not follow:\n%s", read(t, origin))
		}
	}
	if _, err := os.Stat(db); err != nil {
		t.Error(err)
	}
}

func TestTheProgramSaysWhatIsWrong(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	env := clitest.Account(server)
	env["CLARIFY_API_KEY"] = "another"
	if err := run(t.Context(), nil, func(name string) string { return env[name] }, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("with a wrong key it ends with %v", err)
	}
}
