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

// refusedByStorage checks a response of storage.
func (got *response) refusedByStorage(status int, code string) {
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

// attachment is an attachment as the API gives it a place.
type attachment struct{ url, key, id, name string }

func (a *api) place(record, name string) attachment {
	a.t.Helper()
	got := a.want(200, "PUT", record+"/attachments", map[string]string{"name": name})
	return attachment{got.text("data", "signedUrl"), got.text("data", "key"), got.text("data", "attachmentId"), name}
}

func (at attachment) body() map[string]string {
	return map[string]string{"name": at.name, "key": at.key, "attachmentId": at.id}
}

// attach uploads and registers a file.
func (a *api) attach(record, name, data string) attachment {
	a.t.Helper()
	at := a.place(record, name)
	a.stores("PUT", at.url, data, "Content-Type", "text/plain")
	a.want(201, "POST", record+"/attachments", at.body())
	return at
}

func (a *api) download(record string, at attachment) string {
	a.t.Helper()
	return a.want(200, "GET", record+"/attachments/"+at.id, nil).text("data", "url")
}

func (a *api) record(object string) (path, id string) {
	a.t.Helper()
	id = a.create(object, `{}`)
	return "/objects/" + object + "/records/" + id, id
}

func TestAttachments(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	deal, id := a.record("deal")
	none := a.want(200, "GET", deal+"/attachments", nil)
	none.equals(`{"data":[],"links":{"next":null,"prev":null},"meta":{"total_pages":0,"total_records":0}}`)

	got := a.want(200, "PUT", deal+"/attachments?silent=true", map[string]string{"name": "a contract ü+%.pdf"})
	got.equals(`"deal"`, "data", "entity")
	got.equals(`"`+id+`"`, "data", "_id")
	at := attachment{got.text("data", "signedUrl"), got.text("data", "key"), got.text("data", "attachmentId"), "a contract ü+%.pdf"}
	expect(t, `strings.HasPrefix(at.url, a.srv.StorageURL+"/")`, strings.HasPrefix(at.url, a.srv.StorageURL+"/"), true)
	expect(t, "strings.HasPrefix(at.url, a.url)", strings.HasPrefix(at.url, a.url), false)
	a.refused(422, "/key", "POST", deal+"/attachments", at.body())
	put := a.stores("PUT", at.url, "hello", "Content-Type", "application/pdf")
	none = a.want(200, "GET", deal+"/attachments", nil)
	none.equals(`[]`, "data")

	c.Add(time.Second)
	a.want(201, "POST", deal+"/attachments", at.body()).equals(`"`+id+`"`, "data", "id")
	// Again, as after a response that was lost: it is there once.
	a.want(201, "POST", deal+"/attachments", at.body()).equals(`"deal"`, "data", "type")
	user := a.want(200, "GET", "/users", nil).ids()[0]
	a.want(200, "GET", deal+"/attachments", nil).equals(`[{"_created_at":"2026-02-03T04:05:07.789Z","_created_by":"`+user+`","_id":"`+at.id+`",`+
		`"mime_type":"application/pdf","name":"a contract ü+%.pdf","size_bytes":5,"source":"user"}]`, "data")

	from := a.download(deal, at)
	file := a.stores("GET", from, "")
	expect(t, "file.raw", file.raw, "hello")
	expect(t, `file.header.Get("Content-Type")`, file.header.Get("Content-Type"), "application/pdf")
	expect(t, `file.header.Get("Content-Length")`, file.header.Get("Content-Length"), "5")
	expect(t, `file.header.Get("ETag")`, file.header.Get("ETag"), put.header.Get("ETag"))
	expect(t, `put.header.Get("ETag") == ""`, put.header.Get("ETag") == "", false)
	expect(t, `file.header.Get("Content-Disposition")`, file.header.Get("Content-Disposition"), `attachment; filename*=utf-8''a%20contract%20%C3%BC+%25.pdf`)
	a.want(200, "GET", deal+"/attachments/"+at.id, nil)

	second := a.place(deal, "b")
	a.stores("PUT", second.url, "")
	a.want(201, "POST", deal+"/attachments", second.body())
	all := a.want(200, "GET", deal+"/attachments", nil)
	all.equals(`{"total_pages":1,"total_records":2}`, "meta")
	all.equals(`null`, "data", 1, "mime_type")
	all.equals(`0`, "data", 1, "size_bytes")
	page := a.want(200, "GET", deal+"/attachments?page[limit]=1&page[offset]=1", nil)
	page.equals(`{"limit":1,"offset":1,"total_pages":2,"total_records":2}`, "meta")
	page.equals(`"b"`, "data", 0, "name")
	if first := a.want(200, "GET", page.text("links", "prev"), nil); first.text("data", 0, "_id") != at.id {
		t.Errorf("the page before is %s", first.raw)
	}
	a.want(200, "GET", deal+"/attachments?page[limit]=1000000", nil).equals(`2`, "meta", "total_records")
	largest := a.want(200, "GET", deal+"/attachments?page[limit]=2147483647&page[offset]=1", nil)
	largest.equals(`1`, "meta", "total_pages")
	largest.equals(`"b"`, "data", 0, "name")

	a.want(200, "DELETE", deal+"/attachments/"+at.id+"?silent=false", nil).equals(`"`+id+`"`, "data", "id")
	a.refused(404, "", "GET", deal+"/attachments/"+at.id, nil)
	a.refused(404, "", "DELETE", deal+"/attachments/"+at.id, nil)
	a.toStorage("GET", from, "").refusedByStorage(404, "NoSuchKey")
	a.toStorage("PUT", at.url, "again").refusedByStorage(403, "AccessDenied")
	a.refused(422, "/attachmentId", "POST", deal+"/attachments", at.body())
	a.want(200, "GET", deal+"/attachments", nil).equals(`1`, "meta", "total_records")
	if n := len(a.srv.Files("acme")); n != 1 {
		t.Errorf("storage has %d files", n)
	}
}

func TestAttachmentsRefuse(t *testing.T) {
	a := start(t)
	deal, _ := a.record("deal")
	other, _ := a.record("deal")
	at := a.attach(deal, "a", "hello")
	for _, test := range []struct {
		name, method, target string
		body                 any
		status               int
		pointer              string
	}{
		{"a list of an unknown object", "GET", "/objects/c_none/records/x/attachments", nil, 404, ""},
		{"a list of an unknown record", "GET", "/objects/deal/records/x/attachments", nil, 404, ""},
		{"a page without a limit", "GET", deal + "/attachments?page[offset]=1", nil, 400, ""},
		{"a page of nothing", "GET", deal + "/attachments?page[limit]=0", nil, 400, ""},
		{"a page before the first", "GET", deal + "/attachments?page[limit]=1&page[offset]=-1", nil, 400, ""},
		{"a page of something else", "GET", deal + "/attachments?page[size]=1", nil, 400, ""},
		{"a place without a body", "PUT", deal + "/attachments", "", 400, ""},
		{"a place without a name", "PUT", deal + "/attachments", `{}`, 422, "/name"},
		{"a place for a number", "PUT", deal + "/attachments", `{"name":1}`, 422, "/name"},
		{"a place for an empty name", "PUT", deal + "/attachments", `{"name":""}`, 422, "/name"},
		{"a place in silence that is none", "PUT", deal + "/attachments?silent=1", `{"name":"a"}`, 400, ""},
		{"a place for an unknown record", "PUT", "/objects/deal/records/x/attachments", `{"name":"a"}`, 404, ""},
		{"a place for an unknown object", "PUT", "/objects/c_none/records/x/attachments", `{"name":"a"}`, 404, ""},
		{"a file of an unknown record", "POST", "/objects/deal/records/x/attachments", at.body(), 404, ""},
		{"a file of another record", "POST", other + "/attachments", at.body(), 422, "/attachmentId"},
		{"a file of another key", "POST", deal + "/attachments", `{"name":"a","key":"k","attachmentId":"` + at.id + `"}`, 422, "/key"},
		{"a file without a key", "POST", deal + "/attachments", `{"name":"a","attachmentId":"` + at.id + `"}`, 422, "/key"},
		{"a file without a name", "POST", deal + "/attachments", `{"name":"","key":"` + at.key + `","attachmentId":"` + at.id + `"}`, 422, "/name"},
		{"an address for an unknown file", "GET", deal + "/attachments/x", nil, 404, ""},
		{"an address for another record's file", "GET", other + "/attachments/" + at.id, nil, 404, ""},
		{"the end of another record's file", "DELETE", other + "/attachments/" + at.id, nil, 404, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := *a
			b.t = t
			b.refused(test.status, test.pointer, test.method, test.target, test.body)
		})
	}
	a.guarded("GET", deal+"/attachments", nil)
	a.guarded("PUT", deal+"/attachments", at.body())
	a.guarded("POST", deal+"/attachments", at.body())
	a.guarded("GET", deal+"/attachments/"+at.id, nil)
	a.guarded("DELETE", deal+"/attachments/"+at.id, nil)
	a.elsewhere().refused(404, "", "GET", deal+"/attachments", nil)
	a.want(200, "GET", deal+"/attachments", nil).equals(`1`, "meta", "total_records")
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
	got.refusedByStorage(416, "InvalidRange")
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

func TestStorageRefuses(t *testing.T) {
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
			b.toStorage(test.method, test.address, test.body).refusedByStorage(test.status, test.code)
		})
	}
	if got := a.toStorage("HEAD", get, ""); got.status != 403 {
		t.Errorf("a download's address for HEAD: %d", got.status)
	}
	a.stores("PUT", put, "1234567890")

	request := newRequest(t, "PUT", put, "")
	request.Body = io.NopCloser(strings.NewReader("x"))
	request.ContentLength = -1
	a.do(request).refusedByStorage(411, "MissingContentLength")

	c.Add(clarifytest.SignedAddressLifetime)
	a.stores("GET", get, "")
	c.Add(time.Second)
	a.toStorage("GET", get, "").refusedByStorage(403, "AccessDenied")
	a.toStorage("PUT", put, "x").refusedByStorage(403, "AccessDenied")
	if got := a.stores("GET", a.download(deal, one), ""); got.raw != "1234567890" {
		t.Errorf("what was refused changed the file to %q", got.raw)
	}
}

