package authn_test

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/authn"
)

func TestACredentialThatCannotBeSentIsRefused(t *testing.T) {
	const (
		empty     = "is empty: "
		around    = "has spaces around it: pass it without them"
		lineBreak = "contains a line break: pass it alone, without the end of the line it was read from"
		inside    = "contains a space or a tab: pass it alone, with nothing before or after it"
		other     = "contains a byte that a header cannot carry: only printable ASCII can be sent, so look for a stray character from copying"
		ownKey    = `starts with "api-key ": leave that out, since the scheme is added here`
		ownToken  = `starts with "Bearer ": leave that out, since the scheme is added here`
		notAKey   = `starts with "Bearer ": leave that out, and if it is an OAuth 2.0 access token and no API key, pass it to authn.Bearer`
		notAToken = `starts with "api-key ": leave that out, and if it is an API key and no OAuth 2.0 access token, pass it to authn.APIKey`
	)
	tests := []struct {
		name       string
		credential string
		key, token string // what the message says of the credential, by kind
	}{
		{"empty", "", empty, empty},
		{"one space", " ", around, around},
		{"space before", " s3cr3t", around, around},
		{"space after", "s3cr3t ", around, around},
		{"tab before", "\ts3cr3t", around, around},
		{"tab after", "s3cr3t\t", around, around},
		{"line feed after", "s3cr3t\n", lineBreak, lineBreak},
		{"carriage return and line feed after", "s3cr3t\r\n", lineBreak, lineBreak},
		{"line feed before", "\ns3cr3t", lineBreak, lineBreak},
		{"another header", "s3cr3t\r\nX-Evil: 1", lineBreak, lineBreak},
		{"carriage return inside", "s3c\rr3t", lineBreak, lineBreak},
		{"space inside", "s3c r3t", inside, inside},
		{"tab inside", "s3c\tr3t", inside, inside},
		{"NUL", "s3c\x00r3t", other, other},
		{"escape", "s3c\x1br3t", other, other},
		{"delete", "s3cr3t\x7f", other, other},
		{"vertical tab", "s3cr3t\v", other, other},
		{"no-break space", "s3cr3t\u00a0", other, other},
		{"line separator", "s3cr3t\u2028", other, other},
		{"typographic quotes", "\u201cs3cr3t\u201d", other, other},
		{"byte order mark", "\ufeffs3cr3t", other, other},
		{"letter outside ASCII", "s3cr\u00e9t", other, other},
		{"Latin-1", "s3cr\xe9t", other, other},
		{"scheme of API keys", "api-key s3cr3t", ownKey, notAToken},
		{"scheme of API keys in capitals", "API-KEY s3cr3t", ownKey, notAToken},
		{"scheme of access tokens", "Bearer s3cr3t", notAKey, ownToken},
		{"scheme of access tokens in small letters", "bearer s3cr3t", notAKey, ownToken},
		{"scheme alone", "Bearer ", notAKey, ownToken},
		{"scheme and more than one space", "Api-Key  s3cr3t ", ownKey, notAToken},
		{"scheme with a Kelvin sign", "api-\u212aey s3cr3t", inside, inside},
		{"another scheme", "Basic s3cr3t", inside, inside},
		{"whole header", "Authorization: api-key s3cr3t", inside, inside},
	}
	names := map[string]string{
		"APIKey": "the API key", "APIKeyFunc": "the API key", "APIKeyFromEnv": "the environment variable CLARIFY_API_KEY",
		"Bearer": "the access token", "TokenSource": "the access token",
	}
	remedy := map[string]string{
		"APIKey": "pass a key from Settings > API Keys in Clarify", "APIKeyFunc": "pass a key from Settings > API Keys in Clarify",
		"APIKeyFromEnv": "set it to a key from Settings > API Keys in Clarify",
		"Bearer":        "pass the access_token that the token endpoint returned",
		"TokenSource":   "pass the access_token that the token endpoint returned",
	}
	for _, k := range kinds() {
		for _, tt := range tests {
			if k.name == "APIKeyFromEnv" && strings.Contains(tt.credential, "\x00") {
				continue // the environment cannot hold it
			}
			t.Run(k.name+" "+tt.name, func(t *testing.T) {
				want := tt.key
				if k.scheme == "Bearer" {
					want = tt.token
				}
				if want == empty {
					want += remedy[k.name]
				}
				want = "authn: " + names[k.name] + " " + want
				req := request(t, httpsURL)
				err := k.editor(t, tt.credential)(t.Context(), req)
				wantError(t, err, authn.ErrCredential, req, "s3c", "r3t")
				if err.Error() != want {
					t.Errorf("error %q, want %q", err, want)
				}
			})
		}
	}
}

