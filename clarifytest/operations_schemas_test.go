package clarifytest_test

import "strings"

// schemaOperationTests are about schemas, and all that is in no other group.
var schemaOperationTests = map[string]operationTest{
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
