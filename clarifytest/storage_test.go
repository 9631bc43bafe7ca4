package clarifytest_test

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// toStorage sends a request to storage. Headers are pairs of names and values.
func (a *api) toStorage(method, address, body string, headers ...string) *response {
	a.t.Helper()
	request := newRequest(a.t, method, address, body)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return a.fetch(request)
}

// fetch is do for a response that is none of the API.
func (a *api) fetch(request *http.Request) *response {
	a.t.Helper()
	rsp, err := cmp.Or(a.client, http.DefaultClient).Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	defer rsp.Body.Close()
	raw, err := io.ReadAll(rsp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return &response{t: a.t, status: rsp.StatusCode, header: rsp.Header, raw: string(raw)}
}

// stores sends a request to storage that must succeed.
func (a *api) stores(method, address, body string, headers ...string) *response {
	a.t.Helper()
	got := a.toStorage(method, address, body, headers...)
	if got.status/100 != 2 {
		a.t.Fatalf("%s to storage: %d %s", method, got.status, got.raw)
	}
	return got
}

// rejectedByStorage checks a response of storage.
func (got *response) rejectedByStorage(status int, code string) {
	got.t.Helper()
	var said struct {
		XMLName   xml.Name `xml:"Error"`
		Code      string
		Message   string
		RequestID string `xml:"RequestId"`
	}
	if err := xml.Unmarshal([]byte(got.raw), &said); err != nil {
		got.t.Fatalf("%d is no error of S3: %v in %q", got.status, err, got.raw)
	}
	expect(got.t, "status", got.status, status)
	expect(got.t, "said.Code", said.Code, code)
	expect(got.t, `said.Message == ""`, said.Message == "", false)
	expect(got.t, `said.RequestID == ""`, said.RequestID == "", false)
	expect(got.t, "Content-Type", got.header.Get("Content-Type"), "application/xml")
}

func TestDownloadsOfAPart(t *testing.T) {
	a := start(t)
	deal, _ := a.record("deal")
	at := a.attach(deal, "a", "0123456789")
	from := a.download(deal, at)

	got := a.stores("GET", from, "", "Range", "bytes=2-4")
	expect(t, "status", got.status, 206)
	expect(t, "raw", got.raw, "234")
	expect(t, "Content-Range", got.header.Get("Content-Range"), "bytes 2-4/10")
	if got := a.stores("GET", from, "", "Range", "bytes=-3"); got.raw != "789" {
		t.Errorf("got %q", got.raw)
	}
	whole := a.stores("GET", from, "", "Range", "bytes=0-1", "If-Range", `"of another file"`)
	expect(t, "whole.status", whole.status, 200)
	expect(t, "whole.raw", whole.raw, "0123456789")
	same := a.toStorage("GET", from, "", "If-None-Match", whole.header.Get("ETag"))
	if same.status != 304 {
		t.Errorf("got %d", same.status)
	}
	got = a.toStorage("GET", from, "", "Range", "bytes=10-")
	got.rejectedByStorage(416, "InvalidRange")
	if got.header.Get("Content-Range") != "bytes */10" {
		t.Errorf("got %v", got.header)
	}
}

// tamper changes one parameter of a signed address.
func tamper(t testing.TB, address, name, value string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	if value == "" {
		query.Del(name)
	} else {
		query.Set(name, value)
	}
	u.RawQuery = query.Encode()
	return u.String()
}

func TestStorageRejects(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now), clarifytest.WithMaxFileBytes(10))
	deal, _ := a.record("deal")
	one, two := a.attach(deal, "one", "1"), a.attach(deal, "two", "2")
	get, put := a.download(deal, one), one.url
	query := func(address string) string { return address[strings.Index(address, "?"):] }
	path := func(address string) string { return address[:strings.Index(address, "?")] }

	for _, test := range []struct {
		name, method, address, body string
		status                      int
		code                        string
	}{
		{"an address without a signature", "GET", path(get), "", 403, "AccessDenied"},
		{"an upload without a signature", "PUT", path(get), "x", 403, "AccessDenied"},
		{"a signature left out", "GET", tamper(t, get, "X-Amz-Signature", ""), "", 403, "AccessDenied"},
		{"another signature", "GET", tamper(t, get, "X-Amz-Signature", strings.Repeat("0", 64)), "", 403, "SignatureDoesNotMatch"},
		{"the signature of another file", "GET", path(get) + query(a.download(deal, two)), "", 403, "SignatureDoesNotMatch"},
		{"a longer life", "GET", tamper(t, get, "X-Amz-Expires", "9000"), "", 403, "SignatureDoesNotMatch"},
		{"a later birth", "GET", tamper(t, get, "X-Amz-Date", "20300101T000000Z"), "", 403, "SignatureDoesNotMatch"},
		{"another name", "GET", tamper(t, get, "response-content-disposition", "inline"), "", 403, "SignatureDoesNotMatch"},
		{"a parameter more", "GET", get + "&x=y", "", 403, "SignatureDoesNotMatch"},
		{"a download's address for an upload", "PUT", get, "x", 403, "SignatureDoesNotMatch"},
		{"a download's address for its end", "DELETE", get, "", 403, "SignatureDoesNotMatch"},
		{"an upload's address for a download", "GET", put, "", 403, "SignatureDoesNotMatch"},
		{"an upload's address for a form", "POST", put, "x", 405, "MethodNotAllowed"},
		{"a query that is malformed", "GET", path(get) + "?%zz", "", 400, "InvalidURI"},
		{"another place of the server", "GET", a.srv.StorageURL + "/", "", 403, "AccessDenied"},
		{"the API's place", "GET", a.srv.StorageURL + "/v1/workspaces/acme/users", "", 403, "AccessDenied"},
		{"a file that is too large", "PUT", put, "12345678901", 400, "EntityTooLarge"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := *a
			b.t = t
			b.toStorage(test.method, test.address, test.body).rejectedByStorage(test.status, test.code)
		})
	}
	if got := a.toStorage("HEAD", get, ""); got.status != 403 {
		t.Errorf("a download's address for HEAD: %d", got.status)
	}
	a.stores("PUT", put, "1234567890")

	request := newRequest(t, "PUT", put, "")
	request.Body = io.NopCloser(strings.NewReader("x"))
	request.ContentLength = -1
	a.do(request).rejectedByStorage(411, "MissingContentLength")

	c.Add(clarifytest.SignedAddressLifetime)
	a.stores("GET", get, "")
	c.Add(time.Second)
	a.toStorage("GET", get, "").rejectedByStorage(403, "AccessDenied")
	a.toStorage("PUT", put, "x").rejectedByStorage(403, "AccessDenied")
	if got := a.stores("GET", a.download(deal, one), ""); got.raw != "1234567890" {
		t.Errorf("what was rejected changed the file to %q", got.raw)
	}
}

