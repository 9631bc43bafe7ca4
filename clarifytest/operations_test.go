package clarifytest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/contract"
)

// Every operation succeeds, and is rejected for each reason that the contract has
// for it, without changing the workspace. The server checks all responses against the
// contract. The results are compared with docs/sandbox.md.
func TestEveryOperation(t *testing.T) {
	a := start(t, atOnce, clarifytest.WithClock(newClock().Now))
	names := newWorld(a)
	a.elsewhere()
	w := &world{names: names, snapshot: a.srv.Snapshot(), operations: contractOperations(t)}

	seen := map[string][]sighting{}
	for _, op := range gen.Operations() {
		t.Run(op.ID, func(t *testing.T) {
			test, ok := operationTests[op.ID]
			if !ok {
				t.Fatal("the operation has no test")
			}
			r := &operationRun{t: t, world: w, op: op, spec: w.operations[op.ID], operationTest: test}
			r.run()
			seen[op.ID] = r.seen
		})
	}
	if t.Failed() || len(seen) < len(gen.Operations()) {
		return // or only some were to run
	}
	checkSources(t, seen)
	checkSandboxTable(t, seen)
}

// contractOperations returns the operations of the contract by their ids.
func contractOperations(t *testing.T) map[string]*openapi3.Operation {
	t.Helper()
	text, err := contract.Document()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*openapi3.Operation{}
	for _, path := range doc.Paths.Map() {
		for _, op := range path.Operations() {
			all[op.OperationID] = op
		}
	}
	return all
}

// world is the workspace in which all operations are tested.
type world struct {
	names      map[string]string // of what newWorld made, with the ids
	snapshot   *clarifytest.Snapshot
	operations map[string]*openapi3.Operation
}

// start starts a server with the world.
func (w *world) start(t *testing.T, opts ...clarifytest.Option) *api {
	t.Helper()
	return start(t, append([]clarifytest.Option{clarifytest.WithSnapshot(w.snapshot), clarifytest.WithClock(newClock().Now), atOnce}, opts...)...)
}

