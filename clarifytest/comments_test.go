package clarifytest_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// said is rich text of one paragraph.
func said(text string) string {
	return fmt.Sprintf(`[{"type":"paragraph","content":[{"type":"text","text":%q,"styles":{}}]}]`, text)
}

func remark(object, id, text string) string {
	return fmt.Sprintf(`{"entity":%q,"owner_id":%q,"message":%s}`, object, id, said(text))
}

func TestComments(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	person := a.create("person", `{}`)
	user := a.get("person", person).text("data", "attributes", "_created_by")

	made := a.want(201, "POST", "/comments?silent=true", remark("person", person, "Called."))
	id := made.text("_id")
	if !uuidPattern.MatchString(id) {
		t.Errorf("the id is %s", id)
	}
	want := fmt.Sprintf(`{"_created_at":"2026-02-03T04:05:06.789Z","_created_by":%q,"_id":%q,"_updated_at":null,"_updated_by":null,"entity":"person",`+
		`"message":[{"content":[{"styles":{},"text":"Called.","type":"text"}],"type":"paragraph"}],"owner_id":%q}`, user, id, person)
	if got := asJSON(t, made.at()); got != want {
		t.Errorf("made %s, want %s", got, want)
	}
	if got := a.want(200, "GET", "/comments/"+id, nil); got.raw != made.raw {
		t.Errorf("got %s, made %s", got.raw, made.raw)
	}
	c.Add(time.Second)
	changed := a.want(200, "PATCH", "/comments/"+id, `{"message":`+said("Called back.")+`}`)
	changed.equals(`"Called back."`, "message", 0, "content", 0, "text")
	changed.equals(`"2026-02-03T04:05:06.789Z"`, "_created_at")
	changed.equals(`"2026-02-03T04:05:07.789Z"`, "_updated_at")
	changed.equals(asJSON(t, user), "_updated_by")
	a.want(200, "PATCH", "/comments/"+id, `{"message":`+said("Called back.")+`}`)
	if got := a.want(200, "DELETE", "/comments/"+id, nil); got.raw != changed.raw {
		t.Errorf("deleted %s, want %s", got.raw, changed.raw)
	}
	a.rejected(404, "", "GET", "/comments/"+id, nil)
	a.rejected(404, "", "DELETE", "/comments/"+id, nil)

	names := map[string]string{person: "ada", id: "remark"}
	equal(t, "activities", a.activities("person", person).told(names), []string{
		`create ada`,
		`create remark target ada add["message"] to [{"content":[{"styles":{},"text":"Called.","type":"text"}],"type":"paragraph"}]`,
		`update remark target ada update["message",0,"content",0,"text"] from Called. to Called back.`,
		`delete remark target ada`,
	})
}

func TestACommentCanBringItsID(t *testing.T) {
	a := start(t)
	person := a.create("person", `{}`)
	const id = "2f4d6b8a-0c1e-4a3b-95d7-e9f1a2b3c407"
	body := strings.TrimSuffix(remark("person", person, "x"), "}") + `,"_id":"` + strings.ToUpper(id) + `","_event_id":"` + id + `"}`
	a.want(201, "POST", "/comments", body).equals(`"`+id+`"`, "_id")
	a.want(200, "GET", "/comments/"+id, nil)
	a.rejected(400, "/_id", "POST", "/comments", body)
}

func TestCommentsReject(t *testing.T) {
	a := start(t)
	person := a.create("person", `{}`)
	deal := a.create("deal", `{}`)
	id := a.want(201, "POST", "/comments", remark("person", person, "x")).text("_id")
	with := func(member string) string {
		return strings.TrimSuffix(remark("person", person, "x"), "}") + "," + member + "}"
	}
	for _, test := range []struct{ name, body, pointer string }{
		{"a plain string", `{"entity":"person","owner_id":"x","message":"Called."}`, "/message"},
		{"no message", `{"entity":"person","owner_id":"x"}`, "/message"},
		{"a string for a block", `{"entity":"person","owner_id":"x","message":["Called."]}`, "/message/0"},
		{"an unknown block", `{"entity":"person","owner_id":"x","message":[{"type":"paragraph"},{"type":"table"}]}`, "/message/1"},
		{"a block without a type", `{"entity":"person","owner_id":"x","message":[{}]}`, "/message/0"},
		{"no record", `{"entity":"person","message":[]}`, "/owner_id"},
		{"an unknown record", remark("person", "nobody", "x"), "/owner_id"},
		{"a record of another object", remark("person", deal, "x"), "/owner_id"},
		{"an unknown object", remark("c_none", person, "x"), "/entity"},
		{"an id that is no UUID", with(`"_id":"1"`), "/_id"},
		{"an event that is no UUID", with(`"_event_id":"1"`), "/_event_id"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a.rejected(422, test.pointer, "POST", "/comments", test.body)
		})
	}
	a.rejected(422, "/message", "PATCH", "/comments/"+id, `{"message":"x"}`)
	a.rejected(422, "/message/0", "PATCH", "/comments/"+id, `{"message":[{"type":"x"}]}`)
	a.rejected(422, "/message", "PATCH", "/comments/"+id, `{}`)
	a.rejected(400, "", "POST", "/comments", `{`)
	a.rejected(400, "", "POST", "/comments?silent=1", remark("person", person, "x"))
	a.rejected(400, "", "DELETE", "/comments/"+id+"?silent=1", nil)
	a.rejected(404, "", "PATCH", "/comments/"+url.PathEscape("a/b"), `{"message":[]}`)
	a.guarded("POST", "/comments", remark("person", person, "x"))
	a.guarded("GET", "/comments/"+id, nil)
	a.guarded("PATCH", "/comments/"+id, `{"message":[]}`)
	a.guarded("DELETE", "/comments/"+id, nil)
	a.elsewhere().rejected(404, "", "GET", "/comments/"+id, nil)
	a.want(200, "GET", "/comments/"+id, nil).equals(`"x"`, "message", 0, "content", 0, "text")
}

func TestOnlyTheAuthorChangesAComment(t *testing.T) {
	a := start(t)
	b, ada := a.colleague(t, clarifytest.User{})
	person := a.create("person", `{}`)
	id := b.want(201, "POST", "/comments", remark("person", person, "x")).text("_id")
	for _, other := range []*api{a, a.as("api-key " + a.srv.WorkspaceKey)} {
		other.rejected(403, "", "PATCH", "/comments/"+id, `{"message":[]}`)
		other.rejected(403, "", "DELETE", "/comments/"+id, nil)
		other.want(200, "GET", "/comments/"+id, nil).equals(asJSON(t, ada.ID), "_created_by")
	}
	a.as("api-key "+a.srv.WorkspaceKey).rejected(403, "", "POST", "/comments", remark("person", person, "x"))
	a.as("Bearer "+ada.AccessToken).want(200, "PATCH", "/comments/"+id, `{"message":[]}`).equals(`[]`, "message")
}

func TestCommentsGoWithTheirRecord(t *testing.T) {
	a := start(t)
	person, other := a.create("person", `{}`), a.create("person", `{}`)
	id := a.want(201, "POST", "/comments", remark("person", person, "x")).text("_id")
	a.want(204, "POST", "/objects/person/records/"+other+"/merges", mergeBody("person", person))
	a.want(200, "GET", "/comments/"+id, nil).equals(`"`+other+`"`, "owner_id")
	a.want(204, "DELETE", "/objects/person/records/"+other, nil)
	a.rejected(404, "", "GET", "/comments/"+id, nil)
	a.rejected(404, "", "PATCH", "/comments/"+id, `{"message":[]}`)
}