func TestStorageRejectsCredentialsOfTheAPI(t *testing.T) {
	a := start(t)
	deal, _ := a.record("deal")
	at := a.attach(deal, "a", "hello")
	get := a.download(deal, at)
	for name, send := range map[string]func() *response{
		"the key":        func() *response { return a.toStorage("GET", get, "", "Authorization", "api-key "+a.srv.APIKey) },
		"the token":      func() *response { return a.toStorage("PUT", at.url, "x", "Authorization", "Bearer "+a.srv.AccessToken) },
		"any other":      func() *response { return a.toStorage("GET", get, "", "Authorization", "Basic eDp5") },
		"an empty one":   func() *response { return a.toStorage("GET", get, "", "Authorization", "") },
		"another header": func() *response { return a.toStorage("GET", get, "", "X-Api-Key", a.srv.APIKey) },
		"a cookie":       func() *response { return a.toStorage("GET", get, "", "Cookie", "token="+a.srv.AccessToken) },
		"the query":      func() *response { return a.toStorage("GET", get+"&key="+a.srv.WorkspaceKey, "") },
	} {
		send().rejectedByStorage(400, "InvalidArgument")
		found := a.srv.TakeViolations()
		if expect(t, name+": len(found)", len(found), 1) {
			expect(t, name+": found[0].Where", found[0].Where, clarifytest.InRequest)
			contains(t, name+": found[0].What", found[0].What, "credential")
		}
		text := fmt.Sprint(found)
		expect(t, name+": strings.Contains(text, a.srv.APIKey)", strings.Contains(text, a.srv.APIKey), false)
		expect(t, name+`: strings.Contains(text, "Signature")`, strings.Contains(text, "Signature"), false)
	}
	if got := a.stores("GET", get, ""); got.raw != "hello" {
		t.Errorf("the file is %q", got.raw)
	}
}

