package clarifytest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

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
	a.rejected(422, "/key", "POST", deal+"/attachments", at.body())
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
	a.rejected(404, "", "GET", deal+"/attachments/"+at.id, nil)
	a.rejected(404, "", "DELETE", deal+"/attachments/"+at.id, nil)
	a.toStorage("GET", from, "").rejectedByStorage(404, "NoSuchKey")
	a.toStorage("PUT", at.url, "again").rejectedByStorage(403, "AccessDenied")
	a.rejected(422, "/attachmentId", "POST", deal+"/attachments", at.body())
	a.want(200, "GET", deal+"/attachments", nil).equals(`1`, "meta", "total_records")
	if n := len(a.srv.Files("acme")); n != 1 {
		t.Errorf("storage has %d files", n)
	}
}

func TestAttachmentsReject(t *testing.T) {
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
			b.rejected(test.status, test.pointer, test.method, test.target, test.body)
		})
	}
	a.guarded("GET", deal+"/attachments", nil)
	a.guarded("PUT", deal+"/attachments", at.body())
	a.guarded("POST", deal+"/attachments", at.body())
	a.guarded("GET", deal+"/attachments/"+at.id, nil)
	a.guarded("DELETE", deal+"/attachments/"+at.id, nil)
	a.elsewhere().rejected(404, "", "GET", deal+"/attachments", nil)
	a.want(200, "GET", deal+"/attachments", nil).equals(`1`, "meta", "total_records")
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
	targetPath, target := a.record("person")
	first, second := a.attach(targetPath, "1", "one"), a.attach(path, "2", "two")
	a.want(204, "POST", targetPath+"/merges", mergeBody("person", id))
	all := a.want(200, "GET", targetPath+"/attachments", nil)
	expect(t, `all.text("data", 0, "_id")`, all.text("data", 0, "_id"), first.id)
	expect(t, `all.text("data", 1, "_id")`, all.text("data", 1, "_id"), second.id)
	if got := a.stores("GET", a.download(targetPath, second), ""); got.raw != "two" {
		t.Errorf("got %q", got.raw)
	}
	get := a.download(targetPath, first)
	a.want(204, "DELETE", "/objects/person/records/"+target, nil)
	a.rejected(404, "", "GET", targetPath+"/attachments", nil)
	a.toStorage("GET", get, "").rejectedByStorage(404, "NoSuchKey")
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
	a.toStorage("GET", lateGet, "").rejectedByStorage(404, "NoSuchKey")
	a.toStorage("PUT", late.url, "x").rejectedByStorage(403, "AccessDenied")

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

func TestFilesGoWithTheirObject(t *testing.T) {
	a := start(t, atOnce)
	a.customObject(`{}`)
	vehicle, _ := a.record("c_vehicle")
	get := a.download(vehicle, a.attach(vehicle, "a", "hello"))
	a.want(200, "DELETE", "/schemas/objects/c_vehicle", nil)
	a.toStorage("GET", get, "").rejectedByStorage(404, "NoSuchKey")
	if files := a.srv.Files("acme"); len(files) != 0 {
		t.Errorf("storage has %d files", len(files))
	}
}
