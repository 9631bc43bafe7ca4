package browser

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/clarify-go/clarify/clarifytest"
)

// browsers are the names under which Chromium and its like are installed.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"}

// tab is a browser of its own, with one tab.
type tab struct {
	t    *testing.T
	ctx  context.Context
	seen *output // the pages, as they were shown
}

func openTab(t *testing.T, ctx context.Context) *tab {
	t.Helper()
	path := ""
	for _, name := range browsers {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		const missing = "there is no Chromium: install Debian's package chromium, as .ci/run does, to drive the examples in a browser"
		if os.Getenv("CI") != "" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		// The pages are ours, and root, or a container, cannot have the sandbox.
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		// It reaches nothing but this machine.
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
		chromedp.WSURLReadTimeout(patience),
	)
	allocator, cancel := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	tabCtx, cancelTab := chromedp.NewContext(allocator)
	t.Cleanup(cancelTab)
	b := &tab{t: t, ctx: tabCtx, seen: newOutput()}
	b.do()
	return b
}

// do takes some steps, the first of which starts the browser.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatalf("%v; the pages before were:\n%s", err, b.seen)
	}
}

// read asks the page for something.
func read[T any](b *tab, what chromedp.Action[T]) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, what)
	if err != nil {
		b.t.Fatalf("%v; the pages before were:\n%s", err, b.seen)
	}
	return value
}

// shows waits for a page with a heading, and returns its text and its address.
func (b *tab) shows(heading string) (text string, address *url.URL) {
	b.t.Helper()
	b.do(chromedp.WaitReady(fmt.Sprintf("//h1[text()=%q]", heading)))
	fmt.Fprintln(b.seen, read(b, chromedp.OuterHTML(chromedp.CSS("html"))))
	text = read(b, chromedp.Text(chromedp.CSS("main")))
	address, err := url.Parse(read(b, chromedp.Location()))
	if err != nil {
		b.t.Fatal(err)
	}
	return text, address
}

// logIn fills in the sandbox's login page.
func (b *tab) logIn(name string) {
	b.t.Helper()
	b.shows("Log in to the Clarify sandbox")
	b.do(
		chromedp.SendKeys(chromedp.CSS("#username"), name),
		chromedp.SendKeys(chromedp.CSS("#password"), clarifytest.LoginPassword),
		chromedp.Click(chromedp.CSS("#allow")),
	)
}

func (b *tab) deny() {
	b.t.Helper()
	b.shows("Log in to the Clarify sandbox")
	b.do(chromedp.Click(chromedp.CSS("#deny")))
}
