package clarifytest_test

import "strings"

// workspaceOperationTests are about access, activities, comments, lists and layouts.
var workspaceOperationTests = map[string]operationTest{
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
}
