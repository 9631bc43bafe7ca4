package authn_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/clarify-go/clarify/authn"
)

func TestPlaintextHTTPCanBeAllowedForNamedHosts(t *testing.T) {
	server := httptest.NewServer(recorder())
	defer server.Close()
	client := everyHost(t, server)
	const sent = `["api-key ` + testKey + `"]`

	tests := []struct {
		name    string
		allowed []string
		host    string
		ok      bool
	}{
		{"the host named", []string{"sandbox.test"}, "sandbox.test", true},
		{"any port", []string{"sandbox.test"}, "sandbox.test:8080", true},
		{"any case", []string{"Sandbox.TEST"}, "sANDBOX.test", true},
		{"a trailing dot in the address", []string{"sandbox.test"}, "sandbox.test.", true},
		{"a trailing dot in the name", []string{"sandbox.test."}, "sandbox.test", true},
		{"a port in the name is ignored", []string{"sandbox.test:8080"}, "sandbox.test:9090", true},
		{"one of several", []string{"a.test", "b_c.test"}, "b_c.test", true},
		{"an IPv4 address", []string{"10.0.0.1"}, "10.0.0.1:80", true},
		{"an IPv6 address", []string{"fd00::1"}, "[FD00:0::1]:80", true},
		{"an IPv6 address in brackets", []string{"[fd00::1]:80"}, "[fd00::1]", true},
		{"loopback besides", []string{"sandbox.test"}, "127.0.0.1", true},

		{"a subdomain", []string{"sandbox.test"}, "a.sandbox.test", false},
		{"a parent", []string{"sandbox.test"}, "test", false},
		{"a longer name", []string{"sandbox.test"}, "sandbox.test.evil.com", false},
		{"another host", []string{"sandbox.test"}, "api.clarify.ai", false},
		{"another IP address", []string{"10.0.0.1"}, "10.0.0.11", false},
		{"a fold outside ASCII", []string{"sandbox.test"}, "\u017fandbox.test", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			editor := authn.InsecureAllowPlaintextHTTP(authn.APIKey(testKey), tt.allowed...)
			req := request(t, httpsURL)
			req.URL, req.Host = &url.URL{Scheme: "http", Host: tt.host, Path: "/"}, ""
			if tt.ok {
				if got := send(t, client, req, editor); got != sent {
					t.Errorf("Authorization arrived as %s, want %s", got, sent)
				}
				return
			}
			wantError(t, editor(t.Context(), req), authn.ErrInsecureAddress, req, testKey)
		})
	}

	t.Run("https needs no permission", func(t *testing.T) {
		req := request(t, httpsURL)
		if err := authn.InsecureAllowPlaintextHTTP(authn.APIKey(testKey), "sandbox.test")(t.Context(), req); err != nil {
			t.Error(err)
		}
	})
	t.Run("other schemes are still rejected", func(t *testing.T) {
		req := request(t, "ftp://sandbox.test/")
		err := authn.InsecureAllowPlaintextHTTP(authn.APIKey(testKey), "sandbox.test")(t.Context(), req)
		wantError(t, err, authn.ErrInsecureAddress, req, testKey)
	})
	t.Run("the credential is still checked", func(t *testing.T) {
		req := request(t, "http://sandbox.test/")
		err := authn.InsecureAllowPlaintextHTTP(authn.Bearer("api-key s3cr3t"), "sandbox.test")(t.Context(), req)
		wantError(t, err, authn.ErrCredential, req, "s3cr3t")
	})
	t.Run("a done context is still an error", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		req := request(t, "http://sandbox.test/")
		err := authn.InsecureAllowPlaintextHTTP(authn.APIKey(testKey), "sandbox.test")(ctx, req)
		if err != context.Canceled {
			t.Errorf("error %v, want %v", err, context.Canceled)
		}
		if n := len(authorization(req)); n != 0 {
			t.Errorf("%d Authorization headers, want none", n)
		}
	})
	t.Run("the list is copied", func(t *testing.T) {
		hosts := []string{"sandbox.test"}
		editor := authn.InsecureAllowPlaintextHTTP(authn.APIKey(testKey), hosts...)
		hosts[0] = "evil.test"
		if err := editor(t.Context(), request(t, "http://sandbox.test/")); err != nil {
			t.Error(err)
		}
		if err := editor(t.Context(), request(t, "http://evil.test/")); err == nil {
			t.Error("a host was allowed after the fact")
		}
	})
}

