package clarifytest

// quirks are the reported oddities of the API. Each has an option, and is on at
// first where the API is said to have it.
type quirks struct {
	customObjectPatch  bool
	collectionEquality bool
	refreshTokenStays  bool
	frameworkErrors    bool
	readOnlyMeetings   bool
	unknownAttributes  bool
}

func reportedQuirks() quirks {
	return quirks{customObjectPatch: true, collectionEquality: true, readOnlyMeetings: true}
}

// WithQuirkCustomObjectPatch says whether updateRecord answers 500 for a record
// of a custom object, and changes nothing, as clients report of the API. It is on
// unless this option switches it off. updateRecords works either way.
func WithQuirkCustomObjectPatch(on bool) Option {
	return func(c *config) { c.quirks.customObjectPatch = on }
}

// WithQuirkCollectionEquality says whether filters take Is and Is not for
// collections, such as email addresses, which a client reports of the API and its
// documents do not have. It is on unless this option switches it off; then they
// answer 400.
func WithQuirkCollectionEquality(on bool) Option {
	return func(c *config) { c.quirks.collectionEquality = on }
}

// WithQuirkRefreshTokenStays says whether a refresh answers no new refresh token
// and the old one stays valid. The API does one or the other. It is off unless
// this option switches it on: each refresh replaces the refresh token.
func WithQuirkRefreshTokenStays(on bool) Option {
	return func(c *config) { c.quirks.refreshTokenStays = on }
}

// WithQuirkFrameworkErrors says whether 400 and 422 are answered in the form of
// the framework below the API, with statusCode, message and error instead of
// errors. The API is said to do so at times. It is off unless this option
// switches it on. For a single answer see [FrameworkError].
func WithQuirkFrameworkErrors(on bool) Option {
	return func(c *config) { c.quirks.frameworkErrors = on }
}

// WithQuirkReadOnlyMeetings says whether a meeting that a calendar synced cannot
// be updated: one that has an event_id which does not begin with "adhoc-", see
// docs/live-api.md, "The built-in objects". An update responds with 403. That is
// on unless this option switches it off. Which status the API responds with is
// assumed.
func WithQuirkReadOnlyMeetings(on bool) Option {
	return func(c *config) { c.quirks.readOnlyMeetings = on }
}
