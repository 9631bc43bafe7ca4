package authn_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/authn"
)

func TestACredentialGoesToHTTPSAndLoopbackAlone(t *testing.T) {
	const (
		https  = "authn: no credential is sent to %s over plain http: use https (http is for localhost, in lower case, and loopback addresses only)"
		scheme = "authn: no credential is sent to %s: use an https URL"
		none   = "authn: the request has no URL: give the client a server URL that starts with https://"
	)
	tests := []struct {
		scheme, host string
		want         string // "" if it is sent
	}{
		{"https", "api.clarify.ai", ""},
		{"https", "api.clarify.ai:8443", ""},
		{"HTTPS", "api.clarify.ai", ""},
		{"https", "10.0.0.1", ""},
		{"http", "localhost", ""},
		{"http", "localhost:8080", ""},
		{"http", "LocalHost:8080", fmt.Sprintf(https, "LocalHost")},
		{"http", "localhost.", fmt.Sprintf(https, "localhost.")},
		{"http", "localhost.:8080", fmt.Sprintf(https, "localhost.")},
		{"HTTP", "localhost", ""},
		{"http", "127.0.0.1", ""},
		{"http", "127.0.0.1:1", ""},
		{"http", "127.255.255.254", ""},
		{"http", "[::1]", ""},
		{"http", "[::1]:8080", ""},
		{"http", "[0:0:0:0:0:0:0:1]", ""},
		{"http", "[::ffff:127.0.0.1]:80", ""},

		{"http", "api.clarify.ai", fmt.Sprintf(https, "api.clarify.ai")},
		{"http", "api.clarify.ai:443", fmt.Sprintf(https, "api.clarify.ai")},
		{"http", "10.0.0.1:80", fmt.Sprintf(https, "10.0.0.1")},
		{"http", "0.0.0.0", fmt.Sprintf(https, "0.0.0.0")},
		{"http", "[::]", fmt.Sprintf(https, "::")},
		{"http", "[::ffff:10.0.0.1]", fmt.Sprintf(https, "::ffff:10.0.0.1")},
		{"http", "[::127.0.0.1]", fmt.Sprintf(https, "::127.0.0.1")},
		{"http", "[::1%eth0]", fmt.Sprintf(https, "::1%eth0")},
		{"http", "128.0.0.1", fmt.Sprintf(https, "128.0.0.1")},
		{"http", "127.0.0.1.evil.com", fmt.Sprintf(https, "127.0.0.1.evil.com")},
		{"http", "localhost.evil.com", fmt.Sprintf(https, "localhost.evil.com")},
		{"http", "evil-localhost", fmt.Sprintf(https, "evil-localhost")},
		{"http", "api.localhost", fmt.Sprintf(https, "api.localhost")},
		{"http", "localhost..", fmt.Sprintf(https, "localhost..")},
		{"http", "127.0.0.1.", fmt.Sprintf(https, "127.0.0.1.")},
		{"http", "127.1", fmt.Sprintf(https, "127.1")},
		{"http", "2130706433", fmt.Sprintf(https, "2130706433")},
		{"http", "0x7f.0.0.1", fmt.Sprintf(https, "0x7f.0.0.1")},
		{"http", "0177.0.0.1", fmt.Sprintf(https, "0177.0.0.1")},
		{"http", "127.0.0.01", fmt.Sprintf(https, "127.0.0.01")},
		{"http", "localho\u017ft", fmt.Sprintf(https, "the given URL")},
		{"http", "loca\u217chost", fmt.Sprintf(https, "the given URL")},
		{"http", "localhost@evil.com", fmt.Sprintf(https, "the given URL")},
		{"http", "user:s3cr3t@evil.com", fmt.Sprintf(https, "the given URL")},
		{"http", "localhost:80:90", fmt.Sprintf(https, "the given URL")},
		{"http", "localhost\x00.evil.com", fmt.Sprintf(https, "the given URL")},
		{"ftp", "localhost", fmt.Sprintf(scheme, "localhost")},
		{"ws", "127.0.0.1", fmt.Sprintf(scheme, "127.0.0.1")},
		{"httpss", "api.clarify.ai", fmt.Sprintf(scheme, "api.clarify.ai")},
		{"http\u017f", "api.clarify.ai", fmt.Sprintf(scheme, "api.clarify.ai")},
		{"", "api.clarify.ai", fmt.Sprintf(scheme, "api.clarify.ai")},
		{"", "", none},
		{"https", "", none},
		{"https", ":443", none},
		{"http", ":8080", none},
		{"http", "[]:8080", none},
	}
	for _, tt := range tests {
		t.Run(tt.scheme+"://"+tt.host, func(t *testing.T) {
			for _, k := range kinds() {
				req := request(t, httpsURL)
				req.URL = &url.URL{
					Scheme: tt.scheme, Host: tt.host, Path: "/p4th", RawQuery: "q=qu3ry", User: url.UserPassword("u53r", "s3cr3t"),
				}
				err := k.editor(t, testKey)(t.Context(), req)
				if tt.want == "" {
					if err != nil {
						t.Errorf("%s: %v", k.name, err)
					}
					continue
				}
				wantError(t, err, authn.ErrInsecureAddress, req, testKey, "s3cr3t", "qu3ry", "u53r", "p4th")
				if err.Error() != tt.want {
					t.Errorf("%s: error %q, want %q", k.name, err, tt.want)
				}
			}
		})
	}
}