func TestStorageRefusesCredentialsOfTheAPI(t *testing.T) {
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
		send().refusedByStorage(400, "InvalidArgument")
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
	readResponse(t, response).refusedByStorage(403, "AccessDenied")
	if files := a.srv.Files("acme"); len(files) != 0 {
		t.Errorf("storage has %d files", len(files))
	}
}

func TestNamesOfFilesAreData(t *testing.T) {
	a := start(t, clarifytest.WithWorkspace("a/b c"))
	deal, _ := a.record("deal")
	for _, name := range []string{
		"..", ".", "../../x", "a/b", "a b", "a+b&c=d?e#f%2F%zz", "ü\u202e", "x\x00\r\nX-Evil: 1", strings.Repeat("ü", 500), "'\"\\",
	} {
		at := a.attach(deal, name, "bytes of "+name)
		got := a.stores("GET", a.download(deal, at), "")
		expect(t, fmt.Sprint(name)+": got.raw", got.raw, "bytes of "+name)
		expect(t, fmt.Sprint(name)+`: got.header.Get("X-Evil")`, got.header.Get("X-Evil"), "")
		all := a.want(200, "GET", deal+"/attachments?page[limit]=1", nil)
		if all.text("data", 0, "name") != name {
			t.Errorf("%q is listed as %q", name, all.raw)
		}
		a.want(200, "DELETE", deal+"/attachments/"+at.id, nil)
	}
}

