package clarifytest_test

import (
	"fmt"
	"strings"

	"github.com/clarify-go/clarify/clarifytest"
)

// newWorld fills a workspace with one of everything, and returns what stands for
// the names in the tests.
func newWorld(a *api) map[string]string {
	a.t.Helper()
	names := map[string]string{}
	name := func(name, value string) string {
		names["<"+name+">"] = value
		return value
	}
	b, ada := a.colleague(a.t, clarifytest.User{FirstName: "Ada"})
	name("ada", ada.ID)
	_, bob := a.colleague(a.t, clarifytest.User{FirstName: "Bob"})
	name("bob", bob.ID)

	a.addFields("person", `{"score":{"type":["number","null"]}}`)
	company := name("company", a.create("company", `{"name":"Acme","domains":{"items":["acme.example"]}}`))
	person := name("person", a.create("person", `{"name":{"first_name":"Grace"},"email_addresses":{"items":["grace@x.example"]},"company_id":"`+company+`"}`))
	name("other person", a.create("person", `{"email_addresses":{"items":["joan@x.example"]}}`))
	deal := name("deal", a.create("deal", `{"name":"Big","amount":1}`))
	name("other deal", a.create("deal", `{"name":"Small"}`))
	name("task", a.create("task", `{"title":"Call"}`))
	meeting := name("meeting", a.create("meeting", `{}`))
	a.link("person", person, "deals", "deal", deal)
	a.want(204, "DELETE", "/objects/person/records/"+a.create("person", `{}`), nil)
	a.customObject(`{"plate":{"type":["string","null"],"xClarifyUnique":true},"color":{"type":["string","null"],"enum":["red","blue"]}}`)
	a.want(202, "POST", "/schemas/c_vehicle/relationships", newRelationship(`"c_vehicle":{"owner_id":`+manyToOneEnd("person", "vehicles")+`}`, `"person":{"vehicles":`+toManyEnd("one-to-many", "c_vehicle", "owner_id")+`}`))
	name("vehicle", a.create("c_vehicle", `{"plate":"A","color":"red"}`))

	name("comment", a.want(201, "POST", "/comments", remark("deal", deal, "Called.")).text("_id"))
	name("comment of Ada", b.want(201, "POST", "/comments", remark("deal", deal, "Wrote.")).text("_id"))
	list := name("list", a.newList("person", "static", ""))
	a.srv.AddToList(a.srv.Workspace, list, person)
	name("draft of Ada", b.newList("person", "dynamic", `,"state":"draft"`))
	name("default list", a.want(200, "GET", "/objects/person/lists?filter[type]=default", nil).ids()[0])
	name("workflow", a.want(201, "POST", "/workflows", newWorkflow("workflow")).id())
	campaign := name("campaign", a.want(201, "POST", "/workflows", newWorkflow("sequence")).id())
	a.srv.AddRecipients(a.srv.Workspace, campaign, clarifytest.Recipient{PersonID: person})
	name("grant", a.want(201, "POST", "/objects/deal/records/"+deal+"/access", `{"data":`+newGrant(ada.ID, "view")+`}`).id())
	name("delegation", a.want(201, "POST", "/objects/meeting/access", newDelegate(ada.ID)).id())
	a.want(201, "POST", "/settings", setting("orgDescription", `"Engines"`))

	path := "/objects/deal/records/" + deal
	name("attachment", a.attach(path, "contract.pdf", "a contract").id)
	place := a.place(path, "offer.pdf")
	a.stores("PUT", place.url, "an offer")
	name("upload", place.id)
	name("key", place.key)
	m := a.initMedia("/meetings/"+meeting, `{"contentType":"video/mp4"}`)
	a.postForm(m.url, m.parts("a video"))
	name("recording", m.recording)
	name("recording without media", a.want(201, "POST", "/meetings/"+meeting+"/recordings/transcript", aTranscript).id())
	return names
}

// record is the body of a create or, with an id, of an update.
func recordBody(object, id, attributes, more string) string {
	if id != "" {
		id = fmt.Sprintf(`"id":%q,`, id)
	}
	return fmt.Sprintf(`{"data":{"type":%q,%s"attributes":%s}%s}`, object, id, attributes, more)
}

// records is the body of a bulk create or update of one record.
func recordsBody(object, id, attributes, more string) string {
	one := strings.TrimSuffix(strings.TrimPrefix(recordBody(object, id, attributes, ""), `{"data":`), "}")
	return `{"data":[` + one + `]` + more + `}`
}

// badAttributes are rejected wherever attributes of a person are written.
func badAttributes(body func(object, id, attributes, more string) string, id string) []rejection {
	reject := func(status int, why, attributes string) rejection {
		return rejection{status: status, why: why, body: body("person", id, attributes, "")}
	}
	return []rejection{
		reject(400, "a value of a unique field that another record has", `{"email_addresses":{"items":["joan@x.example"]}}`),
		reject(400, "a number that does not fit DECIMAL(16,4)", `{"score":1234567890123}`),
		reject(422, "a field that the schema does not have", `{"job_titel":"Analyst"}`),
		reject(422, "a field of the system's", `{"_created_at":"2026-01-01T00:00:00.000Z"}`),
		reject(422, "a bare array for a collection", `{"email_addresses":["a@x.example"]}`),
		reject(422, "an invalid email address", `{"email_addresses":{"items":["a"]}}`),
		reject(422, "a to-many relationship as an attribute", `{"deals":["x"]}`),
		reject(422, "a reference to no record", `{"company_id":"`+unknownID+`"}`),
		{status: 422, why: "another type than the path names", body: body("deal", id, `{}`, "")},
	}
}

func join(all ...[]rejection) []rejection {
	var joined []rejection
	for _, some := range all {
		joined = append(joined, some...)
	}
	return joined
}
