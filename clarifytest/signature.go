package clarifytest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SignedAddressLifetime is how long an address of storage is good for after the
// API gave it out, by the clock of [WithClock].
const SignedAddressLifetime = 15 * time.Minute

// The parameters of a signed address, and fields of a signed form, are called
// what S3 calls them.
const (
	paramAlgorithm  = "X-Amz-Algorithm"
	paramCredential = "X-Amz-Credential"
	paramDate       = "X-Amz-Date"
	paramExpires    = "X-Amz-Expires"
	paramSignature  = "X-Amz-Signature"
	fieldPolicy     = "Policy"
	fieldKey        = "key"
	fieldType       = "Content-Type"
	fieldFile       = "file"

	paramDisposition = "response-content-disposition"

	signatureAlgorithm  = "SANDBOX-HMAC-SHA256"
	signatureCredential = "SANDBOX/files"
	signatureTime       = "20060102T150405Z"
)

// sign is the signature of some texts. It covers no host, so that an address is
// good under every name that the machine has, and comes out the same for the
// same seed.
func (s *storage) sign(texts ...string) string {
	mac := hmac.New(sha256.New, s.secret)
	for _, text := range texts {
		// With its length, or two texts could be one with the border elsewhere.
		_, _ = mac.Write([]byte(strconv.Itoa(len(text)) + ":" + text))
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// signURL signs a request for a file.
func (s *storage) signURL(method, key string, query url.Values) string {
	return s.sign("url", method, key, query.Encode())
}

// signedURL is an address for one method and one file.
func (c *call) signedURL(method, key string, more url.Values) string {
	s := c.server.storage
	query := url.Values{
		paramAlgorithm:  {signatureAlgorithm},
		paramCredential: {signatureCredential},
		paramDate:       {s.clock().UTC().Format(signatureTime)},
		paramExpires:    {strconv.Itoa(int(SignedAddressLifetime / time.Second))},
	}
	maps.Copy(query, more)
	query.Set(paramSignature, s.signURL(method, key, query))
	return c.bucketURL() + "/" + escapedKey(key) + "?" + query.Encode()
}

// escapedKey is the key as the path of an address.
func escapedKey(key string) string {
	segments := strings.Split(key, "/")
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	return strings.Join(segments, "/")
}

// bucketURL is the address of the bucket. It is at the host that the client
// asked, if storage listens on all of the machine's.
func (c *call) bucketURL() string {
	s := c.server.storage
	if !s.everywhere {
		return s.origin + bucketPath
	}
	host := (&url.URL{Host: c.request.Host}).Hostname()
	return s.server.config.tls.Scheme() + "://" + net.JoinHostPort(host, s.port) + bucketPath
}

// downloadAs has a download suggest a name for the file.
func downloadAs(name string) url.Values {
	return url.Values{paramDisposition: {mime.FormatMediaType("attachment", map[string]string{"filename": name})}}
}

// checkURL refuses a request that is not what an address was signed for.
func (s *storage) checkURL(r *http.Request, key string) *storageFailure {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return &storageFailure{http.StatusBadRequest, "InvalidURI", "Couldn't parse the specified URI."}
	}
	signature := query.Get(paramSignature)
	if signature == "" {
		return denied("Access Denied")
	}
	signed := maps.Clone(query)
	signed.Del(paramSignature)
	if !hmac.Equal([]byte(signature), []byte(s.signURL(r.Method, key, signed))) {
		return mismatch
	}
	at, _ := time.Parse(signatureTime, query.Get(paramDate))
	seconds, _ := strconv.Atoi(query.Get(paramExpires))
	// The date has whole seconds.
	if s.clock().Truncate(time.Second).After(at.Add(time.Duration(seconds) * time.Second)) {
		return denied("Request has expired")
	}
	return nil
}

// signedForm is where a form with a file goes, and what it must have.
type signedForm struct {
	URL    string            `json:"url"`
	Fields map[string]string `json:"fields"`
}

// policy says what a signed form may be. A condition is an object, a field and
// its value, or an array: content-length-range, the least and the most bytes.
type policy struct {
	Expiration string `json:"expiration"`
	Conditions []any  `json:"conditions"`
}

// signedForm allows one file to be uploaded by a form.
func (c *call) signedForm(key, contentType string) signedForm {
	s := c.server.storage
	now := s.clock().UTC()
	fields := map[string]string{
		fieldKey:        key,
		fieldType:       contentType,
		paramAlgorithm:  signatureAlgorithm,
		paramCredential: signatureCredential,
		paramDate:       now.Format(signatureTime),
	}
	p := policy{Expiration: formatTime(now.Add(SignedAddressLifetime))}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		p.Conditions = append(p.Conditions, map[string]string{name: fields[name]})
	}
	p.Conditions = append(p.Conditions, []any{"content-length-range", 0, s.maxFile})
	text, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	fields[fieldPolicy] = base64.StdEncoding.EncodeToString(text)
	fields[paramSignature] = s.sign("form", fields[fieldPolicy])
	return signedForm{c.bucketURL(), fields}
}

// formFields are those of a form, without its file. Names of fields are in lower
// case, as S3 does not distinguish it.
type formFields map[string]string

func (f formFields) get(name string) string { return f[strings.ToLower(name)] }

// checkForm refuses a form that is not what its policy says.
func (s *storage) checkForm(fields formFields) *storageFailure {
	text := fields.get(fieldPolicy)
	switch {
	case fields.get(fieldKey) == "":
		return &storageFailure{http.StatusBadRequest, "InvalidArgument",
			"Bucket POST must contain a field named 'key'. If it is specified, please check the order of the fields: what comes after the file is ignored."}
	case text == "" || fields.get(paramSignature) == "":
		return denied("Bucket POST must contain the fields that the API gave, all of them before the file.")
	case !hmac.Equal([]byte(fields.get(paramSignature)), []byte(s.sign("form", text))):
		return mismatch
	}
	var p policy
	if decoded, err := base64.StdEncoding.DecodeString(text); err != nil || json.Unmarshal(decoded, &p) != nil {
		return mismatch // Only what this server wrote has its signature.
	}
	if until, _, ok := parseTime(p.Expiration); !ok || s.clock().After(until) {
		return denied("Invalid according to Policy: Policy expired.")
	}
	left := maps.Clone(fields)
	delete(left, strings.ToLower(fieldPolicy))
	delete(left, strings.ToLower(paramSignature))
	for _, condition := range p.Conditions {
		values, _ := condition.(map[string]any)
		for name, value := range values {
			if fields.get(name) != value {
				return denied("Invalid according to Policy: the field " + name + " is not what the policy says.")
			}
			delete(left, strings.ToLower(name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		if !strings.HasPrefix(name, "x-ignore-") {
			return denied("Invalid according to Policy: Extra input fields: " + name)
		}
	}
	return nil
}
