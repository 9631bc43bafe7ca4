package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/examples/internal/clitest"
)

// observed is a Clarify that has the schemas of testdata/schemas, on two pages and
// with fields that refer to definitions (live-api.md, L2, S1 to S4), and takes
// every record.
type observed struct {
	*httptest.Server
	mu   sync.Mutex
	rows []map[string]any // the attributes that arrived
	urls []string         // of the requests
}

func newObserved(t *testing.T) *observed {
	t.Helper()
	o := &observed{}
	o.Server = httptest.NewServer(http.HandlerFunc(o.serve))
	t.Cleanup(o.Close)
	return o
}

func (o *observed) serve(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.urls = append(o.urls, r.Method+" "+strings.TrimPrefix(r.URL.RequestURI(), "/v1/workspaces/acme"))
	w.Header().Set("Content-Type", "application/json")
	if strings.HasSuffix(r.URL.Path, "/schemas") {
		page := map[string]string{"": "page1", "Mg": "page2"}[r.URL.Query().Get("cursor")]
		content, err := os.ReadFile(filepath.Join("..", "..", "testdata", "schemas", page+".json"))
		if err != nil {
			w.WriteHeader(404)
			return
		}
		_, _ = w.Write(content)
		return
	}
	var body struct {
		Data []struct {
			Type       string         `json:"type"`
			Attributes map[string]any `json:"attributes"`
		} `json:"data"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		w.WriteHeader(400)
		return
	}
	object := strings.Split(r.URL.Path, "/")[5]
	var records []map[string]any
	for _, record := range body.Data {
		o.rows = append(o.rows, record.Attributes)
		attributes := map[string]any{"_created_at": "2026-08-01T10:00:00Z", "_updated_at": "2026-08-01T10:00:00Z"}
		for name, value := range record.Attributes {
			attributes[name] = value
		}
		records = append(records, map[string]any{"type": object, "id": fmt.Sprint(len(o.rows)), "attributes": attributes})
	}
	w.WriteHeader(201)
	_ = json.NewEncoder(w).Encode(map[string]any{"data": records, "meta": map[string]any{"total_records": len(records)}, "links": map[string]any{"next": nil}})
}

func (o *observed) account() map[string]string {
	return map[string]string{"CLARIFY_API_KEY": "key", "CLARIFY_WORKSPACE": "acme", "CLARIFY_BASE_URL": o.URL + "/v1"}
}

func TestSchemasAsTheyWereSeen(t *testing.T) {
	for name, test := range map[string]struct {
		args    []string
		content string
		want    []string
	}{
		"people, whose fields refer to definitions": {nil,
			"first_name,name.last_name,email_addresses,phone_numbers,labels,company_id,lead_source\n" +
				"Ada,Lovelace,\"ada@example.com;ada@home.example, ada@work.example | ada@old.example\",\"+1 (2),3; +4\",\"a,b;c|d\",c1,Web\n",
			[]string{`{"company_id":"c1","email_addresses":{"items":["ada@example.com","ada@home.example","ada@work.example","ada@old.example"]},` +
				`"labels":{"items":["a,b","c|d"]},"lead_source":"Web","name":{"first_name":"Ada","last_name":"Lovelace"},"phone_numbers":{"items":["+1 (2),3","+4"]}}`}},
		"companies, whose domains are URLs": {[]string{"-object", "company", "-match", ""},
			"domains,employee_count\n\"https://www.acme.com/about; WWW.beta.example,gamma.example|http://delta.example?x=1\",12\nwww.com,\n;;,1\n",
			[]string{`{"domains":{"items":["acme.com","beta.example","gamma.example","delta.example"]},"employee_count":12}`, `{"domains":{"items":["www.com"]}}`, `{"employee_count":1}`}},
		"deals, on the second page": {[]string{"-object", "deal"},
			"name,stage,amount,close_date,labels,profile_colors.primary\nBig,Won,1.50,2026-08-01,hot;cold,red\n",
			[]string{`{"amount":1.50,"close_date":"2026-08-01","labels":{"items":["hot","cold"]},"name":"Big","profile_colors":{"primary":"red"},"stage":"Won"}`}},
		"tasks, with rich text": {[]string{"-object", "task"},
			"title,description,status\nCall,Soon,To Do\n",
			[]string{`{"description":{"text":[{"content":[{"styles":{},"text":"Soon","type":"text"}],"type":"paragraph"}]},"status":"To Do","title":"Call"}`}},
		"a custom object, whose fields have any name": {[]string{"-object", "c_project", "-match", "name"},
			"name,end,2nd,🚀,type,strange,c_partner_deal_id\nP,2026-08-01,yes,7,a,as it is,d1\n",
			[]string{`{"2nd":true,"c_partner_deal_id":"d1","end":"2026-08-01","name":"P","strange":"as it is","type":"a","🚀":7}`}},
		"a collection that only its column knows": {[]string{"-object", "c_project", "-match", ""},
			"strange[]\na;b\n", []string{`{"strange":{"items":["a","b"]}}`}},
		"a member of what nobody knows": {[]string{"-object", "c_project", "-match", ""},
			"strange.a.b:number\n1\n", []string{`{"strange":{"a":{"b":1}}}`}},
	} {
		t.Run(name, func(t *testing.T) {
			server := newObserved(t)
			path := write(t, test.content)
			out, err := start(t.Context(), server.account(), append(append([]string{"-quiet"}, test.args...), path)...)
			if err != nil {
				t.Fatalf("%q, %v", out, err)
			}
			for i, want := range test.want {
				var attributes any
				if err := json.Unmarshal([]byte(want), &attributes); err != nil {
					t.Fatal(err)
				}
				got, _ := json.Marshal(server.rows[i])
				if normal, _ := json.Marshal(attributes); string(got) != string(normal) {
					t.Errorf("got  %s\nwant %s", got, normal)
				}
			}
			if len(server.rows) != len(test.want) {
				t.Errorf("%d rows have arrived", len(server.rows))
			}
		})
	}
}

// What is wrong with the columns is said before any record is sent.
func TestColumnsThatTheSchemaDoesNotTake(t *testing.T) {
	server := newObserved(t)
	for name, test := range map[string]struct {
		args   []string
		header string
		want   []string
	}{
		"a typo":                        {nil, "fist_name,email_adresses", []string{"did you mean name.first_name?", "did you mean email_addresses?"}},
		"another way to write it":       {nil, "E-Mail Addresses,Job Title,company id", []string{"did you mean email_addresses?", "did you mean job_title?", "did you mean company_id?"}},
		"the beginning of it":           {nil, "Email,phone", []string{"did you mean email_addresses?", "did you mean phone_numbers?"}},
		"a title":                       {[]string{"-object", "task", "-match", ""}, "Due", []string{"did you mean due_date?"}},
		"the wrong member":              {nil, "name.frist_name", []string{"a member frist_name of the field name", "did you mean name.first_name?"}},
		"a name on a map":               {[]string{"-map", "x=job_titel"}, "x", []string{`"x" is for no field`, "did you mean job_title?"}},
		"nothing that there is":         {nil, "zzzz,🚀", []string{`"zzzz" is for no field that there is` + "\n", `"🚀" is for no field that there is` + "\n"}},
		"a member of a text":            {nil, "job_title.x", []string{"a member x of the field job_title"}},
		"a member of rich text":         {[]string{"-object", "task", "-match", ""}, "description.text", []string{"a member text of the field description"}},
		"items that are objects":        {[]string{"-object", "meeting", "-match", ""}, "participants", []string{"participants, whose values are objects"}},
		"a relationship to many":        {nil, "deals", []string{"deals, which leads to several records"}},
		"a member of a relationship":    {nil, "deals.name", []string{"deals, which leads to several records"}},
		"what the system sets":          {nil, "_created_at", []string{"_created_at, which nobody but Clarify sets"}},
		"a field that is read-only":     {[]string{"-object", "meeting", "-match", ""}, "notes", []string{"notes, which nobody but Clarify sets"}},
		"an object of the second page":  {[]string{"-object", "c_projekt"}, "a", []string{`no object "c_projekt"`, "c_project, company, deal"}},
		"a definition is not an object": {[]string{"-object", "personName"}, "a", []string{`no object "personName"`}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := start(t.Context(), server.account(), append(append([]string{"-quiet"}, test.args...), write(t, test.header+"\n"))...)
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("want %q, got %v", want, err)
				}
			}
		})
	}
	if slices.ContainsFunc(server.urls, func(url string) bool { return !strings.HasPrefix(url, "GET /schemas") }) {
		t.Errorf("sent was %q", server.urls)
	}
}

// The sandbox checks what arrives, domains above all.
func TestCellsWithSeveralValuesInTheSandbox(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	path := write(t, "name,domains\nAcme,\"https://www.acme.com/, acme.example\"\nBad,not a domain\n")
	out, err := start(t.Context(), clitest.Account(server), "-quiet", "-object", "company", path)
	if !errors.Is(err, errRows) || !strings.Contains(out, "2 of 2 rows: 1 in, 1 refused") {
		t.Fatalf("got %q, %v", out, err)
	}
	if report := reported(t, path); report[0][0] != "3" || !strings.Contains(report[0][2], "domain") {
		t.Errorf("got %q", report)
	}
}
