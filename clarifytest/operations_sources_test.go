package clarifytest_test

import (
	"fmt"
	"slices"
	"testing"
)

// The sources of the API's behaviors: its contract and the vendor's other documents,
// or a client that relies on one, or none. Others are the numbers of
// docs/live-api.md.
const (
	fromContract = "contract"
	reported     = "reported"
	assumed      = "assumed"
)

// caseSources are the sources of rejections, by status and reason. A request that
// openapi.yaml does not allow need not be here: its source is the contract.
var caseSources = map[string][]string{
	fromContract: {
		"400: a dotted field of four levels",
		"400: a filter by another field",
		"400: a number that does not fit DECIMAL(16,4)",
		"400: a time that is not a number of seconds",
		"400: a value of a unique field that another record has",
		"400: an operator in another case",
		"400: an operator that is not for the kind of field",
		"400: an unknown operator or field in filter",
		"400: page[limit] above 500",
		"401: an API key as Bearer",
		"401: an access token as api-key",
		"401: an unknown API key",
		"401: no credential",
		"403: a Workspace key",
		"403: another author's",
		"404: a source that is missing",
		"404: an id that is missing, among others",
		"404: an unknown attachmentId",
		"404: an unknown campaignId",
		"404: an unknown entity",
		"404: an unknown fieldName",
		"404: an unknown grantId",
		"404: an unknown id",
		"404: an unknown list",
		"404: an unknown meetingId",
		"404: an unknown object",
		"404: an unknown record",
		"404: an unknown recordingId",
		"404: an unknown relationship",
		"404: an unknown userId",
		"404: an unknown workspace",
		"409: while another change of the schemas is made",
		"422: a bare array for a collection",
		"422: a date with a time",
		"422: a field of the system's",
		"422: a field whose type does not admit null",
		"422: a name of the system's",
		"422: a new field of the system's",
		"422: a select in another case",
		"422: a to-many relationship as an attribute",
		"422: a type that does not admit null",
		"422: an invalid email address",
		"422: an unknown block",
		"422: an unknown choice",
		"422: match_on",
		"422: one bad record among good ones",
		"429: more requests than the rate limit allows",
		"503: an injected fault",
	},
	"R2": {
		"400: include of no relationship",
	},
	"S5": {
		"404: a name with entities/ before it",
		"422: no $id",
		"422: the $id of another object",
	},
	"O4": {
		"422: the older form with segments",
	},
	"R7": {
		"500: a record of a custom object, by WithQuirkCustomObjectPatch",
	},
	assumed: {
		"400: a cursor that no link has",
		"400: a delegate who is one",
		"400: a filter on a field that the schema does not have",
		"400: a filter on an option that the field does not have",
		"400: a grantee who has a grant",
		"400: a name that is taken",
		"400: an _id that is taken",
		"400: an invalid number",
		"400: match_on with values of several records",
		"400: no body",
		"400: one grantee who has a grant among others",
		"400: sorting by a field that the schema does not have",
		"400: two records with the same unique value",
		"403: a credential of another workspace",
		"403: another user's draft",
		"403: the default list",
		"422: a block before that is not there",
		"422: a field that the schema does not have",
		"422: a field twice",
		"422: a file of another record",
		"422: a record into itself",
		"422: a record that is missing",
		"422: a reference to no record",
		"422: a relationship that every workspace has",
		"422: a relationship to no record",
		"422: a strategy for a field that is not changed",
		"422: a type",
		"422: an empty name",
		"422: an id that was not issued",
		"422: an object that every workspace has",
		"422: an unknown field",
		"422: an unknown object",
		"422: an unknown record",
		"422: an unknown recording",
		"422: an unknown relationship",
		"422: an unknown user",
		"422: another id than the path names",
		"422: another key",
		"422: another type than the path names",
		"422: another type",
		"422: leaving out a field that every workspace has",
		"422: match_on with a field that is not unique",
		"422: no properties",
		"422: no value",
		"422: nothing was uploaded",
		"422: one end only",
		"422: the tree of the navigation",
		"422: two records where there is room for one",
	},
}

// sourceOf returns the source that caseSources has, or an empty string.
func sourceOf(status int, why string) string {
	for source, cases := range caseSources {
		if slices.Contains(cases, caseName(status, why)) {
			return source
		}
	}
	return ""
}

func caseName(status int, why string) string { return fmt.Sprintf("%d: %s", status, why) }

// checkSources checks that caseSources names each case once and none that was
// not seen, and numbers that docs/live-api.md has.
func checkSources(t *testing.T, seen map[string][]sighting) {
	t.Helper()
	left := map[string]bool{}
	for source, cases := range caseSources {
		if !isSource(t, source) {
			t.Errorf("%s is no source", source)
		}
		for _, name := range cases {
			if left[name] {
				t.Errorf("%s has two sources", name)
			}
			left[name] = true
		}
	}
	for _, sightings := range seen {
		for _, s := range sightings {
			delete(left, caseName(s.status, s.why))
		}
	}
	for name := range left {
		t.Errorf("%s was not seen", name)
	}
}
