package browser

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

// markup is what somebody may call a person, and would show as an error if the browser took it
// for more than a name: of a script that runs, or of one that the policy keeps from that.
const markup = `Ada<script>console.error("run")</script><img src=x onerror='console.error("run")'>`

// newWorkspace returns a workspace with people and companies that are there twice, and
// the environment of a program that has an account on it.
func newWorkspace(t *testing.T) (people *clarify.Records[clarify.Person], env []string) {
	t.Helper()
	sandbox := clarifytest.NewServer(clarifytest.WithTB(t))
	sandbox.Seed(t, 200)
	client, err := clarify.New(sandbox.Workspace, authn.APIKey(sandbox.APIKey), clarify.WithBaseURL(sandbox.BaseURL))
	if err != nil {
		t.Fatal(err)
	}
	people = clarify.People(client)
	for _, email := range []string{"ada@acme.example", "ada+crm@acme.example"} {
		if _, err := people.Create(t.Context(), clarify.Person{Name: clarify.Name{FirstName: markup, LastName: "Twice"}, EmailAddresses: clarify.Collection{email}}); err != nil {
			t.Fatal(err)
		}
	}
	return people, []string{"CLARIFY_API_KEY=" + sandbox.APIKey, "CLARIFY_WORKSPACE=" + sandbox.Workspace, "CLARIFY_BASE_URL=" + sandbox.BaseURL}
}

func TestInsightsAreShownAndMergeDuplicates(t *testing.T) {
	build(t, "insights") // which takes its time, as SQLite is compiled
	ctx := limited(t)
	b := openTab(t, ctx)
	seen := new(observed)
	if err := chromedp.Listen(b.ctx, seen.note); err != nil {
		t.Fatal(err)
	}
	people, env := newWorkspace(t)
	p := start(t, ctx, "insights", env, "-db", filepath.Join(t.TempDir(), "mirror.sqlite"))
	origin := p.prints(p.stdout, `The page is at (http://127\.0\.0\.1:\d+/)`)
	b.do(
		chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
			return err
		}),
		chromedp.EmulateViewport(1200, 900),
		chromedp.Navigate(origin),
	)
	b.shows("Pipeline")
	// The style sheet is there, and what is drawn can be seen.
	if color := read(b, chromedp.Evaluate[string](`getComputedStyle(document.body).backgroundColor`)); color != "rgb(246, 247, 249)" {
		t.Errorf("the ground is %s", color)
	}
	for _, id := range []string{"months", "stages"} {
		bars := read(b, chromedp.Evaluate[[]string](`[...document.querySelectorAll("#`+id+` .bar")].map(bar => {
			const at = bar.getBoundingClientRect(), frame = bar.ownerSVGElement.getBoundingClientRect()
			const inside = at.left >= frame.left && at.right <= frame.right && at.top >= frame.top && at.bottom <= frame.bottom
			const fill = getComputedStyle(bar).fill
			return inside && at.width > 0 && at.height > 0 && fill.startsWith("rgb") && fill !== "rgb(0, 0, 0)" ? "" : bar.outerHTML + fill
		})`))
		if len(bars) == 0 {
			t.Errorf("the chart %s is empty", id)
		}
		for _, bar := range bars {
			if bar != "" {
				t.Errorf("the chart %s has a bar that is not seen: %s", id, bar)
			}
		}
	}

	b.do(chromedp.Click(chromedp.CSS(`nav a[href="/stale"]`)))
	if text, _ := b.shows("Stale deals"); !strings.Contains(text, "The longest untouched come first.") {
		t.Errorf("the page says %q", text)
	}
	b.do(chromedp.Click(chromedp.CSS(`nav a[href="/meetings"]`)))
	b.shows("Meetings without follow-up")

	b.do(chromedp.Click(chromedp.CSS(`nav a[href="/duplicates"]`)))
	text, _ := b.shows("Likely duplicates")
	if !strings.Contains(text, markup) || !strings.Contains(text, "ada+crm@acme.example") {
		t.Errorf("the page says %q", text)
	}
	b.do(chromedp.Click(`//article[contains(., "ada+crm@acme.example")]//a`))
	b.shows("Merge 2 people")
	b.do(chromedp.Click(chromedp.CSS("#merge")))
	text, address := b.shows("Likely duplicates")
	if !strings.Contains(text, "The records are merged.") || strings.Contains(text, "ada+crm@acme.example") || address.RawQuery != "merged=now" {
		t.Errorf("at %s the page says %q", address, text)
	}
	left := 0
	for person, err := range people.All(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if person.Attributes.Name.LastName != "Twice" {
			continue
		}
		left++
		if len(person.Attributes.EmailAddresses) == 0 {
			t.Error("the one who is left has no address")
		}
	}
	if left != 1 {
		t.Errorf("there are %d of her", left)
	}

	seen.mu.Lock()
	defer seen.mu.Unlock()
	for _, url := range seen.requests {
		if !strings.HasPrefix(url, origin) {
			t.Errorf("the page requests %s", url)
		}
	}
	if len(seen.requests) < 6 {
		t.Errorf("only %q were requested", seen.requests)
	}
	for _, message := range seen.errors {
		t.Errorf("the console has an error: %s", message)
	}
}
