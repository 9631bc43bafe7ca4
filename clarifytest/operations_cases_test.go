package clarifytest_test

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

// operationTests has a test for each operation.
var operationTests = together(recordOperationTests, workspaceOperationTests, schemaOperationTests)

func together(groups ...map[string]operationTest) map[string]operationTest {
	all := map[string]operationTest{}
	for _, group := range groups {
		for id, test := range group {
			if _, twice := all[id]; twice {
				panic(id + " has two tests")
			}
			all[id] = test
		}
	}
	return all
}
