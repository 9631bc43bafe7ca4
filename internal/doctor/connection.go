package doctor

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/doctor/report"
)

// signIn sends the first request, and explains why nothing else can be sent.
func (d *doctor) signIn(ctx context.Context) error {
	x, err := d.get(ctx, "getSchemas", nil)
	if err != nil {
		return err
	}
	switch {
	case x.ok():
		return nil
	case x.status == http.StatusUnauthorized:
		return d.explainUnauthorized(ctx)
	case x.status == http.StatusForbidden:
		return fmt.Errorf("clarify-doctor: %s responds with 403: the credential belongs to another workspace than %q, or may not read its schemas", d.base, d.options.Workspace)
	case x.status == http.StatusNotFound:
		return fmt.Errorf("clarify-doctor: %s responds with 404: there is no workspace %q, or the base URL lacks its /v1", d.base, d.options.Workspace)
	}
	return fmt.Errorf("clarify-doctor: %s responds with %d to the first request", d.base, x.status)
}

// explainUnauthorized tries the credential under the other scheme: to mix them up
// is the commonest mistake.
func (d *doctor) explainUnauthorized(ctx context.Context) error {
	other, says := authn.Bearer(d.options.APIKey), "CLARIFY_API_KEY holds an access token: set CLARIFY_ACCESS_TOKEN instead"
	if d.options.AccessToken != "" {
		other, says = authn.APIKey(d.options.AccessToken), "CLARIFY_ACCESS_TOKEN holds an API key: set CLARIFY_API_KEY instead"
	}
	_, sender, err := d.newClient(other)
	if err != nil {
		return err
	}
	x, err := d.send(ctx, sender, "getSchemas", nil, nil)
	if err == nil && x.ok() {
		return fmt.Errorf("clarify-doctor: %s responds with 401: %s", d.base, says)
	}
	return fmt.Errorf("clarify-doctor: %s responds with 401: the credential is not valid, neither as an API key nor as an access token", d.base)
}

// maxSkew is how far clocks may be apart. The header Date has whole seconds.
const maxSkew = 5 * time.Second

func checkConnection(ctx context.Context, p *probe) error {
	x, err := p.get(ctx, "getSchemas", nil)
	if err != nil {
		return err
	}
	p.same()
	p.addressFacts(x)
	p.proxyFacts(x)
	p.checkClock(x)
	return nil
}

func (p *probe) addressFacts(x *exchange) {
	base := report.Say("not the API's own")
	if server, err := gen.NewServerURL(p.options.Workspace); err == nil && p.sender.Server == server+"/" {
		base = report.Say("the API's own")
	}
	p.report.Fact("base URL", base)
	p.report.Fact("protocol", report.Say("HTTP/%v", report.Int(x.response.ProtoMajor)))
	security := report.Say("none: requests and the credential are sent in clear text")
	if state := x.response.TLS; state != nil {
		security = report.Say("%v", tlsVersion(state))
	}
	p.report.Fact("TLS", security)
}

func tlsVersion(state *tls.ConnectionState) report.Operand {
	switch state.Version {
	case tls.VersionTLS13:
		return report.Word("1.3")
	case tls.VersionTLS12:
		return report.Word("1.2")
	}
	return report.Word("older than 1.2")
}

func (p *probe) proxyFacts(x *exchange) {
	fact := report.Say("none in the environment")
	// Not of x.request, whose credential is none of a proxy's business.
	target, err := http.NewRequest(http.MethodGet, p.base, nil)
	if err == nil {
		if proxy, err := http.ProxyFromEnvironment(target); proxy != nil && err == nil {
			fact = report.Say("one in the environment")
		}
	}
	p.report.Fact("proxy", fact)
	seen := report.Say("none named itself")
	if x.header.Get("Via") != "" {
		seen = report.Say("one named itself in the header Via")
	}
	p.report.Fact("proxy in responses", seen)
}