func TestTheHostHeaderDoesNotMakeAnAddressLoopback(t *testing.T) {
	req := request(t, "http://evil.example/")
	req.Host = "localhost"
	wantError(t, authn.APIKey(testKey)(t.Context(), req), authn.ErrInsecureAddress, req, testKey)
}

var errDialled = errors.New("dialled")

// FuzzAddress holds an editor to: whatever net/http would dial without TLS for
// a request that has a credential is loopback, or the one host that is allowed.
func FuzzAddress(f *testing.F) {
	for _, scheme := range []string{"http", "https", "HTTP", "", "ftp"} {
		for _, host := range []string{
			"localhost", "LOCALHOST.", "localhost:80", "127.0.0.1", "[::1]:80", "[::ffff:127.0.0.1]", "evil.com", "localhost.evil.com",
			"127.0.0.1.evil.com", "localhost@evil.com", "localho\u017ft", "127.1", "0.0.0.0", "::1", "[::1%lo]", "", ":80", "[localhost]",
			"sandbox.test", "SANDBOX.test.:80", "sandbox.test.evil.com", "127.0.0.1\x00", "localhost:80:80", "[127.0.0.1]:80",
		} {
			f.Add(scheme, host)
		}
	}
	var asked bool
	plain := authn.APIKeyFunc(func(context.Context) (string, error) {
		asked = true
		return testKey, nil
	})
	allowing := authn.InsecureAllowPlaintextHTTP(plain, "sandbox.test")

	f.Fuzz(func(t *testing.T, scheme, host string) {
		for _, allowed := range []bool{false, true} {
			editor := plain
			if allowed {
				editor = allowing
			}
			asked = false
			req := request(t, httpsURL)
			req.URL = &url.URL{Scheme: scheme, Host: host, Path: "/"}
			if err := editor(context.Background(), req); err != nil {
				wantError(t, err, authn.ErrInsecureAddress, req, testKey)
				if asked {
					t.Fatal("the key was requested before the URL was rejected")
				}
				continue
			}
			if !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
				t.Fatalf("a key may go to %q by %q", host, scheme)
			}
			var dialled string
			transport := &http.Transport{
				DialContext: func(_ context.Context, _, addr string) (net.Conn, error) {
					dialled = addr
					return nil, errDialled
				},
				DialTLSContext: func(context.Context, string, string) (net.Conn, error) { return nil, errDialled },
			}
			if res, err := transport.RoundTrip(req); err == nil {
				res.Body.Close()
			}
			if dialled == "" {
				continue
			}
			name, _, err := net.SplitHostPort(dialled)
			if err != nil {
				t.Fatal(err)
			}
			ip := net.ParseIP(name)
			name = strings.ToLower(strings.TrimSuffix(name, "."))
			if (ip == nil || !ip.IsLoopback()) && name != "localhost" && !(allowed && name == "sandbox.test") {
				t.Fatalf("a key for %q goes to %q in plain text", host, dialled)
			}
		}
	})
}
