package doctor_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/internal/doctor/report"
)

// tampered is the API, but for what a test changes.
type tampered struct {
	next     http.RoundTripper
	request  func(*http.Request)                     // changes what is sent, on a copy
	response func(*http.Request, *http.Response)     // changes status and header
	body     func(*http.Request, map[string]any) any // changes the body
}

func (x *tampered) RoundTrip(request *http.Request) (*http.Response, error) {
	sent := request
	if x.request != nil {
		sent = request.Clone(request.Context())
		x.request(sent)
	}
	response, err := x.next.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if x.body != nil && response.StatusCode/100 == 2 {
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		var value map[string]any
		if decoder.Decode(&value) == nil {
			if body, err = json.Marshal(x.body(request, value)); err != nil {
				return nil, err
			}
		}
	}
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	if x.response != nil {
		x.response(request, response)
	}
	return response, nil
}

// at changes the value at a place in a body, which is made of names and indexes, *
// for all items of a list. It does nothing where the place is not there.
func at(value any, place string, change func(any) any) any {
	step, rest, _ := strings.Cut(place, "/")
	if step == "" {
		return change(value)
	}
	switch v := value.(type) {
	case map[string]any:
		if inner, ok := v[step]; ok || rest == "" {
			v[step] = at(inner, rest, change)
		}
	case []any:
		for i := range v {
			if step == "*" || step == strconv.Itoa(i) {
				v[i] = at(v[i], rest, change)
			}
		}
	}
	return value
}

func to(value any) func(any) any { return func(any) any { return value } }

// below reports whether a request is for a path below the workspace, in which *
// stands for any segment.
func below(request *http.Request, path string) bool {
	_, rest, _ := strings.Cut(request.URL.Path, "/workspaces/")
	_, rest, _ = strings.Cut(rest, "/")
	have, want := strings.Split(rest, "/"), strings.Split(path, "/")
	return slices.EqualFunc(want, have, func(w, h string) bool { return w == "*" || w == h })
}

// in changes the bodies of responses to some requests.
func in(path, place string, change func(any) any) *tampered {
	return &tampered{body: func(request *http.Request, body map[string]any) any {
		if !below(request, path) {
			return body
		}
		return at(body, place, change)
	}}
}

// with changes the status of responses to some requests.
func with(path string, status int) *tampered {
	return &tampered{response: func(request *http.Request, response *http.Response) {
		if below(request, path) {
			response.StatusCode = status
		}
	}}
}

func inHeader(name, value string) *tampered {
	return &tampered{response: func(_ *http.Request, response *http.Response) {
		if response.Header.Set(name, value); value == "" {
			response.Header.Del(name)
		}
	}}
}

// inQuery changes a parameter of a query.
func inQuery(name string, change func(string) string) *tampered {
	return &tampered{request: func(request *http.Request) {
		if q := request.URL.Query(); q.Has(name) {
			q.Set(name, change(q.Get(name)))
			request.URL.RawQuery = q.Encode()
		}
	}}
}

func without(name string) func(any) any {
	return func(value any) any {
		if members, ok := value.(map[string]any); ok {
			delete(members, name)
		}
		return value
	}
}

func day(value string) string { return value[:len(time.DateOnly)] }

func reversed(value any) any {
	items := slices.Clone(value.([]any))
	slices.Reverse(items)
	return items
}

func replaced(old, new string) func(any) any {
	return func(value any) any {
		s, _ := value.(string)
		return strings.Replace(s, old, new, 1)
	}
}