// checkClock compares the clocks of both sides.
func (p *probe) checkClock(x *exchange) {
	date, err := http.ParseTime(x.header.Get("Date"))
	if err != nil {
		p.notChecked("the clock: responses have no header Date")
		return
	}
	// The response was made between these two, and Date has no fraction.
	early, late := x.sent.Add(-time.Second-maxSkew), x.received.Add(maxSkew)
	switch {
	case date.Before(early):
		p.clockDiffers("ahead of", x.sent.Sub(date))
	case date.After(late):
		p.clockDiffers("behind", date.Sub(x.received))
	default:
		p.report.Fact("clock", report.Say("as the API's"))
	}
}

func (p *probe) clockDiffers(how report.Constant, by time.Duration) {
	what := report.Say("the clock of this machine is %v the API's by %v s", report.Word(how), report.Int(int(by.Seconds())))
	p.report.Fact("clock", what)
	p.found(report.Found{Kind: report.Setup, What: what})
}

// checkCredential tells which credential it is. The operations on access need a
// Personal key.
func checkCredential(ctx context.Context, p *probe) error {
	if p.options.AccessToken != "" {
		p.same()
		p.report.Fact("credential", report.Say("an access token"))
		return nil
	}
	x, err := p.get(ctx, "getObjectAccess", nil, "meeting")
	if err != nil {
		return err
	}
	kind := report.Say("an API key")
	switch {
	case x.ok():
		kind = report.Say("an API key, of the kind Personal")
	case x.status == http.StatusForbidden:
		kind = report.Say("an API key, of the kind Workspace")
	default:
		p.notChecked("the kind of key: getObjectAccess responds with %v", report.Int(x.status))
	}
	p.same()
	p.report.Fact("credential", kind)
	return nil
}

// checkUserAgent is live-api.md, R1.
func checkUserAgent(ctx context.Context, p *probe) error {
	x, err := p.get(withoutUserAgent(ctx), "getSchemas", nil)
	switch {
	case err != nil:
		return err
	case x.status == http.StatusForbidden:
		p.known("R1", x, "responds with 403 to a request without a User-Agent, with %v", report.Body(x.body))
	case x.ok():
		p.quirk("R1", "WithQuirkUserAgentRequired(false)", x, "succeeds without a User-Agent")
	default:
		p.differs("R1", x, "responds with %v to a request without a User-Agent", report.Int(x.status))
	}
	return nil
}

// limits is what the headers of the rate limit said.
type limits struct {
	missing, wrong map[string]int // by header
	limit          int            // the last one, 0 if there was none
}

var limitHeaders = []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}

func (l *limits) look(x *exchange) {
	if l.missing == nil {
		l.missing, l.wrong = map[string]int{}, map[string]int{}
	}
	values := map[string]int{}
	for _, name := range limitHeaders {
		value := x.header.Get(name)
		n, err := strconv.Atoi(value)
		switch {
		case value == "":
			l.missing[name]++
		case err != nil || n < 0:
			l.wrong[name]++
		default:
			values[name] = n
		}
	}
	limit, limited := values[limitHeaders[0]]
	if remaining, ok := values[limitHeaders[1]]; ok && limited && remaining > limit {
		l.wrong[limitHeaders[1]]++
	}
	if reset, ok := values[limitHeaders[2]]; ok && reset > 60 {
		l.wrong[limitHeaders[2]]++
	}
	if limited {
		l.limit = limit
	}
}

// checkRateLimit looks at the headers of all responses.
func checkRateLimit(_ context.Context, p *probe) error {
	p.same()
	for i, name := range []report.Constant{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
		header := limitHeaders[i]
		if n := p.limits.missing[header]; n > 0 {
			p.violates(nil, "%v of %v responses have no header %v", report.Int(n), report.Int(p.responses), report.Word(name))
		}
		if n := p.limits.wrong[header]; n > 0 {
			p.violates(nil, "%v of %v responses have a header %v that makes no sense", report.Int(n), report.Int(p.responses), report.Word(name))
		}
	}
	if p.limits.limit > 0 {
		p.report.Fact("rate limit", report.Say("%v requests to each operation in 60 s", report.Int(p.limits.limit)))
	}
	return nil
}
