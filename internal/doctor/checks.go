package doctor

import (
	"context"

	"github.com/clarify-go/clarify/internal/doctor/report"
)

// checks are all checks, in the order in which they are made.
var checks = []check{
	{name: "connection", run: checkConnection},
	{name: "credential", run: checkCredential},
	{name: "user agent", refs: refs("R1"), run: checkUserAgent},
	{name: "errors", run: checkErrors},

	{name: "pages of schemas", refs: refs("L2"), run: checkSchemaPages},
	{name: "ids of schemas", refs: refs("S1", "S2"), run: checkSchemaItems},
	{name: "references of schemas", refs: refs("S3"), run: checkReferences},
	{name: "annotations of schemas", refs: refs("S4"), run: checkAnnotations},
	{name: "times in schemas", refs: refs("D6"), run: checkDeclaredTimes},
	{name: "built-in fields", refs: refs("person", "company", "deal", "task", "meeting"), run: checkBuiltIn},
	{name: "names of fields", refs: refs("D2"), run: checkNames},
	{name: "activities of schemas", run: checkSchemaActivities},

	{name: "records of each object", refs: refs("R4"), run: checkEndpoints},
	{name: "single records", run: checkSingleRecords},
	{name: "pages of records", refs: refs("L3"), run: checkPages},
	{name: "sorting", run: checkOrder},
	{name: "filters by time", refs: refs("O3"), run: checkTimeFilters},
	{name: "filters", refs: refs("R3"), run: checkFilters},
	{name: "filters of collections", run: checkCollectionEquality},
	{name: "include", refs: refs("R2"), run: checkInclude},
	{name: "relationships in lists", refs: refs("D1"), run: checkListRelationships},
	{name: "relationships of a record", refs: refs("D1"), run: checkSingleRelationships},
	{name: "related records", run: checkRelated},
	{name: "attributes and the schema", refs: refs("D2", "D3"), run: checkRecords},
	{name: "times", refs: refs("D6"), run: checkTimes},
	{name: "email addresses", refs: refs("D4"), run: checkEmails},
	{name: "activities and attachments", refs: refs("R8"), run: checkFeeds},
	{name: "an attachment", run: checkAttachment},
	{name: "a comment", run: checkComment},
	{name: "deleted records", refs: refs("O3"), run: checkDeleted},

	{name: "users", refs: refs("D6"), run: checkUsers},
	{name: "lists", refs: refs("O2"), run: checkLists},
	{name: "access", refs: refs("O1"), run: checkAccess},
	{name: "settings", run: checkSettings},
	{name: "workflows", run: checkWorkflows},
	{name: "layouts", run: checkLayouts},

	{name: "records as Go types", run: checkTyped},
	{name: "iterators", run: checkIterators},

	{name: "write: custom objects", refs: refs("D2", "S1"), writes: true, run: checkCustomObject},
	{name: "write: fields", writes: true, run: checkNewFields},
	{name: "write: names of objects", refs: refs("S5"), writes: true, run: checkPlainNames},
	{name: "write: the whole schema", refs: refs("S5"), writes: true, run: checkWholeSchema},
	{name: "write: options", refs: refs("S6"), writes: true, run: checkOptions},
	{name: "write: values", writes: true, run: checkValues},
	{name: "write: what is rejected", writes: true, run: checkRejected},
	{name: "write: match_on", writes: true, run: checkMatchOn},
	{name: "write: a single update", refs: refs("R7"), writes: true, run: checkSingleUpdate},
	{name: "write: bulk", writes: true, run: checkBulk},
	{name: "write: relationships", writes: true, run: checkNewRelationships},
	{name: "write: links", refs: refs("D1", "R2", "R5"), writes: true, run: checkNewLinks},
	{name: "write: deletes", refs: refs("R5", "O3"), writes: true, run: checkDelete},
	{name: "write: merges", writes: true, run: checkMerge},
	{name: "write: lists", refs: refs("O2"), writes: true, run: checkNewList},
	{name: "write: comments", writes: true, run: checkNewComment},
	{name: "write: removal", writes: true, run: checkRemoval},

	// These look at all responses, so they come last.
	{name: "links", refs: refs("L1", "L3"), run: checkLinks},
	{name: "totals", refs: refs("L4"), run: checkTotals},
	{name: "rate limit", run: checkRateLimit},
	{name: checkContract, run: checkedWithEach},
	{name: checkLibrary, run: checkedWithEach},
}

func refs(refs ...report.Constant) []report.Constant { return refs }

// checkedWithEach is the check of what was looked at as each response came.
func checkedWithEach(_ context.Context, p *probe) error {
	p.same()
	return nil
}
