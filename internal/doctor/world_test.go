package doctor_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// secret is in every string of the workspace that somebody chose.
const secret = "zqx"

// workspace is a sandbox with one of everything that can be read.
type workspace struct {
	*clarifytest.Server
	t      *testing.T
	person string // an id
}

// runSynctest runs a subtest in a bubble of its own, where time is fake.
func runSynctest(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// newWorkspace fills a sandbox, in a bubble of testing/synctest.
func newWorkspace(t *testing.T, options ...clarifytest.Option) *workspace {
	t.Helper()
	options = append([]clarifytest.Option{clarifytest.WithTB(t), clarifytest.WithMemoryNetwork(), clarifytest.WithWorkspace(secret + "-corp"), clarifytest.WithSchemaLag(0, 0)}, options...)
	w := &workspace{Server: clarifytest.NewServer(options...), t: t}
	w.AddUser(w.Workspace, clarifytest.User{FirstName: "Zqx", LastName: "Zqxson", Email: "user@zqx.example"})
	w.post("/schemas/objects", `{"name":"Zqx car","plural":"Zqx cars","properties":{
		"zqx_plate":{"title":"Zqx plate","type":["string","null"],"xClarifyUnique":true},
		"zqx_color":{"title":"Zqx color","type":["string","null"],"enum":["Zqx red","Zqx blue"]}}}`)
	w.post("/schemas/c_zqx_car/relationships", `{"data":{"type":"relationship","attributes":{
		"c_zqx_car":{"zqx_owner_id":{"title":"Zqx owner","type":["string","null"],"xClarifyRelationship":{"kind":"many-to-one","entity":"person","field":"zqx_cars"}}},
		"person":{"zqx_cars":{"title":"Zqx cars","oneOf":[{"type":"array","items":{"type":"string"}}],"xClarifyRelationship":{"kind":"one-to-many","entity":"c_zqx_car","field":"zqx_owner_id"}}}}}}`)
	w.post("/schemas/person/properties", `{"data":{"type":"schema-properties","attributes":{"zqx_score":{"title":"Zqx score","type":["number","null"]}}}}`)
	for range 3 {
		w.objects() // The changes above may take a few requests.
	}
	w.fillRecords()
	w.fillRest()
	return w
}

func (w *workspace) fillRecords() {
	var company, deal, meeting string
	for i := range 4 {
		company = w.record("company", fmt.Sprintf(`{"name":"Zqx company %d","domains":{"items":["zqx%d.example"]}}`, i, i))
		w.person = w.record("person", fmt.Sprintf(`{"name":{"first_name":"Zqx","last_name":"Zqxson %d"},"email_addresses":{"items":["zqx%d@zqx.example"]},
			"job_title":"zqx boss","company_id":%q,"zqx_score":%d.5}`, i, i, company, i))
		deal = w.record("deal", fmt.Sprintf(`{"name":"Zqx deal %d","amount":%d,"company_id":%q}`, i, i, company))
		meeting = w.record("meeting", fmt.Sprintf(`{"title":"zqx meeting %d","all_day":false,"visibility":"","start":"2026-01-0%dT10:00:00.000Z","end":"2026-01-0%[2]dT11:00:00.000Z",
			"participants":{"items":[{"email":"zqx@zqx.example","name":"Zqx","phone_number":null,"status":"yes","organizer":true}]}}`, i, i+1))
		w.record("task", fmt.Sprintf(`{"title":"zqx task %d","status":"To Do","priority":"High","due_date":"2026-02-28","deal_id":%q,"person_id":%q,
			"description":{"text":[{"type":"paragraph","content":[{"type":"text","text":"zqx words","styles":{}}]}]}}`, i, deal, w.person))
		w.record("c_zqx_car", fmt.Sprintf(`{"zqx_plate":"ZQX %d","zqx_color":"Zqx red","zqx_owner_id":%q}`, i, w.person))
	}
	w.send("DELETE", "/objects/deal/records/"+w.record("deal", `{"name":"zqx gone"}`), "")
	w.send("PATCH", "/objects/meeting/records/"+meeting+"/relationships/people", `{"data":[{"type":"person","id":"`+w.person+`"}]}`)
	w.post("/objects/meeting/records/"+meeting+"/access", `{"data":{"type":"object-record-access","attributes":{"grantee_type":"workspace","grantee_id":null,"access_level":"view"}}}`)
}

// fillRest makes what is not a record.
func (w *workspace) fillRest() {
	w.post("/comments", `{"entity":"person","owner_id":"`+w.person+`","message":[{"type":"paragraph","content":[{"type":"text","text":"zqx said","styles":{}}]}]}`)
	w.post("/objects/person/lists", `{"title":"Zqx list","description":"zqx for","layout":"table","type":"dynamic","query":{"sql":"SELECT zqx","version":6}}`)
	for _, kind := range []string{"workflow", "sequence"} {
		made := w.post("/workflows", `{"data":{"type":"workflow","attributes":{"name":"Zqx flow","description":"zqx does","enabled":false,"type":"`+kind+`",
			"trigger":{"_id":"zqx-t","plugin_id":"on:manual:execution","filters":[],"input":{"zqx":"zqx"},"prev":null,"next":"zqx-a"},
			"blocks":{"zqx-a":{"_id":"zqx-a","plugin_id":"general:delay:for","filters":[],"input":{},"prev":"zqx-t","next":null}}}}}`)
		if kind == "sequence" {
			w.AddRecipients(w.Workspace, made.id(), clarifytest.Recipient{PersonID: w.person})
		}
	}
	w.post("/settings", `{"key":"orgDescription","value":"zqx engines"}`)
	w.post("/objects/person/records/"+w.person+"/attachments", w.upload("/objects/person/records/"+w.person+"/attachments"))
}

// upload stores a file, and returns what registers it.
func (w *workspace) upload(path string) string {
	place := w.send("PUT", path, `{"name":"zqx.txt"}`)
	data, _ := place["data"].(map[string]any)
	request, err := http.NewRequest("PUT", fmt.Sprint(data["signedUrl"]), strings.NewReader("zqx words"))
	if err != nil {
		w.t.Fatal(err)
	}
	response, err := w.HTTPClient().Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = response.Body.Close()
	return fmt.Sprintf(`{"name":"zqx.txt","key":%q,"attachmentId":%q}`, data["key"], data["attachmentId"])
}

// document is the body of a response.
type document map[string]any

func (d document) id() string {
	data, _ := d["data"].(map[string]any)
	return fmt.Sprint(data["id"])
}

// send sends a request with the API key, which must succeed.
func (w *workspace) send(method, path, body string) document {
	w.t.Helper()
	request, err := http.NewRequest(method, w.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Authorization", "api-key "+w.APIKey)
	request.Header.Set("Content-Type", "application/json")
	if body == "" {
		request.Body, request.ContentLength = nil, 0
	}
	response, err := w.HTTPClient().Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusConflict {
		return w.send(method, path, body) // A change of the schemas is made meanwhile.
	}
	said, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode/100 != 2 {
		w.t.Fatalf("%s %s: %s %s %v", method, path, response.Status, said, err)
	}
	var d document
	_ = json.NewDecoder(bytes.NewReader(said)).Decode(&d)
	return d
}

func (w *workspace) post(path, body string) document {
	w.t.Helper()
	return w.send("POST", path, body)
}

func (w *workspace) record(object, attributes string) string {
	w.t.Helper()
	time.Sleep(time.Millisecond) // No two records are created at the same time.
	return w.post("/objects/"+object+"/records", `{"data":{"type":"`+object+`","attributes":`+attributes+`}}`).id()
}