// fill replaces the names of what newWorld made.
func (w *world) fill(text string, escape func(string) string) string {
	var pairs []string
	for name, value := range w.names {
		pairs = append(pairs, name, escape(value))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// sighting is a response that was seen, its reason, and the source of the behavior.
type sighting struct {
	status int
	why    string
	source string
}

// operationRun is the test of one operation.
type operationRun struct {
	operationTest
	t     *testing.T
	world *world
	op    gen.Operation
	spec  *openapi3.Operation
	seen  []sighting
}

// saw notes a response and its source.
func (r *operationRun) saw(status int, why, source string) {
	r.t.Helper()
	if source == "" {
		r.t.Errorf("%d: %s: it has no source: see caseSources", status, why)
	}
	if s := (sighting{status, why, source}); !slices.Contains(r.seen, s) {
		r.seen = append(r.seen, s)
	}
}

func (r *operationRun) run() {
	a := r.world.start(r.t)
	for _, rejected := range slices.Concat(r.rejected, r.derived()) {
		r.reject(a, rejected)
	}
	r.rejectCredentials(a)
	r.seeNothingElsewhere(a)
	r.succeed(a, r.success())
	if r.noContent {
		r.succeed(r.world.start(r.t, clarifytest.WithQuirkNoContent(false)), r.op.Status)
	}
	r.rejectTooMany()
	r.rejectWhileSchemasChange()
	r.checkComplete()
}

// send sends the operation's request, partly replaced.
func (r *operationRun) send(a *api, instead rejection) *response {
	r.t.Helper()
	path := r.path
	if strings.HasPrefix(instead.path, "?") {
		path, _, _ = strings.Cut(path, "?")
		path += instead.path
	} else if instead.path != "" {
		path = instead.path
	}
	text := r.body
	if instead.body != "" {
		text = instead.body
	}
	var body any
	if text != "" && !instead.bare {
		body = r.world.fill(text, func(s string) string { return s })
	}
	path, query, _ := strings.Cut(r.world.fill(path, url.PathEscape), "?")
	if query != "" {
		path += "?" + (&url.URL{RawQuery: strings.ReplaceAll(query, " ", "+")}).RawQuery
	}
	b := *a
	b.t = r.t
	if instead.by != "" {
		b.auth = "api-key " + map[string]string{"workspace key": a.srv.WorkspaceKey}[instead.by]
	}
	got := b.send(r.op.Method, path, body)
	requests := a.srv.Requests()
	if last := requests[len(requests)-1]; last.Operation != r.op.ID {
		r.t.Fatalf("%s %s is %q", r.op.Method, path, last.Operation)
	}
	return got
}

// reject checks that a request is rejected and changes nothing.
func (r *operationRun) reject(a *api, rejected rejection) {
	r.t.Helper()
	before := a.srv.Snapshot()
	got := r.send(a, rejected)
	violated := len(a.srv.TakeViolations()) > 0
	if got.status != rejected.status {
		r.t.Errorf("%s: got %d, want %d: %s", rejected.why, got.status, rejected.status, got.raw)
		return
	}
	r.checkError(got, rejected.why)
	if !clarifytest.SameWorkspace(a.srv.Workspace, before, a.srv.Snapshot()) {
		r.t.Errorf("%s: it was rejected but changed something", rejected.why)
	}
	source := sourceOf(rejected.status, rejected.why)
	if source == "" && violated {
		source = fromContract
	}
	r.saw(rejected.status, rejected.why, source)
}

func (r *operationRun) checkError(got *response, why string) {
	r.t.Helper()
	got.t = r.t
	first := got.errorObject()
	if first.Status != fmt.Sprint(got.status) || first.Title != http.StatusText(got.status) || first.Detail == "" {
		r.t.Errorf("%s: the error document is incomplete: %s", why, got.raw)
	}
}

// derived returns the rejections that follow from the contract of the operation.
func (r *operationRun) derived() []rejection {
	var all []rejection
	path, _, _ := strings.Cut(r.path, "?")
	segments := strings.Split(path, "/")
	for i, segment := range strings.Split(r.op.Path, "/") {
		if !strings.HasPrefix(segment, "{") {
			continue
		}
		unknown := slices.Clone(segments)
		unknown[i] = "unknown"
		rejected := missing("an unknown "+strings.Trim(segment, "{}"), strings.Join(unknown, "/"), r.body)
		if strings.HasPrefix(segments[i], "<") {
			rejected.body = strings.ReplaceAll(rejected.body, segments[i], "unknown")
		}
		all = append(all, rejected)
	}
	for _, p := range r.spec.Parameters {
		switch p.Value.Name {
		case "silent":
			all = append(all, badRequest("silent that is neither true nor false", "?silent=maybe", ""))
		case "page":
			all = append(all, badRequest("page[limit] of 0", "?page[limit]=0", ""))
			if r.op.ID != "listRecordAttachments" {
				all = append(all, badRequest("page[limit] above 500", "?page[limit]=501", ""))
			}
		case "sortOrder":
			all = append(all, badRequest("sortOrder in no direction", "?sortOrder[column]=_id", ""))
		case "include":
			all = append(all, badRequest("include of no relationship", "?include=boss", ""))
		case "filter":
			all = append(all, badRequest("an unknown operator or field in filter", "?filter[nothing][Equals]=x", ""))
		case "search":
			all = append(all, badRequest("search for nothing", "?search=", ""))
		default:
			r.t.Errorf("the query parameter %s has no test", p.Value.Name)
		}
	}
	if r.spec.RequestBody != nil {
		all = append(all,
			badRequest("malformed JSON", "", "{"),
			badRequest("JSON that is no object", "", "[]"),
		)
		if r.op.ID != "getListRowsCsv" { // which needs none
			all = append(all, rejection{status: 400, why: "no body", bare: true})
		}
	}
	if slices.Contains([]string{"Record access", "Object access"}, r.op.Tag) {
		all = append(all, forbidden("a Workspace key", "workspace key", ""))
	}
	return all
}

// rejectCredentials checks the credentials that must not work.
func (r *operationRun) rejectCredentials(a *api) {
	r.t.Helper()
	other := a.elsewhere()
	for _, test := range []struct {
		status    int
		why       string
		url, auth string
	}{
		{401, "no credential", a.url, ""},
		{401, "an API key as Bearer", a.url, "Bearer " + a.srv.APIKey},
		{401, "an access token as api-key", a.url, "api-key " + a.srv.AccessToken},
		{401, "an unknown API key", a.url, "api-key unknown"},
		{403, "a credential of another workspace", a.url, other.auth},
		{404, "an unknown workspace", a.srv.BaseURL + "/workspaces/unknown", a.auth},
	} {
		b := *a
		b.url, b.auth = test.url, test.auth
		r.reject(&b, rejection{status: test.status, why: test.why})
	}
	fault := a.srv.Inject(clarifytest.Status(503))
	r.reject(a, rejection{status: 503, why: "an injected fault"})
	fault.Remove()
}

// seeNothingElsewhere checks that the same request in another workspace neither sees
// nor changes this one.
func (r *operationRun) seeNothingElsewhere(a *api) {
	r.t.Helper()
	before := a.srv.Snapshot()
	got := r.send(a.elsewhere(), rejection{})
	a.srv.TakeViolations()
	named := false
	for name, value := range r.world.names {
		asked := strings.Contains(r.path, name) || strings.Contains(r.body, name)
		named = named || asked
		if !asked && strings.Contains(got.raw, value) {
			r.t.Errorf("another workspace sees %s: %s", name, got.raw)
		}
	}
	if named && got.status != 404 && got.status != 422 {
		r.t.Errorf("another workspace responds with %d to a request for something of this one: %s", got.status, got.raw)
	}
	if !clarifytest.SameWorkspace(a.srv.Workspace, before, a.srv.Snapshot()) {
		r.t.Error("a request to another workspace changed this one")
	}
}

// success is the operation's status of success.
func (r *operationRun) success() int {
	if r.noContent {
		return http.StatusNoContent
	}
	return r.op.Status
}

// succeed checks the operation itself.
func (r *operationRun) succeed(a *api, status int) {
	r.t.Helper()
	before := a.srv.Snapshot()
	got := r.send(a, rejection{})
	if got.status != status {
		r.t.Fatalf("got %d, want %d: %s", got.status, status, got.raw)
	}
	if status == http.StatusNoContent {
		if got.raw != "" {
			r.t.Errorf("got the body %s, want none", got.raw)
		}
	} else if !strings.HasPrefix(got.header.Get("Content-Type"), r.op.ContentType) {
		r.t.Errorf("got Content-Type %s, want %s", got.header.Get("Content-Type"), r.op.ContentType)
	}
	changed := !clarifytest.SameWorkspace(a.srv.Workspace, before, a.srv.Snapshot())
	if reads := r.op.Method == "GET" || readingPosts[r.op.ID]; reads == changed && !indifferent[r.op.ID] {
		r.t.Errorf("changed: got %v, want %v", changed, !reads)
	}
	source := fromContract
	if r.noContent && status == http.StatusNoContent {
		source = "R5"
	}
	r.saw(got.status, "", source)
}

// readingPosts are the operations that read although they are not GET.
var readingPosts = map[string]bool{"getListRowsCsv": true, "getRecordingArtifacts": true}

// indifferent are the operations whose request changes nothing.
var indifferent = map[string]bool{"resetLayout": true, "disableRecording": true, "publishList": true}

// rejectTooMany checks the rate limit.
func (r *operationRun) rejectTooMany() {
	r.t.Helper()
	a := r.world.start(r.t, clarifytest.WithRateLimit(1))
	if got := r.send(a, rejection{}); got.status != r.success() {
		r.t.Errorf("with a rate limit: %d %s", got.status, got.raw)
	}
	before := a.srv.Snapshot()
	got := r.send(a, rejection{})
	if got.status != 429 {
		r.t.Errorf("the second request: got %d, want 429", got.status)
	}
	for name, want := range map[string]string{"Retry-After": "60", "X-RateLimit-Remaining": "0"} {
		if value := got.header.Get(name); value != want {
			r.t.Errorf("the second request: got %s: %s, want %s", name, value, want)
		}
	}
	r.checkError(got, "the rate limit")
	if !clarifytest.SameWorkspace(a.srv.Workspace, before, a.srv.Snapshot()) {
		r.t.Error("a request above the rate limit changed something")
	}
	const why = "more requests than the rate limit allows"
	r.saw(429, why, sourceOf(429, why))
}

// rejectWhileSchemasChange checks that the schemas change one after another.
func (r *operationRun) rejectWhileSchemasChange() {
	r.t.Helper()
	if !strings.HasPrefix(r.op.Path, "/schemas") || r.op.Method == "GET" {
		return
	}
	a := r.world.start(r.t, clarifytest.WithSchemaLag(1000, time.Hour))
	a.want(202, "POST", "/schemas/task/properties", newFields(`{"urgent":{"type":"boolean"}}`))
	r.reject(a, rejection{status: 409, why: "while another change of the schemas is made"})
}

// documentedErrors are the errors that the vendor's document lists for an operation.
var documentedErrors = map[string][]int{
	"createComment":      {403, 422},
	"updateComment":      {403, 404, 422},
	"getList":            {401, 403, 404},
	"createCustomObject": {400, 422},
	"deleteCustomObject": {422},
}

// checkComplete checks that each status was seen that there must be.
func (r *operationRun) checkComplete() {
	r.t.Helper()
	want := slices.Concat([]int{r.success(), 401, 403, 404, 429, 503}, documentedErrors[r.op.ID])
	if r.spec.RequestBody != nil {
		want = append(want, 400, 422)
	}
	for _, status := range want {
		if !slices.ContainsFunc(r.seen, func(s sighting) bool { return s.status == status }) {
			r.t.Errorf("no request got %d", status)
		}
	}
}
