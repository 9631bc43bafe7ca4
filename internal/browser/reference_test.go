package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/clarify-go/clarify/gen"
)

// observed is what a page requests and which errors it reports.
type observed struct {
	mu       sync.Mutex
	requests []string
	errors   []string
}

func (o *observed) note(event any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		o.requests = append(o.requests, event.Request.URL)
	case *log.EventEntryAdded:
		if event.Entry.Level == log.EntryLevelError {
			o.errors = append(o.errors, event.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		details, _ := json.Marshal(event.ExceptionDetails)
		o.errors = append(o.errors, string(details))
	case *runtime.EventConsoleAPICalled:
		if event.Type == runtime.ConsoleAPICalledTypeError || event.Type == runtime.ConsoleAPICalledTypeAssert {
			args, _ := json.Marshal(event.Args)
			o.errors = append(o.errors, string(args))
		}
	}
}

// openReference opens docs/reference.html in a tab that has no network.
func openReference(t *testing.T) (*tab, *observed) {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("..", "..", "docs", "reference.html"))
	if err != nil {
		t.Fatal(err)
	}
	b := openTab(t, limited(t))
	seen := new(observed)
	if err := chromedp.Listen(b.ctx, seen.note); err != nil {
		t.Fatal(err)
	}
	offline := network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{{Offline: true}}}
	b.do(
		chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
				return err
			}
			_, err := chromedp.Call(ctx, network.EmulateNetworkConditionsByRule, offline)
			return err
		}),
		chromedp.EmulateViewport(1600, 1000), // on a narrow page the menu is hidden
		chromedp.Navigate("file://"+filepath.ToSlash(file)),
		chromedp.Poll[chromedp.Void](`document.querySelector('[data-section-id*="/operation/"]') !== null`, chromedp.WithPollingTimeout(patience)),
	)
	return b, seen
}

// The reference shows every operation without a network and without an error.
func TestReferenceShowsEveryOperation(t *testing.T) {
	b, seen := openReference(t)
	const id = `section.dataset.sectionId.replace(/.*[/]operation[/]/, "")`
	shown := read(b, chromedp.Evaluate[map[string]string](`Object.fromEntries(
		[...document.querySelectorAll('[data-section-id*="/operation/"]')].map(section => [`+id+`, section.innerText]))`))

	var ids []string
	for _, op := range gen.Operations() {
		ids = append(ids, op.ID)
		text := strings.ToUpper(shown[op.ID])
		for _, part := range []string{op.Summary, op.Method, op.Path} {
			if !strings.Contains(text, strings.ToUpper(part)) {
				t.Errorf("the section of %s does not show %q", op.ID, part)
			}
		}
	}
	slices.Sort(ids)
	if got := slices.Sorted(maps.Keys(shown)); !slices.Equal(got, ids) {
		t.Errorf("the page shows the operations %q, want %q", got, ids)
	}

	// The search runs in a worker of its own.
	b.do(
		chromedp.SendKeys(chromedp.CSS(`input[placeholder="Search..."]`), "transcript"),
		chromedp.WaitVisible(chromedp.CSS(`[data-role="search:results"]`)),
	)
	if results := read(b, chromedp.Text(chromedp.CSS(`[data-role="search:results"]`))); !strings.Contains(results, "transcript") {
		t.Errorf("the search finds %q", results)
	}

	seen.mu.Lock()
	defer seen.mu.Unlock()
	for _, url := range seen.requests {
		if scheme, _, _ := strings.Cut(url, ":"); !slices.Contains([]string{"file", "data", "blob"}, scheme) {
			t.Errorf("the page requests %s", url)
		}
	}
	if len(seen.requests) == 0 {
		t.Error("no request was observed, not even that for the page")
	}
	for _, message := range seen.errors {
		t.Errorf("the console has an error: %s", message)
	}
}

// The observer sees the errors and the requests of a page that has some.
func TestObserverSeesErrorsAndRequests(t *testing.T) {
	b, seen := openReference(t)
	b.do(
		chromedp.Evaluate[chromedp.Void](`{
			console.error("reported");
			setTimeout(() => { throw new Error("thrown") }, 0);
			const image = new Image();
			image.onerror = () => { window.failed = true };
			image.src = "https://elsewhere.example/blocked.png";
		}`),
		chromedp.Poll[chromedp.Void](`window.failed`),
	)
	seen.mu.Lock()
	defer seen.mu.Unlock()
	all := fmt.Sprint(seen.errors)
	for _, want := range []string{"reported", "thrown", "elsewhere.example"} {
		if !strings.Contains(all, want) {
			t.Errorf("the errors %q have no %q", seen.errors, want)
		}
	}
}
