package clarifytest_test

import (
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

// whats are what the violations say, each with the operation before it.
func whats(violations []clarifytest.Violation) []string {
	var lines []string
	for _, v := range violations {
		lines = append(lines, v.Operation+": "+v.What)
	}
	return lines
}

func TestRequestsThatViolateTheContract(t *testing.T) {
	a := start(t)
	person := a.create("person", `{}`)
	for _, test := range []struct {
		name, method, path, body string
		want                     []string // each a part of a line
	}{
		{"a wrong type of data", "POST", "/objects/person/records", `{"data":[]}`, []string{"createRecord: body: /data: "}},
		{"an unknown member", "POST", "/objects/person/records", `{"data":{"type":"person","attributes":{},"x":1}}`, []string{`createRecord: body: /data: property "x"`}},
		{"a missing member", "POST", "/objects/person/records", `{"data":{"attributes":{}}}`, []string{`createRecord: body: /data/type: `}},
		{"an empty match_on", "POST", "/objects/person/records", `{"data":{"type":"person","attributes":{}},"match_on":""}`, []string{"createRecord: body: /match_on: "}},
		{"malformed JSON", "POST", "/objects/person/records", `{`, []string{"createRecord: body: "}},
		{"an unknown strategy", "PATCH", "/objects/person/records/" + person, `{"data":{"type":"person","id":"` + person + `","attributes":{"x":[]}},"meta":{"x":{"array":"prepend"}}}`, []string{"updateRecord: body: /meta/x/array: "}},
		{"no ids", "DELETE", "/objects/person/records", `{"items":[]}`, []string{"deleteRecords: body: /items: "}},
		{"a limit that is no number", "GET", "/objects/person/resources?page[limit]=x", "", []string{`getResources: query parameter "page": /limit: `}},
		{"a limit that is too small", "GET", "/objects/person/resources?page[limit]=0", "", []string{`getResources: query parameter "page": /limit: `}},
		{"two at once", "GET", "/objects/person/resources?page[limit]=0&page[offset]=-1", "", []string{`/limit: `, `/offset: `}},
		{"a wrong direction", "GET", "/objects/person/resources?sortOrder[column]=name&sortOrder[dir]=asc", "", []string{`getResources: query parameter "sortOrder": /dir: `}},
		{"half a sort order", "GET", "/objects/person/resources?sortOrder[dir]=ASC", "", []string{`getResources: query parameter "sortOrder": /column: `}},
		{"a condition too deep", "GET", "/objects/person/resources?filter[a][b][c]=x", "", []string{`getResources: query parameter "filter": /a`}},
		{"a value and an object", "GET", "/objects/person/resources?filter[a]=1&filter[a][Is]=2", "", []string{`getResources: query parameter "filter": [a]: it is sent both as a value and as an object`}},
		{"a value twice", "GET", "/objects/person/resources?filter[a]=1&filter[a]=2", "", []string{`getResources: query parameter "filter": [a]: it is sent 2 times`}},
		{"brackets that do not pair up", "GET", "/objects/person/resources?filter[a=1", "", []string{`getResources: query parameter "filter": the brackets`}},
		{"a parameter that is no object", "GET", "/objects/person/resources?filter=1", "", []string{`getResources: query parameter "filter": `}},
		{"an unknown parameter", "GET", "/objects/person/resources?sortorder[column]=name", "", []string{`getResources: query parameter "sortorder" is not in the contract`}},
		{"a parameter of other operations", "GET", "/objects/person/resources/" + person + "?page[limit]=1", "", []string{`getResource: query parameter "page" is not in the contract`}},
		{"a wrong boolean", "DELETE", "/objects/person/records/nobody?silent=yes", "", []string{`deleteRecord: query parameter "silent": `}},
		{"a body where there is none", "DELETE", "/objects/person/records/nobody", `{}`, []string{"deleteRecord: the operation takes no body"}},
		{"an array that is none", "GET", "/lists?filter[entity][x]=person", "", []string{`getWorkspaceLists: query parameter "filter": [entity]: [x] does not number`}},
		{"an item that is too short", "GET", "/lists?filter[entity][0]=&page[limit]=x", "", []string{`getWorkspaceLists: query parameter "filter": /entity/0: `, `/limit`}},
		{"no choice fits", "POST", "/objects/person/records/1/access", `{"data":{"type":"object-record-access","attributes":{"grantee_type":"workspace","grantee_id":"x","access_level":"view"}}}`, []string{`createGrant: body: /data/attributes`}},
		{"an operation that is not served", "GET", "/objects/person/lists?filter[type]=x", "", []string{`getLists: query parameter "filter": /type: `}},
		{"an unknown path", "GET", "/nothing", "", []string{": the contract has no such path"}},
		{"an unknown method", "PUT", "/users", "", []string{": the contract has no such method at this path"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var body any
			if test.body != "" {
				body = test.body
			}
			a.send(test.method, test.path, body)
			violations := a.srv.TakeViolations()
			lines := whats(violations)
			if len(lines) != len(test.want) {
				t.Fatalf("got %q, want %q", lines, test.want)
			}
			for i, line := range lines {
				contains(t, "line", line, test.want[i])
				expect(t, `strings.Contains(line, "\n")`, strings.Contains(line, "\n"), false)
			}
			v := violations[0]
			path, _, _ := strings.Cut(test.path, "?")
			expect(t, "v.Where", v.Where, clarifytest.InRequest)
			expect(t, "v.Method", v.Method, test.method)
			expect(t, "v.Path", v.Path, "/v1/workspaces/acme"+path)
			s := v.String()
			contains(t, "s", s, "request of "+test.method+" /v1/")
			expect(t, "strings.HasSuffix(s, v.What)", strings.HasSuffix(s, v.What), true)
		})
	}
}

// A violation is one line, which goes to logs and terminals, whatever was sent.
func TestAViolationIsOneLine(t *testing.T) {
	a := start(t)
	a.send("GET", "/objects/person/resources?filter[a%0A%1b%C3%A9]=1&filter[a%0A%1b%C3%A9]=2", nil)
	found := a.srv.TakeViolations()
	if expect(t, "len(found)", len(found), 1) {
		expect(t, "strings.HasSuffix(found[0].String(), `: query parameter \"filter\": [a\\n\\x1bé]: it is sent 2 times`)", strings.HasSuffix(found[0].String(), `: query parameter "filter": [a\n\x1bé]: it is sent 2 times`), true)
	}
}

func TestRequestsThatKeepTheContract(t *testing.T) {
	a := start(t)
	for _, request := range []struct{ method, path, body string }{
		{"GET", "/campaigns/1/recipients?filter[event][0]=opened&filter[event][1]=clicked&filter[q]=x", ""},
		{"GET", "/campaigns/1/recipients?filter[event][]=opened&filter[event][]=replied", ""},
		{"GET", "/campaigns/1/recipients?filter[event]=opened&filter[event]=clicked&filter[status]=paused", ""},
		{"GET", "/campaigns/1/recipients?filter[event]=opened", ""},
		{"GET", "/lists?filter[entity][0]=person&page[limit]=3&search=x", ""},
		{"GET", "/objects/person/records/1/attachments?page[offset]=0&page[limit]=1000", ""},
		{"PATCH", "/schemas/person/fields-order?silent=true", `{"data":{"type":"schema-property-order","attributes":{"order":["name"]}}}`},
		{"POST", "/objects/person/records/1/access", `{"data":{"type":"object-record-access","attributes":{"grantee_type":"workspace","grantee_id":null,"access_level":"view"}}}`},
		{"GET", "/users", ""},
	} {
		var body any
		if request.body != "" {
			body = request.body
		}
		a.send(request.method, request.path, body)
	}
}

func TestSingleValuesOfTheContractAreHeldTo(t *testing.T) {
	a := start(t)
	a.send("PATCH", "/schemas/person/fields-order", `{"data":{"type":"something","attributes":{"order":["name"]}}}`)
	lines := whats(a.srv.TakeViolations())
	if expect(t, "len(lines)", len(lines), 1) {
		contains(t, "lines[0]", lines[0], "/data/type: ")
	}
}

func TestArraysInTheQuery(t *testing.T) {
	a := start(t)
	for _, query := range []string{
		"filter[event][0]=opened&filter[event][2]=clicked",
		"filter[event][x]=opened",
		"filter[event][0]=wrong",
		"filter[event]=wrong",
		"filter[event][0][0]=opened",
		"filter[event][0]=opened&filter[event][0]=clicked",
	} {
		a.send("GET", "/campaigns/1/recipients?"+query, nil)
		lines := whats(a.srv.TakeViolations())
		if expect(t, query+": len(lines)", len(lines), 1) {
			contains(t, query+": lines[0]", lines[0], `query parameter "filter": `)
		}
	}
}

func TestViolationsFailTheTest(t *testing.T) {
	notes := &failures{}
	srv := clarifytest.NewServer(clarifytest.WithTB(notes))
	a := &api{t: t, srv: srv, url: srv.URL, auth: "api-key " + srv.APIKey}
	a.list("person")
	a.want(404, "GET", "/nothing", nil)
	a.want(404, "GET", "/nothing/else", nil)
	if len(notes.messages) != 0 {
		t.Errorf("reported before the end: %q", notes.messages)
	}
	if n := len(srv.Violations()); n != 2 {
		t.Errorf("there are %d violations", n)
	}
	messages := notes.end()
	if expect(t, "len(messages)", len(messages), 2) {
		contains(t, "messages[1]", messages[1], "request of GET /v1/workspaces/acme/nothing/else: the contract has no such path")
	}
	if _, err := http.Get(srv.URL); err == nil {
		t.Error("the server outlives the test")
	}
}

func TestViolationsThatAreTakenFailNothing(t *testing.T) {
	notes := &failures{}
	srv := clarifytest.NewServer(clarifytest.WithTB(notes))
	a := &api{t: t, srv: srv, url: srv.URL}
	a.want(404, "GET", "/nothing", nil)
	if n := len(srv.TakeViolations()); n != 1 {
		t.Errorf("took %d violations", n)
	}
	if n := len(srv.TakeViolations()); n != 0 {
		t.Errorf("took %d violations again", n)
	}
	if messages := notes.end(); len(messages) != 0 {
		t.Errorf("reported: %q", messages)
	}
}

func TestAssertNoViolations(t *testing.T) {
	a := start(t)
	a.want(404, "GET", "/nothing", nil)
	notes := &failures{}
	a.srv.AssertNoViolations(notes)
	a.srv.AssertNoViolations(notes)
	if len(notes.messages) != 1 {
		t.Errorf("reported: %q", notes.messages)
	}
}

func TestWithoutValidation(t *testing.T) {
	a := start(t, clarifytest.WithoutValidation())
	a.want(404, "GET", "/nothing", nil)
	a.want(422, "POST", "/objects/person/records", `{"data":[]}`)
	if violations := a.srv.Violations(); len(violations) != 0 {
		t.Errorf("got %v", violations)
	}
}

func TestViolationsAreBounded(t *testing.T) {
	a := start(t)
	request := newRequest(t, "GET", a.url+"/nothing", "")
	for range 1010 {
		a.do(request)
	}
	if n := len(a.srv.TakeViolations()); n != 1000 {
		t.Errorf("%d violations are kept", n)
	}
	if n := len(a.srv.Requests()); n != clarifytest.TranscriptLength {
		t.Errorf("%d requests are kept", n)
	}
}

func TestTranscriptKeepsTheLatest(t *testing.T) {
	a := start(t, clarifytest.WithoutValidation())
	for range clarifytest.TranscriptLength {
		a.do(newRequest(t, "GET", a.url+"/nothing", ""))
	}
	a.list("person")
	a.list("deal", "page[limit]", "1")
	requests := a.srv.Requests()
	if len(requests) != clarifytest.TranscriptLength {
		t.Fatalf("%d requests are kept", len(requests))
	}
	latest := requests[len(requests)-2:]
	expect(t, "latest[0].Path", latest[0].Path, "/v1/workspaces/acme/objects/person/resources")
	expect(t, "latest[1].Query", latest[1].Query, "page%5Blimit%5D=1")
	expect(t, "latest[1].Status", latest[1].Status, 200)
}

// A client that has a response, or has lost it, finds its request in the log.
func TestLog(t *testing.T) {
	var mu sync.Mutex
	var logged []clarifytest.Request
	a := start(t, clarifytest.WithLog(func(r clarifytest.Request) {
		mu.Lock()
		defer mu.Unlock()
		logged = append(logged, r)
	}))
	kept := func(n int) {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		if kept := a.srv.Requests(); len(logged) != n || !reflect.DeepEqual(logged, kept) {
			t.Fatalf("logged %+v, kept %+v", logged, kept)
		}
		if logged[n-1].Duration <= 0 {
			t.Errorf("logged %+v", logged[n-1])
		}
	}
	for n := 1; n <= 100; n += 2 {
		a.list("person")
		kept(n)
		a.srv.Inject(clarifytest.ResetBeforeWork(), clarifytest.Times(1))
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		if rsp, err := client.Do(newRequest(t, "GET", a.url+"/users", "")); err == nil {
			rsp.Body.Close()
			t.Fatal("there is a response in spite of the fault")
		}
		kept(n + 1)
	}
}
