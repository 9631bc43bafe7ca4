package clarifytest_test

import (
	"strings"
)

// operationTest is what is done with one operation: a request that succeeds, and
// some that do not. The rest, which is the same for all operations or follows
// from the contract, is added by rejections.
//
// A name in angle brackets stands for what newWorld made under it.
type operationTest struct {
	path     string
	body     string
	rejected []rejection

	// noContent is for the operations that respond with 204 where the contract
	// has another status.
	noContent bool
}

// rejection is a request that is rejected.
type rejection struct {
	status int
	why    string
	path   string // in place of the operation's; what begins with ? is added to that
	body   string // in place of the operation's, if not empty
	bare   bool   // without a body
	by     string // whose credential: a name of newWorld, the first user's if empty
}

func badRequest(why, path, body string) rejection {
	return rejection{status: 400, why: why, path: path, body: body}
}
func missing(why, path, body string) rejection {
	return rejection{status: 404, why: why, path: path, body: body}
}
func invalid(why, body string) rejection { return rejection{status: 422, why: why, body: body} }
func forbidden(why, by, path string) rejection {
	return rejection{status: 403, why: why, by: by, path: path}
}

const (
	unknownID   = "6b8d0f2a-4c6e-4810-92b4-d6f8a0c2e408"
	aTranscript = `{"transcript":` + transcript + `}`
)

const (
	dealAccess   = "/objects/deal/records/<deal>/access"
	attachments  = "/objects/deal/records/<deal>/attachments"
	dealsOf      = "/objects/person/records/<person>/relationships/deals"
	personLists  = "/objects/person/lists"
	vehicleOwner = `"c_vehicle":{"seller_id":{"title":"Seller","type":["string","null"],"xClarifyRelationship":{"kind":"many-to-one","entity":"person","field":"sold"}}},` +
		`"person":{"sold":{"title":"Sold","oneOf":[{"type":"array"}],"xClarifyRelationship":{"kind":"one-to-many","entity":"c_vehicle","field":"seller_id"}}}`
)