func TestPermissionsForPlaintextHTTPAddUp(t *testing.T) {
	inner := authn.InsecureAllowPlaintextHTTP(authn.APIKey(testKey), "a.test")
	own := func(ctx context.Context, req *http.Request) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		return inner(ctx, req)
	}
	stacked := authn.InsecureAllowPlaintextHTTP(own, "b.test")
	for host, ok := range map[string]bool{"a.test": true, "b.test": true, "c.test": false} {
		req := request(t, "http://"+host)
		if err := stacked(t.Context(), req); (err == nil) != ok {
			t.Errorf("%s: error %v", host, err)
		}
	}
	req := request(t, "http://b.test")
	wantError(t, inner(t.Context(), req), authn.ErrInsecureAddress, req, testKey)
}

func TestPermissionForPlaintextHTTPStaysWithItsEditor(t *testing.T) {
	other := authn.Bearer(testToken)
	var inside error
	editor := authn.InsecureAllowPlaintextHTTP(authn.APIKeyFunc(func(ctx context.Context) (string, error) {
		req := request(t, "http://sandbox.test/token")
		inside = other(ctx, req)
		return testKey, nil
	}), "sandbox.test")

	if err := editor(t.Context(), request(t, "http://sandbox.test/")); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(inside, authn.ErrInsecureAddress) {
		t.Errorf("the function's own request: error %v, want one that matches %v", inside, authn.ErrInsecureAddress)
	}
	req := request(t, "http://sandbox.test/")
	wantError(t, other(t.Context(), req), authn.ErrInsecureAddress, req, testToken)
}

func TestPlaintextHTTPIsNotAllowedByAccident(t *testing.T) {
	const notBare = " given to InsecureAllowPlaintextHTTP is not a bare host: pass a name or an IP address, without scheme, path or wildcard"
	tests := []struct {
		name  string
		hosts []string
		want  string
	}{
		{"no host", nil, "authn: InsecureAllowPlaintextHTTP was given no host: pass each one that may be reached over plain http"},
		{"empty", []string{"sandbox.test", ""}, "authn: host 2 of 2" + notBare},
		{"wildcard", []string{"*"}, "authn: host 1 of 1" + notBare},
		{"pattern", []string{"*.test"}, "authn: host 1 of 1" + notBare},
		{"dot", []string{"."}, "authn: host 1 of 1" + notBare},
		{"address", []string{"http://u53r:s3cr3t@sandbox.test/"}, "authn: host 1 of 1" + notBare},
		{"path", []string{"sandbox.test/v1"}, "authn: host 1 of 1" + notBare},
		{"network", []string{"10.0.0.0/8"}, "authn: host 1 of 1" + notBare},
		{"list", []string{"a.test,b.test"}, "authn: host 1 of 1" + notBare},
		{"space", []string{" sandbox.test"}, "authn: host 1 of 1" + notBare},
		{"port alone", []string{":8080"}, "authn: host 1 of 1" + notBare},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, address := range []string{"http://sandbox.test/", httpsURL} {
				req := request(t, address)
				err := authn.InsecureAllowPlaintextHTTP(authn.APIKey(testKey), tt.hosts...)(t.Context(), req)
				wantError(t, err, authn.ErrInsecureAddress, req, testKey, "s3cr3t", "u53r")
				if err.Error() != tt.want {
					t.Errorf("error %q, want %q", err, tt.want)
				}
			}
		})
	}
}
