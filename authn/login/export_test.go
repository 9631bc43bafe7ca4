package login

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/clarify-go/clarify/authn"
)

// WithExpiry has the time run out when expired says so.
func WithExpiry(expired <-chan time.Time) Option {
	return func(s *settings) {
		s.timer = func(time.Duration) (<-chan time.Time, func() bool) { return expired, func() bool { return true } }
	}
}

// Listen listens by tcp where redirectURL says, and returns the addresses: that
// for the authorization server, and those listened on.
func Listen(ctx context.Context, redirectURL string, tcp func(ctx context.Context, host, port string) (net.Listener, error)) (string, []string, error) {
	back, err := listen(ctx, redirectURL, tcp)
	if err != nil {
		return "", nil, err
	}
	defer back.close()
	var addresses []string
	for _, l := range back.listeners {
		addresses = append(addresses, l.Addr().String())
	}
	return back.address, addresses, nil
}

// Handler returns what comes to the redirect URL of a login that flow has begun.
// ended tells whether a request has ended it.
func Handler(flow *authn.CodeFlow, login authn.Login, host, path string) (h http.Handler, ended func() bool) {
	r := newReceiver(context.Background(), &redirect{host: canonicalHost(host), path: path}, flow, login)
	return r, func() bool { return r.outcome != nil }
}