// What is not as it should be is found by the check that is about it, and by no
// other. A finding is written as check, kind and number.
func TestEachDifferenceIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorkspace(t, clarifytest.WithRateLimit(1<<20))
		snapshot := w.Snapshot()
		for i, test := range []struct {
			name string
			by   *tampered
			want []string
		}{
			{"a link to another host", in("objects/*/resources", "links/next", replaced("127.0.0.1", "elsewhere.example")), []string{"links library "}},
			{"a link to another path", in("objects/*/resources", "links/next", replaced("/person/", "/deal/")), []string{"links library "}},
			{"a relative link", in("users", "links/prev", to("/users")), []string{"links contract "}},
			{"more records than there are", in("objects/company/resources", "meta/total_records", to(5)), []string{"iterators library ", "pages of records library ", "records as Go types library ", "totals contract ", "links live-api L3"}},
			{"pages that do not follow", in("users", "meta/total_pages", to(7)), []string{"totals contract "}},
			{"no pages", in("users", "meta", without("total_pages")), []string{"totals live-api L4"}},
			{"another order", &tampered{body: func(r *http.Request, body map[string]any) any {
				if r.URL.Query().Get("sortOrder[dir]") == "ASC" && below(r, "objects/deal/resources") {
					return at(body, "data", reversed)
				}
				return body
			}}, []string{"iterators library ", "sorting library "}},
			{"days instead of times", inQuery("filter[_created_at][Is on or after]", day), []string{"filters by time library "}},
			{"days instead of times of updates", inQuery("filter[_updated_at][Is after]", day), []string{"filters by time library "}},
			{"a filter that is rejected", &tampered{response: func(r *http.Request, response *http.Response) {
				if r.URL.Query().Has("filter[deal_id]") {
					response.StatusCode = 400
				}
			}}, []string{"filters live-api R3"}},
			{"an object without records", with("objects/c_zqx_car/resources", 404), nil},
			{"a standard object without records", with("objects/company/resources", 404), []string{"records of each object contract "}},
			{"a meta of schemas", in("schemas", "meta", to(map[string]any{})), []string{"pages of schemas live-api L2"}},
			{"an id of another form", in("schemas", "data/*/attributes/$id", replaced("https://getclarify.ai/", "/")), []string{"ids of schemas live-api S1"}},
			{"an annotation", in("schemas", "data/*/attributes/xClarifyZqx", to(true)), []string{"annotations of schemas live-api S4"}},
			{"a keyword of a field", in("schemas", "data/*/attributes/properties/name/xClarifyZqx", to(true)), []string{"annotations of schemas live-api S4"}},
			{"a field that is not there", in("schemas", "data/*/attributes/properties", without("job_title")), []string{"attributes and the schema contract ", "built-in fields live-api person"}},
			{"a field of another kind", in("schemas", "data/*/attributes/properties/all_day", to(map[string]any{"type": "number"})), []string{"attributes and the schema contract ", "built-in fields live-api meeting"}},
			{"a field that should be gone", in("schemas", "data/*/attributes/properties/company_name", to(map[string]any{"type": "string"})), []string{"built-in fields live-api person"}},
			{"a field with a prefix", in("schemas", "data/*/attributes/properties/c_zqx", to(map[string]any{"type": "string"})), []string{"names of fields live-api D2"}},
			{"an unknown attribute", in("objects/deal/resources", "data/*/attributes/zqx_unknown", to("zqx")), []string{"attributes and the schema contract "}},
			{"a companion of a field", in("objects/deal/resources", "data/*/attributes/summary_meta", to(map[string]any{})), nil},
			{"an unknown option", in("objects/task/resources", "data/*/attributes/status", to("zqx")), []string{"attributes and the schema contract "}},
			{"another kind", in("objects/deal/resources", "data/*/attributes/amount", to("zqx")), []string{"attributes and the schema contract ", "records as Go types library "}},
			{"times of two forms", in("objects/deal/resources", "data/*/attributes/_created_at", to("2026-01-01T00:00:00Z")), nil},
			{"no time", in("objects/company/resources", "data/0/attributes/_updated_at", to("zqx")), []string{"attributes and the schema contract ", "iterators library ", "times live-api D6"}},
			{"a relationship without count", in("objects/*/resources/*", "data/relationships/people/meta", to(map[string]any{})), []string{"relationships of a record live-api D1"}},
			{"a relationship to another record", in("objects/person/resources/*", "data/relationships/company_id/data/id", to("zqx")), []string{"relationships of a record live-api D1"}},
			{"an unknown relationship", in("objects/person/resources/*", "data/relationships/zqx", to(map[string]any{"data": nil})), []string{"relationships of a record live-api D1"}},
			{"another type of a record", in("objects/deal/resources", "data/*/type", to("record")), []string{"attributes and the schema contract "}},
			{"another record", in("objects/person/records/*", "data/id", to("zqx")), []string{"single records contract "}},
			{"feeds that fail for one object", with("objects/deal/records/*/activities", 500), nil},
			{"feeds that fail", with("objects/*/records/*/activities", 500), []string{"activities and attachments contract "}},
			{"an activity of another type", in("objects/person/records/*/activities", "data/*/attributes/data/*/type", to("zqx")), []string{"every response and the contract contract "}},
			{"a missing member", in("users", "data/*/attributes", without("name")), []string{"every response and the contract contract "}},
			{"a list that is an object", in("lists", "data", to(map[string]any{})), []string{"every response and the contract contract ", "every response and the library library "}},
			{"another media type", &tampered{response: func(r *http.Request, response *http.Response) {
				if below(r, "workflows") {
					response.Header.Set("Content-Type", "application/zqx")
				}
			}}, []string{"every response and the contract contract "}},
			{"no header of the rate limit", inHeader("X-RateLimit-Limit", ""), []string{"rate limit contract "}},
			{"a header of the rate limit that is none", inHeader("X-RateLimit-Remaining", "zqx"), []string{"every response and the contract contract ", "rate limit contract "}},
			{"another time", inHeader("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)), []string{"connection setup "}},
			{"an earlier time", inHeader("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)), []string{"connection setup "}},
			{"another setting", in("settings/*", "value", to("zqx")), []string{"settings contract "}},
			{"another version of a query", in("lists", "data/*/attributes/query/version", to(7)), []string{"lists live-api O2"}},
			{"no access to see", with("objects/*/access", 403), nil},
			{"no grants of lists", with("objects/list/records/*/access", 404), []string{"access live-api O1"}},
			{"what may not be read", with("users", 403), nil},
			{"no delegations", with("objects/message/access", 404), []string{"access live-api O1"}},
			{"errors without errors", &tampered{response: func(_ *http.Request, response *http.Response) {
				if response.StatusCode/100 == 4 {
					response.Body = io.NopCloser(strings.NewReader("<html>"))
					response.Header.Set("Content-Type", "text/html")
				}
			}}, []string{"errors contract ", "every response and the contract contract "}},
			{"another status of an error", with("objects/clarify_doctor_unknown/resources/1", 410), []string{"errors contract "}},
		} {
			if i%stride != 0 {
				continue
			}
			t.Log(test.name) // Subtests are not allowed in a bubble.
			w.Restore(snapshot)
			o := w.options()
			test.by.next, o.Transport = o.Transport, test.by
			equal(t, found(look(t, o)), test.want)
		}
	})
}

// when restricts what is changed to requests with a method.
func (x *tampered) when(method string) *tampered {
	limited := &tampered{}
	if x.response != nil {
		limited.response = func(r *http.Request, response *http.Response) {
			if r.Method == method {
				x.response(r, response)
			}
		}
	}
	if x.body != nil {
		limited.body = func(r *http.Request, body map[string]any) any {
			if r.Method == method {
				return x.body(r, body)
			}
			return body
		}
	}
	return limited
}

func TestEachDifferenceOfWritesIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorkspace(t, clarifytest.WithRateLimit(1<<20))
		objects, snapshot := w.objects(), w.Snapshot()
		for i, test := range []struct {
			name string
			by   *tampered
			want []string
		}{
			{"objects that may not be made", with("schemas/objects", 403).when("POST"), nil},
			{"an object with another's name", in("schemas/objects", "data/id", to("https://getclarify.ai/schemas/entities/person")).when("POST"), []string{"write: custom objects live-api D2"}},
			{"an object with the name of a custom one", in("schemas/objects", "data/id", to("https://getclarify.ai/schemas/entities/c_zqx_car")).when("POST"), []string{"write: custom objects live-api D2"}},
			{"a value that is not kept", in("objects/*/records", "data/attributes/doctor_size", to(json.Number("1"))).when("POST"), []string{"write: values contract "}},
			{"another record for match_on", &tampered{body: func(r *http.Request, body map[string]any) any {
				if r.Method != "POST" || r.GetBody == nil {
					return body
				}
				content, err := r.GetBody()
				if err != nil {
					return err
				}
				if sent, _ := io.ReadAll(content); !bytes.Contains(sent, []byte(`"match_on"`)) {
					return body
				}
				return at(body, "data/id", to("zqx"))
			}}, []string{"write: match_on library "}},
			{"options that are not taken", in("schemas", "data/0/attributes/isValid", to(false)).when("PATCH"), []string{"write: options live-api S6"}},
			{"a change that is rejected", with("objects/*/records/*", 422).when("PATCH"), []string{"write: a single update live-api R7"}},
			{"a link without an attribute", in("objects/*/resources/*", "data/attributes/doctor_link_id", to(nil)).when("GET"), []string{"write: links live-api D1"}},
			{"a delete with another status", with("objects/*/records/*", 202).when("DELETE"), []string{"write: deletes live-api R5"}},
			{"deletes that are not listed", in("objects/*/deleted-resources", "data", to([]any{})).when("GET"), []string{"write: deletes contract "}},
			{"no schema is taken", with("schemas/objects/*", 422).when("PUT"), []string{"write: the whole schema live-api S5"}},
			{"no comments", with("comments", 422).when("POST"), nil},
			{"no merges", with("objects/*/records/*/merges", 422).when("POST"), []string{"write: merges contract "}},
		} {
			if i%stride != 0 {
				continue
			}
			t.Log(test.name) // Subtests are not allowed in a bubble.
			w.Restore(snapshot)
			o := w.options()
			o.Write, o.Patience = true, 5*time.Second
			test.by.next, o.Transport = o.Transport, test.by
			r := look(t, o)
			w.acceptViolations()
			var got []string
			for _, f := range found(r) {
				if strings.HasPrefix(f, "write: ") {
					got = append(got, f)
				}
			}
			equal(t, got, test.want)
			if after := w.objects(); !slices.Equal(after, objects) {
				t.Errorf("there were the objects %q, and are %q", objects, after)
			}
		}
	})
}

// found are the findings of a report, without what is known, each kind once.
func found(r *report.Report) []string {
	var all []string
	for _, f := range r.Findings(false) {
		all = append(all, f.Check+" "+string(f.Kind)+" "+f.Ref)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func equal(t *testing.T, got, want []string) {
	t.Helper()
	want = slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}
