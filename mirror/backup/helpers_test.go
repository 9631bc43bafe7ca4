package backup_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/mirror/backup"
)

func newServer(t testing.TB, opts ...clarifytest.Option) *clarifytest.Server {
	t.Helper()
	server := clarifytest.NewServer(append([]clarifytest.Option{clarifytest.WithMemoryNetwork(), clarifytest.WithRateLimit(1 << 30)}, opts...)...)
	t.Cleanup(server.Close)
	for _, name := range []string{"ada", "grace"} {
		server.AddUser(server.Workspace, clarifytest.User{ID: name + "|" + fmt.Sprint(len(opts)), FirstName: name, LastName: "X", Email: name + "@acme.example"})
	}
	return server
}

func connect(t testing.TB, server *clarifytest.Server, transport http.RoundTripper) *clarify.Client {
	t.Helper()
	hc := server.HTTPClient()
	if transport != nil {
		hc = &http.Client{Transport: transport}
	}
	client, err := clarify.New(server.Workspace, authn.APIKey(server.APIKey), clarify.WithBaseURL(server.BaseURL), clarify.WithHTTPClient(hc), clarify.WithRetries(1))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// must returns a value, or ends the test.
func must[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// post sends a request that must succeed, and returns the id of what it made.
func post(t testing.TB, client *clarify.Client, method, path, body string) string {
	t.Helper()
	var document struct {
		Data json.RawMessage
	}
	if err := client.Do(t.Context(), method, path, nil, json.RawMessage(body), &document); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	var data struct{ ID string }
	_ = json.Unmarshal(document.Data, &data) // some responses have none
	return data.ID
}

// rich fills a workspace with some of everything.
func rich(t testing.TB, server *clarifytest.Server, n int) {
	t.Helper()
	client := connect(t, server, nil)
	ctx := t.Context()
	post(t, client, "POST", "schemas/objects", `{"name":"Test drive","plural":"Test drives","description":"A drive","icon":"Car","backgroundColor":"sky",
		"properties":{"route":{"type":["string","null"],"title":"Route"},"length":{"type":["number","null"],"title":"Length"},
		"mood":{"type":["string","null"],"title":"Mood","enum":["Good","Bad"],"xClarifyEnumMetadata":{"Good":{"id":"good","rank":1,"color":"green"},"Bad":{"id":"bad","rank":2,"color":"red"}}}}}`)
	post(t, client, "POST", "schemas/person/properties", `{"data":{"type":"schema-properties","attributes":{
		"birthday":{"type":["string","null"],"format":"date","title":"Birthday"},"vip":{"type":"boolean","title":"VIP"},
		"owner_id":{"type":["string","null"],"title":"Owner"}}}}`)
	post(t, client, "POST", "schemas/c_test_drive/relationships", `{"data":{"type":"relationship","attributes":{
		"c_test_drive":{"driver_id":{"title":"Driver","type":["string","null"],"xClarifyRelationship":{"kind":"many-to-one","entity":"person","field":"drives"}}},
		"person":{"drives":{"title":"Drives","oneOf":[{"type":"array","items":{"type":"string"}}],"xClarifyRelationship":{"kind":"one-to-many","entity":"c_test_drive","field":"driver_id"}}}}}}`)
	post(t, client, "POST", "schemas/c_test_drive/relationships", `{"data":{"type":"relationship","attributes":{
		"c_test_drive":{"guests":{"title":"Guests","oneOf":[{"type":"array","items":{"type":"string"}}],"xClarifyRelationship":{"kind":"many-to-many","entity":"person","field":"rides"}}},
		"person":{"rides":{"title":"Rides","oneOf":[{"type":"array","items":{"type":"string"}}],"xClarifyRelationship":{"kind":"many-to-many","entity":"c_test_drive","field":"guests"}}}}}}`)
	post(t, client, "POST", "schemas/c_test_drive/relationships", `{"data":{"type":"relationship","attributes":{
		"c_test_drive":{"before_id":{"title":"Before","type":["string","null"],"xClarifyRelationship":{"kind":"many-to-one","entity":"c_test_drive","field":"after"}},
		"after":{"title":"After","oneOf":[{"type":"array","items":{"type":"string"}}],"xClarifyRelationship":{"kind":"one-to-many","entity":"c_test_drive","field":"before_id"}}}}}}`)
	post(t, client, "PATCH", "schemas", `{"data":[{"type":"schema-properties","id":"deal","attributes":{"stage":{"enum":["Negotiation"],"xClarifyEnumMetadata":{"Negotiation":{"id":"negotiation","rank":3,"color":"amber"}}}},"meta":{"stage":{"enum":"append"}}}]}`)
	post(t, client, "PATCH", "schemas/company/fields-visibility", `{"data":{"type":"schema-property-visibility","attributes":{"hiddenInDetails":{"industry":true}}}}`)
	post(t, client, "PATCH", "schemas/company/fields-order", `{"data":{"type":"schema-property-order","attributes":{"order":["domains","name"]}}}`)
	server.Wait()

	server.Seed(t, n)
	people := clarify.NewRecords[clarify.Fields](client, "person")
	drives := clarify.NewRecords[clarify.Fields](client, "c_test_drive")
	var ids []string
	for p, err := range people.All(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, p.ID)
	}
	user := "ada|" + strings.Split(userOf(t, client, "ada"), "|")[1]
	before := ""
	for i := range 20 {
		fields := clarify.Fields{"route": "Berlin – Potsdam <" + fmt.Sprint(i/3) + ">", "length": json.Number(fmt.Sprint(i) + ".5"), "mood": "Good", "driver_id": ids[i]}
		if before != "" {
			fields["before_id"] = before
		}
		drive := must[*clarify.Record[clarify.Fields]](t)(drives.Create(ctx, fields))
		before = drive.ID
		if err := drives.Link(ctx, drive.ID, "guests", clarify.Ref{Type: "person", ID: ids[i]}, clarify.Ref{Type: "person", ID: ids[i+1]}); err != nil {
			t.Fatal(err)
		}
		must[*clarify.Record[clarify.Fields]](t)(people.Update(ctx, ids[i], clarify.Fields{"birthday": "1815-12-10", "vip": i%2 == 0, "owner_id": user}))
		must[*clarify.Comment](t)(client.AddComment(ctx, clarify.Ref{Type: "person", ID: ids[i]}, clarify.Text(fmt.Sprintf("Comment %d", i))))
		content := fmt.Sprintf("file %d", i%4)
		must[*clarify.UploadedAttachment](t)(client.UploadAttachment(ctx, "person", ids[i], fmt.Sprintf("f%d.txt", i%4), strings.NewReader(content), int64(len(content))))
	}
	static := post(t, client, "POST", "objects/person/lists", `{"title":"Guests","description":"","layout":"table","type":"static","state":"published"}`)
	server.AddToList(server.Workspace, static, ids[0], ids[1])
	post(t, client, "POST", "objects/person/lists", `{"title":"VIPs","emoji":"⭐","description":"Some","layout":"board","options":{"hiddenPrimaryCell":true},"type":"dynamic","state":"draft","query":{"sql":"select * from person where id = '`+ids[0]+`'"}}`)
	post(t, client, "POST", "workflows", `{"data":{"type":"workflow","attributes":{"name":"Greet","description":"Greets","enabled":true,"type":"workflow",
		"trigger":{"_id":"t1","plugin_id":"on:clarify:add-to-list","filters":[],"input":{"list_id":"`+static+`"},"prev":null,"next":"b1"},
		"blocks":{"b1":{"_id":"b1","plugin_id":"webhook:send:outbound","filters":[],"input":{"url":"https://hooks.example/new"},"prev":"t1","next":null}}}}}`)
	post(t, client, "POST", "settings", `{"key":"meetingRecordingScope","value":"externalOnly"}`)
	for i := range 5 {
		post(t, client, "POST", "objects/person/records/"+ids[i]+"/access", `{"data":{"type":"object-record-access","attributes":{"grantee_type":"user","grantee_id":"`+user+`","access_level":"edit"}}}`)
	}
	server.Wait()
}

func userOf(t testing.TB, client *clarify.Client, first string) string {
	t.Helper()
	for u, err := range client.Users(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if email, err := u.Attributes.Email.Get(); err == nil && strings.HasPrefix(email, first+"@") {
			return u.ID
		}
	}
	t.Fatal("no such user")
	return ""
}

// killer ends a context at a request, with the work of that request done or not.
type killer struct {
	http.RoundTripper
	when  func(req *http.Request) bool
	after bool
	kill  context.CancelFunc

	mu     sync.Mutex
	killed bool
}

var errKilled = errors.New("killed")

func (k *killer) RoundTrip(req *http.Request) (*http.Response, error) {
	k.mu.Lock()
	dead := k.killed
	if !dead {
		k.killed = k.when(req)
	}
	dies := k.killed
	k.mu.Unlock()
	switch {
	case !dies:
		return k.RoundTripper.RoundTrip(req)
	case !dead && k.after:
		if rsp, err := k.RoundTripper.RoundTrip(req.WithContext(context.WithoutCancel(req.Context()))); err == nil {
			_ = rsp.Body.Close()
		}
	}
	k.kill()
	return nil, errKilled
}

// kindOf returns what a write is: its method and its path without ids.
func kindOf(req *http.Request) string {
	if req.Method == http.MethodGet {
		return ""
	}
	parts := strings.Split(req.URL.Path, "/")
	for i, part := range parts {
		if strings.ContainsAny(part, "0123456789") {
			parts[i] = "*"
		}
	}
	return req.Method + " " + strings.Join(parts, "/")
}

// linesOf returns the lines of all files of a kind, with a form for each. The form of a
// line may be empty, which leaves it out.
func linesOf(t testing.TB, dir string, m *backup.Manifest, kind string, form func(object string, line map[string]any) any) (all []string) {
	t.Helper()
	for _, path := range slices.Sorted(maps.Keys(m.Files)) {
		if m.Files[path].Kind != kind {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		scanner := bufio.NewScanner(bytes.NewReader(content))
		scanner.Buffer(nil, 1<<24)
		for scanner.Scan() {
			var line map[string]any
			d := json.NewDecoder(bytes.NewReader(scanner.Bytes()))
			d.UseNumber()
			if err := d.Decode(&line); err != nil {
				t.Fatal(err)
			}
			value := form(m.Files[path].Object, line)
			if value == nil {
				continue
			}
			raw, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, kind+" "+m.Files[path].Object+" "+string(raw))
		}
	}
	slices.Sort(all)
	return all
}

// compareBackups returns what differs between two backups but for ids, which the journal
// of the restore maps, and for what the system sets.
func compareBackups(t testing.TB, source, target *clarify.Client, a, b, journal string) (differences []string) {
	t.Helper()
	ids := map[string]string{}
	content := must[[]byte](t)(os.ReadFile(journal))
	for line := range strings.SplitSeq(string(content), "\n") {
		var e struct{ What, Old, New string }
		if json.Unmarshal([]byte(line), &e) == nil && e.New != "" && !strings.HasPrefix(e.What, "drop") {
			ids[e.Old] = e.New
		}
	}
	for _, name := range []string{"ada", "grace", "admin"} {
		ids[userOf(t, source, name)] = userOf(t, target, name)
	}
	replace := func(text string) string {
		for old, now := range ids {
			text = strings.ReplaceAll(text, old, now)
		}
		return text
	}
	ma, mb := must[*backup.Manifest](t)(backup.Open(a)), must[*backup.Manifest](t)(backup.Open(b))
	schemaOf := func(client *clarify.Client) *clarify.Schema {
		return must[*clarify.Schema](t)(client.Schema(t.Context()))
	}
	schema := schemaOf(source)
	for kind, form := range map[string]func(object string, line map[string]any) any{
		"schemas": func(_ string, line map[string]any) any { return line["attributes"] },
		"records": func(object string, line map[string]any) any {
			attributes := line["attributes"].(map[string]any)
			o, _ := schema.Object(object)
			for name := range attributes {
				if f, ok := o.Field(name); strings.HasPrefix(name, "_") || ok && f.ReadOnly || attributes[name] == nil {
					delete(attributes, name)
				}
			}
			return line
		},
		"links":    func(_ string, line map[string]any) any { return sortedLinks(line, replace) },
		"settings": func(_ string, line map[string]any) any { return line },
		"lists": func(_ string, line map[string]any) any {
			attributes := line["attributes"].(map[string]any)
			for _, name := range []string{"_id", "_created_at", "_updated_at", "_created_by", "_updated_by", "last_list_evaluation_at", "list_evaluation_started_at", "user_id", "owner_id"} {
				delete(attributes, name)
			}
			return attributes
		},
		"workflows": func(_ string, line map[string]any) any {
			attributes := line["attributes"].(map[string]any)
			for _, name := range []string{"_id", "_created_at", "_updated_at", "_created_by", "_updated_by"} {
				delete(attributes, name)
			}
			return attributes
		},
		"comments": func(_ string, line map[string]any) any {
			return []any{line["_id"], line["entity"], line["owner_id"], line["message"]}
		},
		"attachments": func(_ string, line map[string]any) any {
			a := line["attachment"].(map[string]any)
			return []any{line["id"], a["_id"], a["name"], a["size_bytes"], a["mime_type"]}
		},
		"grants": func(_ string, line map[string]any) any {
			g := line["grant"].(map[string]any)["attributes"].(map[string]any)
			return []any{line["id"], g["grantee_type"], g["grantee_id"], g["access_level"]}
		},
	} {
		was, is := linesOf(t, a, ma, kind, form), linesOf(t, b, mb, kind, form)
		for i := range was {
			was[i] = replace(was[i])
		}
		slices.Sort(was)
		differences = append(differences, diff(was, is)...)
		if len(was) == 0 {
			t.Errorf("there are no %s to compare", kind)
		}
	}
	// The files have the same content.
	digests := func(m *backup.Manifest) (all []string) {
		for _, f := range m.Files {
			if f.Kind == "file" {
				all = append(all, f.SHA256)
			}
		}
		slices.Sort(all)
		return all
	}
	return append(differences, diff(digests(ma), digests(mb))...)
}

// sortedLinks returns a line of links with the targets in the order of their new ids.
func sortedLinks(line map[string]any, replace func(string) string) any {
	to := line["to"].([]any)
	slices.SortFunc(to, func(a, b any) int {
		return strings.Compare(replace(a.(map[string]any)["id"].(string)), replace(b.(map[string]any)["id"].(string)))
	})
	return line
}

func diff(was, is []string) (differences []string) {
	count := map[string]int{}
	for _, line := range was {
		count[line]++
	}
	for _, line := range is {
		count[line]--
	}
	for _, line := range slices.Sorted(maps.Keys(count)) {
		for range count[line] {
			differences = append(differences, "- "+line)
		}
		for range -count[line] {
			differences = append(differences, "+ "+line)
		}
	}
	return differences
}
