package api

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestPageOf(t *testing.T) {
	shared := &Environment{}
	request := httptest.NewRequest("GET", "http://example.com/v1/workspaces/acme/lists?page%5Blimit%5D=2", nil)
	column := func(value string, name string) (any, bool) {
		if name == "length" {
			return len(value), true
		}
		return nil, name == "nothing"
	}
	for query, want := range map[string]string{
		"":                             "bbb,a,cc",
		"page[limit]=2":                "bbb,a",
		"page[limit]=2&page[offset]=2": "cc",
		"page[offset]=7":               "",
		"sortOrder[column]=length&sortOrder[dir]=ASC":   "a,cc,bbb",
		"sortOrder[column]=length&sortOrder[dir]=DESC":  "bbb,cc,a",
		"sortOrder[column]=nothing&sortOrder[dir]=DESC": "cc,a,bbb",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		got, f := pageOf(&Call{Environment: shared, Request: request, Query: values}, []string{"bbb", "a", "cc"}, column)
		if f != nil {
			t.Errorf("%s: %v", query, f)
			continue
		}
		if data := strings.Join(got.Data, ","); data != want {
			t.Errorf("%s: got %s, want %s", query, data, want)
		}
		if n := got.Meta.TotalRecords; n != 3 {
			t.Errorf("%s: got %d records in total, want 3", query, n)
		}
	}
	for _, query := range []url.Values{{"page[limit]": {"501"}}, {"sortOrder[column]": {"length"}}, {"sortOrder[column]": {"lenght"}, "sortOrder[dir]": {"ASC"}}} {
		if _, f := pageOf(&Call{Environment: shared, Request: request, Query: query}, []string{}, column); f == nil {
			t.Errorf("%v: got no error", query)
		} else if status := FailureOf(f).Status(); status != 400 {
			t.Errorf("%v: got %d, want 400", query, status)
		}
	}
}
