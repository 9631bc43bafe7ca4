package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

func connect(t *testing.T, sandbox *clarifytest.Server, auth authn.RequestEditorFn, opts ...clarify.Option) *clarify.Client {
	t.Helper()
	client, err := clarify.New(sandbox.Workspace, auth, append([]clarify.Option{clarify.WithBaseURL(sandbox.BaseURL), clarify.WithHTTPClient(sandbox.HTTPClient())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func create(t *testing.T, client *clarify.Client) {
	t.Helper()
	_, _ = clarify.People(client).Create(t.Context(), clarify.Person{EmailAddresses: clarify.Collection{"ada@example.com"}})
}

// meetAll meets all that the metrics are about: retries, waits, an unknown outcome, pages, a
// batch, tokens that cannot be refreshed, and a limiter that fails.
func meetAll(t *testing.T, observer clarify.Observer) {
	t.Helper()
	sandbox := clarifytest.NewServer(clarifytest.WithMemoryNetwork(), clarifytest.WithRateLimit(2))
	defer sandbox.Close()
	client := connect(t, sandbox, authn.APIKey(sandbox.APIKey), clarify.WithObserver(observer), clarify.WithLimiter(flaky{clarify.NewLimiter()}))
	people := clarify.People(client)
	sandbox.Inject(clarifytest.RateLimited(time.Second), clarifytest.Operation("getResource"), clarifytest.Times(1))
	for range 4 {
		_, _ = people.Get(t.Context(), "nobody")
	}
	sandbox.Inject(clarifytest.ResetAfterWork(), clarifytest.Operation("createRecord"), clarifytest.Times(1))
	create(t, client)
	var several []clarify.Person
	for i := range 3 {
		several = append(several, clarify.Person{EmailAddresses: clarify.Collection{fmt.Sprintf("p%d@example.com", i)}})
	}
	for _, err := range people.Import(t.Context(), slices.Values(several)) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range people.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	expired := authn.NewMemoryStore(&oauth2.Token{AccessToken: "access", RefreshToken: "refresh", Expiry: time.Now().Add(-time.Hour)})
	config := authn.NewConfig("client", "secret", "")
	config.Endpoint.TokenURL = sandbox.TokenURL
	source := authn.NewTokenSource(config, expired, authn.WithHTTPClient(sandbox.HTTPClient()))
	create(t, connect(t, sandbox, authn.TokenSource(source), clarify.WithObserver(observer)))
}

// flaky is a limiter that fails for pages.
type flaky struct{ clarify.Limiter }

func (f flaky) Acquire(ctx context.Context, r clarify.LimitRequest) (int64, error) {
	if r.Operation == "getResources" {
		return 0, errors.New("not reachable")
	}
	return f.Limiter.Acquire(ctx, r)
}
