package storage

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The parameters of a signed URL and the fields of a signed form have the names
// that S3 gives them.
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
	expirationTime      = "2006-01-02T15:04:05.000Z"
)

// sign returns the signature of some strings. It covers no host, so that a URL is
// valid under every name of the machine, and is the same for the same secret.
func (s *Storage) sign(parts ...string) string {
	mac := hmac.New(sha256.New, s.Secret)
	for _, part := range parts {
		// With its length, or the same signature would do for other parts that join
		// to the same string.
		_, _ = mac.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return hex.EncodeToString(mac.Sum(nil))
}

func (s *Storage) signRequest(method, key string, query url.Values) string {
	return s.sign("url", method, key, query.Encode())
}

// SignURL returns the URL for one method and one file, for a client that reached
// the API at a host. more are query parameters that are signed as well.
func (s *Storage) SignURL(host, method, key string, more url.Values) string {
	query := url.Values{
		paramAlgorithm:  {signatureAlgorithm},
		paramCredential: {signatureCredential},
		paramDate:       {s.Clock().UTC().Format(signatureTime)},
		paramExpires:    {strconv.Itoa(int(s.Lifetime / time.Second))},
	}
	maps.Copy(query, more)
	query.Set(paramSignature, s.signRequest(method, key, query))
	return s.bucketURL(host) + "/" + escapeKey(key) + "?" + query.Encode()
}

// DownloadAs returns the parameters that make a download suggest a file name.
func DownloadAs(name string) url.Values {
	return url.Values{paramDisposition: {mime.FormatMediaType("attachment", map[string]string{"filename": name})}}
}

// escapeKey returns the key as a path.
func escapeKey(key string) string {
	segments := strings.Split(key, "/")
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	return strings.Join(segments, "/")
}

func (s *Storage) bucketURL(host string) string { return s.Origin(host) + bucketPath }

// checkURL rejects a request that differs from the one that its URL was signed
// for.
func (s *Storage) checkURL(r *http.Request, key string) *failure {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return &failure{http.StatusBadRequest, "InvalidURI", "Couldn't parse the specified URI."}
	}
	signature := query.Get(paramSignature)
	if signature == "" {
		return denied("Access Denied")
	}
	signed := maps.Clone(query)
	signed.Del(paramSignature)
	if !hmac.Equal([]byte(signature), []byte(s.signRequest(r.Method, key, signed))) {
		return mismatch
	}
	at, _ := time.Parse(signatureTime, query.Get(paramDate))
	seconds, _ := strconv.Atoi(query.Get(paramExpires))
	// The date has whole seconds.
	if s.Clock().Truncate(time.Second).After(at.Add(time.Duration(seconds) * time.Second)) {
		return denied("Request has expired")
	}
	return nil
}

// A Form is where a form with a file is sent, and the fields that it must have.
type Form struct {
	URL    string            `json:"url"`
	Fields map[string]string `json:"fields"`
}

// policy says what a signed form may have. A condition is an object, a field and
// its value, or an array: content-length-range, the minimum and the maximum
// number of bytes.
type policy struct {
	Expiration string `json:"expiration"`
	Conditions []any  `json:"conditions"`
}

// SignForm returns the form that uploads one file, for a client that reached the
// API at a host.
func (s *Storage) SignForm(host, key, contentType string) Form {
	now := s.Clock().UTC()
	fields := map[string]string{
		fieldKey:        key,
		fieldType:       contentType,
		paramAlgorithm:  signatureAlgorithm,
		paramCredential: signatureCredential,
		paramDate:       now.Format(signatureTime),
	}
	p := policy{Expiration: now.Add(s.Lifetime).Format(expirationTime)}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		p.Conditions = append(p.Conditions, map[string]string{name: fields[name]})
	}
	p.Conditions = append(p.Conditions, []any{"content-length-range", 0, s.MaxFile})
	encoded, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	fields[fieldPolicy] = base64.StdEncoding.EncodeToString(encoded)
	fields[paramSignature] = s.sign("form", fields[fieldPolicy])
	return Form{s.bucketURL(host), fields}
}

// formFields are those of a form, without its file. Names are in lower case,
// because S3 ignores case there.
type formFields map[string]string

func (f formFields) get(name string) string { return f[strings.ToLower(name)] }

// checkForm rejects a form that its policy does not allow.
func (s *Storage) checkForm(fields formFields) *failure {
	encoded := fields.get(fieldPolicy)
	switch {
	case fields.get(fieldKey) == "":
		return &failure{http.StatusBadRequest, "InvalidArgument",
			"Bucket POST must contain a field named 'key'. If it is specified, please check the order of the fields: what comes after the file is ignored."}
	case encoded == "" || fields.get(paramSignature) == "":
		return denied("Bucket POST must contain the fields that the API returned, all of them before the file.")
	case !hmac.Equal([]byte(fields.get(paramSignature)), []byte(s.sign("form", encoded))):
		return mismatch
	}
	var p policy
	if decoded, err := base64.StdEncoding.DecodeString(encoded); err != nil || json.Unmarshal(decoded, &p) != nil {
		return mismatch // Only what this server wrote has its signature.
	}
	if until, err := time.Parse(expirationTime, p.Expiration); err != nil || s.Clock().After(until) {
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