func TestFilesGoWithTheirRecords(t *testing.T) {
	a := start(t)
	path, id := a.record("person")
	heirPath, heir := a.record("person")
	first, second := a.attach(heirPath, "1", "one"), a.attach(path, "2", "two")
	a.want(204, "POST", heirPath+"/merges", mergeBody("person", id))
	all := a.want(200, "GET", heirPath+"/attachments", nil)
	expect(t, `all.text("data", 0, "_id")`, all.text("data", 0, "_id"), first.id)
	expect(t, `all.text("data", 1, "_id")`, all.text("data", 1, "_id"), second.id)
	if got := a.stores("GET", a.download(heirPath, second), ""); got.raw != "two" {
		t.Errorf("got %q", got.raw)
	}
	get := a.download(heirPath, first)
	a.want(204, "DELETE", "/objects/person/records/"+heir, nil)
	a.refused(404, "", "GET", heirPath+"/attachments", nil)
	a.toStorage("GET", get, "").refusedByStorage(404, "NoSuchKey")
	if files := a.srv.Files("acme"); len(files) != 0 {
		t.Errorf("storage has %d files", len(files))
	}
}

func TestFilesComeBackWithASnapshot(t *testing.T) {
	a := start(t, clarifytest.WithSeed(7))
	deal, _ := a.record("deal")
	at := a.attach(deal, "a", "before")
	snapshot := a.srv.Snapshot()

	a.stores("PUT", at.url, "after")
	late := a.attach(deal, "b", "late")
	lateGet := a.download(deal, late)
	a.srv.Restore(snapshot)
	if got := a.stores("GET", a.download(deal, at), ""); got.raw != "before" {
		t.Errorf("got %q", got.raw)
	}
	a.toStorage("GET", lateGet, "").refusedByStorage(404, "NoSuchKey")
	a.toStorage("PUT", late.url, "x").refusedByStorage(403, "AccessDenied")

	b := start(t, clarifytest.WithSnapshot(snapshot))
	if got := b.stores("GET", b.download(deal, at), ""); got.raw != "before" {
		t.Errorf("a server that starts with it has %q", got.raw)
	}
	a.want(200, "DELETE", deal+"/attachments/"+at.id, nil)
	got := b.srv.Files("acme")
	if expect(t, "len(got)", len(got), 1) {
		expect(t, "got[0].Key", got[0].Key, at.key)
		expect(t, "got[0].ContentType", got[0].ContentType, "text/plain")
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
	a.toStorage("PUT", at.url, "after").refusedByStorage(503, "SlowDown")
	if unavailable.Struck() != 1 {
		t.Errorf("it struck %d requests", unavailable.Struck())
	}
	a.srv.Inject(clarifytest.Status(500).AfterWork(), clarifytest.ToStorage(), clarifytest.Method("PUT"))
	a.toStorage("PUT", at.url, "after").refusedByStorage(500, "InternalError")
	a.srv.Inject(clarifytest.Status(403), clarifytest.ToStorage(), clarifytest.Times(1))
	a.toStorage("GET", get, "").refusedByStorage(403, "AccessDenied")
	if got := a.stores("GET", get, ""); got.raw != "after" {
		t.Errorf("the file is %q", got.raw)
	}

	a.srv.Inject(clarifytest.RateLimited(2*time.Second), clarifytest.ToStorage(), clarifytest.Times(1))
	limited := a.toStorage("GET", get, "")
	limited.refusedByStorage(429, "SlowDown")
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

func TestFilesGoWithTheirObject(t *testing.T) {
	a := start(t, atOnce)
	a.customObject(`{}`)
	vehicle, _ := a.record("c_vehicle")
	get := a.download(vehicle, a.attach(vehicle, "a", "hello"))
	a.want(200, "DELETE", "/schemas/objects/c_vehicle", nil)
	a.toStorage("GET", get, "").refusedByStorage(404, "NoSuchKey")
	if files := a.srv.Files("acme"); len(files) != 0 {
		t.Errorf("storage has %d files", len(files))
	}
}