// An upload that breaks off leaves what was there.
func TestAnUploadThatBreaksOffStoresNothing(t *testing.T) {
	a := start(t)
	deal, _ := a.record("deal")
	at := a.attach(deal, "a", "hello")
	u, err := url.Parse(at.url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345", u.RequestURI())
	_ = conn.(*net.TCPConn).CloseWrite()
	response, _ := io.ReadAll(conn)
	_ = conn.Close()
	expect(t, `bytes.Contains(response, []byte("400 Bad Request"))`, bytes.Contains(response, []byte("400 Bad Request")), true)
	expect(t, `bytes.Contains(response, []byte("IncompleteBody"))`, bytes.Contains(response, []byte("IncompleteBody")), true)
	files := a.srv.Files("acme")
	if expect(t, "len(files)", len(files), 1) {
		expect(t, "string(files[0].Data)", string(files[0].Data), "hello")
	}
}

// An attachment that is deleted while its file is on the way leaves nothing behind.
func TestAPlaceThatGoesDuringAnUploadTakesNothing(t *testing.T) {
	a := start(t)
	deal, _ := a.record("deal")
	at := a.attach(deal, "a", "hello")
	body, file := io.Pipe()
	request, err := http.NewRequest("PUT", at.url, body)
	if err != nil {
		t.Fatal(err)
	}
	request.ContentLength = 5
	// Storage asks for the bytes once it has found a place for them.
	request.Header.Set("Expect", "100-continue")
	request = request.WithContext(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() {
		go func() {
			if _, _, err := a.attempt("DELETE", deal+"/attachments/"+at.id, nil); err != nil {
				t.Error(err)
			}
			_, err := io.WriteString(file, "other")
			_ = file.CloseWithError(err)
		}()
	}}))
	transport := &http.Transport{ExpectContinueTimeout: time.Minute}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	readResponse(t, response).rejectedByStorage(403, "AccessDenied")
	if files := a.srv.Files("acme"); len(files) != 0 {
		t.Errorf("storage has %d files", len(files))
	}
}

func TestSignedAddressesRepeatFromASeed(t *testing.T) {
	address := func() string {
		a := start(t, clarifytest.WithSeed(3), clarifytest.WithClock(newClock().Now))
		deal, _ := a.record("deal")
		return strings.TrimPrefix(a.place(deal, "a").url, a.srv.StorageURL)
	}
	if first, second := address(), address(); first != second {
		t.Errorf("%s, then %s", first, second)
	}
}

func TestRequestsToStorageAreInTheTranscript(t *testing.T) {
	var logged []clarifytest.Request
	a := start(t, clarifytest.WithLog(func(r clarifytest.Request) { logged = append(logged, r) }))
	deal, _ := a.record("deal")
	a.attach(deal, "a", "hello")
	a.srv.Close()
	var found []clarifytest.Request
	for _, r := range a.srv.Requests() {
		if r.Storage {
			found = append(found, r)
		}
	}
	if expect(t, "len(found)", len(found), 1) {
		expect(t, "found[0].Method", found[0].Method, "PUT")
		expect(t, "found[0].Status", found[0].Status, 200)
		expect(t, "found[0].Query", found[0].Query, "")
		expect(t, "found[0].Operation", found[0].Operation, "")
	}
	if expect(t, "len(logged)", len(logged), 4) {
		expect(t, "logged[2].Storage", logged[2].Storage, true)
	}
}

