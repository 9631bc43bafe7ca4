package clarifytest_test

// recordOperationTests are about records and what belongs to them.
var recordOperationTests = map[string]operationTest{
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
}
