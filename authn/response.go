package authn

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// maxTokenResponse is how many bytes x/oauth2 reads of a response.
const maxTokenResponse = 1 << 20

// observer sends one request, and keeps what x/oauth2 does not tell of a response
// that it cannot parse. It passes responses on in a form that x/oauth2 can always
// parse: the response to a refresh may be the only copy of the next refresh token,
// which must not be lost because something else in it is odd.
type observer struct {
	next         http.RoundTripper
	status       int    // zero if there was no response
	refreshToken string // in a 2xx response, empty if there was none
}

func (o *observer) RoundTrip(r *http.Request) (*http.Response, error) {
	rsp, err := o.next.RoundTrip(r)
	if err != nil {
		return rsp, err
	}
	o.status = rsp.StatusCode
	body, err := io.ReadAll(io.LimitReader(rsp.Body, maxTokenResponse+1))
	closing := rsp.Body
	rsp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), failing{err}), closing}

	members, complete := readTokenResponse(body)
	if rsp.StatusCode/100 == 2 {
		o.refreshToken = members.text("refresh_token")
		if members["access_token"] != nil {
			// The token was issued whatever else the response says.
			delete(members, "error")
		}
	}
	if !complete || err != nil || len(body) > maxTokenResponse {
		return rsp, nil
	}
	plain, err := json.Marshal(members)
	if err != nil {
		return rsp, nil
	}
	if rsp.Header = rsp.Header.Clone(); rsp.Header == nil {
		rsp.Header = http.Header{}
	}
	rsp.Header.Set("Content-Type", "application/json")
	rsp.ContentLength = int64(len(plain))
	rsp.Body = struct {
		io.Reader
		io.Closer
	}{bytes.NewReader(plain), closing}
	return rsp, nil
}

// failing is the end of a body. It returns err, or io.EOF if that is nil.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}

// tokenMembers has the members of a token endpoint's response. It has those that
// x/oauth2 reads only if x/oauth2 can parse their values.
type tokenMembers map[string]json.RawMessage

// knownMembers are those that x/oauth2 reads. It ignores their case.
var knownMembers = []string{"access_token", "token_type", "refresh_token", "expires_in", "error", "error_description", "error_uri"}

// put adds a member. If several have the same name, the last valid one wins.
func (m tokenMembers) put(name string, value json.RawMessage) {
	i := slices.IndexFunc(knownMembers, func(known string) bool { return strings.EqualFold(known, name) })
	if i < 0 {
		m[name] = value
		return
	}
	name = knownMembers[i]
	var text string
	var number json.Number // also takes a string of digits
	_ = json.Unmarshal(value, &text)
	isNumber := json.Unmarshal(value, &number) == nil
	switch {
	case name == "expires_in":
		if seconds, err := number.Int64(); err == nil && seconds > 0 {
			m[name], _ = json.Marshal(min(seconds, math.MaxInt32))
		}
		return
	case name == "token_type":
		text = strings.TrimSpace(text)
	case name == "refresh_token" && isNumber:
		text = number.String()
	}
	if strings.TrimSpace(text) != "" {
		m[name], _ = json.Marshal(text)
	}
}

func (m tokenMembers) text(name string) (text string) {
	_ = json.Unmarshal(m[name], &text)
	return text
}

// refreshTokenMember finds a refresh token in a body that is not valid JSON.
var refreshTokenMember = regexp.MustCompile(`(?i)"refresh_token"\s*:\s*("(?:[^"\\]|\\.)+")`)

// readTokenResponse parses the body of a response, which is JSON or form-encoded
// whatever its Content-Type says. If the body is not complete, only its refresh
// token is of use.
func readTokenResponse(body []byte) (members tokenMembers, complete bool) {
	members = tokenMembers{}
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	if !bytes.HasPrefix(body, []byte("{")) {
		form, err := url.ParseQuery(string(body))
		for name, values := range form {
			for _, value := range values {
				quoted, _ := json.Marshal(value)
				members.put(name, quoted)
			}
		}
		return members, err == nil && (members["access_token"] != nil || members["error"] != nil)
	}
	err := members.read(json.NewDecoder(bytes.NewReader(body)))
	if err != nil {
		for _, found := range refreshTokenMember.FindAllSubmatch(body, -1) {
			members.put("refresh_token", found[1])
		}
	}
	return members, err == nil
}

// read parses an object.
func (m tokenMembers) read(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		m.put(name.(string), value) // the decoder returns no other type
	}
	_, err := d.Token()
	return err
}
