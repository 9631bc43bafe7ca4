package clarifytest

import "github.com/clarify-go/clarify/clarifytest/internal/api"

// quirk is an option that switches a quirk on or off.
func quirk(of func(*api.Quirks) *bool, on bool) Option {
	return func(c *config) { *of(&c.quirks) = on }
}

// WithQuirkHTTPLinks says whether links.next and links.prev begin with http://
// although the server speaks TLS, with the same host and port, as the API was
// seen to send them (docs/live-api.md, L1). It is on with [WithTLS], unless this
// option says otherwise. Without TLS links begin with http:// anyway.
func WithQuirkHTTPLinks(on bool) Option {
	return func(c *config) { c.httpLinks = &on }
}

// WithQuirkNoLinks says whether links.next and links.prev are null on every page
// that has meta.total_records, so that only page[offset] leads to the next page
// (docs/live-api.md, L3). It is off unless this option switches it on.
func WithQuirkNoLinks(on bool) Option {
	return quirk(func(q *api.Quirks) *bool { return &q.NoLinks }, on)
}

// WithQuirkNoTotalPages says whether the meta of a page lacks total_pages, which
// the contract requires (docs/live-api.md, L4). It is off unless this option
// switches it on, and no violation.
func WithQuirkNoTotalPages(on bool) Option {
	return quirk(func(q *api.Quirks) *bool { return &q.NoTotalPages }, on)
}

// WithQuirkUserAgentRequired says whether a request to the API without a
// User-Agent gets 403 and a page in HTML, as from the API's edge
// (docs/live-api.md, R1). It is on unless this option switches it off.
func WithQuirkUserAgentRequired(on bool) Option {
	return quirk(func(q *api.Quirks) *bool { return &q.UserAgentRequired }, on)
}

// WithQuirkIncludeRelationshipNames says whether include takes more than the
// names of relationship properties: a field that refers to one record without
// _id (company), and the plural of an object that only one relationship leads to
// (companies), according to older documents (docs/live-api.md, R2). The response
// has the name of the property. It is off unless this option switches it on: these
// names get 400.
func WithQuirkIncludeRelationshipNames(on bool) Option {
	return quirk(func(q *api.Quirks) *bool { return &q.IncludeRelationshipNames }, on)
}

// WithQuirkNoContent says whether deleteRecord, deleteRecordRelationship and
// disableRecording respond with 204 and no body (docs/live-api.md, R5). It is on
// unless this option switches it off; then they respond with 200, according
// to the vendor's contract.
func WithQuirkNoContent(on bool) Option {
	return quirk(func(q *api.Quirks) *bool { return &q.NoContent }, on)
}

// WithQuirkCustomObjectPatch says whether updateRecord responds with 500 for a
// record of a custom object, and changes nothing (docs/live-api.md, R7). It is on
// unless this option switches it off. updateRecords works either way.
func WithQuirkCustomObjectPatch(on bool) Option {
	return quirk(func(q *api.Quirks) *bool { return &q.CustomObjectPatch }, on)
}

// WithQuirkListRelationships says whether the records of a page have all the
// relationships that each has when it is read alone (docs/live-api.md, D1). It
// is off unless this option switches it on: they have those that were included.
func WithQuirkListRelationships(on bool) Option {
	return quirk(func(q *api.Quirks) *bool { return &q.ListRelationships }, on)
}

// WithQuirkRelationshipNames says whether relationships are called by the older
// names: a field that refers to one record without _id (company instead of
// company_id). Responses have these names, and requests may have them, in the
// path and in createResource (docs/live-api.md, D1). It is off unless this option
// switches it on: relationships are called by their properties.
func WithQuirkRelationshipNames(on bool) Option {
	return quirk(func(q *api.Quirks) *bool { return &q.RelationshipNames }, on)
}