func TestOptionsOfStorage(t *testing.T) {
	for _, options := range [][]clarifytest.Option{
		{clarifytest.WithMaxFileBytes(0)},
		{clarifytest.WithStorageAddress("nowhere")},
	} {
		if srv, err := clarifytest.Start(options...); err == nil {
			srv.Close()
			t.Error("it starts")
		}
	}
	// Storage that listens everywhere is at the host that the client asked.
	a := start(t, clarifytest.WithStorageAddress("0.0.0.0:0"))
	deal, _ := a.record("deal")
	local := strings.Replace(a.url, "127.0.0.1", "localhost", 1)
	got := a.want(200, "PUT", local+deal+"/attachments", map[string]string{"name": "a"})
	if address := got.text("data", "signedUrl"); !strings.HasPrefix(address, "http://localhost:") {
		t.Errorf("the address is %s", address)
	} else {
		a.stores("PUT", strings.Replace(address, "localhost", "127.0.0.1", 1), "x")
	}
	a.srv.Close()
	if _, err := http.Get(a.srv.StorageURL); err == nil {
		t.Error("storage responds after Close")
	}
}

func TestFaultsOfStorage(t *testing.T) {
	a := start(t)
	deal, _ := a.record("deal")
	at := a.attach(deal, "a", "hello")
	get := a.download(deal, at)

	a.srv.Inject(clarifytest.Status(503))
	if got := a.stores("GET", get, ""); got.raw != "hello" {
		t.Errorf("a fault of the API struck storage: %s", got.raw)
	}
	a.srv.RemoveFaults()

	unavailable := a.srv.Inject(clarifytest.Status(503), clarifytest.ToStorage(), clarifytest.Times(1))
	a.want(200, "GET", deal, nil)
	a.toStorage("PUT", at.url, "after").rejectedByStorage(503, "SlowDown")
	if unavailable.Struck() != 1 {
		t.Errorf("it struck %d requests", unavailable.Struck())
	}
	a.srv.Inject(clarifytest.Status(500).AfterWork(), clarifytest.ToStorage(), clarifytest.Method("PUT"))
	a.toStorage("PUT", at.url, "after").rejectedByStorage(500, "InternalError")
	a.srv.Inject(clarifytest.Status(403), clarifytest.ToStorage(), clarifytest.Times(1))
	a.toStorage("GET", get, "").rejectedByStorage(403, "AccessDenied")
	if got := a.stores("GET", get, ""); got.raw != "after" {
		t.Errorf("the file is %q", got.raw)
	}

	a.srv.Inject(clarifytest.RateLimited(2*time.Second), clarifytest.ToStorage(), clarifytest.Times(1))
	limited := a.toStorage("GET", get, "")
	limited.rejectedByStorage(429, "SlowDown")
	if got := limited.header.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After is %q", got)
	}

	a.srv.Inject(clarifytest.CutBody(2), clarifytest.ToStorage())
	response, err := http.Get(get)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if expect(t, "err == nil", err == nil, false) {
		expect(t, "string(raw)", string(raw), "af")
	}
	requests := a.srv.Requests()
	last := requests[len(requests)-1]
	expect(t, "last.Storage", last.Storage, true)
	expect(t, "last.Done", last.Done, true)
	expect(t, "last.Fault", last.Fault, "cut body")
	expect(t, "last.Body == nil", last.Body == nil, true)
	expect(t, "last.Header == nil", last.Header == nil, true)
}
