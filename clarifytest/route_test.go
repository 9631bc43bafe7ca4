package clarifytest_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestUnknownObject(t *testing.T) {
	a := start(t)
	for _, object := range []string{"people", "c_vehicle", "Person", "person%20", "user"} {
		for _, request := range []struct{ method, path, body string }{
			{"GET", "/resources", ""},
			{"GET", "/resources/1", ""},
			{"GET", "/records/1", ""},
			{"GET", "/deleted-resources", ""},
			{"POST", "/records", oneRecord("person", `{}`)},
			{"POST", "/records/bulk", `{"data":[]}`},
			{"POST", "/resources", oneRecord("person", `{}`)},
			{"PATCH", "/records", `{"data":[]}`},
			{"DELETE", "/records", `{"items":["1"]}`},
			{"DELETE", "/records/1", ""},
		} {
			var body any
			if request.body != "" {
				body = request.body
			}
			a.rejected(404, "", request.method, "/objects/"+object+request.path, body)
		}
	}
}

func TestUnknownPaths(t *testing.T) {
	a := start(t)
	root := strings.TrimSuffix(a.srv.BaseURL, "/v1")
	for _, address := range []string{
		root, root + "/", a.srv.BaseURL, a.srv.BaseURL + "/", a.url, a.url + "/",
		root + "/workspaces/acme/objects/person/resources",
		root + "/v2/workspaces/acme/objects/person/resources",
		a.srv.BaseURL + "/workspaces//objects/person/resources",
		a.url + "/objects/person", a.url + "/objects/person/resources/", a.url + "//objects/person/resources",
		a.url + "/objects/person/resources/1/2", a.url + "/objects//resources", a.url + "/nothing",
	} {
		got := a.rejected(404, "", "GET", address, nil)
		if got.header.Get("X-RateLimit-Limit") == "" {
			t.Errorf("%s: a response without rate limit headers", address)
		}
	}
}

func TestDotSegmentsLeadNowhere(t *testing.T) {
	a := start(t)
	for _, path := range []string{"/objects/person/records/..", "/objects/./resources", "/objects/x/../person/resources"} {
		request, err := http.NewRequest("GET", a.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.URL.Opaque = "//" + request.URL.Host + request.URL.Path + path
		request.Header.Set("Authorization", a.auth)
		if got := a.do(request); got.status != 404 {
			t.Errorf("%s: got %d", path, got.status)
		}
	}
	a.srv.TakeViolations()
}

func TestMethodNotAllowed(t *testing.T) {
	a := start(t)
	for _, test := range []struct{ method, path, allow string }{
		{"PUT", "/objects/person/records", "DELETE, PATCH, POST"},
		{"GET", "/objects/person/records", "DELETE, PATCH, POST"},
		{"POST", "/objects/person/records/1", "DELETE, GET, PATCH"},
		{"DELETE", "/objects/person/resources", "GET, POST"},
		{"OPTIONS", "/objects/person/resources/1", "GET"},
		{"get", "/objects/person/resources/1", "GET"},
	} {
		got := a.rejected(405, "", test.method, test.path, nil)
		if allow := got.header.Get("Allow"); allow != test.allow {
			t.Errorf("%s %s: Allow is %q, want %q", test.method, test.path, allow, test.allow)
		}
	}
}

func TestLiteralPathsGoFirst(t *testing.T) {
	a := start(t)
	a.rejected(404, "", "GET", "/objects/person/records/bulk", nil)
	a.want(201, "POST", "/objects/person/records/bulk", `{"data":[]}`)
	for _, test := range []struct{ method, path, operation string }{
		{"POST", "/meetings/1/recordings/media/artifacts", "confirmMediaUpload"},
		{"POST", "/meetings/1/recordings/2/artifacts", "getRecordingArtifacts"},
		{"POST", "/meetings/1/recordings/media", "initMediaUpload"},
		{"POST", "/objects/person/records/1/access/bulk", "createGrantsBulk"},
		{"PUT", "/schemas/objects/properties", "updateEntitySchema"},
		{"POST", "/schemas/objects/properties", "createSchemaProperties"},
	} {
		a.send(test.method, test.path, `{}`)
		a.srv.TakeViolations()
		requests := a.srv.Requests()
		if got := requests[len(requests)-1].Operation; got != test.operation {
			t.Errorf("%s %s is %s, want %s", test.method, test.path, got, test.operation)
		}
	}
}

func TestHead(t *testing.T) {
	a := start(t)
	got := a.want(200, "HEAD", "/objects/person/resources", nil)
	if got.raw != "" || got.header.Get("Content-Length") == "0" {
		t.Errorf("got %q, %v", got.raw, got.header)
	}
}
