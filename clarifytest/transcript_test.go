package clarifytest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

func TestTheTranscriptHasWhatWasSent(t *testing.T) {
	a := start(t, clarifytest.WithTranscript(2))
	a.list("deal")
	request := newRequest(t, "POST", a.url+"/objects/deal/records?silent=true", oneRecord("deal", `{}`))
	request.Header.Set("Authorization", a.auth)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Cookie", "a=secret")
	request.Header.Set("X-Request", "7")
	a.do(request)
	got := a.latest()
	expect(t, "string(got.Body)", string(got.Body), oneRecord("deal", `{}`))
	expect(t, "query", got.Query, "silent=true")
	expect(t, "X-Request", got.Header.Get("X-Request"), "7")
	expect(t, "Authorization", got.Header.Get("Authorization"), "")
	expect(t, "Cookie", got.Header.Get("Cookie"), "")
	expect(t, "scheme", got.Scheme, "api-key")
	long := oneRecord("deal", fmt.Sprintf(`{"description":%q}`, strings.Repeat("x", 2*clarifytest.MaxTranscriptBody)))
	a.want(201, "POST", "/objects/deal/records", long)
	if got := a.latest(); string(got.Body) != long[:clarifytest.MaxTranscriptBody] {
		t.Errorf("%d bytes are kept", len(got.Body))
	}
	a.list("deal")
	if n := len(a.srv.Requests()); n != 2 {
		t.Errorf("%d requests are kept", n)
	}
	none := start(t, clarifytest.WithTranscript(0))
	none.list("deal")
	if n := len(none.srv.Requests()); n != 0 {
		t.Errorf("%d requests are kept", n)
	}
}

func TestARequestReadsWell(t *testing.T) {
	for want, r := range map[string]clarifytest.Request{
		"GET /v1/a?page[limit]=1 200 1.5ms":                         {Method: "GET", Path: "/v1/a", Query: "page%5Blimit%5d=1", Status: 200, Done: true, Duration: 1500 * time.Microsecond},
		"POST /v1/a no response 2s [reset after work; it was done]": {Method: "POST", Path: "/v1/a", Fault: "reset after work", Done: true, Duration: 2 * time.Second},
		"POST /v1/a no response 2s [reset before work]":             {Method: "POST", Path: "/v1/a", Fault: "reset before work", Duration: 2 * time.Second},
		"POST /v1/a 200 2s [respond 200; it was not done]":          {Method: "POST", Path: "/v1/a", Status: 200, Fault: "respond 200", Duration: 2 * time.Second},
		"POST /v1/a 503 2s [status 503]":                            {Method: "POST", Path: "/v1/a", Status: 503, Fault: "status 503", Duration: 2 * time.Second},
		"PUT storage: /f 200 2s [slow body]":                        {Method: "PUT", Path: "/f", Storage: true, Status: 200, Fault: "slow body", Done: true, Duration: 2 * time.Second},
	} {
		if got := r.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
