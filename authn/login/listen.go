package login

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// tcp listens on a port of a loopback address.
func tcp(ctx context.Context, host, port string) (net.Listener, error) {
	var config net.ListenConfig
	return config.Listen(ctx, "tcp", net.JoinHostPort(host, port))
}

type listenFunc = func(ctx context.Context, host, port string) (net.Listener, error)

const (
	loopback4 = "127.0.0.1"
	loopback6 = "::1"
	localhost = "localhost"

	anyPort = "0"
)

// redirect is where the browser is redirected to.
type redirect struct {
	address   string // the redirect URL as the authorization server gets it
	host      string // what the Host header must be, canonical
	path      string
	listeners []net.Listener
}

func (r *redirect) close() {
	for _, l := range r.listeners {
		_ = l.Close()
	}
}

// listen listens on the host and port of the redirect URL.
func listen(ctx context.Context, redirectURL string, tcp listenFunc) (*redirect, error) {
	u := &url.URL{Scheme: "http", Host: loopback4, Path: "/callback"}
	if redirectURL != "" {
		var err error
		if u, err = parseRedirectURL(redirectURL); err != nil {
			return nil, err
		}
	}
	host, port := u.Hostname(), u.Port()
	if strings.Trim(port, "0") == "" {
		port = anyPort
	}
	listeners, err := listenHost(ctx, host, port, tcp)
	if err != nil && redirectURL == "" {
		if six, err6 := listenHost(ctx, loopback6, port, tcp); err6 == nil {
			host, listeners, err = loopback6, six, nil
		}
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if port != anyPort {
			return nil, fmt.Errorf("login: cannot listen on the port of the RedirectURL: %w", err)
		}
		return nil, fmt.Errorf("login: cannot listen on a loopback port: %w", err)
	}
	r := &redirect{address: redirectURL, listeners: listeners, path: u.Path}
	if r.path == "" {
		r.path = "/"
	}
	if port == anyPort {
		u.Host = net.JoinHostPort(host, portOf(listeners[0]))
		r.address = u.String()
	}
	r.host = canonicalHost(net.JoinHostPort(host, portOf(listeners[0])))
	return r, nil
}

// canonicalHost returns the same string for all spellings of a Host header.
func canonicalHost(hostport string) string {
	u := url.URL{Host: hostport}
	host, port := u.Hostname(), u.Port()
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.String()
	}
	if port == "" {
		port = "80"
	}
	return strings.ToLower(net.JoinHostPort(host, port))
}

func parseRedirectURL(address string) (*url.URL, error) {
	const want = `leave it empty, or pass an http URL on 127.0.0.1, [::1] or localhost, such as "http://127.0.0.1/callback"`
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.User != nil || u.Opaque != "" || u.Fragment != "" || !isLoopback(u.Hostname()) {
		return nil, fmt.Errorf("login: the RedirectURL of the OAuth 2.0 configuration is not a loopback URL: %s", want)
	}
	if _, err := strconv.ParseUint(u.Port(), 10, 16); u.Port() != "" && err != nil {
		return nil, fmt.Errorf("login: the RedirectURL of the OAuth 2.0 configuration has an invalid port: %s", want)
	}
	return u, nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == localhost || err == nil && ip.Zone() == "" && !ip.Is4In6() && ip.IsLoopback()
}

// listenHost listens on a host. For localhost these are two addresses: a browser may
// use either, and must not find another program there.
func listenHost(ctx context.Context, host, port string, tcp listenFunc) ([]net.Listener, error) {
	if host != localhost {
		l, err := tcp(ctx, host, port)
		if err != nil {
			return nil, err
		}
		return []net.Listener{l}, nil
	}
	// A port that is free on one address may be taken on the other.
	const attempts = 10
	for attempt := 1; ; attempt++ {
		listeners, err := listenLocalhost(ctx, port, tcp)
		if err == nil || port != anyPort || attempt == attempts {
			return listeners, err
		}
	}
}

func listenLocalhost(ctx context.Context, port string, tcp listenFunc) ([]net.Listener, error) {
	four, err4 := tcp(ctx, loopback4, port)
	if err4 == nil {
		port = portOf(four)
	}
	six, err6 := tcp(ctx, loopback6, port)
	switch {
	case err4 == nil && err6 == nil:
		return []net.Listener{four, six}, nil
	case err4 == nil && !exists(ctx, loopback6, tcp):
		return []net.Listener{four}, nil
	case err6 == nil && !exists(ctx, loopback4, tcp):
		return []net.Listener{six}, nil
	}
	for _, l := range []net.Listener{four, six} {
		if l != nil {
			_ = l.Close()
		}
	}
	return nil, errors.Join(err4, err6)
}

// exists reports whether this machine has the address.
func exists(ctx context.Context, host string, tcp listenFunc) bool {
	l, err := tcp(ctx, host, anyPort)
	if err != nil {
		return false
	}
	_ = l.Close()
	return true
}

func portOf(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