func TestACredentialThatCanBeSentIsNotRefused(t *testing.T) {
	var printable strings.Builder
	for c := byte(0x21); c <= 0x7e; c++ {
		printable.WriteByte(c)
	}
	for _, credential := range []string{
		"x", printable.String(), "api-key", "Bearer", "api-keys3cr3t", "bearer-s3cr3t", strings.Repeat("k", 4096),
	} {
		for _, k := range kinds() {
			req := request(t, httpsURL)
			if err := k.editor(t, credential)(t.Context(), req); err != nil {
				t.Errorf("%s: %v", k.name, err)
			}
			if got := authorization(req); !slices.Equal(got, []string{k.scheme + " " + credential}) {
				t.Errorf("%s: Authorization = %q", k.name, got)
			}
		}
	}
}

var sendable = regexp.MustCompile(`\A[!-~]+\z`)

// FuzzCredential checks every editor: a credential is sent as it is, or rejected with
// a message in which nothing depends on it.
func FuzzCredential(f *testing.F) {
	for _, seed := range []string{
		"", " ", "k", testKey, testToken, "k ", " k", "k\n", "k\r\nX: y", "a b", "a\tb", "api-key k", "BEARER k", "Bearer ",
		"é", "\xff", "\x00", "\x7f", "api-\u212aey k", "Basic k", "\u00a0k",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, credential string) {
		for _, k := range kinds() {
			if k.name == "APIKeyFromEnv" && strings.Contains(credential, "\x00") {
				continue // the environment cannot hold it
			}
			req := request(t, httpsURL)
			err := k.editor(t, credential)(context.Background(), req)
			if sendable.MatchString(credential) {
				if err != nil {
					t.Fatalf("%s rejected a credential that a header can carry: %v", k.name, err)
				}
				if got := onTheWire(t, req); !slices.Equal(got, []string{k.scheme + " " + credential}) {
					t.Fatalf("%s: %q arrived as %q", k.name, credential, got)
				}
				continue
			}
			wantError(t, err, authn.ErrCredential, req)
			other := k.editor(t, twin(credential))(context.Background(), req)
			if other == nil || other.Error() != err.Error() {
				t.Fatalf("%s: the message depends on the credential: %q and %v", k.name, err, other)
			}
			if want := "authn: "; !strings.HasPrefix(err.Error(), want) {
				t.Fatalf("error %q does not start with %q", err, want)
			}
		}
	})
}

// twin is another credential with the same mistake in it.
func twin(credential string) string {
	scheme := ""
	for _, s := range []string{"api-key ", "bearer "} {
		if len(credential) >= len(s) && strings.ToLower(credential[:len(s)]) == s {
			scheme, credential = credential[:len(s)], credential[len(s):]
		}
	}
	b := []byte(credential)
	for i, c := range b {
		switch {
		case c >= 0x80:
			b[i] = 0xff
		case c == 'Z':
			b[i] = 'Y'
		case '!' <= c && c <= '~':
			b[i] = 'Z'
		}
	}
	return scheme + string(b)
}

// onTheWire returns the Authorization headers a server reads from the request.
func onTheWire(t *testing.T, req *http.Request) []string {
	t.Helper()
	var wire bytes.Buffer
	if err := req.Write(&wire); err != nil {
		t.Fatal(err)
	}
	read, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		t.Fatal(err)
	}
	return read.Header.Values("Authorization")
}
