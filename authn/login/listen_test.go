package login_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn/login"
)

// freePort is a port that nothing listens on.
func freePort(t *testing.T, host string) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Skipf("this machine has no %s", host)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestThePortIsOnTheLoopbackInterfaceAlone(t *testing.T) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	a := newAuthServer(t)
	for _, redirectURL := range []string{"", "http://localhost/"} {
		_, err = a.run(t.Context(), a.config(redirectURL), func(address string) {
			back, err := url.Parse(parameters(t, address).Get("redirect_uri"))
			if err != nil {
				t.Fatal(err)
			}
			for _, addr := range addrs {
				ip := addr.(*net.IPNet).IP
				if ip.IsLoopback() || ip.IsLinkLocalUnicast() {
					continue
				}
				if conn, err := net.DialTimeout("tcp", net.JoinHostPort(ip.String(), back.Port()), 5*time.Second); err == nil {
					conn.Close()
					t.Errorf("%q: the port is open on %s", redirectURL, ip)
				}
			}
			a.get(address)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestWhereItListens has a kernel with other ports free than this one's.
func TestWhereItListens(t *testing.T) {
	unavailable := errors.New("no such address")
	type listener = func(ctx context.Context, host, port string) (net.Listener, error)
	lacking := func(lacks string) listener {
		return func(ctx context.Context, host, port string) (net.Listener, error) {
			if host == lacks {
				return nil, unavailable
			}
			return net.Listen("tcp", net.JoinHostPort(host, port))
		}
	}
	tests := []struct {
		name, redirectURL string
		tcp               listener
		want              string // the hosts listened on, the first in the redirect URL unless that names localhost
	}{
		{"127.0.0.1 by itself", "", lacking(""), "127.0.0.1"},
		{"[::1] where there is no IPv4", "", lacking("127.0.0.1"), "::1"},
		{"no other address than the one that was asked for", "http://127.0.0.1/", lacking("127.0.0.1"), ""},
		{"both for localhost", "http://localhost/", lacking(""), "127.0.0.1 ::1"},
		{"both for localhost, where the first port is taken", "http://localhost/", func() listener {
			tries := 0
			return func(ctx context.Context, host, port string) (net.Listener, error) {
				if tries++; host == "::1" && port != "0" && tries < 4 {
					return nil, unavailable
				}
				return net.Listen("tcp", net.JoinHostPort(host, port))
			}
		}(), "127.0.0.1 ::1"},
		{"what there is of localhost", "http://localhost/", lacking("::1"), "127.0.0.1"},
		{"what there is of localhost, without IPv4", "http://localhost/", lacking("127.0.0.1"), "::1"},
		{"nothing", "", func(context.Context, string, string) (net.Listener, error) { return nil, unavailable }, ""},
		{"nothing of localhost", "http://localhost/", func(context.Context, string, string) (net.Listener, error) { return nil, unavailable }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			freePort(t, "::1")
			address, addresses, err := login.Listen(t.Context(), tt.redirectURL, tt.tcp)
			if tt.want == "" {
				if !errors.Is(err, unavailable) {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var hosts []string
			for _, addr := range addresses {
				host, port, err := net.SplitHostPort(addr)
				if err != nil {
					t.Fatal(err)
				}
				hosts = append(hosts, host)
				u, err := url.Parse(address)
				if err != nil {
					t.Fatal(err)
				}
				if u.Port() != port {
					t.Errorf("the redirect URL is %s, want port %s", address, port)
				}
				if u.Hostname() != host && u.Hostname() != "localhost" {
					t.Errorf("the redirect URL is %s, want host %s or localhost", address, host)
				}
			}
			if got := strings.Join(hosts, " "); got != tt.want {
				t.Errorf("it listens on %s, want %s", got, tt.want)
			}
		})
	}
}