// WithQuirkSharedEmailAddresses says whether writes accept an email address that
// another person has, which gives tests the duplicates that mail and calendars
// create (docs/live-api.md, D4). It is off unless this option switches it on.
// match_on finds the latest of those who have an address.
func WithQuirkSharedEmailAddresses(on bool) Option {
	return quirk(func(q *api.Quirks) *bool { return &q.SharedEmailAddresses }, on)
}

// WithQuirkWholeSeconds says whether the times that the system sets, such as
// _created_at, come without milliseconds (docs/live-api.md, D6). It is off unless
// this option switches it on. Filters and sorting use milliseconds either way.
func WithQuirkWholeSeconds(on bool) Option {
	return quirk(func(q *api.Quirks) *bool { return &q.WholeSeconds }, on)
}

// WithQuirkEmptyUserTimes says whether the three times of a user are {}, which
// the vendor's contract allows (docs/live-api.md, D6). It is off unless this
// option switches it on, and no violation.
func WithQuirkEmptyUserTimes(on bool) Option {
	return quirk(func(q *api.Quirks) *bool { return &q.EmptyUserTimes }, on)
}

// WithQuirkListQueryMigrated says whether a list's query that is written without
// a version is migrated: it gets version 6, and the white space in its SQL
// changes (docs/live-api.md, O2). It is off unless this option switches it on.
func WithQuirkListQueryMigrated(on bool) Option {
	return quirk(func(q *api.Quirks) *bool { return &q.ListQueryMigrated }, on)
}

// WithQuirkListQueryStays says whether updateList responds with 200 and leaves
// the query as it was (docs/live-api.md, O2). It is off unless this option
// switches it on.
func WithQuirkListQueryStays(on bool) Option {
	return quirk(func(q *api.Quirks) *bool { return &q.ListQueryStays }, on)
}

// WithQuirkCollectionEquality says whether filters take Is and Is not for
// collections, such as email addresses. One client relies on it; the API's documents
// do not mention it. It is on unless this option switches it off; then they
// get 400.
func WithQuirkCollectionEquality(on bool) Option {
	return quirk(func(q *api.Quirks) *bool { return &q.CollectionEquality }, on)
}

// WithQuirkRefreshTokenStays says whether a refresh returns no new refresh token
// and the old one stays valid. The API does one or the other. It is off unless
// this option switches it on: each refresh replaces the refresh token.
func WithQuirkRefreshTokenStays(on bool) Option {
	return quirk(func(q *api.Quirks) *bool { return &q.RefreshTokenStays }, on)
}

// WithQuirkFrameworkErrors says whether 400 and 422 have the form of the
// framework below the API, with statusCode, message and error instead of errors.
// The API is reported to do so at times. It is off unless this option switches it
// on. For a single response see [FrameworkError].
func WithQuirkFrameworkErrors(on bool) Option {
	return quirk(func(q *api.Quirks) *bool { return &q.FrameworkErrors }, on)
}

// WithQuirkReadOnlyMeetings says whether a meeting that a calendar synced cannot
// be updated: one that has an event_id which does not begin with "adhoc-"
// (docs/live-api.md, meeting). An update responds with 403; that status is
// assumed. It is on unless this option switches it off.
func WithQuirkReadOnlyMeetings(on bool) Option {
	return quirk(func(q *api.Quirks) *bool { return &q.ReadOnlyMeetings }, on)
}

// WithQuirkObjectTimes says whether schemas declare _created_at as {type:
// object, format: date-time}, although it is a string (docs/live-api.md, D6). It
// is on unless this option switches it off; then it is declared as a string.
func WithQuirkObjectTimes(on bool) Option {
	return quirk(func(q *api.Quirks) *bool { return &q.ObjectTimes }, on)
}

// WithQuirkObjectsWithoutRecords says whether the schemas list the objects
// meeting_recording and user, whose records get 404 (docs/live-api.md, R4). It is
// on unless this option switches it off.
func WithQuirkObjectsWithoutRecords(on bool) Option {
	return quirk(func(q *api.Quirks) *bool { return &q.ObjectsWithoutRecords }, on)
}