var operationTests = map[string]operationTest{
	// Records.
	"createRecord": {
		path: "/objects/person/records",
		body: recordBody("person", "", `{"email_addresses":{"items":["ida@x.example"]}}`, ""),
		rejected: join(badAttributes(recordBody, ""), []rejection{
			invalid("an id", recordBody("person", "x", `{}`, "")),
			invalid("match_on with a field that is not unique", recordBody("person", "", `{}`, `,"match_on":"job_title"`)),
			badRequest("match_on with values of several records", "", recordBody("person", "", `{"email_addresses":{"items":["grace@x.example","joan@x.example"]}}`, `,"match_on":"email_addresses"`)),
			{status: 422, why: "a select in another case", path: "/objects/c_vehicle/records", body: recordBody("c_vehicle", "", `{"color":"Red"}`, "")},
		}),
	},
	"createBulkRecords": {
		path: "/objects/person/records/bulk",
		body: recordsBody("person", "", `{"email_addresses":{"items":["ida@x.example"]}}`, ""),
		rejected: join(badAttributes(recordsBody, ""), []rejection{
			invalid("one bad record among good ones", `{"data":[{"type":"person","attributes":{}},{"type":"person","attributes":{"name":"Ida"}}]}`),
			badRequest("two records with the same unique value", "", `{"data":[{"type":"person","attributes":{"email_addresses":{"items":["ida@x.example"]}}},{"type":"person","attributes":{"email_addresses":{"items":["ida@x.example"]}}}]}`),
			invalid("data that is no array", recordBody("person", "", `{}`, "")),
			invalid("match_on with a field that is not unique", recordsBody("person", "", `{}`, `,"match_on":"job_title"`)),
		}),
	},
	"getRecord": {path: "/objects/person/records/<person>?include=deals"},
	"updateRecord": {
		path: "/objects/person/records/<person>",
		body: recordBody("person", "<person>", `{"job_title":null,"email_addresses":{"items":["g@x.example"]}}`, `,"meta":{"email_addresses":{"collection":"append"}}`),
		rejected: join(badAttributes(recordBody, "<person>"), []rejection{
			invalid("another id than the path names", recordBody("person", "<other person>", `{}`, "")),
			invalid("a strategy that is none", recordBody("person", "<person>", `{"labels":{"items":[]}}`, `,"meta":{"labels":{"collection":"add"}}`)),
			invalid("a strategy for a field that is not changed", recordBody("person", "<person>", `{}`, `,"meta":{"labels":{"collection":"append"}}`)),
			{status: 500, why: "a record of a custom object, by WithQuirkCustomObjectPatch", path: "/objects/c_vehicle/records/<vehicle>", body: recordBody("c_vehicle", "<vehicle>", `{"plate":"B"}`, "")},
		}),
	},
	"updateRecords": {
		path: "/objects/person/records",
		body: recordsBody("person", "<person>", `{"job_title":"Admiral"}`, ""),
		rejected: join(badAttributes(recordsBody, "<person>"), []rejection{
			missing("an id that is missing, among others", "", `{"data":[{"type":"person","id":"<person>","attributes":{"job_title":"x"}},{"type":"person","id":"x","attributes":{}}]}`),
			invalid("no id", recordsBody("person", "", `{}`, "")),
		}),
	},
	"deleteRecord": {path: "/objects/person/records/<person>", noContent: true},
	"deleteRecords": {
		path: "/objects/person/records",
		body: `{"items":["<person>"]}`,
		rejected: []rejection{
			missing("an id that is missing, among others", "", `{"items":["<person>","x"]}`),
			invalid("no ids", `{"items":[]}`),
			invalid("an id that is no text", `{"items":[1]}`),
		},
	},
	"mergeRecords": {
		path: "/objects/person/records/<person>/merges",
		body: mergeBody("person", "<other person>"),
		rejected: []rejection{
			missing("a source that is missing", "", mergeBody("person", "x")),
			invalid("no sources", mergeBody("person")),
			invalid("a record into itself", mergeBody("person", "<person>")),
			invalid("another type than the path names", mergeBody("deal", "<other person>")),
		},
	},

	// Resources.
	"getResources": {
		path: "/objects/person/resources?filter[name][Contains]=Gra&filter[person.company_id.name][Is]=Acme&include=deals&sortOrder[column]=name&sortOrder[dir]=DESC&page[limit]=1",
		rejected: []rejection{
			badRequest("an operator in another case", "/objects/person/resources?filter[name][contains]=x", ""),
			badRequest("a filter on a field that the schema does not have", "/objects/person/resources?filter[emial][Contains]=x", ""),
			badRequest("a filter on an option that the field does not have", "/objects/deal/resources?filter[stage][Is]=won", ""),
			badRequest("sorting by a field that the schema does not have", "/objects/person/resources?sortOrder[column]=emial&sortOrder[dir]=ASC", ""),
			badRequest("an operator that is not for the kind of field", "/objects/deal/resources?filter[amount][Contains]=1", ""),
			badRequest("an invalid number", "/objects/deal/resources?filter[amount][Is]=x", ""),
			badRequest("a dotted field of four levels", "/objects/person/resources?filter[person.company_id.a.b.c][Is]=x", ""),
		},
	},
	"createResource": {
		path: "/objects/person/resources",
		body: `{"data":{"type":"person","attributes":{},"relationships":{"deals":{"data":[{"type":"deal","id":"<deal>"}]}}}}`,
		rejected: join(badAttributes(recordBody, ""), []rejection{
			invalid("an id", recordBody("person", "x", `{}`, "")),
			invalid("match_on", recordBody("person", "", `{}`, `,"match_on":"email_addresses"`)),
			invalid("an unknown relationship", `{"data":{"type":"person","attributes":{},"relationships":{"boss":{"data":null}}}}`),
			invalid("a relationship to no record", `{"data":{"type":"person","attributes":{},"relationships":{"deals":{"data":[{"type":"deal","id":"x"}]}}}}`),
		}),
	},
	"getResource": {path: "/objects/person/resources/<person>?include=company_id,deals"},
	"getDeletedResources": {
		path: "/objects/person/deleted-resources?filter[_deleted_at][Is after]=0",
		rejected: []rejection{
			badRequest("a filter by another field", "/objects/person/deleted-resources?filter[name][Is]=x", ""),
			badRequest("a time that is not a number of seconds", "/objects/person/deleted-resources?filter[_deleted_at][Is after]=2026-01-01", ""),
			badRequest("sorting", "/objects/person/deleted-resources?sortOrder[column]=name&sortOrder[dir]=ASC", ""),
			badRequest("include", "/objects/person/deleted-resources?include=deals", ""),
		},
	},

	// Relationships of records.
	"getRecordRelationships": {path: dealsOf + "?include=company_id&sortOrder[column]=name&sortOrder[dir]=ASC"},
	"updateRecordRelationship": {
		path: dealsOf,
		body: members("deal", "<other deal>"),
		rejected: []rejection{
			invalid("a record that is missing", members("deal", "x")),
			invalid("another type", members("task", "<task>")),
			invalid("no data", `{}`),
			{status: 422, why: "two records where there is room for one", path: "/objects/c_vehicle/records/<vehicle>/relationships/owner_id", body: members("person", "<person>", "<other person>")},
		},
	},
	"deleteRecordRelationship": {
		path:      dealsOf,
		body:      members("deal", "<deal>"),
		noContent: true,
		rejected: []rejection{
			invalid("another type", members("task", "<task>")),
			invalid("no data", `{}`),
		},
	},

	// Attachments.
	"listRecordAttachments": {
		path:     attachments + "?page[limit]=1",
		rejected: []rejection{badRequest("a page without a limit", attachments+"?page[offset]=1", "")},
	},
	"getSignedUrlForRecordAttachmentUpload": {
		path: attachments,
		body: `{"name":"a contract ü.pdf"}`,
		rejected: []rejection{
			invalid("no name", `{}`),
			invalid("an empty name", `{"name":""}`),
		},
	},
	"addRecordAttachment": {
		path: attachments,
		body: `{"name":"offer.pdf","key":"<key>","attachmentId":"<upload>"}`,
		rejected: []rejection{
			invalid("an id that was not issued", `{"name":"offer.pdf","key":"<key>","attachmentId":"x"}`),
			invalid("another key", `{"name":"offer.pdf","key":"x","attachmentId":"<upload>"}`),
			invalid("no key", `{"name":"offer.pdf","attachmentId":"<upload>"}`),
			{status: 422, why: "a file of another record", path: "/objects/deal/records/<other deal>/attachments"},
		},
	},
	"getRecordAttachment":    {path: attachments + "/<attachment>"},
	"deleteRecordAttachment": {path: attachments + "/<attachment>"},

	// Access.
	"getGrants": {path: dealAccess},
	"createGrant": {
		path: dealAccess,
		body: `{"data":` + newGrant("<bob>", "edit") + `}`,
		rejected: []rejection{
			badRequest("a grantee who has a grant", "", `{"data":`+newGrant("<ada>", "edit")+`}`),
			invalid("an unknown user", `{"data":`+newGrant("x", "edit")+`}`),
			invalid("a level that cannot be given", `{"data":`+newGrant("<bob>", "manage")+`}`),
			invalid("another type of data", `{"data":{"type":"x","attributes":{"grantee_type":"workspace","grantee_id":null,"access_level":"view"}}}`),
		},
	},
	"createGrantsBulk": {
		path: dealAccess + "/bulk",
		body: dataOf(newGrant("<bob>", "edit"), newGrant("", "view")),
		rejected: []rejection{
			badRequest("one grantee who has a grant among others", "", dataOf(newGrant("<bob>", "edit"), newGrant("<ada>", "edit"))),
			invalid("none", dataOf()),
			invalid("more than 1000", dataOf(strings.Split(strings.Repeat(newGrant("", "view")+"\n", 1000)+newGrant("", "view"), "\n")...)),
			invalid("an unknown user", dataOf(newGrant("x", "edit"))),
		},
	},
	"updateGrant": {
		path:     dealAccess + "/<grant>",
		body:     `{"data":{"type":"object-record-access","attributes":{"access_level":"edit"}}}`,
		rejected: []rejection{invalid("a level that cannot be given", `{"data":{"type":"object-record-access","attributes":{"access_level":"manage"}}}`)},
	},
	"revokeGrant":     {path: dealAccess + "/<grant>"},
	"getObjectAccess": {path: "/objects/meeting/access"},
	"giveObjectAccess": {
		path: "/objects/meeting/access",
		body: newDelegate("<bob>"),
		rejected: []rejection{
			badRequest("a delegate who is one", "", newDelegate("<ada>")),
			invalid("an unknown user", newDelegate("x")),
			invalid("no delegate", `{"data":{"type":"object-access","attributes":{}}}`),
		},
	},
	"revokeObjectAccess": {path: "/objects/meeting/access/<delegation>"},

	// Activities.
	"getActivities":       {path: "/objects/deal/records/<deal>/activities?page[limit]=2&sortOrder[column]=_created_at&sortOrder[dir]=DESC"},
	"getSchemaActivities": {path: "/schemas/person/activities?page[limit]=2"},

	// Comments.
	"createComment": {
		path: "/comments",
		body: remark("deal", "<deal>", "Met."),
		rejected: []rejection{
			badRequest("an _id that is taken", "", strings.TrimSuffix(remark("deal", "<deal>", "Met."), "}")+`,"_id":"<comment>"}`),
			invalid("a plain string", `{"entity":"deal","owner_id":"<deal>","message":"Met."}`),
			invalid("an unknown block", `{"entity":"deal","owner_id":"<deal>","message":[{"type":"table"}]}`),
			invalid("an unknown record", remark("deal", "x", "Met.")),
			invalid("an unknown object", remark("c_none", "<deal>", "Met.")),
			forbidden("a Workspace key", "workspace key", ""),
		},
	},
	"getComment": {path: "/comments/<comment>"},
	"updateComment": {
		path: "/comments/<comment>",
		body: `{"message":` + said("Called back.") + `}`,
		rejected: []rejection{
			forbidden("another author's", "", "/comments/<comment of Ada>"),
			invalid("a plain string", `{"message":"Called back."}`),
			invalid("no message", `{}`),
		},
	},
	"deleteComment": {
		path:     "/comments/<comment>",
		rejected: []rejection{forbidden("another author's", "", "/comments/<comment of Ada>")},
	},

	// Lists.
	"getWorkspaceLists": {
		path:     "/lists?filter[entity][0]=person&filter[type]=static&search=list&sortOrder[column]=title&sortOrder[dir]=ASC",
		rejected: []rejection{badRequest("a filter by an unknown type", "/lists?filter[type]=x", "")},
	},
	"getLists": {
		path:     personLists + "?filter[state]=published&page[limit]=1",
		rejected: []rejection{badRequest("a filter by an unknown state", personLists+"?filter[state]=x", "")},
	},
	"createList": {
		path: personLists,
		body: `{"title":"Berlin","description":"","layout":"board","type":"dynamic","query":{"sql":"select 1"}}`,
		rejected: []rejection{
			invalid("no title", `{"description":"","layout":"table","type":"static"}`),
			invalid("the default type", `{"title":"","description":"","layout":"table","type":"default"}`),
			invalid("a query without SQL", `{"title":"","description":"","layout":"table","type":"dynamic","query":{}}`),
		},
	},
	"getList": {
		path:     personLists + "/<list>",
		rejected: []rejection{forbidden("another user's draft", "", personLists+"/<draft of Ada>")},
	},
	"updateList": {
		path: personLists + "/<list>",
		body: `{"title":"Hamburg","emoji":null}`,
		rejected: []rejection{
			forbidden("another user's draft", "", personLists+"/<draft of Ada>"),
			invalid("a type", `{"type":"dynamic"}`),
			invalid("a title that is null", `{"title":null}`),
		},
	},
	"deleteList": {
		path: personLists + "/<list>",
		rejected: []rejection{
			forbidden("another user's draft", "", personLists+"/<draft of Ada>"),
			forbidden("the default list", "", personLists+"/<default list>"),
		},
	},
	"publishList": {
		path:     personLists + "/<list>/publish",
		rejected: []rejection{forbidden("another user's draft", "", personLists+"/<draft of Ada>/publish")},
	},
	"unpublishList": {
		path: personLists + "/<list>/unpublish",
		rejected: []rejection{
			forbidden("another user's draft", "", personLists+"/<draft of Ada>/unpublish"),
			forbidden("the default list", "", personLists+"/<default list>/unpublish"),
		},
	},
	"getListResources": {
		path: personLists + "/<list>/resources?filter[name][Contains]=Gra&include=company_id",
		rejected: []rejection{
			forbidden("another user's draft", "", personLists+"/<draft of Ada>/resources"),
			badRequest("an operator in another case", personLists+"/<list>/resources?filter[name][contains]=x", ""),
		},
	},
	"getListRowsCsv": {
		path: personLists + "/<list>/rows/csv",
		body: `{"search":{"query":"grace"}}`,
		rejected: []rejection{
			forbidden("another user's draft", "", personLists+"/<draft of Ada>/rows/csv"),
			invalid("SQL that is no text", `{"sql":1}`),
		},
	},

	// Layouts.
	"getLayoutById": {path: "/layouts/deal-page"},
	"updateLayout": {
		path: "/layouts/deal-page",
		body: newLayout("deal-page", pageTree),
		rejected: []rejection{
			invalid("another id than the path names", newLayout("person-page", pageTree)),
			invalid("the tree of the navigation", newLayout("deal-page", navigationTree)),
			invalid("no tree", `{"data":{"type":"layout","id":"deal-page","attributes":{}}}`),
		},
	},
	"resetLayout": {path: "/layouts/deal-page/reset"},

	// Schemas.
	"getSchemas": {
		path:     "/schemas",
		rejected: []rejection{badRequest("a cursor that no link has", "/schemas?cursor=x", "")},
	},
	"patchEnumFieldValues": {
		path: "/schemas",
		body: enumPatch("c_vehicle", `{"color":{"enum":["green"]}}`, `{"color":{"enum":"append"}}`),
		rejected: []rejection{
			missing("an unknown object", "", enumPatch("c_none", `{}`, `{}`)),
			invalid("no edits", `{"data":[]}`),
			invalid("another type of data", strings.Replace(enumPatch("c_vehicle", `{}`, `{}`), "schema-properties", "x", 1)),
		},
	},
	"createCustomObject": {
		path: "/schemas/objects",
		body: `{"name":"Boat","plural":"Boats","icon":"Car","backgroundColor":"sky"}`,
		rejected: []rejection{
			badRequest("a name that is taken", "", `{"name":"Vehicle","plural":"Vehicles"}`),
			invalid("no plural", `{"name":"Boat"}`),
			invalid("a field whose type does not admit null", `{"name":"Boat","plural":"Boats","properties":{"mast":{"type":"string"}}}`),
		},
	},
	"updateEntitySchema": {
		path: "/schemas/objects/c_vehicle",
		body: withID("c_vehicle", `{"properties":{"plate":{"type":["string","null"],"title":"Number plate"}}}`),
		rejected: []rejection{
			invalid("no properties", withID("c_vehicle", `{}`)),
			invalid("no $id", `{"properties":{}}`),
			invalid("the $id of another object", withID("person", `{"properties":{}}`)),
			invalid("a new field of the system's", withID("c_vehicle", `{"properties":{"_x":{"type":["string","null"]}}}`)),
			{status: 422, why: "leaving out a field that every workspace has", path: "/schemas/objects/meeting", body: withID("meeting", `{"properties":{}}`)},
		},
	},
	"deleteCustomObject": {
		path:     "/schemas/objects/c_vehicle",
		rejected: []rejection{{status: 422, why: "an object that every workspace has", path: "/schemas/objects/person"}},
	},
	"createSchemaProperties": {
		path: "/schemas/person/properties",
		body: newFields(`{"vip":{"type":"boolean"},"born":{"type":["string","null"],"format":"date"}}`),
		rejected: []rejection{
			invalid("a type that does not admit null", newFields(`{"born":{"type":"string"}}`)),
			invalid("a date with a time", newFields(`{"born":{"type":["string","null"],"format":"date-time"}}`)),
			invalid("a name of the system's", newFields(`{"_vip":{"type":"boolean"}}`)),
			missing("a name with entities/ before it", "/schemas/entities%2Fperson/properties", newFields(`{"vip":{"type":"boolean"}}`)),
			invalid("another type of data", strings.Replace(newFields(`{}`), "schema-properties", "x", 1)),
		},
	},
	"updateSchemaPropertyOrder": {
		path: "/schemas/person/fields-order",
		body: `{"data":{"type":"schema-property-order","attributes":{"order":["job_title","name"]}}}`,
		rejected: []rejection{
			invalid("an unknown field", `{"data":{"type":"schema-property-order","attributes":{"order":["x"]}}}`),
			invalid("a field twice", `{"data":{"type":"schema-property-order","attributes":{"order":["name","name"]}}}`),
		},
	},
	"updateSchemaPropertyVisibility": {
		path: "/schemas/person/fields-visibility",
		body: `{"data":{"type":"schema-property-visibility","attributes":{"hiddenInDetails":{"job_title":true}}}}`,
		rejected: []rejection{
			invalid("an unknown field", `{"data":{"type":"schema-property-visibility","attributes":{"hiddenInDetails":{"x":true}}}}`),
			invalid("neither true nor false", `{"data":{"type":"schema-property-visibility","attributes":{"hiddenInDetails":{"name":null}}}}`),
		},
	},
	"createSchemaRelationshipProperties": {
		path: "/schemas/c_vehicle/relationships",
		body: newRelationship(vehicleOwner),
		rejected: []rejection{
			invalid("one end only", newRelationship(strings.SplitAfter(vehicleOwner, `"sold"}}}`)[0])),
			invalid("another type of data", strings.Replace(newRelationship(vehicleOwner), `"relationship"`, `"x"`, 1)),
		},
	},
	"deleteSchemaRelationshipProperty": {
		path:     "/schemas/c_vehicle/relationships/owner_id",
		rejected: []rejection{{status: 422, why: "a relationship that every workspace has", path: "/schemas/person/relationships/deals"}},
	},

	// Recordings of meetings.
	"enableRecording":       {path: "/meetings/<meeting>/recording"},
	"disableRecording":      {path: "/meetings/<meeting>/recording", noContent: true},
	"getRecordingArtifacts": {path: "/meetings/<meeting>/recordings/<recording>/artifacts"},
	"uploadRecordingTranscript": {
		path: "/meetings/<meeting>/recordings/transcript",
		body: aTranscript,
		rejected: []rejection{
			invalid("no transcript", `{}`),
			invalid("a word without its times", `{"transcript":[{"language":"en","speaker":null,"speaker_id":null,"words":[{"text":"x"}]}]}`),
			invalid("an unknown recording", `{"transcript":[],"recordingId":"`+unknownID+`"}`),
		},
	},
	"initMediaUpload": {
		path: "/meetings/<meeting>/recordings/media",
		body: `{"contentType":"audio/mpeg","transcript":` + transcript + `}`,
		rejected: []rejection{
			invalid("neither audio nor video", `{"contentType":"image/png"}`),
			invalid("an unknown recording", `{"contentType":"audio/mpeg","recordingId":"`+unknownID+`"}`),
		},
	},
	"confirmMediaUpload": {
		path:     "/meetings/<meeting>/recordings/media/<recording>",
		rejected: []rejection{{status: 422, why: "nothing was uploaded", path: "/meetings/<meeting>/recordings/media/<recording without media>"}},
	},
	"uploadTranscript": {
		path: "/meetings/<meeting>/transcript",
		body: aTranscript,
		rejected: []rejection{
			invalid("a text", `{"transcript":"Hello"}`),
			invalid("the older form with segments", `{"segments":[{"speaker":"Ada","start":0,"end":1,"text":"Hello"}]}`),
		},
	},

	// Workflows and campaigns.
	"getRecipients": {
		path: "/campaigns/<campaign>/recipients?filter[status]=scheduled&filter[q]=grace",
		rejected: []rejection{
			badRequest("a filter by an unknown status", "/campaigns/<campaign>/recipients?filter[status]=x", ""),
			badRequest("more than 50 characters to look for", "/campaigns/<campaign>/recipients?filter[q]="+strings.Repeat("x", 51), ""),
		},
	},
	"getWorkflows": {path: "/workflows?filter[type]=sequence&sortOrder[column]=name&sortOrder[dir]=ASC"},
	"createWorkflow": {
		path: "/workflows",
		body: newWorkflow("sequence"),
		rejected: []rejection{
			invalid("no trigger", newWorkflow("workflow", "trigger", "")),
			invalid("a workflow of the type system", newWorkflow("system")),
			invalid("an unknown plugin", newWorkflow("workflow", "trigger", block("t", "on:x", "", "a"))),
			invalid("a block before that is not there", newWorkflow("workflow", "trigger", block("t", "on:manual:execution", "", ""), "blocks", `{"a":`+block("a", "code:execute", "x", "")+`}`)),
		},
	},
	"getWorkflow": {path: "/workflows/<workflow>"},
	"updateWorkflow": {
		path: "/workflows/<workflow>",
		body: workflowUpdate("<workflow>", `{"enabled":true,"published_at":"2026-03-01T09:00:00.000Z"}`),
		rejected: []rejection{
			invalid("another id than the path names", workflowUpdate("x", `{}`)),
			invalid("enabled that is null", workflowUpdate("<workflow>", `{"enabled":null}`)),
		},
	},
	"deleteWorkflow": {path: "/workflows/<workflow>"},

	// Users and settings.
	"getUsers":                 {path: "/users?sortOrder[column]=name&sortOrder[dir]=ASC&page[limit]=2"},
	"getUser":                  {path: "/users/<ada>"},
	"readAllWorkspaceSettings": {path: "/settings"},
	"readWorkspaceSettings":    {path: "/settings/orgDescription"},
	"writeWorkspaceSetting": {
		path: "/settings",
		body: setting("meetingPrepScope", `"none"`),
		rejected: []rejection{
			invalid("an unknown key", setting("theme", `"dark"`)),
			invalid("an unknown choice", setting("meetingPrepScope", `"All"`)),
			invalid("no value", `{"key":"meetingPrepScope"}`),
		},
	},
	"deleteWorkspaceSetting": {
		path:     "/settings",
		body:     `{"key":"orgDescription"}`,
		rejected: []rejection{invalid("an unknown key", `{"key":"theme"}`)},
	},
}
